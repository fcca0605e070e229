"""Delimited text to a table of text cells, with every row of the wrong width named."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from forensics.errors import Fault, ReturnsError
from forensics.messages.message import Message, Sentences
from forensics.tables.decoding import decode
from forensics.tables.files import Part, refuse
from forensics.tables.header import Header, Record, find_header
from forensics.tables.raw import SAY as SAY_RAW
from forensics.tables.raw import RawTable, name_columns
from forensics.tables.source import Refused

SAY = Sentences(
    "text",
    separator="The cells are separated by {mark}.",
    comma="a comma",
    semicolon="a semicolon",
    tab="a tab",
    bar="a vertical bar",
)
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
#: Characters looked at to find the separator and the header.
_SAMPLE = 200_000
_SAMPLE_ROWS = 60
_LARGEST_BLOCK = 2**30
#: Added as a last row, it is swallowed by a quotation mark that is still open.
_END = "\x1e"


def _named(separator: str) -> Message | str:
    return SAY(SEPARATORS[separator]) if separator in SEPARATORS else repr(separator)


def read_text(
    part: Part, score: Callable[[Record], int], *, encoding: str | None = None, separator: str | None = None
) -> RawTable:
    """Read csv, tsv or another delimited text.

    Parameters
    ----------
    part : Part
        The bytes and the name to say in errors.
    score : callable
        How many of a row's cells are headers that are looked for.
    encoding, separator : str, optional
        Found from the file where they are not given.

    Raises
    ------
    ReturnsError
        No text, no header, an open quotation mark, or rows with too many or too few fields.
    """
    text, chosen, decoded = decode(part.name, part.data, encoding)
    separator = separator or find_separator(text)
    records = list(_sample(text, separator))
    header = find_header(records, score)
    if header is None:
        raise refuse(part.name, "the file holds no text", "a header and a row per precinct are needed")
    head = _length(text, separator, header.last + 1)
    body = _from(part.data, text[:head]) if chosen.startswith("utf-8") else text[head:].encode()
    cells, refused = _parse(part.name, body, separator, header)
    named = name_columns(list(header.names), cells)
    steps: tuple[Message, ...] = (decoded,)
    if len(header.names) > 1:
        steps = (*steps, SAY("separator", mark=_named(separator)))
    return RawTable(named.headers, named.cells, (*steps, *header.steps, *named.steps), tuple(refused))


def _from(data: bytes, head: str) -> bytes:
    """What follows the head in utf-8 bytes; slicing is much faster than encoding the text again."""
    mark = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    return data[mark + len(head.encode()) :]


def _sample(text: str, separator: str) -> Iterator[list[str]]:
    lines = io.StringIO(text[:_SAMPLE], newline="")
    try:
        for number, record in enumerate(csv.reader(lines, delimiter=separator)):
            if number == _SAMPLE_ROWS:
                return
            yield record
    except csv.Error:
        return


def _length(text: str, separator: str, rows: int) -> int:
    """Characters that the first records take."""
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        for line in io.StringIO(text[: 10 * _SAMPLE], newline=""):
            taken += len(line)
            yield line

    reader = csv.reader(lines(), delimiter=separator)
    for _ in range(rows):
        next(reader)
    return taken


def find_separator(text: str) -> str:
    """The separator under which most rows are as wide as the widest row of words."""

    def worth(mark: str) -> tuple[float, int, int]:
        rows = [r for r in _sample(text, mark) if any(cell.strip() for cell in r)]
        wide = [r for r in rows if len(r) > 1]
        if not wide:
            return 0.0, 0, 0
        widths = [len(r) for r in wide]
        usual = max(dict.fromkeys(widths), key=widths.count)
        first = next(r for r in wide if len(r) == usual)
        # A comma inside decimals cuts the rows but not the header, or leaves numbers at the top.
        words = sum(not cell.strip()[:1].isdigit() for cell in first)
        even = sum(width == usual for width in widths) / len(rows)
        return round(even, 1) * (2 * words >= usual), usual, -list(SEPARATORS).index(mark)

    best = max(SEPARATORS, key=worth)
    return best if worth(best)[1] else ","


def _parse(name: str, body: bytes, separator: str, header: Header) -> tuple[pd.DataFrame, list[Refused]]:
    width, above = len(header.names), header.last + 1
    columns = [str(i) for i in range(width)]
    odd: list[pacsv.InvalidRow] = []

    def remember(row: pacsv.InvalidRow) -> str:
        odd.append(row)
        return "skip"

    if body.count(b'"') % 2:
        _find_open_quote(name, body, separator, above)
    if not body:
        return pd.DataFrame({i: pd.Series([], dtype="str") for i in range(width)}), []
    try:
        table = pacsv.read_csv(
            pa.BufferReader(body),
            read_options=pacsv.ReadOptions(
                column_names=columns, use_threads=False, block_size=min(len(body) + 1, _LARGEST_BLOCK)
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=remember,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise refuse(
            name,
            f"the rows cannot be told apart ({str(error).splitlines()[0][:100]})",
            "a header and rows of the same number of fields are needed",
        ) from None
    frame = table.to_pandas()
    frame.columns = range(width)
    skipped = {int(row.number): row for row in odd}
    total = len(frame) + len(skipped)
    numbers = [n for n in range(1, total + 1) if n not in skipped] if skipped else range(1, total + 1)
    frame.index = pd.Index([n + above for n in numbers] if skipped else range(1 + above, total + 1 + above))
    return frame, _judge(name, skipped, width, above, last=max(numbers, default=0))


def _judge(
    name: str, skipped: dict[int, pacsv.InvalidRow], width: int, above: int, last: int
) -> list[Refused]:
    """Rows of another width: empty ones and notes below the table are refused, others are faults."""
    refused, faults = [], []
    for number, row in skipped.items():
        text = (row.text or "").strip()
        if not text.strip("\"' "):
            refused.append(Refused(number + above, SAY_RAW("empty")))
        elif row.actual_columns == 1 and number > last:
            refused.append(Refused(number + above, SAY_RAW("note", text=text[:80])))
        else:
            faults.append(
                Fault(f"{row.actual_columns:,} fields", f"the header has {width:,}", number + above)
            )
    if faults:
        raise ReturnsError(name, faults)
    return refused


def _find_open_quote(name: str, body: bytes, separator: str, above: int) -> None:
    """Raise if a quotation mark is never closed: it would swallow the rest of the file."""
    lines = io.StringIO(body.decode() + f"\n{_END}\n", newline="")
    number, record = above, [""]
    try:
        for found in csv.reader(lines, delimiter=separator):
            record = found
            number += 1
    except csv.Error:
        # The rest of the file is longer than any field may be.
        number += 1
        record = [""]
    if record != [_END]:
        raise ReturnsError(
            name, [Fault("a quotation mark is opened and never closed", "close it or remove it", number)]
        )

"""Rows of a voter list, some hundred thousand at a time: from csv, parquet, xlsx or a frame.

The parsers' own errors quote cells, so none of them is passed on: what is raised here names the
file, the row and the column only.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from forensics.errors import Fault, ReturnsError
from forensics.messages.message import Message, Sentences
from forensics.tables import roles
from forensics.tables.decoding import decode
from forensics.tables.files import Opened, Part, open_table, refuse
from forensics.tables.header import LOOKED_AT
from forensics.tables.sheets import read_sheet
from forensics.tables.source import Refused
from forensics.tables.text import find_separator

SAY = Sentences(
    "voter_rows",
    empty="the row is empty",
    columns="{n:,} {n:plural:column|columns} that no comparison needs {n:plural:was|were} not read.",
)
NAMES = ("given_name", "family_name")
PLACES = (*roles.LEVELS, "precinct")
COLUMNS = (*NAMES, "birth_date", "voted", *PLACES)
NEEDED = "a list of voters has birth_date, given_name and family_name, named so in its header"
#: Rows of a batch, and bytes of text: large, since different names repeat from batch to batch.
ROWS = 2**20
_BLOCK = 64 * 2**20
_SAMPLE = 2**20


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows: the columns that are there by canonical name, and the number of each row."""

    columns: dict[str, pa.Array]
    rows: NDArray[np.int32]


@dataclass
class Reading:
    """What is learnt about the source while its rows go by."""

    name: str
    sha256: str = ""
    steps: list[Message] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def open_rows(table: str | os.PathLike[str] | pd.DataFrame) -> tuple[Reading, Iterator[Batch]]:
    """The source and its batches; the source is complete when the batches have been taken.

    Raises
    ------
    ReturnsError
        If the file cannot be read, or lacks the date of birth or any name. No text of a cell is in
        the error.
    ConfigError
        If ``table`` is no path.
    """
    if isinstance(table, pd.DataFrame):
        return Reading("frame"), _frame_batches("frame", table)
    opened = open_table(table)
    reading = Reading(opened.name, opened.sha256, list(opened.steps))
    return reading, _batches(opened, reading)


def _batches(opened: Opened, reading: Reading) -> Iterator[Batch]:
    read = {"text": _text_batches, "xlsx": _sheet_batches, "parquet": _parquet_batches}[opened.kind]
    offset = 0
    for part in opened.parts:
        last = offset
        for batch in read(part, reading):
            batch = Batch(batch.columns, batch.rows + np.int32(offset))
            last = int(batch.rows[-1]) if len(batch.rows) else last
            yield batch
        offset = last


def _wanted(name: str, headers: list[str]) -> list[str]:
    """The columns to read, as the file spells them.

    Headers are not quoted: where the header row is missing they are a person.
    """
    plain = [header.strip() for header in headers]
    twice = [column for column in COLUMNS if plain.count(column) > 1]
    faults = [Fault("named twice", "every column has a name of its own", column=c) for c in twice]
    there = [column for column in COLUMNS if column in plain]
    if "birth_date" not in there or not any(column in there for column in NAMES):
        others = len(plain) - len(there)
        given = f"canonical columns {', '.join(there) or 'none'}, and {others:,} of other names"
        faults.append(Fault(given, NEEDED))
    if faults:
        raise ReturnsError(name, faults)
    return [header for header in headers if header.strip() in there]


def _unread(headers: list[str], wanted: list[str], reading: Reading) -> None:
    if len(headers) > len(wanted):
        step = SAY("columns", n=len(headers) - len(wanted))
        reading.steps += [] if step in reading.steps else [step]


def _text_batches(part: Part, reading: Reading) -> Iterator[Batch]:
    cut = part.data.rfind(b"\n", 0, _SAMPLE) + 1 if len(part.data) > _SAMPLE else len(part.data)
    text, encoding, step = decode(part.name, part.data[: cut or len(part.data)])
    reading.steps += [] if step in reading.steps else [step]
    separator = find_separator(text)
    headers, lines, above = _header(part.name, text, separator)
    wanted = _wanted(part.name, headers)
    _unread(headers, wanted, reading)
    odd: list[tuple[int, int, bool]] = []

    def remember(row: pacsv.InvalidRow) -> str:
        # The parser counts the lines above the header too.
        blank = not (row.text or "").strip("\"' " + separator)
        odd.append((int(row.number) - lines + above, row.actual_columns, blank))
        return "skip"

    names = [str(i) for i in range(len(headers))]
    chosen = [str(headers.index(header)) for header in wanted]
    number = above
    for table in _csv(part, encoding, separator, names, chosen, lines, remember):
        skipped = np.array([row for row, _, _ in odd], dtype=np.int32)
        rows = np.arange(number + 1, number + 1 + table.num_rows + len(skipped), dtype=np.int32)
        rows = rows[~np.isin(rows, skipped)][: table.num_rows]
        number = int(rows[-1]) if len(rows) else number
        yield _batch(table, wanted, rows)
    faults = [
        Fault(f"{fields:,} fields", f"the header has {len(headers):,}", row)
        for row, fields, blank in odd
        if not blank
    ]
    if faults:
        raise ReturnsError(part.name, faults)
    reading.refused += [Refused(row, SAY("empty")) for row, _, blank in odd if blank]


def _header(name: str, text: str, separator: str) -> tuple[list[str], int, int]:
    """The first row that names the date of birth; the lines and the rows down to it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    first: list[str] = []
    try:
        for number, record in enumerate(reader, start=1):
            first = first or record
            if "birth_date" in [cell.strip() for cell in record]:
                return record, reader.line_num, number
            if number > LOOKED_AT:
                break
    except csv.Error:
        pass
    _wanted(name, first)
    raise refuse(name, "no header", "a header and a row per voter are needed")


def _csv(
    part: Part,
    encoding: str,
    separator: str,
    names: list[str],
    chosen: list[str],
    lines: int,
    remember: Callable[[pacsv.InvalidRow], str],
) -> Iterator[pa.RecordBatch]:
    failed = False
    try:
        stream = pacsv.open_csv(
            pa.BufferReader(part.data),
            read_options=pacsv.ReadOptions(
                column_names=names, skip_rows=lines, use_threads=False, block_size=_BLOCK, encoding=encoding
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False,
                invalid_row_handler=remember,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), include_columns=chosen,
                strings_can_be_null=False,
            ),
        )  # fmt: skip
        yield from stream
    except (pa.ArrowException, UnicodeError, OSError, ValueError):
        failed = True
    if failed:
        raise refuse(
            part.name,
            "the rows cannot be told apart: an open quotation mark, or bytes of another encoding",
            "a header and rows of the same number of fields in one encoding are needed",
        )


def _parquet_batches(part: Part, reading: Reading) -> Iterator[Batch]:
    broken = False
    try:
        file = pq.ParquetFile(pa.BufferReader(part.data))
        headers = list(file.schema_arrow.names)
    except (pa.ArrowException, OSError, ValueError):
        broken = True
    if broken:
        raise refuse(
            part.name, "the file is no readable parquet file", "write it again, or give a csv file"
        )
    wanted = _wanted(part.name, headers)
    _unread(headers, wanted, reading)
    number = 0
    for table in file.iter_batches(batch_size=ROWS, columns=wanted):
        yield _batch(table, wanted, np.arange(number + 1, number + 1 + table.num_rows, dtype=np.int32))
        number += table.num_rows


def _sheet_batches(part: Part, reading: Reading) -> Iterator[Batch]:
    raw = read_sheet(part, lambda record: sum(cell.strip() in COLUMNS for cell in record))
    wanted = _wanted(part.name, list(raw.headers))
    _unread(list(raw.headers), wanted, reading)
    columns = {
        header.strip(): pa.array(raw.cells[raw.headers.index(header)], type=pa.string())
        for header in wanted
    }
    yield Batch(columns, raw.cells.index.to_numpy(dtype=np.int32))


def _frame_batches(name: str, frame: pd.DataFrame) -> Iterator[Batch]:
    wanted = _wanted(name, [str(column) for column in frame.columns])
    for begin in range(0, len(frame), ROWS):
        part = frame.iloc[begin : begin + ROWS]
        columns = {column.strip(): _arrow(part[column]) for column in wanted}
        yield Batch(columns, np.arange(begin + 1, begin + 1 + len(part), dtype=np.int32))


def _arrow(values: pd.Series) -> pa.Array:
    if values.dtype == object:
        values = values.astype("str")
    array = pa.Array.from_pandas(values)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _batch(table: pa.RecordBatch, wanted: list[str], rows: NDArray[np.int32]) -> Batch:
    columns = {header.strip(): table.column(i) for i, header in enumerate(wanted)}
    return Batch(columns, rows)

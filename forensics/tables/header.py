"""Where the header of a table stands, and how headers are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from forensics.messages.message import Message, Sentences

SAY = Sentences(
    "header",
    preamble="{n:,} {n:plural:row|rows} above the header {n:plural:was|were} left out: {text}.",
    joined="The header stands in rows {first} and {last}; their cells were joined.",
)
#: The header is looked for among this many rows.
LOOKED_AT = 40
REGULAR = "re:"
_QUOTES = dict.fromkeys(map(ord, "\"'`«»“”„‟‹›‘’‚״׳"))
_LIST_NUMBER = re.compile(r"^\d{1,3}\s*[.)]\s*(?=[^\W\d])")
_NUMBER = re.compile(r"[+-]?\d[\d\s .,'’]*%?")
_SHOWN = 60

Record = Sequence[str]


@lru_cache(maxsize=10_000)
def normalise(text: str) -> str:
    """Case, ё, quotes, repeated spaces and a leading list number removed, for comparison only."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_QUOTES).replace("ё", "е")
    text = text.replace("i\u0307", "i")  # what casefolding makes of the Turkish capital I with a dot
    return _LIST_NUMBER.sub("", " ".join(text.split()))


@cache
def pattern(glob: str) -> re.Pattern[str]:
    """A glob (``*`` stands for anything) or, after ``re:``, a regular expression.

    Both are compared with normalised headers.
    """
    if glob.startswith(REGULAR):
        return re.compile(glob.removeprefix(REGULAR), re.DOTALL)
    return re.compile(".*".join(map(re.escape, normalise(glob).split("*"))), re.DOTALL)


def matches(header: str, globs: Sequence[str]) -> bool:
    """Whether a header fits one of the globs and none of those that begin with ``!``."""
    text = normalise(header)
    return any(pattern(g).fullmatch(text) for g in globs if not g.startswith("!")) and not any(
        pattern(g[1:]).fullmatch(text) for g in globs if g.startswith("!")
    )


@dataclass(frozen=True, slots=True)
class Header:
    """Position of the header (0-based, ``last`` included) and the joined text of its cells."""

    first: int
    last: int
    names: tuple[str, ...]
    steps: tuple[Message, ...]


def find_header(records: Sequence[Record], score: Callable[[Record], int]) -> Header | None:
    """The header among the first records of a table; ``None`` where every cell is empty.

    Parameters
    ----------
    records : sequence of sequences of str
        The first rows of the file; they may have different lengths.
    score : callable
        How many of a row's cells are headers that are looked for (0 where none is).
    """
    filled = [i for i, record in enumerate(records[:LOOKED_AT]) if any(cell.strip() for cell in record)]
    if not filled:
        return None
    scores = {i: score(records[i]) for i in filled}
    best = max(filled, key=lambda i: (scores[i], -i))
    if scores[best] == 0:
        best = _first_wide_row(records, filled)
    first = last = best
    if best - 1 in filled and _is_band(records[best - 1], records[best]):
        first = best - 1
    elif best + 1 < len(records) and _continues(records, best):
        # A row of text in every count may as well be a faulty row of data: joining must not cost a match.
        last = best + 1 if score(_join(records[best], records[best + 1])) >= scores[best] else best
    names = records[best] if first == last else _join(records[first], records[last])
    steps = []
    above = [" ".join(c for c in records[i] if c.strip()) for i in filled if i < first]
    if first:
        text = " / ".join(above) or "empty"
        steps.append(SAY("preamble", n=first, text=text if len(text) <= _SHOWN else text[:_SHOWN] + "…"))
    if first != last:
        steps.append(SAY("joined", first=first + 1, last=last + 1))
    return Header(first, last, tuple(" ".join(name.split()) for name in names), tuple(steps))


def _count(record: Record) -> int:
    return sum(bool(cell.strip()) for cell in record)


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell.strip()) is not None


def _first_wide_row(records: Sequence[Record], filled: Sequence[int]) -> int:
    """The first row that is about as wide as the table and mostly text."""
    widest = max(_count(records[i]) for i in filled)
    for i in filled:
        cells = [cell for cell in records[i] if cell.strip()]
        if 2 * len(cells) >= widest and 2 * sum(map(_is_number, cells)) <= len(cells):
            return i
    return filled[0]


def _is_band(upper: Record, lower: Record) -> bool:
    """Whether the row above is a band of merged headings over the header, not a title."""
    cells = [i for i, cell in enumerate(upper) if cell.strip()]
    gaps = [i for i, cell in enumerate(lower) if cell.strip() and (i >= len(upper) or not upper[i].strip())]
    return (
        bool(cells and gaps)
        and (len(cells) > 1 or cells[0] > 0)
        and not any(_is_number(upper[i]) for i in cells)
        and len(upper) == len(lower)
        and all(i < len(lower) and lower[i].strip() for i in cells)
    )


def _continues(records: Sequence[Record], row: int) -> bool:
    """Whether the row below a header belongs to it: merged headings, or a second language."""
    upper, lower = records[row], records[row + 1]
    below = [r for r in records[row + 2 : row + 12] if any(cell.strip() for cell in r)]
    if (
        len(upper) != len(lower)
        or not _count(lower)
        or any(_is_number(cell) for cell in lower)
        or not below
    ):
        return False
    numeric = [
        i for i in range(len(lower)) if 2 * sum(i < len(r) and _is_number(r[i]) for r in below) > len(below)
    ]
    if not numeric:
        return False
    named = [i for i in numeric if lower[i].strip()]
    gaps = [i for i in named if not upper[i].strip() or upper.count(upper[i]) > 1]
    second_language = len(numeric) > 1 and len(named) == len(numeric) and _count(lower) == _count(upper)
    return bool(gaps) or second_language


def _join(upper: Record, lower: Record) -> list[str]:
    """Merged headings spread to the right over the cells they stand above."""
    names, carried = [], ""
    for top, bottom in zip(upper, lower, strict=True):
        top, bottom = top.strip(), bottom.strip()
        if top:
            # A heading with nothing below it is merged downwards, so it does not spread.
            carried = top if bottom else ""
        elif not bottom:
            carried = ""
        heading = top or carried
        same = normalise(heading) == normalise(bottom)
        names.append(bottom if same or not heading else f"{heading} {bottom}".strip())
    return names

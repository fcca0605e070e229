"""Cells of a voter list as numbers: names by their keyed hash, dates of birth, marks, places.

Nothing here says what a cell holds: an error names the row and the column, never the cell.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from forensics.errors import Fault
from forensics.tables.persons import Salt

Numbers = NDArray[np.int32]
Days = NDArray[np.datetime64]
Flags = NDArray[np.bool_]

_MARKS_IN_NAMES = str.maketrans({**dict.fromkeys("-‐‑‒–—.,", " "), **dict.fromkeys("'`’‘ʼ´"), "ё": "е"})
_ORDERS = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d\d?)-(?P<d>\d\d?)([T ].*)?"),
    re.compile(r"(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})/(?P<m>\d\d?)/(?P<d>\d\d?)"),
    re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)"),
)
DATES = "a date of birth is written 1980-05-17, 17.05.1980, 1980/05/17 or 19800517"
#: Words for having voted, and for not.
MARKS = {
    "1": 1, "true": 1, "yes": 1, "y": 1, "t": 1, "voted": 1, "x": 1, "+": 1, "да": 1, "иә": 1,
    "0": 0, "false": 0, "no": 0, "n": 0, "f": 0, "not voted": 0, "-": 0, "нет": 0, "жоқ": 0,
}  # fmt: skip
VOTED = "the mark of a voter is 1 or 0, true or false, yes or no, or empty where it is not known"


def plain_name(text: str) -> str:
    """A name without what two clerks write differently: case, ё, apostrophes, hyphens, spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.translate(_MARKS_IN_NAMES).split())


def distinct(cells: pa.Array) -> tuple[list[str | None], Numbers]:
    """Different texts of a column and which of them each cell holds, −1 for none."""
    if not pa.types.is_dictionary(cells.type):
        text = pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)
        cells = (cells if text else pc.cast(cells, pa.string())).dictionary_encode()
    texts = [None if text is None else str(text) for text in cells.dictionary.to_pylist()]
    codes = cells.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return texts, codes.astype(np.int32)


def _spread(by_text: NDArray[np.generic], codes: Numbers, missing: object) -> NDArray[np.generic]:
    """What is known of each different text, for each cell."""
    return np.append(by_text, np.array([missing], dtype=by_text.dtype))[codes]


@dataclass
class Names:
    """Numbers of names in the order they come; what is kept of a name is its keyed hash."""

    salt: Salt
    known: dict[str, int] = field(default_factory=dict, repr=False)

    def codes(self, cells: pa.Array) -> Numbers:
        """Number of each cell's name, −1 where it is empty."""
        texts, where = distinct(cells)
        plain = [plain_name(text or "") for text in texts]
        filled = [name for name in plain if name]
        hashes = iter(self.salt.hashed(pd.Series(filled, dtype="str")) if filled else ())
        numbers = [self.known.setdefault(next(hashes), len(self.known)) if name else -1 for name in plain]
        return np.asarray(_spread(np.array(numbers, dtype=np.int32), where, -1), dtype=np.int32)


@dataclass
class Texts:
    """Numbers of texts that name no person: precincts and the units above them."""

    known: dict[str, int] = field(default_factory=dict)

    def codes(self, cells: pa.Array) -> Numbers:
        """Number of each cell's text, −1 where it is empty."""
        texts, where = distinct(cells)
        plain = [" ".join((text or "").split()).removesuffix(".0") for text in texts]
        numbers = [self.known.setdefault(text, len(self.known)) if text else -1 for text in plain]
        return np.asarray(_spread(np.array(numbers, dtype=np.int32), where, -1), dtype=np.int32)


def dates(cells: pa.Array) -> tuple[Days, Flags]:
    """Dates of birth, NaT where there is none, and which cells hold something that is no full date."""
    if pa.types.is_date(cells.type) or pa.types.is_timestamp(cells.type):
        days = cells.cast(pa.timestamp("s"), safe=False).to_numpy(zero_copy_only=False)
        born = days.astype("M8[D]")
        return born, np.zeros(len(born), dtype=bool)
    texts, where = distinct(cells)
    parsed = [_date((text or "").strip()) for text in texts]
    filled = np.array([bool((text or "").strip()) for text in texts], dtype=bool)
    born = np.asarray(_spread(np.array(parsed, dtype="M8[D]"), where, "NaT"), dtype="M8[D]")
    return born, np.asarray(_spread(filled, where, False), dtype=bool) & np.isnat(born)


def _date(text: str) -> datetime.date | None:
    for order in _ORDERS:
        found = order.fullmatch(text)
        if found:
            try:
                return datetime.date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                # 30 February and 00 are how lists write that a date is not known.
                return None
    return None


def marks(cells: pa.Array, rows: Numbers) -> tuple[NDArray[np.int8], list[Fault]]:
    """1 voted, 0 not, −1 not known; faults for anything else."""
    texts, where = distinct(cells)
    read = [plain_mark(text or "") for text in texts]
    values = np.asarray(_spread(np.array(read, dtype=np.int8), where, -1), dtype=np.int8)
    wrong = np.flatnonzero(values == UNREADABLE)
    return values, [Fault("something else", VOTED, int(rows[i]), "voted") for i in wrong]


#: What a mark is that is neither a word for voted, for not voted, nor empty.
UNREADABLE = 2


def plain_mark(text: str) -> int:
    """One cell of ``voted`` as 1, 0, −1 (empty) or ``UNREADABLE``."""
    word = text.strip().casefold().removesuffix(".0")
    return MARKS.get(word, UNREADABLE) if word else -1

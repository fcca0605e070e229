"""Ways to vote besides the ballot box on the day: early, outside the station, by mobile box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.tables.returns import Returns
from forensics.tables.second import Observed

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Channel, the columns that count its voters (the first one reported), and what each is a part of.
CHANNELS = (
    ("early", (("issued_early", "issued"),)),
    ("outside", (("issued_outside", "issued"), ("box_portable", "ballots"))),
    ("mobile", (("mobile", "ballots"),)),
)
#: The need of a detector that looks at them.
NEED = "|".join(column for _, columns in CHANNELS for column, _ in columns)


@dataclass(frozen=True, slots=True)
class Channel:
    """Voters of a channel: ``x`` of ``whole``, float64 of shape (m,), NaN where not reported."""

    name: str
    column: str
    whole_of: str
    x: Floats
    whole: Floats


def channels(returns: Returns) -> tuple[Channel, ...]:
    """Every channel that at least one voter used."""
    found = []
    for name, columns in CHANNELS:
        for column, whole_of in columns:
            if not (returns.has(column, whole_of) and (returns.counts(column) > 0).any()):
                continue
            x, whole = returns.counts(column), returns.counts(whole_of)
            found.append(Channel(name, column, whole_of, np.where(x >= 0, x, np.nan), whole))
            break
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Matched:
    """Observers' counts by row of the returns, NaN where nobody counted; shape (m,).

    ``unmatched`` and ``ambiguous`` are rows of their table that belong to no precinct, or to a key
    that the returns hold twice.
    """

    counts: Floats
    unmatched: int
    ambiguous: int


def observed_counts(returns: Returns, table: Observed, column: str) -> Matched:
    """A column of the observers' table, summed over the rows of each precinct."""
    key = (*(level for level in returns.levels or () if level in table.table), "precinct")
    theirs, ours = (_keys(frame, key) for frame in (table.table, returns.table))
    twice = ours[ours.duplicated()].unique()
    first = np.flatnonzero(~ours.duplicated())
    place = ours[first].get_indexer(theirs)
    ambiguous = np.asarray(theirs.isin(twice))
    cells = table.table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    used = (place >= 0) & ~ambiguous
    rows = first[place[used]]
    total = np.bincount(rows, cells[used], len(returns))
    seen = np.bincount(rows, minlength=len(returns)) > 0
    counts = np.where(seen, total, np.nan)
    return Matched(counts, int(((place < 0) & ~ambiguous).sum()), int(ambiguous.sum()))


def _keys(frame: pd.DataFrame, key: Sequence[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays(
        [frame[c].astype("str").where(frame[c].notna(), "").to_numpy() for c in key]
    )

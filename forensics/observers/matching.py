"""The precincts of a sample among those of the returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.observers.sample import Sample
from forensics.tables.returns import Returns

Rows = NDArray[np.intp]
#: Share of the sample below which a join is refused, as for rosters.
LEAST_JOINED = 0.9
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Row of the returns of each precinct of the sample; −1 none, −2 a key that occurs twice."""

    rows: Rows
    key: tuple[str, ...]

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which precincts of the sample have one row in the returns."""
        return self.rows >= 0


def match(returns: Returns, sample: Sample) -> Matched:
    """Join on the levels that both have and the precinct.

    Raises
    ------
    ConfigError
        If less than ``LEAST_JOINED`` of the sample finds its row; five keys of each side are shown.
    """
    key = (*(c for c in returns.levels or () if c in sample.table), "precinct")
    theirs, ours = _keys(sample.table, key), _keys(returns.table, key)
    twice = ours.duplicated(keep=False)
    first = ours.get_indexer_for(theirs) if ours.is_unique else ours.drop_duplicates().get_indexer(theirs)
    places = np.flatnonzero(~ours.duplicated())
    found = np.where(first >= 0, places[first], -1)
    rows = np.where((found >= 0) & twice[found], -2, found).astype(np.intp)
    joined = int((rows >= 0).sum())
    if joined < LEAST_JOINED * len(sample):
        raise ConfigError(
            f"{sample.source.name}: {joined:,} of {len(sample):,} precincts are in {returns.source.name} "
            f"once, by {', '.join(key)}; at least {100 * LEAST_JOINED:.0f} % are needed (in the sample: "
            f"{_some(theirs[rows < 0])}; in the returns: {_some(ours)})"
        )
    return Matched(rows, key)


def _keys(frame: pd.DataFrame, key: tuple[str, ...]) -> pd.Index:
    texts = [frame[c].astype("str").where(frame[c].notna(), "").str.strip() for c in key]
    parts = [text.to_numpy(dtype=object) for text in texts]
    return pd.MultiIndex.from_arrays(parts) if len(parts) > 1 else pd.Index(parts[0])


def _some(keys: pd.Index) -> str:
    shown = [" / ".join(one if isinstance(one, tuple) else (one,)) for one in keys[:_SHOWN]]
    return ", ".join(map(repr, shown)) or "none"

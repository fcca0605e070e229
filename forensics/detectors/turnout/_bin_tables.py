"""Votes and other ballots by lowest unit and bin of turnout: all that is kept of a part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.detectors.shares import Votes
from forensics.detectors.streams import Streams
from forensics.kernels import anomalous_votes as kernel
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
#: What an estimate is made with: the reference that was given, resamples, confidence level.
Settings: TypeAlias = tuple[int | None, int | None, float]
SUMMED = ["votes", "others", "precincts"]


@dataclass(frozen=True, slots=True)
class Bins:
    """One option's votes and other ballots by precinct, with the bin of its turnout (−1: left out)."""

    returns: Returns
    option: Votes
    minimum: int
    reference: int | None
    n_resamples: int | None
    confidence_level: float
    streams: Streams
    votes: Floats
    others: Floats
    bins: Integers
    #: Precincts behind each row: one, but for parts put together.
    precincts: Floats


def binned(
    returns: Returns,
    option: Votes,
    minimum: int,
    settings: Settings,
    streams: Streams,
) -> Bins:
    """The votes of one option and their bins; ``settings`` are the reference, resamples and level."""
    registered, ballots = returns.counts("registered"), returns.counts("ballots")
    with np.errstate(invalid="ignore"):
        known = (registered >= max(minimum, 1)) & (ballots > 0) & (ballots <= registered)
        known &= (option.votes >= 0) & (option.votes <= ballots)
    whole = (np.where(known, column, 1).astype(np.int64) for column in (ballots, registered))
    bins = np.where(known, kernel.turnout_bins(*whole), -1)
    votes = np.where(known, option.votes, 0.0)
    others = np.where(known, ballots - votes, 0.0)
    return Bins(
        returns,
        option,
        max(minimum, 1),
        *settings,
        streams,
        votes,
        others,
        bins.astype(np.intp),
        np.ones(len(returns)),
    )


@dataclass(frozen=True, slots=True)
class BinTable:
    """One option: a row per combination of units and bin, with sums over its precincts.

    ``table`` has the levels (missing names stay missing), ``bin`` (−1: left out), ``votes``,
    ``others`` and ``precincts``. Whole numbers add up exactly, in any order.
    """

    option: Votes
    levels: tuple[str, ...]
    scope: Scope
    table: pd.DataFrame

    @classmethod
    def of(cls, data: Bins) -> BinTable:
        """That of some precincts."""
        returns = data.returns
        levels = tuple(returns.levels or ())
        rows = returns.frame[list(levels)].astype("str").reset_index(drop=True)
        rows = rows.assign(bin=data.bins, votes=data.votes, others=data.others, precincts=data.precincts)
        return cls(replace(data.option, votes=np.empty(0)), levels, returns.scope, _summed(rows, levels))

    def bins(self, minimum: int, settings: Settings, streams: Streams) -> Bins:
        """Precincts of one unit and bin as a row, in returns whose levels are all that is asked of them."""
        rows = self.table[list(self.levels)].assign(
            precinct=np.arange(len(self.table)).astype(str), ballots=np.zeros(len(self.table), np.int64)
        )
        votes, others, precincts = (self.table[name].to_numpy(dtype=np.float64) for name in SUMMED)
        return Bins(
            Returns(rows, levels=self.levels, scope=self.scope),
            self.option,
            max(minimum, 1),
            *settings,
            streams,
            votes,
            others,
            self.table["bin"].to_numpy(dtype=np.intp),
            precincts,
        )


def merged(tables: Sequence[BinTable]) -> BinTable:
    """The table of several parts."""
    first = tables[0]
    rows = pd.concat([one.table for one in tables], ignore_index=True)
    return replace(first, table=_summed(rows, first.levels))


def _summed(rows: pd.DataFrame, levels: Sequence[str]) -> pd.DataFrame:
    keys = [*levels, "bin"]
    return rows.groupby(keys, sort=True, dropna=False, observed=True)[SUMMED].sum().reset_index()

"""Certificates summed over the precincts that share all their units: all that is kept of a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.detectors.venues import VenueCounts, together, venues
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PARTS = ("received", "issued", "unused", "lost", "issued_territory", "voted")
#: Columns of sums that begin so count precincts with an oddity, by their kind of place.
KIND = "kind:"


@dataclass(frozen=True, slots=True)
class Entries:
    """Certificates of each precinct, float64 of shape (m,), zero where not reported."""

    counts: Mapping[str, Floats]
    reported: Mapping[str, Flags]
    #: received − issued − unused − lost, NaN where one of the first three is not reported.
    gap: Floats
    #: Certificates used beyond the ballots issued, zero where there are none.
    over: Floats

    @classmethod
    def of(cls, returns: Returns) -> Entries:
        counts, reported = {}, {}
        for part in PARTS:
            column = f"absentee_{part}"
            values = returns.counts(column) if returns.has(column) else np.full(len(returns), np.nan)
            reported[part] = ~np.isnan(values)
            counts[part] = np.nan_to_num(values)
        whole = reported["received"] & reported["issued"] & reported["unused"]
        gap = counts["received"] - counts["issued"] - counts["unused"] - counts["lost"]
        came = returns.counts(returns.turnout_of)
        over = np.nan_to_num(np.maximum(counts["voted"] - came, 0.0))
        return cls(counts, reported, np.where(whole, gap, np.nan), over)

    @property
    def off(self) -> Floats:
        """How far each precinct is off, NaN nowhere."""
        return np.where(np.isnan(self.gap), self.over, np.abs(self.gap) + self.over)


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """A row per combination of units; whole numbers, which add up exactly in any order.

    ``table`` has the names of the units under 0, 1, … (in the order of ``levels``; missing names stay
    missing), and under text: ``precincts``, the certificates by part, ``known:…`` (precincts that
    report a part), ``ballots``, ``registered``, ``votes:…``, ``gap`` (sum), ``checked``,
    ``unbalanced``, ``over`` (precincts), ``beyond`` and ``crossed`` (precincts that used more than
    they issued, and by how many), ``kind:…``, ``proxy`` and ``plain`` (of precincts with an oddity).
    """

    levels: tuple[str, ...]
    scope: Scope
    leader: str | None
    venues: VenueCounts
    table: pd.DataFrame

    @classmethod
    def of(cls, returns: Returns, entries: Entries) -> LedgerSums:
        """The sums of some returns."""
        levels, place = tuple(returns.levels or ()), venues(returns)
        counts, reported, gap = entries.counts, entries.reported, np.nan_to_num(entries.gap)
        over = entries.over > 0
        off = (gap != 0) | over
        beyond = np.maximum(counts["voted"] - counts["issued"] - counts["issued_territory"], 0.0)
        size = returns.counts("registered") if returns.has("registered") else np.zeros(len(returns))
        values: dict[str, Floats | Flags] = {
            "precincts": np.ones(len(returns)),
            **counts,
            **{f"known:{part}": flag for part, flag in reported.items()},
            "ballots": np.nan_to_num(returns.counts("ballots")),
            "registered": np.nan_to_num(size),
            **{f"votes:{name}": np.nan_to_num(returns.votes(name)) for name in returns.options},
            "gap": gap,
            "checked": ~np.isnan(entries.gap),
            "unbalanced": gap != 0,
            "over": over,
            "beyond": beyond > 0,
            "crossed": beyond,
            "proxy": off & place.proxy,
            "plain": off & place.proxy & (place.types == ""),
        }
        for kind in np.unique(place.types[off]):
            values[f"{KIND}{kind}"] = off & (place.types == kind)
        names = returns.table[list(levels)].set_axis(range(len(levels)), axis=1)
        code = _combination(names)
        first = np.unique(code, return_index=True)[1]
        sums = {name: np.bincount(code, value, len(first)) for name, value in values.items()}
        table = names.iloc[first].astype("str").reset_index(drop=True).assign(**sums)
        return cls(levels, returns.scope, returns.leader, place.count(slice(None)), table)

    def units(self) -> Returns:
        """The rows as returns, whose levels are all that is asked of them."""
        names = self.table[list(range(len(self.levels)))].set_axis(list(self.levels), axis=1)
        rows = names.assign(precinct=np.arange(len(names)).astype(str), ballots=0)
        return Returns(rows, levels=self.levels, scope=self.scope)

    def column(self, name: str) -> Floats:
        """A sum by row, float64 of shape (k,)."""
        return self.table[name].to_numpy(dtype=np.float64)

    def starting(self, start: str) -> dict[str, Floats]:
        """The sums whose names begin so, by what follows."""
        names = [name for name in self.table.columns if str(name).startswith(start)]
        return {name.removeprefix(start): self.column(name) for name in names}


def merge_sums(states: Sequence[LedgerSums]) -> LedgerSums:
    """Sums of several parts of one table as those of the whole."""
    first = states[0]
    table = pd.concat([state.table for state in states], ignore_index=True)
    sums = [name for name in table.columns if isinstance(name, str)]
    # A kind of place that a part does not have has no column there.
    table = table.assign(**table[sums].fillna(0.0))
    code = _combination(table[list(range(len(first.levels)))])
    rows = np.unique(code, return_index=True)[1]
    summed = {name: np.bincount(code, table[name], len(rows)) for name in sums}
    kept = table.iloc[rows].reset_index(drop=True).assign(**summed)
    return replace(first, venues=together([state.venues for state in states]), table=kept)


def _combination(names: pd.DataFrame) -> NDArray[np.intp]:
    """A number for each different row, from 0 in the order of their first places."""
    if not len(names.columns):
        return np.zeros(len(names), dtype=np.intp)
    groups = names.groupby(list(names.columns), sort=False, dropna=False, observed=True)
    return np.asarray(groups.ngroup(), dtype=np.intp)

"""Precincts that persist: whether the scores of a test stand in the same places in two elections."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.comparing.beside import Beside
from forensics.comparing.elections import Election
from forensics.finding import Interval
from forensics.kernels.rank_correlation import rank_correlation
from forensics.messages.message import Message, Sentences
from forensics.tables.pairing import AMBIGUOUS, spelling

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

#: Fewest matched precincts per precinct of the smaller table with which two tables are taken to be of
#: the same precincts: as for the flow of votes.
ENOUGH = 0.7
#: Ratio of registered voters, now to then, of one and the same precinct: as for the flow of votes.
TOLERANCE = (0.8, 1.25)
#: Pairs with both scores below which no correlation is told.
FEWEST = 100
#: Units of a level from which on it is what an interval is clustered by.
FEWEST_CLUSTERS = 20
#: Share of the precincts that is called the highest scores.
HIGHEST = 0.1
#: Of them, the fewest that a share is told of: ties can leave a handful.
FEWEST_HIGH = 10

SAY = Sentences(
    "panel",
    no_scores="The folder of {election} was handed on without its restricted scores of precincts, so its "
    "precincts cannot be paired.",
    no_levels="The two tables have no level in common, so precincts of the same name need not be the same.",
    renumbered="Only {kept:,} precincts, {share:.1%} of {of:,}, could be paired; at least {needed:.0%} are "
    "needed. {matched:,} have the same name ({key}) in both tables{changed}.",
    changed="; of these {refused:,} were refused because the ratio of their registered voters is outside "
    "{low:g} to {high:g}",
    few="Only {n:,} precincts have this score in both elections; at least {needed:,} are needed.",
    constant="The score is the same in nearly all precincts of one of the elections.",
    no_interval="No interval can be given: the order of the scores is the same in both elections, or all "
    "precincts with the score are of one unit.",
    one_only="{election} has no such score.",
)


@dataclass(frozen=True, slots=True)
class Persistence:
    """Whether one score stands in the same precincts in two elections.

    Parameters
    ----------
    score : str
        ``<method>:<quantity>``.
    n : int
        Pairs of precincts that have it in both.
    correlation : float or None
        Spearman's, with ``interval``; clustered by ``clustered_by`` (empty: not clustered).
    clusters : int
        Units of that level.
    again, expected : float or None
        Of the precincts with the highest tenth of scores then, the share that is in the highest
        tenth now; and the share that would be if the two had nothing to do with each other.
    change : tuple of three float or None
        Quartiles of the change of the score, now less then, in the score's own unit; None where the
        two elections have the test under different definitions.
    reason : Message or None
        Why nothing is told.
    """

    score: str
    n: int
    correlation: float | None = None
    interval: Interval | None = None
    clustered_by: str = ""
    clusters: int = 0
    again: float | None = None
    expected: float | None = None
    change: tuple[float, float, float] | None = None
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """The precincts of two elections that are the same, in the aggregate; none is named.

    Parameters
    ----------
    earlier, later : str
        Short names of the elections.
    key : tuple of str
        Columns by which precincts were matched.
    rows : tuple of two int
        Precincts with a name of their own (then, now).
    matched, refused : int
        Pairs with the same key, and those refused for the ratio of registered voters; ``refused`` is
        None where the scores come without registered voters and the ratio is unknown.
    reason : Message or None
        Why the two are not compared.
    scores : tuple of Persistence
    """

    earlier: str
    later: str
    key: tuple[str, ...] = ()
    rows: tuple[int, int] = (0, 0)
    matched: int = 0
    refused: int | None = None
    reason: Message | None = None
    scores: tuple[Persistence, ...] = ()

    @property
    def kept(self) -> int:
        """Pairs that are taken to be the same precinct."""
        return self.matched - (self.refused or 0)

    @property
    def share(self) -> float:
        """Pairs per precinct of the smaller table."""
        return self.kept / max(min(self.rows), 1)


@dataclass(frozen=True)
class _Pairs:
    key: tuple[str, ...]
    rows: tuple[int, int]
    repeated: tuple[int, int]
    then: Rows
    now: Rows


def panels(elections: Sequence[Election], tests: Sequence[Beside]) -> tuple[Panel, ...]:
    """A panel of each election and the one before it.

    Of ``tests`` those under one definition in all elections have changes of their scores told.
    """
    same = frozenset(f"{test.method}:{test.quantity}" for test in tests if test.comparable)
    return tuple(_panel(*pair, same) for pair in itertools.pairwise(elections))


def _panel(earlier: Election, later: Election, same: frozenset[str]) -> Panel:
    names = (earlier.short, later.short)
    for one in (earlier, later):
        if one.precincts is None:
            return Panel(*names, reason=SAY("no_scores", election=one.short))
    assert earlier.precincts is not None
    assert later.precincts is not None
    pairs = _paired(earlier.precincts, later.precincts)
    if pairs is None:
        return Panel(*names, reason=SAY("no_levels"))
    then, now, refused = pairs.then, pairs.now, None
    if all("registered" in frame.columns for frame in (earlier.precincts, later.precincts)):
        before, after = (
            frame["registered"].to_numpy(np.float64)[rows]
            for frame, rows in ((earlier.precincts, then), (later.precincts, now))
        )
        valid = (after >= TOLERANCE[0] * before) & (after <= TOLERANCE[1] * before)
        refused = int((~valid).sum())
        then, now = then[valid], now[valid]
    panel = Panel(*names, pairs.key, pairs.rows, len(pairs.then), refused)
    if panel.share < ENOUGH:
        return Panel(*names, pairs.key, pairs.rows, len(pairs.then), refused, _too_few(panel))
    unit = later.precincts.iloc[now]
    level = _clustering(unit)
    codes = _codes(unit, level) if level else None
    found = [
        _persistence(name, (earlier, then), (later, now), level[-1:], codes, name in same)
        for name in _scores(earlier, later)
    ]
    return Panel(*names, pairs.key, pairs.rows, len(pairs.then), refused, None, tuple(found))


def _too_few(panel: Panel) -> Message:
    changed: Message | str = ""
    if panel.refused is not None:
        low, high = TOLERANCE
        changed = SAY("changed", refused=panel.refused, low=low, high=high)
    return SAY(
        "renumbered",
        kept=panel.kept,
        share=panel.share,
        of=min(panel.rows),
        needed=ENOUGH,
        matched=panel.matched,
        key=", ".join(panel.key),
        changed=changed,
    )


def _levels(frame: pd.DataFrame) -> list[str]:
    columns = list(frame.columns)
    return [name for name in columns[: columns.index("precinct")] if name != "row"]


def _paired(then: pd.DataFrame, now: pd.DataFrame) -> _Pairs | None:
    """Pairs by all shared levels and the precinct; by the top level alone where that loses nothing.

    Levels below the top are often spelled anew between two elections. The short key is taken where it
    (nearly) always names one row and gives more pairs, as in :func:`forensics.tables.pairing.pair`.
    """
    shared = [level for level in _levels(now) if level in _levels(then)]
    if not shared:
        return None
    full = _matched(then, now, (*shared, "precinct"))
    if len(shared) < 2:
        return full
    short = _matched(then, now, (shared[0], "precinct"))
    unique = all(
        repeated <= AMBIGUOUS * of for repeated, of in zip(short.repeated, short.rows, strict=True)
    )
    return short if unique and len(short.then) > len(full.then) else full


def _matched(then: pd.DataFrame, now: pd.DataFrame, key: tuple[str, ...]) -> _Pairs:
    (before, old, twice), (after, new, again) = (_named(frame, key) for frame in (then, now))
    places = old.get_indexer(new)
    found = places >= 0
    rows = (len(before) + twice, len(after) + again)
    return _Pairs(key, rows, (twice, again), before[places[found]], after[found])


def _named(frame: pd.DataFrame, key: tuple[str, ...]) -> tuple[Rows, pd.MultiIndex, int]:
    """Rows whose key no other row has, their keys, and how many rows share theirs."""
    texts = pd.DataFrame({column: spelling(frame[column]) for column in key})
    rows = np.flatnonzero(texts["precinct"].notna().to_numpy())
    names = pd.MultiIndex.from_frame(texts.iloc[rows].fillna(""))
    repeated = names.duplicated(keep=False)
    return rows[~repeated], names[~repeated], int(repeated.sum())


def _clustering(frame: pd.DataFrame) -> tuple[str, ...]:
    """The highest level with enough units, with the levels above it; none where no level has them."""
    levels = _levels(frame)
    for depth in range(1, len(levels) + 1):
        if len(np.unique(_codes(frame, tuple(levels[:depth])))) >= FEWEST_CLUSTERS:
            return tuple(levels[:depth])
    return ()


def _codes(frame: pd.DataFrame, levels: tuple[str, ...]) -> Rows:
    """Codes of units: a unit is its name within the top level."""
    named = list(dict.fromkeys((levels[0], levels[-1])))
    return np.asarray(frame.groupby(named, observed=True, dropna=False).ngroup(), dtype=np.intp)


def _scores(earlier: Election, later: Election) -> list[str]:
    """Columns of scores that either of the two has, in order of the later one."""
    both = [
        name
        for one in (later, earlier)
        if one.precincts is not None
        for name in one.precincts.columns
        if ":" in str(name)
    ]
    return list(dict.fromkeys(both))


def _persistence(
    name: str,
    earlier: tuple[Election, Rows],
    later: tuple[Election, Rows],
    level: tuple[str, ...],
    codes: Rows | None,
    comparable: bool,
) -> Persistence:
    values = []
    for one, rows in (earlier, later):
        assert one.precincts is not None
        if name not in one.precincts.columns:
            return Persistence(name, 0, reason=SAY("one_only", election=one.short))
        values.append(one.precincts[name].to_numpy(np.float64)[rows])
    there = np.isfinite(values[0]) & np.isfinite(values[1])
    then, now = (column[there] for column in values)
    n = len(then)
    if n < FEWEST:
        return Persistence(name, n, reason=SAY("few", n=n, needed=FEWEST))
    if any(_constant(column) for column in (then, now)):
        return Persistence(name, n, reason=SAY("constant"))
    found = rank_correlation(then, now, None if codes is None else codes[there])
    if found is None:
        return Persistence(name, n, reason=SAY("no_interval"))
    again, expected = _highest(then, now)
    quartiles = np.quantile(now - then, (0.25, 0.5, 0.75)).tolist()
    return Persistence(
        name,
        n,
        found.rho,
        Interval(found.low, found.high),
        level[0] if level else "",
        found.clusters,
        again,
        expected,
        (quartiles[0], quartiles[1], quartiles[2]) if comparable else None,
    )


def _constant(values: Floats) -> bool:
    """Whether nearly all values are one: what is left is a handful of precincts."""
    _, counts = np.unique(values, return_counts=True)
    return bool(len(values) - counts.max() < FEWEST)


def _highest(then: Floats, now: Floats) -> tuple[float | None, float | None]:
    """Share of the highest then that is among the highest now, and what chance gives."""
    high_then, high_now = (values > np.quantile(values, 1 - HIGHEST) for values in (then, now))
    if min(high_then.sum(), high_now.sum()) < FEWEST_HIGH:
        return None, None
    return float(high_now[high_then].mean()), float(high_now.mean())

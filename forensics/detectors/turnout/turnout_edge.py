"""Turnout at the upper edge and at quotas against a smooth expectation (Kobak and others 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import Additive, Sums
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.registry import detector
from forensics.detectors.turnout._edge_state import EdgeState, Tested, edge_state, merge_states
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels.counts_above import above_smooth, continued_tail, excess_interval, poisson_band
from forensics.kernels.upper_tail import CUT, PERCENTS, UpperTail, at_edge, percent_class
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Below this many precincts no p-value is given.
FEWEST = 100
#: Share of the bulk that may disagree with the smooth fit before its tail is not extrapolated.
MISFIT = 0.05
#: Share of precincts above 90 % from which an honest turnout can pile up at the edge by itself.
HIGH = 0.25
#: Levels that are set as targets.
QUOTAS = (90, 95, 100)
#: The last class below the edge: a spike is looked for up to here.
LAST = 98
#: What is shown apart: under the minimum, closed institutions, more ballots than registered voters.
APART = ("small", "closed", "over_list")
#: Venues whose voters are brought, or added to the list on the day.
CLOSED = (
    "health", "hospital", "care", "military", "prison", "remote", "transport", "dormitory", "tourist",
    "embassy",
)  # fmt: skip

SAY = Sentences(
    "turnout_edge",
    null="Turnout of 99 % and more is no more frequent than in a smooth continuation of the turnout below "
    "{cut:.0%}, fitted to each region by size, with binomial counts; nor than between 95 and 99 %, going "
    "on as there.",
    exclusion="{n:,} precincts left out: a count missing, fewer than {minimum:,} registered, more ballots "
    "than registered, or a closed institution (shown apart).",
    bulk="The smooth fit agrees with turnout below {cut:.0%} (share of precincts that disagree: "
    "{misfit:.1%}).",
    high="Most turnouts lie away from the edge (share of precincts above 90 %: {high:.1%}).",
    list="Lists made up on the day (abroad, in transport, supplementary lists) hold hardly anyone who "
    "does not vote.",
    closed="Hospitals, barracks, prisons and remote stations, where they cannot be told from the columns.",
    village="Villages where turnout is a matter of honour, and lists from which the absent were struck.",
    region="A region that is high altogether has a high expectation: its edge is then no excess.",
    title="Turnout at the upper edge",
    caption="Precincts by turnout, {n:,} of {minimum:,} registered voters and more; expected: smooth fit "
    "by region and size below {cut:.0%}, binomial counts, with the middle 95 % of a Poisson count.",
    percent="turnout, nearest percent",
)
INNOCENT = SAY.all("list", "closed", "village", "region")


@detector(family="turnout", needs=("registered", "ballots|issued"), sampled=True)
def turnout_edge(
    returns: Returns,
    /,
    *,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
) -> Findings:
    """Excess of turnouts of 99 % and more, and at quotas, after Kobak, Shpilkin and Pshenichnikov (2018).

    Null: logit turnout has a smooth density within each region and size band (a mixture of bells,
    which follows heavy tails and differences between places but nothing narrow), and counts are
    binomial. The density is fitted below 98 % and continued. A continuation may be wrong, so the
    p-value is the larger of two: Poisson against the continued expectation, and binomial against
    the density in [.97, .99), taken to go on level, or to rise on as it rose from [.95, .97).

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    minimum : int
        Smallest number of registered voters; smaller precincts are shown apart.
    by : str or sequence of str, optional
        Level(s) at which to test. The expectation is always that of the precinct's unit at the
        highest level, mixed with 50 precincts of the whole country.
    confidence_level : float
        Of the intervals.

    Returns
    -------
    Findings
        One per scope, quantity ``turnout``; ``effect`` excess share of precincts at the edge.
        ``detail``: ``edge`` (share of all precincts from ``minimum`` on at 99 % or more),
        ``expected`` (the same, by the smooth fit), ``observed``, ``expected_precincts``, ``beside``
        ([precincts in [.97, .99), in [.95, .97)]), ``pvalue_smooth``, ``pvalue_local``,
        ``pvalue_adjusted``,
        ``quotas`` ([percent, observed, expected, p] at 90, 95 and 100), ``spike`` (the same for
        the most over-represented whole percent from 75 to 98, p for having looked at all),
        ``apart`` ({small, closed, over_list}: [precincts, at the edge]), ``misfit``.
        ``precincts``: at the edge (0 or 1) minus its chance.

    Raises
    ------
    ConfigError
        If a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: lists made up on the day, closed institutions, villages of honour.
    Breaks where ballots are given to voters who are added to no list: turnouts above 100 % are
    shown apart, as is their number. Blind to a region that is high altogether, and to stuffing
    that stops short of the edge. No p-value is given where the fit disagrees with more than 5 % of
    the bulk, or where more than 25 % of the precincts lie above 90 %: honest turnouts that differ
    strongly may then pile up at the edge.

    References
    ----------
    Kobak, D., Shpilkin, S. and Pshenichnikov, M. S. (2018). Putin's peaks: Russian election data
    revisited. Significance 15(3), 8-9.
    """
    rows = _Rows.of(returns, minimum)
    state, cell = edge_state(returns, by, rows.flags, rows.counts)
    tail = state.tail()
    residual = np.full(len(returns), np.nan)
    tested = rows.flags["tested"]
    residual[tested] = rows.flags["edge"][tested] - tail.edge[cell]
    return Findings(
        replace(item, precincts=residual) if item.scope == returns.scope else item
        for item in _findings(state, tail, minimum, confidence_level)
    )


def statistic(
    returns: Returns, *, minimum: int = 100, by: str | Sequence[str | None] | None = None
) -> EdgeState:
    """Counts of each scope, and precincts by region and number of registered voters."""
    rows = _Rows.of(returns, minimum)
    return edge_state(returns, by, rows.flags, rows.counts)[0]


def finish(state: EdgeState, *, minimum: int = 100, confidence_level: float = 0.95) -> Findings:
    """The findings of all scopes."""
    return Findings(_findings(state, state.tail(), minimum, confidence_level))


ADDITIVE = Additive(statistic, merge_states, finish)


def _findings(state: EdgeState, tail: UpperTail, minimum: int, confidence_level: float) -> list[Finding]:
    edge, chances = state.expected(tail.edge), state.expected(tail.chances)
    number = range(len(state.sums.scopes))
    readings = [_Reading.of(state.sums, i, float(edge[i]), tail.misfit) for i in number]
    shared = adjusted(state.sums.scopes, [reading.pvalue for reading in readings])
    return [
        _finding(state, i, readings[i], shared[i], chances[i], tail.misfit, minimum, confidence_level)
        for i in number
    ]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Which precincts are looked at, and where their turnouts lie; flags of shape (m,)."""

    flags: dict[str, Flags]
    counts: Tested

    @classmethod
    def of(cls, returns: Returns, minimum: int) -> _Rows:
        x, n = returns.counts(returns.turnout_of), returns.counts("registered")
        with np.errstate(invalid="ignore"):
            known = (x >= 0) & (n > 0)
            large, over = known & (n >= minimum), known & (x > n)
        closed = large & _closed(returns)
        over &= large & ~closed
        tested = large & ~closed & ~over
        count, size = np.where(known, x, 0).astype(np.int64), np.where(known, n, 1).astype(np.int64)
        reached, small = known & at_edge(count, size), known & ~large
        beside = tested & at_edge(count, size, 97) & ~reached
        flags = {
            "large": large,
            "tested": tested,
            "left_out": ~tested,
            "edge": large & reached,
            "at_edge": tested & reached,
            "beside": beside,
            "before": tested & at_edge(count, size, 95) & ~reached & ~beside,
            "high": tested & at_edge(count, size, 90),
        }
        for name, flag in zip(APART, (small, closed, over), strict=True):
            flags |= {name: flag, f"{name}_at_edge": flag & reached}
        count, size = count[tested], size[tested]
        return cls(flags, Tested(count, size, percent_class(count, size)))


def _closed(returns: Returns) -> Flags:
    if not returns.has("venue_type"):
        return np.zeros(len(returns), dtype=np.bool_)
    return np.asarray(returns.frame["venue_type"].astype("str").isin(CLOSED), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One scope: counts at the edge and what they say."""

    n: int
    observed: int
    expected: float
    beside: int
    before: int
    high: float
    smooth: float
    local: float
    pvalue: float | None

    @classmethod
    def of(cls, sums: Sums, i: int, expected: float, misfit: float) -> _Reading:
        observed, beside, before, high, n = (
            int(sums.total(name, i)) for name in ("at_edge", "beside", "before", "high", "tested")
        )
        share = high / n if n else 0.0
        smooth, local = above_smooth(observed, expected), continued_tail(observed, beside, before)
        told = n >= FEWEST and misfit <= MISFIT and share <= HIGH
        pvalue = max(smooth, local) if told else None
        return cls(n, observed, expected, beside, before, share, smooth, local, pvalue)


def _finding(
    state: EdgeState,
    i: int,
    reading: _Reading,
    shared: float | None,
    expected: Floats,
    misfit: float,
    minimum: int,
    confidence_level: float,
) -> Finding:
    sums = state.sums
    scope, n = sums.scopes[i], reading.n
    large, excluded = (int(sums.total(name, i)) for name in ("large", "left_out"))
    seen = sums.total("classes", i)
    national = scope == state.scope
    low, high = excess_interval(reading.observed, reading.expected, confidence_level)
    return Finding(
        method="turnout_edge",
        family="turnout",
        quantity="turnout",
        scope=scope,
        null=SAY("null", cut=CUT),
        statistic=reading.observed - reading.expected if n else None,
        pvalue=reading.pvalue,
        effect=(reading.observed - reading.expected) / n if n else None,
        unit="share of precincts",
        interval=Interval(low / n, high / n, confidence_level) if n else None,
        n=n,
        excluded=excluded,
        exclusion=SAY("exclusion", n=excluded, minimum=minimum) if excluded else None,
        underpowered=n < FEWEST,
        assumptions=(
            Assumption(SAY("bulk", cut=CUT, misfit=misfit), misfit <= MISFIT if n else None),
            Assumption(SAY("high", high=reading.high), reading.high <= HIGH if n else None),
        ),
        innocent=INNOCENT,
        parameters={
            "minimum": minimum,
            "maximum": None,
            "turnout_of": state.turnout_of,
            "share_of": "ballots",
        },
        detail={
            "edge": float(sums.total("edge", i)) / large if large else None,
            "expected": reading.expected / n if n else None,
            "observed": reading.observed,
            "expected_precincts": reading.expected,
            "beside": [reading.beside, reading.before],
            "pvalue_smooth": reading.smooth,
            "pvalue_local": reading.local,
            "pvalue_adjusted": shared,
            "quotas": [_quota(percent, seen, expected) for percent in QUOTAS],
            "spike": _spike(seen, expected),
            "apart": {
                name: [int(sums.total(name, i)), int(sums.total(f"{name}_at_edge", i))] for name in APART
            },
            "misfit": misfit,
        },
        pictures=(_picture(n, minimum, seen, expected),) if national and n else (),
    )


def _quota(percent: int, seen: Floats, expected: Floats) -> list[Any]:
    """[percent, observed, expected, p]; the class of 100 is half as wide as the one beside it."""
    j = percent - int(PERCENTS[0])
    pvalue = above_smooth(seen[j], expected[j])
    if percent == PERCENTS[-1]:
        pvalue = max(pvalue, continued_tail(seen[j], seen[j - 1], seen[j - 2]))
    return [percent, int(seen[j]), float(expected[j]), pvalue]


def _spike(seen: Floats, expected: Floats) -> list[Any]:
    """The class with the smallest p below the edge, its p multiplied by the classes looked at."""
    classes = int(np.searchsorted(PERCENTS, LAST, side="right"))
    pvalues = [above_smooth(seen[j], expected[j]) for j in range(classes)]
    j = int(np.argmin(pvalues))
    return [int(PERCENTS[j]), int(seen[j]), float(expected[j]), min(1.0, classes * pvalues[j])]


def _picture(n: int, minimum: int, seen: Floats, expected: Floats) -> Picture:
    low, high = poisson_band(expected)
    return Picture(
        figure="edge_bars",
        name="turnout_edge",
        title=SAY("title"),
        caption=SAY("caption", n=n, minimum=minimum, cut=CUT),
        columns={
            "percent": PERCENTS,
            "observed": seen.astype(np.int64),
            "expected": expected,
            "low": low,
            "high": high,
        },
        options={"ylabel": "precincts"},
        labels={"xlabel": SAY("percent")},
    )

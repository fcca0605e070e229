"""Support where voters come from elsewhere: pooled and within territories, and implied among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from forensics.detectors.additive import levels_of
from forensics.detectors.carousel import _movers
from forensics.detectors.carousel._link_picture import link_picture
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.registry import detector
from forensics.detectors.shares import Votes, looked_at
from forensics.detectors.streams import Seed, Streams
from forensics.detectors.venues import Venues, venues
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels.within_slopes import (
    Draws,
    Permuted,
    Slopes,
    contributions,
    gathered,
    permute_within,
    size_cells,
    slopes,
    uneven_score,
)
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Below this many precincts no p-value is given.
FEWEST = 20
#: Fewer clusters than this say little about how much they vary.
CLUSTERS = 20
#: More voters from elsewhere than this are many for one precinct.
MANY = 100
#: Part of the precincts that may report more voters from elsewhere than voters: slips.
OVER = 0.001
ALTERNATIVES = ("greater", "two-sided")

SAY = Sentences(
    "absentee_link",
    null="At most {used:,} of {ballots:,} ballots ({share:.2%}) are of voters from elsewhere, and a "
    "carousel of them explains no more; within a {home} and a fifth of its sizes, precincts with many of "
    "them support {option} as the others do.",
    null_flat="At most {used:,} of {ballots:,} ballots ({share:.2%}) are of voters from elsewhere, and a "
    "carousel of them explains no more; within a fifth of the sizes, precincts with many of them support "
    "{option} as the others do.",
    exclusion="{n:,} {n:plural:precinct|precincts} left out: a count missing, nobody voted, fewer than "
    "{minimum:,} registered, no named {home}, or a special precinct by its venue type.",
    reversal="The pooled slope compares towns with villages and territories with each other, and may have "
    "the other sign: only the slope within {home} is rested on.",
    clusters="Precincts of one {home} may err together; the {n:,} of them vary independently.",
    few="With {n} clusters the interval may be too narrow; the permutation does not rest on them.",
    among="Voters from elsewhere are among those who voted there ({over:,} "
    "{over:plural:precinct|precincts} of these {over:plural:reports|report} more of them than "
    "ballots issued).",
    turnout="A low turnout by itself makes the share of visitors among the ballots high, and where turnout "
    "goes with support the slopes lean: the p-value and the support among visitors count them against "
    "the list.",
    lone="Precincts vary independently of each other.",
    travellers="Those who travel differ from those who stay: soldiers, students, workers on shift, "
    "officials sent elsewhere.",
    places="Precincts with many visitors lie near stations, barracks and resorts, where the locals differ "
    "too.",
    employers="Employers who send their staff to vote away from home: not a vote cast twice.",
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What every option and level shares; arrays of shape (m,), used where ``known`` says."""

    returns: Returns
    venues: Venues
    column: str
    x: Floats
    size: Floats
    came: Floats
    ballots: Floats
    known: NDArray[np.bool_]
    home: str | None
    homes: Codes


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters of a call."""

    minimum: int
    alternative: str
    confidence_level: float
    n_resamples: int
    streams: Streams


@detector(family="carousel", needs=("registered", "ballots", "votes", _movers.NEED), sampled=True)
def absentee_link(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
    alternative: str = "greater",
    confidence_level: float = 0.95,
    rng: Seed = None,
    n_resamples: int = 999,
) -> Findings:
    """Slope of the share of the leader on the share of voters from elsewhere, within territories.

    Null: within a territory and a fifth of its precincts by size, the leader's share has nothing to
    do with how many of the voters came from elsewhere (on certificates, or attached to the list).
    Shares are permuted there. Territories count the more the less evenly the visitors are spread in
    them, as buses would make it; this weight does not depend on the shares, so the p-value is valid.

    Parameters
    ----------
    returns : Returns
        Precinct returns with ``absentee_voted``, or ``absentee_attached`` in its place.
    option : str, optional
        Option looked at (default: the leader), or ``"all"``.
    minimum : int
        Smallest number of registered voters.
    by : str or sequence, optional
        Level(s). Territories are the lowest level with five precincts a unit on average.
    alternative : {"greater", "two-sided"}
        ``greater``: more support where visitors are many.
    confidence_level : float
        Of the intervals.
    rng : int or Generator, optional
        Source of the permutations.
    n_resamples : int
        Number of them.

    Returns
    -------
    Findings
        One per option and scope, quantity ``share`` (``share_<option>``). ``effect``: slope within
        territories of votes / ballots on visitors / ballots issued, weighted by these, in share
        points per point, with its CRV1 interval. ``statistic``: the studentized sum that is permuted.
        ``detail``: ``slope_pooled``, ``se_pooled``, ``slope_within``, ``se_within`` (CRV1);
        ``difference``, ``se_difference`` (by instrument: visitors / registered, which does not rise
        where turnout is low) and what it implies: ``support_movers`` with its interval (support of
        the visitors; outside 0 to 1 there is more to it), ``support_others``; ``over_100``
        ([precincts with more than 100 visitors, mean difference of their share from the rest of
        their territory]); ``capacity`` (ballots of visitors), ``capacity_share``; ``clustered_by``,
        ``clusters``, ``pvalue_adjusted``, and the venues of the precincts with over 100.
        ``precincts``: what each adds to the statistic.

    Raises
    ------
    ConfigError
        If an option, level or ``alternative`` is unknown, or ``n_resamples`` below 1.

    Notes
    -----
    Innocent explanations: travellers differ from those who stay; precincts near stations, barracks
    and resorts differ from their neighbours; employers send their staff. The pooled slope has the
    other sign in Russia 2011 (−.62, +.10 within) and 2016 (−1.21, +.06) and is never rested on. Breaks
    where visitors vote in places of their own only; blind to visitors who vote as locals, and to repeat
    voters entered in no column. Buses that add 30 votes a stop in 5 % of the territories are found in
    nearly all simulated elections, 10 votes hardly ever. In honest ones p ≤ .05 in 5.3 % of 3,200, and
    in 4.4 % of 1,400 with unmarked institutions. The weights of the territories are our own.

    References
    ----------
    No such test is published, to our knowledge (its parts are): Simpson, E. H. (1951). JRSS B 13, 238;
    Liang, K.-Y. and Zeger, S. L. (1986). Biometrika 73, 13; Janssen, A. (1997). Stat. Prob. Lett. 36, 9.
    """
    if alternative not in ALTERNATIVES:
        raise ConfigError(f"alternative is {' or '.join(ALTERNATIVES)}, not {alternative!r}")
    if n_resamples < 1:
        raise ConfigError(f"n_resamples is a number of permutations of at least 1, not {n_resamples}")
    rows = _rows(returns, minimum)
    asked = _Asked(minimum, alternative, confidence_level, n_resamples, Streams(rng))
    found: list[Finding] = []
    for votes in looked_at(returns, option):
        kept: dict[bytes, Draws] = {}
        units = [_of_level(rows, votes, level, asked, kept) for level in levels_of(returns, by)]
        results = [result for level in units for result in level]
        shared = adjusted([r.scope for r in results], [r.pvalue for r in results])
        found += [_finding(r, p, rows, votes, asked) for r, p in zip(results, shared, strict=True)]
    return Findings(found)


def _rows(returns: Returns, minimum: int) -> _Rows:
    place = venues(returns)
    column, x = _movers.movers(returns)
    size, came = returns.counts("registered"), returns.counts(returns.turnout_of)
    ballots = returns.counts("ballots")
    home, homes = _movers.homes(returns)
    with np.errstate(invalid="ignore"):
        known = (size >= max(minimum, 1)) & (came > 0) & (ballots > 0) & (x >= 0) & (homes >= 0)
    return _Rows(returns, place, column, x, size, came, ballots, known & ~place.special, home, homes)


@dataclass(frozen=True, slots=True)
class _Result:
    """One unit: its rows in use, its place among the units of its level, and what was computed."""

    scope: Scope
    level: str | None
    place: int
    rows: Codes
    excluded: int
    slopes: Slopes
    permuted: Permuted
    share: Floats
    pvalue: float | None
    residual: Floats | None
    capacity: _movers.Capacity
    clustered: bool


def _of_level(
    rows: _Rows, votes: Votes, level: str | None, asked: _Asked, drawn: dict[bytes, Draws]
) -> list[_Result]:
    """Results of the units of a level; levels that hold whole territories share their permutations."""
    units = rows.returns.units(level)
    number = len(units.scopes)
    inside = rows.known & (units.codes >= 0) & (votes.votes >= 0)
    kept = np.flatnonzero(inside)
    unit = units.codes[kept]
    width = int(rows.homes.max(initial=0)) + 1
    group = np.unique(unit * width + rows.homes[kept], return_inverse=True)[1].astype(np.intp)
    clustered = _movers.is_above(rows.returns, level, rows.home)
    cluster = group if clustered else np.arange(len(kept))
    x, size, came = rows.x[kept], rows.size[kept], rows.came[kept]
    y = votes.votes[kept] / rows.ballots[kept]
    found = slopes(x / came, y, came, x, x / size, group=group, unit=unit, cluster=cluster, units=number)
    score, cell = uneven_score(x, size, came, group), size_cells(size, group)
    partition = kept.tobytes() + group.tobytes()
    if partition not in drawn:
        whole = _movers.is_above(rows.returns, level, rows.home) or level == rows.home
        stream = asked.streams.of(votes.quantity, rows.home if whole else level)
        drawn[partition] = permute_within(
            score, y, cell=cell, group=group, n_resamples=asked.n_resamples, rng=stream
        )
    of_group = np.zeros(len(drawn[partition].moving), dtype=np.intp)
    of_group[group] = unit
    permuted = gathered(drawn[partition], of_group, number)
    share = np.full(len(rows.returns), np.nan)
    share[kept] = y
    residual = None
    if level is None:
        residual = np.full(len(rows.returns), np.nan)
        residual[kept] = contributions(score, y, cell)
    bounds = _movers.capacities(rows.x, rows.ballots, units.codes, number)
    reached = permuted.above if asked.alternative == "greater" else permuted.beyond
    pvalues = (reached + 1) / (asked.n_resamples + 1)
    tested = (found.rows >= FEWEST) & (permuted.variance > 0) & np.isfinite(found.within)
    order = np.argsort(unit, kind="stable")
    edges = np.searchsorted(unit[order], np.arange(number + 1))
    present = np.bincount(units.codes[units.codes >= 0], minlength=number)
    return [
        _Result(
            scope=scope,
            level=level,
            place=i,
            rows=kept[order[edges[i] : edges[i + 1]]],
            excluded=int(present[i] - found.rows[i]),
            slopes=found,
            permuted=permuted,
            share=share,
            pvalue=float(pvalues[i]) if tested[i] else None,
            residual=residual,
            capacity=bounds[i],
            clustered=clustered,
        )
        for i, scope in enumerate(units.scopes)
    ]


def _finding(result: _Result, shared: float | None, rows: _Rows, votes: Votes, asked: _Asked) -> Finding:
    place, found, n = result.place, result.slopes, len(result.rows)
    home = rows.home or "nation"
    clusters = int(found.clusters[place])
    half = float(stdtrit(clusters - 1, (1 + asked.confidence_level) / 2)) if clusters > 1 else math.nan
    slope, error = _number(found.within[place]), _number(half * found.se_within[place])
    support, support_error = _number(found.movers[place]), _number(half * found.se_movers[place])
    bound = {
        "used": result.capacity.used,
        "ballots": result.capacity.ballots,
        "share": result.capacity.share,
    }
    many = result.rows[rows.x[result.rows] > MANY]
    national = result.level is None
    null = SAY("null", **bound, home=home, option=votes.option)
    return Finding(
        method="absentee_link",
        family="carousel",
        quantity=votes.quantity,
        scope=result.scope,
        null=null if rows.home else SAY("null_flat", **bound, option=votes.option),
        statistic=float(result.permuted.statistic[place]) if result.permuted.variance[place] > 0 else None,
        pvalue=result.pvalue,
        effect=slope,
        unit="share points per point of voters from elsewhere",
        interval=None
        if slope is None or error is None
        else Interval(slope - error, slope + error, asked.confidence_level),
        n=n,
        excluded=result.excluded,
        exclusion=SAY("exclusion", n=result.excluded, minimum=max(asked.minimum, 1), home=home)
        if result.excluded
        else None,
        underpowered=result.pvalue is None,
        assumptions=_assumptions(rows, result, clusters, home),
        innocent=(*SAY.all("travellers", "places", "employers"), *rows.venues.innocent(many)),
        parameters={
            "option": votes.option,
            "minimum": max(asked.minimum, 1),
            "maximum": None,
            "turnout_of": rows.returns.turnout_of,
            "share_of": "ballots",
            "alternative": asked.alternative,
            "n_resamples": asked.n_resamples,
            "movers": rows.column,
            "within": rows.home,
        },
        detail={
            "slope_pooled": _number(found.pooled[place]),
            "se_pooled": _number(found.se_pooled[place]),
            "slope_within": slope,
            "se_within": _number(found.se_within[place]),
            "difference": _number(found.difference[place]),
            "se_difference": _number(found.se_difference[place]),
            "support_movers": support,
            "support_movers_interval": None
            if support is None or support_error is None
            else [support - support_error, support + support_error],
            "support_others": _number(found.others[place]),
            "over_100": _against_home(rows, result, many),
            "capacity": result.capacity.used,
            "capacity_share": result.capacity.share,
            "clustered_by": rows.home if result.clustered else "precinct",
            "clusters": clusters,
            "pvalue_adjusted": shared,
            **rows.venues.detail(many),
        },
        precincts=result.residual,
        pictures=link_picture(
            rows.x[result.rows] / rows.came[result.rows],
            result.share[result.rows],
            rows.came[result.rows],
            rows.homes[result.rows],
            name=f"absentee_link-{votes.quantity}",
            option=votes.option,
            home_level=rows.home,
        )
        if national and slope is not None
        else (),
    )


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _assumptions(rows: _Rows, result: _Result, clusters: int, home: str) -> tuple[Assumption, ...]:
    over = int(np.count_nonzero(rows.x[result.rows] > rows.came[result.rows]))
    told = [
        rows.venues.assumption(),
        Assumption(SAY("turnout")),
        Assumption(SAY("among", over=over), over <= OVER * len(result.rows)),
    ]
    if result.clustered:
        told += [
            Assumption(SAY("reversal", home=home), True),
            Assumption(SAY("clusters", home=home, n=clusters)),
        ]
    else:
        told.append(Assumption(SAY("lone")))
    if clusters < CLUSTERS:
        told.append(Assumption(SAY("few", n=clusters), False))
    return tuple(told)


def _against_home(rows: _Rows, result: _Result, many: Codes) -> list[float | int | None]:
    """[precincts with many visitors, mean difference of their share from the rest of their home]."""
    known = result.rows[np.isin(rows.homes[result.rows], rows.homes[many])]
    others = known[rows.x[known] <= MANY]
    width = int(rows.homes.max(initial=0)) + 1
    weight = np.bincount(rows.homes[others], rows.came[others], width)
    mean = np.bincount(rows.homes[others], rows.came[others] * result.share[others], width)
    compared = many[weight[rows.homes[many]] > 0]
    at = rows.homes[compared]
    difference = result.share[compared] - mean[at] / weight[at]
    return [len(many), float(difference.mean()) if len(compared) else None]

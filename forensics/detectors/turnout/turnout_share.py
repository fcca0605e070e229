"""Share and votes per voter against turnout (Sobyanin and Sukhovolsky 1995), as description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.registry import detector
from forensics.detectors.shares import Votes, looked_at
from forensics.detectors.turnout._clusters import Clusters, Nesting, rows_of
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels.least_squares import Estimate, cluster_sums, correlation, slope
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

#: Below this many precincts a slope is of little use.
FEWEST = 200
#: Points of the cumulative curve.
POINTS = 500

SAY = Sentences(
    "turnout_share",
    null="No test: the literature compares the slope of the share of {option} on turnout with 0, and the "
    "slope of its votes per registered voter with its mean share.",
    no_null="Both comparisons suppose that support has nothing to do with turnout, which no country "
    "satisfies: the slopes describe political geography, and no p-value is given.",
    lone="No level below has 20 units, so precincts count as independent; the intervals are too narrow.",
    exclusion="{n:,} {n:plural:precinct|precincts} left out: a count missing, no ballots, fewer than "
    "{minimum:,} registered, or turnout above {maximum:.0%}.",
    geography="Town and country, age, income and nationality move turnout and support together.",
    stakes="Where one side is sure to win, the others stay at home.",
    mobilisation="A party that brings its own voters to the polls has more of the votes where more come.",
    title="Cumulative share of {option} by turnout: {scope}",
    caption="Precincts in order of turnout; the share of {option} in all ballots up to that turnout "
    "(n = {n:,}). A line that keeps rising is political geography or added votes: no test.",
    turnout="turnout of the last precinct counted, %",
    share="cumulative share of ballots, %",
)
INNOCENT = SAY.all("geography", "stakes", "mobilisation")


@dataclass(frozen=True, slots=True)
class _Rates:
    """Turnout, share and votes per voter; float64 of shape (m,), used where ``known`` says."""

    returns: Returns
    votes: Votes
    minimum: int
    maximum: float
    confidence_level: float
    registered: Floats
    ballots: Floats
    t: Floats
    v: Floats
    w: Floats
    known: NDArray[np.bool_]


@detector(family="turnout", needs=("registered", "ballots", "votes"), default="descriptive", sampled=True)
def turnout_share(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    minimum: int = 1,
    maximum: float = 1.0,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
) -> Findings:
    """Slopes of share and of votes per voter on turnout, after Sobyanin and Sukhovolsky (1995).

    Null: none that is true anywhere. Two are named in the literature: that the share v = L/B does
    not change with turnout t (slope 0), and that votes per registered voter w = L/N grow with
    turnout by the mean share. Both hold where support has nothing to do with turnout. The slopes
    are political geography, not a test, and carry no p-value.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    option : str, optional
        Option L (default: the leader), or ``"all"``: every option and the invalid votes.
    minimum : int
        Smallest number of registered voters.
    maximum : float
        Largest turnout included; above 1 the list of voters was not closed, and one such precinct
        can turn the slope.
    by : str or sequence of str, optional
        Level(s) to describe; ``None`` is the nation.
    confidence_level : float
        Of the intervals.

    Returns
    -------
    Findings
        One per option and scope, quantity ``share`` (``share_<option>``). ``effect``: slope of v on
        t, in share points per point of turnout; ``statistic``: correlation of t and v. ``detail``:
        ``slope_registered`` (w on t), ``slope_share`` (v on t), ``correlation``, each with
        ``<name>_interval``; ``mean_share``; ``weighted`` (by registered) and ``within`` (an
        intercept for each unit of the top level; ``None`` where there are not two) with the same
        keys; ``clusters`` ({level, n}, ``None`` where precincts stand for themselves). Intervals are
        CV3: every cluster is left out in turn.

    Raises
    ------
    ConfigError
        If an option, a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: whatever moves turnout and support together (town and country, age,
    nationality), opponents who stay at home where they cannot win, a party that mobilises its own.
    In clean elections with a geography the slope of v on t is anything between −.8 and +.5, often
    with an interval far from 0: Sweden 2018 −.81, Hungary 2022 −.55, Spain (Canaries 2019) −.18,
    Canada 2015 −.14, Poland 2018 +.01, Israel 2021 +.03, Romania 2016 −.01 and 2024 +.47, beside
    Russia 2018 +.32 and 2011 +.82. The slope of w on t lies above the mean share wherever that of v
    on t is positive: it says nothing more. Breaks where a precinct's voters are not those on its
    list (travellers, open lists), and where an option stood in part of the country only.

    References
    ----------
    Sobyanin, A. and Sukhovolsky, V. (1995). Democracy restricted by falsifications. Moscow.
    Myagkov, M., Ordeshook, P. C. and Shakin, D. (2009). The Forensics of Election Fraud. Cambridge
    University Press.
    MacKinnon, J. G., Nielsen, M. Ø. and Webb, M. D. (2023). Cluster-robust inference: a guide to
    empirical practice. Journal of Econometrics 232, 272-299.
    """
    nesting = Nesting(returns)
    found = []
    for votes in looked_at(returns, option):
        rates = _rates(returns, votes, minimum, maximum, confidence_level)
        for level in levels_of(returns, by):
            for scope, rows in rows_of(returns, level):
                found.append(_finding(rates, nesting, rows, scope, level))
    return Findings(found)


def _rates(returns: Returns, votes: Votes, minimum: int, maximum: float, confidence_level: float) -> _Rates:
    registered, ballots = returns.counts("registered"), returns.counts("ballots")
    came = returns.counts(returns.turnout_of)
    limit = Fraction(str(maximum))
    with np.errstate(invalid="ignore", divide="ignore"):
        known = (registered >= max(minimum, 1)) & (ballots > 0) & (came >= 0) & (votes.votes >= 0)
        known &= came * float(limit.denominator) <= registered * float(limit.numerator)
        t, v, w = came / registered, votes.votes / ballots, votes.votes / registered
    return _Rates(
        returns, votes, minimum, maximum, confidence_level, registered, ballots, t, v, w, np.asarray(known)
    )


def _finding(rates: _Rates, nesting: Nesting, rows: Integers, scope: Scope, level: str | None) -> Finding:
    kept = rows[rates.known[rows]]
    n, excluded = len(kept), len(rows) - len(kept)
    clusters = nesting.within(kept, level)
    estimates = _described(rates, kept, clusters)
    share = estimates["slope_share"]
    minimum, maximum = max(rates.minimum, 1), rates.maximum
    return Finding(
        method="turnout_share",
        family="turnout",
        quantity=rates.votes.quantity,
        scope=scope,
        null=SAY("null", option=rates.votes.option),
        statistic=estimates["correlation"].value,
        effect=share.value,
        unit="share points per point of turnout",
        interval=None
        if share.low is None or share.high is None
        else Interval(share.low, share.high, rates.confidence_level),
        n=n,
        excluded=excluded,
        exclusion=SAY("exclusion", n=excluded, minimum=minimum, maximum=rates.maximum)
        if excluded
        else None,
        underpowered=n < FEWEST,
        assumptions=_assumptions(clusters),
        innocent=INNOCENT,
        parameters={
            "option": rates.votes.option,
            "minimum": minimum,
            "maximum": maximum,
            "turnout_of": rates.returns.turnout_of,
            "share_of": "ballots",
        },
        detail={
            **_written(estimates),
            "mean_share": float(rates.v[kept].mean()) if n else None,
            "weighted": _written(_described(rates, kept, clusters, weights=rates.registered[kept])),
            "within": _within(rates, kept, clusters, nesting.top),
            "clusters": None if clusters is None else {"level": clusters.level, "n": clusters.n},
        },
        pictures=_pictures(rates, kept, scope) if scope == rates.returns.scope and n else (),
    )


def _described(
    rates: _Rates,
    rows: Integers,
    clusters: Clusters | None,
    *,
    groups: Integers | None = None,
    weights: Floats | None = None,
) -> dict[str, Estimate]:
    level = rates.confidence_level
    codes = np.arange(len(rows)) if clusters is None else clusters.codes
    t = rates.t[rows]
    shares = cluster_sums(t, rates.v[rows], codes, weights)
    registered = cluster_sums(t, rates.w[rows], codes, weights)
    return {
        "slope_registered": slope(registered, groups, confidence_level=level),
        "slope_share": slope(shares, groups, confidence_level=level),
        "correlation": correlation(shares, groups, confidence_level=level),
    }


def _within(
    rates: _Rates, rows: Integers, clusters: Clusters | None, top: Integers
) -> dict[str, Any] | None:
    """The same with an intercept for each unit of the top level."""
    units, member = np.unique(top[rows], return_inverse=True)
    if len(units) < 2:
        return None
    groups = member.astype(np.intp)
    if clusters is not None:
        groups = np.zeros(clusters.n, dtype=np.intp)
        groups[clusters.codes] = member
    return _written(_described(rates, rows, clusters, groups=groups))


def _written(estimates: dict[str, Estimate]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, estimate in estimates.items():
        written[name] = estimate.value
        written[f"{name}_interval"] = None if estimate.low is None else [estimate.low, estimate.high]
    return written


def _assumptions(clusters: Clusters | None) -> tuple[Assumption, ...]:
    no_null = Assumption(SAY("no_null"), False)
    if clusters is None:
        return no_null, Assumption(SAY("lone"), False)
    return no_null, *clusters.assumptions()


def _pictures(rates: _Rates, rows: Integers, scope: Scope) -> tuple[Picture, ...]:
    """Share of all ballots up to each turnout; precincts of one turnout are counted together."""
    turnout, place = np.unique(rates.t[rows], return_inverse=True)
    votes = np.cumsum(np.bincount(place, rates.votes.votes[rows]))
    ballots = np.cumsum(np.bincount(place, rates.ballots[rows]))
    # Points evenly spaced in ballots counted: a curve without gaps, whatever the turnouts.
    wanted = np.linspace(ballots[0], ballots[-1], min(POINTS, len(turnout)))
    points = np.unique(np.searchsorted(ballots, wanted))
    option = rates.votes.option
    return (
        Picture(
            figure="cumulative_share",
            name=f"turnout_share-{rates.votes.quantity}",
            title=SAY("title", option=option, scope=str(scope)),
            caption=SAY("caption", option=option, n=len(rows)),
            columns={
                "turnout": 100 * turnout[points],
                "share": 100 * votes[points] / ballots[points],
            },
            labels={"xlabel": SAY("turnout"), "ylabel": SAY("share")},
        ),
    )

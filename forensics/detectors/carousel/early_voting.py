"""Early, outside and mobile voting: how much of the turnout, and for whom, against the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit
from scipy.stats import false_discovery_control

from forensics.detectors.additive import levels_of
from forensics.detectors.carousel import _movers
from forensics.detectors.carousel._channels import NEED, Channel, channels
from forensics.detectors.carousel._counted_channels import compared
from forensics.detectors.carousel._link_picture import link_picture
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.registry import detector
from forensics.detectors.shares import Votes, looked_at
from forensics.detectors.venues import Venues, venues
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels.concentration import lower_means_by_group
from forensics.kernels.high_counts import sampled_dispersion
from forensics.kernels.negative_binomial import upper_pvalue
from forensics.kernels.within_slopes import Slopes, slopes
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Fewer clusters than this say too little about how much they vary: no p-value.
CLUSTERS = 20
#: A precinct where this part of the voters came by the channel is counted in ``over_half``.
HALF = 0.5
#: False discovery rate of the flags, and the share of the counts that their law is not fitted to.
RATE, TRIM = 0.05, 0.01

SAY = Sentences(
    "early_voting",
    null="Within units of level {home}, precincts with a larger part of {channel} voters support {option} "
    "as the others do.",
    exclusion="{n:,} {n:plural:precinct|precincts} left out: a count missing, nobody voted, fewer than "
    "{minimum:,} registered, no named {home}, or a special precinct by its venue type.",
    not_true="Those who vote by such a channel are older, sicker or more rural than the others everywhere: "
    "a slope other than 0 is usual, and the p-value is not leant on.",
    clusters="Precincts of one {home} may err together; the {n:,} of them vary independently.",
    lone="Precincts vary independently of each other.",
    tail="The spread of the counts about the lower three quarters of their {home} holds for the highest "
    "too; the flags rank precincts, and no p-value rests on them.",
    old="The old, the sick and those who care for them vote at home, and vote otherwise than the young.",
    villages="In villages without a polling station everybody votes by mobile box.",
    work="Shift workers, crews, officials on duty and those who travel vote early.",
    title="Support for {option} and {channel} voting",
    caption="Each point: a twentieth of the voters (the last one in four), by the share of {channel} "
    "voters among them; n = {n:,} precincts. Pooled: as reported; within {home}: both shares less their "
    "mean in the precinct's {home}, plus the overall mean. Lines: weighted least squares.",
    xlabel="{channel} voters, % of those who voted",
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """One channel; arrays of shape (m,), used where ``known`` says."""

    returns: Returns
    venues: Venues
    channel: Channel
    votes: Votes
    share: Floats
    known: Flags
    home: str | None
    homes: Codes
    flagged: Flags
    minimum: int
    confidence_level: float


@detector(family="carousel", needs=("registered", "ballots", "votes", NEED), default="descriptive")
def early_voting(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
    observed: Any = None,
) -> Findings:
    """Share of early, outside and mobile voters, and the leader's share where there are many of them.

    Null: within a territory, the share of the leader has nothing to do with the part of the voters
    who came by the channel. It is rarely true (those who vote at home are older), so the test is
    described and not leant on. With a table of observers' counts: official counts equal theirs.

    Parameters
    ----------
    returns : Returns
        Precinct returns with any of ``issued_early``, ``issued_outside`` or ``box_portable``,
        ``mobile``.
    option : str, optional
        Option looked at (default: the leader), or ``"all"``.
    minimum : int
        Smallest number of registered voters.
    by : str or sequence, optional
        Level(s); ``None`` is the nation. Territories are the lowest level with five precincts a
        unit on average.
    confidence_level : float
        Of the intervals.
    observed : Observed, DataFrame or path, optional
        Precinct key and any of the columns above as observers counted them, over the same days;
        several rows of a precinct add up.

    Returns
    -------
    Findings
        One per channel (quantity ``early``, ``outside``, ``mobile``; ``<channel>_<option>`` for
        options other than the leader) and scope. ``effect``: slope within territories of votes /
        ballots on the channel's part of the voters, weighted by voters, in share points per point,
        with its interval (clustered, CRV1). ``statistic``: its t; ``pvalue``: one-sided, more support where
        the channel is used more. ``detail``: ``slope_within``, ``se_within``, ``slope_pooled``,
        ``se_pooled``, ``voters`` (by the channel), ``share_of_turnout``, ``support_channel`` and
        ``support_rest`` (share among the channel's voters that the slope implies, and among the
        others of their territories; outside 0 to 1 there is more to it), ``over_half`` (precincts
        where half of the voters and more used it), ``flagged`` and ``flagged_voters`` (precincts
        with far more than the others of their territory, Benjamini–Hochberg), ``column``,
        ``clustered_by``, ``clusters``, ``pvalue_adjusted``, and the venues of the flagged
        precincts. ``precincts``: the channel's part minus that of the territory. With ``observed``
        one more of quantity ``<channel>_observed`` for the nation: ``effect`` official / observed
        with its interval, ``detail``: ``official``, ``observed``, ``more``, ``less``, ``equal``,
        ``unmatched``, ``ambiguous``.

    Raises
    ------
    ConfigError
        If an option, a level or a parameter is unknown.
    ReturnsError
        If the table of observers' counts has no such columns or cannot be read.

    Notes
    -----
    Innocent explanations: the old and the sick vote at home; villages without a station vote by
    mobile box; those who work or travel on the day vote early. The slope within territories was
    +.24 in Russia 2011 and 2016, and +.10 in Romania 2024, where it is honest and no chance either
    (t 4.4; permuted within municipality and size p .003; above 0 in 32 of 42 counties). Breaks where
    a channel exists in special precincts only. Cannot tell pressure at home from support among those
    who stay at home. Pressure on a tenth of the list in 5 % of the precincts is found in nearly all
    simulated elections, on 3 % of it hardly ever. Size in clean ones: .05 for votes outside and .04
    for early votes, of which a precinct has four (200 elections); with the effects of places and
    sizes doubled .06 for either (420).

    References
    ----------
    No such slope is published, to our knowledge (the comparison with observers is).
    Shpilkin, S. (2020). Official and observed early voting in Belarus. golosinfo.org, article 144569.
    Liang, K.-Y. and Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models.
    Biometrika 73, 13-22 (clustered errors).
    """
    place = venues(returns)
    home, homes = _movers.homes(returns)
    found: list[Any] = []
    for channel in channels(returns):
        for votes in looked_at(returns, option):
            rows = _rows(returns, place, channel, votes, home, homes, minimum, confidence_level)
            for level in levels_of(returns, by):
                found += _of_level(rows, level)
    if observed is not None:
        found += compared(returns, channels(returns), observed, confidence_level)
    return Findings(found)


def _rows(
    returns: Returns,
    place: Venues,
    channel: Channel,
    votes: Votes,
    home: str | None,
    homes: Codes,
    minimum: int,
    confidence_level: float,
) -> _Rows:
    registered, ballots = returns.counts("registered"), returns.counts("ballots")
    x, whole = channel.x, channel.whole
    with np.errstate(invalid="ignore", divide="ignore"):
        known = (registered >= max(minimum, 1)) & (whole > 0) & (ballots > 0) & (x >= 0) & (homes >= 0)
        known &= (votes.votes >= 0) & ~place.special
        share = votes.votes / ballots
    flagged = np.zeros(len(returns), dtype=np.bool_)
    kept = np.flatnonzero(known)
    group = np.unique(homes[kept], return_inverse=True)[1].astype(np.intp)
    mean = lower_means_by_group(x[kept], whole[kept], group)
    phi = sampled_dispersion(x[kept], mean, trim=TRIM)
    tested = mean > 0
    if tested.any():
        tail = upper_pvalue(x[kept][tested], mean[tested], phi)
        flagged[kept[tested]] = false_discovery_control(tail) <= RATE
    return _Rows(
        returns, place, channel, votes, share, known, home, homes, flagged, max(minimum, 1),
        confidence_level,
    )  # fmt: skip


def _of_level(rows: _Rows, level: str | None) -> list[Finding]:
    units = rows.returns.units(level)
    number = len(units.scopes)
    kept = np.flatnonzero(rows.known & (units.codes >= 0))
    unit = units.codes[kept]
    width = int(rows.homes.max(initial=0)) + 1
    group = np.unique(unit * width + rows.homes[kept], return_inverse=True)[1].astype(np.intp)
    above = _movers.is_above(rows.returns, level, rows.home)
    cluster = group if above else np.arange(len(kept))
    x, whole = rows.channel.x[kept], rows.channel.whole[kept]
    found = slopes(
        x / whole, rows.share[kept], whole, x, x / whole, group=group, unit=unit, cluster=cluster,
        units=number,
    )  # fmt: skip
    with np.errstate(invalid="ignore", divide="ignore"):
        t = found.within / found.se_within
        pvalues = stdtr(np.maximum(found.clusters - 1, 1), -t)
    told = [
        float(p) if math.isfinite(p) and c >= CLUSTERS else None
        for p, c in zip(pvalues, found.clusters, strict=True)
    ]
    shared = adjusted(units.scopes, told)
    order = np.argsort(unit, kind="stable")
    edges = np.searchsorted(unit[order], np.arange(number + 1))
    present = np.bincount(units.codes[units.codes >= 0], minlength=number)
    results = [
        _Result(
            scope, level, i, kept[order[edges[i] : edges[i + 1]]], int(present[i]), found, float(t[i]),
            told[i], above,
        )
        for i, scope in enumerate(units.scopes)
    ]  # fmt: skip
    return [_finding(rows, result, value) for result, value in zip(results, shared, strict=True)]


@dataclass(frozen=True, slots=True)
class _Result:
    """One scope: its rows in use, and its place among the units of its level."""

    scope: Scope
    level: str | None
    place: int
    rows: Codes
    present: int
    slopes: Slopes
    t: float
    pvalue: float | None
    clustered: bool


def _finding(rows: _Rows, result: _Result, shared: float | None) -> Finding:
    i, found, used = result.place, result.slopes, result.rows
    channel, name, option = rows.channel, rows.channel.name, rows.votes.option
    n, clusters, home = len(used), int(found.clusters[i]), rows.home or "nation"
    slope, error = _number(found.within[i]), _number(found.se_within[i])
    half = None
    if error is not None and clusters > 1:
        half = error * float(stdtrit(clusters - 1, (1 + rows.confidence_level) / 2))
    x, whole = channel.x[used], channel.whole[used]
    flagged = used[rows.flagged[used]]
    excluded = result.present - n
    national = result.level is None
    return Finding(
        method="early_voting",
        family="carousel",
        quantity=name if rows.votes.quantity == "share" else f"{name}_{option}",
        scope=result.scope,
        null=SAY("null", home=home, channel=name, option=option),
        statistic=_number(result.t),
        pvalue=result.pvalue,
        effect=slope,
        unit=f"share points per point of {name} voters",
        interval=None
        if slope is None or half is None
        else Interval(slope - half, slope + half, rows.confidence_level),
        n=n,
        excluded=excluded,
        exclusion=SAY("exclusion", n=excluded, minimum=rows.minimum, home=home) if excluded else None,
        underpowered=result.pvalue is None,
        assumptions=(
            Assumption(SAY("not_true"), False),
            Assumption(SAY("clusters", home=home, n=clusters) if result.clustered else SAY("lone")),
            Assumption(SAY("tail", home=home)),
            rows.venues.assumption(),
        ),
        innocent=(*SAY.all("old", "villages", "work"), *rows.venues.innocent(flagged)),
        parameters={
            "option": option,
            "minimum": rows.minimum,
            "maximum": None,
            "turnout_of": rows.returns.turnout_of,
            "share_of": "ballots",
            "alternative": "greater",
            "within": rows.home,
            "rate": RATE,
            "trim": TRIM,
        },
        detail={
            "slope_within": slope,
            "se_within": error,
            "slope_pooled": _number(found.pooled[i]),
            "se_pooled": _number(found.se_pooled[i]),
            "voters": int(x.sum()),
            "share_of_turnout": float(x.sum() / whole.sum()) if n else None,
            "support_channel": _number(found.movers[i]),
            "support_rest": _number(found.others[i]),
            "over_half": int(np.count_nonzero(x >= HALF * whole)),
            "flagged": len(flagged),
            "flagged_voters": int(channel.x[flagged].sum()),
            "column": channel.column,
            "clustered_by": rows.home if result.clustered else "precinct",
            "clusters": clusters,
            "pvalue_adjusted": shared,
            **rows.venues.detail(flagged),
        },
        precincts=_residual(rows) if national else None,
        pictures=_pictures(rows, used) if national and slope is not None else (),
    )


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _residual(rows: _Rows) -> Floats:
    """The channel's part of each precinct's voters minus that of its territory."""
    kept = np.flatnonzero(rows.known)
    x, whole, homes = rows.channel.x[kept], rows.channel.whole[kept], rows.homes[kept]
    rate = np.bincount(homes, x) / np.maximum(np.bincount(homes, whole), 1.0)
    residual = np.full(len(rows.returns), np.nan)
    residual[kept] = x / whole - rate[homes]
    return residual


def _pictures(rows: _Rows, used: Codes) -> tuple[Picture, ...]:
    name, option = rows.channel.name, rows.votes.option
    drawn = link_picture(
        rows.channel.x[used] / rows.channel.whole[used],
        rows.share[used],
        rows.channel.whole[used],
        rows.homes[used],
        name=f"early_voting-{name}-{option}",
        option=option,
        home_level=rows.home,
    )
    home = rows.home or "nation"
    return tuple(
        replace(
            picture,
            title=SAY("title", option=option, channel=name),
            caption=SAY("caption", channel=name, n=len(used), home=home),
            labels={**picture.labels, "xlabel": SAY("xlabel", channel=name)},
        )
        for picture in drawn
    )

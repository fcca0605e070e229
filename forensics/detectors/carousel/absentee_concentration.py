"""How unevenly voters from elsewhere are spread over the precincts of a territory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from forensics.detectors.additive import levels_of
from forensics.detectors.carousel import _movers
from forensics.detectors.registry import detector
from forensics.detectors.streams import Seed, Streams
from forensics.detectors.venues import Venues, venues
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels.concentration import (
    Dispersion,
    dispersions,
    lower_means_by_group,
    means_by_group,
    share_curve,
)
from forensics.kernels.negative_binomial import trimmed_dispersion, upper_pvalue
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Below this many precincts a finding is underpowered.
FEWEST = 100
#: Points of the curve: shares of the registered voters, finest where the curve is steep.
POINTS = np.linspace(0, 1, 201) ** 2

SAY = Sentences(
    "absentee_concentration",
    null="At most {used:,} of {ballots:,} ballots ({share:.2%}) are of voters from elsewhere, and a "
    "carousel of them explains no more; within a {home}, they come to the precincts in proportion to the "
    "lists, as over-dispersed (negative binomial) counts do.",
    exclusion="{n:,} {n:plural:precinct|precincts} left out: a count missing, fewer than {minimum:,} "
    "registered, no named {home}, or a special precinct by its venue type (shown apart).",
    shape="The spread of the lower {kept:.0%} of the counts, φ = {phi:.2f}, holds for the highest too; "
    "where some places attract far more visitors than others, it does not. Hence no p-value: the flags "
    "rank precincts for looking closer.",
    hubs="Railway stations, airports, resorts, universities and sanatoriums draw visitors to a few "
    "precincts.",
    assigned="Authorities may name a few precincts where certificates are taken.",
    workers="Workers on shift, soldiers and builders who live together vote together.",
    title="Concentration of voters from elsewhere",
    caption="Precincts in order of voters from elsewhere per registered voter, from the highest "
    "(n = {n:,}). Evenly: the rate of the {home} in each of its precincts. Negative binomial: mean "
    "of {n_resamples:,} draws with φ = {phi:.2f}.",
    xlabel="share of registered voters, %",
    ylabel="share of voters from elsewhere, %",
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Counts and their expectations; arrays of shape (m,) of the returns, used where ``known`` says."""

    returns: Returns
    venues: Venues
    column: str
    x: Floats
    size: Floats
    ballots: Floats
    home: str | None
    homes: Codes
    known: Flags
    mu: Floats
    #: Expectation for the flags: from the lower three quarters of the territory.
    lower: Floats
    phi: float
    flagged: Flags


@detector(family="carousel", needs=("registered", "ballots", _movers.NEED), default="descriptive")
def absentee_concentration(
    returns: Returns,
    /,
    *,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
    rate: float = 0.05,
    trim: float = 0.01,
    confidence_level: float = 0.95,
    rng: Seed = None,
    n_resamples: int = 9,
) -> Findings:
    """Dispersion of voters from elsewhere among the precincts of a territory, as description.

    Null: within a territory visitors come to precincts in proportion to the lists, as negative
    binomial counts with variance μ + μ²/φ. Poisson counts would have a dispersion of 1; no country
    comes near it, so neither null is a test of anybody's doing, and there is no p-value.

    Parameters
    ----------
    returns : Returns
        Precinct returns with ``absentee_voted``, or ``absentee_attached`` in its place.
    minimum : int
        Smallest number of registered voters.
    by : str or sequence, optional
        Level(s); ``None`` is the nation. Territories are the lowest level with five precincts a
        unit on average.
    rate : float
        False discovery rate of the flags.
    trim : float
        Share of the counts, the highest, that φ is not fitted to.
    confidence_level : float
        Of the interval.
    rng : int or Generator, optional
        Source of the draws behind the negative binomial curve of the figure.
    n_resamples : int
        Number of these draws.

    Returns
    -------
    Findings
        One per scope, quantity ``absentee_voted`` or ``absentee_attached``. ``effect``: pooled
        Pearson dispersion Σ(x−μ)²/μ / (n−G), with μ the territory's rate × registered, n precincts
        and G territories that have visitors; its interval is clustered by territory. ``statistic``:
        precincts flagged. ``detail``: ``dispersion``, ``phi`` (trimmed maximum likelihood,
        nationally), ``flagged`` (upper tail under φ and the rate of the lower three quarters of the
        territory's precincts, scaled as in the median territory; Benjamini–Hochberg over all),
        ``flagged_voters`` (visitors in them), ``over_100`` (precincts with more than 100),
        ``half`` (smallest share of the registered voters in whose precincts half of the visitors
        vote), ``capacity``, ``capacity_share``, ``apart`` ({venue type: [precincts, visitors,
        registered]} of special precincts), and the venues of the flagged ones. ``precincts``:
        (x − μ) / √(μ + μ²/φ) with that rate.

    Raises
    ------
    ConfigError
        If a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: stations, airports, resorts and universities draw visitors to a few
    precincts; authorities name a few precincts for them; people who live together vote together.
    Dispersion within territories was 38 in Russia 2011 and 24 in 2016. Breaks where a territory is
    too large for one rate. Blind to visitors who are brought to every precinct alike.

    References
    ----------
    No test of this kind is published, to our knowledge (dispersion and flags are). Benjamini, Y. and
    Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal Statistical Society
    B 57, 289-300.
    """
    for name, value in (("rate", rate), ("trim", trim)):
        if not 0 < value < 1:
            raise ConfigError(f"{name} is a share between 0 and 1, both excluded, not {value}")
    rows = _rows(returns, minimum, rate, trim)
    found: list[Finding] = []
    for level in levels_of(returns, by):
        units = returns.units(level)
        kept = np.flatnonzero(rows.known & (units.codes >= 0))
        unit = units.codes[kept]
        width = int(rows.homes.max(initial=0)) + 1
        group = np.unique(unit * width + rows.homes[kept], return_inverse=True)[1].astype(np.intp)
        mu = rows.mu[kept]
        spread = dispersions(
            rows.x[kept],
            mu,
            group=group,
            unit=unit,
            units=len(units.scopes),
            confidence_level=confidence_level,
        )
        bounds = _movers.capacities(rows.x, rows.ballots, units.codes, len(units.scopes))
        order = np.argsort(units.codes, kind="stable")
        edges = np.searchsorted(units.codes[order], np.arange(len(units.scopes) + 1))
        for i, scope in enumerate(units.scopes):
            result = _Result(scope, level, i, order[edges[i] : edges[i + 1]], spread, bounds[i])
            pictures: tuple[Picture, ...] = ()
            if level is None and rows.x[kept].sum() > 0:
                pictures = (_picture(rows, kept, Streams(rng).of("curve"), n_resamples),)
            found.append(_finding(rows, result, minimum, rate, trim, confidence_level, pictures))
    return Findings(found)


def _rows(returns: Returns, minimum: int, rate: float, trim: float) -> _Rows:
    place = venues(returns)
    column, x = _movers.movers(returns)
    size, ballots = returns.counts("registered"), returns.counts("ballots")
    home, homes = _movers.homes(returns)
    with np.errstate(invalid="ignore"):
        known = (size >= max(minimum, 1)) & (x >= 0) & (homes >= 0) & ~place.special
    mu, lower = np.full(len(x), np.nan), np.full(len(x), np.nan)
    flagged = np.zeros(len(x), dtype=np.bool_)
    kept = np.flatnonzero(known)
    group = np.unique(homes[kept], return_inverse=True)[1].astype(np.intp)
    mu[kept] = means_by_group(x[kept], size[kept], group)
    lower[kept] = lower_means_by_group(x[kept], size[kept], group)
    phi = trimmed_dispersion(x[kept], lower[kept], trim=trim)
    tested = kept[lower[kept] > 0]
    if len(tested):
        flagged[tested] = false_discovery_control(upper_pvalue(x[tested], lower[tested], phi)) <= rate
    return _Rows(returns, place, column, x, size, ballots, home, homes, known, mu, lower, phi, flagged)


@dataclass(frozen=True, slots=True)
class _Result:
    """One unit: all its rows, and its place among the units of its level."""

    scope: Scope
    level: str | None
    place: int
    rows: Codes
    dispersion: Dispersion
    capacity: _movers.Capacity


def _finding(
    rows: _Rows,
    result: _Result,
    minimum: int,
    rate: float,
    trim: float,
    confidence_level: float,
    pictures: tuple[Picture, ...],
) -> Finding:
    used = result.rows[rows.known[result.rows]]
    flagged = used[rows.flagged[used]]
    n, excluded = len(used), len(result.rows) - len(used)
    value, half = (float(v[result.place]) for v in (result.dispersion.value, result.dispersion.half_width))
    known = math.isfinite(value)
    bound = result.capacity
    home = rows.home or "nation"
    residual = None
    if result.level is None:
        with np.errstate(invalid="ignore", divide="ignore"):
            deviation = np.sqrt(rows.lower + rows.lower**2 / rows.phi)
            residual = np.where(rows.lower > 0, (rows.x - rows.lower) / deviation, np.nan)
    return Finding(
        method="absentee_concentration",
        family="carousel",
        quantity=rows.column,
        scope=result.scope,
        null=SAY("null", used=bound.used, ballots=bound.ballots, share=bound.share, home=home),
        statistic=float(len(flagged)),
        effect=value if known else None,
        unit="times the variance of Poisson counts",
        interval=Interval(max(value - half, 0.0), value + half, confidence_level)
        if known and math.isfinite(half)
        else None,
        n=n,
        excluded=excluded,
        exclusion=SAY("exclusion", n=excluded, minimum=max(minimum, 1), home=home) if excluded else None,
        underpowered=n < FEWEST,
        assumptions=(
            rows.venues.assumption(),
            Assumption(SAY("shape", kept=1 - trim, phi=rows.phi)),
        ),
        innocent=(*SAY.all("hubs", "assigned", "workers"), *rows.venues.innocent(flagged)),
        parameters={
            "minimum": max(minimum, 1),
            "maximum": None,
            "turnout_of": rows.returns.turnout_of,
            "share_of": "ballots",
            "rate": rate,
            "trim": trim,
            "within": rows.home,
        },
        detail={
            "dispersion": value if known else None,
            "phi": rows.phi,
            "flagged": len(flagged),
            "flagged_voters": int(rows.x[flagged].sum()),
            "over_100": int(np.count_nonzero(rows.x[used] > 100)),
            "half": _half(rows.x[used], rows.size[used]),
            "precincts": int(result.dispersion.rows[result.place]),
            "territories": int(result.dispersion.groups[result.place]),
            "capacity": bound.used,
            "capacity_share": bound.share,
            "apart": _apart(rows, result.rows),
            **rows.venues.detail(flagged),
        },
        precincts=residual,
        pictures=pictures,
    )


def _half(x: Floats, n: Floats) -> float | None:
    """Smallest share of the registered voters in whose precincts half of the visitors vote."""
    if not x.sum() > 0:
        return None
    at = np.linspace(0, 1, 2001)
    return float(np.interp(0.5, share_curve(x, n, at), at))


def _apart(rows: _Rows, inside: Codes) -> dict[str, list[int]]:
    special = inside[rows.venues.special[inside]]
    apart: dict[str, Any] = {}
    for kind in np.unique(rows.venues.types[special]):
        own = special[rows.venues.types[special] == kind]
        counts = (np.nansum(values[own]) for values in (rows.x, rows.size))
        apart[str(kind)] = [len(own), *(int(count) for count in counts)]
    return apart


def _picture(rows: _Rows, kept: Codes, rng: np.random.Generator, n_resamples: int) -> Picture:
    """Curves as reported, evenly within territories, and of negative binomial counts."""
    # Drawn in an order that does not depend on that of the rows.
    kept = kept[np.lexsort((rows.x[kept], rows.size[kept], rows.mu[kept]))]
    x, size, mu = rows.x[kept], rows.size[kept], rows.mu[kept]
    drawn = []
    for _ in range(max(n_resamples, 1)):
        counts = rng.poisson(mu * rng.gamma(rows.phi, 1 / rows.phi, len(mu))).astype(np.float64)
        drawn.append(share_curve(counts, size, POINTS) if counts.sum() > 0 else POINTS)
    return Picture(
        figure="concentration_curve",
        name="absentee_concentration",
        title=SAY("title"),
        caption=SAY(
            "caption", n=len(x), home=rows.home or "nation", n_resamples=max(n_resamples, 1), phi=rows.phi
        ),
        columns={
            "registered": 100 * POINTS,
            "observed": 100 * share_curve(x, size, POINTS),
            "evenly": 100 * share_curve(mu, size, POINTS),
            "expected": 100 * np.mean(drawn, axis=0),
        },
        labels={"xlabel": SAY("xlabel"), "ylabel": SAY("ylabel")},
    )

"""Single intervals in which far more people voted than the profile of the unit leads one to expect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from forensics.detectors.carousel._hour_pictures import intraday_curves
from forensics.detectors.carousel._hour_series import Look
from forensics.finding import Assumption, Finding, Interval
from forensics.kernels.day_profile import dispersion, expected_steps, residuals
from forensics.kernels.negative_binomial import upper_pvalue
from forensics.kernels.proportion import wilson
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]

#: Intervals of one day from which a burst can be told from a day of its own shape.
FEWEST_INTERVALS = 6
#: Below this many precincts a finding is underpowered.
FEWEST = 100
#: False discovery rate of the precincts flagged.
RATE = 0.05
#: Residual of a burst in the picture.
HIGH = 3.0

SAY = Sentences(
    "hourly_turnout.bursts",
    null="Voters of an interval are negative binomial around the precinct's voters of that day times the "
    "profile of the other precincts of its {unit}.",
    exclusion="{n:,} precincts left out: a reading missing or falling, fewer than {minimum:,} voters, no "
    "{unit}, or a special venue.",
    close="Readings are close enough in time to tell a burst from a day of its own shape ({n} intervals "
    "on the day with most, {fewest} needed).",
    tails="Honest days have no heavier tails than the negative binomial (clean elections do have them: "
    "of the precincts of Romania 2024 3 in 100 are flagged, so no p-value is given).",
    bus="A bus of pensioners, a shift that ends, a church service, a football match.",
    late="Voters of several hours entered at once, because nobody telephoned before.",
    weather="Rain that stops, or a queue that is let in.",
)


def usable(look: Look, unit: Codes, minimum: int) -> Flags:
    """Precincts with every interval known and none falling, enough voters, and no special venue."""
    steps = look.read.intervals.steps
    with np.errstate(invalid="ignore"):
        known = (steps >= 0).all(axis=1) & (steps.sum(axis=1) >= minimum)
    return np.asarray(known & (unit >= 0) & ~look.venues.special)


def burst_findings(
    look: Look, units: Sequence[tuple[Scope, Codes]], used: Flags, unit: Codes, level: str, minimum: int
) -> list[Finding]:
    """One finding per unit: precincts with an interval that the profile does not explain."""
    intervals, rows = look.read.intervals, np.flatnonzero(used)
    k, m = len(intervals), len(used)
    pvalue, highest = np.full(m, np.nan), np.full(m, np.nan)
    phi = np.zeros(k)
    pictures: tuple[Picture, ...] = ()
    if len(rows) and k > 1:
        steps = intervals.steps[rows]
        codes = np.unique(unit[rows], return_inverse=True)[1].astype(np.intp)
        mu = expected_steps(steps, codes, intervals.day)
        phi = dispersion(steps, mu)
        r = residuals(steps, mu, phi)
        highest[rows] = r.max(axis=1)
        # The smallest of k tails, all of them looked at.
        pvalue[rows] = -np.expm1(
            k * np.log1p(-np.minimum(upper_pvalue(steps, mu, phi).min(axis=1), 1 - 1e-16))
        )
    flagged = np.zeros(m, dtype=np.bool_)
    if len(rows) and k > 1:
        flagged[rows] = false_discovery_control(pvalue[rows]) <= RATE
        shown = np.flatnonzero(flagged[rows])
        order = shown[np.argsort(-highest[rows][shown], kind="stable")]
        pictures = (intraday_curves(intervals, steps, r >= HIGH, order),)
    most = most_intervals(intervals.day)
    found = []
    for scope, inside in units:
        here = inside[used[inside]]
        touched = here[flagged[here]]
        n, number, excluded = len(here), len(touched), len(inside) - len(here)
        national = scope == look.returns.scope
        found.append(
            Finding(
                method="hourly_turnout",
                family="carousel",
                quantity="bursts",
                scope=scope,
                null=SAY("null", unit=level),
                statistic=float(number),
                effect=number / n if n else None,
                unit="share of precincts",
                interval=Interval(*wilson(number, n, look.confidence_level), look.confidence_level)
                if n
                else None,
                n=n,
                excluded=excluded,
                exclusion=SAY("exclusion", n=excluded, minimum=minimum, unit=level) if excluded else None,
                underpowered=n < FEWEST or most < FEWEST_INTERVALS,
                assumptions=(
                    Assumption(SAY("close", n=most, fewest=FEWEST_INTERVALS), most >= FEWEST_INTERVALS),
                    Assumption(SAY("tails"), None),
                    look.venues.assumption(),
                ),
                innocent=(*SAY.all("bus", "late", "weather"), *look.venues.innocent(touched)),
                parameters={"series": look.read.series.kind, "minimum": minimum, "rate": RATE},
                detail={
                    "flagged": number,
                    "intervals": list(intervals.labels),
                    "profile": _profile(intervals.steps[here]),
                    "phi": phi.tolist(),
                    "largest": float(highest[here].max()) if n and k > 1 else None,
                    **look.venues.detail(touched),
                },
                precincts=highest if national else None,
                pictures=pictures if national else (),
            )
        )
    return found


def most_intervals(day: Codes) -> int:
    """Intervals of the day that has most of them."""
    return int(np.bincount(day).max(initial=0))


def _profile(steps: Floats) -> list[float]:
    """Share of the voters in each interval; empty where nobody voted."""
    total = steps.sum(axis=0)
    return (total / total.sum()).tolist() if total.sum() > 0 else []

"""What the readings say by themselves: where they fall, end above the final count, or are rounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from forensics.detectors.carousel._readings import Readings, readings
from forensics.detectors.venues import Venues
from forensics.finding import Assumption, Finding, Interval
from forensics.kernels.cumulative import PEOPLE, SHARE, Falls, falls
from forensics.kernels.proportion import wilson
from forensics.kernels.whole_tens import Beside, at_tens, equal_steps
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]

#: A series is looked at with so many readings, or with all where fewer are published.
POINTS = 6
#: Below this many series, and below this many counts, a finding is underpowered.
FEWEST_SERIES, FEWEST_COUNTS = 20, 500
#: Rounding is looked for in readings, and repetition in steps, of at least so many voters.
SMALLEST_READING, SMALLEST_STEP = 50, 10
#: Most precincts named in a list of the largest falls.
WORST = 10

SAY = Sentences(
    "hourly_turnout.series",
    null="Readings of the day count voters so far: a later one is never below an earlier one.",
    exclusion="{n:,} {n:plural:precinct|precincts} with fewer than {points} readings.",
    final="No reading is above the final count ({column}).",
    slips="Readings are telephoned in during the day, misheard, mistyped, and put right later.",
    corrected="A list or a box counted again, so that a later reading corrects an earlier one.",
    columns="Readings of two precincts exchanged when they were entered.",
    null_rounded="Who counts voters has no taste for tens: as many readings end in 0 as the mean of those "
    "that end in 9 and in 1.",
    exclusion_rounded="{n:,} readings below {least} voters, where digits are not yet even.",
    habit="People who telephone numbers round them: readings of clean elections are rounded too, so no "
    "p-value is given.",
    estimates="Readings estimated from the length of the list, and replaced by the count at the end.",
)


@dataclass(frozen=True, slots=True)
class Look:
    """What every finding of the detector shares."""

    returns: Returns
    read: Readings
    venues: Venues
    confidence_level: float


def series_findings(look: Look, units: Sequence[tuple[Scope, Codes]]) -> list[Finding]:
    """One finding per unit: series that decrease, and readings above the final count."""
    read = look.read
    found = falls(read.series.values, read.people, starts=read.starts)
    k = read.series.values.shape[1]
    counted = found.points >= min(POINTS, k)
    return [_series(look, found, counted, scope, rows) for scope, rows in units]


def _series(look: Look, found: Falls, counted: Flags, scope: Scope, rows: Codes) -> Finding:
    returns, read = look.returns, look.read
    used = rows[counted[rows]]
    n, fallen = len(used), int((found.falls[used] > 0).sum())
    national = scope == returns.scope
    excluded = len(rows) - n
    touched = used[found.notable[used] > 0]
    caught_up = found.notable[touched] == found.caught_up[touched]
    detail: dict[str, Any] = {
        "non_monotone": fallen,
        "n_series": n,
        "notable": len(touched),
        "caught_up": int(caught_up.sum()),
        "points": min(POINTS, read.series.values.shape[1]),
        "readings": list(read.series.columns),
        **look.venues.detail(touched),
    }
    assumptions: tuple[Assumption, ...] = ()
    if national:
        above = read.above_final()
        detail["above_final"] = [list(row) for row in above]
        detail["further"] = _further(returns, read.series.kind)
        if above and read.final_of:
            holds = not any(over for _, _, over in above)
            assumptions = (Assumption(SAY("final", column=read.final_of), holds),)
    return Finding(
        method="hourly_turnout",
        family="carousel",
        quantity="series",
        scope=scope,
        null=SAY("null"),
        statistic=float(fallen),
        effect=fallen / n if n else None,
        unit="share of series",
        interval=Interval(*wilson(fallen, n, look.confidence_level), look.confidence_level) if n else None,
        n=n,
        excluded=excluded,
        exclusion=SAY("exclusion", n=excluded, points=detail["points"]) if excluded else None,
        underpowered=n < FEWEST_SERIES,
        assumptions=(*assumptions, look.venues.assumption()),
        innocent=(*SAY.all("slips", "corrected", "columns"), *look.venues.innocent(touched)),
        parameters={"series": read.series.kind, "notable_people": PEOPLE, "notable_share": SHARE},
        detail=detail,
        precincts=np.where(counted, found.largest, np.nan) if national else None,
    )


def _further(returns: Returns, kind: str) -> dict[str, list[int]]:
    """[series, of these decreasing] of the other kinds of readings there are."""
    told = {}
    for other in ("hour", "turnout_pct", "sup", "mobile"):
        read = readings(returns, other) if other != kind else None
        if read is not None:
            found = falls(read.series.values, read.people, starts=read.starts)
            counted = found.points >= min(POINTS, read.series.values.shape[1])
            told[other] = [int(counted.sum()), int((counted & (found.falls > 0)).sum())]
    return told


def rounded_findings(look: Look, units: Sequence[tuple[Scope, Codes]]) -> list[Finding]:
    """One finding per unit: readings that end in 0, and steps equal to the one before."""
    if look.read.series.kind == "turnout_pct":
        return []
    return [_rounded(look, scope, rows) for scope, rows in units]


def _rounded(look: Look, scope: Scope, rows: Codes) -> Finding:
    values = look.read.series.values[rows]
    known = values[~np.isnan(values)]
    large = known[known >= SMALLEST_READING]
    tens, equal = at_tens(large), equal_steps(_differences(look, rows))
    n, excess = tens.n, tens.observed - tens.expected
    half = float(norm.ppf((1 + look.confidence_level) / 2)) * tens.deviation
    excluded = len(known) - n
    return Finding(
        method="hourly_turnout",
        family="carousel",
        quantity="rounded",
        scope=scope,
        null=SAY("null_rounded"),
        statistic=excess if n else None,
        effect=excess / n if n else None,
        unit="share of readings",
        interval=Interval((excess - half) / n, (excess + half) / n, look.confidence_level) if n else None,
        n=n,
        excluded=excluded,
        exclusion=SAY("exclusion_rounded", n=excluded, least=SMALLEST_READING) if excluded else None,
        underpowered=n < FEWEST_COUNTS,
        assumptions=(Assumption(SAY("habit"), None),),
        innocent=SAY.all("habit", "estimates"),
        parameters={
            "series": look.read.series.kind,
            "smallest_reading": SMALLEST_READING,
            "smallest_step": SMALLEST_STEP,
        },
        detail={"tens": _written(tens), "identical": _written(equal)},
    )


def _differences(look: Look, rows: Codes) -> Floats:
    """Of steps over intervals of one length and one day, both of at least ``SMALLEST_STEP``."""
    intervals = look.read.intervals
    steps, hours = intervals.steps[rows], intervals.hours
    parts = [np.zeros(0)]
    for place in range(1, len(intervals)):
        one, two = steps[:, place - 1], steps[:, place]
        alike = abs(hours[place] - hours[place - 1]) < 1e-9  # not where a length is unknown (NaN)
        if alike and intervals.day[place] == intervals.day[place - 1]:
            with np.errstate(invalid="ignore"):
                both = (one >= SMALLEST_STEP) & (two >= SMALLEST_STEP)
            parts.append((two - one)[both])
    return np.concatenate(parts)


def _written(found: Beside) -> dict[str, Any]:
    return {
        "observed": found.observed,
        "expected": found.expected,
        "n": found.n,
        "pvalue_descriptive": found.pvalue,
    }

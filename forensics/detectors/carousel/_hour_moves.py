"""Bursts of several precincts: in the same interval of one unit, or one after another on the road."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.carousel._hour_bursts import FEWEST_INTERVALS, most_intervals
from forensics.detectors.carousel._hour_pictures import ROUTES, burst_routes
from forensics.detectors.carousel._hour_series import Look
from forensics.detectors.carousel._readings import split
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.streams import Streams
from forensics.finding import Assumption, Finding, Interval
from forensics.kernels.day_profile import scores
from forensics.kernels.moving_bursts import (
    Lagged,
    Pairs,
    best_route,
    bursts,
    circular_shifts,
    lagged_products,
    near_pairs,
    travel_weights,
)
from forensics.kernels.resampled import Resampled
from forensics.kernels.same_hour import highest, permuted_intervals
from forensics.messages.message import Message, Sentences
from forensics.picture import Picture
from forensics.scope import Scope

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]

#: Share of the precincts of an interval that count as bursts when hours are compared.
TAIL = 0.01
#: Intervals of a day, and their greatest length in hours, that moving bursts need.
FEWEST_STEPS, LONGEST_STEP = 12, 0.5
#: Fewest precincts that scores are made from.
FEWEST = 100
#: Fewest coincidences expected, and fewest near pairs, of a test.
FEWEST_EXPECTED, FEWEST_PAIRS = 1.0, 20
#: Kilometres an hour on the road, hours of a stop, and minutes of driving between two stops.
SPEED, STOP = 40.0, 0.4
#: Nearest precincts of the same unit that each one is paired with at most.
NEIGHBOURS = 5

SAY = Sentences(
    "hourly_turnout.moves",
    null_same="Bursts of the precincts of one {unit} fall into the same interval no more often than if "
    "every precinct's intervals were permuted by themselves, and no more often than into neighbouring "
    "ones.",
    null_moving="Bursts do not follow each other from precinct to precinct within {minutes:g} minutes of "
    "driving, more than those of other precincts of the same {unit}: days shifted in circles give as large "
    "products.",
    exclusion="{n:,} precincts left out: a reading missing or falling, few voters, a special venue, or no "
    "{unit} or place.",
    close_same="Readings are close enough in time ({n} intervals on the day with most, {fewest} needed).",
    close_moving="Readings are close enough in time to follow a vehicle: at least {fewest} equal intervals "
    "a day, of {minutes} minutes or less. Three to five readings a day have no power at all.",
    places="The returns say where the precincts are.",
    shape="What precincts of one size or one unit have in common, and each one's own smooth trend over the "
    "day, are taken out; what is left is independent between precincts.",
    drive="A vehicle drives {speed:g} km/h as the crow flies and stops for {stop:g} hours.",
    transport="Buses that villages, employers or homes send round legally, and observers' own tours.",
    service="Church services, markets and shifts that end at one time, or one after another.",
    entered="One clerk who enters the readings of several precincts in turn.",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Precincts used, and the unit of each at the lowest level."""

    used: Codes
    unit: Codes
    units: int
    level: str

    @classmethod
    def of(cls, used: Flags, unit: Codes, level: str, *keys: Floats) -> Rows:
        """Rows with codes 0 … units−1 of the units that occur, in an order that is not the table's.

        What is drawn for a row must not depend on where it stands: rows are ordered by unit, then
        by ``keys`` (shape (m,) each).
        """
        rows = np.flatnonzero(used)
        rows = rows[np.lexsort([*(key[rows] for key in keys), unit[rows]])]
        names, codes = np.unique(unit[rows], return_inverse=True)
        return cls(rows, codes.astype(np.intp), len(names), level)

    def grouped(self, inside: Codes) -> Codes:
        """Group of each unit: that of its first row, −1 where that is in none."""
        first = np.unique(self.unit, return_index=True)[1]
        return np.asarray(inside[self.used[first]])


def _innocent(look: Look, rows: Codes) -> tuple[Message, ...]:
    return (*SAY.all("transport", "service", "entered"), *look.venues.innocent(rows))


@dataclass(frozen=True, slots=True)
class _Told:
    """What one test says in one unit of a level."""

    scope: Scope
    n: int
    observed: float | None
    effect: float | None
    interval: Interval | None
    pvalue: float | None
    detail: Mapping[str, Any]


def same_hour_findings(
    look: Look,
    levels: Sequence[tuple[Codes, tuple[Scope, ...]]],
    used: Flags,
    unit: Codes,
    level: str,
    n_resamples: int,
    streams: Streams,
) -> list[Finding]:
    """Synchrony: bursts of one unit in one interval."""
    intervals = look.read.intervals
    rows = Rows.of(used, unit, level, *intervals.steps.T)
    days = [np.flatnonzero(intervals.day == d) for d in np.unique(intervals.day)]
    days = [d for d in days if len(d) >= FEWEST_INTERVALS]
    score = np.full(len(used), np.nan)
    parts: list[tuple[Resampled, Resampled]] = []
    if len(rows.used) >= FEWEST:
        score[rows.used] = 0.0
        for day, chosen in enumerate(days):
            flag = highest(scores(intervals.steps[np.ix_(rows.used, chosen)], rows.unit), TAIL)
            rng = streams.of("same hour", day)
            parts.append(permuted_intervals(flag, rows.unit, rows.units, n_resamples=n_resamples, rng=rng))
            k = flag.shape[1]
            cell = rows.unit[:, None] * k + np.arange(k)
            together = np.bincount(cell[flag], minlength=rows.units * k)
            score[rows.used] += (flag & (together[cell] > 1)).sum(axis=1)
    close = Assumption(
        SAY("close_same", n=most_intervals(intervals.day), fewest=FEWEST_INTERVALS), bool(days)
    )
    told = []
    for codes, scopes in levels:
        group = rows.grouped(codes)
        both = [_total([part[i] for part in parts], rows.units, n_resamples) for i in (0, 1)]
        result, beyond = (part.summed(group, len(scopes)) for part in both)
        pvalues = np.maximum(*(part.sparse(group, len(scopes)).pvalues() for part in both))
        mean = result.drawn.mean(axis=0)
        low, high = np.quantile(result.drawn, _ends(look.confidence_level), axis=0)
        numbers = _numbers(codes[rows.used], len(scopes))
        for i, scope in enumerate(scopes):
            x, n = float(result.observed[i]), int(numbers[i])
            powerful = bool(parts) and mean[i] >= FEWEST_EXPECTED
            interval = Interval(x - float(high[i]), x - float(low[i]), look.confidence_level)
            told.append(
                _Told(
                    scope, n, x if parts else None, x - float(mean[i]) if parts else None,
                    interval if parts else None,
                    float(pvalues[i]) if powerful else None,
                    {
                        "coincidences": x, "expected": float(mean[i]),
                        "successions": x - float(beyond.observed[i]),
                    },
                )
            )  # fmt: skip
    return _findings(
        look, told, levels, rows, "same_hour", SAY("null_same", unit=level), "pairs of precincts", score,
        assumptions=(close, Assumption(SAY("shape"), None), look.venues.assumption()),
        parameters={"tail": TAIL, "fewest_intervals": FEWEST_INTERVALS, "n_resamples": n_resamples},
    )  # fmt: skip


def moving_findings(
    look: Look,
    levels: Sequence[tuple[Codes, tuple[Scope, ...]]],
    used: Flags,
    unit: Codes,
    level: str,
    driving_minutes: float,
    n_resamples: int,
    streams: Streams,
) -> list[Finding]:
    """Moving bursts: lagged products between near precincts against circular shifts."""
    intervals = look.read.intervals
    days = equal_days(intervals.day, intervals.hours)
    placed = look.returns.has("lat", "lon")
    where = _kilometres(look) if placed else np.full((len(used), 2), np.nan)
    rows = Rows.of(used & np.isfinite(where).all(axis=1), unit, level, *intervals.steps.T, *where.T)
    score = np.full(len(used), np.nan)
    ready = bool(days) and placed and len(rows.used) >= FEWEST
    parts: list[Resampled] = []
    lagged: list[Lagged] = []
    near = np.zeros(0, dtype=np.intp)
    if ready:
        x, y = where[rows.used].T
        pairs = near_pairs(x, y, rows.unit, reach=SPEED * driving_minutes / 60, neighbours=NEIGHBOURS)
        near = pairs.unit
        score[rows.used] = 0.0
        for day, (chosen, step) in enumerate(days):
            burst = bursts(scores(intervals.steps[np.ix_(rows.used, chosen)], rows.unit))
            weights = travel_weights(STOP + pairs.kilometres / SPEED, step)
            lagged.append(lagged_products(burst, rows.unit, rows.units, pairs, weights))
            rng = streams.of("moving", day)
            parts.append(circular_shifts(lagged[-1], n_resamples=n_resamples, rng=rng))
            for ends in (pairs.i, pairs.j):
                np.add.at(score, rows.used[ends], lagged[-1].products[:, 0])
    levels = levels if ready else _national(look)
    told = []
    whole = _total(parts, rows.units, n_resamples)
    same = sum((part.simultaneous for part in lagged), np.zeros(rows.units))
    scale = sum((np.bincount(near, part.scale, rows.units) for part in lagged), np.zeros(rows.units))
    for codes, scopes in levels:
        group = rows.grouped(codes)
        pvalues = whole.sparse(group, len(scopes)).pvalues()
        together = np.bincount(group[group >= 0], same[group >= 0], len(scopes))
        result = whole.summed(group, len(scopes))
        size = np.bincount(group[group >= 0], scale[group >= 0], len(scopes))
        parts_of = _numbers(group, len(scopes))
        number, numbers = _numbers(group[near], len(scopes)), _numbers(codes[rows.used], len(scopes))
        low, high = np.quantile(result.drawn, _ends(look.confidence_level), axis=0)
        mean = result.drawn.mean(axis=0)
        for i, scope in enumerate(scopes):
            n, some = int(numbers[i]), bool(size[i] > 0)
            x, by = float(result.observed[i]), float(size[i]) if some else 1.0
            interval = Interval((x - float(high[i])) / by, (x - float(low[i])) / by, look.confidence_level)
            told.append(
                _Told(
                    scope, n, x if some else None, (x - float(mean[i])) / by if some else None,
                    interval if some else None,
                    float(pvalues[i]) if some and number[i] >= FEWEST_PAIRS else None,
                    {
                        "pairs": int(number[i]), "units": int(parts_of[i]),
                        "simultaneous": float(together[i]) / by if some else None,
                    },
                )
            )  # fmt: skip
    pictures: tuple[Picture, ...] = ()
    if ready:
        pictures = _route_picture(look, rows, lagged[0], whole.z()[0], intervals.labels, days[0][0], unit)
    minutes = round(60 * LONGEST_STEP)
    return _findings(
        look, told, levels, rows, "moving_bursts",
        SAY("null_moving", minutes=driving_minutes, unit=level), "correlation of bursts", score,
        assumptions=(
            Assumption(SAY("close_moving", fewest=FEWEST_STEPS, minutes=minutes), bool(days)),
            Assumption(SAY("places"), placed),
            Assumption(SAY("drive", speed=SPEED, stop=STOP), None),
            Assumption(SAY("shape"), None),
            look.venues.assumption(),
        ),
        parameters={
            "driving_minutes": driving_minutes, "speed": SPEED, "stop": STOP, "neighbours": NEIGHBOURS,
            "fewest_intervals": FEWEST_STEPS, "longest_minutes": minutes, "n_resamples": n_resamples,
        },
        pictures=pictures,
    )  # fmt: skip


def equal_days(day: Codes, hours: Floats) -> list[tuple[Codes, float]]:
    """Days whose intervals are many, short and of one length: their intervals, and that length.

    An interval of unknown length (from opening, to closing) is taken to be like the others.
    """
    found = []
    for d in np.unique(day):
        chosen = np.flatnonzero(day == d)
        known = hours[chosen][~np.isnan(hours[chosen])]
        if len(chosen) < FEWEST_STEPS or not len(known) or known.max() > LONGEST_STEP + 1e-9:
            continue
        if np.ptp(known) < 1e-6:
            found.append((chosen, float(known[0])))
    return found


def _national(look: Look) -> list[tuple[Codes, tuple[Scope, ...]]]:
    """The whole alone: where a test cannot be made, it says so once."""
    whole = look.returns.units(None)
    return [(whole.codes, whole.scopes)]


def _kilometres(look: Look) -> Floats:
    """Places on a plane, shape (m, 2): good enough within a unit."""
    lat, lon = look.returns.counts("lat"), look.returns.counts("lon")
    return np.column_stack([111.32 * np.cos(np.radians(np.nan_to_num(lat))) * lon, 110.57 * lat])


def _total(parts: Sequence[Resampled], units: int, n_resamples: int) -> Resampled:
    """The tests of several days as one; nothing where there is no day."""
    if not parts:
        return Resampled(np.zeros(units), np.zeros((n_resamples, units)))
    return reduce(lambda a, b: Resampled(a.observed + b.observed, a.drawn + b.drawn), parts)


def _numbers(codes: Codes, units: int) -> Codes:
    """Rows of each unit; −1 is none."""
    return np.asarray(np.bincount(codes[codes >= 0], minlength=units), dtype=np.intp)


def _ends(level: float) -> list[float]:
    return [(1 - level) / 2, (1 + level) / 2]


def _findings(
    look: Look,
    told: list[_Told],
    levels: Sequence[tuple[Codes, tuple[Scope, ...]]],
    rows: Rows,
    quantity: str,
    null: Message,
    unit: str,
    score: Floats,
    *,
    assumptions: tuple[Assumption, ...],
    parameters: Mapping[str, Any],
    pictures: tuple[Picture, ...] = (),
) -> list[Finding]:
    shared = adjusted([item.scope for item in told], [item.pvalue for item in told])
    inside = [rows_ for codes, scopes in levels for rows_ in split(codes, len(scopes))]
    found = []
    for item, own, whole in zip(told, shared, inside, strict=True):
        national = item.scope == look.returns.scope
        excluded = len(whole) - item.n
        here = whole[np.nan_to_num(score[whole]) > 0]
        found.append(
            Finding(
                method="hourly_turnout",
                family="carousel",
                quantity=quantity,
                scope=item.scope,
                null=null,
                statistic=item.observed,
                pvalue=item.pvalue,
                effect=item.effect,
                unit=unit,
                interval=item.interval,
                n=item.n,
                excluded=excluded,
                exclusion=SAY("exclusion", n=excluded, unit=rows.level) if excluded else None,
                underpowered=item.pvalue is None,
                assumptions=assumptions,
                innocent=_innocent(look, here),
                parameters={"series": look.read.series.kind, **parameters},
                detail={**item.detail, "pvalue_adjusted": own},
                precincts=score if national else None,
                pictures=pictures if national else (),
            )
        )
    return found


def _route_picture(
    look: Look, rows: Rows, lagged: Lagged, z: Floats, labels: Sequence[str], chosen: Codes, unit: Codes
) -> tuple[Picture, ...]:
    """The unit with the largest z, and up to ``ROUTES`` chains of bursts in it."""
    top = int(z.argmax())
    inside = np.flatnonzero(rows.unit == top)
    place = np.full(len(rows.unit), -1)
    place[inside] = np.arange(len(inside))
    own = np.flatnonzero(lagged.pairs.unit == top)
    if not len(own):
        return ()
    pairs = lagged.pairs
    near = Pairs(place[pairs.i[own]], place[pairs.j[own]], pairs.unit[own], pairs.kilometres[own])
    weights = np.broadcast_to(lagged.weights[top], (len(own), lagged.weights.shape[1]))
    burst, routes = lagged.burst[inside].copy(), []
    for _ in range(ROUTES):
        route = best_route(burst, near, weights)
        if len(route) < 3:
            break
        routes.append([(row, labels[chosen[interval]]) for row, interval in route])
        for row, interval in route:
            burst[row, interval] = burst.min()
    lat, lon = look.returns.counts("lat"), look.returns.counts("lon")
    used = rows.used[inside]
    level = look.returns.levels[-1] if look.returns.levels else None
    scopes = look.returns.units(level).scopes
    name = str(scopes[unit[used[0]]])
    return (burst_routes(lon[used], lat[used], routes, name, float(z[top])),)

"""The circle whose precincts depart most from the rest, and what lies across borders."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from forensics.detectors.neighbours._moran import FEWEST, INNOCENT, Study, assumptions_of, null_of
from forensics.detectors.neighbours._residuals import Residual
from forensics.finding import Assumption, Finding, Interval, Skipped
from forensics.kernels.border import Excess, Pairs, excess_across, jumps, quadratic_form
from forensics.kernels.moran import permuted, upper_pvalue
from forensics.kernels.scan import best_ratios, best_zone
from forensics.kernels.spatial import EARTH
from forensics.messages.message import Sentences

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Fewer pairs across borders than this give no p-value.
FEWEST_PAIRS = 50
#: Borders that are listed.
LISTED = 10

SAY = Sentences(
    "spatial_zones",
    no_zone="No {stratum} has enough precincts for a circle of three that is not half of it.",
    no_border="No two precincts of different units of one {top} are within {reach:g} km of each other, "
    "where precincts of one unit are too.",
    border_null="{name} of two neighbours differs no more across a border between units of level {level} "
    "than at the same distance within one: values change places within a {top}.",
    no_border_null="No test: what borders of level {level} add to the difference of neighbours in {name}; "
    "units differ without anybody's doing (their mayors, candidates, history, town or country).",
    borders="Borders of level {level} follow nothing that people choose to live on one side of.",
    lines="Borders follow rivers, town limits and old frontiers, and people differ on their two sides.",
    offices="Units have their own mayors, newspapers and candidates, and write their protocols their own "
    "way.",
)


def scan_finding(study: Study, residual: Residual) -> Finding | Skipped:
    """The most likely circle of high residuals; where there are coordinates."""
    places, returns = study.places, study.returns
    stratum, zones = study.stratum(residual), study.zones(residual)
    if not (zones.number >= 2).any():
        return Skipped("spatial_clusters", returns.scope, SAY("no_zone", stratum=stratum))
    values, expected = residual.z, None
    if residual.cases is not None:
        # Expected cases: the rate of the precinct's stratum.
        rate = np.bincount(residual.group, residual.cases) / np.bincount(residual.group)
        values, expected = residual.cases, rate[residual.group]
    best = best_zone(values, zones, expected)
    pvalue = None
    if residual.tested and len(values) >= FEWEST:
        rng = study.streams.of(residual.name, "scan")
        drawn = permuted(
            lambda block: best_ratios(block, zones, expected)[None],
            values,
            residual.group,
            study.n_resamples,
            rng,
        )[0]
        pvalue = upper_pvalue(best.ratio, drawn)
    inside = zones.inside(best.place, best.size) if best.ratio > 0 else np.zeros(0, dtype=np.intp)
    outside = np.setdiff1d(np.arange(len(values)), inside)
    effect = float(residual.z[inside].mean() - residual.z[outside].mean()) if len(inside) else None
    detail: dict[str, Any] = {
        "ratio": best.ratio,
        "model": "normal" if expected is None else "poisson",
        "zones": int(np.count_nonzero(zones.number >= 2)),
        "largest": int(zones.number.max()),
    }
    rows = places.rows[residual.at]
    if len(inside):
        centre = zones.centre[best.place]
        detail |= {
            "precincts": len(inside),
            "centre": [float(places.lat[residual.at][centre]), float(places.lon[residual.at][centre])],
            "radius_km": float(zones.radius[best.place, best.size]),
            "units": _units(study, rows[inside]),
        }
        if expected is not None:
            detail |= {"cases": int(values[inside].sum()), "expected_cases": float(expected[inside].sum())}
    return Finding(
        method="spatial_clusters",
        family="neighbours",
        quantity=f"{residual.name}_scan",
        null=null_of(study, residual),
        scope=returns.scope,
        statistic=best.ratio,
        pvalue=pvalue,
        effect=effect,
        unit="standard deviations, inside the circle minus outside",
        n=len(values),
        excluded=places.total - len(values),
        exclusion=places.exclusion(len(values)),
        underpowered=len(values) < FEWEST,
        assumptions=assumptions_of(study, residual),
        innocent=(*INNOCENT, *places.venues.innocent(rows[inside])),
        parameters={**study.parameters, "stratum": stratum, "residual": residual.source or residual.name},
        detail=detail | places.venues.detail(rows[inside]),
    )


def _units(study: Study, rows: Codes) -> list[list[Any]]:
    """[unit, precincts] of the level with borders (else the top level), the fullest first."""
    returns = study.returns
    level = study.places.unit_level or next(iter(returns.levels or ()), None)
    units = returns.units(level)
    codes, number = np.unique(units.codes[rows], return_counts=True)
    named = [(str(units.scopes[c]), int(k)) for c, k in zip(codes, number, strict=True) if c >= 0]
    return [list(item) for item in sorted(named, key=lambda item: (-item[1], item[0]))[:LISTED]]


def border_finding(study: Study, residual: Residual, reach: float) -> Finding | Skipped:
    """What borders between units of one top-level unit add to the difference of neighbours."""
    places, returns = study.places, study.returns
    assert places.unit is not None
    at, level = residual.at, places.unit_level
    unit = np.unique(places.unit[at], return_inverse=True)[1].reshape(-1)
    top, top_name = _above(study, at)
    pairs = study.pairs(residual, unit, top, _chord(reach))
    if pairs is None:
        reason = SAY("no_border", top=top_name, reach=reach)
        return Skipped("spatial_clusters", returns.scope, reason)
    excess = excess_across(residual.level, pairs, unit, residual.noise)
    across = int(np.count_nonzero(pairs.across & (pairs.distance_class >= 0)))
    within = int(np.count_nonzero(~pairs.across & (pairs.distance_class >= 0)))
    enough = min(across, within) >= FEWEST_PAIRS and len(at) >= FEWEST
    pvalue, z = None, None
    if residual.tested and enough:
        pvalue, z = _permuted(study, residual, pairs, top)
    used = np.unique(np.concatenate([pairs.one, pairs.other]))
    units = returns.units(level).scopes
    codes = np.unique(places.unit[at])
    detail: dict[str, Any] = {
        "excess": excess.value,
        "within": excess.within,
        "deviation": float(np.sqrt(max(excess.value, 0.0))),
        "z": z,
        "pairs_across": across,
        "pairs_within": within,
        "units": excess.units,
        "median_km": float(np.median(pairs.distance[pairs.distance_class >= 0])),
        "borders": [
            [_name(units, codes[j.a]), _name(units, codes[j.b]), *j.rows, j.difference, j.z]
            for j in jumps(residual.level, pairs, unit)[:LISTED]
        ],
    }
    words = {"name": residual.name, "level": level}
    own, *others = assumptions_of(study, residual)
    return Finding(
        method="spatial_clusters",
        family="neighbours",
        quantity=f"{residual.name}_border",
        null=SAY("border_null", **words, top=top_name)
        if residual.tested
        else SAY("no_border_null", **words),
        scope=returns.scope,
        statistic=excess.value,
        pvalue=pvalue,
        effect=excess.value,
        unit=f"variance between units, {residual.unit} squared",
        interval=_interval(excess, study.confidence_level),
        n=len(used),
        excluded=places.total - len(used),
        exclusion=places.exclusion(len(used)),
        underpowered=not enough,
        assumptions=(
            own if residual.tested else Assumption(SAY("borders", level=level), False),
            *others,
        ),
        innocent=(*SAY.all("lines", "offices"), *INNOCENT[:1]),
        parameters={
            **study.parameters, "stratum": top_name, "residual": residual.source or residual.name,
            "border": level, "reach_km": reach,
        },
        detail=detail,
    )  # fmt: skip


def _permuted(study: Study, residual: Residual, pairs: Pairs, top: Codes) -> tuple[float, float | None]:
    """p-value and standard deviate of the excess when values change places within a top unit."""
    form = quadratic_form(pairs, len(residual.level))
    rng = study.streams.of(residual.name, "border")

    def excess(block: Floats) -> Floats:
        return np.asarray((block * (form @ block)).sum(axis=0))[None]

    # The level of a top unit drops out of every difference; without it the sums round less.
    y = residual.level - (np.bincount(top, residual.level) / np.bincount(top))[top]
    drawn = permuted(excess, y, top, study.n_resamples, rng)[0]
    observed, deviation = float(excess(y[:, None])[0, 0]), float(drawn.std())
    z = (observed - float(drawn.mean())) / deviation if deviation > 0 else None
    return upper_pvalue(observed, drawn), z


def _above(study: Study, at: Codes) -> tuple[Codes, str]:
    """Units of the top level, where it is above the level with borders; else the nation."""
    returns, rows = study.returns, study.places.rows[at]
    top = (returns.levels or ("",))[0]
    if not top or top == study.places.unit_level:
        return np.zeros(len(at), dtype=np.intp), "nation"
    return np.unique(returns.units(top).codes[rows], return_inverse=True)[1].reshape(-1), top


def _chord(kilometres: float) -> float:
    """Length straight through the earth of a distance along its surface."""
    return float(2 * EARTH * np.sin(min(kilometres / (2 * EARTH), np.pi / 2)))


def _interval(excess: Excess, level: float) -> Interval | None:
    if excess.standard_error is None:
        return None
    half = float(stdtrit(excess.units - 1, (1 + level) / 2)) * excess.standard_error
    return Interval(excess.value - half, excess.value + half, level)


def _name(units: Any, code: int) -> str:
    return str(units[code]) if code < len(units) else ""

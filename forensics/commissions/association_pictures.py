"""What the figures of an association draw: binned scatter, specifications, contour, shrinkage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from forensics.commissions.inference import Inference
from forensics.commissions.models import Question
from forensics.commissions.regional import Regions
from forensics.commissions.specifications import Specification
from forensics.kernels.cluster_covariance import quantile
from forensics.kernels.fixed_effects import left_over
from forensics.kernels.robustness import adjusted_coefficient
from forensics.messages.message import Sentences
from forensics.messages.units import named
from forensics.picture import Picture

#: Bins of a binned scatter; commissions below which a bin is not shown.
BINS, FEWEST = 20, 5
#: Points to a side of the contour, and its largest partial R² (at least, and at most).
SIDE, LARGEST, FARTHEST = 41, 0.1, 0.9
#: Strength of the confounders marked in the contour, in those of the covariate.
MARKED = 1.0

SAY = Sentences(
    "association_pictures",
    scatter="{outcome} by {exposure}, within each {groups}",
    scatter_all="{outcome} by {exposure}",
    scatter_caption="Means of {bins} groups of precincts of like composition (n = {n:,}), both less the "
    "mean of their {groups} and what the covariates say; bars: 95 % of the mean, errors shared within "
    "each {cluster}. Null: a level line. An association, not an effect.",
    curve="{outcome} on {exposure}: every specification",
    curve_caption="{n} specifications in order of the coefficient, each with its 95 % interval by cluster; "
    "the marked one was declared as the headline. Null: the coefficient is 0.",
    contour="{outcome} on {exposure}: what a confounder must explain",
    contour_caption="The coefficient beside a confounder that explains these shares of what is left of "
    "composition and of the outcome; on the line at 0 the association is gone. Diamonds: confounders as "
    "strong as the covariate named. Null: there is no such confounder.",
    forest="{outcome} on {exposure}, by {level}",
    forest_caption="Units in order of their names; no ranking. Hollow: the unit alone; filled: drawn "
    "towards the mean of all units (dashed) by how uncertain it is, with its 95 % interval. The units "
    "differ by a standard deviation of {tau:.2f} ({unit}). Null: the coefficient is 0.",
    per_unit="{unit} per unit of {exposure}",
)


def _unit(points: bool) -> str:
    return "percentage points" if points else "units of the outcome"


def _name(kind: str, asked: Question) -> str:
    parts = (part for part in (asked.outcome, asked.exposure, asked.coding) if part)
    plain = ["".join(c if c.isalnum() or c == "_" else "_" for c in part) for part in parts]
    return "-".join((kind, *plain))


def binned_scatter(asked: Question, found: Inference, points: bool) -> Picture | None:
    """Outcome on composition, both within groups and beside the covariates, in bins of composition."""
    own = found.regression
    x = left_over(found.fitted, 0)
    y = found.fitted.residual + x * found.coefficient
    # As many precincts in each bin; equal compositions stay together.
    edges = np.unique(np.quantile(x, np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))
    place = np.searchsorted(edges, x, side="left")
    rows: list[tuple[float, float, float, int]] = []
    for code in np.unique(place):
        inside = place == code
        n = int(inside.sum())
        if n < FEWEST:
            continue
        mean = float(y[inside].mean())
        sums = np.bincount(own.cluster[inside], y[inside] - mean)
        error = float(np.sqrt((sums**2).sum())) / n
        rows.append((float(x[inside].mean()), mean, error, n))
    if len(rows) < 2:
        return None
    scale = 100.0 if points else 1.0
    at, mean_y, error_y, count = (np.array(values) for values in zip(*rows, strict=True))
    half = quantile(own.clusters - 1, 0.95) * error_y
    middle, centre = float(own.x[:, 0].mean()), float(own.y.mean())
    level = own.fixed_effects
    words = {"outcome": asked.outcome, "exposure": asked.exposure}
    return Picture(
        figure="binned_scatter",
        name=_name("binned_scatter", asked),
        title=SAY("scatter", groups=level, **words) if level else SAY("scatter_all", **words),
        caption=SAY(
            "scatter_caption",
            bins=len(rows),
            n=len(own.y),
            groups=level or "country",
            cluster=own.cluster_level,
        ),
        columns={
            "exposure": at + middle,
            "outcome": scale * (mean_y + centre),
            "low": scale * (mean_y + centre - half),
            "high": scale * (mean_y + centre + half),
            "n": count.astype(np.int64),
        },
        options={
            "slope": scale * found.coefficient,
            "through_x": middle,
            "through_y": scale * centre,
            "xlabel": asked.exposure,
            "ylabel": f"{asked.outcome}, %" if points else asked.outcome,
        },
    )


def specification_curve(asked: Question, curve: Sequence[Specification], points: bool) -> Picture | None:
    """Coefficients in order, with the choices of each below."""
    if len(curve) < 2:
        return None
    scale = 100.0 if points else 1.0
    interval = np.array([item.interval or (np.nan, np.nan) for item in curve])
    return Picture(
        figure="specification_curve",
        name=_name("specification_curve", asked),
        title=SAY("curve", outcome=asked.outcome, exposure=asked.exposure),
        caption=SAY("curve_caption", n=len(curve)),
        columns={
            "coefficient": scale * np.array([item.coefficient for item in curve]),
            "low": scale * interval[:, 0],
            "high": scale * interval[:, 1],
            "headline": np.array([item.headline for item in curve]),
            "coding": np.array([item.coding or "none" for item in curve]),
            "intercepts": np.array([item.fixed_effects or "one" for item in curve]),
            "covariates": np.array([" + ".join(item.covariates) or "none" for item in curve]),
            "weights": np.array([item.weights for item in curve]),
            "rows": np.array([item.rows for item in curve]),
        },
        labels={"ylabel": SAY("per_unit", unit=named(_unit(points)), exposure=asked.exposure)},
    )


def sensitivity_contour(
    asked: Question, found: Inference, benchmarks: Sequence[dict[str, Any]], points: bool
) -> Picture | None:
    """The coefficient beside confounders of every strength, and as strong as each covariate."""
    error = found.errors["classical"]
    if error is None:
        return None
    marks = [item for item in benchmarks if item["times"] == MARKED]
    t2 = found.t_classical**2
    reach = [1.4 * max(m["with_exposure"], m["with_outcome"]) for m in marks]
    far = min(FARTHEST, max([LARGEST, 1.5 * t2 / (t2 + found.fitted.freedom), *reach]))
    marks = [m for m in marks if max(m["with_exposure"], m["with_outcome"]) <= far]
    grid = np.linspace(0, far, SIDE)
    exposure, outcome = (axis.ravel() for axis in np.meshgrid(grid, grid))
    scale = 100.0 if points else 1.0
    adjusted = adjusted_coefficient(found.coefficient, error, found.fitted.freedom, exposure, outcome)
    return Picture(
        figure="sensitivity_contour",
        name=_name("sensitivity_contour", asked),
        title=SAY("contour", outcome=asked.outcome, exposure=asked.exposure),
        caption=SAY("contour_caption"),
        columns={
            "with_exposure": np.concatenate([exposure, [m["with_exposure"] for m in marks]]),
            "with_outcome": np.concatenate([outcome, [m["with_outcome"] for m in marks]]),
            "coefficient": scale * np.concatenate([adjusted, [m["adjusted"] for m in marks]]),
            "label": np.array(["grid"] * SIDE**2 + [m["covariate"] for m in marks]),
        },
        options={"coefficient": scale * found.coefficient, "unit": _unit(points)},
    )


def regional_forest(asked: Question, regions: Regions, points: bool) -> Picture:
    """Every unit alone and drawn towards the mean."""
    scale = 100.0 if points else 1.0
    pooled, half = regions.pooled, regions.half
    return Picture(
        figure="shrinkage_forest",
        name=_name("shrinkage_forest", asked),
        title=SAY("forest", outcome=asked.outcome, exposure=asked.exposure, level=regions.level),
        caption=SAY("forest_caption", tau=scale * pooled.tau, unit=named(_unit(points))),
        columns={
            "unit": np.array(regions.names),
            "alone": scale * regions.estimate,
            "pooled": scale * pooled.shrunken,
            "low": scale * (pooled.shrunken - half),
            "high": scale * (pooled.shrunken + half),
            "n": np.array(regions.n),
        },
        options={"mean": scale * pooled.mean},
        labels={"xlabel": SAY("per_unit", unit=named(_unit(points)), exposure=asked.exposure)},
    )

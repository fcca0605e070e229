"""M4: the headline model within each top-level unit, and the units drawn towards their mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.inference import Inference, infer
from forensics.commissions.material import Material
from forensics.commissions.models import Question
from forensics.commissions.regression import Regression, regression
from forensics.kernels.cluster_covariance import quantile, two_sided
from forensics.kernels.pooling import Pooled, partial_pooling
from forensics.messages.message import Message, Sentences

Floats = NDArray[np.float64]

#: Units without which there is nothing to pool; clusters a unit needs for an error of its own.
FEWEST_UNITS, FEWEST_CLUSTERS = 3, 3

SAY = Sentences(
    "regional",
    few="{n} units of level {level} have an estimate with an error; partial pooling needs {fewest}.",
)


@dataclass(frozen=True, eq=False)
class Regions:
    """Estimates of k units and their pooling; ``left_out`` names units with the reason."""

    level: str
    names: tuple[str, ...]
    n: tuple[int, ...]
    clusters: tuple[int, ...]
    estimate: Floats
    standard_error: Floats
    pooled: Pooled
    confidence_level: float
    left_out: tuple[tuple[str, str], ...]

    @property
    def interval(self) -> tuple[float, float]:
        """Interval of the mean of the units."""
        half = quantile(len(self.names) - 1, self.confidence_level) * self.pooled.standard_error
        return self.pooled.mean - half, self.pooled.mean + half

    @property
    def p(self) -> float:
        """p-value of the mean of the units."""
        return two_sided(self.pooled.mean / self.pooled.standard_error, len(self.names) - 1)

    @property
    def half(self) -> Floats:
        """Half widths of the intervals of the pooled units, shape (k,)."""
        z = quantile(1e9, self.confidence_level)
        return np.asarray(z * self.pooled.shrunken_error)

    def to_dict(self) -> dict[str, Any]:
        """Units in order of their names: own and pooled estimate, never a ranking."""
        half = self.half
        return {
            "level": self.level,
            "tau": self.pooled.tau,
            "heterogeneity": self.pooled.heterogeneity,
            "units": [
                {
                    "unit": name,
                    "n": self.n[i],
                    "clusters": self.clusters[i],
                    "coefficient": float(self.estimate[i]),
                    "standard_error": float(self.standard_error[i]),
                    "pooled": float(self.pooled.shrunken[i]),
                    "interval": [
                        float(self.pooled.shrunken[i] - half[i]),
                        float(self.pooled.shrunken[i] + half[i]),
                    ],
                    "weight": float(self.pooled.weight[i]),
                }
                for i, name in enumerate(self.names)
            ],
            "left_out": [{"unit": name, "reason": reason} for name, reason in self.left_out],
        }


def regions_of(
    material: Material, headline: Regression, asked: Question, *, confidence_level: float
) -> Regions | Message:
    """Fit the headline's columns within each top-level unit and pool the coefficients.

    A unit's error is shared within its clusters; with fewer than twenty of them it is the jackknife.
    """
    top = material.codes[material.top]
    columns = [(asked.exposure, material.exposure(asked.exposure, asked.coding))]
    columns += [(name, material.column(name)) for name in headline.names[1:]]
    y = material.column(asked.outcome)
    found: list[tuple[str, Inference]] = []
    left_out: list[tuple[str, str]] = []
    for code, name in enumerate(material.names[material.top]):
        own = regression(
            material,
            y,
            columns,
            fixed_effects=headline.fixed_effects,
            cluster=headline.cluster_level,
            outcome=asked.outcome,
            kept=top == code,
        )
        if isinstance(own, Message):
            left_out.append((name, own.text()))
            continue
        result = infer(material, own, confidence_level=confidence_level)
        if result.standard_error is None or own.clusters < FEWEST_CLUSTERS:
            left_out.append((name, f"{own.clusters} clusters"))
            continue
        found.append((name, result))
    if len(found) < FEWEST_UNITS:
        return SAY("few", n=len(found), level=material.top, fewest=FEWEST_UNITS)
    estimate = np.array([result.coefficient for _, result in found])
    error = np.array([result.standard_error for _, result in found], dtype=np.float64)
    return Regions(
        level=material.top,
        names=tuple(name for name, _ in found),
        n=tuple(len(result.regression.y) for _, result in found),
        clusters=tuple(result.cells.clusters for _, result in found),
        estimate=estimate,
        standard_error=error,
        pooled=partial_pooling(estimate, error),
        confidence_level=confidence_level,
        left_out=tuple(left_out),
    )

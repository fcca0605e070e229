"""How far a coefficient may be from 0: errors by cluster, wild bootstrap, permuted compositions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.material import Material
from forensics.commissions.regression import Regression
from forensics.commissions.study import FEW_CLUSTERS
from forensics.kernels.cluster_covariance import (
    Cells,
    cells_of,
    classical,
    crv1,
    crv3,
    detectable,
    hc1,
    quantile,
    two_sided,
    without_one,
)
from forensics.kernels.fixed_effects import Fit
from forensics.kernels.intraclass import within_share
from forensics.kernels.randomisation import Exchange, Randomised, bands, randomise
from forensics.kernels.wild_bootstrap import monte_carlo, multipliers, wild_statistics

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: The nominal level of tests, and of the smallest effect that would have been found.
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Inference:
    """A coefficient of one regression with everything that says how sure it is.

    ``error`` names the leading estimator (``CRV1`` or ``CRV3``); ``errors`` all of them; ``draws``
    are the wild bootstrap's t, for adjustment over several hypotheses.
    """

    regression: Regression
    fitted: Fit
    cells: Cells
    coefficient: float
    standard_error: float | None
    error: str
    errors: dict[str, float | None]
    interval: tuple[float, float] | None
    p_cluster: float | None
    p_wild: float | None
    p_permutation: float | None
    mde: float | None
    t_classical: float
    draws: Floats | None
    statistic: float | None
    randomised: Randomised | None

    @property
    def p(self) -> float | None:
        """The leading p-value: the wild bootstrap's with few clusters, else the clustered one."""
        few = self.cells.clusters < FEW_CLUSTERS
        return self.p_wild if few and self.p_wild is not None else self.p_cluster

    def over_permutations(self) -> dict[str, Any] | None:
        """Where permuted compositions put the coefficient, and how often clusters reject them."""
        if self.randomised is None or self.standard_error is None:
            return None
        drawn = self.randomised.coefficient[np.isfinite(self.randomised.coefficient)]
        t = self.randomised.statistic[np.isfinite(self.randomised.statistic)]
        if not len(drawn):
            return None
        factor = self.errors["CRV1"]
        observed = self.statistic
        if factor is None or observed is None or observed == 0:
            return None
        # The permuted t lack the factor of CRV1, which is the same for all.
        scale = abs(self.coefficient / factor / observed)
        critical = quantile(self.cells.clusters - 1, 1 - LEVEL)
        low, high = np.quantile(drawn, (0.025, 0.975))
        return {
            "mean": float(drawn.mean()),
            "interval": [float(low), float(high)],
            "rejected": float((np.abs(t) * scale > critical).mean()),
            "permutations": len(drawn),
            "movable": self.randomised.movable,
        }


def infer(
    material: Material,
    asked: Regression,
    *,
    confidence_level: float,
    wild: int = 0,
    permutations: int = 0,
    stream: Callable[[str], np.random.Generator] | None = None,
) -> Inference:
    """Fit a regression and tell how sure the exposure's coefficient is.

    Parameters
    ----------
    material : Material
    asked : Regression
        The exposure is its first column.
    confidence_level : float
    wild, permutations : int
        0: not done.
    stream : callable, optional
        ``stream(purpose)`` gives the random numbers.
    """
    fitted = asked.fit()
    cells = cells_of(asked.cluster, asked.group)
    b = float(fitted.coefficient[0])
    errors = {
        "classical": _error(classical(fitted)),
        "HC1": _error(hc1(fitted)),
        "CRV1": _error(crv1(fitted, cells)),
        "CRV3": _error(crv3(fitted, cells)),
    }
    few = cells.clusters < FEW_CLUSTERS
    leading = "CRV3" if few and errors["CRV3"] is not None else "CRV1"
    error, freedom = errors[leading], cells.clusters - 1
    half = None if error is None else quantile(freedom, confidence_level) * error
    p_wild = p_permutation = statistic = None
    draws, randomised = None, None
    if wild and stream is not None:
        statistic, draws = wild_statistics(fitted, cells, 0, _multipliers(material, asked, wild, stream))
        p_wild = monte_carlo(statistic, draws) if math.isfinite(statistic) else None
    if permutations and stream is not None:
        randomised = randomise(
            fitted, cells, 0, asked.x[:, 0], exchange_of(material, asked),
            permutations=permutations, rng=stream("permutation"),
        )  # fmt: skip
        if statistic is None:
            statistic = wild_statistics(fitted, cells, 0, np.ones((cells.clusters, 1)))[0]
        if randomised.movable and math.isfinite(statistic):
            p_permutation = monte_carlo(statistic, randomised.statistic)
    return Inference(
        regression=asked,
        fitted=fitted,
        cells=cells,
        coefficient=b,
        standard_error=error,
        error=leading,
        errors=errors,
        interval=None if half is None else (b - half, b + half),
        p_cluster=None if not error else two_sided(b / error, freedom),
        p_wild=p_wild,
        p_permutation=p_permutation,
        mde=None if error is None else detectable(error, freedom, level=LEVEL),
        t_classical=b / errors["classical"] if errors["classical"] else math.inf,
        draws=draws,
        statistic=statistic,
        randomised=randomised,
    )


def exchange_of(material: Material, asked: Regression) -> Exchange:
    """Who may be exchanged: bodies within their top-level unit, precincts of a body by size.

    Where the exposure does not vary within clusters larger than the bodies, those are exchanged.
    """
    own = material.codes[material.body][asked.rows]
    level = material.body
    if asked.cluster_level != level and within_share(asked.x[:, 0], asked.cluster) == 0:
        own, level = asked.cluster, asked.cluster_level
    top = material.codes[material.top][asked.rows]
    _, first, inverse = np.unique(own, return_index=True, return_inverse=True)
    body = inverse.astype(np.intp)
    # Where the body is the top level itself, all of its units may be exchanged.
    between = np.zeros(len(first), dtype=np.intp) if level == material.top else top[first]
    name = "log_registered"
    size = material.column(name)[asked.rows] if material.has(name) else np.zeros(len(own))
    return Exchange(body, np.asarray(between, dtype=np.intp), bands(np.nan_to_num(size), body))


def influence(found: Inference) -> list[float] | None:
    """Smallest and largest coefficient when one cluster is left out."""
    deleted = without_one(found.fitted, found.cells)
    return None if deleted is None else [float(deleted[:, 0].min()), float(deleted[:, 0].max())]


def _multipliers(
    material: Material, asked: Regression, draws: int, stream: Callable[[str], np.random.Generator]
) -> Floats:
    """Draws by cluster, common to all regressions with the same clusters.

    A cluster has the same numbers whatever other clusters a regression uses, so that draws of
    several hypotheses go together.
    """
    units = np.unique(material.codes[asked.cluster_level][asked.rows])
    if len(units) < FEW_CLUSTERS:
        return multipliers(len(units), draws, stream(f"wild {asked.cluster_level} few"))
    every = int(material.codes[asked.cluster_level].max()) + 1
    return multipliers(every, draws, stream(f"wild {asked.cluster_level}"))[units]


def _error(covariance: Floats) -> float | None:
    variance = float(covariance[0, 0])
    return math.sqrt(variance) if math.isfinite(variance) and variance > 0 else None

"""Covariances of the coefficients of a fit within groups: classical, HC1, CRV1 and CRV3.

Convention: CRV1 is multiplied by G/(G − 1) · (n − 1)/(n − K), where K counts the columns, and one
for all groups where they are nested in the clusters, else each of them; HC1 by n/(n − K), K counting
all groups; CRV3 is the delete-one-cluster jackknife about the full estimate, times (G − 1)/G.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from forensics.kernels.fixed_effects import NOTHING, Fit

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Cells:
    """Pairs of a cluster and a group that share rows: c pairs.

    ``of`` (n,) the pair of each row; ``cluster`` and ``group`` (c,); ``clusters`` their number;
    ``nested`` whether no group lies in two clusters.
    """

    of: Codes
    cluster: Codes
    group: Codes
    clusters: int
    nested: bool


def cells_of(cluster: Codes, group: Codes) -> Cells:
    """The pairs of cluster and group; both are codes 0, 1, … of shape (n,)."""
    width = int(group.max(initial=0)) + 1
    pairs, of = np.unique(cluster * width + group, return_inverse=True)
    own, inner = pairs // width, pairs % width
    nested = len(np.unique(inner)) == len(pairs)
    return Cells(of.astype(np.intp), own, inner, int(cluster.max(initial=-1)) + 1, nested)


def classical(fitted: Fit) -> Floats:
    """Covariance (k, k) under errors of one variance."""
    variance = float(fitted.weight @ fitted.residual**2) / max(fitted.freedom, 1)
    return np.asarray(fitted.bread * variance)


def hc1(fitted: Fit) -> Floats:
    """Covariance (k, k) under independent errors of any variance."""
    score = fitted.x * (fitted.weight * fitted.residual)[:, None]
    factor = len(fitted.y) / max(fitted.freedom, 1)
    return np.asarray(factor * fitted.bread @ (score.T @ score) @ fitted.bread)


def crv1(fitted: Fit, cells: Cells) -> Floats:
    """Covariance (k, k) under errors that are shared within clusters; NaN for a single cluster."""
    score = fitted.x * (fitted.weight * fitted.residual)[:, None]
    cluster = cells.cluster[cells.of]
    sums = np.column_stack([np.bincount(cluster, column, cells.clusters) for column in score.T])
    return np.asarray(correction(fitted, cells) * fitted.bread @ (sums.T @ sums) @ fitted.bread)


def correction(fitted: Fit, cells: Cells) -> float:
    """The factor of CRV1; NaN for a single cluster."""
    n, g = len(fitted.y), cells.clusters
    lost = fitted.x.shape[1] + (1 if cells.nested else fitted.groups)
    return g / (g - 1) * (n - 1) / max(n - lost, 1) if g > 1 else math.nan


def crv3(fitted: Fit, cells: Cells) -> Floats:
    """Jackknife covariance (k, k); NaN where a fit without one cluster is not defined."""
    k, g = fitted.x.shape[1], cells.clusters
    deleted = without_one(fitted, cells)
    if deleted is None:
        return np.full((k, k), np.nan)
    distance = deleted - fitted.coefficient
    return np.asarray((g - 1) / g * distance.T @ distance)


def without_one(fitted: Fit, cells: Cells) -> Floats | None:
    """Coefficients (g, k) of the fits without each cluster; ``None`` where one is not defined.

    A cluster may hold part of a group: the rest of the group then gets a new mean, so what remains
    of the cross-products without the cluster is computed cell by cell, exactly.
    """
    k, g = fitted.x.shape[1], cells.clusters
    columns = np.column_stack([fitted.x, fitted.y])
    w = fitted.weight
    mass = np.bincount(cells.of, w)
    sums = np.column_stack([np.bincount(cells.of, w * column) for column in columns.T])
    whole = np.bincount(fitted.group, w, fitted.groups)[cells.group]
    # Columns are centred within groups: what stays of a group sums to minus what leaves it.
    rest = whole - mass
    shift = np.where(rest > NOTHING * whole, 1 / np.where(rest > 0, rest, 1.0), 0.0)
    product = np.empty((g, k + 1, k + 1))
    cluster = cells.cluster[cells.of]
    for i in range(k + 1):
        for j in range(i, k + 1):
            inner = np.bincount(cluster, w * columns[:, i] * columns[:, j], g)
            moved = np.bincount(cells.cluster, sums[:, i] * sums[:, j] * shift, g)
            product[:, i, j] = product[:, j, i] = inner + moved
    total = columns.T @ (w[:, None] * columns)
    left = total - product
    scale = np.diag(total)[:k]
    singular = (np.einsum("gii->gi", left[:, :k, :k]) <= NOTHING * scale).any(axis=1)
    if g < 2 or singular.any():
        return None
    try:
        return np.asarray(np.linalg.solve(left[:, :k, :k], left[:, :k, k, None])[..., 0])
    except np.linalg.LinAlgError:
        return None


def two_sided(statistic: float, freedom: float) -> float:
    """p-value of a t statistic; NaN stays NaN."""
    return float(2 * stdtr(freedom, -abs(statistic)))


def quantile(freedom: float, confidence_level: float) -> float:
    """Half width of an interval in standard errors, by Student's t."""
    return float(stdtrit(freedom, (1 + confidence_level) / 2))


def detectable(standard_error: float, freedom: float, *, power: float = 0.8, level: float = 0.05) -> float:
    """Smallest effect that a two-sided test of a level finds with a power (Bloom 1995)."""
    return float(stdtrit(freedom, 1 - level / 2) + stdtrit(freedom, power)) * standard_error

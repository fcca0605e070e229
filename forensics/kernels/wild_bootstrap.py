"""Restricted wild cluster bootstrap of one coefficient (Cameron, Gelbach and Miller 2008).

The null is imposed; the residuals of each cluster are multiplied by one random number. Numerator
and clustered error of every draw are linear in those numbers (Roodman, MacKinnon, Nielsen and
Webb 2019), so all draws are a few products of matrices and nothing is refitted.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from forensics.kernels.cluster_covariance import Cells
from forensics.kernels.fixed_effects import Fit, left_over

Floats = NDArray[np.float64]

#: Below this many clusters two signs give too few different draws: six points (Webb 2014).
FEW = 13
#: Webb's six points.
SIX = np.array([-math.sqrt(1.5), -1.0, -math.sqrt(0.5), math.sqrt(0.5), 1.0, math.sqrt(1.5)])


def multipliers(clusters: int, draws: int, rng: np.random.Generator) -> Floats:
    """Random numbers of mean 0 and variance 1, shape (clusters, draws): signs, or Webb's six points."""
    points = SIX if clusters < FEW else np.array([-1.0, 1.0])
    return np.asarray(points[rng.integers(0, len(points), (clusters, draws))])


def wild_statistics(fitted: Fit, cells: Cells, place: int, drawn: Floats) -> tuple[float, Floats]:
    """t of a coefficient with clustered errors, and its draws where the coefficient is 0.

    The factor of CRV1 is the same in every draw and left out.

    Parameters
    ----------
    fitted : Fit
    cells : Cells
        Of the clusters.
    place : int
        The column whose coefficient is 0 under the null.
    drawn : ndarray of float64, shape (clusters, draws)
        Of :func:`multipliers`.

    Returns
    -------
    tuple of (float, ndarray of shape (draws,))
        NaN where no error is defined.
    """
    w, k = fitted.weight, fitted.x.shape[1]
    own = left_over(fitted, place)
    scale = float(w @ own**2)
    restricted = fitted.residual + own * fitted.coefficient[place]
    cluster, g = cells.cluster[cells.of], cells.clusters
    actual = np.bincount(cluster, w * own * fitted.residual, g)
    error = math.sqrt(float(actual @ actual)) / scale
    t = float(fitted.coefficient[place]) / error if error > 0 else math.nan
    first = np.bincount(cluster, w * own * restricted, g)
    score = first[:, None] * drawn
    numerator = score.sum(axis=0)
    # What the refit takes out of each cluster's score: group means, where a draw changes them …
    if not cells.nested:
        mass = np.bincount(fitted.group, w, fitted.groups)[cells.group]
        shape = (fitted.groups, g)
        total = csr_array(
            (np.bincount(cells.of, w * restricted) / mass, (cells.group, cells.cluster)), shape=shape
        )
        held = csr_array((np.bincount(cells.of, w * own), (cells.group, cells.cluster)), shape=shape)
        score = score - held.T @ (total @ drawn)
    # … and the columns.
    with_x = np.column_stack([np.bincount(cluster, w * own * fitted.x[:, j], g) for j in range(k)])
    x_u = np.column_stack([np.bincount(cluster, w * fitted.x[:, j] * restricted, g) for j in range(k)])
    score = score - with_x @ (fitted.bread @ (x_u.T @ drawn))
    spread = np.sqrt((score**2).sum(axis=0))
    floor = 1e-12 * math.sqrt(float(first @ first))
    return t, np.where(spread > floor, numerator / np.where(spread > floor, spread, 1.0), np.nan)


def monte_carlo(statistic: float, drawn: Floats) -> float:
    """(b + 1)/(m + 1): the share of draws at least as far from 0, the observed one among them."""
    return float((1 + np.count_nonzero(np.abs(drawn) >= abs(statistic) - 1e-12)) / (len(drawn) + 1))

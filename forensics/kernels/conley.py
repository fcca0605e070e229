"""Covariance under errors that are shared between near places and fade with distance (Conley 1999)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from forensics.kernels.fixed_effects import Fit
from forensics.kernels.spatial import EARTH, on_sphere

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

#: Pairs of places beyond which the sum is not computed.
MOST_PAIRS = 60_000_000
#: Places whose neighbours are looked up at once: bounds memory, changes no result.
_CHUNK = 1000


def chord(distance: float) -> float:
    """Straight distance of two points that are so many kilometres apart along the earth."""
    return 2 * EARTH * float(np.sin(min(distance, np.pi * EARTH) / (2 * EARTH)))


def conley(fitted: Fit, latitude: Floats, longitude: Floats, cutoff: float) -> Floats | None:
    """Covariance (k, k) with Bartlett weights 1 − d/cutoff; no small-sample factor.

    Parameters
    ----------
    fitted : Fit
    latitude, longitude : ndarray of float64, shape (n,)
        Degrees.
    cutoff : float
        Kilometres beyond which errors are not shared.

    Returns
    -------
    ndarray or None
        ``None`` where there are more than ``MOST_PAIRS`` near pairs. A diagonal element may be
        negative: in the plane these weights do not exclude it.
    """
    places, of = np.unique(np.column_stack([latitude, longitude]), axis=0, return_inverse=True)
    point = on_sphere(places[:, 0], places[:, 1])
    tree = cKDTree(point)
    reach = chord(cutoff)
    if tree.count_neighbors(tree, reach) > MOST_PAIRS:
        return None
    score = fitted.x * (fitted.weight * fitted.residual)[:, None]
    # Precincts of one place have distance 0: their scores are summed first.
    sums = np.column_stack([np.bincount(of.ravel(), column, len(places)) for column in score.T])
    meat = np.zeros((sums.shape[1], sums.shape[1]))
    for begin in range(0, len(point), _CHUNK):
        rows = np.arange(begin, min(begin + _CHUNK, len(point)))
        near = [np.sort(found) for found in tree.query_ball_point(point[rows], reach)]
        count = np.array([len(found) for found in near])
        other = np.concatenate(near)
        own = np.repeat(rows, count)
        straight = np.sqrt(((point[own] - point[other]) ** 2).sum(axis=1))
        arc = 2 * EARTH * np.arcsin(np.minimum(straight / (2 * EARTH), 1.0))
        weight = np.maximum(1 - arc / cutoff, 0.0)
        meat += sums[own].T @ (weight[:, None] * sums[other])
    return np.asarray(fitted.bread @ meat @ fitted.bread)

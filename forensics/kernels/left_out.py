"""Residuals of each group from a fit to all other groups: no unit takes part in its own expectation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def left_out_residuals(y: Floats, x: Floats, group: Codes) -> Floats:
    """y less its prediction by least squares on the rows of the other groups.

    Parameters
    ----------
    y : ndarray of float64, shape (n,)
    x : ndarray of float64, shape (n, k)
        With a column of ones where an intercept is wanted.
    group : ndarray of int, shape (n,)
        Codes 0 … g − 1.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN for the rows of a group without which the fit is not defined.
    """
    k, g = x.shape[1], int(group.max(initial=-1)) + 1
    square, moment = np.empty((g, k, k)), np.empty((g, k))
    for i in range(k):
        moment[:, i] = np.bincount(group, x[:, i] * y, g)
        for j in range(i, k):
            square[:, i, j] = square[:, j, i] = np.bincount(group, x[:, i] * x[:, j], g)
    left, rest = square.sum(axis=0) - square, moment.sum(axis=0) - moment
    scale = np.sqrt(np.einsum("gii->gi", left))
    scale = np.where(scale > 0, scale, 1.0)
    scaled = left / (scale[:, :, None] * scale[:, None, :])
    defined = np.linalg.cond(scaled) < 1e12
    coefficient = np.full((g, k), np.nan)
    solved = np.linalg.solve(scaled[defined], (rest / scale)[defined][..., None])[..., 0]
    coefficient[defined] = solved / scale[defined]
    return np.asarray(y - (x * coefficient[group]).sum(axis=1))

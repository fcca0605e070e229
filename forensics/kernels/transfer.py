"""Shares of one round's options that go to each of the next round's: the matrix and its bounds.

x_k is the share of option k in round 1 and y_j that of option j in round 2, both of registered
voters with the non-voters as an option, so that Σ x = Σ y = 1. a_kj is the share of k that goes to j.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from forensics.kernels.flow import Within

Floats = NDArray[np.float64]

#: Weight of Σ_j a_kj = 1 against the fit: the sums are met to about the square of its inverse.
STRICT = 1e4
#: Part of the largest eigenvalue below which a direction of x holds nothing to fit.
FLAT = 1e-12
#: Steps of the active set per cell; in practice it takes about one.
PATIENCE = 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the margins alone allow, whatever anyone did: float64 of shape (from, to)."""

    low: Floats
    high: Floats


def transfer(gram: Floats, cross: Floats) -> Floats:
    """Least squares of y on x with a_kj ≥ 0 and Σ_j a_kj = 1, exactly by an active set.

    Parameters
    ----------
    gram : ndarray of float64, shape (B, K, K)
        Σ N x xᵀ of each of B problems.
    cross : ndarray of float64, shape (B, K, J)
        Σ N x yᵀ.

    Returns
    -------
    ndarray of float64, shape (B, K, J)
        Rows sum to 1. Where x does not vary enough to determine a matrix, one of those that fit.
    """
    b, k, j = cross.shape
    values, vectors = np.linalg.eigh(gram)
    largest = values[:, -1:]
    there = values > FLAT * largest
    scaled = np.sqrt(np.where(there, values / largest, 0.0))
    root = scaled[:, :, None] * vectors.transpose(0, 2, 1)
    inverse = np.where(there, 1 / np.where(there, scaled, 1.0), 0.0)[:, :, None]
    target = inverse * (vectors.transpose(0, 2, 1) @ cross) / largest[:, :, None]
    # One least-squares problem over all cells: a block per column of y, and below them the sums.
    design = np.zeros((j * k + k, j * k))
    design[j * k :] = STRICT * np.tile(np.eye(k), j)
    blocks, columns = design[: j * k].reshape(j, k, j, k), np.arange(j)
    share = np.empty((b, k, j))
    for one in range(b):
        blocks[columns, :, columns, :] = root[one]
        wanted = np.append(target[one].T.ravel(), np.full(k, STRICT))
        solution, _ = nnls(design, wanted, maxiter=PATIENCE * j * k)
        share[one] = solution.reshape(j, k).T
    return np.asarray(share / share.sum(axis=2, keepdims=True))


def transfers(within: Within, first: int, k: int, j: int) -> Floats:
    """Matrices of B pooled sets, float64 of shape (B, k, j).

    Columns ``first`` to ``first + k`` of z are x, the ``j`` after them y. Differences between groups
    are left out of the fit (a region whose voters differ is no transfer); the overall means are
    kept, without which a matrix is determined up to one row only.
    """
    x, y = slice(first, first + k), slice(first + k, first + k + j)
    mean = within.total[:, 1:] / np.sqrt(within.total[:, :1])
    products = within.deviations + mean[:, :, None] * mean[:, None, :]
    return transfer(products[:, x, x], products[:, x, y])


def transfer_bounds(x: Floats, y: Floats, weight: Floats) -> Bounds:
    """Bounds of Duncan and Davis, precinct by precinct and added up.

    In a precinct at least max(0, x + y − 1) and at most min(x, y) of the voters are in the cell.

    Parameters
    ----------
    x : ndarray of float64, shape (n, K)
    y : ndarray of float64, shape (n, J)
    weight : ndarray of float64, shape (n,)
    """
    mass = weight @ x
    low, high = (np.zeros((x.shape[1], y.shape[1])) for _ in range(2))
    for place, column in enumerate(x.T):
        part = column[:, None]
        low[place] = weight @ np.maximum(part + y - 1, 0.0)
        high[place] = weight @ np.minimum(part, y)
    share = np.where(mass > 0, mass, 1.0)[:, None]
    nobody = (mass <= 0)[:, None]
    return Bounds(np.where(nobody, 0.0, low / share), np.where(nobody, 1.0, high / share))

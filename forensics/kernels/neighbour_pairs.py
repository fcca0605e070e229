"""Whether high residuals lie side by side: products of neighbours against shuffles within groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.moran import shuffles
from forensics.kernels.spatial import nearest

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class NeighbourPairs:
    """``pairs`` compared, ``correlation`` of their residuals, one-sided ``pvalue`` of the shuffles."""

    pairs: int
    correlation: float
    pvalue: float


def nearest_within(places: Floats, group: Codes) -> tuple[Codes, Codes]:
    """Each row with the nearest other rows of its group; a pair is given once.

    Parameters
    ----------
    places : ndarray of float64, shape (m, d)
        Kilometres, or numbers in a row; NaN where unknown: the row is in no pair.
    group : ndarray of intp, shape (m,)
        Codes 0, 1, …

    Returns
    -------
    tuple of ndarray of intp, shape (pairs,)
        Row numbers.
    """
    rows = np.flatnonzero(np.isfinite(places).all(axis=1))
    if len(rows) < 2:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    nearby = nearest(places[rows], 1, group[rows])
    one, other = np.repeat(np.arange(len(rows)), nearby.number), nearby.indices
    pairs = np.unique(np.sort(np.column_stack([one, other]), axis=1), axis=0)
    return rows[pairs[:, 0]], rows[pairs[:, 1]]


def shuffled_products(
    residual: Floats,
    pairs: tuple[Codes, Codes],
    group: Codes,
    *,
    n_resamples: int,
    rng: np.random.Generator,
) -> NeighbourPairs | None:
    """Σ of the products over pairs against residuals shuffled within groups; ``None`` without pairs.

    Parameters
    ----------
    residual : ndarray of float64, shape (m,)
        Finite.
    pairs : tuple of ndarray of intp
        Of :func:`nearest_within`.
    group : ndarray of intp, shape (m,)
    n_resamples : int
    rng : Generator
    """
    one, other = pairs
    if not len(one):
        return None
    size = np.maximum(np.bincount(group), 1)
    centred = residual - (np.bincount(group, residual) / size)[group]
    observed = float(centred[one] @ centred[other])
    scale = float(np.sqrt((centred[one] @ centred[one]) * (centred[other] @ centred[other])))
    above = 0
    for block in shuffles(centred, group, n_resamples, rng):
        drawn = np.einsum("ij,ij->j", block[one], block[other])
        above += int(np.count_nonzero(drawn >= observed - 1e-9 * max(scale, 1.0)))
    correlation = observed / scale if scale > 0 else 0.0
    return NeighbourPairs(len(one), correlation, (above + 1) / (n_resamples + 1))

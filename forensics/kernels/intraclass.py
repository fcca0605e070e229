"""How much of a quantity's variation lies between the units of a level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Share of variation below which a quantity is constant within units.
CONSTANT = 1e-12


def within_share(x: Floats, unit: Codes) -> float:
    """Share of the sum of squares that lies within units; 0 where there is no variation."""
    total = float(((x - x.mean()) ** 2).sum())
    if total <= 0:
        return 0.0
    mean = np.bincount(unit, x) / np.maximum(np.bincount(unit), 1)
    share = float(((x - mean[unit]) ** 2).sum()) / total
    return share if share > CONSTANT else 0.0


def intraclass(x: Floats, unit: Codes) -> float | None:
    """Intraclass correlation by analysis of variance; ``None`` without several units and repeats.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
    unit : ndarray of int, shape (n,)
        Codes; every code used.

    Returns
    -------
    float or None
        1: constant within units; about 0: units do not differ; negative: less alike than chance.
    """
    size = np.bincount(unit).astype(np.float64)
    n, k = len(x), len(size)
    if k < 2 or n <= k:
        return None
    mean = np.bincount(unit, x) / size
    between = float((size * (mean - x.mean()) ** 2).sum()) / (k - 1)
    within = float(((x - mean[unit]) ** 2).sum()) / (n - k)
    typical = (n - float((size**2).sum()) / n) / (k - 1)
    below = between + (typical - 1) * within
    return (between - within) / below if below > 0 else None

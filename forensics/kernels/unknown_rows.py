"""Worst cases for rows whose exposure is not known (Manski 1990)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def difference_bounds(y: Floats, exposed: Flags, known: Flags) -> tuple[float, float] | None:
    """Smallest and largest difference in means (exposed less others) that the unknown rows allow.

    For every number of unknown rows that may be exposed the extreme assignment is the one by order
    of y, so trying all numbers is exact.

    Parameters
    ----------
    y : ndarray of float64, shape (n,)
    exposed, known : ndarray of bool, shape (n,)
        ``exposed`` counts only where ``known``.

    Returns
    -------
    tuple of float or None
        ``None`` where no row is known to be exposed, or none not to be.
    """
    one, other = y[known & exposed], y[known & ~exposed]
    if not len(one) or not len(other):
        return None
    missing = np.sort(y[~known])
    n = np.arange(len(missing) + 1)
    first = np.concatenate(([0.0], np.cumsum(missing)))
    last = first[-1] - first[::-1]

    def difference(given: Floats) -> Floats:
        """When the exposed get n of the missing rows, whose sum is ``given``."""
        rest = first[-1] - given
        return np.asarray(
            (one.sum() + given) / (len(one) + n) - (other.sum() + rest) / (len(other) + n[::-1])
        )

    return float(difference(first).min()), float(difference(last).max())

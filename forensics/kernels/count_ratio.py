"""Ratio of two counts of the same things, over places that vary independently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class CountRatio:
    """Σx/Σy with an interval that is symmetric in its logarithm, and P(as high | ratio 1).

    ``low``, ``high`` and ``pvalue`` are ``None`` where fewer than two places have counts.
    """

    value: float
    low: float | None
    high: float | None
    pvalue: float | None
    clusters: int


def count_ratio(x: Floats, y: Floats, cluster: Codes, level: float) -> CountRatio | None:
    """The ratio, its linearised standard error by clusters (Cochran 1977, 6.4), and Student's t.

    Parameters
    ----------
    x, y : ndarray of float64, shape (m,)
        Counts ≥ 0.
    cluster : ndarray of intp, shape (m,)
        Codes 0, 1, … of places that vary together.
    level : float
        Confidence level.

    Returns
    -------
    CountRatio or None
        ``None`` where one of the sums is zero.
    """
    above, below = float(x.sum()), float(y.sum())
    if above <= 0 or below <= 0:
        return None
    value = above / below
    number = int(cluster.max()) + 1
    if number < 2:
        return CountRatio(value, None, None, None, number)
    factor = number / (number - 1)
    relative = np.bincount(cluster, x - value * y) / above
    half = float(stdtrit(number - 1, (1 + level) / 2)) * float(np.sqrt(factor * (relative**2).sum()))
    # Under the null the two differ by errors only: their spread is that of the differences.
    apart = np.bincount(cluster, x - y)
    error = float(np.sqrt(factor * ((apart - apart.mean()) ** 2).sum()))
    if error > 0:
        pvalue = float(stdtr(number - 1, -(above - below) / error))
    else:
        pvalue = 1.0 if above <= below else 0.0
    return CountRatio(value, value * float(np.exp(-half)), value * float(np.exp(half)), pvalue, number)

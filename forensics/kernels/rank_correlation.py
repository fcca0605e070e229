"""Spearman's rank correlation with an interval that holds under ties, dependence and clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Pairs below which the interval's normal approximation is not leaned on.
FEWEST = 20


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's ρ of pairs, with its standard error and an interval.

    Parameters
    ----------
    rho : float
        Correlation of the midranks, in [-1, 1].
    standard_error : float
        Of ``rho``, from the sums of its influence function over clusters.
    low, high : float
        Interval, symmetric in Fisher's z.
    n, clusters : int
        Pairs, and independent groups of them.
    """

    rho: float
    standard_error: float
    low: float
    high: float
    n: int
    clusters: int


def rank_correlation(
    x: Floats, y: Floats, cluster: Codes | None = None, level: float = 0.95
) -> RankCorrelation | None:
    """Rank correlation of ``x`` and ``y``; ``None`` where it is not defined or has no interval.

    The influence function of ρ (Croux and Dehon 2010) holds the ranks themselves as estimates, so the
    interval is right for dependent pairs too, where the textbook error 1/√(n − 1) is that of
    independence. The spread of tied ranks is taken as fixed.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Finite values.
    cluster : ndarray of intp, shape (n,), optional
        Codes of groups within which pairs may depend on each other; by default each is its own.
    level : float
        Of the interval; Student's t with one degree of freedom less than there are clusters.

    References
    ----------
    Croux, C. and Dehon, C. (2010). Influence functions of the Spearman and Kendall correlation
    measures. Statistical Methods and Applications 19, 497-515.
    """
    from scipy.stats import rankdata, t

    n = len(x)
    if n < FEWEST:
        return None
    f, g = (((rankdata(values) - 0.5) / n - 0.5) for values in (x, y))
    spread = math.sqrt(float(np.mean(f * f)) * float(np.mean(g * g)))
    if spread == 0:
        return None
    c = float(np.mean(f * g))
    rho = c / spread
    influence = f * g + _after(x, g) + _after(y, f) - 3 * c
    codes = np.arange(n) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    sums = np.bincount(codes, influence)
    k = len(sums)
    if k < 2 or not abs(rho) < 1 - 1e-12:
        return None
    error = math.sqrt(k / (k - 1) * float(np.sum(sums**2))) / n / spread
    half = float(t.ppf((1 + level) / 2, k - 1)) * error / (1 - rho**2)
    z = math.atanh(rho)
    return RankCorrelation(rho, error, math.tanh(z - half), math.tanh(z + half), n, k)


def _after(values: Floats, other: Floats) -> Floats:
    """Mean of ``other`` over all pairs, those with a larger value counted whole and equal ones half."""
    _, place = np.unique(values, return_inverse=True)
    at = np.bincount(place, other)
    above = np.cumsum(at[::-1])[::-1] - at
    return np.asarray((above + at / 2)[place] / len(values))

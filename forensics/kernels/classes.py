"""Counts falling into classes against class probabilities that differ from precinct to precinct."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtr, chdtrc, chndtr, ndtri

Floats = NDArray[np.float64]

#: Eigenvalues below this share of the largest count as directions in which nothing can vary.
RANK_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class ClassTest:
    """Result of :func:`class_test`; k classes.

    ``expected`` and ``shares`` are shares of the counted (shape (k,)); ``total_variation`` is half
    the sum of their absolute differences; ``excess`` is what remains of it after sampling noise,
    with the interval ``low`` … ``high``. ``chi2`` and ``pvalue`` are ``None`` where nothing varies.
    """

    n: int
    shares: Floats
    expected: Floats
    chi2: float | None
    df: int
    pvalue: float | None
    total_variation: float
    excess: float | None
    low: float | None
    high: float | None


def class_test(
    observed: Floats, expected: Floats, moment: Floats, *, confidence_level: float = 0.95
) -> ClassTest:
    """Quadratic test of class counts against the Poisson-multinomial null.

    Parameters
    ----------
    observed : ndarray, shape (k,)
        Precincts counted in each class.
    expected : ndarray, shape (k,)
        Σ_i p_i, the sum of the precincts' class probabilities.
    moment : ndarray, shape (k, k)
        Σ_i p_i p_iᵀ.

    Returns
    -------
    ClassTest
        The deviation D = O − (ΣO/ΣE) E is compared with its exact covariance by
        D' V⁺ D, chi-square with rank(V) degrees of freedom. The interval of the total variation
        is the wider of two: the noncentral chi-square inverted for the length of D (right near
        the null), and the multinomial error of the observed shares with the signs of D fixed
        (right far from it).
    """
    n, total = float(observed.sum()), float(expected.sum())
    k = len(observed)
    if n <= 0 or total <= 0:
        nothing = np.zeros(k)
        return ClassTest(0, nothing, nothing, None, 0, None, 0.0, None, None, None)
    q = expected / total
    shares = observed / n
    variation = float(0.5 * np.abs(shares - q).sum())
    deviation = observed - n * q
    centre = np.eye(k) - np.outer(q, np.ones(k))
    covariance = centre @ (np.diag(expected) - moment) @ centre.T * (n / total)
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    free = values > RANK_TOLERANCE * max(values[-1], 1e-12)
    df = int(free.sum())
    if df == 0 or values[-1] <= 0:
        return ClassTest(int(n), shares, q, None, 0, None, variation, None, None, None)
    statistic = float((((vectors[:, free].T @ deviation) ** 2) / values[free]).sum())
    low, high, excess = _variation_interval(shares, q, n, variation, statistic, df, confidence_level)
    return ClassTest(
        n=int(n),
        shares=shares,
        expected=q,
        chi2=statistic,
        df=df,
        pvalue=float(chdtrc(df, statistic)),
        total_variation=variation,
        excess=excess,
        low=low,
        high=high,
    )


def _variation_interval(
    shares: Floats,
    q: Floats,
    n: float,
    variation: float,
    statistic: float,
    df: int,
    confidence_level: float,
) -> tuple[float, float, float]:
    """(low, high) of the total variation, and what remains of it after sampling noise."""
    scale = variation / statistic**0.5 if statistic > 0 else 0.0
    excess = scale * max(statistic - df, 0.0) ** 0.5
    near = [scale * value**0.5 for value in noncentrality_interval(statistic, df, confidence_level)]
    signs = np.sign(shares - q)
    deviation = 0.5 * float(np.sqrt(max(shares @ signs**2 - (shares @ signs) ** 2, 0.0) / n))
    half = float(ndtri((1 + confidence_level) / 2)) * deviation
    return max(0.0, min(near[0], excess - half)), max(near[1], excess + half), excess


def noncentrality_interval(
    statistic: float, df: int, confidence_level: float = 0.95
) -> tuple[float, float]:
    """Interval of the noncentrality of a chi-square statistic, by inverting its distribution."""
    tail = (1 - confidence_level) / 2

    def bound(probability: float) -> float:
        if chdtr(df, statistic) <= probability:
            return 0.0
        top = statistic + 10 * np.sqrt(statistic) + 50
        return float(brentq(lambda value: chndtr(statistic, df, value) - probability, 0.0, top))

    return bound(1 - tail), bound(tail)


def pearson(observed: Floats, shares: Floats) -> tuple[float, float]:
    """Pearson's X² and its p-value against fixed shares (df = k − 1): the published convention."""
    n = observed.sum()
    expected = n * shares
    statistic = float(((observed - expected) ** 2 / expected).sum())
    return statistic, float(chdtrc(len(observed) - 1, statistic))

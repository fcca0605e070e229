"""Exact probabilities of classes of a binomial count, for many precincts at once.

A redrawn count X ~ Bin(n, p) falls into a class (its last digit, its second digit, a whole
percentage …). ``class_probabilities`` gives P(class) per precinct exactly, without drawing: the
probability mass is followed from the mode outwards by its recurrence, for all precincts together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr

Floats = NDArray[np.float64]
Classes = NDArray[np.intp]
Classify = Callable[[NDArray[np.int64], NDArray[np.intp]], Classes]

#: Mass beyond this many standard deviations is left out: below 1e-15 of a precinct.
REACH = 8.0
#: Precincts handled together; windows are sorted by width, so a block wastes little.
BLOCK = 4096


def plug_in_rate(x: Floats, n: Floats) -> Floats:
    """Rate of a redraw around an observed count, pulled half a vote from 0 and from n.

    Without the half vote a count of 0 or n could not vary at all.
    """
    return np.asarray((x + 0.5) / (n + 1.0))


def class_probabilities(n: Floats, rate: Floats, classify: Classify, k: int) -> Floats:
    """P(class of X) for X ~ Bin(n, rate), or Poisson(rate) where n is infinite.

    Parameters
    ----------
    n : ndarray of float64, shape (m,)
        Number of trials; ``inf`` for a Poisson count with mean ``rate``.
    rate : ndarray of float64, shape (m,)
        Success probability in (0, 1), or the Poisson mean.
    classify : callable
        ``classify(x, rows)`` gives the class (0 … k−1, or k for "not counted") of the counts x,
        int64 of shape (r,), of the precincts ``rows``.
    k : int
        Number of classes.

    Returns
    -------
    ndarray of float64, shape (m, k)
        Rows sum to the probability of being counted at all (1 where nothing is left out).
    """
    n, rate = np.asarray(n, dtype=np.float64), np.asarray(rate, dtype=np.float64)
    poisson = np.isinf(n)
    trials, p = np.where(poisson, 0.0, n), np.where(poisson, 0.5, rate)
    spread = np.sqrt(np.where(poisson, rate, trials * p * (1 - p)))
    mode = np.floor(np.where(poisson, rate, np.minimum((trials + 1) * p, trials)))
    peak = _peak(mode, trials, p, rate, poisson)
    # Both recurrences are P(x+1)/P(x) = (a − b x)/(x + 1): binomial a = n·odds, b = odds; Poisson b = 0.
    odds = p / (1 - p)
    a, b = np.where(poisson, rate, trials * odds), np.where(poisson, 0.0, odds)
    out = np.zeros((len(n), k + 1))
    order = np.argsort(spread, kind="stable")
    for start in range(0, len(order), BLOCK):
        rows = order[start : start + BLOCK]
        # A few steps more than REACH deviations, because the tails of small counts are skewed.
        steps = int(np.ceil(REACH * spread[rows[-1]] + REACH))
        out[rows] = _follow(rows, mode[rows], peak[rows], a[rows], b[rows], steps, classify, k)
    return out[:, :k]


def _peak(mode: Floats, n: Floats, p: Floats, rate: Floats, poisson: NDArray[np.bool_]) -> Floats:
    """Probability of the mode."""
    with np.errstate(divide="ignore", invalid="ignore"):
        binomial = gammaln(n + 1) - gammaln(mode + 1) - gammaln(n - mode + 1)
        binomial += mode * np.log(p) + (n - mode) * np.log1p(-p)
        endless = mode * np.log(rate) - rate - gammaln(mode + 1)
    return np.asarray(np.exp(np.where(poisson, endless, binomial)))


def _follow(
    rows: NDArray[np.intp],
    mode: Floats,
    peak: Floats,
    a: Floats,
    b: Floats,
    steps: int,
    classify: Classify,
    k: int,
) -> Floats:
    """Mass by class of one block of precincts; past 0 and n the recurrence itself gives zero."""
    found = np.zeros(len(rows) * (k + 1))
    base = np.arange(len(rows)) * (k + 1)
    x, mass = mode.copy(), peak.copy()
    found[base + classify(x.astype(np.int64), rows)] += mass
    for _ in range(steps):
        mass *= np.maximum(a - b * x, 0.0) / (x + 1)
        x += 1
        found[base + classify(x.astype(np.int64), rows)] += mass
    x, mass = mode.copy(), peak.copy()
    for _ in range(min(steps, int(mode.max(initial=0)))):
        mass *= np.maximum(x, 0.0) / (a - b * (x - 1))
        x -= 1
        found[base + classify(np.maximum(x, 0).astype(np.int64), rows)] += mass
    return found.reshape(len(rows), k + 1)


def poisson_binomial_tails(
    observed: float, mean: float, variance: float, third: float
) -> tuple[float, float]:
    """P(X ≤ observed) and P(X ≥ observed) for a sum of independent indicators.

    Normal approximation with continuity and skewness corrections (Volkova 1996).

    Parameters
    ----------
    observed : float
        Observed count.
    mean, variance, third : float
        Σq, Σq(1−q) and Σq(1−q)(1−2q) over the indicators.

    Returns
    -------
    tuple of float
        Lower and upper tail, both including the observed count; (1, 1) where nothing can vary.
    """
    if variance <= 0:
        return 1.0, 1.0
    deviation = np.sqrt(variance)
    skewness = third / deviation**3

    def below(count: float) -> float:
        z = (count + 0.5 - mean) / deviation
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        return float(np.clip(ndtr(z) + skewness * (1 - z**2) * density / 6, 0.0, 1.0))

    return below(observed), 1.0 - below(observed - 1)

"""Counts per bin against sums of independent indicators of known mean and variance.

The count X of a bin is Poisson-binomial. Its tail is that of the binomial with the same mean and
variance, N = μ²/(μ − σ²) trials (N need not be whole) with chance p = 1 − σ²/μ, which is exact
where all chances are equal and tends to the Poisson tail where all are small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtri
from scipy.stats import false_discovery_control

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: False discovery rate of the corrected flags.
DISCOVERY = 0.05
#: Chances below this are Poisson for every purpose; it also keeps N finite.
SMALLEST = 1e-9
#: Smaller tails are not told apart.
SMALLEST_TAIL = 1e-300


def upper_tail(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """P(X ≥ count) bin by bin; count must be whole."""
    trials, chance = _binomial(mean, variance)
    return _tail(count, trials, chance)


def envelope(level: float, mean: Floats, variance: Floats) -> Floats:
    """Smallest count M with P(X > M) ≤ level, bin by bin."""
    low = np.full(mean.shape, -1.0)  # P(X > low) > level or low = −1
    high = np.ceil(mean + 40 * np.sqrt(variance) + 40)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        within = upper_tail(middle + 1, mean, variance) <= level
        high = np.where(within & (middle > low), middle, high)
        low = np.where(~within, middle, low)
    return np.asarray(high)


def _binomial(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    chance = np.clip(1 - variance / np.maximum(mean, 1e-300), SMALLEST, 1.0)
    return mean / chance, chance


def _tail(count: Floats, trials: Floats, chance: Floats) -> Floats:
    inside = (count > 0) & (count < trials + 1)
    k = np.where(inside, count, 1.0)
    tail = betainc(k, np.where(inside, trials - count + 1, 1.0), chance)
    return np.asarray(np.where(inside, tail, count <= 0))


@dataclass(frozen=True, slots=True)
class Spikes:
    """Bins above their envelope.

    ``pvalues``, ``limit``, ``flagged`` and ``corrected`` have a value per bin; ``pvalue`` is that of
    the most improbable bin (as a normal score: ``score``), corrected for having looked at all. ``share`` is
    Σ(observed − mean)/n over flagged bins, ``by_chance`` its exact expectation under the null and
    ``deviation`` the standard deviation of the share by sampling.
    """

    pvalues: Floats
    limit: Floats
    flagged: Flags
    corrected: Flags
    pvalue: float
    score: float
    share: float
    by_chance: float
    deviation: float


def spikes(
    observed: Floats, mean: Floats, variance: Floats, level: float, *, limit: Floats | None = None
) -> Spikes:
    """Compare observed counts per bin with their null; the first and the last bin are not flagged.

    Parameters
    ----------
    observed, mean, variance : ndarray, shape (bins + 1,)
        Counts, and moments of the counts under the null.
    level : float
        Pointwise chance of a bin to be above its envelope.
    limit : ndarray, optional
        Another envelope, such as a quantile of drawn counts.
    """
    n = float(observed.sum())
    inner = np.zeros(len(observed), dtype=bool)
    inner[1:-1] = True
    limit = envelope(level, mean, variance) if limit is None else limit
    pvalues = np.where(inner, upper_tail(observed, mean, variance), 1.0)
    flagged = inner & (observed > limit)
    top = int(np.argmin(pvalues))
    # A count is discrete: the level it attains at a threshold is below the threshold, bin by bin.
    attained = upper_tail(envelope(pvalues[top], mean, variance) + 1, mean, variance)[inner]
    by_chance, spread = _chance_excess(limit + 1, mean, variance)
    corrected = np.zeros(len(observed), dtype=bool)
    corrected[inner] = false_discovery_control(pvalues[inner]) <= DISCOVERY
    return Spikes(
        pvalues=pvalues,
        limit=limit,
        flagged=flagged,
        corrected=corrected,
        pvalue=float(-np.expm1(np.log1p(-np.minimum(attained, 1 - 1e-16)).sum())),
        score=float(-ndtri(max(pvalues[top], SMALLEST_TAIL))),
        share=float((observed - mean)[flagged].sum()) / n,
        by_chance=float(by_chance[inner].sum()) / n,
        deviation=float(observed[flagged].sum() + spread[inner].sum()) ** 0.5 / n,
    )


def _chance_excess(count: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of (X − μ) 1{X ≥ count}, by the binomial's own recurrences."""
    trials, chance = _binomial(mean, variance)
    zero, one, two = (_tail(count - j, trials - j, chance) for j in range(3))
    first = mean * (one - zero)
    second = trials * (trials - 1) * chance**2 * two + mean * (1 - 2 * mean) * one + mean**2 * zero
    return first, np.maximum(second - first**2, 0.0)


def published_share(observed: Floats, mean: Floats, variance: Floats, n_resamples: int) -> float:
    """Expected share that the published rule flags: above the maximum of R resamples, bin 0 aside.

    The chance that the maximum of R counts stays below the observed one is P(X < observed)^R; the
    expectation is over the resamples, so nothing is drawn.
    """
    below = (1 - upper_tail(observed, mean, variance)) ** n_resamples
    return float((np.maximum(observed - mean, 0.0) * below)[1:].sum() / observed.sum())

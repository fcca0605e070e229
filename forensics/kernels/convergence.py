"""Have several chains reached the same distribution, and how many independent draws are they worth?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]

#: Probabilities whose quantiles the tail size looks at.
TAILS = (0.05, 0.95)


def rhat(draws: Floats) -> float:
    """Potential scale reduction of ranks, of the values or of their distance from the median.

    Rank-normalised split-R̂ after Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021): the larger
    of bulk and folded. NaN where nothing varies or fewer than four draws are given.

    Parameters
    ----------
    draws : ndarray of float64, shape (chains, draws)
    """
    halves = _split(draws)
    if halves.shape[1] < 2 or np.ptp(halves) == 0:
        return float("nan")
    folded = np.abs(halves - np.median(halves))
    return max(_reduction(_normal_scores(halves)), _reduction(_normal_scores(folded)))


def bulk_size(draws: Floats) -> float:
    """Effective number of draws for the middle of the distribution (same source), shape as ``rhat``."""
    return _size(_normal_scores(_split(draws)))


def tail_size(draws: Floats) -> float:
    """Effective number of draws for the 5 % and 95 % quantiles, the smaller of the two."""
    return min(_size(_split((draws <= np.quantile(draws, tail)).astype(np.float64))) for tail in TAILS)


def highest_density(draws: Floats, level: float = 0.95) -> tuple[float, float]:
    """Shortest interval that holds a share of the draws, of shape (m,)."""
    ordered = np.sort(np.ravel(draws))
    inside = int(np.floor(level * len(ordered)))
    if inside >= len(ordered):
        return float(ordered[0]), float(ordered[-1])
    first = int(np.argmin(ordered[inside:] - ordered[: len(ordered) - inside]))
    return float(ordered[first]), float(ordered[first + inside])


def highest_density_each(draws: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """:func:`highest_density` of every column of draws of shape (draws, m): two of shape (m,)."""
    ordered = np.sort(draws, axis=0)
    inside = int(np.floor(level * len(ordered)))
    if inside >= len(ordered):
        return ordered[0], ordered[-1]
    first = np.argmin(ordered[inside:] - ordered[: len(ordered) - inside], axis=0)
    column = np.arange(ordered.shape[1])
    return ordered[first, column], ordered[first + inside, column]


def _split(draws: Floats) -> Floats:
    """Each chain's halves as chains of their own, the middle draw of an odd number left out."""
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, draws.shape[1] - half :]])


def _normal_scores(draws: Floats) -> Floats:
    ranks = rankdata(draws, method="average").reshape(draws.shape)
    return np.asarray(ndtri((ranks - 0.375) / (draws.size + 0.25)))


def _reduction(chains: Floats) -> float:
    """Root of the ratio of the pooled variance to that within chains."""
    n = chains.shape[1]
    within = chains.var(axis=1, ddof=1).mean()
    between = chains.mean(axis=1).var(ddof=1)
    return float(np.sqrt((n - 1) / n + between / within)) if within > 0 else float("nan")


def _size(chains: Floats) -> float:
    """Draws over autocorrelation time, by Geyer's initial monotone sequence over all chains."""
    m, n = chains.shape
    if n < 4 or np.ptp(chains) == 0:
        return float(m * n)
    centred = chains - chains.mean(axis=1, keepdims=True)
    spectrum = np.abs(np.fft.rfft(centred, 2 * n, axis=1)) ** 2
    covariance = np.fft.irfft(spectrum, 2 * n, axis=1)[:, :n].mean(axis=0) / n
    within = covariance[0] * n / (n - 1)
    pooled = covariance[0] + (chains.mean(axis=1).var(ddof=1) if m > 1 else 0.0)
    rho = 1 - (within - covariance) / pooled
    rho[0] = 1.0
    # The last pairs rest on too few products.
    number = max((n - 3) // 2, 1)
    pairs = rho[0 : 2 * number : 2] + rho[1 : 2 * number : 2]
    negative = np.flatnonzero(pairs < 0)
    stop = int(negative[0]) if len(negative) else number
    tau = 2 * np.minimum.accumulate(pairs[:stop]).sum() - 1 + max(rho[2 * stop], 0.0)
    return float(m * n / max(tau, 1 / np.log10(m * n)))

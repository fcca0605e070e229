"""An observed number of hits against a sum of independent indicators with known chances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from forensics.kernels.binomial import poisson_binomial_tails


@dataclass(frozen=True, slots=True)
class Excess:
    """Observed minus expected hits, in shares of n; ``z`` and p are ``None`` where nothing varies."""

    n: int
    share: float
    expected: float
    excess: float
    low: float
    high: float
    z: float | None
    pvalue: float | None


def excess_share(
    hits: float, expected: float, squares: float, n: float, *, confidence_level: float = 0.95
) -> Excess | None:
    """Excess share of hits with a normal interval and a two-sided p-value.

    Parameters
    ----------
    hits, expected : float
        Observed hits, and the sum of their chances q (scaled to the n counted).
    squares : float
        Sum of q², on the same scale: the variance is expected − squares.
    n : float
        Number counted.

    Returns
    -------
    Excess or None
        ``None`` where nothing was counted.
    """
    if n <= 0:
        return None
    deviation = max(expected - squares, 0.0) ** 0.5
    half = float(ndtri((1 + confidence_level) / 2)) * deviation / n
    excess = (hits - expected) / n
    z = (hits - expected) / deviation if deviation > 0 else None
    return Excess(
        n=int(n),
        share=hits / n,
        expected=expected / n,
        excess=excess,
        low=excess - half,
        high=excess + half,
        z=z,
        pvalue=None if z is None else float(2 * ndtr(-abs(z))),
    )


@dataclass(frozen=True, slots=True)
class Hits:
    """Hits of independent indicators against Σq; ``z`` and the upper p are ``None`` where Σq(1−q) = 0."""

    n: int
    observed: int
    expected: float
    deviation: float
    z: float | None
    pvalue: float | None

    @property
    def excess(self) -> float:
        """Observed minus expected hits."""
        return self.observed - self.expected

    def interval(self, confidence_level: float, scale: float = 1.0) -> tuple[float, float]:
        """Normal interval of the excess, divided by ``scale``."""
        return normal_interval(self.excess / scale, self.deviation / scale, confidence_level)


def moments_of(hit: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per indicator (1, hit, q, q(1−q), q(1−q)(1−2q)), shape (m, 5): what :func:`hits_of` needs summed."""
    spread = q * (1 - q)
    return np.stack([np.ones_like(q), hit, q, spread, spread * (1 - 2 * q)], axis=-1)


def hits_of(moments: NDArray[np.float64]) -> Hits:
    """Hits against their Poisson-binomial null from the sums of :func:`moments_of`, shape (5,)."""
    n, hits, mean, variance, third = (float(value) for value in moments)
    deviation = max(variance, 0.0) ** 0.5
    if deviation == 0:
        return Hits(int(n), int(hits), mean, 0.0, None, None)
    _, upper = poisson_binomial_tails(hits, mean, variance, third)
    return Hits(int(n), int(hits), mean, deviation, (hits - mean) / deviation, upper)


def normal_interval(value: float, deviation: float, confidence_level: float) -> tuple[float, float]:
    """``value`` plus and minus the normal quantile times ``deviation``."""
    half = float(ndtri((1 + confidence_level) / 2)) * deviation
    return value - half, value + half

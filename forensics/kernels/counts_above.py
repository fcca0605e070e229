"""Counts against what a smooth curve leads one to expect, conservatively and exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, chdtri, gammainc, pdtrik

Floats = NDArray[np.float64]


def above_smooth(observed: float, expected: float) -> float:
    """P(X ≥ observed) for a Poisson count.

    A sum of indicators of unequal chances varies less than a Poisson count of the same mean, so
    this is conservative for counts above their mean (Hoeffding 1956).
    """
    if observed <= 0:
        return 1.0
    return float(gammainc(observed, expected)) if expected > 0 else 0.0


def continued_tail(outside: float, beside: float, before: float) -> float:
    """P(at least ``outside``) where the density beyond two intervals goes on as it went in them.

    The last interval is half as wide as each of the two before it. The density in it is at most
    that beside it, or, where it was already rising, that much again in proportion to the distance
    between the middles (three quarters of a step).

    Parameters
    ----------
    outside, beside, before : float
        Counts in the last interval and in the two before it, from the edge inwards.
    """
    if outside <= 0:
        return 1.0
    growth = max(1.0, (beside + 0.5) / (before + 0.5)) ** 0.75
    return float(bdtrc(int(outside) - 1, int(outside + beside), growth / (2 + growth)))


def excess_interval(observed: float, expected: float, level: float) -> tuple[float, float]:
    """Exact interval of a Poisson mean (Garwood 1936), less the expectation."""
    tail = (1 - level) / 2
    low = float(chdtri(2 * observed, 1 - tail)) / 2 if observed > 0 else 0.0
    return low - expected, float(chdtri(2 * observed + 2, tail)) / 2 - expected


def poisson_band(expected: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Smallest counts whose probability of not being exceeded reaches either end of the band."""
    tail = (1 - level) / 2
    mean = np.maximum(expected, 1e-12)

    def reached(chance: float) -> Floats:
        return np.asarray(np.ceil(np.maximum(np.nan_to_num(pdtrik(chance, mean)), 0.0)))

    return reached(tail), reached(1 - tail)

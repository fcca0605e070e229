"""A count that cannot exceed another: how far errors may carry it beyond, and how often they do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr
from scipy.stats import beta, binom

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Probability that errors of counting pass the allowance of a row, at most.
PASSED = 1e-3
#: Parts of one error into which means are rounded upwards: rows of like size share an allowance.
_STEPS = 32


def allowances(ballots: Floats, errors: float) -> Floats:
    """Smallest whole number that Poisson errors with mean ``errors`` × ballots hardly ever pass.

    Parameters
    ----------
    ballots : ndarray of float64, shape (m,)
        Not negative.
    errors : float
        Share of the ballots that honest counting may misplace, ≥ 0.

    Returns
    -------
    ndarray of float64, shape (m,)
        P(errors > allowance) ≤ ``PASSED``.
    """
    mean, place = np.unique(np.ceil(errors * ballots * _STEPS) / _STEPS, return_inverse=True)
    allowance = np.zeros_like(mean)
    while (passed := 1 - pdtr(allowance, mean) > PASSED).any():
        allowance[passed] += 1
    return np.asarray(allowance[place])


def more_than_slips(beyond: int, rows: int, slips: float) -> float:
    """P(at least so many rows beyond their allowance) if slips and errors put them there.

    Each row is beyond with a chance of at most ``slips + PASSED``. The rows' chances need not be
    alike: beyond its mean, a sum of unlike indicators has lighter tails than the binomial of the
    same mean (Hoeffding 1956).
    """
    return float(binom.sf(beyond - 1, rows, min(slips + PASSED, 1.0))) if beyond else 1.0


def share_interval(found: int, rows: int, level: float) -> tuple[float, float]:
    """Exact interval of a binomial share (Clopper and Pearson 1934)."""
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, found, rows - found + 1)) if found else 0.0
    high = float(beta.ppf(1 - tail, found + 1, rows - found)) if found < rows else 1.0
    return low, high

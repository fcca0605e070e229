"""Chances that a redrawn percentage falls on a whole number, exactly and without drawing.

X ~ Bin(n, p); q = P(|100 X/n − j·period| ≤ window/2 for some integer j). Only the few counts that
lie in a window are evaluated.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from forensics.kernels.compiled import window_loop

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Windows farther than this many standard deviations hold less than 1e-6 of a precinct, of which a
#: tenth are hits: less than .01 of a hit in a hundred thousand precincts.
REACH = 5.0
#: Chances are rounded here, so that the compiled loop and the arrays give the same numbers.
DECIMALS = 11
#: Windows evaluated together; small enough for the arrays to stay in cache.
BLOCK = 16_384


def tolerance(window: float) -> tuple[int, int]:
    """Half the window as a fraction a/b of a percentage point, from its decimal form."""
    half = Fraction(str(window)) / 2
    return half.numerator, half.denominator


def is_whole(x: Integers, n: Integers, *, period: int = 1, window: float = 0.1) -> NDArray[np.bool_]:
    """Whether 100 x/n lies within half a window of a multiple of ``period``, in exact integers."""
    a, b = tolerance(window)
    step = period * b * n
    rest = (100 * b * x) % step
    return np.asarray(np.minimum(rest, step - rest) <= a * n)


def whole_chances(n: Integers, p: Floats, *, period: int = 1, window: float = 0.1) -> Floats:
    """q = P(100 X/n within half a window of a multiple of ``period``) for X ~ Bin(n, p).

    Parameters
    ----------
    n : ndarray of int64, shape (m,)
        Trials, at least 1.
    p : ndarray of float64, shape (m,)
        Chance, in [0, 1]; at 0 and 1 the count cannot vary and q is 1.

    Returns
    -------
    ndarray of float64, shape (m,)
    """
    q = np.where((p > 0) & (p < 1), 0.0, 1.0)
    rows = np.flatnonzero(q == 0.0)
    size, rate = n[rows].astype(np.float64), p[rows]
    spread = np.sqrt(size * rate * (1 - rate))
    # Multiples of the period that can be reached from the mean, first and number.
    reach = 100 * (REACH * spread + REACH) / (period * size)
    centre = 100 * rate / period
    first = np.maximum(np.ceil(centre - reach), 0)
    points = (np.minimum(np.floor(centre + reach), 100 // period) - first + 1).astype(np.intp)
    ends = np.cumsum(points)
    factorials = gammaln(np.arange(int(size.max(initial=0)) + 1) + 1.0)
    loop = window_loop()
    if loop is not None:
        q[rows] = loop(size, rate, first, points, factorials, period, *tolerance(window))
        return np.asarray(np.round(np.minimum(q, 1.0), DECIMALS))
    start = 0
    while start < len(rows):
        stop = max(int(np.searchsorted(ends, ends[start] - points[start] + BLOCK)), start + 1)
        part = slice(start, stop)
        q[rows[part]] = _block(
            size[part], rate[part], first[part], points[part], factorials, period, window
        )
        start = stop
    return np.asarray(np.round(np.minimum(q, 1.0), DECIMALS))


def _block(
    size: Floats,
    rate: Floats,
    first: Floats,
    points: NDArray[np.intp],
    factorials: Floats,
    period: int,
    window: float,
) -> Floats:
    """Chances of one block of precincts, from a flat list of (precinct, count in a window)."""
    whole = size.astype(np.intp)
    owner, x = _in_windows(size, first, points, period, window)
    log_odds, log_none = np.log(rate) - np.log1p(-rate), size * np.log1p(-rate)
    log_mass = (factorials[whole] + log_none)[owner] + x * log_odds[owner]
    log_mass -= factorials[x] + factorials[whole[owner] - x]
    return np.asarray(np.bincount(owner, np.exp(log_mass), len(size)), dtype=np.float64)


def _in_windows(
    size: Floats, first: Floats, points: NDArray[np.intp], period: int, window: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every count that lies in a window, with the number of its precinct."""
    a, b = tolerance(window)
    owner = np.repeat(np.arange(len(size)), points)
    offset = np.arange(len(owner)) - np.repeat(np.cumsum(points) - points, points)
    n = size[owner]
    point = (first[owner] + offset) * (period * b)
    # Quotients of whole numbers below 2^53 by 100 b are never rounded across a whole number.
    low = np.maximum(np.ceil((point - a) * n / (100 * b)), 0)
    high = np.minimum(np.floor((point + a) * n / (100 * b)), n)
    hits = np.maximum(high - low + 1, 0).astype(np.intp)
    owner = np.repeat(owner, hits)
    return owner, np.arange(len(owner)) + np.repeat(low.astype(np.intp) - np.cumsum(hits) + hits, hits)

"""Chances that a redrawn percentage falls on a whole number, exactly and without drawing.

X ~ Bin(n, p); q = P(|100 X/n − j·period| ≤ window/2 for some integer j). Only the few counts that
lie in a window are evaluated, by Loader's saddle-point form of the binomial probability.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Windows farther than this many standard deviations hold less than 1e-11 of a precinct.
REACH = 7.0
#: Errors of Stirling's formula, log(n!) − ½log(2πn) − n log(n/e), for n = 0 … 15 (exact).
_SMALL = 16


def _stirling_errors() -> Floats:
    from math import lgamma, log, pi

    exact = [lgamma(n + 1) - 0.5 * log(2 * pi * n) - n * log(n) + n for n in range(1, _SMALL)]
    return np.array([0.0, *exact])


_TABLE = _stirling_errors()


def _stirling(n: Floats) -> Floats:
    """Error of Stirling's formula; its series is exact to 1e-15 from 16 on."""
    m = np.maximum(n, 1.0)
    r = 1.0 / (m * m)
    series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / m
    return np.where(n < _SMALL, _TABLE[np.minimum(n, _SMALL - 1).astype(np.intp)], series)


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
    a, b = tolerance(window)
    size = n.astype(np.float64)
    inside = (p > 0) & (p < 1)
    q = np.where(inside, 0.0, 1.0)
    rows = np.flatnonzero(inside)
    size, rate, whole = size[rows], p[rows], n[rows]
    spread = np.sqrt(size * rate * (1 - rate))
    # Points, in units of the period, that can be reached from the mean.
    centre = np.rint(100 * rate / period).astype(np.int64)
    reach = np.ceil(100 * (REACH * spread + REACH) / (period * size)).astype(np.int64) + 1
    order = np.argsort(reach, kind="stable")
    log_p, log_q = np.log(rate), np.log1p(-rate)
    found = np.zeros(len(rows))
    constant = _stirling(size)
    start = 0
    for offset in range(int(reach.max(initial=-1)) + 1):
        start = int(np.searchsorted(reach[order], offset))
        live = order[start:]
        for sign in (1, -1) if offset else (1,):
            point = (centre[live] + sign * offset) * (period * b)
            near = (point >= 0) & (point <= 100 * b)
            rows_ = live[near]
            scaled = point[near] * whole[rows_]
            margin = a * whole[rows_]
            low = -((margin - scaled) // (100 * b))
            high = (scaled + margin) // (100 * b)
            low, high = np.maximum(low, 0), np.minimum(high, whole[rows_])
            for step in range(int((high - low).max(initial=-1)) + 1):
                hit = low + step <= high
                r = rows_[hit]
                x = (low + step)[hit].astype(np.float64)
                found[r] += _mass(x, size[r], rate[r], log_p[r], log_q[r], constant[r])
    q[inside] = np.minimum(found, 1.0)
    return q


def _mass(x: Floats, n: Floats, p: Floats, log_p: Floats, log_q: Floats, constant: Floats) -> Floats:
    """Binomial probability of x (Loader 2000): Stirling errors and the Kullback–Leibler distance."""
    y = n - x
    with np.errstate(divide="ignore", invalid="ignore"):
        log_mass = constant - _stirling(x) - _stirling(y)
        log_mass += x * (log_p - np.log(x / n)) + y * (log_q - np.log(y / n))
        log_mass += 0.5 * np.log(n / (2 * np.pi * x * y))
    edge = np.where(x == 0, n * log_q, n * log_p)
    return np.exp(np.where((x == 0) | (y == 0), edge, log_mass))

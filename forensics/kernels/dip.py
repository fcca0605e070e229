"""Hartigan's dip: how far a sample is from the nearest unimodal distribution.

The dip of a distribution function F is the smallest sup |F − G| over unimodal G: convex up to the
mode and concave after it. It is found as in Hartigan and Hartigan (1985): the greatest convex
minorant and the least concave majorant of F are compared on an interval that shrinks around the
mode until what lies outside it departs more from the two curves than they do from each other.
Tied values are compressed, and both curves come from isotonic regressions of the slopes of F.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dip:
    """``dip`` in [1/(2n), 1/4] and the modal interval ``(low, high)``, two values of the sample."""

    dip: float
    low: float
    high: float
    n: int


def dip(x: Floats) -> Dip:
    """The dip of a sample and its modal interval.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
        A sample in any order, with or without ties, all values finite, n at least 1.

    Returns
    -------
    Dip
        Exact up to rounding; a sample of one value has the smallest dip there is, 1/(2n).

    Raises
    ------
    ValueError
        If the sample is empty or a value is not finite.
    """
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 1 or not len(x) or not np.isfinite(x).all():
        raise ValueError("a dip is taken of one or more finite numbers")
    values, ties = np.unique(x, return_counts=True)
    above = np.cumsum(ties).astype(np.float64)
    below = above - ties
    low, high, widest = 0, len(values) - 1, 1.0
    while low < high:
        inside = slice(low, high + 1)
        at, bottom, top = values[inside], below[inside], above[inside]
        convex, convex_knots = _convex_minorant(at, bottom)
        minus_concave, concave_knots = _convex_minorant(at, -top)
        concave = -minus_concave
        gap = concave - convex
        # The gap is largest at a knot; of several, the rightmost.
        knots = convex_knots | concave_knots
        place = int(np.flatnonzero(knots & (gap >= gap[knots].max()))[-1])
        if gap[place] <= widest:
            break
        left = int(np.flatnonzero(convex_knots[: place + 1])[-1])
        right = place + int(np.flatnonzero(concave_knots[place:])[0])
        before = (top - convex)[:left].max(initial=0.0)
        after = (concave - bottom)[right + 1 :].max(initial=0.0)
        widest = max(widest, float(before), float(after))
        if left == 0 and right == len(at) - 1:
            break
        low, high = low + left, low + right
    return Dip(widest / (2 * len(x)), float(values[low]), float(values[high]), len(x))


def _convex_minorant(x: Floats, y: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Greatest convex minorant of the points (x, y) at each x, and which points are its knots."""
    width = np.diff(x)
    fit = isotonic_regression(np.diff(y) / width, weights=width)
    knots = np.asarray(fit.blocks)
    flags = np.zeros(len(x), dtype=np.bool_)
    flags[knots] = True
    # Through the knots themselves: sums of fitted slopes would gather rounding errors.
    return np.interp(x, x[knots], y[knots]), flags

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

from forensics.kernels.dip_quantiles import LEVELS, QUANTILES, SIZES

Floats = NDArray[np.float64]

#: Sizes between which published p-values are interpolated; above 10,000 our own.
PUBLISHED = (10, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 100_000)


@dataclass(frozen=True, slots=True)
class Dip:
    """``dip`` in [1/(2n), 1/4] and the modal interval ``(low, high)``, two values of the sample."""

    dip: float
    low: float
    high: float
    n: int


def dip(x: Floats, times: NDArray[np.int64] | None = None) -> Dip:
    """The dip of a sample and its modal interval.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
        A sample in any order, with or without ties, all values finite, n at least 1.
    times : ndarray of int64, shape (n,), optional
        How often each value occurs, at least once; the values are then distinct and ascending.

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
    values, ties = np.unique(x, return_counts=True) if times is None else (x, times)
    above = np.cumsum(ties).astype(np.float64)
    below = above - ties
    low, high, widest = 0, len(values) - 1, 1.0
    while low < high:
        inside = slice(low, high + 1)
        at, bottom, top = values[inside], below[inside], above[inside]
        width = at[1:] - at[:-1]
        convex, convex_knots = _convex_minorant(at, bottom, width)
        minus_concave, concave_knots = _convex_minorant(at, -top, width)
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
    n = int(above[-1])
    return Dip(widest / (2 * n), float(values[low]), float(values[high]), n)


def _convex_minorant(x: Floats, y: Floats, width: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Greatest convex minorant of the points (x, y) at each x, and which points are its knots."""
    fit = isotonic_regression((y[1:] - y[:-1]) / width, weights=width)
    knots = np.asarray(fit.blocks)
    flags = np.zeros(len(x), dtype=np.bool_)
    flags[knots] = True
    # Through the knots themselves: sums of fitted slopes would gather rounding errors.
    return np.interp(x, x[knots], y[knots]), flags


def dip_pvalue(
    value: float, n: int, *, samples: int = 999, rng: np.random.Generator | int | None = None
) -> float:
    """P(dip of n uniform numbers ≥ value): the null of Hartigan and Hartigan, the hardest unimodal one.

    Interpolated in a simulated table of √n · dip for n from 10 to 100,000, linear in √n between the
    sizes of the published tables and between quantiles: the convention that published p-values
    follow (a finer table gives up to .006 more between n = 200 and 500). Beyond its last quantile
    log p falls on in a straight line, which is too slow, so the p-value is rather too large. For
    other n the null is simulated, (b + 1)/(samples + 1).

    Parameters
    ----------
    value : float
        A dip.
    n : int
        Size of the sample, at least 1.
    samples, rng
        Simulated samples and their source, outside the table.
    """
    scaled = np.sqrt(n) * value
    if not SIZES[0] <= n <= SIZES[-1]:
        generator = np.random.default_rng(rng)
        null = np.array([dip(generator.random(n)).dip for _ in range(samples)])
        # Equal dips must count as reached: they are sums of the same fractions in another order.
        return float((np.sum(null >= value - 1e-12) + 1) / (samples + 1))
    published = np.isin(SIZES, PUBLISHED)
    sizes, table = np.sqrt(SIZES[published]), QUANTILES[published]
    at = np.interp(np.sqrt(n), sizes, np.arange(len(sizes)))
    low = min(int(at), len(sizes) - 2)
    quantiles = (1 - (at - low)) * table[low] + (at - low) * table[low + 1]
    if scaled <= quantiles[-1]:
        return float(1 - np.interp(scaled, quantiles, LEVELS, left=0.0))
    tail = np.log1p(-LEVELS[-3:])
    slope = (tail[-1] - tail[0]) / (quantiles[-1] - quantiles[-3])
    return float(np.exp(tail[-1] + slope * (scaled - quantiles[-1])))

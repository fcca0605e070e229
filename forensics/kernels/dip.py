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
    values, ties = _tied(x) if times is None else (x, times)
    above = np.cumsum(ties).astype(np.float64)
    below = above - ties
    low, high, widest = 0, len(values) - 1, 1.0
    while low < high:
        inside = slice(low, high + 1)
        at, bottom, top = values[inside], below[inside], above[inside]
        width = at[1:] - at[:-1]
        # Both curves are straight between their knots, so that only these need be looked at.
        convex, concave = _knots(bottom, top, width)
        convex_at, convex_is = at[convex], bottom[convex]
        concave_at, concave_is = at[concave], top[concave]
        gap_convex = np.interp(convex_at, concave_at, concave_is) - convex_is
        gap_concave = concave_is - np.interp(concave_at, convex_at, convex_is)
        gap = max(gap_convex.max(), gap_concave.max())
        if gap <= widest:
            break
        # The gap is largest at a knot; of several, the rightmost.
        place = max(max(convex[gap_convex >= gap], default=0), max(concave[gap_concave >= gap], default=0))
        left = int(convex[np.searchsorted(convex, place, side="right") - 1])
        right = int(concave[np.searchsorted(concave, place)])
        before = top[:left] - np.interp(at[:left], convex_at, convex_is)
        after = np.interp(at[right + 1 :], concave_at, concave_is) - bottom[right + 1 :]
        widest = max(widest, float(before.max(initial=0.0)), float(after.max(initial=0.0)))
        if left == 0 and right == len(at) - 1:
            break
        low, high = low + left, low + right
    n = int(above[-1])
    return Dip(widest / (2 * n), float(values[low]), float(values[high]), n)


def _tied(x: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Distinct values in ascending order, and how often each occurs."""
    values = np.sort(x)
    first = np.flatnonzero(np.diff(values, prepend=-np.inf))
    return values[first], np.diff(first, append=len(x)).astype(np.int64)


def _knots(bottom: Floats, top: Floats, width: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which points are knots of the convex minorant of ``bottom``, and of the concave majorant of ``top``.

    The steps between the points have these widths. Slopes of the one are positive, those of the
    other, turned over to be convex, negative: one regression serves both without mixing them.
    """
    steps = np.concatenate([top[:-1] - top[1:], bottom[1:] - bottom[:-1]])
    widths = np.concatenate([width, width])
    blocks = np.asarray(isotonic_regression(steps / widths, weights=widths).blocks, dtype=np.intp)
    between = int(np.searchsorted(blocks, len(width)))
    return blocks[between:] - len(width), blocks[: between + 1]


def dip_pvalue(
    value: float, n: int, *, samples: int = 999, rng: np.random.Generator | int | None = None
) -> float:
    """P(dip of n uniform numbers ≥ value): the null of Hartigan and Hartigan, the hardest unimodal one.

    Interpolated in a simulated table of √n · dip for n from 10 to 100,000, linear in √n between the
    sizes of the published tables and between quantiles: the convention that published p-values
    follow (a finer table gives up to .006 more between n = 200 and 500). Beyond its last quantile
    log p falls on in a straight line, which is too slow, so the p-value is rather too large. For
    n below 10 the null is simulated, (b + 1)/(samples + 1); above 100,000 the last row is used.

    Parameters
    ----------
    value : float
        A dip.
    n : int
        Size of the sample, at least 1.
    samples, rng
        Simulated samples and their source, below the table.
    """
    scaled = np.sqrt(n) * value
    if n < SIZES[0]:
        generator = np.random.default_rng(rng)
        null = np.array([dip(generator.random(n)).dip for _ in range(samples)])
        # Equal dips must count as reached: they are sums of the same fractions in another order.
        return float((np.sum(null >= value - 1e-12) + 1) / (samples + 1))
    published = np.isin(SIZES, PUBLISHED)
    sizes, table = np.sqrt(SIZES[published]), QUANTILES[published]
    # √n · dip has a limit, and from n = 10,000 on the rows differ by no more than their simulation.
    at = np.interp(np.sqrt(n), sizes, np.arange(len(sizes)))
    low = min(int(at), len(sizes) - 2)
    quantiles = (1 - (at - low)) * table[low] + (at - low) * table[low + 1]
    if scaled <= quantiles[-1]:
        return float(1 - np.interp(scaled, quantiles, LEVELS, left=0.0))
    tail = np.log1p(-LEVELS[-3:])
    slope = (tail[-1] - tail[0]) / (quantiles[-1] - quantiles[-3])
    return float(np.exp(tail[-1] + slope * (scaled - quantiles[-1])))

"""Bursts that move from precinct to precinct: lagged products against circular shifts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from forensics.kernels.resampled import Resampled

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Scores below this many standard deviations are no burst.
BURST = 1.0
#: Longest way from one stop to the next, in intervals.
LAGS = 4


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of precincts that one vehicle may serve one after the other; arrays of shape (p,).

    ``i`` < ``j`` rows, ``unit`` of both, ``kilometres`` between them.
    """

    i: Codes
    j: Codes
    unit: Codes
    kilometres: Floats


def near_pairs(x: Floats, y: Floats, unit: Codes, *, reach: float, neighbours: int) -> Pairs:
    """Each precinct with its nearest ones of the same unit, not farther than ``reach``.

    In small units with no more than a third of the others, so that others remain to compare with.

    Parameters
    ----------
    x, y : ndarray of float64, shape (m,)
        Kilometres.
    unit : ndarray of intp, shape (m,)
    reach : float
        Kilometres.
    neighbours : int
        How many nearest precincts each one is paired with at most.
    """
    m = len(x)
    # Units lie in planes farther apart than any reach: the nearest points are of the same unit.
    points = np.column_stack([x, y, unit * 10.0 * reach])
    found = cKDTree(points).query(points, min(neighbours + 1, m), distance_upper_bound=reach)
    width = min(neighbours + 1, m)
    distance = np.asarray(found[0]).reshape(m, width)
    other = np.asarray(found[1]).reshape(m, width)
    first = np.broadcast_to(np.arange(m)[:, None], other.shape)
    valid = np.isfinite(distance) & (other != first) & (other < m)
    most = np.clip((np.bincount(unit)[unit] - 1) // 3, 1, neighbours)
    kept = valid & (np.cumsum(valid, axis=1) <= most[:, None])
    low, high = np.minimum(first, other)[kept], np.maximum(first, other)[kept]
    _, once = np.unique(low.astype(np.int64) * m + high, return_index=True)
    i, j = low[once].astype(np.intp), high[once].astype(np.intp)
    return Pairs(i, j, unit[i], distance[kept][once])


def bursts(scores: Floats) -> Floats:
    """Positive parts of scores beyond ``BURST``, with mean 0 in every interval, shape (m, k)."""
    part = np.maximum(scores - BURST, 0.0)
    return np.asarray(part - part.mean(axis=0))


def travel_weights(hours: Floats, step: float) -> Floats:
    """Weights of lags of 1, 2 … ``LAGS`` intervals for each pair, float64 of shape (p, LAGS).

    Who is on the way for a time between two whole lags is looked for at both, in proportion.

    Parameters
    ----------
    hours : ndarray of float64, shape (p,)
        From one stop to the next, waiting and driving.
    step : float
        Hours of an interval.

    Notes
    -----
    Who is on the way for less than an interval is looked for in the next one: the same interval
    shows what precincts have in common, and is left out.
    """
    intervals = np.clip(hours / step, 1.0, LAGS)
    return np.asarray(np.maximum(0.0, 1 - np.abs(intervals[:, None] - np.arange(1, LAGS + 1))))


@dataclass(frozen=True, slots=True)
class Lagged:
    """Lagged products of near pairs, ready to be compared with those of all pairs of their units.

    Parameters
    ----------
    burst : ndarray of float64, shape (m, k)
    pairs : Pairs
    products : ndarray of float64, shape (p, k)
        Weighted products of each pair, both directions, for each circular shift of j against i;
        column 0 is what was observed.
    contrasted : ndarray of float64, shape (p, k)
        The same plus what the pair weighs among the other pairs of its unit, from which all pairs
        together are then taken.
    scale : ndarray of float64, shape (p,)
        The root of the product of both sums of squares: a product by it is a correlation.
    rows, first : ndarray of intp, shape (m,) and (units,)
        Rows in the order of their units, and where each unit begins.
    others : ndarray of float64, shape (units,)
        Near pairs by other pairs; 0 where there are no others, and the unit then says nothing.
    weights : ndarray of float64, shape (units, LAGS)
        Mean weights of the near pairs of each unit.
    own : ndarray of float64, shape (units, LAGS)
        Lagged products of precincts with themselves.
    simultaneous : ndarray of float64, shape (units,)
        Observed products of near pairs in the same interval, less those of the other pairs, on the
        scale of the lagged ones: what near precincts have in common raises these too, and a vehicle
        is at one place at a time.
    """

    burst: Floats
    pairs: Pairs
    products: Floats
    contrasted: Floats
    scale: Floats
    rows: Codes
    first: Codes
    others: Floats
    weights: Floats
    own: Floats
    simultaneous: Floats


def lagged_products(burst: Floats, unit: Codes, units: int, pairs: Pairs, weights: Floats) -> Lagged:
    """Lagged products of near pairs and of all pairs of their units, ready to be shifted.

    Parameters
    ----------
    burst : ndarray of float64, shape (m, k)
        Of :func:`bursts`.
    unit : ndarray of intp, shape (m,)
        Codes 0 … units−1, each with a row.
    pairs : Pairs
    weights : ndarray of float64, shape (p, LAGS)
    """
    k = burst.shape[1]
    size = np.bincount(unit, minlength=units).astype(np.float64)
    near = np.bincount(pairs.unit, minlength=units).astype(np.float64)
    far = size * (size - 1) / 2 - near
    others = np.divide(near, far, out=np.zeros(units), where=(near > 0) & (far > 0))
    sums = np.column_stack([np.bincount(pairs.unit, column, units) for column in weights.T])
    mean: Floats = sums / np.maximum(near, 1.0)[:, None]
    spectrum = np.fft.rfft(burst, axis=1)
    together = np.fft.irfft(np.conj(spectrum[pairs.i]) * spectrum[pairs.j], n=k, axis=1)
    alone = np.fft.irfft(np.abs(spectrum) ** 2, n=k, axis=1)
    products, contrasted = np.zeros_like(together), np.zeros_like(together)
    shift = np.arange(k)
    share = (others[:, None] * mean)[pairs.unit]
    for lag in range(1, LAGS + 1):
        both = together[:, (shift + lag) % k] + together[:, (shift - lag) % k]
        products += weights[:, [lag - 1]] * both
        contrasted += (weights + share)[:, [lag - 1]] * both
    rows = np.argsort(unit, kind="stable")
    first = np.searchsorted(unit[rows], np.arange(units))
    same = 2 * np.bincount(pairs.unit, together[:, 0], units)
    totals = np.add.reduceat(burst[rows], first, axis=0)
    whole = (totals**2).sum(axis=1) - np.bincount(unit, alone[:, 0], units)
    return Lagged(
        burst=burst,
        pairs=pairs,
        products=products,
        contrasted=contrasted,
        scale=np.sqrt(alone[pairs.i, 0] * alone[pairs.j, 0]),
        rows=rows,
        first=first,
        others=others,
        weights=mean,
        own=np.column_stack([np.bincount(unit, alone[:, lag % k], units) for lag in range(1, LAGS + 1)]),
        simultaneous=np.where(others > 0, (1 + others) * same - others * whole, 0.0),
    )


def circular_shifts(lagged: Lagged, *, n_resamples: int, rng: np.random.Generator) -> Resampled:
    """Near less other lagged products by unit, observed and with every precinct's day shifted by itself.

    What all precincts of a unit have in common raises or lowers the products of near and of other
    pairs alike, and cancels; the shifts tell how far what remains may lie from 0 by chance.
    """
    rows, k = lagged.burst.shape
    drawn = np.empty((n_resamples, len(lagged.others)))
    for draw in range(n_resamples):
        drawn[draw] = _contrast(lagged, np.asarray(rng.integers(0, k, rows), dtype=np.intp))
    return Resampled(_contrast(lagged, np.zeros(rows, dtype=np.intp)), drawn)


def _contrast(lagged: Lagged, offset: Codes) -> Floats:
    """Near less other products by unit with every row's day shifted by its offset, shape (units,)."""
    pairs, units = lagged.pairs, len(lagged.others)
    k = lagged.burst.shape[1]
    shift = (offset[pairs.j] - offset[pairs.i]) % k
    near = np.bincount(pairs.unit, lagged.contrasted[np.arange(len(shift)), shift], units)
    at = (np.arange(k)[None, :] + offset[lagged.rows][:, None]) % k
    sums = np.add.reduceat(lagged.burst[lagged.rows[:, None], at], lagged.first, axis=0)
    both = np.column_stack([(sums * np.roll(sums, -lag, axis=1)).sum(axis=1) for lag in range(1, LAGS + 1)])
    whole = ((both - lagged.own) * lagged.weights).sum(axis=1)
    return np.asarray(np.where(lagged.others > 0, near - lagged.others * whole, 0.0))


def best_route(burst: Floats, pairs: Pairs, weights: Floats) -> list[tuple[int, int]]:
    """The chain of (precinct, interval) with the largest sum of bursts that one vehicle can drive.

    Each stop is a near precinct of the one before, at the likeliest lag of the pair, and is visited
    once: a chain that would come back ends there.

    Parameters
    ----------
    burst : ndarray of float64, shape (m, k)
        Cells below 0 only join two that are worth it.
    pairs : Pairs
        Of rows of ``burst``.
    weights : ndarray of float64, shape (p, LAGS)
    """
    m, k = burst.shape
    lag = weights.argmax(axis=1) + 1
    start, end = np.concatenate([pairs.i, pairs.j]), np.concatenate([pairs.j, pairs.i])
    lag = np.concatenate([lag, lag])
    best, before = burst.copy(), np.full((m, k), -1, dtype=np.intp)
    for interval in range(1, k):
        for pair in np.flatnonzero(lag <= interval):
            came = int(start[pair]), interval - int(lag[pair])
            to = int(end[pair])
            gained = best[came] + burst[to, interval]
            if gained > best[to, interval] and to not in {row for row, _ in _back(before, came)}:
                best[to, interval] = gained
                before[to, interval] = came[0] * k + came[1]
    last = divmod(int(best.argmax()), k)
    return _back(before, last)[::-1]


def _back(before: Codes, cell: tuple[int, int]) -> list[tuple[int, int]]:
    """The chain that ends in a cell, from its end."""
    chain = [cell]
    while before[chain[-1]] >= 0:
        chain.append(divmod(int(before[chain[-1]]), before.shape[1]))
    return chain

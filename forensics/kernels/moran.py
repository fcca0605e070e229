"""Moran's I, local Moran and Getis–Ord G*, with permutations within groups.

Letters: z deviations from the mean, lag the mean over neighbours, n rows. Neighbours have equal
weights that sum to one in each row, so S0 is the number of rows that have a neighbour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.spatial import Nearby, Neighbourhood, members

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Codes = NDArray[np.intp]

#: Draws beyond the observed on one side from which on a p-value is exact enough.
FEW = 20
#: Numbers held at once while values are shuffled: what a core keeps in its own cache.
_HELD = 400_000


@dataclass(frozen=True, slots=True)
class Conditional:
    """Draws of the mean over neighbours with the row itself held; int64 of shape (n,).

    ``above`` are draws at least as large as the observed mean, ``below`` those at most as large, of
    ``drawn``. Rows without neighbours have all three equal.
    """

    above: Integers
    below: Integers
    drawn: Integers

    def pvalues(self) -> Floats:
        """Two-sided: twice the smaller of (above + 1)/(drawn + 1) and its counterpart, at most 1."""
        least = np.minimum(self.above, self.below)
        return np.asarray(np.minimum(1.0, 2 * (least + 1) / (self.drawn + 1)))


def moran(values: Floats, near: Neighbourhood) -> Floats:
    """I = (n/S0) Σ z lag(z) / Σ z² of one column of values, or of each of r; shape () or (r,).

    Values that are all equal have I = 0.
    """
    z = values - values.mean(axis=0)
    with_neighbours = int(np.count_nonzero(near.number))
    square = (z * z).sum(axis=0)
    product = (z * near.lag(z)).sum(axis=0)
    scale = len(values) / max(with_neighbours, 1)
    return np.asarray(scale * product / np.where(square > 0, square, 1.0))


def local_moran(values: Floats, near: Neighbourhood) -> Floats:
    """I_i = z_i lag_i / (Σ z²/(n−1)), float64 of shape (n,)."""
    z = values - values.mean()
    square = float(z @ z)
    return np.asarray((len(z) - 1) * z * near.lag(z) / (square if square > 0 else 1.0))


def getis_ord(values: Floats, near: Neighbourhood) -> Floats:
    """G* as a standard deviate: the mean over a row and its neighbours against that of all rows.

    (Σ_j w_ij x_j − x̄ W_i) / (s √((n S1_i − W_i²)/(n−1))) with w_ij = 1/(k_i+1) for the k_i
    neighbours and the row itself, W_i = 1, S1_i = 1/(k_i+1), s² = Σ z²/n; float64 of shape (n,).
    """
    z = values - values.mean()
    n, k = len(z), near.number.astype(np.float64)
    mean = (k * near.lag(z) + z) / (k + 1)
    variance = float(z @ z) / n * (n / (k + 1) - 1) / max(n - 1, 1)
    return np.asarray(np.divide(mean, np.sqrt(variance), out=np.zeros(n), where=variance > 0))


def shuffles(values: Floats, group: Codes, n_resamples: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Values permuted within groups, in blocks of shape (n, r) whose r sum to ``n_resamples``."""
    groups = members(group)
    size = max(1, _HELD // max(len(values), 1))
    for start in range(0, n_resamples, size):
        r = min(size, n_resamples - start)
        block = np.empty((len(values), r))
        for rows in groups:
            block[rows] = rng.permuted(np.repeat(values[rows][None], r, axis=0), axis=1).T
        yield block


def permuted(
    statistics: Callable[[Floats], Floats],
    values: Floats,
    group: Codes,
    n_resamples: int,
    rng: np.random.Generator,
) -> Floats:
    """Statistics of permuted values, float64 of shape (s, n_resamples).

    Parameters
    ----------
    statistics : callable
        Of a block of shape (n, r), giving (s, r).
    values : ndarray of float64, shape (n,)
    group : ndarray of intp, shape (n,)
        Codes 0 … g−1; values change places within a group only.
    n_resamples : int
        At least 1.
    rng : Generator
    """
    return np.concatenate(
        [statistics(block) for block in shuffles(values, group, n_resamples, rng)], axis=1
    )


def upper_pvalue(observed: float, drawn: Floats) -> float:
    """(b + 1)/(m + 1) with b the draws at least as large, up to rounding."""
    slack = 1e-12 * max(1.0, abs(observed))
    return (int(np.count_nonzero(drawn >= observed - slack)) + 1) / (len(drawn) + 1)


def conditional(
    values: Floats,
    near: Nearby,
    group: Codes,
    n_resamples: int,
    rng: np.random.Generator,
    *,
    first: int | None = None,
) -> Conditional:
    """Conditional permutation of the neighbours of each row, the row itself held (Anselin 1995).

    The neighbours of a row are of its group. Their values are drawn without replacement from the
    group without the row. All rows of a group share their draws: k + 1 rows of the group in random
    order; where the row itself is among the first k, the last one takes its place.

    Draws go on, tenfold each time, for the rows that fewer than ``FEW`` of them reached on one
    side: a p-value above 2 FEW/first is final, one below is as exact as all draws make it (after
    Besag and Clifford 1991).

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    near : Nearby
        Neighbours within groups.
    group : ndarray of intp, shape (n,)
        Codes 0 … g−1.
    n_resamples : int
        Most draws of a row.
    rng : Generator
    first : int, optional
        Draws of every row; by default all.
    """
    k = near.number
    total = near.lag(values) * k
    start = min(first or n_resamples, n_resamples)
    above, below, drawn = (np.full(len(values), start, dtype=np.int64) for _ in range(3))
    for rows in members(group):
        some = np.flatnonzero(k[rows] > 0)
        above[rows[some]] = below[rows[some]] = drawn[rows[some]] = 0
        done = 0
        while len(some) and len(rows) > 1 and done < n_resamples:
            more = min(10 * (done + 1) - 1 if done else start, n_resamples) - done
            high, low = _counts(values[rows], k[rows], total[rows], some, more, rng)
            at = rows[some]
            above[at] += high
            below[at] += low
            drawn[at] += more
            done += more
            some = some[np.minimum(above[at], below[at]) < FEW]
    return Conditional(above, below, drawn)


def _counts(
    z: Floats, k: Integers, total: Floats, some: Codes, m: int, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    """Of m draws, those at least as large, and at most as large, as the total of some rows of a group."""
    k_some, total_some = k[some], total[some]
    wanted = min(int(k_some.max()) + 1, len(z))
    place = np.full(len(z), -1, dtype=np.intp)
    place[some] = np.arange(len(some))
    above, below = np.zeros(len(some), dtype=np.int64), np.zeros(len(some), dtype=np.int64)
    # Sums in another order differ in their last bits: equal is equal up to rounding.
    slack = 1e-9 * max(float(np.abs(z).max()), 1e-300)
    size = max(1, _HELD // (len(z) if _is_small(len(z), wanted) else wanted))
    for start in range(0, m, size):
        picks = _distinct(len(z), wanted, min(size, m - start), rng)
        drawn = z[picks]
        sums = np.concatenate([np.zeros((len(drawn), 1)), np.cumsum(drawn, axis=1)], axis=1)
        for count in np.unique(k_some):
            of = np.flatnonzero(k_some == count)
            column = np.sort(sums[:, count])
            above[of] += len(column) - np.searchsorted(column, total_some[of] - slack, side="left")
            below[of] += np.searchsorted(column, total_some[of] + slack, side="right")
        # A draw that holds the row itself: the next one of the draw stands in for it.
        held = np.where(place >= 0, k, 0)
        step, column_of = np.nonzero(np.arange(wanted)[None] < held[picks])
        own = picks[step, column_of]
        whole = sums[step, k[own]]
        instead = whole - z[own] + drawn[step, np.minimum(k[own], wanted - 1)]
        for counts, sign in ((above, 1.0), (below, -1.0)):
            low = sign * total[own] - slack
            change = (sign * instead >= low).astype(np.int64) - (sign * whole >= low)
            counts += np.bincount(place[own], change, len(some)).astype(np.int64)
    return above, below


def _is_small(n: int, k: int) -> bool:
    """Whether k draws from n repeat themselves so often that shuffling all n is cheaper."""
    return 2 * n < k * k


def _distinct(n: int, k: int, m: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """m draws of k different numbers out of 0 … n−1 in random order, int64 of shape (m, k)."""
    if _is_small(n, k):
        return np.asarray(rng.permuted(np.tile(np.arange(n), (m, 1)), axis=1)[:, :k])
    picks = rng.integers(0, n, (m, k))
    again = np.arange(m)
    while len(again):
        ordered = np.sort(picks[again], axis=1)
        again = again[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        picks[again] = rng.integers(0, n, (len(again), k))
    return picks

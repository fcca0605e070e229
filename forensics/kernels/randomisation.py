"""Randomisation inference: compositions exchanged between the bodies that appoint, and within them.

A composition is the mean of its appointing body plus what departs from that mean. Means are
exchanged between bodies of one stratum (a region), departures between precincts of one stratum (a
body, and a band of sizes within it). Where bodies have intercepts of their own only the second
exchange matters, where composition is constant within bodies only the first one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from forensics.kernels.cluster_covariance import Cells
from forensics.kernels.fixed_effects import Fit, demean, left_over

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Permutations at once: bounds memory, changes no result.
_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Exchange:
    """Who may be exchanged for whom; n rows, b bodies.

    ``body`` (n,) the appointing body of each row; ``between`` (b,) the stratum of each body;
    ``within`` (n,) the stratum of each row, nested in the bodies.
    """

    body: Codes
    between: Codes
    within: Codes


@dataclass(frozen=True, slots=True)
class Randomised:
    """Coefficients and clustered t of permuted compositions, float64 of shape (permutations,).

    ``movable`` is the number of rows whose composition can change at all.
    """

    coefficient: Floats
    statistic: Floats
    movable: int


def bands(size: Floats, body: Codes, *, most: int = 3, fewest: int = 5) -> Codes:
    """Strata of rows of one body and of similar size, codes of shape (n,).

    A body is cut into up to ``most`` bands of equally many rows, none below ``fewest``.
    """
    order = np.lexsort((size, body))
    count = np.bincount(body)
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    rank = np.empty(len(body), dtype=np.intp)
    rank[order] = np.arange(len(body)) - first[body[order]]
    cut = np.clip(count // fewest, 1, most)
    band = rank * cut[body] // count[body]
    return np.unique(body * most + band, return_inverse=True)[1].astype(np.intp)


def randomise(
    fitted: Fit,
    cells: Cells,
    place: int,
    composition: Floats,
    exchange: Exchange,
    *,
    permutations: int,
    rng: np.random.Generator,
) -> Randomised:
    """The fit's coefficient of one column again, with the column's values exchanged.

    Parameters
    ----------
    fitted : Fit
    cells : Cells
        Of the clusters whose errors studentise the coefficient.
    place : int
        The column that is permuted.
    composition : ndarray of float64, shape (n,)
        That column before the group means were taken out.
    exchange : Exchange
    permutations : int
    rng : Generator

    Notes
    -----
    Outcome and other columns keep their places (Draper and Stoneman 1966); the statistic is
    studentised, so that the test also holds where exchangeability does not but the coefficient is 0
    (DiCiccio and Romano 2017).
    """
    n, g = len(composition), cells.clusters
    w = fitted.weight
    others = np.delete(fitted.x, place, axis=1)
    inverse = np.linalg.inv(others.T @ (w[:, None] * others)) if others.shape[1] else np.empty((0, 0))
    outcome = fitted.residual + left_over(fitted, place) * fitted.coefficient[place]
    mean = np.bincount(exchange.body, composition) / np.bincount(exchange.body)
    departure = composition - mean[exchange.body]
    cluster = csr_array((np.ones(n), (cells.cluster[cells.of], np.arange(n))), shape=(g, n))
    b, t = [], []
    for begin in range(0, permutations, _CHUNK):
        drawn = np.column_stack(
            [
                mean[shuffled(exchange.between, rng)][exchange.body]
                + departure[shuffled(exchange.within, rng)]
                for _ in range(min(_CHUNK, permutations - begin))
            ]
        )
        own = demean(drawn, fitted.group, w)
        if others.shape[1]:
            own -= others @ (inverse @ ((w[:, None] * others).T @ own))
        weighted = w[:, None] * own
        scale = (weighted * own).sum(axis=0)
        slope = outcome @ weighted / np.where(scale > 0, scale, np.nan)
        score = cluster @ (weighted * (outcome[:, None] - own * slope))
        error = np.sqrt((score**2).sum(axis=0)) / scale
        b.append(slope)
        t.append(slope / np.where(error > 0, error, np.nan))
    movable = _movable(mean, exchange.between)[exchange.body] | _movable(departure, exchange.within)
    return Randomised(np.concatenate(b), np.concatenate(t), int(movable.sum()))


def shuffled(stratum: Codes, rng: np.random.Generator) -> Codes:
    """A permutation of 0 … n − 1 that stays within strata."""
    # Sorted by stratum, then at random: the j-th of a stratum is exchanged for its j-th at random.
    placed = np.argsort(stratum, kind="stable")
    drawn = np.argsort(stratum + rng.random(len(stratum)))
    result = np.empty(len(stratum), dtype=np.intp)
    result[placed] = drawn
    return result


def _movable(values: Floats, stratum: Codes) -> NDArray[np.bool_]:
    """Whether a stratum holds different values, for each of its members."""
    count = int(stratum.max(initial=-1)) + 1
    high, low = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(high, stratum, values)
    np.minimum.at(low, stratum, values)
    return np.asarray((high - low > 1e-12)[stratum])

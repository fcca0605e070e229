"""Slope of one rate on another, pooled and within groups, with clustered errors, for many units at once.

Letters: y a share of votes, a the share of movers (voters from elsewhere) among those who came, x
their number, z their share of the registered voters, w weights. A precinct with a mover share a has
y = α + a (π − α), where α is the support among the others of its group and π that among the movers:
the slope is π − α. A low turnout makes a high by itself, and turnout goes with support: the
difference π − α is therefore estimated with z, which does not depend on turnout, as an instrument.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Share of the variation of a (about its overall mean) below which what is left of it is rounding.
NOTHING = 1e-12
_SLACK = 1e-9
#: Permutations drawn at once: bounds memory; part of the order of the draws.
_CHUNK = 20


@dataclass(frozen=True, slots=True)
class Slopes:
    """Slopes of k units, each of shape (k,); NaN where they are not defined.

    ``pooled`` and ``within`` (an intercept for each group) by least squares, and ``difference``
    (π − α within groups, by instrument), with CRV1 standard errors ``se_…``; ``movers`` the support
    π that the difference implies, ``se_movers`` its linearised clustered error, ``others`` the
    support among the others of the movers' groups; ``rows`` and ``clusters`` their numbers.
    """

    pooled: Floats
    se_pooled: Floats
    within: Floats
    se_within: Floats
    difference: Floats
    se_difference: Floats
    movers: Floats
    se_movers: Floats
    others: Floats
    rows: NDArray[np.int64]
    clusters: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Draws:
    """A linear score of g groups against y permuted within cells.

    With score and y centred in their cells: ``moving`` (g,) Σ score·y and ``squares`` (g,)
    Σ (score·y)² as observed, ``drawn`` and ``drawn_squares`` (r, g) the same in every permutation;
    ``variance`` (g,) the exact permutation variance of ``moving``, whose mean is 0.
    """

    moving: Floats
    squares: Floats
    variance: Floats
    drawn: Floats
    drawn_squares: Floats


@dataclass(frozen=True, slots=True)
class Permuted:
    """A linear score of k units against y permuted within cells; arrays of shape (k,).

    ``statistic`` Σ score·y / √Σ (score·y)², both centred in their cells, 0 where nothing varies;
    ``variance`` the permutation variance of the sum; ``above`` and ``beyond`` the numbers of
    permutations whose statistic is at least that, and at least that far from 0.
    """

    statistic: Floats
    variance: Floats
    above: NDArray[np.int64]
    beyond: NDArray[np.int64]


def slopes(
    a: Floats,
    y: Floats,
    w: Floats,
    x: Floats,
    z: Floats,
    *,
    group: Codes,
    unit: Codes,
    cluster: Codes,
    units: int,
) -> Slopes:
    """Weighted slopes of y on a in every unit: pooled, within groups, and within groups by instrument.

    CRV1 is multiplied by C/(C − 1) · (n − 1)/(n − K), with C clusters, n rows and K columns (the
    intercept too when pooled; intercepts of groups nested in the clusters do not count).

    Parameters
    ----------
    a, y, w, x, z : ndarray of float64, shape (m,)
        Weights w > 0, movers x ≥ 0.
    group, unit, cluster : ndarray of intp, shape (m,)
        Codes from 0. A group and a cluster lie in one unit; clusters are the groups, or the rows.
    units : int
        k.
    """
    rows = np.bincount(unit, minlength=units).astype(np.int64)
    of_group, of_cluster = _home(group, unit), _home(cluster, unit)
    clusters = np.bincount(of_cluster, minlength=units).astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled, scores, _ = _fit(a, y, w, a, unit, unit, cluster, of_cluster, units)
        se_pooled = _crv1(scores, of_cluster, rows, clusters, columns=2)
        within, scores, _ = _fit(a, y, w, a, group, unit, cluster, of_cluster, units)
        se_within = _crv1(scores, of_cluster, rows, clusters, columns=1)
        difference, scores, residual = _fit(a, y, w, z, group, unit, cluster, of_cluster, units)
        se_difference = _crv1(scores, of_cluster, rows, clusters, columns=1)
        # Support among the others: the intercepts, each weighted by the movers of its group.
        mass, came = np.bincount(group, w), np.bincount(group, x)
        level = np.bincount(group, w * a) / mass
        base = np.bincount(group, w * y) / mass - difference[of_group] * level
        total = np.bincount(of_group, came, units)
        others = np.bincount(of_group, came * base, units) / total
        movers = others + difference
        apart = 1 - np.bincount(of_group, came * level, units) / total
        if len(of_cluster) == len(of_group):
            shift = came * (base - others[of_group]) / total[of_group]
        else:
            shift = (came / mass)[group] * w * residual / total[unit]
        se_movers = _crv1(shift + apart[of_cluster] * scores, of_cluster, rows, clusters, columns=1)
    return Slopes(
        pooled=pooled,
        se_pooled=se_pooled,
        within=within,
        se_within=se_within,
        difference=difference,
        se_difference=se_difference,
        movers=movers,
        se_movers=se_movers,
        others=others,
        rows=rows,
        clusters=clusters,
    )


def _home(part: Codes, unit: Codes) -> Codes:
    """Unit of each part (group or cluster)."""
    home = np.zeros(int(part.max(initial=-1)) + 1, dtype=np.intp)
    home[part] = unit
    return home


def _centred(values: Floats, w: Floats, group: Codes) -> Floats:
    return np.asarray(values - (np.bincount(group, w * values) / np.bincount(group, w))[group])


def _fit(
    a: Floats,
    y: Floats,
    w: Floats,
    z: Floats,
    group: Codes,
    unit: Codes,
    cluster: Codes,
    of_cluster: Codes,
    units: int,
) -> tuple[Floats, Floats, Floats]:
    """Slope per unit with the instrument z (a itself: least squares), influence per cluster, residuals."""
    left, right, lever = _centred(a, w, group), _centred(y, w, group), _centred(z, w, group)
    product = np.bincount(unit, w * lever * left, units)
    varies = product > NOTHING * np.bincount(unit, w * np.abs(a * z), units)
    product = np.where(varies, product, np.nan)
    slope = np.bincount(unit, w * lever * right, units) / product
    residual = right - slope[unit] * left
    return slope, np.bincount(cluster, w * lever * residual) / product[of_cluster], residual


def _crv1(
    influence: Floats,
    of_cluster: Codes,
    rows: NDArray[np.int64],
    clusters: NDArray[np.int64],
    *,
    columns: int,
) -> Floats:
    spread = np.bincount(of_cluster, influence**2, len(rows))
    factor = clusters / (clusters - 1) * (rows - 1) / (rows - columns)
    return np.asarray(np.sqrt(np.where((clusters > 1) & (rows > columns), spread * factor, np.nan)))


def uneven_score(x: Floats, n: Floats, w: Floats, group: Codes) -> Floats:
    """Weight of each y in a score that grows with the movers' share x/n, most where they are uneven.

    w (x/n − mean of the group), times the variance of x/n within the group: movers who are brought
    to some precincts of a group make it uneven, so that such groups decide. It depends on y in no
    way, so that y may be permuted against it. The movers are counted against the list, not against
    those who came: a low turnout would else make their share high.

    Parameters
    ----------
    x, n, w : ndarray of float64, shape (m,)
        Movers, registered voters > 0, weights > 0.
    group : ndarray of intp, shape (m,)
        Codes 0, 1, …
    """
    apart = _centred(x / n, w, group)
    uneven = np.bincount(group, w * apart**2) / np.bincount(group, w)
    return np.asarray(w * apart * uneven[group])


def size_cells(size: Floats, group: Codes, parts: int = 5) -> Codes:
    """Cells of similar size: each group cut into ``parts`` by ranks, equal sizes in one cell.

    Parameters
    ----------
    size : ndarray of float64, shape (m,)
    group : ndarray of intp, shape (m,)
        Codes 0, 1, …

    Returns
    -------
    ndarray of intp, shape (m,)
        Codes 0, 1, …
    """
    order = np.lexsort((size, group))
    count = np.bincount(group)
    first = np.concatenate(([0], np.cumsum(count)[:-1])).astype(np.intp)
    # A size lies where its smallest rank lies, so the order of rows of one size changes nothing.
    ordered, home = size[order], group[order]
    new = np.concatenate(([True], (np.diff(ordered) != 0) | (np.diff(home) != 0)))
    rank = np.flatnonzero(new)[np.cumsum(new) - 1] - first[home]
    part = np.empty(len(size), dtype=np.intp)
    part[order] = group[order] * parts + rank * parts // count[home]
    return np.asarray(np.unique(part, return_inverse=True)[1], dtype=np.intp)


def permute_within(
    score: Floats, y: Floats, *, cell: Codes, group: Codes, n_resamples: int, rng: np.random.Generator
) -> Draws:
    """Σ score·y in every group, with y permuted within cells.

    The sum is divided by the root of its squares as found in the same permutation: where small
    precincts vary more in both, the test then keeps its size (Janssen 1997; DiCiccio and Romano
    2017).

    Parameters
    ----------
    score, y : ndarray of float64, shape (m,)
    cell, group : ndarray of intp, shape (m,)
        Codes from 0; a cell lies in one group.
    n_resamples : int
        r; 0 gives the exact moments only.
    rng : Generator
    """
    order = np.lexsort((y, score, cell))
    score, y, cell, group = score[order], y[order], cell[order], group[order]
    size, home = np.bincount(cell), _home(cell, group)
    groups = int(group.max(initial=-1)) + 1
    even = np.ones_like(y)
    apart, spread = _centred(score, even, cell), _centred(y, even, cell)
    squares = np.bincount(cell, apart**2) * np.bincount(cell, spread**2)
    # Cells of one size side by side: their keys are sorted in one call.
    first = np.concatenate(([0], np.cumsum(size)[:-1])).astype(np.intp)
    blocks = []
    for width in np.unique(size[squares > 0]):
        cells = np.flatnonzero((size == width) & (squares > 0))
        rows = first[cells][:, None] + np.arange(width)
        blocks.append((apart[rows], spread[rows], home[cells]))
    drawn, drawn_squares = np.zeros((n_resamples, groups)), np.zeros((n_resamples, groups))
    for begin in range(0, n_resamples, _CHUNK):
        part, part_squares = (kept[begin : begin + _CHUNK] for kept in (drawn, drawn_squares))
        for scores, values, homes in blocks:
            places = rng.random((len(part), *values.shape), dtype=np.float32).argsort(axis=-1)
            shuffled = np.take_along_axis(np.broadcast_to(values, places.shape), places, -1)
            products = shuffled * scores
            at = (np.arange(len(part))[:, None] * groups + homes).ravel()
            part += np.bincount(at, products.sum(-1).ravel(), part.size).reshape(part.shape)
            np.square(products, out=products)
            part_squares += np.bincount(at, products.sum(-1).ravel(), part.size).reshape(part.shape)
    return Draws(
        moving=_sum(group, apart * spread, groups),
        squares=_sum(group, (apart * spread) ** 2, groups),
        variance=_sum(home, squares / np.maximum(size - 1, 1), groups),
        drawn=drawn,
        drawn_squares=drawn_squares,
    )


def gathered(draws: Draws, unit: Codes, units: int) -> Permuted:
    """The groups' sums as those of units.

    Parameters
    ----------
    draws : Draws
    unit : ndarray of intp, shape (g,)
        Unit 0 … ``units`` − 1 of each group.
    """
    moving, squares, variance = (
        _sum(unit, values, units) for values in (draws.moving, draws.squares, draws.variance)
    )
    order = np.argsort(unit, kind="stable")
    present, edges = np.unique(unit[order], return_index=True)
    drawn = np.zeros((len(draws.drawn), units))
    if len(present):
        sums, roots = (
            np.add.reduceat(values[:, order], edges, axis=1)
            for values in (draws.drawn, draws.drawn_squares)
        )
        drawn[:, present] = _ratio(sums, roots)
    statistic = _ratio(moving, squares)
    # Rounding must not make a statistic differ from itself.
    return Permuted(
        statistic=statistic,
        variance=variance,
        above=(drawn >= statistic - _SLACK).sum(axis=0),
        beyond=(np.abs(drawn) >= np.abs(statistic) - _SLACK).sum(axis=0),
    )


def _ratio(sums: Floats, squares: Floats) -> Floats:
    return np.asarray(np.where(squares > 0, sums / np.sqrt(np.where(squares > 0, squares, 1.0)), 0.0))


def _sum(codes: Codes, values: Floats, number: int) -> Floats:
    return np.bincount(codes, values, number).astype(np.float64)


def contributions(score: Floats, y: Floats, cell: Codes) -> Floats:
    """What each row adds to the statistic of :class:`Permuted` of all rows, shape (m,).

    Zero for every row of a cell in which nothing varies.
    """
    even = np.ones_like(y)
    product = _centred(score, even, cell) * _centred(y, even, cell)
    root = float(np.sqrt((product**2).sum()))
    return np.asarray(product / root if root > 0 else np.zeros_like(y))

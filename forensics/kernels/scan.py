"""The spatial scan statistic (Kulldorff 1997; for measurements Kulldorff, Huang and Konty 2009).

Zones are circles around every place, of nested sizes, within groups. Letters: c and μ are observed
and expected cases inside a zone, C all cases; S is the sum of deviations inside a zone of k rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from forensics.kernels.spatial import Codes, Floats, places, within_reach

#: Rows of the nested circles: each a half larger than the one before, up to the largest.
SIZES = (3, 5, 8, 12, 18, 27, 40, 60)


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """Circles around p places, in q nested sizes.

    Parameters
    ----------
    centre : ndarray of intp, shape (p,)
        A row at the place in the middle.
    rings : tuple of q sparse arrays of shape (p, n)
        Ones for the rows that a circle has more than the next smaller one.
    number : ndarray of float64, shape (p, q)
        Rows of each circle.
    radius : ndarray of float64, shape (p, q)
        Kilometres.
    """

    centre: Codes
    rings: tuple[csr_array, ...]
    number: Floats
    radius: Floats

    def inside(self, place: int, size: int) -> Codes:
        """Rows of one circle, in order."""
        parts = [
            ring.indices[ring.indptr[place] : ring.indptr[place + 1]] for ring in self.rings[: size + 1]
        ]
        return np.asarray(np.sort(np.concatenate(parts)), dtype=np.intp)


def circles(points: Floats, group: Codes, sizes: Sequence[int] = SIZES) -> Zones:
    """The circles around every place: its nearest rows of the same group, itself among them.

    Rows at one distance are taken together, and no circle holds more than half of its group: a
    size that a group cannot fill is the circle before it.

    Parameters
    ----------
    points : ndarray of float64, shape (n, d)
        Kilometres.
    group : ndarray of intp, shape (n,)
        Codes 0 … g−1.
    sizes : sequence of int
        Rows of the circles, rising.
    """
    n = len(points)
    centre = np.sort(np.unique(places(np.column_stack([points, group]))[0], return_index=True)[1])
    rows, others, distance = within_reach(points, max(sizes), group)
    wanted = np.zeros(n, dtype=np.bool_)
    wanted[centre] = True
    kept = wanted[rows]
    rank = np.full(n, -1, dtype=np.intp)
    rank[centre] = np.arange(len(centre))
    rows, others, distance = rank[rows[kept]], others[kept], distance[kept]
    first = np.searchsorted(rows, np.arange(len(centre) + 1))
    half = np.bincount(group)[group[centre]] // 2
    rings: list[csr_array] = []
    numbers: list[Floats] = []
    radii: list[Floats] = []
    taken = np.zeros(len(rows), dtype=np.bool_)
    number, radius = np.ones(len(centre)), np.zeros(len(centre))
    own = csr_array((np.ones(len(centre)), (np.arange(len(centre)), centre)), shape=(len(centre), n))
    for size in sizes:
        at = first[:-1] + size - 2
        fits = (at < first[1:]) & (size <= half)
        reach = np.where(fits, distance[np.minimum(at, max(len(distance) - 1, 0))], -1.0)
        ring = (distance <= reach[rows] * (1 + 1e-9) + 1e-6) & fits[rows] & ~taken
        more = np.bincount(rows[ring], minlength=len(centre))
        # Rows at one distance may carry a circle beyond half of its group.
        fits &= number + more <= np.maximum(half, 1)
        ring &= fits[rows]
        taken |= ring
        number = number + np.bincount(rows[ring], minlength=len(centre))
        radius = np.where(fits, reach, radius)
        added = csr_array((np.ones(int(ring.sum())), (rows[ring], others[ring])), shape=(len(centre), n))
        rings.append(added if rings else csr_array(added + own))
        numbers.append(number)
        radii.append(radius)
    return Zones(centre, tuple(rings), np.stack(numbers, axis=1), np.stack(radii, axis=1))


@dataclass(frozen=True, slots=True)
class Cluster:
    """The zone with the largest likelihood ratio.

    ``ratio`` its logarithm, 0 where no zone is above its outside; ``place`` and ``size`` are those
    of :meth:`Zones.inside`.
    """

    ratio: float
    place: int
    size: int


def best_zone(values: Floats, zones: Zones, expected: Floats | None = None) -> Cluster:
    """The most likely cluster of high values (or of cases, where ``expected`` is given)."""
    column = values[:, None]
    best = Cluster(0.0, 0, 0)
    for size, scores in enumerate(_scores(column, zones, expected)):
        place = int(np.argmax(scores[:, 0]))
        # A larger circle must be better by more than rounding.
        if scores[place, 0] > best.ratio * (1 + 1e-12):
            best = Cluster(float(scores[place, 0]), place, size)
    return replace(best, ratio=float(_ratios(np.array([best.ratio]), column, expected)[0]))


def best_ratios(values: Floats, zones: Zones, expected: Floats | None = None) -> Floats:
    """Largest log likelihood ratio over the zones of each column of values.

    Parameters
    ----------
    values : ndarray of float64, shape (n, r)
        Measurements, or cases (0 and 1).
    zones : Zones
    expected : ndarray of float64, shape (n,), optional
        Expected cases μ of each row. With it the model is Poisson: c ln(c/μ) + (C−c) ln((C−c)/(C−μ))
        where c > μ. Without it the model is normal with one variance:
        (n/2) ln(Q/(Q − S²(1/k + 1/(n−k)))) where S > 0, Q the sum of all squared deviations.

    Returns
    -------
    ndarray of float64, shape (r,)
    """
    best = np.zeros(values.shape[1])
    for scores in _scores(values, zones, expected):
        best = np.maximum(best, scores.max(axis=0, initial=0.0))
    return _ratios(best, values, expected)


def _ratios(scores: Floats, values: Floats, expected: Floats | None) -> Floats:
    """Log likelihood ratios of the best scores of each column, both of shape (r,)."""
    if expected is not None:
        return scores
    squares = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    share = scores**2 / np.where(squares > 0, squares, 1.0)
    return np.asarray(-0.5 * len(values) * np.log1p(-np.minimum(share, 1 - 1e-15)))


def _scores(values: Floats, zones: Zones, expected: Floats | None) -> Iterator[Floats]:
    """Scores of the zones, size by size, each of shape (p, r), rising with the likelihood ratio.

    Those of the normal model are S √(1/k + 1/(n−k)).
    """
    z = values - values.mean(axis=0) if expected is None else values
    inside = np.zeros((len(zones.centre), values.shape[1]))
    within = np.zeros(len(zones.centre))
    for size, ring in enumerate(zones.rings):
        inside += ring @ z
        if expected is None:
            number = zones.number[:, size]
            yield inside * np.sqrt(1 / number + 1 / np.maximum(len(z) - number, 1.0))[:, None]
        else:
            within += ring @ expected
            yield _poisson(inside, within[:, None], values.sum(axis=0))


def _poisson(cases: Floats, expected: Floats, total: Floats) -> Floats:
    rest, rest_expected = total - cases, total - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(cases > 0, cases * np.log(cases / expected), 0.0)
        ratio = ratio + np.where(rest > 0, rest * np.log(rest / rest_expected), 0.0)
    # A last bit above the expectation, where everything is as expected, is no cluster.
    above = (cases > expected * (1 + 1e-12)) & (expected > 0) & (rest_expected > 0)
    return np.asarray(np.where(above, ratio, 0.0))

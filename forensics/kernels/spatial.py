"""Who is whose neighbour: places on the sphere, and neighbours within groups, with equal weights.

Every kind of neighbourhood offers ``lag(values)``, the mean over the neighbours of each row, and
``number``, how many it has. Distances are chords, straight through the earth: they order like arcs
and differ from them by less than one in 10,000 up to 300 km.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Mean radius of the earth, kilometres.
EARTH = 6371.0
#: Kilometres between two groups in the coordinate that keeps them apart.
APART = 1e5
#: Distances that differ by less than this (relative, and in kilometres) are one distance.
SAME, SAME_PLACE = 1e-9, 1e-6
#: A place that lies this many times farther from the middle of its group than the median place …
TIMES = 10.0
#: … of at least this many kilometres is not where it is said to be.
NEAR = 5.0


class Neighbourhood(Protocol):
    """What a statistic of neighbours needs to know."""

    @property
    def number(self) -> NDArray[np.int64]:
        """Neighbours of each row, int64 of shape (n,)."""
        ...

    def lag(self, values: Floats) -> Floats:
        """Mean over the neighbours of each row, 0 where it has none; shape (n,) or (n, r)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Nearby:
    """Neighbours as lists: those of row i, without itself, are ``indices[indptr[i]:indptr[i + 1]]``."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int64]

    @property
    def number(self) -> NDArray[np.int64]:
        """Neighbours of each row, int64 of shape (n,)."""
        return np.diff(self.indptr)

    def lag(self, values: Floats) -> Floats:
        """Mean over the neighbours of each row, 0 where it has none; shape (n,) or (n, r)."""
        n = len(self.indptr) - 1
        weight = np.repeat(1.0 / np.maximum(self.number, 1), self.number)
        return np.asarray(csr_array((weight, self.indices, self.indptr), shape=(n, n)) @ values)


@dataclass(frozen=True, slots=True, eq=False)
class SameUnit:
    """Everybody else in the unit is a neighbour; ``unit`` are codes 0 … k−1 of shape (n,)."""

    unit: Codes

    @property
    def number(self) -> NDArray[np.int64]:
        """Neighbours of each row, int64 of shape (n,)."""
        return np.asarray(np.bincount(self.unit)[self.unit] - 1, dtype=np.int64)

    def sums(self, values: Floats) -> Floats:
        """Sums over the rows of each unit; shape (k,) or (k, r)."""
        n = len(self.unit)
        member = csr_array((np.ones(n), (self.unit, np.arange(n))), shape=(int(self.unit.max()) + 1, n))
        return np.asarray(member @ values)

    def lag(self, values: Floats) -> Floats:
        """Mean over the neighbours of each row, 0 where it has none; shape (n,) or (n, r)."""
        others = np.maximum(self.number, 1).astype(np.float64)
        rest = self.sums(values)[self.unit] - values
        rest[self.number == 0] = 0.0
        return np.asarray(rest / (others if values.ndim == 1 else others[:, None]))


def on_sphere(lat: Floats, lon: Floats) -> Floats:
    """Places as points in space, kilometres, float64 of shape (n, 3).

    Parameters
    ----------
    lat, lon : ndarray of float64, shape (n,)
        Degrees.
    """
    north, east = np.radians(lat), np.radians(lon)
    flat = np.cos(north)
    return np.asarray(
        EARTH * np.column_stack([flat * np.cos(east), flat * np.sin(east), np.sin(north)]), np.float64
    )


def nearest(points: Floats, k: int, group: Codes | None = None) -> Nearby:
    """The k nearest rows of the same group; rows as near as the k-th are all taken.

    Parameters
    ----------
    points : ndarray of float64, shape (n, d)
        Kilometres.
    k : int
        At least 1; a row of a smaller group has all the others.
    group : ndarray of intp, shape (n,), optional
        Codes 0 … g−1; one group by default.
    """
    rows, others, distance = within_reach(points, k, group)
    first = np.searchsorted(rows, np.arange(len(points) + 1))
    size = np.diff(first)
    last = first[:-1] + np.minimum(k, size) - 1
    reach = np.where(size > 0, distance[np.maximum(last, 0)], 0.0) if len(distance) else np.zeros(len(size))
    taken = distance <= reach[rows] * (1 + SAME) + SAME_PLACE
    return Nearby(
        np.concatenate(([0], np.cumsum(np.bincount(rows[taken], minlength=len(points))))).astype(np.int64),
        others[taken].astype(np.int64),
    )


def within_distance(points: Floats, radius: float, group: Codes | None = None) -> Nearby:
    """All rows of the same group up to ``radius`` kilometres away, float64 points of shape (n, d)."""
    apart = _apart(points, group)
    pairs = cKDTree(apart).query_pairs(radius * (1 + SAME) + SAME_PLACE, output_type="ndarray")
    ends = np.concatenate([pairs, pairs[:, ::-1]])
    ends = ends[np.lexsort((ends[:, 1], ends[:, 0]))]
    size = np.bincount(ends[:, 0], minlength=len(points))
    return Nearby(np.concatenate(([0], np.cumsum(size))).astype(np.int64), ends[:, 1].astype(np.int64))


def within_reach(points: Floats, k: int, group: Codes | None = None) -> tuple[Codes, Codes, Floats]:
    """Pairs (row, other, kilometres) of the same group, by row and those nearest to it first.

    Each row has at least its k nearest, and all that are as near as the k-th.
    """
    n = len(points)
    apart = _apart(points, group)
    tree = cKDTree(apart)
    found: list[tuple[Codes, Codes, Floats]] = []
    left, wanted = np.arange(n), min(k + busiest(apart), n)
    while len(left):
        distance, other = (
            np.reshape(part, (len(left), wanted)) for part in tree.query(apart[left], wanted)
        )
        inside = (distance < APART / 2) & (other != left[:, None])
        # A shell of equal distances may go on beyond the last row that was asked for.
        last = np.sort(np.where(inside, distance, np.inf), axis=1)[:, min(k, wanted) - 1]
        whole = (distance[:, -1] > last * (1 + SAME) + SAME_PLACE) | (wanted == n) | ~inside[:, -1]
        taken = inside & whole[:, None]
        rows = np.repeat(left, taken.sum(axis=1))
        found.append((rows, other[taken], distance[taken]))
        left, wanted = left[~whole], min(2 * wanted, n)
    row, others, kilometres = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(row, kind="stable")
    return row[order].astype(np.intp), others[order].astype(np.intp), np.asarray(kilometres[order])


def busiest(points: Floats) -> int:
    """Rows of the place with most rows."""
    return int(places(points)[1].max(initial=0))


def places(points: Floats) -> tuple[Codes, NDArray[np.int64]]:
    """Place of each row, intp of shape (n,), and the number of rows of each place."""
    _, place, rows = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(place, dtype=np.intp).reshape(-1), np.asarray(rows, dtype=np.int64)


def misplaced(points: Floats, group: Codes) -> Flags:
    """Rows far from the middle (median) of their group: ``TIMES`` the median distance, and 50 km.

    A geocoder that took a namesake puts a precinct into another part of the country.
    """
    far = np.zeros(len(points), dtype=np.bool_)
    for rows in members(group):
        distance = np.linalg.norm(points[rows] - np.median(points[rows], axis=0), axis=1)
        far[rows] = distance > TIMES * max(float(np.median(distance)), NEAR)
    return far


def members(group: Codes) -> list[Codes]:
    """Rows of each group that has any, in order of the codes."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    return np.split(order, starts[1:]) if len(order) else []


def _apart(points: Floats, group: Codes | None) -> Floats:
    """The points with a coordinate more that puts each group out of reach of the others."""
    if group is None:
        return points
    return np.column_stack([points, APART * group.astype(np.float64)])

"""Whether neighbours differ more across a border than at the same distance within a unit.

Half the squared difference of two neighbours (the semivariance γ) grows with their distance. What
it is more across borders than within units, at equal distances, is the variance between units
that is not a matter of distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from forensics.kernels.spatial import Codes, Floats, nearest

#: Classes of distance that pairs are compared in.
CLASSES = 10
#: Fewest pairs within units that a class is compared with.
FEWEST_PAIRS = 20
#: Fewest rows of each side for a border to be listed.
FEWEST_ROWS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of neighbours; each array of shape (p,).

    ``one`` and ``other`` are rows, ``across`` says whether a border lies between them, ``weight``
    makes Σ weight γ the excess across: over classes of distance it is 1/n of the pairs across and
    minus the same of the pairs within, 0 in a class that cannot be compared. ``distance_class`` is
    −1 there.
    """

    one: Codes
    other: Codes
    across: NDArray[np.bool_]
    distance: Floats
    distance_class: Codes
    weight: Floats


@dataclass(frozen=True, slots=True)
class Excess:
    """Excess of the semivariance across borders; jackknife error by units, ``None`` below three.

    ``within`` is the semivariance within units at the same distances.
    """

    value: float
    within: float
    standard_error: float | None
    units: int


@dataclass(frozen=True, slots=True)
class Jump:
    """One border: units a and b, rows on each side, mean of a minus mean of b, and that over its
    standard deviation if the border made no difference."""

    a: int
    b: int
    rows: tuple[int, int]
    difference: float
    z: float


def near_pairs(points: Floats, unit: Codes, top: Codes, k: int, reach: float) -> Pairs | None:
    """Neighbours of one top unit, up to ``reach`` kilometres apart; ``None`` where none can be compared.

    Parameters
    ----------
    points : ndarray of float64, shape (n, d)
        Kilometres.
    unit, top : ndarray of intp, shape (n,)
        Codes of the units whose borders are looked at, and of the units above them.
    k : int
        Neighbours taken of each row, whatever their unit.
    reach : float
        Kilometres.
    """
    near = nearest(points, k, top)
    rows = np.repeat(np.arange(len(points)), near.number)
    low, high = np.minimum(rows, near.indices), np.maximum(rows, near.indices)
    both = np.unique(np.column_stack([low, high]), axis=0)
    distance = np.linalg.norm(points[both[:, 0]] - points[both[:, 1]], axis=1)
    both, distance = both[distance <= reach], distance[distance <= reach]
    one, other = both[:, 0].astype(np.intp), both[:, 1].astype(np.intp)
    across = np.asarray(unit[one] != unit[other])
    if not across.any():
        return None
    edges = np.unique(np.quantile(distance[across], np.linspace(0, 1, CLASSES + 1)[1:-1]))
    place = np.searchsorted(edges, distance, side="left").astype(np.intp)
    outside = distance > distance[across].max()
    there = [np.bincount(place[side & ~outside], minlength=len(edges) + 1) for side in (across, ~across)]
    compared = (there[0] > 0) & (there[1] >= FEWEST_PAIRS)
    place = np.where(outside | ~compared[place], -1, place)
    if not compared.any():
        return None
    total = float(there[0][compared].sum())
    each = np.where(across, 1 / total, -there[0][place] / (total * np.maximum(there[1][place], 1)))
    return Pairs(one, other, across, distance, place, np.where(place >= 0, each, 0.0))


def quadratic_form(pairs: Pairs, n: int) -> csr_array:
    """The matrix A with y'A y = Σ weight (y_i − y_j)²/2, of shape (n, n)."""
    half = np.concatenate([pairs.weight, pairs.weight]) / 2
    ends = np.concatenate([pairs.one, pairs.other])
    diagonal = np.bincount(ends, half, n)
    off = coo_array((-half, (ends, np.concatenate([pairs.other, pairs.one]))), shape=(n, n))
    return csr_array(off + coo_array((diagonal, (np.arange(n), np.arange(n))), shape=(n, n)))


def excess_across(values: Floats, pairs: Pairs, unit: Codes, noise: Floats | None = None) -> Excess:
    """The excess with its delete-one-unit jackknife.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    pairs : Pairs
    unit : ndarray of intp, shape (n,)
        Codes of the units whose borders are looked at.
    noise : ndarray of float64, shape (n,), optional
        Sampling variance of each value, taken out of γ.
    """
    gamma = _semivariance(values, pairs, noise)
    used = pairs.distance_class >= 0
    classes, units = int(pairs.distance_class.max()) + 1, int(unit.max()) + 1
    # A pair across belongs to two units and goes with either; a pair within to one.
    sums = np.zeros((2, 2, classes))
    parts = np.zeros((2, 2, units, classes))
    for side, of in enumerate((pairs.across & used, ~pairs.across & used)):
        place = pairs.distance_class[of]
        ends = [unit[pairs.one[of]], unit[pairs.other[of]]][: 2 - side]
        for what, amount in enumerate((np.ones(len(place)), gamma[of])):
            sums[side, what] = np.bincount(place, amount, classes)
            for end in ends:
                np.add.at(parts[side, what], (end, place), amount)
    value, within = _compared(sums[:, :, None])
    touched = np.flatnonzero(parts[:, 0].sum(axis=(0, 2)))
    deleted = _compared(sums[:, :, None] - parts[:, :, touched])[0]
    error = None
    if len(touched) >= 3 and np.isfinite(deleted).all():
        number = len(touched)
        error = float(np.sqrt((number - 1) / number * ((deleted - deleted.mean()) ** 2).sum()))
    return Excess(float(value[0]), float(within[0]), error, len(touched))


def _compared(sums: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """(excess, γ within) of sums with axes (across or within, count or γ, case, class)."""
    count, gamma = sums[:, 0], sums[:, 1]
    usable = (count[0] > 0.5) & (count[1] > 0.5)
    weight = np.where(usable, count[0], 0.0)
    mean = np.divide(gamma, count, out=np.zeros_like(gamma), where=count > 0.5)
    total = weight.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        across, within = ((weight * mean[side]).sum(axis=1) / total for side in (0, 1))
    return across - within, within


def _semivariance(values: Floats, pairs: Pairs, noise: Floats | None) -> Floats:
    gamma = 0.5 * (values[pairs.one] - values[pairs.other]) ** 2
    if noise is not None:
        gamma = gamma - 0.5 * (noise[pairs.one] + noise[pairs.other])
    return np.asarray(gamma)


def jumps(values: Floats, pairs: Pairs, unit: Codes) -> list[Jump]:
    """Every border with enough rows on both sides, the steepest first.

    The standard deviation is that of two means of rows that vary by the semivariance within units
    at these distances.
    """
    used = pairs.across & (pairs.distance_class >= 0)
    ends = np.concatenate([np.stack([pairs.one, pairs.other], 1), np.stack([pairs.other, pairs.one], 1)])
    ends = ends[np.concatenate([used, used])]
    # (unit of the row, unit across, row), each once.
    sides = np.unique(np.column_stack([unit[ends[:, 0]], unit[ends[:, 1]], ends[:, 0]]), axis=0)
    if not len(sides):
        return []
    border, of = np.unique(sides[:, :2], axis=0, return_inverse=True)
    of = np.reshape(of, -1)
    rows = np.bincount(of)
    mean = np.bincount(of, values[sides[:, 2]]) / rows
    within = excess_across(values, pairs, unit).within
    place = {(int(a), int(b)): i for i, (a, b) in enumerate(border)}
    found = []
    for (a, b), i in place.items():
        j = place[b, a]
        if a < b and min(rows[i], rows[j]) >= FEWEST_ROWS and within > 0:
            difference = float(mean[i] - mean[j])
            z = difference / float(np.sqrt(within * (1 / rows[i] + 1 / rows[j])))
            found.append(Jump(a, b, (int(rows[i]), int(rows[j])), difference, z))
    return sorted(found, key=lambda jump: (-abs(jump.z), jump.a, jump.b))

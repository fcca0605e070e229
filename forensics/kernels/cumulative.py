"""Cumulative readings that should never fall: where they do, by how much, and whether they catch up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.intp]

#: A fall is worth a look if it is of more people than this and of more than this share.
PEOPLE, SHARE = 5.0, 0.02


@dataclass(frozen=True, slots=True)
class Falls:
    """Falls of m series; arrays of shape (m,).

    ``points`` readings known, ``falls`` decreases of any size, ``notable`` those of more than
    ``PEOPLE`` and ``SHARE``, ``caught_up`` notable ones after which the next reading is at least
    what it was before (a slip of the pen), ``largest`` the largest decrease in people (0 without).
    """

    points: Counts
    falls: Counts
    notable: Counts
    caught_up: Counts
    largest: Floats


def falls(values: Floats, people: Floats, *, starts: Flags | None = None) -> Falls:
    """Decreases between one known reading and the next.

    Parameters
    ----------
    values : ndarray of float64, shape (m, k)
        Cumulative readings in the order of time, as published (people or percent); NaN missing.
    people : ndarray of float64, shape (m,)
        People that one unit of ``values`` stands for: 1 for counts, registered / 100 for percent;
        a fall of unknown size (NaN) is not notable.
    starts : ndarray of bool, shape (k,), optional
        Readings that begin anew (the first of a day whose count starts from nothing).
    """
    m, k = values.shape
    known = ~np.isnan(values)
    fallen, notable, caught_up = (np.zeros(m, dtype=np.intp) for _ in range(3))
    largest = np.zeros(m)
    before = np.full(m, np.nan)
    waiting = np.full(m, np.nan)  # level before the last notable fall, until the next reading
    for place in range(k):
        if starts is not None and starts[place]:
            before, waiting = np.full(m, np.nan), np.full(m, np.nan)
        now, here = values[:, place], known[:, place]
        with np.errstate(invalid="ignore"):
            caught_up += here & (now >= waiting)
            waiting = np.where(here, np.nan, waiting)
            drop = np.where(here, before - now, 0.0)
            falling = drop > 0
            size = drop * people
            large = falling & (size > PEOPLE) & (drop > SHARE * before)
            largest = np.where(falling & (size > largest), size, largest)
        fallen += falling
        notable += large
        waiting = np.where(large, before, waiting)
        before = np.where(here, now, before)
    return Falls(known.sum(axis=1), fallen, notable, caught_up, largest)

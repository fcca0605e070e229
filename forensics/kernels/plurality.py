"""Shares, effective numbers and majorities of small bodies, with bounds for members nobody knows.

Letters as in the literature: m members of a body, u of them of unknown class, k of a class, n bodies.
Where u = 0 a number equals both of its bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Codes = NDArray[np.intp]

#: Sums of probabilities are compared with whole numbers up to this.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    """A number per body and what it may be whatever the unknown members are; NaN: not defined.

    Parameters
    ----------
    value, low, high : ndarray of float64, shape (n,)
        ``low <= high``. A share's value counts the known members only, over all; a yes-or-no is NaN
        where the unknown members decide it.
    """

    value: Floats
    low: Floats
    high: Floats

    def where(self, defined: NDArray[np.bool_]) -> Bounded:
        """The same, not defined elsewhere."""
        return Bounded(*(np.where(defined, x, np.nan) for x in (self.value, self.low, self.high)))


def exactly(value: Floats) -> Bounded:
    """Numbers that no unknown member can change."""
    return Bounded(value, value.copy(), value.copy())


def share(k: Floats, u: Floats, m: Floats) -> Bounded:
    """k/m, between k/m and (k + u)/m."""
    whole = np.where(m > 0, m, np.nan)
    return Bounded(k / whole, k / whole, (k + u) / whole)


def decided(low: NDArray[np.bool_], high: NDArray[np.bool_]) -> Bounded:
    """A yes-or-no that holds at least (``low``) and at most (``high``)."""
    bottom, top = low.astype(np.float64), high.astype(np.float64)
    return Bounded(np.where(bottom == top, bottom, np.nan), bottom, top)


def reaches(k: Floats, u: Floats, needed: Floats) -> Bounded:
    """Whether at least ``needed`` members are of a class."""
    return decided(k >= needed - _ROUNDING, k + u >= needed - _ROUNDING)


def majority(m: Floats) -> Floats:
    """Votes of more than half of all m members."""
    return np.floor(m / 2) + 1


def quorum(m: Floats, share_: tuple[int, int] = (2, 3)) -> Floats:
    """Members that must sit: the given share (numerator, denominator) of all m, rounded up."""
    numerator, denominator = share_
    return -np.floor_divide(-numerator * m, denominator)


def sums(body: Codes, k: Floats, n: int) -> Floats:
    """Σk of each body, float64 of shape (n,)."""
    return np.asarray(np.bincount(body, k, n), dtype=np.float64)


def _squares(body: Codes, k: Floats, n: int) -> tuple[Floats, Floats]:
    """Σk² and the largest k of each body."""
    largest = np.zeros(n)
    np.maximum.at(largest, body, k)
    return sums(body, k * k, n), largest


def _few_squares(counts: Floats, u: Floats) -> Floats:
    """Least Σk² when u members join the classes of a table (n, classes): always the smallest one."""
    filled = counts.copy()
    left = u.copy()
    rows = np.arange(len(u))
    while (left > 0).any():
        smallest = filled.argmin(axis=1)
        filled[rows, smallest] += left > 0
        left = np.maximum(left - 1, 0)
    return np.asarray((filled**2).sum(axis=1))


def effective_number(body: Codes, k: Floats, u: Floats, m: Floats) -> Bounded:
    """1/Σp² over classes without limit: nominators, employers.

    The value is that of the known members. All unknown members in the largest class give the
    smallest number, each in a class of its own the largest.

    Parameters
    ----------
    body : ndarray of int, shape (rows,)
        Body of each class that is present, 0 … n−1.
    k : ndarray of float64, shape (rows,)
        Members of the class.
    u, m : ndarray of float64, shape (n,)
    """
    squares, largest = _squares(body, k, len(m))
    known = m - u
    together = squares - largest**2 + (largest + u) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        bounded = Bounded(known**2 / squares, m**2 / together, m**2 / (squares + u))
    value = np.where(known > 0, bounded.value, np.nan)
    return Bounded(value, bounded.low, bounded.high).where(m > 0)


def effective_number_of_few(counts: Floats, u: Floats, m: Floats) -> Bounded:
    """1/Σp² over a fixed list of classes: blocs.

    Parameters
    ----------
    counts : ndarray of float64, shape (n, classes)
    u, m : ndarray of float64, shape (n,)
        Whole numbers; ``counts`` sum to m − u.
    """
    squares, largest, known = (counts**2).sum(axis=1), counts.max(axis=1), m - u
    together = squares - largest**2 + (largest + u) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(known > 0, known**2 / squares, np.nan)
        bounded = Bounded(value, m**2 / together, m**2 / _few_squares(counts, u))
    return bounded.where(m > 0)


def same_class(body: Codes, k: Floats, u: Floats, m: Floats) -> Bounded:
    """Probability that two members drawn without replacement are of one class; needs two members.

    Parameters are those of :func:`effective_number`.
    """
    squares, largest = _squares(body, k, len(m))
    known = m - u
    together = squares - largest**2 + (largest + u) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(known > 1, (squares - known) / (known * (known - 1)), np.nan)
        pairs = m * (m - 1)
        low, high = (squares - known) / pairs, (together - m) / pairs
    return Bounded(value, low, high).where(m > 1)

"""Rows matched one to one within strata, and the mean difference of each pair under random signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]


def nearest_pairs(
    chosen: Flags, covariate: Floats, stratum: Codes, *, caliper: float
) -> tuple[Codes, Codes]:
    """Each chosen row with the other row of its stratum next to it, each other row at most once.

    Rows of a stratum are put in order of the covariate; every other chosen row asks above it first, the
    others below, so that neither side is favoured.

    Parameters
    ----------
    chosen : ndarray of bool, shape (m,)
    covariate : ndarray of float64, shape (m,)
    stratum : ndarray of intp, shape (m,)
    caliper : float
        Largest difference of the covariate within a pair.

    Returns
    -------
    tuple of ndarray of intp, shape (pairs,)
        Row numbers of the chosen ones and of their partners.
    """
    order = np.lexsort((chosen, covariate, stratum))
    flags, place, group = chosen[order], covariate[order], stratum[order]
    free = ~flags
    left, right = [], []
    waiting = np.flatnonzero(flags)
    side = np.where(np.arange(len(waiting)) % 2, -1, 1)
    # Neighbours first, then those two places away, and so on: most pairs are made in the first rounds.
    for distance in range(1, len(order)):
        near = np.zeros(len(waiting), dtype=bool)
        for turn in (1, -1):
            other = waiting + turn * side * distance
            inside = (other >= 0) & (other < len(order))
            at = np.where(inside, other, 0)
            close = inside & (group[at] == group[waiting]) & (np.abs(place[at] - place[waiting]) <= caliper)
            taken = np.flatnonzero(close & free[at])
            # Two rows may ask for the same one, from above and from below.
            taken = taken[np.unique(at[taken], return_index=True)[1]]
            left.append(waiting[taken])
            right.append(at[taken])
            free[at[taken]] = False
            stays = np.ones(len(waiting), dtype=bool)
            stays[taken] = False
            waiting, side, near = waiting[stays], side[stays], (near | close)[stays]
        # A row without any row of its stratum this near has none further away either.
        waiting, side = waiting[near], side[near]
        if not len(waiting):
            break
    if not left:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    return order[np.concatenate(left)], order[np.concatenate(right)]


@dataclass(frozen=True, slots=True)
class Paired:
    """Mean differences of k units, each (k,); NaN where there are fewer than two pairs.

    ``z`` is Σd/√Σd², standard normal if the sign of each difference is as likely + as −; ``pvalue``
    its upper tail; ``half_width`` that of Student's interval of the mean.
    """

    pairs: NDArray[np.int64]
    mean: Floats
    half_width: Floats
    z: Floats
    pvalue: Floats


def paired(difference: Floats, unit: Codes, units: int, *, level: float = 0.95) -> Paired:
    """Mean difference per unit.

    Parameters
    ----------
    difference : ndarray of float64, shape (pairs,)
    unit : ndarray of intp, shape (pairs,)
        Unit 0 … ``units`` − 1 of each pair.
    """
    number = np.bincount(unit, minlength=units)
    total, square = (np.bincount(unit, v, units) for v in (difference, difference**2))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / number
        spread = np.sqrt(np.maximum(square - number * mean**2, 0.0) / (number - 1) / number)
        half = stdtrit(np.where(number > 1, number - 1, np.nan), (1 + level) / 2) * spread
        z = np.where(square > 0, total / np.sqrt(square), 0.0)
    few = number < 2
    z = np.where(few, np.nan, z)
    return Paired(
        pairs=number.astype(np.int64),
        mean=np.where(few, np.nan, mean),
        half_width=np.where(few, np.nan, half),
        z=z,
        pvalue=np.asarray(ndtr(-z)),
    )

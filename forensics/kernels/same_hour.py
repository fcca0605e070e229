"""Bursts of several precincts of one unit in one interval, against intervals permuted within precincts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.resampled import Resampled

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]


def highest(scores: Floats, share: float) -> Flags:
    """The highest ``share`` of the scores of each interval, bool of shape (m, k)."""
    return np.asarray(scores > np.quantile(scores, 1 - share, axis=0))


def coincidences(flag: Flags, unit: Codes, units: int) -> Floats:
    """Pairs of precincts of a unit that are flagged in the same interval, float64 of shape (units,)."""
    k = flag.shape[1]
    row, interval = np.nonzero(flag)
    number = np.bincount(unit[row] * k + interval, minlength=units * k).reshape(units, k)
    return np.asarray((number * (number - 1) / 2).sum(axis=1), dtype=np.float64)


def successions(flag: Flags, unit: Codes, units: int) -> Floats:
    """Half the pairs of precincts of a unit that are flagged in intervals next to each other.

    The day is taken as a circle. Halved, because either of the two may be first: where intervals
    say nothing, as many as :func:`coincidences`.
    """
    k = flag.shape[1]
    row, interval = np.nonzero(flag)
    number = np.bincount(unit[row] * k + interval, minlength=units * k).reshape(units, k)
    whole = (number * np.roll(number, -1, axis=1)).sum(axis=1)
    own = np.bincount(unit, (flag & np.roll(flag, -1, axis=1)).sum(axis=1), units)
    return np.asarray((whole - own) / 2, dtype=np.float64)


def permuted_intervals(
    flag: Flags, unit: Codes, units: int, *, n_resamples: int, rng: np.random.Generator
) -> tuple[Resampled, Resampled]:
    """Coincidences, and these less successions; observed, and with each precinct's intervals permuted.

    Each precinct keeps its number of flags; any interval is as likely as any other, so the flags
    must be equally frequent in all of them (:func:`highest`). What precincts share over hours raises
    successions as much as coincidences; what happens at one time raises coincidences alone.

    Parameters
    ----------
    flag : ndarray of bool, shape (m, k)
    unit : ndarray of intp, shape (m,)
        Codes 0 … units−1.
    """
    any_ = flag.any(axis=1)
    # A unit with one flagged precinct has no pairs, however its intervals are permuted.
    several = np.bincount(unit[any_], minlength=units) > 1
    some = np.flatnonzero(any_ & several[unit])
    flagged, inside = flag[some], (np.cumsum(several) - 1)[unit[some]]
    k = int(several.sum())
    drawn, less = np.empty((n_resamples, k)), np.empty((n_resamples, k))
    for draw in range(n_resamples):
        permuted = rng.permuted(flagged, axis=1)
        drawn[draw] = coincidences(permuted, inside, k)
        less[draw] = drawn[draw] - successions(permuted, inside, k)
    together = coincidences(flag, unit, units)
    beyond = together - successions(flag, unit, units)
    return Resampled(together, _spread(drawn, several)), Resampled(beyond, _spread(less, several))


def _spread(drawn: Floats, there: Flags) -> Floats:
    """Columns of the units that there are, 0 in the others."""
    whole = np.zeros((len(drawn), len(there)))
    whole[:, there] = drawn
    return whole

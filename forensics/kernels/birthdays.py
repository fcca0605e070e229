"""Days of birth by cohort: how many fall on each day of the year, and days that are no birthdays.

Days are numbered 0 … 365 through a leap year, so that a date has the same number in every year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

DAYS = 366
#: First day of each month, 1 January first.
FIRSTS = np.array([0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335])
#: Share of the fullest days that say nothing about the usual level of a day.
TRIMMED = 0.1
#: A day is a heap only if chance gives as many births on it less often than this.
BY_CHANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Birth years as cohorts; years with few births are one cohort, the last.

    Parameters
    ----------
    code : ndarray of intp, shape (m,)
        Cohort of each person.
    years : ndarray of intp, shape (cohorts, 2)
        First and last year of each cohort.
    """

    code: Codes
    years: Codes


@dataclass(frozen=True, slots=True)
class Heaps:
    """Births by cohort and day, against the usual level of a day.

    Parameters
    ----------
    births : ndarray of float64, shape (cohorts, 366)
    level : ndarray of float64, shape (cohorts,)
        Births on a usual day: the mean of all but the fullest tenth of the days.
    heaped : ndarray of bool, shape (cohorts, 366)
        Days with more than ``times`` the level, beyond what chance gives.
    """

    births: Floats
    level: Floats
    heaped: NDArray[np.bool_]

    def ratio(self, days: Codes | slice) -> Floats:
        """Mean of some days over the usual level, of shape (cohorts,); 0 where there is no level."""
        mean = np.asarray(self.births[:, days].mean(axis=1))
        return np.asarray(np.divide(mean, self.level, out=np.zeros_like(mean), where=self.level > 0))


def shared_birthday(n: int, days: float) -> float:
    """Probability that two or more of n people share one of equally likely days (McDonald and Levitt 2008).

    Examples
    --------
    >>> round(shared_birthday(23, 365), 3)
    0.507
    """
    if n > days:
        return 1.0
    return -math.expm1(float(np.log1p(-np.arange(n) / days).sum()))


def cohorts(year: Codes, fewest: int) -> Cohorts:
    """Each birth year with at least ``fewest`` people is a cohort; the others are one together."""
    years, code, births = np.unique(year, return_inverse=True, return_counts=True)
    full = births >= fewest
    place = np.where(full, np.cumsum(full) - 1, int(full.sum()))
    edges = np.column_stack([years[full], years[full]])
    if not full.all():
        edges = np.vstack([edges, [years[~full].min(), years[~full].max()]])
    return Cohorts(place[code].astype(np.intp), edges.astype(np.intp))


def heaps(cohort: Codes, day: Codes, count: int, *, times: float = 5.0) -> Heaps:
    """Days on which births are recorded far more often than on others: dates nobody knew.

    Parameters
    ----------
    cohort, day : ndarray of intp, shape (m,)
    count : int
        Number of cohorts.
    times : float
        How many times the usual level makes a heap.
    """
    births = np.bincount(cohort * DAYS + day, minlength=count * DAYS).reshape(count, DAYS).astype(float)
    kept = round(DAYS * (1 - TRIMMED))
    level = np.sort(births, axis=1)[:, :kept].mean(axis=1)
    # Of few births the usual day has none: a level of nothing would make every birthday a heap.
    floor = np.maximum(level, 1.0)
    chance = poisson.sf(births - 1, floor[:, None])
    return Heaps(births, level, (births > times * floor[:, None]) & (chance < BY_CHANCE))

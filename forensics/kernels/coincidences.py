"""People of one name born on one day: how many pairs there are, and how many chance gives.

Letters: f first name, l family name, y birth year, d day of the year. A pair is two records of the
same f and l; among n_fly people chance gives C(n_fly, 2) S_fy pairs born on one day, where
S_fy = Σ_d p²_{d|f,y}.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.birthdays import DAYS

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: First names whose birthdays are held as rows of 366 numbers at once.
_BLOCK = 4096
#: Contributions within this factor of each other are drawn together by the bootstrap.
_ALIKE = 1e-3


@dataclass(frozen=True, slots=True)
class People:
    """Codes of names and birthdays, each of shape (m,).

    ``first``, ``family`` and ``cohort`` count from 0; ``day`` is 0 … 365; ``year`` is any number.
    """

    first: Codes
    family: Codes
    year: Codes
    cohort: Codes
    day: Codes


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Records that share first name, family name and birth year with another record.

    Parameters
    ----------
    rows : ndarray of intp, shape (r,)
        The records, ordered by name, year and day.
    group : ndarray of intp, shape (r,)
        Name and year of each.
    cell : ndarray of intp, shape (r,)
        Name, year and day of each.
    name : ndarray of intp, shape (groups,)
        Name of each group.
    chance : ndarray of float64, shape (groups,)
        S_fy: the probability that two of the group share their birthday.
    """

    rows: Codes
    group: Codes
    cell: Codes
    name: Codes
    chance: Floats


@dataclass(frozen=True, slots=True)
class Tally:
    """Pairs by group: shapes (groups,).

    Parameters
    ----------
    people : ndarray of float64
        n_fly.
    observed : ndarray of float64
        Pairs with one birthday.
    expected : ndarray of float64
        C(n_fly, 2) S_fy.
    excess : ndarray of float64
        (observed − expected) / (1 − S_fy): records that repeat a person, if repeats are why.
    """

    people: Floats
    observed: Floats
    expected: Floats
    excess: Floats


def namesakes(people: People, *, weight: float = 100.0) -> Namesakes:
    """Groups of namesakes of one year, each with the chance that two of them share a birthday.

    Birthdays of a group are the cohort's, p_{d|y}, mixed with those that its first name has in that
    cohort, p_{d|y} + p_{d|f} − its cohorts' mean, with weight w = n_f / (n_f + ``weight``). Squares
    are estimated from pairs of different groups only, so that neither chance nor people who are
    there twice bias them.

    Parameters
    ----------
    people : People
    weight : float
        Size at which a first name's own birthdays count as much as its cohort's.

    Raises
    ------
    OverflowError
        If there are more names and years than 64 bits can number.
    """
    key = _key(people)
    order = np.argsort(key, kind="stable")
    key = key[order]
    group, cell = _runs(key // DAYS), _runs(key)
    starts = _starts(group)
    first, family = people.first[order], people.family[order]
    groups = _Groups(
        first=first[starts],
        cohort=people.cohort[order][starts],
        n=np.bincount(group).astype(float),
        squares=_sums(group[_starts(cell)], np.bincount(cell).astype(float) ** 2),
    )
    wanted = groups.n >= 2
    chance = _chance(groups, wanted, first, people.cohort[order], people.day[order], weight)
    changes = (np.diff(first, prepend=first[:1]) != 0) | (np.diff(family, prepend=family[:1]) != 0)
    name = np.cumsum(changes)[starts]
    several = wanted[group]
    return Namesakes(order[several], _runs(group[several]), _runs(cell[several]), name[wanted], chance)


@dataclass(frozen=True, slots=True)
class _Groups:
    """All groups of one name and year: codes, people and Σ_d of their squared numbers by day."""

    first: Codes
    cohort: Codes
    n: Floats
    squares: Floats


def _key(people: People) -> NDArray[np.int64]:
    """One number per record that orders by first name, family name, year and day."""
    year = people.year - people.year.min(initial=np.iinfo(np.int32).max)
    sizes = [int(values.max(initial=0)) + 1 for values in (people.first, people.family, year)]
    if sizes[0] * sizes[1] * sizes[2] * DAYS >= 2**63:
        raise OverflowError(f"{sizes} first names, family names and years cannot be numbered together")
    key = people.first.astype(np.int64) * sizes[1] + people.family
    return np.asarray((key * sizes[2] + year) * DAYS + people.day)


def _runs(ordered: NDArray[np.int64] | Codes) -> Codes:
    """Number of the run of equal values that each value stands in."""
    return np.asarray(np.cumsum(np.diff(ordered, prepend=ordered[:1]) != 0), dtype=np.intp)


def _sums(code: Codes, values: Floats, length: int = 0) -> Floats:
    """Sum of the values of each code, float64 even where there is none."""
    return np.asarray(np.bincount(code, values, length), dtype=np.float64)


def _starts(runs: Codes) -> Codes:
    return np.flatnonzero(np.diff(runs, prepend=-1) != 0)


def _chance(
    groups: _Groups, wanted: Flags, first: Codes, cohort: Codes, day: Codes, weight: float
) -> Floats:
    """S_fy of the wanted groups; the records are ordered by first name."""
    of_first, of_cohort = groups.first[wanted], groups.cohort[wanted]
    count = int(cohort.max(initial=0)) + 1
    births = _table(cohort, day, count, DAYS)
    size = np.maximum(births.sum(axis=1), 1)
    p = births / size[:, None]
    same = _across((births**2).sum(axis=1), births.sum(axis=1), groups, groups.cohort)
    whole = births.sum(axis=0, keepdims=True)
    pooled = _across((whole**2).sum(axis=1), whole.sum(axis=1), groups, np.zeros_like(groups.first))
    # Where everybody is one group there is nobody to learn from.
    usual = pooled[0] if np.isfinite(pooled[0]) else 1 / 365.25
    chance = np.where(np.isfinite(same), same, usual)[of_cohort]
    own_squares, own_n = (
        np.bincount(groups.first, values, int(first.max(initial=0)) + 1)
        for values in (groups.squares, groups.n**2)
    )
    edges = np.searchsorted(first, np.arange(len(own_n) + 1))
    place = np.full(len(own_n), -1, dtype=np.intp)
    names = np.unique(of_first)
    for begin in range(0, len(names), _BLOCK):
        block = names[begin : begin + _BLOCK]
        place[block] = np.arange(len(block))
        rows = np.concatenate([np.arange(edges[f], edges[f + 1]) for f in block])
        code = place[first[rows]]
        x, by_cohort = (
            _table(code, day[rows], len(block), DAYS),
            _table(code, cohort[rows], len(block), count),
        )
        n = x.sum(axis=1)
        pairs = n**2 - own_n[block]
        w = np.where(pairs > 0, n / (n + weight), 0.0)
        of_pairs = ((x**2).sum(axis=1) - own_squares[block]) / np.maximum(pairs, 1)
        share = by_cohort / n[:, None]
        own, mean = x / n[:, None], share @ p
        # Each person is part of the cohort too: what a share owes to itself is taken out.
        itself = (share**2 / size).sum(axis=1)
        square = of_pairs - 2 * (own * mean).sum(axis=1) + (mean**2).sum(axis=1) + itself
        inside = (of_first >= block[0]) & (of_first <= block[-1])
        f, y = place[of_first[inside]], of_cohort[inside]
        inner = ((own - mean) @ p.T)[f, y]
        chance[inside] += 2 * w[f] * inner + w[f] ** 2 * square[f]
    return np.asarray(np.clip(chance, 0.0, 1 - 1e-9))


def _table(rows: Codes, columns: Codes, height: int, width: int) -> Floats:
    """How often each row and column meet, float64 of shape (height, width)."""
    cells = np.bincount(rows * width + columns, minlength=height * width)
    return cells.reshape(height, width).astype(np.float64)


def _across(squares: Floats, n: Floats, groups: _Groups, code: Codes) -> Floats:
    """Share of one-day pairs among those of different groups, by code; NaN where there is no such pair."""
    count = len(n)
    inside = np.bincount(code, groups.squares, count)
    pairs = n**2 - np.bincount(code, groups.n**2, count)
    return np.asarray(np.divide(squares - inside, pairs, out=np.full(count, np.nan), where=pairs > 0))


def tally(
    found: Namesakes, *, chosen: Flags | None = None, part: Codes | None = None
) -> tuple[Tally, Codes]:
    """Pairs in each group, of some records, and within the parts of a division.

    Parameters
    ----------
    found : Namesakes
    chosen : ndarray of bool, shape (r,), optional
        Which of ``found.rows`` count; by default all.
    part : ndarray of intp, shape (r,), optional
        Part of the country of each record; pairs across parts are then left out, and so are
        records with a negative part.

    Returns
    -------
    Tally
        One entry for each group (and part, where given) with a record.
    ndarray of intp
        The group of each entry, or with ``part`` group × number of parts + part.
    """
    keep = np.ones(len(found.rows), dtype=bool) if chosen is None else chosen.copy()
    parts = 1
    if part is not None:
        keep &= part >= 0
        parts = int(part.max(initial=0)) + 1
    within = part[keep] if part is not None else 0
    code = found.group[keep] * parts + within
    entry, index = np.unique(code, return_inverse=True)
    cells = np.unique(found.cell[keep] * parts + within, return_index=True, return_counts=True)
    n = np.bincount(index, minlength=len(entry)).astype(np.float64)
    together = cells[2].astype(np.float64)
    observed = _sums(index[cells[1]], together * (together - 1) / 2, len(entry))
    chance = found.chance[entry // parts]
    expected = n * (n - 1) / 2 * chance
    excess = (observed - expected) / (1 - chance)
    return Tally(n, observed, expected, excess), np.asarray(entry, dtype=np.intp)


def partners(found: Namesakes, chosen: Flags) -> tuple[Floats, Floats]:
    """Chosen records that share name and birthday with each chosen one: observed, and by chance."""
    group, cell = found.group[chosen], found.cell[chosen]
    together, people = np.bincount(cell), np.bincount(group)
    expected = (people[group] - 1.0) * found.chance[group]
    return np.asarray(together[cell] - 1.0, dtype=np.float64), expected


def name_bootstrap(excess: Floats, name: Codes, rng: np.random.Generator, n_resamples: int) -> Floats:
    """Sums of the excess when names are drawn with replacement, float64 of shape (n_resamples,).

    Each name is drawn a Poisson(1) number of times. Names of nearly the same excess are drawn
    together; the order of names makes no difference.
    """
    by_name = np.bincount(name, excess)
    by_name = by_name[by_name != 0]
    if not len(by_name):
        return np.zeros(n_resamples)
    kind = np.copysign(np.round(np.log(np.abs(by_name)) / _ALIKE) + 1e7, by_name)
    _, index, count = np.unique(kind, return_inverse=True, return_counts=True)
    mean = np.bincount(index, by_name) / count
    return np.asarray(rng.poisson(count, (n_resamples, len(count))) @ mean)

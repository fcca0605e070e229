"""Voters from elsewhere: those who vote on a certificate, or have moved to a precinct's list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Columns that count them, the first one present.
COLUMNS = ("absentee_voted", "absentee_attached")
#: The need of a detector that looks at them.
NEED = "|".join(COLUMNS)
#: Precincts that a unit has on average where its precincts are compared with each other.
NEIGHBOURS = 5


def movers(returns: Returns) -> tuple[str, Floats]:
    """The column and its counts, float64 of shape (m,); NaN where missing or negative."""
    column = next(name for name in COLUMNS if returns.has(name))
    x = returns.counts(column)
    return column, np.where(x >= 0, x, np.nan)


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many ballots voters from elsewhere cast at most, of how many; the share of them."""

    used: int
    ballots: int
    share: float


def capacities(x: Floats, ballots: Floats, codes: Codes, units: int) -> list[Capacity]:
    """The bound of each unit, over all its precincts, large and small.

    Parameters
    ----------
    x, ballots : ndarray of float64, shape (m,)
    codes : ndarray of intp, shape (m,)
        Unit of each row, −1 where it has none.
    """
    known = codes >= 0
    used, cast = (np.bincount(codes[known], np.nan_to_num(values[known]), units) for values in (x, ballots))
    return [
        Capacity(int(u), int(b), float(u / b) if b > 0 else 0.0) for u, b in zip(used, cast, strict=True)
    ]


def home_level(returns: Returns) -> str | None:
    """The lowest level whose units have ``NEIGHBOURS`` precincts on average, ``None`` without one."""
    for level in reversed(returns.levels or ()):
        if len(returns) >= NEIGHBOURS * max(len(returns.units(level).scopes), 1):
            return level
    return None


def homes(returns: Returns) -> tuple[str | None, Codes]:
    """That level, and the unit of each row there: −1 where unnamed, 0 for all without a level."""
    level = home_level(returns)
    return level, returns.units(level).codes


def is_above(returns: Returns, level: str | None, home: str | None) -> bool:
    """Whether units of a level hold several units of the home level."""
    if home is None:
        return False
    levels = tuple(returns.levels or ())
    return level is None or levels.index(level) < levels.index(home)

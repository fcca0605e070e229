"""Voters whom a list gained: growth between postings, supplementary and special lists, transfers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Columns of which one is needed.
COLUMNS = ("voters_added", "registered_initial", "supplementary", "special_list", "absentee_attached")
#: What the growth of the list is called as a quantity.
GROWTH = "voters_added"
#: Units with two precincts and more of which this share has all its transfers in one precinct: by rule.
BY_RULE, FEWEST_UNITS = 0.9, 20
#: From this share of the list on, the whole list was made up of additions.
WHOLE = 0.95


@dataclass(frozen=True, slots=True)
class Additions:
    """One column of additions; arrays of shape (m,), NaN where not reported.

    ``x`` those added; ``change`` additions less those struck off or moved away, where that is
    reported; ``censored`` whether decreases of the list are not reported as such.
    """

    quantity: str
    x: Floats
    change: Floats
    censored: bool = False


def additions(returns: Returns) -> tuple[Additions, ...]:
    """Every column of additions that the returns have, the growth of the list first."""
    found = []
    growth = _growth(returns)
    if growth is not None:
        found.append(growth)
    for column in ("supplementary", "special_list"):
        if returns.has(column):
            x = _counted(returns.counts(column))
            found.append(Additions(column, x, x))
    if returns.has("absentee_attached"):
        x = _counted(returns.counts("absentee_attached"))
        gone = returns.counts("absentee_detached") if returns.has("absentee_detached") else np.zeros_like(x)
        found.append(Additions("absentee_attached", x, x - gone))
    return tuple(found)


def _growth(returns: Returns) -> Additions | None:
    nothing = np.full(len(returns), np.nan)
    reported = returns.counts("voters_added") if returns.has("voters_added") else nothing
    difference = nothing
    if returns.has("registered", "registered_initial"):
        difference = returns.counts("registered") - returns.counts("registered_initial")
    if np.isnan(reported).all() and np.isnan(difference).all():
        return None
    change = np.where(np.isnan(difference), reported, difference)
    x = np.maximum(np.where(np.isnan(reported), change, reported), 0.0)
    with np.errstate(invalid="ignore"):
        shrunk = np.isnan(reported) & (difference <= 0)
        censored = returns.has("voters_added") and bool(shrunk.any()) and not (reported <= 0).any()
    return Additions(GROWTH, x, change, censored)


def _counted(values: Floats) -> Floats:
    return np.where(values >= 0, values, np.nan)


def is_by_rule(x: Floats, unit: Codes) -> bool:
    """Whether units have a precinct each that takes all the transferred voters of the unit.

    Parameters
    ----------
    x : ndarray of float64, shape (m,)
        Finite.
    unit : ndarray of intp, shape (m,)
        Codes 0, 1, …
    """
    number, having = np.bincount(unit), np.bincount(unit, x > 0)
    told = (number > 1) & (having > 0)
    return int(told.sum()) >= FEWEST_UNITS and float((having[told] == 1).mean()) >= BY_RULE

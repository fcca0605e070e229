"""Precincts that have neighbours to be compared with, and why the others have none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: A neighbourhood has at least this many precincts.
NEIGHBOURS = 3
#: A level is fine enough if half of the precincts have this many in their unit.
ENOUGH = 5
#: Places whose voters are not those of the neighbourhood.
CLOSED = ("health", "care", "military", "prison", "transport", "embassy", "remote", "tourist")
#: Why a row is left out, in the order of ``Neighbours.reason``.
USED, INCOMPLETE, INSTITUTION, ALONE = range(4)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Precincts compared; m of them.

    ``used`` row numbers; ``group`` and ``top`` codes 0 … k−1 of the neighbourhood and of the
    top-level unit; ``size`` registered, ``ballots``, ``t`` turnout and ``v`` share, float64 of
    shape (m,). ``reason`` says of every row of the returns whether it is ``USED``, and ``codes``
    its neighbourhood (−1: not named). ``level`` is what a neighbourhood is.
    """

    used: Codes
    group: Codes
    top: Codes
    size: Floats
    ballots: Floats
    t: Floats
    v: Floats
    reason: Codes
    codes: Codes
    level: str


def arrange(
    returns: Returns, votes: Floats, minimum: int, neighbourhood: str | None = None
) -> Neighbours | None:
    """Complete precincts outside closed institutions, in neighbourhoods of at least three that differ.

    Parameters
    ----------
    returns : Returns
    votes : ndarray of float64
        Votes looked at, a row per precinct.
    minimum : int
        Smallest number of registered voters.
    neighbourhood : str, optional
        By default the finest level in which half of the precincts have five in their unit.

    Returns
    -------
    Neighbours or None
        ``None`` where no precinct has neighbours.
    """
    size, ballots = returns.counts("registered"), returns.counts("ballots")
    with np.errstate(divide="ignore", invalid="ignore"):
        t, v = returns.turnout, votes / ballots
        good = (size >= max(minimum, 1)) & (ballots > 0) & (t >= 0) & (t <= 1) & (v >= 0) & (v <= 1)
    closed = good & _closed(returns)
    level = neighbourhood or _finest(returns, good & ~closed)
    if level is None:
        return None
    codes = returns.units(level).codes
    used = _with_neighbours(codes, good & ~closed, t, v)
    if not used.any():
        return None
    reason = np.select([used, ~good, closed], [USED, INCOMPLETE, INSTITUTION], ALONE)
    rows = np.flatnonzero(used)
    top = returns.units((returns.levels or (level,))[0]).codes[rows]
    return Neighbours(
        used=rows,
        group=np.unique(codes[rows], return_inverse=True)[1].astype(np.intp),
        top=np.unique(top, return_inverse=True)[1].astype(np.intp),
        size=size[rows],
        ballots=ballots[rows],
        t=t[rows],
        v=v[rows],
        reason=reason.astype(np.intp),
        codes=codes,
        level=level,
    )


def knows_institutions(returns: Returns) -> bool:
    """Whether the returns say what kind of place a precinct is in."""
    return "venue_type" in returns.table.columns and bool(returns.table["venue_type"].notna().any())


def _closed(returns: Returns) -> Flags:
    if not knows_institutions(returns):
        return np.zeros(len(returns), dtype=bool)
    return np.asarray(returns.table["venue_type"].isin(CLOSED).to_numpy(dtype=bool))


def _finest(returns: Returns, keep: Flags) -> str | None:
    """The finest level in which half of the precincts have enough neighbours, else the largest."""
    for level in reversed(returns.levels or ()):
        codes = returns.units(level).codes
        known = codes[keep & (codes >= 0)]
        if len(known) and np.median(np.bincount(known)[known]) >= ENOUGH:
            return level
    return next(iter(returns.levels or ()), None)


def _with_neighbours(codes: Codes, keep: Flags, t: Floats, v: Floats) -> Flags:
    """Rows whose neighbourhood has enough precincts, not all of one turnout or one share."""
    rows = np.flatnonzero(keep & (codes >= 0))
    result = np.zeros(len(codes), dtype=bool)
    if len(rows):
        at, k = codes[rows], int(codes[rows].max()) + 1
        enough = np.bincount(at, minlength=k) >= NEIGHBOURS
        for x in (t[rows], v[rows]):
            low, high = np.full(k, np.inf), np.full(k, -np.inf)
            np.minimum.at(low, at, x)
            np.maximum.at(high, at, x)
            enough &= high > low
        result[rows] = enough[at]
    return result

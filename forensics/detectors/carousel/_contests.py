"""Contests held in the same precincts: their lists and ballots, and which is open to fewer voters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.tables.returns import Returns
from forensics.tables.roles import is_count

Floats = NDArray[np.float64]

#: What the contest of the returns themselves is called.
MAIN = "main"
_BALLOTS, _VOTES = re.compile(r"(.+)_ballots"), re.compile(r"(.+)_votes_.+")


@dataclass(frozen=True, slots=True)
class Contest:
    """``ballots`` and ``registered`` float64 of shape (m,); ``registered`` is None where unknown.

    ``of_votes`` says that nobody reports its ballots, and its votes stand for them: there are no
    fewer ballots than votes.
    """

    name: str
    ballots: Floats
    registered: Floats | None
    of_votes: bool = False


def contests(returns: Returns) -> tuple[Contest, ...]:
    """The contest itself, if its ballots are reported, and the concurrent ones in order of columns.

    A concurrent contest has ``<contest>_ballots`` beside its list or its votes, or the votes of two options
    and more alone.
    """
    reported = [str(column) for column in returns.table.columns if is_count(str(column))]
    voted: dict[str, list[str]] = {}
    for column in reported:
        if (match := _VOTES.fullmatch(column)) and returns.has(column):
            voted.setdefault(match[1], []).append(column)
    counted = [m[1] for column in reported if (m := _BALLOTS.fullmatch(column)) and returns.has(column)]
    names = [name for name in counted if name in voted or returns.has(f"{name}_registered")]
    # Votes of one option alone are no contest, whatever the column is called.
    names += [name for name, columns in voted.items() if name not in names and len(columns) > 1]
    found = []
    if returns.has("ballots"):
        own = returns.counts("registered") if returns.has("registered") else None
        found.append(Contest(MAIN, returns.counts("ballots"), own))
    for name in names:
        of_votes = not returns.has(f"{name}_ballots")
        ballots = (
            np.sum([returns.counts(column) for column in voted[name]], axis=0)
            if of_votes
            else returns.counts(f"{name}_ballots")
        )
        column = f"{name}_registered"
        listed = returns.counts(column) if returns.has(column) else None
        found.append(Contest(name, ballots, listed, of_votes))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contests of which ``narrower`` is open to fewer voters, as was ``told`` or as lists say."""

    narrower: Contest
    wider: Contest
    told: bool


def pairs(found: tuple[Contest, ...], narrower: str | None) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """Every two contests in their order, and the names of those that cannot be ordered.

    Parameters
    ----------
    found : tuple of Contest
    narrower : str, optional
        A contest that is open to fewer voters than every other one.

    Raises
    ------
    ConfigError
        If there is no such contest.
    """
    names = [contest.name for contest in found]
    if narrower is not None and narrower not in names:
        raise ConfigError(f"{narrower!r} is no contest here; the contests are {', '.join(names) or 'none'}")
    ordered, unclear = [], []
    for one, other in combinations(found, 2):
        if narrower in (one.name, other.name):
            first, second = (one, other) if one.name == narrower else (other, one)
            ordered.append(Pair(first, second, True))
            continue
        shorter = _shorter(one, other)
        if shorter is None:
            unclear.append(f"{one.name} and {other.name}")
        else:
            ordered.append(Pair(shorter, other if shorter is one else one, False))
    return tuple(ordered), tuple(unclear)


def _shorter(one: Contest, other: Contest) -> Contest | None:
    """The contest with fewer registered voters in all, over the rows that report both lists."""
    if one.registered is None or other.registered is None:
        return None
    both = ~np.isnan(one.registered) & ~np.isnan(other.registered)
    first, second = float(one.registered[both].sum()), float(other.registered[both].sum())
    if first == second:
        return None
    return one if first < second else other

"""What is kept of turnouts near the edge: counts by scope, and precincts by unit and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import Sums, levels_of, merge
from forensics.kernels.upper_tail import PERCENTS, UpperTail, bulk_classes, expect_upper_tail
from forensics.scope import Scope
from forensics.tables.returns import Returns

Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Unit of precincts whose unit has no name.
UNNAMED = ""


@dataclass(frozen=True, slots=True)
class Tested:
    """Precincts that are tested: counts ``x`` of ``n`` voters, their unit, and the class of each."""

    x: Integers
    n: Integers
    percent: Integers


@dataclass(frozen=True, slots=True)
class EdgeState:
    """Whole numbers only, so that parts add up exactly, in any order.

    Parameters
    ----------
    turnout_of : str
    scope : Scope
        Of the returns themselves.
    sums : Sums
        Precincts of each scope by flag; ``classes`` of shape (scopes, 1, 26) by whole percent.
    units : tuple of str
        Units of the top level, in order of their names.
    bulk : ndarray of int64, shape (units, size bands, classes)
        Precincts below the cut by class of two points.
    unit, size, precincts : ndarray of int64, shape (k,)
        Tested precincts of one unit and one number of registered voters, in order of both.
    of_scope, of_cell, times : ndarray of int64, shape (j,)
        How many precincts of each of these are in a scope, in order of both.
    """

    turnout_of: str
    scope: Scope
    sums: Sums
    units: tuple[str, ...]
    bulk: Integers
    unit: Integers
    size: Integers
    precincts: Integers
    of_scope: Integers
    of_cell: Integers
    times: Integers

    def tail(self) -> UpperTail:
        """Chances of the precincts of each unit and size."""
        return expect_upper_tail(self.size, self.unit, self.precincts, self.bulk)

    def expected(self, chances: Floats) -> Floats:
        """Chances by unit and size, shape (k,) or (k, c), summed over the precincts of each scope."""
        number = len(self.sums.scopes)
        columns = chances.reshape(len(chances), -1).T
        summed = [np.bincount(self.of_scope, self.times * one[self.of_cell], number) for one in columns]
        stacked: Floats = np.stack(summed, axis=-1).astype(np.float64, copy=False)
        return stacked.reshape(number, *chances.shape[1:])


def edge_state(
    returns: Returns,
    by: str | Sequence[str | None] | None,
    flags: Mapping[str, Flags],
    tested: Tested,
) -> tuple[EdgeState, Codes]:
    """The state of some returns, and the unit and size (0 … k−1) of each tested precinct.

    Parameters
    ----------
    flags : mapping of str to ndarray of bool, shape (m,)
        ``tested`` among them.
    tested : Tested
        Counts of the precincts that are.
    """
    rows = np.flatnonzero(flags["tested"])
    top = next(iter(returns.levels or ()), None)
    here = returns.units(top)
    names = [scope.names[-1][1] if scope.names else UNNAMED for scope in here.scopes]
    unit = here.codes[rows].astype(np.int64)
    if (unit < 0).any():
        names, unit = [UNNAMED, *names], unit + 1
    cells, cell, precincts = _different(unit, tested.n)
    scopes: list[Scope] = []
    sums: dict[str, list[Floats]] = {name: [] for name in (*flags, "classes")}
    there = []
    classes = tested.percent - PERCENTS[0]
    for level in levels_of(returns, by):
        units = returns.units(level)
        number = len(units.scopes)
        for name, flag in flags.items():
            at = units.codes[flag & (units.codes >= 0)]
            sums[name].append(np.bincount(at, minlength=number)[:, None].astype(np.float64))
        at = units.codes[rows]
        seen = (at >= 0) & (classes >= 0)
        counted = np.bincount(at[seen] * len(PERCENTS) + classes[seen], minlength=number * len(PERCENTS))
        sums["classes"].append(counted.reshape(number, 1, len(PERCENTS)).astype(np.float64))
        known = at >= 0
        pairs, _, times = _different(at[known].astype(np.int64), cell[known])
        there.append(np.stack([pairs[0] + len(scopes), pairs[1], times]))
        scopes += units.scopes
    state = EdgeState(
        returns.turnout_of,
        returns.scope,
        Sums(tuple(scopes), {name: np.concatenate(values) for name, values in sums.items()}),
        tuple(names),
        bulk_classes(tested.x, tested.n, unit.astype(np.intp), len(names)),
        *cells,
        precincts,
        *np.concatenate(there, axis=1),
    )
    return state, cell.astype(np.intp)


def merge_states(states: Sequence[EdgeState]) -> EdgeState:
    """States of several parts of one table as the state of the whole."""
    sums = merge([state.sums for state in states])
    units = tuple(sorted({name for state in states for name in state.units}))
    place = {name: i for i, name in enumerate(units)}
    scope_place = {scope: i for i, scope in enumerate(sums.scopes)}
    bulk = np.zeros((len(units), *states[0].bulk.shape[1:]), dtype=np.int64)
    cells, there, before = [], [], 0
    for state in states:
        own = np.array([place[name] for name in state.units], dtype=np.int64)
        np.add.at(bulk, own, state.bulk)
        cells.append(np.stack([own[state.unit], state.size, state.precincts]))
        scopes = np.array([scope_place[scope] for scope in state.sums.scopes], dtype=np.int64)
        there.append(np.stack([scopes[state.of_scope], state.of_cell + before, state.times]))
        before += len(state.unit)
    unit, size, precincts = np.concatenate(cells, axis=1)
    scope, cell, times = np.concatenate(there, axis=1)
    together, of, _ = _different(unit, size)
    pairs, of_pair, _ = _different(scope, of[cell])
    return EdgeState(
        states[0].turnout_of,
        states[0].scope,
        sums,
        units,
        bulk,
        *together,
        _summed(of, precincts, len(together[0])),
        *pairs,
        _summed(of_pair, times, len(pairs[0])),
    )


def _different(first: Integers, second: Integers) -> tuple[tuple[Integers, Integers], Integers, Integers]:
    """The different pairs in order, the place of each row among them, and the rows of each."""
    width = int(second.max(initial=0)) + 1
    keys, place, number = np.unique(first * width + second, return_inverse=True, return_counts=True)
    return (keys // width, keys % width), place, number


def _summed(place: Integers, values: Integers, number: int) -> Integers:
    """Whole numbers by place; none is so large that a float64 could not hold the sum."""
    return np.bincount(place, values, number).astype(np.int64)

"""Sums over units and size bands: the state of detectors that can be merged part by part."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.registry import Detector
from forensics.finding import Findings
from forensics.scope import Scope
from forensics.tables.returns import Returns

#: Lower edges of the size bands (registered voters, else ballots), in which every finding is shown.
BANDS = (0, 100, 250, 500, 1000, 2000)
#: What is kept of a part of the returns; each detector has its own.
State: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Additive:
    """A detector in three steps: what is kept of each part, of all of them, and what that says.

    ``finish(merge([statistic(part, **parameters) for part in parts]), **parameters)`` gives the
    findings of the whole, without scores of single precincts.
    """

    statistic: Callable[..., State]
    merge: Callable[[Sequence[State]], State]
    finish: Callable[..., Findings]
    #: Whether rows are compared within their unit of the top level, which then lies in one part.
    units: bool = False


@dataclass(frozen=True, slots=True)
class Products:
    """Sums of v v' are wanted, for the row v of each precinct; ``rows`` has shape (m, k)."""

    rows: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sums:
    """Named sums with leading axes (scope, size band); states of parts add up."""

    scopes: tuple[Scope, ...]
    values: Mapping[str, NDArray[np.float64]]

    def total(self, name: str, scope: int) -> NDArray[np.float64]:
        """A sum over all size bands of one scope."""
        return np.asarray(self.values[name][scope].sum(axis=0))


def additive_of(entry: Detector) -> Additive | None:
    """The three steps of a detector, ``ADDITIVE`` of its module; ``None`` where it has none."""
    module = sys.modules[inspect.unwrap(entry.run).__module__]
    found = getattr(module, "ADDITIVE", None)
    return found if isinstance(found, Additive) else None


def levels_of(returns: Returns, by: str | Sequence[str | None] | None) -> tuple[str | None, ...]:
    """``by`` as a tuple of levels, ``None`` standing for the scope of the returns themselves."""
    levels = (by,) if by is None or isinstance(by, str) else tuple(by)
    for level in levels:
        if level is not None:
            returns.unit_columns(level)
    return levels


def size_bands(returns: Returns) -> NDArray[np.intp]:
    """Band of each precinct by registered voters (ballots where nobody reports them)."""
    column = next((c for c in ("registered", "ballots", "valid") if returns.has(c)), None)
    if column is None:
        return np.zeros(len(returns), dtype=np.intp)
    size = np.nan_to_num(returns.counts(column), nan=0.0)
    return np.asarray(np.searchsorted(BANDS, size, side="right") - 1).clip(0)


def accumulate(
    returns: Returns,
    by: str | Sequence[str | None] | None,
    values: Mapping[str, NDArray[np.float64] | Products],
) -> Sums:
    """Sum per-precinct values over the units of each level and over size bands.

    Parameters
    ----------
    values : mapping of str to ndarray of shape (m, …), or Products
        One row per precinct of the returns; rows left out hold zeros. Products of shape (m, k) are
        summed to k × k.

    Returns
    -------
    Sums
        Arrays of shape (scopes, size bands, …); rows without the name of a unit are in no scope of
        its level.
    """
    band, width = size_bands(returns), len(BANDS)
    scopes: list[Scope] = []
    sums: dict[str, list[NDArray[np.float64]]] = {name: [] for name in values}
    # A column at a time lies together in memory: with the precincts apart, most of the time is waiting.
    columns = {
        name: np.ascontiguousarray(
            rows.rows.T if isinstance(rows, Products) else rows.reshape(len(rows), -1).T
        )
        for name, rows in values.items()
    }
    for level in levels_of(returns, by):
        units = returns.units(level)
        known = units.codes >= 0
        cell = (units.codes * width + band)[known]
        scopes += units.scopes
        cells = len(units.scopes) * width
        for name, rows in values.items():
            there = columns[name] if known.all() else columns[name][:, known]
            if isinstance(rows, Products):
                summed, shape = _products(cell, there, cells), (len(there), len(there))
            else:
                summed = np.stack([np.bincount(cell, column, cells) for column in there], axis=-1)
                shape = rows.shape[1:]
            sums[name].append(np.reshape(summed, (len(units.scopes), width, *shape)))
    return Sums(tuple(scopes), {name: np.concatenate(parts) for name, parts in sums.items()})


def _products(cell: NDArray[np.intp], columns: NDArray[np.float64], cells: int) -> NDArray[np.float64]:
    """Sums of v v' by cell, shape (cells, k, k); never all products at once."""
    k = len(columns)
    out = np.empty((cells, k, k))
    for i in range(k):
        for j in range(i + 1):
            out[:, i, j] = out[:, j, i] = np.bincount(cell, columns[i] * columns[j], cells)
    return out


def merge(states: Sequence[Sums]) -> Sums:
    """States of several parts of one table as the state of the whole.

    Scopes are put in order (nation first, then by name), so the order of the parts changes nothing
    but the last bits of the sums.
    """
    found = {scope for state in states for scope in state.scopes}
    scopes = sorted(found, key=lambda scope: (len(scope.names), scope))
    place = {scope: i for i, scope in enumerate(scopes)}
    merged: dict[str, NDArray[np.float64]] = {}
    for state in states:
        rows = [place[scope] for scope in state.scopes]
        for name, value in state.values.items():
            target = merged.setdefault(name, np.zeros((len(scopes), *value.shape[1:])))
            np.add.at(target, rows, value)  # a part of one region may hold a scope twice
    return Sums(tuple(scopes), merged)

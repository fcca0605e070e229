"""Lists of voters: names become numbers while they are read, and nothing can be read back.

A name is compared by its keyed hash under a salt that is drawn for the reading and then forgotten;
what stays is which entries have one name. No result depends on the salt.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from forensics.errors import ConfigError, Fault, ReturnsError
from forensics.scope import NATIONAL, Scope
from forensics.tables import roles
from forensics.tables.accepting import unpacked
from forensics.tables.persons import Salt
from forensics.tables.source import Source
from forensics.tables.voter_cells import DATES, Names, Texts, dates, marks
from forensics.tables.voter_rows import NAMES, PLACES, Batch, Reading, open_rows

Numbers = NDArray[np.int32]
Days = NDArray[np.datetime64]
List = TypeVar("List", bound="VoterList")

#: A list in which fewer of the filled dates can be read is written in another way.
READABLE = 0.5
MOST_FAULTS = 1000


@dataclass(frozen=True, eq=False, repr=False)
class VoterList:
    """Entries of a list of voters as numbers, arrays of shape (m,).

    Parameters
    ----------
    first, family : ndarray of int32
        Number of the name, −1 where it is empty; 0 throughout where the list has no such column.
    born : ndarray of datetime64[D]
        Date of birth, NaT where it is not known in full.
    voted : ndarray of int8 or None
        1 voted, 0 not, −1 not known; None where the list has no such column.
    place : ndarray of int32
        Row of ``places``, −1 where the list names none.
    places : DataFrame
        The precincts of the list: the level columns there are, and ``precinct``.
    row : ndarray of int32
        Row number in the source.
    source : Source
        Provenance; none of its sentences quotes a cell.
    """

    first: Numbers
    family: Numbers
    born: Days
    voted: NDArray[np.int8] | None
    place: Numbers
    places: pd.DataFrame
    row: Numbers
    source: Source

    @classmethod
    def read(cls, table: str | os.PathLike[str] | pd.DataFrame | VoterList) -> Self:
        """The list from a csv, tsv, parquet or xlsx file (also zipped, or in parts) or a frame.

        Parameters
        ----------
        table : path, DataFrame or VoterList
            Columns ``given_name`` and ``family_name`` (one of them may be missing), ``birth_date``,
            and where known ``voted``, ``precinct`` and levels; others are not read.

        Raises
        ------
        ReturnsError
            If the file cannot be read, has no entry, lacks a column, or most of its dates or any
            of its marks cannot be understood. No error quotes a cell.
        ConfigError
            If something else is given.
        """
        if isinstance(table, cls):
            return table
        table = unpacked(table)
        if not isinstance(table, (str, os.PathLike, pd.DataFrame)):
            raise ConfigError(
                f"voters are read from a path or a DataFrame, not from {type(table).__name__}"
            )
        reading, batches = open_rows(table)
        entries = _Entries()
        for batch in batches:
            entries.add(batch)
        return entries.finished(cls, reading)

    def __repr__(self) -> str:
        return f"<VoterList {self.source.name}: {len(self):,} entries>"

    def __len__(self) -> int:
        return len(self.born)

    @property
    def scope(self) -> Scope:
        """The nation: a list says nothing of other parts."""
        return NATIONAL

    @property
    def digest(self) -> str:
        """SHA-256 of the file; empty for a frame."""
        return self.source.sha256

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels that the list names, from the top down."""
        return tuple(level for level in roles.LEVELS if level in self.places.columns)

    def units(self, level: str) -> tuple[Numbers, tuple[Scope, ...]]:
        """Unit of each entry at a level, −1 where it is not named, and the units in order.

        Raises
        ------
        ConfigError
            If the list does not name that level.
        """
        if level not in self.levels:
            raise ConfigError(
                f"{self.source.name}: {level!r} is no level of this list; its levels are "
                f"{', '.join(self.levels) or 'none'}"
            )
        top = self.levels[0]
        columns = [top] if level == top else [top, level]
        known = self.places[columns].notna().all(axis=1).to_numpy()
        names = pd.MultiIndex.from_frame(self.places.loc[known, columns])
        of_place = np.full(len(self.places) + 1, -1, dtype=np.int32)
        of_place[:-1][known], unique = pd.factorize(names, sort=True)
        scopes = tuple(Scope(level, tuple(zip(columns, name, strict=True))) for name in unique)
        return of_place[self.place], scopes


class _Entries:
    """Batches as numbers, put together at the end."""

    def __init__(self) -> None:
        # One salt for both: a given name and a family name are never compared with each other.
        salt = Salt()
        self.names = {column: Names(salt) for column in NAMES}
        self.texts = {column: Texts() for column in PLACES}
        self.parts: dict[str, list[NDArray[Any]]] = {}
        self.faults: list[Fault] = []
        self.count = self.filled = self.unreadable = 0
        self.unreadable_row = 0

    def add(self, batch: Batch) -> None:
        self.count += len(batch.rows)
        self._put("row", batch.rows)
        for column, cells in batch.columns.items():
            if column in self.names:
                self._put(column, self.names[column].codes(cells))
            elif column in self.texts:
                self._put(column, self.texts[column].codes(cells))
            elif column == "voted":
                values, faults = marks(_as_text(cells), batch.rows)
                self.faults += faults[: MOST_FAULTS - len(self.faults)]
                self._put("voted", values)
            else:
                self._born(cells, batch.rows)

    def _born(self, cells: pa.Array, rows: Numbers) -> None:
        born, wrong = dates(cells)
        self.filled += int((~np.isnat(born)).sum() + wrong.sum())
        if wrong.any() and not self.unreadable:
            self.unreadable_row = int(rows[wrong.argmax()])
        self.unreadable += int(wrong.sum())
        self._put("born", born)

    def _put(self, name: str, values: NDArray[Any]) -> None:
        self.parts.setdefault(name, []).append(values)

    def finished(self, kind: type[List], reading: Reading) -> List:
        """The list of all batches."""
        if not self.count:
            self.faults.append(Fault("no rows below the header", "at least one row is needed"))
        elif self.unreadable > (1 - READABLE) * self.filled:
            given = f"no date, as in {self.unreadable:,} of {self.filled:,} rows"
            self.faults.append(Fault(given, DATES, self.unreadable_row, "birth_date"))
        if self.faults:
            raise ReturnsError(reading.name, self.faults)
        columns = {column: np.concatenate(parts) for column, parts in self.parts.items()}
        nobody = np.zeros(self.count, dtype=np.int32)
        place, places = _places(columns, self.texts, self.count)
        rows = self.count + len(reading.refused)
        return kind(
            first=columns.get("given_name", nobody),
            family=columns.get("family_name", nobody),
            born=columns["born"],
            voted=columns.get("voted"),
            place=place,
            places=places,
            row=columns["row"],
            source=Source(
                reading.name, reading.sha256, "", tuple(reading.steps), tuple(reading.refused), rows
            ),
        )


def _as_text(cells: pa.Array) -> pa.Array:
    """Marks of any type as words; true is not 1 in Arrow's own spelling of numbers."""
    if (
        pa.types.is_boolean(cells.type)
        or pa.types.is_integer(cells.type)
        or pa.types.is_floating(cells.type)
    ):
        return cells.cast(pa.string())
    return cells


def _places(
    columns: dict[str, NDArray[Any]], texts: dict[str, Texts], count: int
) -> tuple[Numbers, pd.DataFrame]:
    """The different precincts of the list, in order of their names, and the row of each entry."""
    there = [column for column in PLACES if column in columns]
    if not there:
        return np.full(count, -1, dtype=np.int32), pd.DataFrame(index=pd.RangeIndex(0))
    # Numbers from 0 (no name) upwards in mixed base: one number tells a precinct.
    key = np.zeros(count, dtype=np.int64)
    for column in there:
        key = key * (len(texts[column].known) + 1) + columns[column] + 1
    group, unique = pd.factorize(key)
    cells: dict[str, object] = {}
    for column in reversed(there):
        names = np.array([None, *texts[column].known], dtype=object)
        cells[column] = pd.array(names[unique % len(names)], dtype="str")
        unique = unique // len(names)
    places = pd.DataFrame({column: cells[column] for column in there})
    order = places.sort_values(there, kind="stable", na_position="last").index.to_numpy()
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order))
    places = places.iloc[order].reset_index(drop=True)
    # The entries without any place come last.
    named = len(places) - int(places.isna().all(axis=1).sum())
    return np.where(rank < named, rank, np.int32(-1))[group], places.iloc[:named]

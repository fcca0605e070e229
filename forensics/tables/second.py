"""Second tables that some detectors take: totals, copies of protocols, voters, certificates."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, Self

import pandas as pd

from forensics.errors import ConfigError, Fault, ReturnsError
from forensics.messages.message import Message
from forensics.scope import NATIONAL, Scope
from forensics.tables import roles
from forensics.tables.accepting import unpacked
from forensics.tables.certificates import Certificates
from forensics.tables.counts import Parsed, parse_counts, parse_measures, parse_names
from forensics.tables.files import open_table
from forensics.tables.mapping import canonical, scorer
from forensics.tables.parquet import read_parquet
from forensics.tables.raw import RawTable, stacked
from forensics.tables.sheets import read_sheet
from forensics.tables.source import Source
from forensics.tables.text import read_text
from forensics.tables.voters import VoterList

FRAME = Source("frame")
COPY_TYPES = ("wall", "observer")


@dataclass(frozen=True, eq=False, repr=False)
class SecondTable:
    """A table of counts under canonical names, frozen; its DataFrame is the exit.

    Parameters
    ----------
    table : DataFrame
        Counts become nullable integers, every other column becomes text. The index is the row
        number in the source.
    source : Source, optional
        Provenance.

    Raises
    ------
    ReturnsError
        All faults together, each with its row and column: a required column that is absent, no
        column of counts, no rows, a column named twice, text or a fraction in a count.
    """

    table: pd.DataFrame
    source: Source = FRAME

    #: Columns without which the table cannot be used.
    required: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        frame, steps = _canonical(self.table, self.source.name, self.required)
        faults = self._row_faults(frame)
        if faults:
            raise ReturnsError(self.source.name, faults)
        object.__setattr__(self, "table", frame)
        object.__setattr__(self, "source", self.source.then(*steps))

    @classmethod
    def read(cls, table: str | os.PathLike[str] | pd.DataFrame | SecondTable) -> Self:
        """The table from a path or a frame; one of this kind is handed back as it is."""
        if isinstance(table, cls):
            return table
        table = unpacked(table)
        if isinstance(table, pd.DataFrame):
            return cls(table)
        if isinstance(table, (str, os.PathLike)):
            return cls(*_open(table))
        raise ConfigError(
            f"{cls.__name__} are read from a path or a DataFrame, not from {type(table).__name__}"
        )

    def _row_faults(self, frame: pd.DataFrame) -> list[Fault]:
        return [
            Fault("empty", "every row names it", int(str(row)), column)
            for column in self.required
            for row in frame.index[frame[column].isna()]
        ]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.source.name}: {len(self):,} rows>"

    def __len__(self) -> int:
        return len(self.table)

    @property
    def frame(self) -> pd.DataFrame:
        """The table under canonical names; changing it does not change this one."""
        return self.table.copy(deep=False)

    @cached_property
    def quantities(self) -> tuple[str, ...]:
        """Columns of counts, in the order of the table."""
        return tuple(column for column in self.table.columns if roles.is_count(column))


class Totals(SecondTable):
    """Reported totals: level columns that name a unit, and counts.

    The lowest level that is filled says what a row is a total of; a row without any is the nation's.
    """

    def scopes(self, levels: Sequence[str] | None = None) -> tuple[Scope, ...]:
        """The unit of each row, named as :class:`~forensics.tables.returns.Returns` names it.

        Parameters
        ----------
        levels : sequence of str, optional
            Levels of the returns from the top down; by default the canonical ones.

        Raises
        ------
        ReturnsError
            If a row names a unit without its top-level unit, or two rows name the same one.
        """
        levels = tuple(levels or roles.LEVELS)
        present = [level for level in levels if level in self.table.columns]
        scopes: dict[Scope, int] = {}
        faults = []
        for row, cells in zip(self.table.index, self.table[present].to_numpy(dtype=object), strict=True):
            names = {level: name for level, name in zip(present, cells, strict=True) if not pd.isna(name)}
            scope = _scope(levels[0], names)
            if scope is None:
                faults.append(
                    Fault("empty", "a unit is named with its top level", int(str(row)), levels[0])
                )
            elif scope in scopes:
                given = f"{scope} again, after row {scopes[scope]}"
                faults.append(Fault(given, "a unit has one row of totals", int(str(row))))
            else:
                scopes[scope] = int(str(row))
        if faults:
            raise ReturnsError(self.source.name, faults)
        return tuple(scopes)


def _scope(top: str, names: dict[str, str]) -> Scope | None:
    if not names:
        return NATIONAL
    if top not in names:
        return None
    lowest = list(names)[-1]
    unit = (top,) if lowest == top else (top, lowest)
    return Scope(lowest, tuple((level, names[level]) for level in unit))


class Copies(SecondTable):
    """Copies of protocols: precinct key, ``copy_type`` (wall or observer), counts, ``image``."""

    required: ClassVar[tuple[str, ...]] = ("precinct", "copy_type")

    def _row_faults(self, frame: pd.DataFrame) -> list[Fault]:
        kinds = frame["copy_type"].str.casefold()
        wrong = frame.index[kinds.notna() & ~kinds.isin(COPY_TYPES)]
        allowed = f"a copy is {' or '.join(COPY_TYPES)}"
        return super()._row_faults(frame) + [
            Fault(f"{frame['copy_type'][row]!r}", allowed, int(str(row)), "copy_type") for row in wrong
        ]

    @cached_property
    def copy_type(self) -> pd.Series:
        """``"wall"`` or ``"observer"`` for each row."""
        return self.table["copy_type"].str.casefold()


class Observed(SecondTable):
    """Counts that observers took: precinct key, columns as in the returns; days of a precinct add up."""

    required: ClassVar[tuple[str, ...]] = ("precinct",)


#: The second tables by the name under which a detector takes them.
TABLES: Mapping[str, type[SecondTable] | type[VoterList] | type[Certificates]] = MappingProxyType(
    {
        "totals": Totals,
        "copies": Copies,
        "observed": Observed,
        "voters": VoterList,
        "certificates": Certificates,
    }
)


def read_table(
    kind: str, table: str | os.PathLike[str] | pd.DataFrame | SecondTable | VoterList | Certificates
) -> SecondTable | VoterList | Certificates:
    """A second table from a file or a frame; one that is made already is handed back.

    Parameters
    ----------
    kind : str
        One of ``TABLES``.
    table : path, DataFrame or a table of this kind
        csv, tsv, xlsx or parquet, a zip of one of them, or a folder of parts.

    Returns
    -------
    SecondTable, VoterList or Certificates
        Checked; persons are hashed.

    Raises
    ------
    ReturnsError
        If the file cannot be read or the table cannot be used.
    ConfigError
        If there is no such kind of table, or something else was given.
    """
    if kind not in TABLES:
        raise ConfigError(f"{kind!r} is no second table; the tables are {', '.join(TABLES)}")
    reader: Any = TABLES[kind]
    made: SecondTable | VoterList | Certificates = reader.read(table)
    return made


def _open(path: str | os.PathLike[str]) -> tuple[pd.DataFrame, Source]:
    opened = open_table(path)
    tables: list[RawTable] = []
    for part in opened.parts:
        if opened.kind == "parquet":
            tables.append(read_parquet(part))
        elif opened.kind == "xlsx":
            tables.append(read_sheet(part, scorer(None)))
        else:
            tables.append(read_text(part, scorer(None)))
    raw = stacked(tables, [part.name for part in opened.parts], opened.name)
    mapped = canonical(opened.name, raw.headers)
    frame = raw.cells[list(mapped.positions.values())].set_axis(list(mapped.positions), axis=1)
    steps = (*opened.steps, *raw.steps, *mapped.steps)
    rows = len(frame) + len(raw.refused)
    return frame, Source(opened.name, opened.sha256, "", steps, raw.refused, rows)


def _canonical(
    table: pd.DataFrame, name: str, required: Sequence[str]
) -> tuple[pd.DataFrame, tuple[Message, ...]]:
    if not isinstance(table, pd.DataFrame):
        raise ConfigError(
            f"{name}: a second table is made from a DataFrame, not from {type(table).__name__}"
        )
    columns = [str(column) for column in table.columns]
    twice = [c for c in dict.fromkeys(columns) if columns.count(c) > 1]
    faults = [Fault("named twice", "every column has a name of its own", column=c) for c in twice]
    there = ", ".join(columns[:12]) + (" …" if len(columns) > 12 else "")
    faults += [
        Fault(f"no such column among {there or 'none'}", "it is needed in this table", column=c)
        for c in required
        if c not in columns
    ]
    if not any(map(roles.is_count, columns)):
        faults.append(
            Fault(
                f"no count among {there or 'none'}",
                "at least one column such as ballots or votes_<option> is needed",
            )
        )
    if not len(table):
        faults.append(Fault("no rows below the header", "at least one row is needed"))
    if faults:
        raise ReturnsError(name, faults)
    parsed = [_parse(table[column].rename(str(column))) for column in table.columns]
    faults = [fault for result in parsed for fault in result.faults]
    if faults:
        raise ReturnsError(name, faults)
    frame = pd.DataFrame({result.values.name: result.values for result in parsed}, copy=False)
    return frame, tuple(step for result in parsed for step in result.steps)


def _parse(values: pd.Series) -> Parsed:
    column = str(values.name)
    if roles.is_count(column):
        return parse_counts(values)
    if roles.is_measure(column):
        return parse_measures(values)
    return Parsed(parse_names(values))

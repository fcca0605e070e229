"""What observers bring back: a row per precinct drawn or visited, its design, counts and answers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError, Fault, ReturnsError
from forensics.messages.message import Message, Sentences
from forensics.tables import roles
from forensics.tables.accepting import Table, unpacked
from forensics.tables.counts import Parsed, parse_counts, parse_measures, parse_names
from forensics.tables.opening import open_frame
from forensics.tables.published import Field, table_schema
from forensics.tables.source import Source

Floats = NDArray[np.float64]

#: Prefix of the columns that hold answers of the form.
ITEM = "item_"
#: What says that a precinct was drawn, and how likely.
PROBABILITY, WEIGHT = "probability", "weight"

SAY = Sentences(
    "sample",
    unread="{n:,} {n:plural:column has|columns have} no role in a sample and {n:plural:was|were} not read.",
)


@dataclass(frozen=True, eq=False, repr=False)
class Sample:
    """A table of observed precincts under the columns of ``forensics schema observers``, frozen.

    Parameters
    ----------
    table : DataFrame
        Keys, strata, clusters and answers as text, counts as nullable integers, ``probability`` and
        ``weight`` as float64; the index is the row number in the source.
    source : Source
        Provenance; names no column that was not read.
    """

    table: pd.DataFrame
    source: Source

    def __repr__(self) -> str:
        return f"<Sample {self.source.name}: {len(self):,} precincts>"

    def __len__(self) -> int:
        return len(self.table)

    @property
    def frame(self) -> pd.DataFrame:
        """The table, a row per precinct; changing it does not change this one."""
        return self.table.copy(deep=False)

    @cached_property
    def options(self) -> tuple[str, ...]:
        """Options with votes in the sample, in the order of the columns."""
        return tuple(c.removeprefix(roles.VOTES) for c in self.table.columns if roles.is_option(c))

    @cached_property
    def items(self) -> tuple[str, ...]:
        """Questions of the form, without their prefix."""
        return tuple(c.removeprefix(ITEM) for c in self.table.columns if c.startswith(ITEM))

    def has(self, column: str) -> bool:
        """Whether the sample has ``column`` with any value in it."""
        return column in self.table and bool(self.table[column].notna().any())

    def counts(self, column: str) -> Floats:
        """The numbers of ``column`` as float64 of shape (n,), NaN where they were not seen."""
        if column not in self.table:
            return np.full(len(self), np.nan)
        return self.table[column].to_numpy(dtype=np.float64, na_value=np.nan)

    @cached_property
    def ballots(self) -> Floats:
        """Ballots by the copy: as written, else valid + invalid."""
        written = self.counts("ballots")
        return np.where(np.isnan(written), self.counts("valid") + self.counts("invalid"), written)

    @cached_property
    def weight(self) -> Floats:
        """Inverse probability of inclusion, float64 of shape (n,), NaN where it is unknown."""
        given, probability = self.counts(WEIGHT), self.counts(PROBABILITY)
        with np.errstate(divide="ignore"):
            return np.where(np.isnan(given), 1 / probability, given)


Given = str | os.PathLike[str] | Table | Sample


def read_sample(given: Given, /, *, levels: Sequence[str] = roles.LEVELS) -> Sample:
    """Read observers' forms or the sheet of a quick count.

    Columns are those of ``forensics schema observers``; any other is left out unread and unnamed,
    because it may be a person.

    Parameters
    ----------
    given : path, DataFrame or Sample
        csv, tsv, xlsx or parquet, a zip of one of them, a folder of parts, or a frame.
    levels : sequence of str
        Level columns of the returns that the sample will be joined to.

    Returns
    -------
    Sample
        A row per precinct that was drawn or visited.

    Raises
    ------
    ReturnsError
        All faults together, each with its row and column, and no text of a cell in them: no
        ``precinct``, a precinct twice, a probability of 0 or beyond 1, a weight below 1, a cluster
        in two strata, text in a count.
    ConfigError
        If something else was given.
    """
    if isinstance(given, Sample):
        return given
    known = table_schema("observers")

    def role(column: str) -> Field | None:
        return Field(column, "string", "") if column in levels else known.field(column)

    given = unpacked(given)
    if isinstance(given, pd.DataFrame):
        frame, source = given.set_axis(range(1, len(given) + 1), axis=0), Source("frame")
    elif isinstance(given, (str, os.PathLike)):
        frame, source = open_frame(given, lambda record: sum(role(c.strip()) is not None for c in record))
    else:
        raise ConfigError(f"a sample is read from a path or a DataFrame, not from {type(given).__name__}")
    frame = frame.set_axis([str(c).strip() for c in frame.columns], axis=1)
    kept = [c for c in frame.columns if role(c) is not None]
    faults = known.missing(kept)
    faults += [
        Fault("named twice", "every column has a name of its own", column=c)
        for c in dict.fromkeys(kept)
        if kept.count(c) > 1
    ]
    if not len(frame):
        faults.append(Fault("no rows below the header", "one row per precinct is needed"))
    if faults:
        raise ReturnsError(source.name, faults)
    steps: list[Message] = []
    if len(kept) < len(frame.columns):
        steps.append(SAY("unread", n=len(frame.columns) - len(kept)))
    columns = {}
    for column in kept:
        parsed, said, wrong = _parse(frame[column], role(column))
        columns[column] = parsed
        steps += said
        faults += wrong
    table = pd.DataFrame(columns)
    faults += [] if faults else [*_twice(table, levels), *_split_clusters(table), *_impossible(table)]
    if faults:
        raise ReturnsError(source.name, faults)
    return Sample(table, source.then(*steps))


def _parse(cells: pd.Series, field: Field | None) -> tuple[pd.Series, tuple[Message, ...], list[Fault]]:
    kind = "string" if field is None else field.type
    if kind == "string":
        parsed = Parsed(parse_names(cells).astype("str"))
    else:
        parsed = parse_counts(cells) if kind == "integer" else parse_measures(cells)
    faults = list(parsed.faults) or table_schema("observers").faults(parsed.values)
    return parsed.values, parsed.steps, [_unquoted(fault) for fault in faults]


def _unquoted(fault: Fault) -> Fault:
    """The fault without the text of its cell: in a row that slipped it may be a person."""
    return replace(fault, given="text that cannot stand here") if "'" in fault.given else fault


def _twice(table: pd.DataFrame, levels: Sequence[str]) -> list[Fault]:
    key = [*(c for c in levels if c in table), "precinct"]
    texts = table[key].fillna("")
    first: dict[Any, int] = {}
    faults = []
    for row, cells in zip(table.index, texts.itertuples(index=False, name=None), strict=True):
        if cells in first:
            faults.append(
                Fault(
                    f"{' / '.join(filter(None, cells))!r} again, after row {first[cells]:,}",
                    "a precinct has one row",
                    int(str(row)),
                    "precinct",
                )
            )
        first.setdefault(cells, int(str(row)))
    return faults


def _split_clusters(table: pd.DataFrame) -> list[Fault]:
    """Clusters that lie in two strata: lots were drawn within strata."""
    if "cluster" not in table or "stratum" not in table:
        return []
    own = table["stratum"].fillna("")
    first = own.groupby(table["cluster"], sort=False).transform("first")
    wrong = table.index[(table["cluster"].notna() & (own != first)).to_numpy(dtype=bool)]
    return [
        Fault(
            f"cluster {table['cluster'][row]!r} lies in another stratum in an earlier row",
            "a cluster lies in one stratum",
            int(str(row)),
            "cluster",
        )
        for row in wrong
    ]


def _impossible(table: pd.DataFrame) -> list[Fault]:
    """A precinct that could not be drawn was not, and two columns cannot contradict each other."""
    if PROBABILITY not in table:
        return []
    allowed = table_schema("observers").allowed(PROBABILITY)
    zero = table.index[(table[PROBABILITY] == 0).to_numpy()]
    faults = [
        Fault("0", f"{allowed}, and above 0 for what was drawn", int(str(r)), PROBABILITY) for r in zero
    ]
    if WEIGHT in table and not faults:
        product = table[PROBABILITY] * table[WEIGHT]
        wrong = table.index[(product.notna() & ((product - 1).abs() > 0.01)).to_numpy()]
        faults += [
            Fault(
                f"{table[WEIGHT][row]:g} beside a probability of {table[PROBABILITY][row]:g}",
                "a weight is the inverse of the probability; give one of them",
                int(str(row)),
                WEIGHT,
            )
            for row in wrong
        ]
    return faults

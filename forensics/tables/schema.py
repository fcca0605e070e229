"""Structural rules of a table of returns; every failure is found before any is reported."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from forensics.errors import ConfigError, Fault, ReturnsError
from forensics.messages.message import Message, Sentences
from forensics.tables import roles
from forensics.tables.accepting import Table, as_frame
from forensics.tables.counts import Parsed, parse_counts, parse_measures, parse_names

SAY = Sentences(
    "schema",
    numbered="Rows are numbered from 1, for the table's own index does not number them.",
    near="Column {column} is kept as it is and read as nothing; if {meant} is meant, map it with a profile "
    "or rename it.",
)
ALLOWED_NAMES = "; map a source's own names with --profile, or propose one with check --profile draft"
#: How alike two names are (Ratcliff and Obershelp) before one may be the other misspelt.
NEAR = 0.85
#: Letters of the name of a precinct, a unit or a column at most.
LONGEST_NAME = 1000
#: Columns that an error lists.
SHOWN_COLUMNS = 12


def canonical_frame(
    table: Table, levels: Sequence[str] | None, name: str
) -> tuple[pd.DataFrame, tuple[str, ...], dict[str, str], tuple[Message, ...]]:
    """Typed columns, levels, derived columns and what was done; raises all faults together.

    Raises
    ------
    ReturnsError
        No rows; no ``precinct``; none of ballots, valid, votes; a column named twice; text or a
        fraction in a count; a name of more than a thousand letters.
    ConfigError
        A level that is no column, or a column of another kind.
    """
    table = as_frame(table, name)
    if levels is None:
        levels = [level for level in roles.LEVELS if level in table.columns]
    levels = (levels,) if isinstance(levels, str) else tuple(levels)
    table, steps = numbered(table)
    parsed = [_parse(values, levels) for _, values in table.items()]
    faults = [*shape_faults(table), *(fault for result in parsed for fault in result.faults)]
    if faults:
        raise ReturnsError(name, faults)
    _check_levels(levels, table, name)
    frame = pd.DataFrame({str(result.values.name): result.values for result in parsed}, copy=False)
    steps += tuple(step for result in parsed for step in result.steps)
    steps += _near(frame)
    return frame, levels, _derive(frame), steps


def _near(frame: pd.DataFrame) -> tuple[Message, ...]:
    """Columns without a role whose names are nearly those of counts that are missing."""
    absent = sorted(roles.COUNTS - set(frame.columns))
    named = (*roles.LEVELS, "precinct")
    other = [c for c in frame.columns if not (roles.is_count(c) or roles.is_measure(c) or c in named)]
    return tuple(
        SAY("near", column=column, meant=meant)
        for column in other
        for meant in difflib.get_close_matches(column.lower(), absent, n=1, cutoff=NEAR)
    )


def numbered(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Message, ...]]:
    """The table with an index that numbers its rows: errors and lists of worst rows point there."""
    index = table.index
    if pd.api.types.is_integer_dtype(index.dtype) and index.is_unique:
        return table, ()
    return table.set_axis(range(1, len(table) + 1), axis=0), (SAY("numbered"),)


def _check_levels(levels: Sequence[str], table: pd.DataFrame, name: str) -> None:
    for level in levels:
        if level not in table.columns:
            raise ConfigError(f"{name}: level {level!r} is no column; the columns are {_some(table)}")
        if level == "precinct" or roles.is_count(level) or roles.is_measure(level):
            raise ConfigError(f"{name}: {level!r} is no level; a level names units that precincts lie in")
        if levels.count(level) > 1:
            raise ConfigError(f"{name}: level {level!r} is given twice; each level is given once")


def _some(table: pd.DataFrame) -> str:
    names = [str(column)[:LONGEST_NAME] for column in table.columns]
    more = f" and {len(names) - SHOWN_COLUMNS} more" if len(names) > SHOWN_COLUMNS else ""
    return ", ".join(names[:SHOWN_COLUMNS]) + more


def shape_faults(table: pd.DataFrame) -> list[Fault]:
    """What a table lacks as a whole, whatever stands in its cells."""
    columns = [str(column) for column in table.columns]
    faults = [
        Fault("named twice", "every column has a name of its own", column=column)
        for column in dict.fromkeys(columns)
        if columns.count(column) > 1
    ]
    faults += [
        Fault(
            f"column {place} has a name of {len(column):,} letters", f"a name has at most {LONGEST_NAME:,}"
        )
        for place, column in enumerate(columns, start=1)
        if len(column) > LONGEST_NAME
    ]
    if "precinct" not in columns:
        faults.append(
            Fault(
                f"no column 'precinct' among {_some(table)}",
                "one column names the precinct" + ALLOWED_NAMES,
            )
        )
    if not {"ballots", "valid"} & set(columns) and not any(map(roles.is_option, columns)):
        faults.append(
            Fault(
                f"no count of ballots or votes among {_some(table)}",
                "at least one of ballots, valid, votes_<option> is needed" + ALLOWED_NAMES,
            )
        )
    if not len(table):
        faults.append(Fault("no rows below the header", "one row per precinct is needed"))
    return faults


def _parse(values: pd.Series, levels: Sequence[str]) -> Parsed:
    column = str(values.name)
    if column == "precinct" or column in levels:
        names = parse_names(values)
        faults = _long(names)
        return Parsed(names if column == "precinct" else names.astype("category"), faults=faults)
    if roles.is_count(column):
        return parse_counts(values)
    if roles.is_measure(column):
        return parse_measures(values)
    return Parsed(values)


def _long(names: pd.Series) -> tuple[Fault, ...]:
    """Names that are no names: a page repeats each of a unit hundreds of times."""
    lengths = names.str.len().to_numpy(dtype=np.float64, na_value=0)
    allowed = f"a name has at most {LONGEST_NAME:,}"
    return tuple(
        Fault(f"a name of {int(lengths[i]):,} letters", allowed, int(names.index[i]), str(names.name))
        for i in np.flatnonzero(lengths > LONGEST_NAME).tolist()
    )


def _derive(frame: pd.DataFrame) -> dict[str, str]:
    """Add ``issued`` from its parts and ``ballots`` from valid and invalid where they are absent."""
    parts: dict[str, list[str]] = {}
    # Ballots issued early or at home are few: without those issued at the station they say nothing.
    if "issued" not in frame and "issued_station" in frame:
        parts["issued"] = [part for part in roles.ISSUED_PARTS if part in frame]
    if "ballots" not in frame and "valid" in frame and "invalid" in frame:
        parts["ballots"] = ["valid", "invalid"]
    for column, terms in parts.items():
        frame[column] = frame[terms].astype("Int64").sum(axis=1, min_count=len(terms))
    return {column: " + ".join(terms) for column, terms in parts.items()}

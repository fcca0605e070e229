"""Structural rules of a table of returns; every failure is found before any is reported."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from forensics.errors import ConfigError, Fault, ReturnsError
from forensics.messages.message import Message
from forensics.tables import roles
from forensics.tables.counts import Parsed, parse_counts, parse_measures, parse_names

ALLOWED_NAMES = "; map a source's own names with --profile, or propose one with check --profile draft"


def canonical_frame(
    table: pd.DataFrame, levels: Sequence[str] | None, name: str
) -> tuple[pd.DataFrame, tuple[str, ...], dict[str, str], tuple[Message, ...]]:
    """Typed columns, levels, derived columns and what was done; raises all faults together.

    Raises
    ------
    ReturnsError
        No rows; no ``precinct``; none of ballots, valid, votes; a column named twice; text or a
        fraction in a count.
    ConfigError
        A level that is no column.
    """
    if not isinstance(table, pd.DataFrame):
        raise ConfigError(f"{name}: returns are made from a DataFrame, not from {type(table).__name__}")
    faults = _shape_faults(table)
    if faults:
        raise ReturnsError(name, faults)
    unknown = [level for level in levels or () if level not in table.columns]
    if unknown:
        raise ConfigError(f"{name}: level {unknown[0]!r} is no column; the columns are {_some(table)}")
    levels = tuple(levels if levels is not None else [c for c in roles.LEVELS if c in table.columns])
    parsed = {str(column): _parse(table[column], levels) for column in table.columns}
    faults = [fault for result in parsed.values() for fault in result.faults]
    if faults:
        raise ReturnsError(name, faults)
    frame = pd.DataFrame({column: result.values for column, result in parsed.items()}, copy=False)
    steps = tuple(step for result in parsed.values() for step in result.steps)
    derived = _derive(frame)
    return frame, levels, derived, steps


def _some(table: pd.DataFrame) -> str:
    names = [str(column) for column in table.columns]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _shape_faults(table: pd.DataFrame) -> list[Fault]:
    faults = []
    columns = [str(column) for column in table.columns]
    for column in sorted({c for c in columns if columns.count(c) > 1}):
        faults.append(Fault("named twice", "every column has a name of its own", column=column))
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
    if column == "precinct":
        return Parsed(parse_names(values))
    if column in levels:
        return Parsed(parse_names(values).astype("category"))
    if roles.is_count(column):
        return parse_counts(values)
    if roles.is_measure(column):
        return parse_measures(values)
    return Parsed(values)


def _derive(frame: pd.DataFrame) -> dict[str, str]:
    """Add ``issued`` from its parts and ``ballots`` from valid and invalid where they are absent."""
    derived: dict[str, str] = {}
    parts = [part for part in roles.ISSUED_PARTS if part in frame]
    rules = {"issued": parts, "ballots": [c for c in ("valid", "invalid") if c in frame]}
    for column, terms in rules.items():
        enough = len(terms) >= (1 if column == "issued" else 2)
        if column not in frame and enough:
            frame[column] = frame[terms].sum(axis=1, min_count=len(terms)).astype("Int64")
            derived[column] = " + ".join(terms)
    return derived

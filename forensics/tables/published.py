"""Published schemas of tables (Frictionless Table Schema), and the sentences of errors made from them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from numbers import Real
from typing import Any

import pandas as pd

from forensics.errors import ConfigError, Fault
from forensics.resources import resource
from forensics.tables.counts import ALLOWED_COUNT, ALLOWED_MEASURE

#: Tables that have a schema, each in ``data/schemas/<name>.json``.
SCHEMAS = ("returns", "roster", "coding", "observers")
_FOLDER = "schemas"
_OF_TYPE = {
    "integer": ALLOWED_COUNT,
    "number": ALLOWED_MEASURE,
    "date": "a date is written as 2019-06-09",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column, or a kind of columns whose names fit a pattern.

    ``needed``: the column must be there. ``required``: none of its cells is empty.
    """

    name: str
    type: str
    description: str
    needed: bool = False
    required: bool = False
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str = ""
    example: str = ""
    by_pattern: bool = False

    @property
    def allowed(self) -> str:
        """What a cell may hold, as the second half of an error's sentence."""
        if self.enum:
            return f"{self.name} is one of {', '.join(self.enum)}"
        if self.minimum is not None and self.maximum is not None:
            span = f"{self.minimum:.15g} to {self.maximum:.15g}"
            return f"{self.name} is a number from {span}, or empty where nobody knows"
        if self.minimum is not None:
            return f"{_OF_TYPE.get(self.type, 'a value')}, and not below {self.minimum:.15g}"
        if self.pattern:
            return f"{self.name} is written as {self.example}"
        return _OF_TYPE.get(self.type, "a text")

    @property
    def why(self) -> str:
        """What the column is for, to stand in the error that misses it."""
        return self.description[:1].lower() + self.description[1:].rstrip(".")


@dataclass(frozen=True, slots=True)
class TableSchema:
    """The columns of a table, in the order published."""

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]

    def field(self, column: str) -> Field | None:
        """The field of a column, those with a name of their own first; ``None`` if it has no role."""
        for one in self.fields:
            if one.by_pattern and re.fullmatch(one.name, column):
                return one
            if not one.by_pattern and one.name == column:
                return one
        return None

    def allowed(self, column: str) -> str:
        """What a cell of a column may hold.

        Raises
        ------
        LookupError
            If the schema has no such column.
        """
        found = self.field(column)
        if found is None:
            raise LookupError(f"{column!r} is no column of the schema {self.name}")
        return found.allowed

    def missing(self, columns: list[str]) -> list[Fault]:
        """A fault for each needed column that is not among these."""
        there = ", ".join(columns[:12]) + (" …" if len(columns) > 12 else "")
        return [
            Fault(f"no such column among {there or 'none'}", one.why, column=one.name)
            for one in self.fields
            if one.needed and one.name not in columns
        ]

    def faults(self, cells: pd.Series) -> list[Fault]:
        """Cells of a parsed column that break a constraint of its field, each with its row.

        Parameters
        ----------
        cells : Series
            Counts as nullable integers, measures as float64, all else as text; the index is the
            row number in the source.
        """
        column = str(cells.name)
        one = self.field(column)
        if one is None:
            return []
        wrong = cells.isna() if one.required else pd.Series(False, cells.index)
        if one.enum:
            wrong |= cells.notna() & ~cells.astype("str").str.casefold().isin(map(str.casefold, one.enum))
        if one.minimum is not None:
            wrong |= cells.notna() & (cells < one.minimum).fillna(False).astype(bool)
        if one.maximum is not None:
            wrong |= cells.notna() & (cells > one.maximum).fillna(False).astype(bool)
        if one.pattern:
            wrong |= cells.notna() & ~cells.astype("str").str.fullmatch(one.pattern).fillna(False).astype(
                bool
            )
        return [
            Fault(
                "empty" if pd.isna(cell) else _said(cell),
                f"every row names it: {one.why}" if pd.isna(cell) else one.allowed,
                int(str(row)),
                column,
            )
            for row, cell in cells[wrong.astype(bool)].items()
        ]


def _said(cell: Any) -> str:
    return f"{cell:.15g}" if isinstance(cell, Real) else repr(str(cell))


@cache
def table_schema(name: str) -> TableSchema:
    """A published schema by the name of its table.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    given = schema(name)
    return TableSchema(
        given["name"],
        given["title"],
        given["description"],
        (
            *(_field(one, one["name"]) for one in given["fields"]),
            *(_field(one, one["pattern"], by_pattern=True) for one in given.get("patternFields", [])),
        ),
    )


def schema(name: str) -> dict[str, Any]:
    """A published schema as it is: a Frictionless Table Schema.

    Columns whose names follow a rule (``votes_<option>``) stand under ``patternFields``, and
    ``needed`` says that a column must be there; both are additions that other programs pass over.

    Parameters
    ----------
    name : {"returns", "roster", "coding", "observers"}
        Which table.

    Returns
    -------
    dict
        Fields, pattern fields and missing values, as in the JSON file.

    Raises
    ------
    ConfigError
        If there is none of that name.

    Examples
    --------
    >>> import forensics
    >>> forensics.schema("returns")["fields"][0]["name"]
    'precinct'
    """
    if name not in SCHEMAS:
        raise ConfigError(f"{name!r} has no schema; the schemas are {', '.join(SCHEMAS)}")
    made: dict[str, Any] = json.loads(resource(f"{_FOLDER}/{name}.json").read_text(encoding="utf-8"))
    return made


def _field(one: Mapping[str, Any], name: str, *, by_pattern: bool = False) -> Field:
    rules = one.get("constraints", {})
    return Field(
        name,
        one["type"],
        one["description"],
        one.get("needed", False),
        rules.get("required", False),
        tuple(rules.get("enum", ())),
        rules.get("minimum"),
        rules.get("maximum"),
        rules.get("pattern", ""),
        one.get("example", ""),
        by_pattern,
    )

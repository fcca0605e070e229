"""A file's table as it stands: headers as written, cells as they are, rows by their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from forensics.errors import Fault, ReturnsError
from forensics.messages.message import Message, Sentences
from forensics.tables.legible import legible
from forensics.tables.source import Refused

SAY = Sentences(
    "raw",
    trailing="{n:,} empty {n:plural:column|columns} without a header {n:plural:was|were} left out.",
    unnamed="Column {number} has no header and is called {name!r} here.",
    empty="the row is empty",
    note="the row is a note below the table: {text}",
)


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table of a file before its columns have roles.

    Parameters
    ----------
    headers : tuple of str
        The header of each column, several header rows joined.
    cells : DataFrame
        Columns 0 … k−1 of text (of stored types for parquet); the index is the row number in the
        file, the first row of the file counting as 1.
    steps : tuple of Message
        What was done to get here.
    refused : tuple of Refused
        Rows already known to be no precincts.
    parts : tuple of (str, int)
        For a folder or workbook, the name of each part and the number its row 0 would have in the index.
    paths : mapping of int to str
        For a document, where in it each row stands.
    """

    headers: tuple[str, ...]
    cells: pd.DataFrame
    steps: tuple[Message, ...] = ()
    refused: tuple[Refused, ...] = ()
    parts: tuple[tuple[str, int], ...] = ()
    paths: Mapping[int, str] = field(default_factory=dict)

    def place(self, row: int) -> str:
        """Where a row of a folder or document stands, as ``" (row 7 of second.csv)"``; else empty."""
        if row in self.paths:
            return f" ({self.paths[row]})"
        found = [(name, row - offset) for name, offset in self.parts if offset < row]
        return f" (row {found[-1][1]:,} of {found[-1][0]})" if found else ""


def name_columns(headers: list[str], cells: pd.DataFrame) -> RawTable:
    """Leave out columns with neither header nor cells; give the other unnamed ones a name."""
    kept: list[int] = []
    names: list[str] = []
    steps: list[Message] = []
    empty = 0
    for position, header in enumerate(headers):
        name = " ".join(header.split())
        if not name and bool((cells[position].isna() | (cells[position] == "")).all()):
            empty += 1
            continue
        if not name:
            name = f"column {position + 1}"
            steps.append(SAY("unnamed", number=position + 1, name=name))
        kept.append(position)
        names.append(name)
    if empty:
        steps.append(SAY("trailing", n=empty))
    table = cells[kept].set_axis(range(len(kept)), axis=1)
    return RawTable(tuple(names), table, tuple(steps))


def stacked(tables: Sequence[RawTable], names: Sequence[str], source: str) -> RawTable:
    """Parts of a folder one below the other; what cannot be shown is replaced.

    Raises
    ------
    ReturnsError
        If a part has other columns than the first.
    """
    whole = _stacked(tables, names, source)
    headers, cells, steps = legible(whole.headers, whole.cells)
    return replace(whole, headers=headers, cells=cells, steps=(*whole.steps, *steps)) if steps else whole


def _stacked(tables: Sequence[RawTable], names: Sequence[str], source: str) -> RawTable:
    first = tables[0]
    if len(tables) == 1:
        return first
    for table, name in zip(tables, names, strict=True):
        if table.headers != first.headers:
            other = next(
                (
                    h
                    for h in (*table.headers, *first.headers)
                    if (h in table.headers) != (h in first.headers)
                ),
                "their order",
            )
            raise ReturnsError(
                source,
                [
                    Fault(
                        f"{name} has other columns than {names[0]} ({other!r})",
                        "the parts of a folder have the same columns in the same order",
                    )
                ],
            )
    steps = tuple(dict.fromkeys(step for table in tables for step in table.steps))
    refused: list[Refused] = []
    frames, parts, offset = [], [], 0
    for table, name in zip(tables, names, strict=True):
        frames.append(table.cells.set_axis(table.cells.index + offset))
        refused += [Refused(r.row + offset, r.reason) for r in table.refused]
        parts.append((name, offset))
        offset += max([*table.cells.index[-1:], *(r.row for r in table.refused)], default=1)
    return RawTable(first.headers, pd.concat(frames), steps, tuple(refused), tuple(parts))

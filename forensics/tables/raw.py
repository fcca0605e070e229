"""A file's table as it stands: headers as written, cells as they are, rows by their number."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from forensics.messages.message import Message, Sentences
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
    """

    headers: tuple[str, ...]
    cells: pd.DataFrame
    steps: tuple[Message, ...] = ()
    refused: tuple[Refused, ...] = ()


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

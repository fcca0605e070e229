"""A file of any known kind to a frame of cells under the file's own headers."""

from __future__ import annotations

import os
from collections.abc import Callable

import pandas as pd

from forensics.errors import Fault, ReturnsError
from forensics.tables.files import ALLOWED, TABLES, open_table
from forensics.tables.header import Record
from forensics.tables.mapping import canonical
from forensics.tables.parquet import read_parquet
from forensics.tables.raw import RawTable, stacked
from forensics.tables.sheets import read_sheet
from forensics.tables.source import Source
from forensics.tables.text import read_text


def open_frame(path: str | os.PathLike[str], score: Callable[[Record], int]) -> tuple[pd.DataFrame, Source]:
    """The cells of a table that stands beside returns: a file, a zip of one, or a folder of parts.

    Parameters
    ----------
    path : path
    score : callable
        How many of a row's cells are headers that are looked for.

    Returns
    -------
    DataFrame
        Under the file's headers; the index is the row number in the file.
    Source
        Its provenance.

    Raises
    ------
    ReturnsError
        If the file cannot be read, or two columns have one name.
    """
    try:
        opened = open_table(path)
    except ReturnsError as error:
        # Only returns are known by the name of a data set.
        faults = [
            Fault(one.given, TABLES if one.allowed == ALLOWED else one.allowed, one.row, one.column)
            for one in error.faults
        ]
        raise ReturnsError(error.source, faults) from None
    tables: list[RawTable] = []
    for part in opened.parts:
        if opened.kind == "parquet":
            tables.append(read_parquet(part))
        elif opened.kind == "xlsx":
            tables.append(read_sheet(part, score))
        else:
            tables.append(read_text(part, score))
    raw = stacked(tables, [part.name for part in opened.parts], opened.name)
    mapped = canonical(opened.name, raw.headers)
    frame = raw.cells[list(mapped.positions.values())].set_axis(list(mapped.positions), axis=1)
    steps = (*opened.steps, *raw.steps, *mapped.steps)
    rows = len(frame) + len(raw.refused)
    return frame, Source(opened.name, opened.sha256, "", steps, raw.refused, rows)

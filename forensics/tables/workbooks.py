"""Workbooks with a sheet per unit: the sheets one below the other, their names a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from forensics.errors import ConfigError
from forensics.messages.message import Sentences
from forensics.tables.files import Part
from forensics.tables.header import Record, matches
from forensics.tables.raw import RawTable, stacked
from forensics.tables.sheets import SheetRows, sheet_rows, sheet_table

#: The column that holds the name of the sheet.
HEADER = "sheet"
_SHOWN = 5

SAY = Sentences(
    "workbooks",
    stacked="{n:,} sheets were read one below the other; the name of each is in the column {header!r}, "
    "and row numbers run on through them.",
    bare="Sheets without a table were not read: {names}.",
    unread="Sheets that the profile does not name were not read: {names}.",
)


def read_sheets(part: Part, score: Callable[[Record], int], wanted: Sequence[str]) -> RawTable:
    """Read every sheet whose name fits.

    Parameters
    ----------
    part : Part
        The bytes and the name to say in errors.
    score : callable
        How many of a row's cells are headers that are looked for.
    wanted : sequence of str
        Patterns of the names of sheets.

    Raises
    ------
    ReturnsError
        If the file is no xlsx file, no sheet holds a table, or two have different columns.
    ConfigError
        If openpyxl is missing or no sheet answers to a pattern.
    """
    book = sheet_rows(part, every=True)
    chosen = [sheet for sheet in book if matches(sheet.title, wanted)]
    if not chosen:
        titles = ", ".join(sheet.title for sheet in book)
        raise ConfigError(
            f"{part.name}: no sheet answers to {' or '.join(wanted)}; the sheets are {titles}"
        )
    tables = [(sheet.title, _named(part.name, sheet, score)) for sheet in chosen if sheet.is_table]
    bare = [sheet.title for sheet in chosen if not sheet.is_table]
    if not tables:
        return sheet_table(part.name, chosen[0], score)
    whole = stacked([table for _, table in tables], [title for title, _ in tables], part.name)
    said = [SAY("stacked", n=len(tables), header=HEADER)]
    if bare:
        said.append(SAY("bare", names=", ".join(bare)))
    if unread := [sheet.title for sheet in book if sheet not in chosen]:
        said.append(SAY("unread", names=", ".join(unread)))
    return RawTable(whole.headers, whole.cells, (*said, *whole.steps), whole.refused, whole.parts)


def _named(name: str, sheet: SheetRows, score: Callable[[Record], int]) -> RawTable:
    """A sheet's table with its name as the first column."""
    table = sheet_table(name, sheet, score)
    cells = table.cells.set_axis(range(1, len(table.headers) + 1), axis=1)
    cells.insert(0, 0, pd.Series(sheet.title, index=cells.index, dtype="str"))
    return RawTable((HEADER, *table.headers), cells, table.steps, table.refused)


def alike(part: Part, score: Callable[[Record], int]) -> tuple[str, ...]:
    """Names of the sheets that have the columns of the first one with a table, itself among them."""
    book = [sheet for sheet in sheet_rows(part, every=False) if sheet.is_table]
    if len(book) < 2:
        return tuple(sheet.title for sheet in book)
    headers = [sheet_table(part.name, sheet, score).headers for sheet in book]
    return tuple(s.title for s, own in zip(book, headers, strict=True) if own == headers[0] and score(own))


def refuse_one_of_many(part: Part, score: Callable[[Record], int]) -> None:
    """Refuse a workbook of which one sheet would be read though others have the same columns.

    Raises
    ------
    ConfigError
        Says which, and how to read them.
    """
    same = alike(part, score)
    if len(same) > 1:
        shown = ", ".join(same[:_SHOWN]) + (" …" if len(same) > _SHOWN else "")
        raise ConfigError(
            f"{part.name}: {len(same):,} sheets have the same columns ({shown}); read them as regions with "
            '--profile region-sheets, or name those to read in a profile (sheets = "*" or sheet = "NAME")'
        )

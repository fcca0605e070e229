"""Spreadsheets: the first sheet that holds a table, its cells as text."""

from __future__ import annotations

import datetime
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pandas as pd

from forensics.errors import ConfigError, ForensicsError
from forensics.messages.message import Sentences
from forensics.tables.files import Part, open_zip, refuse
from forensics.tables.header import LOOKED_AT, Record, find_header, matches
from forensics.tables.raw import RawTable, name_columns

SAY = Sentences(
    "sheets",
    sheet="Sheet {sheet!r} was read.",
    others="The other sheets were not read: {names}.",
)


def read_sheet(part: Part, score: Callable[[Record], int], *, sheet: str | None = None) -> RawTable:
    """Read one sheet of an xlsx file.

    Parameters
    ----------
    part : Part
        The bytes and the name to say in errors.
    score : callable
        How many of a row's cells are headers that are looked for.
    sheet : str, optional
        Name of the sheet, ``*`` standing for anything; by default the first sheet with a table.

    Raises
    ------
    ReturnsError
        If the file is no xlsx file or holds no table.
    ConfigError
        If openpyxl is missing or no sheet answers to the name.
    """
    with _opened(part) as book:
        title = _choose(part.name, book, sheet)
        rows = list(_rows(book[title]))
        titles = list(book.sheetnames)
    table = _table(part.name, rows, score)
    others = [t for t in titles if t != title]
    said = [SAY("sheet", sheet=title)] + ([SAY("others", names=", ".join(others))] if others else [])
    return RawTable(table.headers, table.cells, (*said, *table.steps))


@dataclass(frozen=True, slots=True)
class SheetRows:
    """A sheet's name and its rows of text; ``is_table``: two of them have several cells."""

    title: str
    rows: list[list[str]]
    is_table: bool


def sheet_rows(part: Part, *, every: bool) -> list[SheetRows]:
    """The sheets of a workbook in their order, whole or only as far as a header is looked for.

    Raises
    ------
    ReturnsError
        If the file is no xlsx file.
    ConfigError
        If openpyxl is missing.
    """
    with _opened(part) as book:
        found = []
        for sheet in book.worksheets:
            rows = list(_rows(sheet) if every else islice(_rows(sheet), LOOKED_AT))
            wide = sum(sum(bool(cell) for cell in row) > 1 for row in rows)
            found.append(SheetRows(sheet.title, rows, wide > 1))
        return found


def sheet_table(name: str, sheet: SheetRows, score: Callable[[Record], int]) -> RawTable:
    """The table of one sheet.

    Raises
    ------
    ReturnsError
        If every cell is empty.
    """
    return _table(name, sheet.rows, score)


@contextmanager
def _opened(part: Part) -> Iterator[Any]:
    """The workbook; whatever goes wrong inside it is one sentence."""
    try:
        import openpyxl
    except ImportError:
        raise ConfigError(
            f"{part.name}: xlsx files are read with openpyxl, which is missing; run "
            'pip install "forensics[excel]"'
        ) from None
    open_zip(part.name, part.data).close()
    with warnings.catch_warnings():
        # openpyxl warns about styles and validations that have no bearing on cells.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(part.data), read_only=True, data_only=True)
            yield book
            book.close()
        except ForensicsError:
            raise
        # A damaged spreadsheet fails inside openpyxl in many ways (KeyError, ParseError, ValueError …).
        except Exception as error:
            raise refuse(
                part.name,
                f"the file is no readable spreadsheet ({type(error).__name__})",
                "save it again as xlsx, or as csv",
            ) from None


def _choose(name: str, book: Any, wanted: str | None) -> str:
    titles = [str(s.title) for s in book.worksheets]
    if wanted is not None:
        found = [t for t in titles if matches(t, [wanted])]
        if not found:
            raise ConfigError(f"{name}: no sheet is called {wanted!r}; the sheets are {', '.join(titles)}")
        return found[0]
    for sheet in book.worksheets:
        wide = 0
        for number, row in enumerate(sheet.iter_rows(values_only=True)):
            wide += sum(cell is not None for cell in row) > 1
            if wide > 1:
                return str(sheet.title)
            if number > LOOKED_AT:
                break
    return titles[0]


def _rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()
    for row in sheet.iter_rows(values_only=True):
        yield [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return repr(cell).removesuffix(".0")
    if isinstance(cell, (datetime.datetime, datetime.date, datetime.time)):
        return cell.isoformat()
    return str(cell)


def _table(name: str, rows: list[list[str]], score: Callable[[Record], int]) -> RawTable:
    width = max((len(row) for row in rows), default=0)
    rows = [row + [""] * (width - len(row)) for row in rows]
    header = find_header(rows, score)
    if header is None:
        raise refuse(name, "no sheet holds a table", "a header and a row per precinct are needed")
    body = rows[header.last + 1 :]
    columns = list(zip(*body, strict=True)) if body else [()] * width
    index = pd.RangeIndex(header.last + 2, header.last + 2 + len(body))
    cells = pd.DataFrame(
        {i: pd.Series(column, index=index, dtype="str") for i, column in enumerate(columns)}
    )
    named = name_columns(list(header.names), cells)
    return RawTable(named.headers, named.cells, (*header.steps, *named.steps))

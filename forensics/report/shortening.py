"""A report for paper: tables that nobody would turn the pages of are left to the files, and it says so."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar, cast

from forensics.messages.message import Sentences
from forensics.report.document import Document, Table

SAY = Sentences(
    "report.paper",
    left_out="This table of {rows:,} rows is left out on paper; it is in the page (index.html), and its "
    "numbers are in the files beside it.",
)
#: Rows that fill about a page and a half.
LONGEST = 60

T = TypeVar("T")


def shortened(document: Document, longest: int = LONGEST) -> Document:
    """The document with every table of more than ``longest`` rows replaced by a sentence that says so."""
    return _shortened(document, longest, document.language)


def _shortened(part: T, longest: int, language: str) -> T:
    changed: Any = part
    if isinstance(part, Table):
        if len(part.rows) > longest:
            note = SAY("left_out", rows=len(part.rows)).text(language)
            changed = dataclasses.replace(part, rows=(), notes=(*part.notes, note))
    elif isinstance(part, tuple):
        changed = tuple(_shortened(each, longest, language) for each in part)
    elif dataclasses.is_dataclass(part) and type(part).__module__ == Document.__module__:
        values = {each.name: getattr(part, each.name) for each in dataclasses.fields(part)}
        changed = dataclasses.replace(
            changed, **{name: _shortened(value, longest, language) for name, value in values.items()}
        )
    return cast("T", changed)

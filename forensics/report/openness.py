"""How open the data are: nine principles of open election data beside what the file itself shows."""

from __future__ import annotations

import pandas as pd

from forensics.messages.message import Message, Sentences
from forensics.report.document import Table
from forensics.tables.returns import Returns

SAY = Sentences(
    "report.openness",
    caption="Openness of the data",
    principle="principle",
    shown="what the file shows",
    state="state",
    met="met",
    partly="partly met",
    unmet="not met",
    unknown="not known from the file",
    source="Principles: National Democratic Institute, Open Election Data Initiative. A file shows four of "
    "the nine at most; the others are about how it was published, and are for the reader to fill in.",
    timely="Timely",
    granular="Granular",
    free="Available for free on the internet",
    complete="Complete and in bulk",
    analyzable="Analyzable",
    proprietary="In a non-proprietary format",
    discriminatory="Non-discriminatory",
    licence="License-free",
    permanent="Permanent",
    precincts="{n:,} {n:plural:precinct|precincts}, {levels:,} {levels:plural:level|levels} above them",
    reported="{share:.1%} of the cells that should hold a count do",
    format="read from a {kind} file",
    spreadsheet="read from a spreadsheet ({kind}); its formats are open standards, its cells are free text",
    table="read from a table in memory",
    when="When and how it was published is not in the file.",
)
#: Kinds of files by the end of their names.
PLAIN, SHEETS = ("csv", "tsv", "txt", "parquet", "json", "xml"), ("xlsx", "xls", "ods")
PROPRIETARY = ("xls",)
#: Share of the cells that have to be filled for "complete".
COMPLETE = 0.99


def openness(returns: Returns, language: str = "en") -> Table:
    """A row per principle: what the file shows of it, and whether that meets it."""
    kind = _kind(returns.source.name)
    rows = [
        _row("timely", SAY("when"), "unknown", language),
        _row("granular", _granular(returns), "met" if len(returns) > 1 else "unmet", language),
        _row("free", SAY("when"), "unknown", language),
        _row("complete", *_complete(returns), language),
        _row("analyzable", *_analyzable(kind), language),
        _row("proprietary", _format(kind), _open(kind), language),
        _row("discriminatory", SAY("when"), "unknown", language),
        _row("licence", SAY("when"), "unknown", language),
        _row("permanent", SAY("when"), "unknown", language),
    ]
    columns = tuple(SAY(name).text(language) for name in ("principle", "shown", "state"))
    return Table(
        SAY("caption").text(language),
        columns,
        (False, False, False),
        tuple(rows),
        (SAY("source").text(language),),
    )


def _row(principle: str, shown: Message, state: str, language: str) -> tuple[str, str, str]:
    return SAY(principle).text(language), shown.text(language), SAY(state).text(language)


def _kind(name: str) -> str:
    """What the name of a source ends with; empty where it is no file."""
    _, dot, end = name.rpartition(".")
    return end.lower() if dot else ""


def _granular(returns: Returns) -> Message:
    return SAY("precincts", n=len(returns), levels=len(returns.levels or ()))


def _complete(returns: Returns) -> tuple[Message, str]:
    counts = [column for column in returns.table.columns if _counted(returns.table[column])]
    share = float(returns.table[counts].notna().to_numpy().mean()) if counts else 0.0
    return SAY("reported", share=share), "met" if share >= COMPLETE else "partly"


def _counted(values: pd.Series) -> bool:
    return pd.api.types.is_integer_dtype(values.dtype)


def _analyzable(kind: str) -> tuple[Message, str]:
    if kind in SHEETS:
        return SAY("spreadsheet", kind=kind), "partly"
    return _format(kind), "met" if kind in PLAIN or kind == "zip" else "unknown"


def _format(kind: str) -> Message:
    return SAY("format", kind=kind) if kind else SAY("table")


def _open(kind: str) -> str:
    if kind in PROPRIETARY:
        return "unmet"
    return "met" if kind in (*PLAIN, *SHEETS) else "unknown"

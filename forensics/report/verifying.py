"""A report folder against a second run: which numbers, if any, came out differently."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forensics.messages.message import Message, Sentences
from forensics.report.beside import Beside
from forensics.report.composing import compose
from forensics.report.document import AuditLike
from forensics.report.folder import SCORES, draw_tables, tables

SAY = Sentences(
    "report.verifying",
    missing="the folder has no such file",
    line="line {line:,} differs",
    length="the folder has {there:,} lines, the second run {here:,}",
    bytes="the bytes differ (line ends or encoding)",
    scores="the precinct scores differ in {columns}",
    shape="the precinct scores have other rows or columns",
    draws="the draws differ in {columns}",
    draws_shape="the draws have other rows or columns",
)


def differences(
    folder: Path, again: AuditLike, beside: Beside | None = None, *, language: str = "en"
) -> dict[str, Message]:
    """Files of a folder whose numbers a second run does not reproduce, each with what differs.

    CSV and JSON are compared byte by byte, parquet by content; figures and the page are not
    compared, because drawing depends on the machine's fonts. ``language`` is that of the folder.
    """
    found: dict[str, Message] = {}
    document = compose(again, beside, language=language)
    for name, text in tables(again, document, beside, language=language).items():
        difference = _text_difference(folder / name, text)
        if difference is not None:
            found[name] = difference
    difference = _table_difference(folder / SCORES, again.precincts, "scores", "shape")
    if difference is not None:
        found[SCORES] = difference
    for name, table in draw_tables(again):
        difference = _table_difference(folder / name, table, "draws", "draws_shape")
        if difference is not None:
            found[name] = difference
    return found


def _text_difference(path: Path, text: str) -> Message | None:
    if not path.is_file():
        return SAY("missing")
    content = path.read_bytes()
    if content == text.encode("utf-8"):
        return None
    there, here = content.decode("utf-8", errors="replace").splitlines(), text.splitlines()
    for number, (a, b) in enumerate(zip(there, here, strict=False), start=1):
        if a != b:
            return SAY("line", line=number)
    if len(there) != len(here):
        return SAY("length", there=len(there), here=len(here))
    return SAY("bytes")


def _table_difference(path: Path, scores: pd.DataFrame, differ: str, shape: str) -> Message | None:
    if not path.is_file():
        return SAY("missing")
    there = pd.read_parquet(path)
    if list(there.columns) != list(scores.columns) or len(there) != len(scores):
        return SAY(shape)
    # Levels are categories in one and may be text in the other: compared by their values.
    differing = [c for c in scores.columns if not _same(there[c], scores[c])]
    return SAY(differ, columns=", ".join(differing)) if differing else None


def _same(a: pd.Series, b: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(b.dtype):
        return a.equals(b)
    return bool((a.astype("str").fillna("") == b.astype("str").fillna("")).all())

"""Cells that can be shown: letters that no page can hold are replaced, and their cells counted."""

from __future__ import annotations

import pandas as pd

from forensics.messages.letters import INSTEAD, UNSHOWN
from forensics.messages.message import Message, Sentences

SAY = Sentences(
    "legible",
    replaced="{n:,} {n:plural:cell or header holds|cells and headers hold} characters that cannot be "
    "shown, or that turn the rest of a line round; each of them is replaced by {instead}.",
)


def legible(
    headers: tuple[str, ...], cells: pd.DataFrame
) -> tuple[tuple[str, ...], pd.DataFrame, tuple[Message, ...]]:
    """Headers and cells with every such letter replaced, and a step that says of how many cells.

    Replaced and not left out, so that a reader sees that something was there.
    """
    shown = tuple(UNSHOWN.sub(INSTEAD, header) for header in headers)
    changed = sum(a != b for a, b in zip(shown, headers, strict=True))
    out = cells
    for column in cells.columns:
        rows = _unshown(cells[column])
        if not len(rows):
            continue
        changed += len(rows)
        out = out.copy(deep=False)
        values = out[column].copy()
        values.iloc[rows] = [UNSHOWN.sub(INSTEAD, text) for text in values.iloc[rows]]
        out[column] = values
    return shown, out, (SAY("replaced", n=changed, instead=INSTEAD),) if changed else ()


def _unshown(values: pd.Series) -> list[int]:
    """Positions of the texts that hold one."""
    if isinstance(values.dtype, pd.StringDtype):
        found = values.str.contains(UNSHOWN.pattern, na=False).to_numpy(dtype=bool)
        return [int(row) for row in found.nonzero()[0]]
    if values.dtype == object:
        return [i for i, cell in enumerate(values) if isinstance(cell, str) and UNSHOWN.search(cell)]
    return []

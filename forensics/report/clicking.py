"""What the restricted page holds so that a click on a mark of a figure lists the precincts behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forensics.auditing.behind import Marks, behind
from forensics.messages.message import Sentences
from forensics.plots.places import place_of
from forensics.report.coverage import figure
from forensics.report.document import AuditLike, Figure
from forensics.report.rendering import inline
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES

SAY = Sentences(
    "report.clicking",
    heading="Precincts behind the figures",
    how="A click on a bar or a cell of a figure lists the precincts that it counts. With the keyboard: the "
    "arrow keys choose a mark of the figure that has the focus, Enter lists its precincts.",
    why="A bar of a figure is no reason to look at a precinct: in any election each bar has some. The list "
    "is for checking against the papers.",
    marks="Marks of the figure",
    turnout="Turnout from [low] to [high] %. Precincts: [n]",
    share="Share from [low] to [high] %. Precincts: [n]",
    votes="Turnout above [low] and up to [high] %. Precincts: [n]",
    cell="Turnout from [low] to [high] %, share from [below] to [above] %. Precincts: [n]",
    digit="Digit [low]. Precincts: [n]",
    more="Show more rows",
    row="row",
)
#: Counts of a precinct that are listed, those that the returns have.
COUNTS = ("registered", "issued", "ballots", "valid", "invalid")


@dataclass(frozen=True, slots=True)
class Clickable:
    """The figures, the addresses of their images, and what the script reads."""

    figures: tuple[Figure, ...]
    images: Mapping[str, str]
    data: Mapping[str, Any]
    words: Mapping[str, str]


def clickable(
    audit: AuditLike, images: Mapping[str, Mapping[str, bytes]], *, language: str = "en"
) -> Clickable | None:
    """Figures of a report whose marks lead to precincts; ``None`` where it has none.

    Restricted: it holds a row per precinct. Composition of commissions is never in it.

    Parameters
    ----------
    audit : AuditLike
    images : mapping of str to mapping of str to bytes
        Images of the report's figures by name; a figure without one is left out.
    language : str
        Of titles and labels.
    """
    marks = [
        each
        for each in behind(audit.returns, audit.overview, audit.findings)
        if each.picture.name in images
    ]
    if not marks:
        return None
    return Clickable(
        figures=tuple(figure(each.picture, language) for each in marks),
        images=inline({each.picture.name: images[each.picture.name] for each in marks}),
        data={
            "columns": _columns(audit.returns, language),
            "figures": {each.picture.name: _marks(each, language) for each in marks},
        },
        words={name: SAY(name).text(language) for name in SAY.sources},
    )


def _marks(marks: Marks, language: str) -> dict[str, Any]:
    place = place_of(marks.picture, language=language)
    return {
        "say": SAY(marks.kind).text(language),
        "x": _short(marks.x),
        "y": None if marks.y is None else _short(marks.y),
        "width": marks.width,
        # A bar of a digit stands around it, a class begins at its lower edge.
        "shift": -0.5 if marks.kind == "digit" else 0,
        "of": marks.of.tolist(),
        "place": {
            "box": _short(np.array([place.left, place.top, place.width, place.height]), 5),
            "x": place.x,
            "y": place.y,
        },
    }


def _columns(returns: Returns, language: str) -> list[dict[str, Any]]:
    """Row number, levels, precinct and counts, column by column; the names of levels each once."""
    frame = returns.frame
    columns: list[dict[str, Any]] = [_numbers(SAY("row").text(language), frame.index.to_numpy())]
    columns += [_names(name, frame[name]) for name in returns.levels or ()]
    columns.append({"name": "precinct", "text": [_text(value) for value in frame["precinct"]]})
    columns += [_numbers(name, returns.counts(name)) for name in COUNTS if returns.has(name)]
    if returns.leader:
        label = returns.labels.get(returns.leader, VOTES + returns.leader)
        columns.append(_numbers(label, returns.votes()))
    return columns


def _names(name: str, values: pd.Series[Any]) -> dict[str, Any]:
    codes, names = pd.factorize(values)
    return {"name": str(name), "names": [_text(each) for each in names], "codes": codes.tolist()}


def _numbers(name: str, values: Any) -> dict[str, Any]:
    numbers: Sequence[float] = np.asarray(values, dtype=np.float64).tolist()
    # Counts are whole: as such they are written with fewer letters, and a missing one is null.
    return {"name": name, "numbers": [int(value) if value == value else None for value in numbers]}


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _short(values: np.ndarray, decimals: int = 3) -> list[float]:
    rounded: list[float] = np.round(values, decimals).tolist()
    return rounded

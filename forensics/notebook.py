"""What a notebook shows of a value: small pieces of HTML that take the colours of the page around them.

No script, no style sheet and no colour of its own: lines and faint text are the page's own colour made
transparent, so that light and dark pages are alike legible. Every text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

_TABLE = "border-collapse:collapse;margin:.3em 0;background:none;color:inherit;font-size:inherit"
_CELL = "vertical-align:top;padding:.1em .9em .1em 0;background:none;color:inherit"
_TEXT = f"text-align:left;{_CELL}"
_NUMBER = f"text-align:right;white-space:nowrap;{_CELL}"
#: A fence between rows that is visible on white and on black.
_ACROSS = f"{_TEXT};max-width:50em;border-top:1px solid rgba(127,127,127,.4)"
_FAINT = "opacity:.75;font-size:90%"

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Across:
    """A row that runs across a table before the rows it is about, and what unfolds below it."""

    text: str
    label: str = ""
    folded: str = ""
    of: str = ""


def number(value: float | None, digits: int = 4) -> str:
    """A number with so many significant digits; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}g}"


def bounds(interval: tuple[float, float] | None) -> str:
    """An interval in brackets; empty where there is none."""
    return "" if interval is None else f" [{number(interval[0])}, {number(interval[1])}]"


def card(*parts: str) -> str:
    """Parts one below the other, in the page's own letters."""
    return f'<div style="line-height:1.35;max-width:60em">{"".join(parts)}</div>'


def paragraph(text: object, *, label: str = "", strong: bool = False, faint: bool = False) -> str:
    """One paragraph, with a label set apart from it."""
    told = f"<strong>{escape(str(text))}</strong>" if strong else escape(str(text))
    style = f"margin:.2em 0;{_FAINT}" if faint else "margin:.2em 0"
    return f'<p style="{style}">{_label(label)}{told}</p>'


def listed(items: Sequence[str], shown: int, more: str) -> Iterator[str]:
    """The first of some texts as faint lines, and how many are not shown."""
    yield from (paragraph(item, faint=True) for item in items[:shown])
    if len(items) > shown:
        yield paragraph(f"and {len(items) - shown:,} more: {more}", faint=True)


def grid(head: Sequence[str], rows: Iterable[Sequence[Cell] | Across], *, caption: str = "") -> str:
    """A table. Numbers, and texts that begin with a sign or a digit, stand to the right."""
    rows = list(rows)
    first = next((row for row in rows if not isinstance(row, Across)), head)
    titles = "".join(
        f'<th style="{_NUMBER if _is_number(cell) else _TEXT}">{escape(name)}</th>'
        for name, cell in zip(head, first, strict=True)
    )
    body = "".join(_row(row, len(head)) for row in rows)
    told = f'<caption style="{_TEXT};caption-side:top">{escape(caption)}</caption>' if caption else ""
    return f'<table style="{_TABLE}">{told}<tr>{titles}</tr>{body}</table>'


def _label(label: str) -> str:
    return f"<strong>{escape(label)}</strong> " if label else ""


def _row(row: Sequence[Cell] | Across, width: int) -> str:
    if isinstance(row, Across):
        unfolds = f"<summary>{escape(row.of)}</summary>{escape(row.folded)}"
        folded = f'<details style="{_FAINT}">{unfolds}</details>' if row.folded else ""
        text = f"{_label(row.label)}{escape(row.text)}{folded}"
        return f'<tr><td colspan="{width}" style="{_ACROSS}">{text}</td></tr>'
    cells = "".join(
        f'<td style="{_NUMBER if _is_number(cell) else _TEXT}">{_cell(cell)}</td>' for cell in row
    )
    return f"<tr>{cells}</tr>"


def _is_number(cell: Cell) -> bool:
    return not isinstance(cell, str) or cell[:1] in tuple("+-−–<0123456789")


def _cell(cell: Cell) -> str:
    if isinstance(cell, int):
        return f"{cell:,}"
    return escape(cell) if isinstance(cell, str) else number(cell)

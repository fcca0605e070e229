"""Text in figures: broken into lines by its measured width, numbers with thousands separators."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.ticker import FuncFormatter

#: Of a line's width: sums of letters nearer to it than this are measured.
UNSURE = 0.05


@functools.lru_cache(maxsize=8192)
def width_of(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line in inches, set in the figures' font at ``size`` points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


@functools.lru_cache(maxsize=8192)
def _advance(letter: str, weight: str) -> float:
    """Inches from a letter to the next one, set at one point."""
    return width_of(f"|{letter}|", 1.0, weight) - width_of("||", 1.0, weight)


def _fits(text: str, width: float, size: float, weight: str) -> bool:
    """Whether a line is at most ``width`` inches wide; measured only where its letters do not settle it.

    To set a line takes far longer than to add up its letters, which differ from it by their kerning.
    """
    likely = size * sum(_advance(letter, weight) for letter in text)
    if abs(likely - width) > UNSURE * width:
        return likely < width
    return width_of(text, size, weight) <= width


def wrap(text: str, width: float, size: float, weight: str = "normal") -> str:
    """The text with line breaks so that no line is wider than ``width`` inches.

    A word that is wider than a line is broken within: names of commissions can be long.
    """
    lines: list[str] = []
    line = ""
    # A number and its percent sign stay together.
    for word in text.replace(" %", "\u00a0%").replace("\n", " ").split(" "):
        longer = f"{line} {word}" if line else word
        if _fits(longer, width, size, weight):
            line = longer
            continue
        if line:
            lines.append(line)
        while len(word) > 1 and not _fits(word, width, size, weight):
            fits = next((i for i in range(len(word) - 1, 1, -1) if _fits(word[:i], width, size, weight)), 1)
            # A double-barrelled name is broken at its hyphen.
            fits = word.rfind("-", 0, fits) + 1 or fits
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return "\n".join([*lines, line] if line else lines)


def legend_shape(labels: Sequence[str], width: float, size: float) -> tuple[int, int]:
    """Rows and columns of a legend whose entries fit side by side into ``width`` inches."""
    entry = 0.42 + max(width_of(label, size) for label in labels)
    columns = max(1, min(len(labels), int(width / entry)))
    return -(-len(labels) // columns), columns


def whole_numbers() -> FuncFormatter:
    """Axis labels such as 12,000; fractions keep their decimals."""
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: f"{value:,.0f}" if value == int(value) else f"{value:,g}")

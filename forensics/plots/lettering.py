"""Text in figures: broken into lines by its measured width, numbers with thousands separators."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.ticker import FuncFormatter


@functools.lru_cache(maxsize=8192)
def width_of(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line in inches, set in the figures' font at ``size`` points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def wrap(text: str, width: float, size: float, weight: str = "normal") -> str:
    """The text with line breaks so that no line is wider than ``width`` inches.

    A word that is wider than a line is broken within: names of commissions can be long.
    """
    lines: list[str] = []
    line = ""
    # A number and its percent sign stay together.
    for word in text.replace(" %", "\u00a0%").replace("\n", " ").split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, weight) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        while width_of(word, size, weight) > width and len(word) > 1:
            fits = next(
                (i for i in range(len(word) - 1, 1, -1) if width_of(word[:i], size, weight) <= width), 1
            )
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

"""Small against other precincts in the corners of turnout and share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme
from forensics.plots.lettering import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("corner", "small", "large")
LEGEND = ("small precincts", "all others")


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.06 + legend.room(LEGEND, width), 0.5, 0.7, 0.1


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.4


def draw(picture: Picture, ax: Axes) -> Axes:
    """Two bars per corner, with their percentages written above.

    Parameters
    ----------
    picture : Picture
        Columns ``corner`` (text), ``small`` and ``large`` (shares of the precincts of each kind that
        lie in the corner); options ``ylabel``.
    ax : Axes
    """
    names = [str(name).replace("_", " ") for name in picture.columns["corner"]]
    at = np.arange(len(names))
    highest = 0.0
    for place, (column, colour, label) in enumerate(
        (("small", theme.VERMILION, LEGEND[0]), ("large", theme.SKY, LEGEND[1]))
    ):
        share = 100 * np.asarray(picture.columns[column], dtype=np.float64)
        bars = ax.bar(at + 0.36 * (place - 0.5), share, width=0.34, color=colour, label=label)
        ax.bar_label(bars, fmt="%.1f", fontsize=theme.SMALL, padding=1)
        highest = max(highest, float(share.max(initial=0)))
    ax.set_ylim(0, 1.12 * (highest or 1.0))
    each = ax.bbox.width / ax.figure.dpi / max(1, len(names))
    ax.set_xticks(at, [wrap(name, 0.92 * each, theme.NORMAL) for name in names], parse_math=False)
    ax.tick_params(axis="x", length=0)
    ax.locator_params(axis="y", nbins=5)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    ax.set_ylabel(f"{picture.options.get('ylabel', 'share of precincts')}, %", parse_math=False)
    legend.above(ax, LEGEND, pad=0.3)
    return ax

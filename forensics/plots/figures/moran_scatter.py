"""Moran's scatter: a residual against the mean of its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("residual", "neighbours", "flagged", "precincts")
#: Of the points, what the axes leave out on each side together.
OUTSIDE = 0.004


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.24, 0.5, 0.7, 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 0.62 * width


def draw(picture: Picture, ax: Axes) -> Axes:
    """A disc per cell of precincts, those that stand out in another colour, and the line of Moran's I.

    Parameters
    ----------
    picture : Picture
        Columns ``residual``, ``neighbours`` (standard deviations), ``flagged`` (any in the cell) and
        ``precincts`` of the cell, which is the area of the disc; options ``slope``,
        ``xlabel``, ``ylabel``.
    ax : Axes
        Cut to all but the outermost few thousandths of the points; the rest are counted.
    """
    x, y = (np.asarray(picture.columns[name], np.float64) for name in COLUMNS[:2])
    flagged = np.asarray(picture.columns["flagged"], np.bool_)
    crowd = len(x)
    held = np.asarray(picture.columns["precincts"], np.float64)
    area = np.clip(8e3 / max(crowd, 1), 1.5, 16) * np.clip(held / max(held.mean(), 1), 0.3, 6)
    for of, colour in ((~flagged, theme.BLUE), (flagged, theme.VERMILION)):
        ax.scatter(
            x[of],
            y[of],
            s=area[of],
            color=colour,
            alpha=float(np.clip(60 / np.sqrt(max(crowd, 1)), 0.15, 0.8)),
            linewidths=0,
            rasterized=crowd > 500,
        )
    for values, axis in ((x, "x"), (y, "y")):
        low, high = np.quantile(values, (OUTSIDE / 2, 1 - OUTSIDE / 2)) if crowd else (-1.0, 1.0)
        room = 0.05 * max(high - low, 0.1)
        ax.set(**{f"{axis}lim": (min(low, 0) - room, max(high, 0) + room)})
    ax.axhline(0, color=theme.INK, linewidth=0.6)
    ax.axvline(0, color=theme.INK, linewidth=0.6)
    if "slope" in picture.options:
        slope = float(picture.options["slope"])
        ends = np.array(ax.get_xlim())
        ax.plot(ends, slope * ends, color=theme.INK, linewidth=1.3, linestyle=(0, (5, 1.5)))
        ax.set_xlim(ends[0], ends[1])
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    hidden = int(np.count_nonzero((x < left) | (x > right) | (y < bottom) | (y > top)))
    text = f"{int(held.sum()):,} precincts in {crowd:,} cells; coloured: cells with some that stand out"
    text += f"; {hidden:,} cells beyond the axes" if hidden else ""
    ax.annotate(
        wrap(text, ax.bbox.width / ax.figure.dpi, theme.SMALL),
        (0, 1.01),
        xycoords="axes fraction",
        va="bottom",
        fontsize=theme.SMALL,
    )
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "residual")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "mean of the neighbours")), parse_math=False)
    return ax

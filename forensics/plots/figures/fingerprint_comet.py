"""Turnout and share in two dimensions, with the sawtooth of each along its own side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.plots import theme
from forensics.plots.cells import paint, scale
from forensics.plots.lettering import whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("turnout", "share", "precincts")
#: Inches of the histograms beside the cells, and between the axes.
SIDE, PAD = 0.85, 0.08
#: Inches of the colour scale, and between it and the cells.
SCALE = (0.09, 0.5)


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of all axes together."""
    return 0.2, 0.42, 0.65, 0.25


def height(picture: Picture, width: float) -> float:
    """Inches: the cells are square, the scale stands below them."""
    return width - 0.9 + SCALE[0] + SCALE[1]


def least(picture: Picture, width: float) -> float:
    """Inches below which the cells have no room between the histogram and the scale."""
    return SIDE + sum(SCALE) + 1.9


def draw(picture: Picture, ax: Axes) -> Axes:
    """Cells as in ``comet``; turnout above and share to the right, round percentages set off.

    Parameters
    ----------
    picture : Picture
        Columns ``turnout``, ``share`` (lower edges, percent) and ``precincts``: a row with both is
        a cell, a row with turnout alone (share missing) is a class of the histogram above, a row
        with share alone one of that to the right. Options ``width`` (of a cell), ``margin`` (of a
        class; percentage points), ``xlabel``, ``ylabel``.
    ax : Axes
        Shrunk to make room for the histograms.
    """
    from mpl_toolkits.axes_grid1 import make_axes_locatable  # type: ignore[import-untyped]

    mesh = paint(ax, picture)
    ax.set_xlabel(str(picture.options.get("xlabel", "turnout, %")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "share, %")), parse_math=False)
    for axis, length in ((ax.xaxis, ax.bbox.width), (ax.yaxis, ax.bbox.height - ax.figure.dpi)):
        axis.set_ticks(range(0, 101, 10 if length > 200 else 25))
    ax.grid(color=theme.PALE, linewidth=0.4)
    divider = make_axes_locatable(ax)
    above = divider.append_axes("top", size=SIDE, pad=PAD, sharex=ax)
    beside = divider.append_axes("right", size=SIDE, pad=PAD, sharey=ax)
    bar = divider.append_axes("bottom", size=SCALE[0], pad=SCALE[1])
    for place, name, across in ((above, "turnout", False), (beside, "share", True)):
        low, count = _margin(picture, name)
        _teeth(place, low, count, float(picture.options["margin"]), across)
        count_axis = place.xaxis if across else place.yaxis
        count_axis.set_major_formatter(whole_numbers())
        place.locator_params(axis="x" if across else "y", nbins=3, integer=True)
    above.tick_params(axis="x", labelbottom=False, length=0)
    beside.tick_params(axis="y", labelleft=False, length=0)
    beside.xaxis.tick_top()
    beside.xaxis.set_label_position("top")
    beside.spines["top"].set_visible(True)
    beside.spines["bottom"].set_visible(False)
    above.set_ylabel("precincts", fontsize=theme.SMALL)
    beside.set_xlabel("precincts", fontsize=theme.SMALL)
    width = float(picture.options["width"])
    scale(mesh, bar, f"precincts per cell of {width:g} × {width:g} points", across=True)
    return ax


def _margin(picture: Picture, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Lower edges and counts of one of the histograms."""
    other = "share" if name == "turnout" else "turnout"
    edges = {key: np.asarray(picture.columns[key], dtype=np.float64) for key in (name, other)}
    rows = np.isfinite(edges[name]) & np.isnan(edges[other])
    return edges[name][rows], np.asarray(picture.columns["precincts"], dtype=np.float64)[rows]


def _teeth(ax: Axes, low: np.ndarray, count: np.ndarray, width: float, across: bool) -> None:
    """Bars of one histogram; multiples of five dark, cut where one class is far above all others."""
    five = np.rint(low * 10).astype(np.int64) % 50 == 0
    orientation: Any = "horizontal" if across else "vertical"
    ax.stairs(count, [*low, low[-1] + width], fill=True, color=theme.BLUE, orientation=orientation)
    lines = ax.hlines if across else ax.vlines
    lines(low[five] + width / 2, 0, count[five], color=theme.VERMILION, linewidth=0.9)
    inner = np.sort(count[low < 100])[-2:]
    most = max(1.0, 1.08 * float(inner.max(initial=0)))
    (ax.set_xlim if across else ax.set_ylim)(0, most)

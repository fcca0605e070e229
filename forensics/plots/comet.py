"""Turnout and share of every precinct as a histogram in two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.12, 0.5, 0.6, 0.65


def height(picture: Picture, width: float) -> float:
    """Inches of the axes: nearly square beside its colour bar."""
    return width - 1.45


def draw(picture: Picture, ax: Axes) -> Axes:
    """Cells coloured by the number of precincts, on a logarithmic scale; empty cells stay white.

    Parameters
    ----------
    picture : Picture
        Columns ``turnout`` and ``share`` (lower edges of the cells, percent) and ``precincts``
        (> 0); options ``width`` (of a cell, percentage points), ``xlabel``, ``ylabel``.
    ax : Axes
    """
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap, LogNorm
    from matplotlib.ticker import LogLocator, NullLocator
    from mpl_toolkits.axes_grid1 import make_axes_locatable  # type: ignore[import-untyped]

    width = float(picture.options["width"])
    side = round(100 / width) + 1
    cells = np.zeros((side, side))
    column, row = (
        np.rint(np.asarray(picture.columns[name], dtype=np.float64) / width).astype(np.intp)
        for name in ("turnout", "share")
    )
    cells[row, column] = picture.columns["precincts"]
    edges = np.arange(side + 1) * width
    most = max(2.0, float(cells.max()))
    # A raster within the SVG: forty thousand rectangles would make it unusable.
    mesh = ax.pcolormesh(
        edges,
        edges,
        np.ma.masked_equal(cells, 0),
        norm=LogNorm(1, most),
        cmap=ListedColormap(colormaps[theme.SEQUENTIAL](np.linspace(0.1, 1, 256))),
        rasterized=True,
    )
    ax.set_xlim(0, 100 + width)
    ax.set_ylim(0, 100 + width)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(range(0, 101, 10 if ax.bbox.width > 200 else 25))
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "turnout, %")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "share, %")), parse_math=False)
    bar = ax.figure.colorbar(
        mesh, cax=make_axes_locatable(ax).append_axes("right", size="3.5%", pad=0.1), format=whole_numbers()
    )
    bar.set_label(f"precincts per cell of {width:g} × {width:g} points")
    bar.locator = LogLocator(subs=(1.0, 2.0, 5.0) if most < 1000 else (1.0,))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.outline.set_visible(False)
    return ax

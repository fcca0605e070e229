"""Precincts counted in square cells of turnout and share, on a logarithmic scale of greys or colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture


def paint(ax: Axes, picture: Picture) -> Any:
    """Colour the cells of a picture that holds ``turnout``, ``share`` and ``precincts``.

    Options ``width`` (of a cell, percentage points) and ``most`` (precincts of the darkest cell; by
    default those of the fullest). Rows where turnout or share is missing are no cells.
    """
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap, LogNorm

    width = float(picture.options["width"])
    side = round(100 / width) + 1
    place = np.stack([np.asarray(picture.columns[name], np.float64) for name in ("share", "turnout")])
    there = np.isfinite(place).all(axis=0)
    row, column = np.rint(place[:, there] / width).astype(np.intp)
    cells = np.zeros((side, side))
    cells[row, column] = picture.columns["precincts"][there]
    edges = np.arange(side + 1) * width
    # A raster within the SVG: forty thousand rectangles would make it unusable.
    mesh = ax.pcolormesh(
        edges,
        edges,
        np.ma.masked_equal(cells, 0),
        norm=LogNorm(1, float(picture.options.get("most", max(2.0, float(cells.max()))))),
        cmap=ListedColormap(colormaps[theme.SEQUENTIAL](np.linspace(0.1, 1, 256))),
        rasterized=True,
    )
    ax.set_xlim(0, 100 + width)
    ax.set_ylim(0, 100 + width)
    return mesh


def fullest(pictures: Sequence[Picture]) -> float:
    """Precincts of the fullest cell of several pictures, at least 2."""
    return max(2.0, *(float(p.columns["precincts"].max(initial=0)) for p in pictures))


def scale(mesh: Any, place: Axes, label: str, *, across: bool = False) -> None:
    """The colour bar of painted cells, upright or lying, in an axes of its own."""
    from matplotlib.ticker import LogLocator, NullLocator

    bar = place.figure.colorbar(
        mesh,
        cax=place,
        format=whole_numbers(),
        orientation="horizontal" if across else "vertical",
    )
    bar.set_label(label)
    bar.locator = LogLocator(subs=(1.0, 2.0, 5.0) if mesh.norm.vmax < 1000 else (1.0,))
    bar.minorlocator = NullLocator()
    bar.outline.set_visible(False)

"""Cells of turnout and share, coloured by how likely a model holds their precincts to be manipulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("turnout", "share", "probability", "precincts")


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.12, 0.5, 0.6, 0.65


def height(picture: Picture, width: float) -> float:
    """Inches of the axes: nearly square beside its colour bar."""
    return width - 1.45


def draw(picture: Picture, ax: Axes) -> Axes:
    """A square per cell: its area by the precincts in it, its colour by their mean probability.

    Parameters
    ----------
    picture : Picture
        Columns ``turnout`` and ``share`` (lower edges of the cells, percent), ``probability`` (0–1)
        and ``precincts`` (> 0); option ``width`` (of a cell, percentage points).
    ax : Axes
    """
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle
    from mpl_toolkits.axes_grid1 import make_axes_locatable  # type: ignore[import-untyped]

    width = float(picture.options["width"])
    n = np.asarray(picture.columns["precincts"], dtype=np.float64)
    # From a third of the cell for one precinct to all of it for the fullest cell.
    side = width * (1 / 3 + 2 / 3 * np.log1p(n) / np.log1p(n.max(initial=1)))
    place = [np.asarray(picture.columns[name]) + (width - side) / 2 for name in ("turnout", "share")]
    squares = PatchCollection(
        [Rectangle((x, y), s, s) for x, y, s in zip(*place, side, strict=True)],
        cmap=theme.SEQUENTIAL,
        norm=Normalize(0, 1),
        # The palest cells stand out against the page.
        edgecolor=theme.GREY,
        linewidth=0.4,
    )
    squares.set_array(np.asarray(picture.columns["probability"], dtype=np.float64))
    ax.add_collection(squares)
    ax.set_xlim(0, 100)
    ax.set_ylim(0, 100)
    for axis, length in ((ax.xaxis, ax.bbox.width), (ax.yaxis, ax.bbox.height)):
        axis.set_ticks(range(0, 101, 10 if length > 200 else 25))
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel("turnout, %")
    ax.set_ylabel("share, %")
    bar = make_axes_locatable(ax).append_axes("right", size="3.5%", pad=0.1)
    ax.figure.colorbar(squares, cax=bar).set_label("probability of a manipulated class")
    return ax

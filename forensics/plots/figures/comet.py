"""Turnout and share of every precinct as a histogram in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forensics.plots import theme
from forensics.plots.cells import fullest, paint, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forensics.picture import Picture

COLUMNS = ("turnout", "share", "precincts")
#: Height of a panel by its width.
ASPECT = 1.0


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
    from mpl_toolkits.axes_grid1 import make_axes_locatable  # type: ignore[import-untyped]

    mesh = paint(ax, picture)
    for axis, length in ((ax.xaxis, ax.bbox.width), (ax.yaxis, ax.bbox.height)):
        axis.set_ticks(range(0, 101, 10 if length > 200 else 25))
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "turnout, %")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "share, %")), parse_math=False)
    place = make_axes_locatable(ax).append_axes("right", size="3.5%", pad=0.1)
    scale(mesh, place, _label(picture))
    return ax


def _label(picture: Picture) -> str:
    width = float(picture.options["width"])
    return f"precincts per cell of {width:g} × {width:g} points"


def panel(picture: Picture, ax: Axes) -> None:
    """The cells of one unit among many."""
    paint(ax, picture)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks((0, 50, 100))
    ax.grid(color=theme.PALE, linewidth=0.3)


def common(pictures: Sequence[Picture]) -> dict[str, float | str]:
    """One colour scale for all units."""
    return {"most": fullest(pictures)}


def strip_height(pictures: Sequence[Picture], width: float) -> float:
    """Inches of the colour scale above the panels."""
    return 0.55


def strip(page: Figure, ax: Any, pictures: Sequence[Picture], top: float) -> None:
    """The colour scale of all panels."""
    width, high = page.get_size_inches()
    place = page.add_axes((0.52 / width, top - 0.2 / high, 2.6 / width, 0.08 / high))
    scale(ax.collections[0], place, "", across=True)
    place.tick_params(labelsize=theme.SMALL, length=2)
    page.text(3.3 / width, top - 0.2 / high, _label(pictures[0]), fontsize=theme.SMALL, va="bottom")

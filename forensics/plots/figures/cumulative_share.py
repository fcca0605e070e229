"""Share of an option in the precincts counted so far, taken in order of their turnout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.plots import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forensics.picture import Picture

COLUMNS = ("turnout", "share")
#: Height of a panel by its width.
ASPECT = 0.8


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.16, 0.5, 0.65, 0.25


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.8


def draw(picture: Picture, ax: Axes) -> Axes:
    """A line of ``share`` over ``turnout``, its last value (all precincts) marked and written.

    Parameters
    ----------
    picture : Picture
        Columns ``turnout`` (of the last precinct counted) and ``share`` (of all counted so far),
        both in percent and in order of turnout; options ``xlabel``, ``ylabel``.
    ax : Axes
    """
    _line(picture, ax, 1.3)
    turnout, share = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS)
    ax.axhline(share[-1], color=theme.GREY, linewidth=0.6, linestyle=(0, (4, 2)), zorder=0)
    ax.plot(turnout[-1], share[-1], "o", color=theme.INK, markersize=3.5, clip_on=False)
    ax.annotate(
        f"all: {share[-1]:.1f} %",
        (0.01, share[-1]),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=theme.SMALL,
        va="bottom",
    )
    ax.set_xlim(0, 100)
    ax.set_ylim(0, min(105.0, max(10.0, 1.25 * float(np.quantile(share, 0.98)), 1.12 * share[-1])))
    ax.set_xticks(range(0, 101, 10 if ax.bbox.width > 200 else 25))
    ax.locator_params(axis="y", nbins=6)
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "turnout up to, %")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "share so far, %")), parse_math=False)
    return ax


def _line(picture: Picture, ax: Axes, line: float) -> None:
    turnout, share = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS)
    ax.plot(turnout, share, color=theme.BLUE, linewidth=line)


def panel(picture: Picture, ax: Axes) -> None:
    """The line of one unit among many."""
    _line(picture, ax, 1.0)
    ax.plot(
        picture.columns["turnout"][-1], picture.columns["share"][-1], "o", color=theme.INK, markersize=2
    )
    ax.set_xlim(0, 100)
    ax.set_ylim(0, 100)
    ax.set_xticks((0, 50, 100))
    ax.set_yticks((0, 50, 100))
    ax.grid(color=theme.PALE, linewidth=0.3)


def common(pictures: Sequence[Picture]) -> dict[str, float | str]:
    """Both axes are percent from 0 to 100 already."""
    return {}


def strip_height(pictures: Sequence[Picture], width: float) -> float:
    """Inches: nothing stands above the panels."""
    return 0.06


def strip(page: Figure, ax: Any, pictures: Sequence[Picture], top: float) -> None:
    """Nothing stands above the panels."""

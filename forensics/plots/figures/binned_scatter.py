"""An outcome by the composition of commissions, in bins of like composition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("exposure", "outcome", "low", "high", "n")
LEGEND = ("mean of a bin, 95 %", "fitted", "null: no association")


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.08 + legend.room(LEGEND, width), 0.5, 0.75, 0.15


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 0.5 * width


def draw(picture: Picture, ax: Axes) -> Axes:
    """A mark per bin with its interval, and the fitted line.

    Parameters
    ----------
    picture : Picture
        Columns ``exposure`` and ``outcome`` (means of the bin), ``low``, ``high`` (of the outcome)
        and ``n`` (precincts); options ``slope``, ``through_x``, ``through_y`` of the line,
        ``xlabel``, ``ylabel``.
    ax : Axes
    """
    x, y, low, high = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[:4])
    reach = [float(picture.options.get(name, 0.0)) for name in ("slope", "through_x", "through_y")]
    ends = np.array([x.min(), x.max()])
    fitted = reach[2] + reach[0] * (ends - reach[1])
    ax.plot(ends, fitted, color=theme.VERMILION, linewidth=1.1, label=LEGEND[1])
    ax.axhline(reach[2], color=theme.GREY, linewidth=0.8, linestyle=(0, (4, 3)), label=LEGEND[2])
    ax.errorbar(
        x,
        y,
        yerr=np.clip([y - low, high - y], 0, None),
        fmt="o",
        color=theme.BLUE,
        markersize=3.4,
        elinewidth=0.9,
        capsize=0,
        label=LEGEND[0],
    )
    legend.above(ax, LEGEND, pad=0.2)
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.locator_params(axis="both", nbins=6)
    ax.set_xlabel(str(picture.options.get("xlabel", "composition")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "outcome")), parse_math=False)
    return ax

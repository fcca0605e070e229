"""Share of a count in the precincts that have most of it, by the share of voters they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("registered", "observed", "evenly", "expected")
#: Label, colour, dashes and width of each curve.
CURVES = {
    "observed": ("as reported", theme.VERMILION, "solid", 1.5),
    "expected": ("negative binomial", theme.BLUE, (0, (5, 1.5)), 1.2),
    "evenly": ("evenly within each unit", theme.INK, (0, (1, 1)), 1.2),
}
LABELS = [curve[0] for curve in CURVES.values()]


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.08 + legend.room(LABELS, width), 0.5, 0.65, 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 3.0


def draw(picture: Picture, ax: Axes) -> Axes:
    """Three curves from (0, 0) to (100, 100), with half of the count marked on the first.

    Parameters
    ----------
    picture : Picture
        Columns ``registered`` (percent of the registered voters, in the precincts with the highest
        rates), ``observed``, ``evenly`` and ``expected`` (percent of the count in them); options
        ``xlabel``, ``ylabel``.
    ax : Axes
    """
    x = np.asarray(picture.columns["registered"], dtype=np.float64)
    ax.plot((0, 100), (0, 100), color=theme.PALE, linewidth=0.8)
    for name, (label, colour, dashes, line) in CURVES.items():
        y = np.asarray(picture.columns[name], dtype=np.float64)
        ax.plot(x, y, color=colour, linestyle=dashes, linewidth=line, label=label)
    observed = np.asarray(picture.columns["observed"], dtype=np.float64)
    half = float(np.interp(50, observed, x))
    ax.plot(half, 50, "o", color=theme.INK, markersize=3.5)
    ax.annotate(
        f"half of them: {half:.1f} % of the registered",
        (0.98, 0.05),
        xycoords="axes fraction",
        fontsize=theme.SMALL,
        ha="right",
    )
    ax.set_xlim(0, 100)
    ax.set_ylim(0, 100)
    ax.locator_params(nbins=6)
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "share of registered voters, %")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "share of the count, %")), parse_math=False)
    legend.above(ax, LABELS, pad=0.3)
    return ax

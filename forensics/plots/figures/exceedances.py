"""Precincts with at least so many of something, against what a law of counts gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme
from forensics.plots.lettering import whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("at_least", "observed", "expected", "low", "high")
LABELS = ("observed", "expected", "95 % of each point")
#: Fewer expected precincts than this are not drawn.
FEWEST = 0.3


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.08 + legend.room(LABELS, width), 0.5, 0.75, 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.9


def draw(picture: Picture, ax: Axes) -> Axes:
    """Steps of ``observed``, a line of ``expected`` in its band, on logarithmic axes.

    Parameters
    ----------
    picture : Picture
        Columns ``at_least`` (counts, rising), ``observed``, ``expected``, ``low`` and ``high``
        (precincts with at least that count); options ``xlabel``, ``ylabel``.
    ax : Axes
    """
    x, observed, expected, low, high = (
        np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS
    )
    shown = expected >= FEWEST
    ax.fill_between(
        x[shown],
        np.maximum(low[shown], FEWEST),
        high[shown],
        color=theme.SKY,
        linewidth=0,
        label=LABELS[2],
    )
    ax.plot(x[shown], expected[shown], color=theme.BLUE, linestyle=(0, (5, 1.5)), label=LABELS[1])
    seen = observed > 0
    ax.plot(
        x[seen], observed[seen], "o-", color=theme.VERMILION, markersize=2.6, linewidth=1.2, label=LABELS[0]
    )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(bottom=0.8 * FEWEST, top=1.4 * float(np.max([observed.max(), high.max(), 1.0])))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(whole_numbers())
        axis.set_minor_formatter(lambda value, _: "")
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "at least")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "precincts")), parse_math=False)
    legend.above(ax, LABELS, pad=0.3)
    return ax

"""Histogram of percentages with whole percents and multiples of five set off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import legend_shape, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

#: A class higher than this many times the next highest is cut and its height written beside it.
CUT = 1.6


LEGEND = ("other classes", "whole percents", "multiples of 5 %")


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    rows, _ = legend_shape(LEGEND, width - 0.9, theme.SMALL)
    return 0.2 + 0.16 * rows, 0.5, 0.75, 0.15


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.3


def draw(picture: Picture, ax: Axes) -> Axes:
    """Bars of ``count`` over classes of percentages; round percentages darker.

    Parameters
    ----------
    picture : Picture
        Columns ``low`` (lower edge of a class, percent) and ``count``; options ``width`` (of a
        class, percentage points), ``xlabel``, ``ylabel``.
    ax : Axes
        One class far above all others is cut at the top and its count written.
    """
    width = float(picture.options["width"])
    low = np.asarray(picture.columns["low"], dtype=np.float64)
    count = np.asarray(picture.columns["count"], dtype=np.float64)
    # Lower edges are multiples of the width: tenths are compared as whole numbers.
    tenths = np.rint(low * 10).astype(np.int64)
    five, whole = tenths % 50 == 0, tenths % 10 == 0
    ax.stairs(count, [*low, low[-1] + width], fill=True, color=theme.SKY, label=LEGEND[0])
    if width < 1:
        # Lines, because a bar of a tenth of a point can fall between two pixels.
        for chosen, colour, label in (
            (whole & ~five, theme.BLUE, LEGEND[1]),
            (five, theme.VERMILION, LEGEND[2]),
        ):
            ax.vlines(low[chosen] + width / 2, 0, count[chosen], color=colour, linewidth=0.9, label=label)
    else:
        ax.bar(low[five], count[five], width, align="edge", color=theme.VERMILION, label=LEGEND[2])
    _cut(ax, low + width / 2, count)
    ax.set_xlim(0, 100 + max(width, 0.5))
    ax.set_xticks(range(0, 101, 10 if ax.bbox.width > 200 else 25))
    ax.yaxis.set_major_formatter(whole_numbers())
    ax.locator_params(axis="y", nbins=6, integer=True)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "percent")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "precincts")), parse_math=False)
    _, columns = legend_shape(
        LEGEND, ax.figure.get_figure(root=True).get_size_inches()[0] - 0.9, theme.SMALL
    )
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.8, handlelength=1.2)
    return ax


def _cut(ax: Axes, middle: np.ndarray, count: np.ndarray) -> None:
    """Room for the second highest class; the highest is written out where it does not fit."""
    highest = int(np.argmax(count))
    second = float(np.delete(count, highest).max(initial=0))
    if second <= 0 or count[highest] <= CUT * second:
        ax.set_ylim(0, max(1.0, 1.05 * count[highest]))
        return
    ax.set_ylim(0, 1.12 * second)
    left = middle[highest] > 50
    ax.annotate(
        f"{middle[highest] // 1:g} %: {count[highest]:,.0f} ↑",
        (middle[highest], 1.12 * second),
        xytext=(-4 if left else 4, -2),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top",
        fontsize=theme.SMALL,
    )

"""Units alone and drawn towards their mean, in order of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme
from forensics.plots.lettering import width_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("unit", "alone", "pooled", "low", "high", "n")
LEGEND = ("the unit alone", "after partial pooling, 95 %")
#: Points of the names, inches of a line, inches of the names at most.
SIZE, LINE, WIDEST = 6.8, 0.17, 1.9
#: Estimates of units alone that the axes may leave out at each end, as a share.
OUTSIDE = 0.03


def _names(picture: Picture) -> list[str]:
    return [wrap(str(name), WIDEST, SIZE).split("\n")[0] for name in picture.columns["unit"]]


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    widest = max(width_of(name, SIZE) for name in _names(picture))
    return 0.1 + legend.room(LEGEND, width), 0.5, 0.12 + widest, 0.55


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 0.15 + LINE * len(picture.columns["unit"])


def least(picture: Picture, width: float) -> float:
    """Inches below which the names would run into each other."""
    return 0.8 * height(picture, width)


def draw(picture: Picture, ax: Axes) -> Axes:
    """A hollow mark for the unit alone, a filled one with its line for the pooled unit.

    Parameters
    ----------
    picture : Picture
        Columns ``unit`` (text, in the order drawn), ``alone``, ``pooled``, ``low``, ``high`` and
        ``n``; options ``mean`` (of all units) and ``xlabel``.
    ax : Axes
    """
    alone, pooled, low, high = (
        np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[1:5]
    )
    at = np.arange(len(alone))
    for place in at[::2]:
        ax.axhspan(place - 0.5, place + 0.5, color="#f3f3f3", linewidth=0, zorder=0)
    ax.axvline(0, color=theme.INK, linewidth=0.6)
    if "mean" in picture.options:
        ax.axvline(
            float(picture.options["mean"]), color=theme.VERMILION, linewidth=0.8, linestyle=(0, (3, 2))
        )
    for place in at:
        ax.plot([alone[place], pooled[place]], [place, place], color=theme.PALE, linewidth=0.8, zorder=1)
    ax.plot(
        alone,
        at,
        "o",
        markerfacecolor="white",
        markeredgecolor=theme.GREY,
        markersize=3.2,
        markeredgewidth=0.7,
        label=LEGEND[0],
        zorder=2,
    )
    ax.hlines(at, low, high, color=theme.BLUE, linewidth=1.1, zorder=3)
    ax.plot(pooled, at, "o", color=theme.BLUE, markersize=3, label=LEGEND[1], zorder=4)
    usual = np.quantile(alone, (OUTSIDE, 1 - OUTSIDE))
    ends = np.array([low.min(), high.max(), usual[0], usual[1], 0.0])
    room = 0.05 * (float(np.ptp(ends)) or 1.0)
    ax.set_xlim(ends.min() - room, ends.max() + room)
    ax.set_ylim(len(at) - 0.5, -0.5)
    ax.set_yticks(at, _names(picture), fontsize=SIZE, parse_math=False)
    ax.tick_params(axis="y", length=0, pad=3)
    ax.spines["left"].set_visible(False)
    for place, text in ((-0.5, "n"), *zip(at, (f"{int(n):,}" for n in picture.columns["n"]), strict=True)):
        ax.annotate(
            text,
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(36, 4 if text == "n" else 0),
            textcoords="offset points",
            ha="right",
            va="bottom" if text == "n" else "center",
            fontsize=SIZE,
            color=theme.GREY,
            annotation_clip=False,
        )
    ax.locator_params(axis="x", nbins=6)
    ax.set_xlabel(str(picture.options.get("xlabel", "coefficient")), parse_math=False)
    legend.above(ax, LEGEND, pad=0.2)
    return ax

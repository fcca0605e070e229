"""Estimates of a sample with their intervals, each beside the official number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme
from forensics.plots.lettering import width_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("quantity", "estimate", "low", "high", "official", "n")
LEGEND = ("estimated from the sample", "official result")
#: Points of the names, inches of a line, inches of the names at most.
SIZE, LINE, WIDEST = 7.2, 0.26, 2.1
#: Over the column of differences, and inches of the column of n.
HEAD, N_ROOM = "difference, points", 0.4


def _names(picture: Picture) -> list[str]:
    said = [str(picture.options.get(str(key), key)) for key in picture.columns["quantity"]]
    return [wrap(name, WIDEST, SIZE).split("\n")[0] for name in said]


def _differences(picture: Picture) -> list[str]:
    """Official less estimated in points with its interval: too small to be seen on the axis."""
    estimate, low, high, official = (
        np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[1:5]
    )
    said = []
    for e, a, b, o in zip(estimate, low, high, official, strict=True):
        bounds = f" [{o - b:+.2f}, {o - a:+.2f}]" if np.isfinite(a) and np.isfinite(b) else ""
        said.append(f"{o - e:+.2f}{bounds}")
    return said


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    widest = max(width_of(name, SIZE) for name in _names(picture))
    beside = max(width_of(text, SIZE) for text in (HEAD, *_differences(picture)))
    return 0.12 + legend.room(LEGEND, width), 0.5, 0.12 + widest, 0.25 + beside + N_ROOM


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 0.2 + LINE * len(picture.columns["quantity"])


def least(picture: Picture, width: float) -> float:
    """Inches below which the names would run into each other."""
    return 0.7 * height(picture, width)


def draw(picture: Picture, ax: Axes) -> Axes:
    """A point with its line for the estimate, an upright mark for the official number, in percent.

    Beside them stands the difference in points with its interval.

    Parameters
    ----------
    picture : Picture
        Columns ``quantity``, ``estimate``, ``low`` and ``high`` (NaN where there is no interval),
        ``official`` and ``n``; the labels name the quantities.
    ax : Axes
    """
    estimate, low, high, official = (
        np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[1:5]
    )
    at = np.arange(len(estimate))
    for place in at[::2]:
        ax.axhspan(place - 0.5, place + 0.5, color="#f3f3f3", linewidth=0, zorder=0)
    bounded = np.isfinite(low) & np.isfinite(high)
    ax.hlines(at[bounded], low[bounded], high[bounded], color=theme.BLUE, linewidth=2.2, zorder=2)
    ax.plot(estimate, at, "o", color=theme.BLUE, markersize=4.5, label=LEGEND[0], zorder=3)
    ax.plot(
        official,
        at,
        "|",
        markeredgecolor=theme.VERMILION,
        markeredgewidth=1.6,
        markersize=11,
        linestyle="none",
        label=LEGEND[1],
        zorder=4,
    )
    ends = np.concatenate([estimate, low[bounded], high[bounded], official])
    ends = ends[np.isfinite(ends)]
    room = 0.06 * (float(np.ptp(ends)) or 1.0)
    ax.set_xlim(max(float(ends.min()) - room, 0.0 - room), float(ends.max()) + room)
    ax.set_ylim(len(at) - 0.5, -0.5)
    ax.set_yticks(at, _names(picture), fontsize=SIZE, parse_math=False)
    ax.tick_params(axis="y", length=0, pad=3)
    ax.spines["left"].set_visible(False)
    numbers = [f"{int(n):,}" for n in picture.columns["n"]]
    differences = _differences(picture)
    beside = max(width_of(text, SIZE) for text in (HEAD, *differences))
    _column(ax, ["n", *numbers], 72 * N_ROOM, theme.GREY)
    _column(ax, [HEAD, *differences], 72 * (N_ROOM + 0.15 + beside), theme.INK)
    ax.locator_params(axis="x", nbins=7)
    ax.set_xlabel("percent", parse_math=False)
    legend.above(ax, LEGEND, pad=0.2)
    return ax


def _column(ax: Axes, texts: list[str], right: float, color: str) -> None:
    """Texts below each other beside the axes, the first of them over the others."""
    for place, text in zip((-0.5, *range(len(texts) - 1)), texts, strict=True):
        ax.annotate(
            text,
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(right, 4 if place == -0.5 else 0),
            textcoords="offset points",
            ha="right",
            va="bottom" if place == -0.5 else "center",
            fontsize=SIZE,
            color=color,
            annotation_clip=False,
        )

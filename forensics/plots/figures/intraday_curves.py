"""Voters through the day: the band of all precincts, and the days of a few with their bursts marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("series", "until", "percent", "low", "high", "burst")
#: Inches of a label of the axis of time.
LABEL = 0.42


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    below = 0.5 if max(map(len, picture.columns["until"])) <= 5 else 1.05
    return 0.06 + legend.room(_labels(picture), width), below, 0.6, 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.7


def draw(picture: Picture, ax: Axes) -> Axes:
    """A line per series over the intervals; the first one has a band, bursts are filled circles.

    Parameters
    ----------
    picture : Picture
        Columns ``series`` (text; the first one is all precincts together), ``until`` (text: the end
        of the interval), ``percent``, ``low`` and ``high`` (of the first series), ``burst``;
        options ``xlabel``, ``ylabel``.
    ax : Axes
    """
    columns = picture.columns
    names = _labels(picture)
    highest = 1.0
    for place, name in enumerate(names):
        rows = columns["series"] == name
        percent = np.asarray(columns["percent"][rows], dtype=np.float64)
        at = np.arange(len(percent))
        if place == 0:
            low, high = (np.asarray(columns[c][rows], dtype=np.float64) for c in ("low", "high"))
            ax.fill_between(at, low, high, color=theme.PALE, linewidth=0, zorder=0)
            ax.plot(at, percent, color=theme.INK, linewidth=1.6, label=name, zorder=3)
            highest = max(highest, float(high.max(initial=0)))
            labels = [str(text) for text in columns["until"][rows]]
            continue
        colour, dashes = theme.LINES[(place - 1) % len(theme.LINES)]
        burst = np.asarray(columns["burst"][rows], dtype=bool)
        ax.plot(at, percent, color=colour, linestyle=dashes, linewidth=1.0, label=name)
        ax.plot(at[burst], percent[burst], "o", color=colour, markersize=4.5, zorder=4)
        highest = max(highest, float(percent.max(initial=0)))
    ax.set_ylim(0, 1.06 * highest)
    ax.set_xlim(-0.3, len(labels) - 0.7)
    _times(ax, labels)
    ax.locator_params(axis="y", nbins=6)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "interval until")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "voters of the interval, %")), parse_math=False)
    legend.above(ax, names)
    return ax


def _labels(picture: Picture) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(name) for name in picture.columns["series"]))


def _times(ax: Axes, labels: list[str]) -> None:
    """As many times as fit; those with a day are long and stand upright."""
    long = max(map(len, labels)) > 5
    page = ax.figure.get_figure(root=True)
    room = ax.get_position().width * float(page.get_size_inches()[0])
    every = max(1, int(np.ceil(len(labels) * (0.16 if long else LABEL) / room)))
    shown = range(0, len(labels), every)
    ax.set_xticks(list(shown), [labels[i] for i in shown], rotation=90 if long else 0, parse_math=False)

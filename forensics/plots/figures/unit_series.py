"""One test in one unit over several elections: effect and interval in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("election", "effect", "low", "high", "n", "underpowered")
#: Height of a panel by its width.
ASPECT = 0.75
#: Elections up to which each is named below a small panel.
NAMED = 3
#: Of the panels' ends of intervals, the share that lies within the common axis.
WITHIN = 0.97


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.1, 0.5, 0.8, 0.15


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.2


def draw(picture: Picture, ax: Axes) -> Axes:
    """A mark and an upright line per election; hollow where there are too few precincts for the test.

    Parameters
    ----------
    picture : Picture
        Columns ``election`` (short name, in order of time), ``effect``, ``low``, ``high`` (NaN where
        there is none), ``n`` and ``underpowered`` (bool); options ``ylabel``, and ``bottom``, ``top``
        (of the axis).
    ax : Axes
    """
    _series(picture, ax, 4.0, 1.4)
    names = [str(name) for name in picture.columns["election"]]
    ax.set_xticks(np.arange(len(names)), names, parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "effect")), parse_math=False)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    return ax


def panel(picture: Picture, ax: Axes) -> None:
    """One unit among many."""
    _series(picture, ax, 2.2, 1.0)
    names = [str(name) for name in picture.columns["election"]]
    shown = range(len(names)) if len(names) <= NAMED else (0, len(names) - 1)
    ax.set_xticks(list(shown), [names[i] for i in shown], parse_math=False)
    ax.locator_params(axis="y", nbins=4)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.3)


def common(pictures: Sequence[Picture]) -> dict[str, float | str]:
    """One axis for all units: all effects, and all but the widest intervals.

    Where there are tests with enough precincts, they alone make the axis.
    """
    effect, low, high = (
        np.concatenate([np.asarray(p.columns[name], np.float64) for p in pictures]) for name in COLUMNS[1:4]
    )
    hollow = np.concatenate([np.asarray(p.columns["underpowered"], dtype=bool) for p in pictures])
    if not hollow.all():
        effect, low, high = (values[~hollow] for values in (effect, low, high))
    effect, low, high = (np.append(values[np.isfinite(values)], 0.0) for values in (effect, low, high))
    bottom = min(float(effect.min()), float(np.quantile(low, 1 - WITHIN, method="lower")))
    top = max(float(effect.max()), float(np.quantile(high, WITHIN, method="higher")))
    room = 0.05 * (top - bottom or 1.0)
    return {"bottom": bottom - room, "top": top + room}


def strip_height(pictures: Sequence[Picture], width: float) -> float:
    """Nothing stands above the panels."""
    return 0.0


def _series(picture: Picture, ax: Axes, mark: float, line: float) -> None:
    effect, low, high = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[1:4])
    hollow = np.asarray(picture.columns["underpowered"], dtype=bool)
    at = np.arange(len(effect))
    ax.axhline(0, color=theme.INK, linewidth=0.6, zorder=1)
    for chosen, colour, face in ((~hollow, theme.BLUE, theme.BLUE), (hollow, theme.GREY, "white")):
        ax.vlines(at[chosen], low[chosen], high[chosen], color=colour, linewidth=line, zorder=2)
        ax.plot(
            at[chosen],
            effect[chosen],
            "o",
            markerfacecolor=face,
            markeredgecolor=colour,
            markeredgewidth=0.7,
            markersize=mark,
            zorder=3,
        )
    ax.set_xlim(-0.5, len(effect) - 0.5)
    if "top" in picture.options:
        ax.set_ylim(float(picture.options["bottom"]), float(picture.options["top"]))

"""Draws of a parameter chain by chain, with their density beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme
from forensics.plots.lettering import whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("chain", "draw", "value")
#: Classes of the density.
CLASSES = 40


def _labels(picture: Picture) -> tuple[str, ...]:
    """Chains by their number, with how they were started where that is known."""
    chain = np.asarray(picture.columns["chain"])
    started = np.asarray(picture.columns.get("contaminated", np.zeros(len(chain))))
    return tuple(
        f"chain {name}, started manipulated" if started[chain == name].any() else f"chain {name}"
        for name in np.unique(chain)
    )


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.06 + legend.room(_labels(picture), width), 0.5, 0.75, 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.6


def draw(picture: Picture, ax: Axes) -> Axes:
    """A line per chain; the histogram of each chain's draws to the right.

    Parameters
    ----------
    picture : Picture
        Columns ``chain`` (1, 2, …), ``draw`` and ``value``, with them or without ``contaminated``
        (1 in chains that started with manipulated precincts); option ``ylabel``.
    ax : Axes
        Shrunk to make room for the densities.
    """
    from mpl_toolkits.axes_grid1 import make_axes_locatable  # type: ignore[import-untyped]

    chain = np.asarray(picture.columns["chain"])
    value = np.asarray(picture.columns["value"], dtype=np.float64)
    beside = make_axes_locatable(ax).append_axes("right", size="22%", pad=0.08, sharey=ax)
    edges = np.linspace(value.min(), max(value.max(), value.min() + 1e-9), CLASSES + 1)
    labels = _labels(picture)
    for k, name in enumerate(np.unique(chain)):
        colour, dashes = theme.LINES[k % len(theme.LINES)]
        own = value[chain == name]
        ax.plot(picture.columns["draw"][chain == name], own, color=colour, linewidth=0.5, alpha=0.8)
        count = np.histogram(own, edges)[0]
        beside.stairs(count, edges, orientation="horizontal", color=colour, linestyle=dashes)
        ax.plot([], [], color=colour, linestyle=dashes, label=labels[k])
    legend.above(ax, labels)
    ax.set_xlabel("draw")
    ax.set_ylabel(str(picture.options.get("ylabel", "value")), parse_math=False)
    ax.xaxis.set_major_formatter(whole_numbers())
    beside.tick_params(axis="y", labelleft=False, length=0)
    beside.set_xticks([])
    beside.spines["bottom"].set_visible(False)
    return ax

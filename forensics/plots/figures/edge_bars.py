"""Precincts at the edge of turnout and at round targets, against a smooth expectation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme
from forensics.plots.lettering import whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("percent", "observed", "expected", "low", "high")
LEGEND = ("observed", "expected, smooth, 95 %")


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.06 + legend.room(LEGEND, width), 0.5, 0.75, 0.15


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.6


def draw(picture: Picture, ax: Axes) -> Axes:
    """Bars of ``observed``, marks of ``expected`` with whiskers from ``low`` to ``high``.

    Parameters
    ----------
    picture : Picture
        Columns ``percent`` (the classes, as numbers or as text), ``observed``, ``expected``,
        ``low``, ``high`` (precincts); options ``xlabel``, ``ylabel``.
    ax : Axes
    """
    percent = picture.columns["percent"]
    observed, expected, low, high = (
        np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[1:]
    )
    at = np.arange(len(percent))
    ax.bar(at, observed, width=0.72, color=theme.SKY, edgecolor=theme.BLUE, linewidth=0.6, label=LEGEND[0])
    ax.errorbar(
        at,
        expected,
        yerr=np.clip([expected - low, high - expected], 0, None),
        fmt="_",
        color=theme.INK,
        markersize=min(9.0, 260 / max(1, len(at))),
        elinewidth=1.0,
        capsize=min(2.0, 60 / max(1, len(at))),
        label=LEGEND[1],
    )
    shown = _shown(percent, ax.bbox.width / ax.figure.dpi)
    names = [str(value) if isinstance(value, str) else f"{float(value):g}" for value in percent]
    ax.set_xticks(at[shown], [names[i] for i in shown], parse_math=False)
    ax.set_ylim(0, 1.08 * max(1e-9, float(np.nanmax([observed.max(), high.max()]))))
    ax.yaxis.set_major_formatter(whole_numbers())
    ax.locator_params(axis="y", nbins=6)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel(str(picture.options.get("xlabel", "turnout, %")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "precincts")), parse_math=False)
    legend.above(ax, LEGEND, pad=0.2)
    return ax


def _shown(percent: np.ndarray, inches: float) -> np.ndarray:
    """Classes whose names stand side by side: all, or the multiples of 2, 5 or 10."""
    every = -(-len(percent) * 0.36 // inches)
    if percent.dtype.kind in "US" or every <= 1:
        return np.arange(len(percent))[:: max(1, int(every))]
    step = next((step for step in (2, 5, 10) if step >= every), 25)
    return np.flatnonzero(percent.astype(np.float64) % step == 0)

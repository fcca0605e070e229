"""Share of an option by the share of voters from elsewhere: pooled, and within territories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("series", "voters", "share", "weight")
#: How each series is drawn: colour, dashes, marker; the first is the one compared with.
STYLES = {"pooled": (theme.GREY, (0, (5, 2)), "o"), "within": (theme.VERMILION, "solid", "D")}


def _labels(picture: Picture) -> list[str]:
    there = [name for name in STYLES if name in picture.columns["series"]]
    home = str(picture.options.get("home", ""))
    return [
        f"{f'within {home}'.strip() if name == 'within' else name}: "
        f"slope {float(picture.options[f'slope_{name}']):+.3f}".replace("-", "−")
        for name in there
    ]


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.08 + legend.room(_labels(picture), width), 0.5, 0.7, 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.9


def draw(picture: Picture, ax: Axes) -> Axes:
    """Binned means and the fitted line of each series.

    Parameters
    ----------
    picture : Picture
        Columns ``series`` (``pooled`` or ``within``), ``voters`` and ``share`` (percent) and
        ``weight`` of each point; options ``mean_voters``, ``mean_share`` (percent, where the lines
        cross), ``slope_pooled``, ``slope_within``, ``home`` (the unit within which), ``xlabel``,
        ``ylabel``.
    ax : Axes
    """
    series = np.asarray(picture.columns["series"])
    x, y = (np.asarray(picture.columns[name], dtype=np.float64) for name in ("voters", "share"))
    middle, level = (float(picture.options[name]) for name in ("mean_voters", "mean_share"))
    labels = _labels(picture)
    there = [name for name in STYLES if name in series]
    for name, label in zip(there, labels, strict=True):
        colour, dashes, marker = STYLES[name]
        own = series == name
        ends = np.array([x[own].min(), x[own].max()])
        slope = float(picture.options[f"slope_{name}"])
        ax.plot(ends, level + slope * (ends - middle), color=colour, linestyle=dashes, linewidth=1.3)
        ax.plot(x[own], y[own], marker, color=colour, markersize=3.2, markeredgewidth=0)
        ax.plot([], [], marker, color=colour, linestyle=dashes, markersize=3.2, label=label)
    room = 0.04 * max(float(np.ptp(x)), 1e-9)
    ax.set_xlim(x.min() - room, x.max() + room)
    ax.locator_params(nbins=7)
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "voters from elsewhere, %")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "share, %")), parse_math=False)
    legend.above(ax, labels, pad=0.3)
    return ax

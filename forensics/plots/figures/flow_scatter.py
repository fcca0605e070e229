"""Change of an option's share against the change of turnout in the same precincts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("delta_turnout", "delta_share", "weight")
#: Of the points, what the axes leave out on each side together.
OUTSIDE = 0.002
#: Area of the smallest disc, square points.
SMALLEST = 1.5


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.14, 0.5, 0.7, 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 0.66 * width


def draw(picture: Picture, ax: Axes) -> Axes:
    """A disc per point, its area by ``weight``; the zero lines, and the fitted line where given.

    Parameters
    ----------
    picture : Picture
        Columns ``delta_turnout``, ``delta_share`` (changes, as shares of registered voters) and
        ``weight`` (voters of the point); options ``slope`` and ``intercept`` of the fitted line,
        ``xlabel``, ``ylabel``.
    ax : Axes
        Cut to all but the outermost two thousandths of the points; the rest are counted.
    """
    x, y, weight = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS)
    x, y = 100 * x, 100 * y
    crowd = len(x)
    area = np.clip(weight / max(float(weight.mean()), 1e-9), 0.1, 8) * float(np.clip(6e3 / crowd, 0.6, 14))
    # Discs within the SVG as a raster: a hundred thousand of them would make it unusable.
    ax.scatter(
        x,
        y,
        s=np.maximum(area, SMALLEST),
        color=theme.BLUE,
        alpha=float(np.clip(60 / np.sqrt(crowd), 0.08, 0.6)),
        linewidths=0,
        rasterized=crowd > 500,
    )
    limits = [np.quantile(v, (OUTSIDE / 2, 1 - OUTSIDE / 2)) for v in (x, y)]
    for (low, high), axis in zip(limits, ("x", "y"), strict=True):
        room = 0.05 * max(high - low, 1.0)
        ax.set(**{f"{axis}lim": (min(low, 0) - room, max(high, 0) + room)})
    ax.axhline(0, color=theme.INK, linewidth=0.6)
    ax.axvline(0, color=theme.INK, linewidth=0.6)
    if "slope" in picture.options:
        ends = np.array(ax.get_xlim())
        slope, start = float(picture.options["slope"]), 100 * float(picture.options.get("intercept", 0))
        ax.plot(ends, start + slope * ends, color=theme.VERMILION, linewidth=1.3)
        ax.set_xlim(ends[0], ends[1])
        ax.annotate(
            f"slope {slope:.2f}",
            (0.985, 0.97),
            xycoords="axes fraction",
            ha="right",
            va="top",
            fontsize=theme.SMALL,
            color=theme.VERMILION,
        )
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    hidden = int(np.count_nonzero((x < left) | (x > right) | (y < bottom) | (y > top)))
    text = f"{crowd:,} points, {weight.sum():,.0f} voters"
    text += f", {hidden:,} beyond the axes" if hidden else ""
    ax.annotate(
        wrap(text, 0.62 * ax.bbox.width / ax.figure.dpi, theme.SMALL),
        (0.015, 0.97),
        xycoords="axes fraction",
        va="top",
        fontsize=theme.SMALL,
    )
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "change of turnout, points")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "change of share, points")), parse_math=False)
    return ax

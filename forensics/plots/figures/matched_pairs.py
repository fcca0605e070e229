"""Precincts of one building against each other, with the band in which calm ones lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("others", "own", "half", "flagged", "precincts", "beyond")
#: Of the points, what the axes leave out on each side together.
OUTSIDE = 0.002
#: Points along the diagonal between which the band is drawn straight.
KNOTS = 12
#: Height of the axes by their width: nearly square, since both axes are the same share.
ASPECT = 0.8


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.24, 0.5, 0.7, 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return ASPECT * (width - 0.9)


def draw(picture: Picture, ax: Axes) -> Axes:
    """A disc per precinct, those of buildings beyond chance in another colour and form.

    Parameters
    ----------
    picture : Picture
        Columns ``others`` (the rest of the building), ``own`` (percent), ``half`` (points: half the
        band of each precinct), ``flagged``, and of each cell ``precincts`` and those ``beyond`` chance;
        options ``xlabel``, ``ylabel``.
    ax : Axes
        Cut to all but the outermost two thousandths of the points; the rest are counted.
    """
    x, y, half = (np.asarray(picture.columns[name], np.float64) for name in COLUMNS[:3])
    flagged = np.asarray(picture.columns["flagged"], np.bool_)
    crowd = len(x)
    both = np.concatenate([x, y])
    low, high = np.quantile(both, (OUTSIDE / 2, 1 - OUTSIDE / 2)) if crowd else (0.0, 100.0)
    room = 0.04 * max(float(high - low), 1.0)
    ends = (max(-1.0, float(low) - room), min(101.0, float(high) + room))
    ax.axline((0, 0), slope=1, color=theme.INK, linewidth=0.8)
    at, band = _band(x, half)
    for sign in (-1, 1):
        ax.plot(at, at + sign * band, color=theme.INK, linewidth=0.9, linestyle=(0, (5, 2)))
    size = float(np.clip(9e3 / max(crowd, 1), 2.0, 14))
    for of, colour, form, times in (
        (~flagged, theme.BLUE, "o", 1.0),
        (flagged, theme.VERMILION, "D", 1.4),
    ):
        ax.scatter(
            x[of],
            y[of],
            s=max(times * size, 1.0 if form == "o" else 7.0),
            marker=form,
            color=colour,
            alpha=float(np.clip(40 / np.sqrt(max(crowd, 1)), 0.25, 0.8)) if form == "o" else 0.9,
            linewidths=0,
            rasterized=crowd > 500,
        )
    ax.set_xlim(ends)
    ax.set_ylim(ends)
    hidden = int(np.count_nonzero((x < ends[0]) | (x > ends[1]) | (y < ends[0]) | (y > ends[1])))
    held, beyond = (int(np.sum(picture.columns[name])) for name in ("precincts", "beyond"))
    text = f"{held:,} precincts in {crowd:,} cells, {beyond:,} in buildings beyond chance"
    text += f", {hidden:,} beyond the axes" if hidden else ""
    ax.annotate(
        wrap(text, ax.bbox.width / ax.figure.dpi, theme.SMALL),
        (0, 1.01),
        xycoords="axes fraction",
        va="bottom",
        fontsize=theme.SMALL,
    )
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "others, %")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "precinct, %")), parse_math=False)
    return ax


def _band(x: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median half-width among points of like share, from the least to the greatest."""
    if not len(x):
        return np.array([]), np.array([])
    parts = np.array_split(np.argsort(x, kind="stable"), min(KNOTS, max(1, len(x) // 8)))
    at = np.array([float(np.median(x[part])) for part in parts])
    band = np.array([float(np.median(half[part])) for part in parts])
    ends = [float(x.min()), float(x.max())]
    return np.concatenate([ends[:1], at, ends[1:]]), np.concatenate([band[:1], band, band[-1:]])

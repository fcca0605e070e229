"""Cells of precincts where they are, by how far they depart from their surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("lat", "lon", "residual", "flagged", "precincts")
#: Standard deviations from which on a colour no longer changes.
LIMIT = 3.0
#: Share of the points that the frame may leave out on all sides together.
OUTSIDE = 0.002
#: Inches from the axes to the colour scale, and its width.
BESIDE, BAR = 0.1, 0.12
#: Height by width, at most and at least.
TALL, FLAT = 1.1, 0.45


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.2, 0.5, 0.6, 0.75


def height(picture: Picture, width: float) -> float:
    """Inches of the axes: a degree north is as long as it is on the ground."""
    (south, north), (west, east) = _frame(picture)
    ratio = (north - south) / ((east - west) * _squeeze(south, north))
    return float(np.clip(ratio, FLAT, TALL)) * (width - 1.35)


def draw(picture: Picture, ax: Axes) -> Axes:
    """A disc per cell of precincts, light where the residual is low and dark where it is high.

    Parameters
    ----------
    picture : Picture
        Columns ``lat``, ``lon`` (degrees), ``residual`` (standard deviations), ``flagged`` (ringed) and
        ``precincts`` of the cell, which is the area of the disc; option ``label`` of the colour scale.
    ax : Axes
        Cut to all but the outermost two thousandths of the points; the rest are counted.
    """
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap, Normalize

    lat, lon, residual = (np.asarray(picture.columns[name], np.float64) for name in COLUMNS[:3])
    flagged = np.asarray(picture.columns["flagged"], np.bool_)
    (south, north), (west, east) = _filling(*_frame(picture), ax.bbox.height / ax.bbox.width)
    crowd = len(lat)
    held = np.asarray(picture.columns["precincts"], np.float64)
    area = np.clip(9e3 / max(crowd, 1), 1.5, 26) * np.clip(held / max(held.mean(), 1), 0.3, 4)
    ring = float(np.clip(20 / np.sqrt(max(crowd, 1)), 0.15, 0.5))
    colours = ListedColormap(colormaps[theme.SEQUENTIAL](np.linspace(0.06, 1, 256)))
    # The high ones lie on top, those that stand out above all others.
    for ringed in (False, True):
        of = np.flatnonzero(flagged == ringed)
        of = of[np.argsort(residual[of], kind="stable")]
        marks = ax.scatter(
            lon[of],
            lat[of],
            c=residual[of],
            s=area[of] * (1.3 if ringed else 1),
            cmap=colours,
            norm=Normalize(-LIMIT, LIMIT),
            edgecolors=theme.INK if ringed else "none",
            linewidths=ring if ringed else 0,
            rasterized=crowd > 500,
        )
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel("longitude, degrees", parse_math=False)
    ax.set_ylabel("latitude, degrees", parse_math=False)
    hidden = int(np.count_nonzero((lat < south) | (lat > north) | (lon < west) | (lon > east)))
    if hidden:
        text = f"{hidden:,} cells beyond the frame"
        ax.annotate(
            wrap(text, ax.bbox.width / ax.figure.dpi, theme.SMALL),
            (0, 1.01),
            xycoords="axes fraction",
            va="bottom",
            fontsize=theme.SMALL,
        )
    inch = ax.figure.dpi / ax.bbox.width
    bar = ax.figure.colorbar(marks, cax=ax.inset_axes((1 + BESIDE * inch, 0, BAR * inch, 1)), extend="both")
    bar.set_label(str(picture.options.get("label", "residual, standard deviations")))
    bar.outline.set_visible(False)
    return ax


def _frame(picture: Picture) -> tuple[tuple[float, float], tuple[float, float]]:
    """(south, north), (west, east) with a margin."""
    found = []
    for name in ("lat", "lon"):
        values = np.asarray(picture.columns[name], np.float64)
        low, high = np.quantile(values, (OUTSIDE / 4, 1 - OUTSIDE / 4)) if len(values) else (0.0, 1.0)
        room = max(0.04 * (high - low), 1e-3)
        found.append((float(low - room), float(high + room)))
    return found[0], found[1]


def _filling(
    tall: tuple[float, float], wide: tuple[float, float], shape: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The frame made larger on two sides, so that it fills an axes of this height by width."""
    (south, north), (west, east) = tall, wide
    squeeze = _squeeze(south, north)
    more = shape * (east - west) * squeeze / (north - south)
    grow = max(more - 1, 0) * (north - south) / 2, max(1 / more - 1, 0) * (east - west) / 2
    return (south - grow[0], north + grow[0]), (west - grow[1], east + grow[1])


def _squeeze(south: float, north: float) -> float:
    """Length of a degree of longitude by that of a degree of latitude, in the middle."""
    return float(max(np.cos(np.radians((south + north) / 2)), 0.05))

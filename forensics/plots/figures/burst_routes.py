"""Precincts of one unit on the map, and chains of bursts that one vehicle could have driven."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("lon", "lat", "route", "until")
#: Part of the extent left free around the precincts, and the least extent in degrees.
FREE, LEAST = 0.08, 0.01


#: What stands for a route in the row of a precinct.
PLACE = "-"
#: Points of the lines and circles of the first route, and of how much thinner each further one is: routes
#: of the same precincts lie upon each other, and all of them must show.
WIDTHS, CIRCLES = (1.8, 0.5), (6.5, 1.8)


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    names = _routes(picture)
    return 0.06 + (legend.room(names, width) if names else 0.1), 0.5, 0.75, 0.25


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 3.6


def draw(picture: Picture, ax: Axes) -> Axes:
    """Open circles for precincts; a line with arrows per route.

    Parameters
    ----------
    picture : Picture
        Columns ``lon``, ``lat`` (degrees), ``route`` (text; a dash for the rows that are precincts)
        and ``until`` (text: when the burst was read), stops of a route in the order of time.
    ax : Axes
    """
    columns = picture.columns
    lon, lat = (np.asarray(columns[c], dtype=np.float64) for c in ("lon", "lat"))
    places = columns["route"] == PLACE
    ax.plot(lon[places], lat[places], "o", markerfacecolor="none", markeredgecolor=theme.GREY, markersize=4)
    for place, name in enumerate(_routes(picture)):
        rows = columns["route"] == name
        colour, dashes = theme.LINES[place % len(theme.LINES)]
        x, y = lon[rows], lat[rows]
        width, size = (max(most - place * step, step) for most, step in (WIDTHS, CIRCLES))
        ax.plot(
            x, y, color=colour, linestyle=dashes, linewidth=width, label=name, marker="o", markersize=size
        )
        for i in range(len(x) - 1):
            if x[i] == x[i + 1] and y[i] == y[i + 1]:
                continue  # the next precinct of the same building
            ax.annotate(
                "",
                ((x[i] + 2 * x[i + 1]) / 3, (y[i] + 2 * y[i + 1]) / 3),
                ((2 * x[i] + x[i + 1]) / 3, (2 * y[i] + y[i + 1]) / 3),
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": colour,
                    "lw": 0.8,
                    "mutation_scale": 6 + 5 * width,
                },
            )
    _extent(ax, lon, lat)
    ax.locator_params(axis="both", nbins=5)
    ax.grid(color=theme.PALE, linewidth=0.4)
    ax.set_xlabel("longitude, degrees")
    ax.set_ylabel("latitude, degrees")
    if _routes(picture):
        legend.above(ax, _routes(picture))
    return ax


def _routes(picture: Picture) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(name) for name in picture.columns["route"] if name != PLACE))


def _extent(ax: Axes, lon: np.ndarray, lat: np.ndarray) -> None:
    """All precincts with room around, a kilometre as long upwards as sideways."""
    page = ax.figure.get_figure(root=True)
    place, (width, height_) = ax.get_position(), page.get_size_inches()
    shape = place.width * width / (place.height * height_)
    stretch = 1 / max(np.cos(np.radians(float(lat.mean()))), 0.05)
    span = max(
        (1 + 2 * FREE) * float(np.ptp(lat)), (1 + 2 * FREE) * float(np.ptp(lon)) / stretch / shape, LEAST
    )
    middle = [(float(values.min()) + float(values.max())) / 2 for values in (lon, lat)]
    ax.set_xlim(middle[0] - span * stretch * shape / 2, middle[0] + span * stretch * shape / 2)
    ax.set_ylim(middle[1] - span / 2, middle[1] + span / 2)

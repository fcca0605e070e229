"""One line per unit: its effect with the interval, in order of the names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import width_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("unit", "effect", "low", "high", "n", "underpowered")
#: Units up to which one column of lines is drawn, and up to which the letters are of the usual size.
ONE_COLUMN, LARGE_LETTERS = 30, 110
#: Inches of a first line and of each further line of a name, at the usual size of letters.
FIRST, FURTHER = 0.15, 0.105
#: A page narrower than this has one column.
WIDE = 5.0
#: Inches between the columns of lines.
BETWEEN = 0.12


def _size(picture: Picture) -> float:
    """Points of the names: smaller where there are very many."""
    return 6.8 if len(picture.columns["unit"]) <= LARGE_LETTERS else 5.4


def _columns(picture: Picture, width: float) -> int:
    return 1 if len(picture.columns["unit"]) <= ONE_COLUMN or width < WIDE else 2


def _n_room(picture: Picture) -> float:
    largest = int(np.max(picture.columns["n"], initial=0))
    return 0.1 + 1.05 * max(width_of(f"{largest:,}", _size(picture)), width_of("n", _size(picture)))


def _name_room(picture: Picture, width: float) -> float:
    widest = max(width_of(str(name), _size(picture)) for name in picture.columns["unit"])
    share = 0.34 * width / _columns(picture, width) + (0.15 if width >= WIDE else 0)
    return 0.1 + min(1.05 * widest, share)


def _rows(picture: Picture, width: float) -> list[list[tuple[int, str]]]:
    """Index and wrapped name of the units in each column of lines."""
    room = _name_room(picture, width) - 0.1
    names = [wrap(str(name), room, _size(picture)) for name in picture.columns["unit"]]
    columns = _columns(picture, width)
    half = -(-len(names) // columns)
    return [[(i, names[i]) for i in range(len(names))[c * half : (c + 1) * half]] for c in range(columns)]


def _high(picture: Picture, name: str) -> float:
    scale = _size(picture) / 6.8
    return scale * (FIRST + FURTHER * name.count("\n"))


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the first column's axes and of all together."""
    return 0.24, 0.52, _name_room(picture, width), 0.05 + _n_room(picture)


def height(picture: Picture, width: float) -> float:
    """Inches of the axes: by the lines of the longer column."""
    return max(0.1 + sum(_high(picture, name) for _, name in column) for column in _rows(picture, width))


def least(picture: Picture, width: float) -> float:
    """Inches below which the names would run into each other."""
    return 0.85 * height(picture, width)


def draw(picture: Picture, ax: Axes) -> Axes:
    """A mark and a line per unit; hollow where the unit has too few precincts for the test.

    Parameters
    ----------
    picture : Picture
        Columns ``unit`` (text, in the order drawn), ``effect``, ``low``, ``high`` (NaN where there
        is none), ``n`` and ``underpowered`` (bool); options ``xlabel``, and ``nation`` (the effect
        of all units together), ``reference`` (what the null gives; 0 by default).
    ax : Axes
        Where there are many units it becomes the first of two columns.
    """
    from mpl_toolkits.axes_grid1 import Size, make_axes_locatable  # type: ignore[import-untyped]

    page = ax.figure.get_figure(root=True)
    width = float(page.get_size_inches()[0])
    columns = _rows(picture, width)
    low, high = _limits(picture)
    places = [ax]
    if len(columns) > 1:
        divider = make_axes_locatable(ax)
        pad = _n_room(picture) + _name_room(picture, width) + BETWEEN
        divider.set_horizontal([Size.Scaled(1), Size.Fixed(pad), Size.Scaled(1)])
        ax.set_axes_locator(divider.new_locator(nx=0, ny=0))
        second = page.add_axes(ax.get_position().bounds)
        second.set_axes_locator(divider.new_locator(nx=2, ny=0))
        places.append(second)
    tallest = max(sum(_high(picture, name) for _, name in column) for column in columns)
    for place, column in zip(places, columns, strict=True):
        _lines(picture, place, column, tallest)
        place.set_xlim(low, high)
        place.locator_params(axis="x", nbins=5)
        place.set_xlabel(str(picture.options.get("xlabel", "effect")), parse_math=False)
    return ax


def _limits(picture: Picture) -> tuple[float, float]:
    """Axis for all but the widest intervals, which run out of it with an arrow's head."""
    values = [
        np.asarray(picture.columns[name], dtype=np.float64)[~_hollow(picture)] for name in COLUMNS[1:4]
    ]
    effect, low, high = (
        values if len(values[0]) else [np.asarray(picture.columns[c], float) for c in COLUMNS[1:4]]
    )
    ends = np.concatenate([low, high, effect, [_number(picture, "reference", 0.0)]])
    ends = ends[np.isfinite(ends)]
    usual = effect[np.isfinite(effect)]
    if not len(usual):
        return -1.0, 1.0
    centre, spread = float(np.median(usual)), 4 * float(np.ptp(np.quantile(usual, (0.05, 0.95))))
    spread = max(spread, 3 * float(np.nanmedian(high - low)) if np.isfinite(high - low).any() else 0.0)
    bottom = max(float(ends.min()), min(centre - spread, float(usual.min())))
    top = min(float(ends.max()), max(centre + spread, float(usual.max())))
    reference = _number(picture, "reference", 0.0)
    bottom, top = min(bottom, reference), max(top, reference)
    room = 0.06 * (top - bottom or 1.0)
    return bottom - room, top + room


def _number(picture: Picture, option: str, default: float) -> float:
    return float(picture.options.get(option, default))


def _hollow(picture: Picture) -> np.ndarray:
    return np.asarray(picture.columns["underpowered"], dtype=bool)


def _lines(picture: Picture, ax: Axes, column: list[tuple[int, str]], tallest: float) -> None:
    size = _size(picture)
    effect, low, high = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[1:4])
    hollow = _hollow(picture)
    ends = np.cumsum([_high(picture, name) for _, name in column])
    at = ends - np.array([_high(picture, name) for _, name in column]) / 2
    rows = np.array([i for i, _ in column])
    for band in range(0, len(rows), 2):
        top = ends[band - 1] if band else 0.0
        ax.axhspan(top, ends[band], color="#f3f3f3", linewidth=0, zorder=0)
    ax.axvline(_number(picture, "reference", 0.0), color=theme.INK, linewidth=0.6, zorder=1)
    if "nation" in picture.options:
        nation = float(picture.options["nation"])
        ax.axvline(nation, color=theme.VERMILION, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1)
    for chosen, colour in ((~hollow, theme.BLUE), (hollow, theme.GREY)):
        mine = chosen[rows]
        ax.hlines(at[mine], low[rows][mine], high[rows][mine], color=colour, linewidth=1.1, zorder=2)
    full = ~hollow[rows]
    ax.plot(effect[rows][full], at[full], "o", color=theme.BLUE, markersize=2.8, zorder=3)
    ax.plot(
        effect[rows][~full],
        at[~full],
        "o",
        markerfacecolor="white",
        markeredgecolor=theme.GREY,
        markersize=2.8,
        markeredgewidth=0.7,
        zorder=3,
    )
    ax.set_ylim(tallest, 0)
    ax.set_yticks(at, [name for _, name in column], fontsize=size, parse_math=False, linespacing=1.0)
    ax.tick_params(axis="y", length=0, pad=3)
    ax.tick_params(axis="x", labelsize=theme.SMALL, length=2)
    ax.spines["left"].set_visible(False)
    for place, text in (
        (None, "n"),
        *((y, f"{int(picture.columns['n'][i]):,}") for y, i in zip(at, rows, strict=True)),
    ):
        ax.annotate(
            text,
            (1, 1) if place is None else (1, place),
            xycoords="axes fraction" if place is None else ("axes fraction", "data"),
            xytext=(72 * (_n_room(picture) - 0.02), 3 if place is None else 0),
            textcoords="offset points",
            fontsize=size,
            color=theme.GREY,
            ha="right",
            va="bottom" if place is None else "center",
            annotation_clip=False,
        )

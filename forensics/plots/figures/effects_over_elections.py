"""The same tests in several elections: effect and interval of each, every test on an axis of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import whole_numbers, width_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("test", "unit", "election", "effect", "low", "high", "n", "comparable")
#: A page narrower than this has one column of tests.
WIDE = 5.0
#: Inches of an election's line, of a line of heading, of the numbers of an axis, and between tests.
LINE, HEAD, TICKS, BETWEEN = 0.15, 0.13, 0.2, 0.1
#: Inches around all of them.
EDGE = 0.1
#: Points of headings, names and numbers.
SIZE = 6.5


@dataclass(frozen=True)
class _Block:
    """The elections of one test: their rows in the picture, and its heading in lines."""

    rows: np.ndarray
    heading: str

    @property
    def high(self) -> float:
        lines = self.heading.count("\n") + 1
        return HEAD * lines + LINE * len(self.rows) + TICKS + BETWEEN


def _count(width: float) -> int:
    return 1 if width < WIDE else 2


def _name_room(picture: Picture) -> float:
    widest = max(width_of(str(name), SIZE) for name in picture.columns["election"])
    return 0.12 + min(1.05 * widest, 1.1)


def _n_room(picture: Picture) -> float:
    return 0.1 + 1.05 * width_of(f"n {int(np.max(picture.columns['n'], initial=0)):,}", SIZE)


def _columns(picture: Picture, width: float) -> list[list[_Block]]:
    """The tests in columns of about the same height, in their order."""
    room = (width - 2 * EDGE) / _count(width) - 0.15
    tests = np.array([str(test) for test in picture.columns["test"]])
    blocks = []
    for test in dict.fromkeys(tests.tolist()):
        rows = np.flatnonzero(tests == test)
        unit = str(picture.columns["unit"][rows[0]])
        heading = wrap(test, room, SIZE, "bold")
        if unit:
            heading += "\n" + wrap(unit, room, SIZE)
        blocks.append(_Block(rows, heading))
    half = sum(block.high for block in blocks) / _count(width)
    columns: list[list[_Block]] = [[]]
    used = 0.0
    for block in blocks:
        if columns[-1] and used + block.high / 2 > half and len(columns) < _count(width):
            columns.append([])
            used = 0.0
        columns[-1].append(block)
        used += block.high
    return columns


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of all axes together."""
    return EDGE, EDGE, EDGE, EDGE


def height(picture: Picture, width: float) -> float:
    """Inches of all axes: by the lines of the longer column."""
    return max(sum(block.high for block in column) for column in _columns(picture, width))


def least(picture: Picture, width: float) -> float:
    """Inches below which lines run into each other."""
    return height(picture, width)


def draw(picture: Picture, ax: Axes) -> Axes:
    """A mark and a line per election, block by block; hollow where definitions differ.

    Parameters
    ----------
    picture : Picture
        Columns ``test`` (its rows stand together), ``unit`` (of its effect), ``election`` (short name,
        in order of time), ``effect``, ``low``, ``high`` (NaN where there is none), ``n`` and
        ``comparable`` (bool: whether the elections have the test under one definition).
    ax : Axes
        Emptied; every test has an axes of its own within.
    """
    page = ax.figure.get_figure(root=True)
    size, place = page.get_size_inches(), ax.get_position()
    width, high = float(size[0]) * place.width, float(size[1]) * place.height
    columns = _columns(picture, float(size[0]))
    tallest = max(sum(block.high for block in column) for column in columns)
    scale = high / max(tallest, high)
    ax.set_axis_off()
    each = width / _count(float(size[0]))
    names, numbers = _name_room(picture), _n_room(picture)
    for at, column in enumerate(columns):
        top = 0.0
        for block in column:
            lines = block.heading.count("\n") + 1
            left, start = at * each, top + HEAD * lines
            body = LINE * len(block.rows)
            _heading(ax, block.heading, left / width, 1 - scale * top / high)
            inner = ax.inset_axes(
                (
                    (left + names) / width,
                    1 - scale * (start + body) / high,
                    (each - names - numbers - 0.1) / width,
                    scale * body / high,
                )
            )
            _test(picture, inner, block.rows, 72 * numbers)
            top += block.high
    return ax


def _heading(ax: Axes, text: str, left: float, top: float) -> None:
    """The name of the test in bold, and the unit of its effect below it."""
    lines = text.split("\n")
    ax.annotate(lines[0], (left, top), xycoords="axes fraction", fontsize=SIZE, fontweight="bold", va="top")
    ax.annotate(
        "\n".join(lines[1:]),
        (left, top),
        xycoords="axes fraction",
        xytext=(0, -72 * HEAD),
        textcoords="offset points",
        fontsize=SIZE,
        color=theme.GREY,
        va="top",
        linespacing=1.15,
    )


def _test(picture: Picture, ax: Axes, rows: np.ndarray, room: float) -> None:
    effect, low, high = (np.asarray(picture.columns[c], dtype=np.float64)[rows] for c in COLUMNS[3:6])
    same = bool(np.asarray(picture.columns["comparable"], dtype=bool)[rows].all())
    at = np.arange(len(rows))
    colour = theme.BLUE if same else theme.GREY
    for band in at[::2]:
        ax.axhspan(band - 0.5, band + 0.5, color="#f3f3f3", linewidth=0, zorder=0)
    ax.axvline(0, color=theme.INK, linewidth=0.6, zorder=1)
    ax.hlines(at, low, high, color=colour, linewidth=1.1, zorder=2)
    ax.plot(
        effect,
        at,
        "o",
        markerfacecolor=theme.BLUE if same else "white",
        markeredgecolor=colour,
        markersize=3,
        markeredgewidth=0.8,
        zorder=3,
    )
    ends = np.concatenate([effect, low, high, [0.0]])
    ends = ends[np.isfinite(ends)]
    reach = float(np.ptp(ends)) or 1.0
    ax.set_xlim(float(ends.min()) - 0.06 * reach, float(ends.max()) + 0.06 * reach)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    names = [str(name) for name in picture.columns["election"][rows]]
    ax.set_yticks(at, [wrap(name, 1.1, SIZE).split("\n")[0] for name in names], fontsize=SIZE)
    ax.tick_params(axis="y", length=0, pad=3)
    ax.tick_params(axis="x", labelsize=SIZE - 0.5, length=2, pad=1.5)
    ax.locator_params(axis="x", nbins=4)
    ax.xaxis.set_major_formatter(whole_numbers())
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    for place, row in enumerate(rows):
        if not math.isfinite(effect[place]):
            continue
        ax.annotate(
            f"n {int(picture.columns['n'][row]):,}",
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(room, 0),
            textcoords="offset points",
            fontsize=SIZE - 0.5,
            color=theme.GREY,
            ha="right",
            va="center",
            annotation_clip=False,
        )

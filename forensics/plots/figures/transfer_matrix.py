"""Where the votes of each earlier choice went, as shares with their intervals; ecological."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import width_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("from", "to", "share", "low", "high")
#: Inches of a row of cells; points of its numbers at most.
ROW, NUMBER = 0.46, 8.0
KEY = "in each cell: share, interval, (bounds that the margins prove)"


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes: names of the rows left, of the columns above."""
    lines = max(name.count("\n") + 1 for name in _heads(picture, width))
    return (
        0.36 + 0.125 * lines,
        0.3 if "bounds_low" in picture.columns else 0.12,
        _names_room(picture, width),
        0.1,
    )


def height(picture: Picture, width: float) -> float:
    """Inches of the axes: a row of cells per earlier choice."""
    return ROW * len(_order(picture, "from"))


def least(picture: Picture, width: float) -> float:
    """Inches below which the numbers would run into each other."""
    return 0.4 * len(_order(picture, "from"))


def draw(picture: Picture, ax: Axes) -> Axes:
    """Cells shaded by ``share``, with share and interval written in them.

    Parameters
    ----------
    picture : Picture
        Columns ``from``, ``to`` (text), ``share``, ``low``, ``high`` (of the votes in ``from``, 0 to
        1; the interval may be missing), and with them or without ``bounds_low`` and ``bounds_high``
        (what the share must lie between); options ``xlabel``, ``ylabel``.
    ax : Axes
    """
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    rows, columns = _order(picture, "from"), _order(picture, "to")
    share, low, high = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[2:])
    cells = np.full((len(rows), len(columns)), np.nan)
    width = float(ax.figure.get_figure(root=True).get_size_inches()[0])
    each = (width - _names_room(picture, width) - 0.1) / len(columns)
    bounds = [
        picture.columns.get(name, np.full(len(share), np.nan)) for name in ("bounds_low", "bounds_high")
    ]
    written = [
        f"{100 * value:.0f} %{_range(*interval)}{_range(*bound, form='({})')}"
        for value, interval, bound in zip(
            share, zip(low, high, strict=True), zip(*bounds, strict=True), strict=True
        )
    ]
    widest = max(width_of(line, NUMBER) for text in written for line in text.split("\n"))
    lines = max(text.count("\n") + 1 for text in written)
    size = min(NUMBER - 0.9 * (lines - 1), NUMBER * 0.92 * each / widest)
    for start, end, value, text in zip(
        picture.columns["from"], picture.columns["to"], share, written, strict=True
    ):
        i, j = rows.index(str(start)), columns.index(str(end))
        cells[i, j] = value
        # The darker half of the scale takes white numbers.
        ink = "white" if value > 0.55 else theme.INK
        ax.text(
            j,
            i,
            text,
            ha="center",
            va="center",
            fontsize=size,
            color=ink,
            linespacing=1.05,
            parse_math=False,
        )
    # The palest tenths are left to empty cells, the darkest to nothing: numbers stay legible.
    ramp = ListedColormap(colormaps["Blues"](np.linspace(0.04, 0.9, 256)))
    ax.imshow(cells, vmin=0, vmax=1, cmap=ramp, aspect="auto")
    ax.set_xticks(range(len(columns)), _heads(picture, width), fontsize=theme.SMALL, parse_math=False)
    names = [_wrapped(name, _names_room(picture, width) - 0.4, 2) for name in rows]
    ax.set_yticks(range(len(rows)), names, fontsize=theme.SMALL, parse_math=False)
    ax.xaxis.set_ticks_position("top")
    ax.xaxis.set_label_position("top")
    ax.tick_params(length=0)
    ax.set_xticks(np.arange(len(columns) - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.5)
    ax.tick_params(which="minor", length=0)
    ax.spines[:].set_visible(False)
    ax.set_xlabel(str(picture.options.get("xlabel", "second ballot")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "first ballot")), parse_math=False)
    if "bounds_low" in picture.columns:
        ax.annotate(
            KEY,
            (0, 0),
            xycoords="axes fraction",
            xytext=(0, -4),
            textcoords="offset points",
            fontsize=theme.SMALL,
            va="top",
        )
    return ax


def _range(low: float, high: float, *, form: str = "{}") -> str:
    """A further line of a cell; nothing where there is no range."""
    if not np.isfinite(low + high):
        return ""
    return "\n" + form.format(f"{100 * low:.0f}–{100 * high:.0f}")


def _order(picture: Picture, column: str) -> list[str]:
    """Choices in the order in which they first occur."""
    return list(dict.fromkeys(str(name) for name in picture.columns[column]))


def _names_room(picture: Picture, width: float) -> float:
    widest = max(width_of(name, theme.SMALL) for name in _order(picture, "from"))
    return 0.42 + min(1.05 * widest, 0.26 * width)


def _heads(picture: Picture, width: float) -> list[str]:
    columns = _order(picture, "to")
    each = (width - _names_room(picture, width) - 0.1) / len(columns)
    return [_wrapped(name, 0.94 * each, 3) for name in columns]


def _wrapped(name: str, room: float, most: int) -> str:
    lines = wrap(name.replace("_", " "), room, theme.SMALL).split("\n")
    return "\n".join(lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1][:-1]}…"])

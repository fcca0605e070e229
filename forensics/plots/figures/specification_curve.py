"""Every specification in order of its coefficient, with the choices behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import width_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = (
    "coefficient",
    "low",
    "high",
    "headline",
    "coding",
    "intercepts",
    "covariates",
    "weights",
    "rows",
)
CHOICES = COLUMNS[4:]
#: Inches of a line of choices, and of the coefficients above them.
LINE, CURVE = 0.135, 1.7
SIZE = 6.2
#: Inches of the letters at most.
WIDEST = 2.1


def _lines(picture: Picture) -> list[tuple[str, str]]:
    """The choices that differ between specifications: what, and which."""
    lines = []
    for what in CHOICES:
        values = [str(value) for value in picture.columns[what]]
        which = sorted(dict.fromkeys(values), key=lambda value: (value != "none", len(value), value))
        if len(which) > 1:
            lines += [(what, value) for value in which]
    return lines


def _label(what: str, value: str) -> str:
    lines = wrap(f"{what}: {value.replace('_', ' ')}", WIDEST, SIZE).split("\n")
    return lines[0] + (" …" if len(lines) > 1 else "")


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    labels = [width_of(_label(what, value), SIZE) for what, value in _lines(picture)]
    return 0.12, 0.42, 0.2 + max([0.55, *labels]), 0.12


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return CURVE + 0.12 + LINE * len(_lines(picture))


def least(picture: Picture, width: float) -> float:
    """Inches below which the lines of choices run into each other."""
    return 0.9 * height(picture, width)


def draw(picture: Picture, ax: Axes) -> Axes:
    """Coefficients with intervals above; below, a mark where a choice was made.

    Parameters
    ----------
    picture : Picture
        Columns ``coefficient``, ``low``, ``high``, ``headline`` (bool), and the choices ``coding``,
        ``intercepts``, ``covariates``, ``weights``, ``rows`` (text), in order of the coefficient;
        option ``ylabel``.
    ax : Axes
        Becomes the upper part; the choices stand in an axes below it.
    """
    from mpl_toolkits.axes_grid1 import Size, make_axes_locatable  # type: ignore[import-untyped]

    lines = _lines(picture)
    page = ax.figure.get_figure(root=True)
    divider = make_axes_locatable(ax)
    below = max(LINE * len(lines), 0.01)
    divider.set_vertical([Size.Fixed(below), Size.Fixed(0.12), Size.Scaled(1)])
    ax.set_axes_locator(divider.new_locator(nx=0, ny=2))
    choices = page.add_axes(ax.get_position().bounds)
    choices.set_axes_locator(divider.new_locator(nx=0, ny=0))

    b, low, high = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[:3])
    declared = np.asarray(picture.columns["headline"], dtype=bool)
    at = np.arange(len(b))
    ax.axhline(0, color=theme.INK, linewidth=0.6)
    ax.vlines(at, low, high, color=theme.SKY, linewidth=min(3.0, 200 / len(b)))
    ax.plot(at, b, ".", color=theme.BLUE, markersize=3)
    ax.vlines(at[declared], low[declared], high[declared], color=theme.VERMILION, linewidth=1.4)
    ax.plot(at[declared], b[declared], "D", color=theme.VERMILION, markersize=4, label="declared headline")
    if declared.any():
        ax.legend(loc="upper left", frameon=False)
    ax.set_xlim(-0.8, len(b) - 0.2)
    ax.locator_params(axis="y", nbins=6)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.set_ylabel(
        wrap(str(picture.options.get("ylabel", "coefficient")), CURVE, theme.NORMAL), parse_math=False
    )

    for place, (what, value) in enumerate(lines):
        chosen = np.array([str(v) == value for v in picture.columns[what]])
        if place % 2 == 0:
            choices.axhspan(place - 0.5, place + 0.5, color="#f3f3f3", linewidth=0, zorder=0)
        choices.plot(at[chosen], np.full(chosen.sum(), place), "|", color=theme.INK, markersize=4)
        mine = chosen & declared
        choices.plot(at[mine], np.full(mine.sum(), place), "|", color=theme.VERMILION, markersize=6)
    choices.set_yticks(
        np.arange(len(lines)), [_label(*line) for line in lines], fontsize=SIZE, parse_math=False
    )
    choices.set_ylim(len(lines) - 0.5, -0.5)
    choices.set_xlim(ax.get_xlim())
    choices.tick_params(axis="y", length=0, pad=3)
    choices.tick_params(axis="x", length=2)
    choices.locator_params(axis="x", nbins=6)
    choices.spines["left"].set_visible(False)
    choices.set_xlabel("specifications, in order of the coefficient", parse_math=False)
    return ax

"""Certificates issued and used, and what crossed the borders of units of each level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import legend, theme
from forensics.plots.lettering import whole_numbers, width_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("stage", "part", "certificates")
#: Colour and legend of each part of a bar.
PARTS = {
    "by precincts": (theme.SKY, "issued by precincts"),
    "by territories": (theme.BLUE, "issued by territories"),
    "covered": (theme.GREY, "used, covered by the unit's own"),
    "beyond": (theme.VERMILION, "used beyond them"),
    "not used": (theme.PALE, "not used"),
}
#: Inches of a bar, and part of a page that the names take.
BAR, NAMES = 0.34, 0.2
#: Length of the axis by that of the longest bar: numbers stand beside it.
ROOM = 1.1


def _stages(picture: Picture) -> list[str]:
    return list(dict.fromkeys(str(stage) for stage in picture.columns["stage"]))


def _labels(picture: Picture) -> list[str]:
    there = {
        str(part)
        for part, amount in zip(picture.columns["part"], picture.columns["certificates"], strict=True)
        if amount > 0
    }
    return [label for part, (_, label) in PARTS.items() if part in there]


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.1 + legend.room(_labels(picture), width), 0.5, NAMES * width + 0.1, 0.25


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return BAR * len(_stages(picture)) + 0.1


def least(picture: Picture, width: float) -> float:
    """Inches below which the names would run into each other."""
    return height(picture, width)


def draw(picture: Picture, ax: Axes) -> Axes:
    """A bar per stage, its parts side by side, the number written in those that have room.

    Parameters
    ----------
    picture : Picture
        Columns ``stage`` (text, from the top down), ``part`` (one of ``by precincts``, ``by
        territories``, ``covered``, ``beyond``, ``not used``) and ``certificates``; options
        ``xlabel``.
    ax : Axes
    """
    page = ax.figure.get_figure(root=True)
    width = float(page.get_size_inches()[0])
    stages = _stages(picture)
    stage = np.array([stages.index(str(name)) for name in picture.columns["stage"]])
    part = np.asarray(picture.columns["part"]).astype(str)
    amount = np.asarray(picture.columns["certificates"], dtype=np.float64)
    longest = max(float(np.bincount(stage, amount).max(initial=0)), 1.0)
    inch = longest * ROOM / max(ax.get_position().width * width, 0.1)
    left = np.zeros(len(stages))
    named = set(_labels(picture))
    beside = [""] * len(stages)
    for name, (colour, label) in PARTS.items():
        rows = np.flatnonzero((part == name) & (amount > 0))
        if not len(rows):
            continue
        at, size = stage[rows], amount[rows]
        ax.barh(at, size, left=left[at], height=0.66, color=colour, label=label if label in named else None)
        for place, value in zip(at, size, strict=True):
            text = f"{value:,.0f}"
            beside[place] = text
            if 1.15 * width_of(text, theme.SMALL) * inch < value:
                beside[place] = ""
                ax.annotate(
                    text,
                    (left[place] + value / 2, place),
                    ha="center",
                    va="center",
                    fontsize=theme.SMALL,
                    color="white" if name in ("beyond", "covered") else theme.INK,
                )
        left[at] += size
    for place, text in enumerate(beside):
        ax.annotate(
            text,
            (left[place], place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=theme.SMALL,
        )
    names = [wrap(name.replace("_", " "), NAMES * width, theme.SMALL) for name in stages]
    ax.set_yticks(range(len(stages)), names, fontsize=theme.SMALL, parse_math=False)
    ax.set_ylim(len(stages) - 0.5, -0.5)
    ax.set_xlim(0, ROOM * longest)
    ax.tick_params(axis="y", length=0)
    ax.locator_params(axis="x", nbins=5)
    ax.xaxis.set_major_formatter(whole_numbers())
    ax.grid(axis="x", color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "certificates")), parse_math=False)
    legend.above(ax, _labels(picture), pad=0.3)
    return ax

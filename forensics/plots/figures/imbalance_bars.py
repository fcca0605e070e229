"""Share of protocols that break each identity, with the papers too many and too few written beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import width_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("identity", "checked", "violations", "share", "surplus", "deficit")
#: Inches: a narrower page has no room for the columns of papers.
WIDE = 4.8
_GAP = 0.14


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes: names to the left, numbers to the right."""
    numbers = sum(_GAP + _room(column) for column in _written(picture, width))
    return 0.32, 0.5, 0.31 * width, numbers + 0.12


def height(picture: Picture, width: float) -> float:
    """Inches of the axes: by the number of lines of the names."""
    return sum(0.17 + 0.13 * (_name(name, width).count("\n") + 1) for name in picture.columns["identity"])


def least(picture: Picture, width: float) -> float:
    """Inches below which the names would run into each other."""
    return height(picture, width)


def draw(picture: Picture, ax: Axes) -> Axes:
    """Bars of ``share``; beside them broken of checked, surplus and deficit as numbers.

    Parameters
    ----------
    picture : Picture
        Columns ``identity`` (text), ``checked``, ``violations`` (protocols), ``share`` (of checked),
        ``surplus``, ``deficit`` (ballots or votes in total); options ``xlabel``.
    ax : Axes
    """
    page = ax.figure.get_figure(root=True)
    width = float(page.get_size_inches()[0])
    names = [_name(name, width) for name in picture.columns["identity"]]
    share = 100 * np.asarray(picture.columns["share"], dtype=np.float64)
    at = np.arange(len(names))
    ax.barh(at, share, height=0.6, color=theme.BLUE)
    ax.set_yticks(at, names, fontsize=theme.SMALL, parse_math=False)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(0, 1.05 * share.max(initial=0) or 1)
    ax.locator_params(axis="x", nbins=4)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=theme.PALE, linewidth=0.4)
    label = picture.options.get("xlabel", "share of protocols")
    ax.set_xlabel(f"{label}, %", parse_math=False)

    span = ax.get_position().width * width
    right = 0.0
    for column in _written(picture, width):
        right += _GAP + _room(column)
        for place, text in zip((-0.5, *at), column, strict=True):
            ax.annotate(
                text,
                (1 + right / span, place),
                xytext=(0, 3 if place < 0 else 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                fontsize=theme.SMALL,
                color=theme.INK if place >= 0 else theme.GREY,
                ha="right",
                va="center" if place >= 0 else "bottom",
                annotation_clip=False,
                parse_math=False,
            )
    return ax


def _written(picture: Picture, width: float) -> list[list[str]]:
    """The columns of numbers, each under its heading."""
    columns = picture.columns
    broken = [
        f"{int(k):,} of {int(n):,}" for k, n in zip(columns["violations"], columns["checked"], strict=True)
    ]
    if width < WIDE:
        return [["broken", *broken]]
    papers = [
        [heading, *(f"{sign}{abs(int(v)):,}" if v else "0" for v in columns[heading])]
        for heading, sign in (("surplus", "+"), ("deficit", "−"))
    ]
    return [["broken", *broken], *papers]


def _room(column: list[str]) -> float:
    return 1.05 * max(width_of(text, theme.SMALL) for text in column)


def _name(name: object, width: float) -> str:
    return wrap(str(name).replace("_", " "), 0.29 * width, theme.SMALL)

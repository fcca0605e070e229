"""Histogram of percentages with whole percents and multiples of five set off, and what chance gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.plots import legend, theme
from forensics.plots.lettering import whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forensics.picture import Picture

COLUMNS = ("low", "count")
#: A class higher than this many times the next highest is cut and its height written beside it.
CUT = 1.6
LEGEND = ("other classes", "whole percents", "multiples of 5 %")
EXPECTED = "expected by chance, 95 %"
#: Height of a panel by its width.
ASPECT = 0.7
#: Of the panels' highest classes, the one that the common axis is cut at.
QUANTILE = 0.8


def _labels(picture: Picture) -> tuple[str, ...]:
    fine = float(picture.options["width"]) < 1
    return (
        *(LEGEND if fine else LEGEND[::2]),
        *((_expected(picture),) if "expected" in picture.columns else ()),
    )


def _expected(picture: Picture) -> str:
    return str(picture.options.get("expected", EXPECTED))


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.06 + legend.room(_labels(picture), width), 0.5, 0.75, 0.15


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.5


def draw(picture: Picture, ax: Axes) -> Axes:
    """Bars of ``count`` over classes of percentages; round percentages darker, a mark above the fives.

    Parameters
    ----------
    picture : Picture
        Columns ``low`` (lower edge of a class, percent) and ``count``, and with them or without
        ``expected``, ``expected_low``, ``expected_high`` (count by chance and its band); options
        ``width`` (of a class, percentage points), ``xlabel``, ``ylabel``.
    ax : Axes
        One class far above all others is cut at the top and its count written.
    """
    width = float(picture.options["width"])
    low = np.asarray(picture.columns["low"], dtype=np.float64)
    count = np.asarray(picture.columns["count"], dtype=np.float64)
    _teeth(picture, ax, count, 1.0, 0.9)
    five = _fives(low)
    _cut(ax, low + width / 2, count)
    if width < 1:
        # A mark that needs neither colour nor sharp eyes.
        tip = np.minimum(count[five], ax.get_ylim()[1])
        ax.plot(low[five] + width / 2, tip, "o", color=theme.VERMILION, markersize=2, clip_on=False)
    ax.set_xlim(0, 100 + max(width, 0.5))
    ax.set_xticks(range(0, 101, 10 if ax.bbox.width > 200 else 25))
    ax.yaxis.set_major_formatter(whole_numbers())
    ax.locator_params(axis="y", nbins=6, integer=True)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "percent")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "precincts")), parse_math=False)
    legend.above(ax, _labels(picture), pad=0.8)
    return ax


def _fives(low: np.ndarray) -> np.ndarray:
    # Lower edges are multiples of the width: tenths are compared as whole numbers.
    return np.asarray(np.rint(low * 10).astype(np.int64) % 50 == 0)


def _teeth(picture: Picture, ax: Axes, count: np.ndarray, unit: float, line: float) -> None:
    """Bars, set-off classes, and the expectation with its band; counts are divided by ``unit``."""
    width = float(picture.options["width"])
    low = np.asarray(picture.columns["low"], dtype=np.float64)
    five, whole = _fives(low), np.rint(low * 10).astype(np.int64) % 10 == 0
    count = count / unit
    ax.stairs(count, [*low, low[-1] + width], fill=True, color=theme.SKY, label=LEGEND[0])
    if width < 1:
        # Lines, because a bar of a tenth of a point can fall between two pixels.
        for chosen, colour, label in (
            (whole & ~five, theme.BLUE, LEGEND[1]),
            (five, theme.VERMILION, LEGEND[2]),
        ):
            ax.vlines(low[chosen] + width / 2, 0, count[chosen], color=colour, linewidth=line, label=label)
    else:
        ax.bar(low[five], count[five], width, align="edge", color=theme.VERMILION, label=LEGEND[2])
    if "expected" in picture.columns:
        middle = low + width / 2
        expected, least, most = (
            np.asarray(picture.columns[name], dtype=np.float64) / unit
            for name in ("expected", "expected_low", "expected_high")
        )
        ax.fill_between(middle, least, most, color=theme.INK, alpha=0.22, linewidth=0)
        ax.plot(middle, expected, color=theme.INK, linewidth=0.6 * line, label=_expected(picture))


def _cut(ax: Axes, middle: np.ndarray, count: np.ndarray) -> None:
    """Room for the second highest class; the highest is written out where it does not fit."""
    highest = int(np.argmax(count))
    second = float(np.delete(count, highest).max(initial=0))
    if second <= 0 or count[highest] <= CUT * second:
        ax.set_ylim(0, max(1.0, 1.05 * count[highest]))
        return
    ax.set_ylim(0, 1.12 * second)
    left = middle[highest] > 50
    ax.annotate(
        f"{middle[highest] // 1:g} %: {count[highest]:,.0f} ↑",
        (middle[highest], 1.12 * second),
        xytext=(-4 if left else 4, -2),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top",
        fontsize=theme.SMALL,
    )


def panel(picture: Picture, ax: Axes) -> None:
    """One unit among many: percent of its own precincts, because units differ in size."""
    count = np.asarray(picture.columns["count"], dtype=np.float64)
    _teeth(picture, ax, count, max(1.0, count.sum()) / 100, 0.5)
    ax.set_xlim(0, 100.5)
    ax.set_xticks((0, 50, 100))
    top = float(picture.options["most"])
    ax.set_ylim(0, top)
    ax.locator_params(axis="y", nbins=3)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.3)
    # A class that the common axis cuts is marked at the top.
    over = np.flatnonzero(100 * count / max(1.0, count.sum()) > top)
    ax.plot(
        picture.columns["low"][over],
        np.full(len(over), top),
        "^",
        color=theme.INK,
        markersize=2.5,
        clip_on=False,
    )


def common(pictures: Sequence[Picture]) -> dict[str, float | str]:
    """One axis of percent for all units, cut where a few classes of a few units would flatten it."""
    highest = [100 * p.columns["count"].max() / max(1.0, p.columns["count"].sum()) for p in pictures]
    return {"most": 1.05 * float(np.quantile(highest, QUANTILE)), "ylabel": "% of the unit's precincts"}


def strip_height(pictures: Sequence[Picture], width: float) -> float:
    """Inches of the legend above the panels."""
    return legend.room(_labels(pictures[0]), width)


def strip(page: Figure, ax: Any, pictures: Sequence[Picture], top: float) -> None:
    """The legend of all panels."""
    legend.on_page(page, ax, _labels(pictures[0]), top)

"""Shares of digits as bars from zero, and below them their distance from what chance gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.plots import legend, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forensics.picture import Picture

COLUMNS = ("digit", "observed", "expected", "low", "high")
LEGEND = ("observed", "expected by chance, 95 %")
#: Height of a panel by its width.
ASPECT = 0.7


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return legend.room(LEGEND, width), 0.5, 0.7, 0.1


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 3.2


def draw(picture: Picture, ax: Axes) -> Axes:
    """Bars of ``observed``, a line of ``expected``, and whiskers from ``low`` to ``high``.

    Parameters
    ----------
    picture : Picture
        Columns ``digit`` (the classes), ``observed``, ``expected``, ``low``, ``high`` (shares);
        options ``xlabel``, ``ylabel``.
    ax : Axes
        Split in two: shares from zero above; below, observed minus expected in percentage points,
        because a difference that matters is too small to see beside a whole bar.
    """
    from mpl_toolkits.axes_grid1 import make_axes_locatable  # type: ignore[import-untyped]

    names = _names(picture)
    observed, expected, low, high = _shares(picture)
    at = np.arange(len(names))
    _bars(ax, picture, 9.0)
    ax.set_ylim(0, 1.08 * max(observed.max(), high.max()))
    ax.set_ylabel(f"{picture.options.get('ylabel', 'share')}, %", parse_math=False)
    legend.above(ax, LEGEND, pad=0.2)

    difference = make_axes_locatable(ax).append_axes("bottom", size="65%", pad=0.12, sharex=ax)
    difference.bar(
        at,
        high - low,
        bottom=low - expected,
        width=0.92,
        color=theme.PALE,
    )
    difference.bar(at, observed - expected, width=0.5, color=theme.BLUE)
    difference.margins(y=0.12)
    difference.axhline(0, color=theme.INK, linewidth=0.8)
    difference.set_ylabel("difference,\npoints")
    difference.set_xlabel(str(picture.options.get("xlabel", "digit")), parse_math=False)
    difference.set_xticks(at, names, parse_math=False)
    difference.locator_params(axis="y", nbins=5)
    ax.locator_params(axis="y", nbins=5)
    ax.tick_params(axis="x", length=0, labelbottom=False)
    ax.figure.align_ylabels([ax, difference])
    return ax


def _names(picture: Picture) -> list[str]:
    return [f"{name:g}" if isinstance(name, float) else str(name) for name in picture.columns["digit"]]


def _shares(picture: Picture) -> list[Any]:
    return [100 * np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[1:]]


def _bars(ax: Axes, picture: Picture, mark: float) -> None:
    observed, expected, low, high = _shares(picture)
    at = np.arange(len(observed))
    ax.bar(at, observed, width=0.72, color=theme.SKY, edgecolor=theme.BLUE, linewidth=0.6, label=LEGEND[0])
    ax.errorbar(
        at,
        expected,
        yerr=np.clip([expected - low, high - expected], 0, None),
        fmt="_",
        color=theme.INK,
        markersize=mark,
        elinewidth=1.0,
        capsize=2,
        label=LEGEND[1],
    )


def panel(picture: Picture, ax: Axes) -> None:
    """One unit among many: the bars without their differences."""
    _bars(ax, picture, 5.0)
    ax.set_xticks(np.arange(len(picture.columns["digit"])), _names(picture), parse_math=False)
    ax.set_ylim(0, float(picture.options["most"]))
    ax.locator_params(axis="y", nbins=3)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.3)


def common(pictures: Sequence[Picture]) -> dict[str, float | str]:
    """One axis of percent for all units."""
    highest = max(float(np.max([share.max() for share in _shares(picture)])) for picture in pictures)
    return {"most": 1.08 * highest, "ylabel": "share of counts, %"}


def strip_height(pictures: Sequence[Picture], width: float) -> float:
    """Inches of the legend above the panels."""
    return legend.room(LEGEND, width)


def strip(page: Figure, ax: Any, pictures: Sequence[Picture], top: float) -> None:
    """The legend of all panels."""
    legend.on_page(page, ax, LEGEND, top)

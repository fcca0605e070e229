"""Who nominated the members of commissions: a bar of blocs per group, with what is unknown and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.plots import legend, theme
from forensics.plots.lettering import width_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("group", "bloc", "share", "low", "high", "commissions")
#: Fill and hatching of each bloc: told apart by lightness, the palest hatched.
_FILLS = {
    "INC": (theme.VERMILION, ""),
    "SAT": ("#d98b5f", ""),
    "STATE": ("#8c6d5a", "//"),
    "OPP": (theme.BLUE, ""),
    "CIV": (theme.SKY, ""),
    "UNK": ("white", "...."),
}
_BOUNDS = "bounds of the aligned share"
#: Inches of a row with one line of text, and of each further line.
_ROW, _LINE = 0.34, 0.13


def _groups(picture: Picture) -> list[str]:
    return list(dict.fromkeys(str(group) for group in picture.columns["group"]))


def _labels(picture: Picture) -> list[str]:
    named = picture.columns["bloc_name"] if "bloc_name" in picture.columns else picture.columns["bloc"]
    return [*dict.fromkeys(str(name) for name in named), _BOUNDS]


def _name(group: str, width: float) -> str:
    return wrap(group, 0.26 * width, theme.SMALL)


def _n_room(picture: Picture) -> float:
    largest = int(np.nanmax(np.asarray(picture.columns["commissions"], dtype=np.float64), initial=0))
    return 0.14 + 1.05 * max(width_of(f"{largest:,}", theme.SMALL), width_of("n", theme.SMALL))


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above (the legend), below, left (the groups' names) and right (n) of the axes."""
    names = [_name(group, width).split("\n") for group in _groups(picture)]
    widest = max((width_of(line, theme.SMALL) for lines in names for line in lines), default=0.0)
    return legend.room(_labels(picture), width) + 0.18, 0.5, 0.15 + 1.05 * widest, _n_room(picture)


def height(picture: Picture, width: float) -> float:
    """Inches of the axes: by the lines of the groups' names."""
    return sum(_ROW + _LINE * _name(group, width).count("\n") for group in _groups(picture))


def least(picture: Picture, width: float) -> float:
    """Inches below which the names would run into each other."""
    return 0.8 * height(picture, width)


def draw(picture: Picture, ax: Axes) -> Axes:
    """A stacked bar per group, a line from the lower to the upper bound of the aligned share below it.

    Parameters
    ----------
    picture : Picture
        Columns ``group`` (text), ``bloc`` (INC, SAT, STATE, OPP, CIV, UNK), ``share`` (0 to 1, NaN
        where it is withheld), ``low`` and ``high`` (bounds of the group's aligned share, NaN where
        there are none), ``commissions``; optional ``bloc_name`` (as the legend says it). Options
        ``xlabel`` and ``withheld`` (what is written where a group is withheld).
    ax : Axes
    """
    width = float(ax.figure.get_figure(root=True).get_size_inches()[0])
    columns = picture.columns
    groups = _groups(picture)
    group, bloc = (np.asarray(columns[name]).astype(str) for name in ("group", "bloc"))
    share = 100 * np.asarray(columns["share"], dtype=np.float64)
    names = np.asarray(columns.get("bloc_name", columns["bloc"])).astype(str)
    for row, one in enumerate(groups):
        mine = np.flatnonzero(group == one)
        if not np.isfinite(share[mine]).all():
            withheld = str(picture.options.get("withheld", "withheld: too few commissions"))
            ax.annotate(withheld, (1, row), fontsize=theme.SMALL, color=theme.GREY, va="center")
            continue
        left = 0.0
        for i in mine:
            colour, hatch = _FILLS.get(bloc[i], ("white", "xx"))
            style: dict[str, Any] = {
                "facecolor": colour,
                "hatch": hatch,
                "edgecolor": theme.INK,
                "linewidth": 0.4,
            }
            ax.barh(row - 0.06, share[i], left=left, height=0.5, label=names[i], **style)
            left += share[i]
        low, high = (
            100 * float(np.asarray(columns[c], dtype=np.float64)[mine[0]]) for c in ("low", "high")
        )
        if np.isfinite(low) and np.isfinite(high):
            ax.plot([low, high], [row + 0.32] * 2, color=theme.INK, marker="|", markersize=5, label=_BOUNDS)
    ax.set_ylim(len(groups) - 0.45, -0.5)
    ax.set_xlim(0, 100)
    ax.set_yticks(
        range(len(groups)), [_name(one, width) for one in groups], fontsize=theme.SMALL, parse_math=False
    )
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(str(picture.options.get("xlabel", "share of voting members, %")), parse_math=False)
    _numbers(picture, ax, groups, group)
    if drawn := [label for label in _labels(picture) if label in ax.get_legend_handles_labels()[1]]:
        legend.above(ax, drawn, pad=1.4)
    return ax


def _numbers(picture: Picture, ax: Axes, groups: list[str], group: np.ndarray) -> None:
    """The number of commissions of each group, right of the axes."""
    number = np.asarray(picture.columns["commissions"], dtype=np.float64)
    rows: list[tuple[float | None, str]] = [(None, "n")]
    for row, one in enumerate(groups):
        n = number[np.flatnonzero(group == one)[0]]
        rows.append((row, f"{int(n):,}" if np.isfinite(n) else "–"))
    for at, text in rows:
        ax.annotate(
            text,
            (1, 1) if at is None else (1, at),
            xycoords="axes fraction" if at is None else ("axes fraction", "data"),
            xytext=(72 * (_n_room(picture) - 0.03), 3 if at is None else 0),
            textcoords="offset points",
            fontsize=theme.SMALL,
            color=theme.GREY,
            ha="right",
            va="bottom" if at is None else "center",
            annotation_clip=False,
        )

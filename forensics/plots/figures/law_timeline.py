"""Law, reported practice, dispute and measures, and phases that analysts see, along one axis of years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import width_of, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("lane", "label", "start", "end", "value", "low", "high")
#: Lanes from the top down.
LANES = (
    "spiral model", "norm life cycle", "promised", "law", "practice", "discourse", "contested", "answered",
    "measure",
)  # fmt: skip
#: Lanes that hold an analyst's annotation, lanes of single days with their marks, and shaded lanes.
_ANNOTATED = ("spiral model", "norm life cycle")
_POINTS = {
    "promised": ("^", theme.INK, "white"),
    "practice": ("D", theme.VERMILION, theme.VERMILION),
    "discourse": ("D", theme.VERMILION, "white"),
    "contested": ("s", theme.INK, theme.INK),
    "answered": ("o", theme.BLUE, "white"),
}
_SHADED = ("spiral model", "promised", "practice", "contested")
#: Inches of a row's first line and of each further one, between lanes, and of the lane of measures.
_FIRST, _FURTHER, _BETWEEN, _SCALE = 0.18, 0.12, 0.16, 1.1


def _rows(picture: Picture, lane: str) -> list[str]:
    lanes, labels = picture.columns["lane"], picture.columns["label"]
    return list(dict.fromkeys(str(b) for a, b in zip(lanes, labels, strict=True) if str(a) == lane))


def _name(label: str, width: float) -> str:
    return wrap(label, 0.3 * width, theme.SMALL)


def _high(label: str, width: float) -> float:
    return _FIRST + _FURTHER * _name(label, width).count("\n")


def _lane(picture: Picture, lane: str, width: float) -> float:
    rows = _rows(picture, lane)
    if not rows:
        return 0.0
    labels = sum(_high(label, width) for label in rows)
    return _BETWEEN + (max(_SCALE, labels) if lane == "measure" else labels)


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left (the rows' names) and right (the scale of the measures) of the axes."""
    names = [_name(label, width).split("\n") for lane in LANES for label in _rows(picture, lane)]
    widest = max((width_of(line, theme.SMALL) for lines in names for line in lines), default=0.0)
    return 0.14, 0.5, 0.2 + 1.05 * widest, 0.5 if _rows(picture, "measure") else 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes: by the rows of all lanes."""
    return sum(_lane(picture, lane, width) for lane in LANES)


def least(picture: Picture, width: float) -> float:
    """Inches below which the rows would run into each other."""
    return 0.9 * height(picture, width)


def draw(picture: Picture, ax: Axes) -> Axes:
    """Bars of rules from the day they began to hold, marks of reports, points of measures with bounds.

    Hatched bars are phases that an analyst annotated: nothing in them is measured.

    Parameters
    ----------
    picture : Picture
        Columns ``lane`` (one of ``LANES``), ``label``, ``start`` and ``end`` (years with
        decimals; NaN: open), ``value``, ``low``, ``high`` (shares from 0 to 1, of the lane of
        measures; NaN elsewhere). Options ``first`` and ``last`` (years of the axis), ``ylabel``.
    ax : Axes
    """
    width = float(ax.figure.get_figure(root=True).get_size_inches()[0])
    first, last = _years(picture)
    ticks: list[float] = []
    names: list[str] = []
    top = 0.0
    for lane in LANES:
        rows = _rows(picture, lane)
        if not rows:
            continue
        total = _lane(picture, lane, width)
        ax.axhspan(top, top + total, color="#f3f3f3" if lane in _SHADED else "white", linewidth=0, zorder=0)
        ax.annotate(
            lane, (1, top + 0.02), xycoords=("axes fraction", "data"), fontsize=theme.SMALL,
            color=theme.GREY, ha="right", va="top", style="italic", zorder=4,
        )  # fmt: skip
        at = top + _BETWEEN
        if lane == "measure":
            _measures(picture, ax, rows, (at, total - _BETWEEN), (first, last))
        for number, label in enumerate(rows):
            tall = _high(label, width)
            ticks.append(at + tall / 2)
            names.append(_name(label, width))
            if lane != "measure":
                _row(picture, ax, lane, label, at + tall / 2, (first, last))
            else:
                ax.plot(
                    [-0.012], [at + tall / 2], marker=_MARKS[number % len(_MARKS)], markersize=4,
                    color=theme.LINES[number % len(theme.LINES)][0], clip_on=False, linestyle="none",
                    transform=ax.get_yaxis_transform(),
                )  # fmt: skip
            at += tall
        top += total
    ax.set_ylim(top, 0)
    ax.set_xlim(first, last)
    ax.set_yticks(ticks, names, fontsize=theme.SMALL, parse_math=False, linespacing=1.0)
    ax.tick_params(axis="y", length=0, pad=8)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter(lambda year, _: f"{year:.0f}" if year == int(year) else "")
    ax.locator_params(axis="x", nbins=max(3, int(width * 1.2)), integer=True)
    return ax


#: Share of the axis between the marks of measures of one day.
_ASIDE = 0.008
_MARKS = ("o", "s", "^", "D", "v", "P")


def _years(picture: Picture) -> tuple[float, float]:
    days = np.concatenate([np.asarray(picture.columns[c], dtype=np.float64) for c in ("start", "end")])
    days = days[np.isfinite(days)]
    low, high = (float(days.min()), float(days.max())) if len(days) else (2000.0, 2001.0)
    room = 0.06 * max(high - low, 1.0)
    return float(picture.options.get("first", low - room)), float(picture.options.get("last", high + room))


def _of(picture: Picture, lane: str, label: str) -> np.ndarray:
    lanes, labels = (np.asarray(picture.columns[c]).astype(str) for c in ("lane", "label"))
    return np.flatnonzero((lanes == lane) & (labels == label))


def _row(picture: Picture, ax: Axes, lane: str, label: str, at: float, years: tuple[float, float]) -> None:
    start, end = (np.asarray(picture.columns[c], dtype=np.float64) for c in ("start", "end"))
    for i in _of(picture, lane, label):
        if lane in _POINTS:
            marker, edge, face = _POINTS[lane]
            ax.plot(
                [start[i]], [at], marker=marker, markersize=4, color=edge, markerfacecolor=face,
                linestyle="none",
            )  # fmt: skip
            continue
        begin = start[i] if np.isfinite(start[i]) else years[0]
        stop = end[i] if np.isfinite(end[i]) else years[1]
        if lane in _ANNOTATED and not np.isfinite(start[i]):
            continue  # a phase of the framework that the analyst did not see
        if lane in _ANNOTATED:
            ax.barh(
                at, stop - begin, left=begin, height=0.6 * _FIRST, facecolor="white", edgecolor=theme.GREY,
                hatch="//////", linewidth=0.6, zorder=2,
            )  # fmt: skip
            continue
        ax.plot([begin, stop], [at, at], color=theme.BLUE, linewidth=3.2, solid_capstyle="butt", zorder=2)
        if np.isfinite(start[i]):
            ax.plot([begin], [at], marker="|", markersize=7, color=theme.INK, zorder=3)


def _measures(
    picture: Picture, ax: Axes, rows: list[str], place: tuple[float, float], years: tuple[float, float]
) -> None:
    """Points with their bounds, 0 at the bottom of the lane and 100 % at its top."""
    start, value, low, high = (
        np.asarray(picture.columns[c], dtype=np.float64) for c in ("start", "value", "low", "high")
    )
    top, tall = place
    inner, bottom = 0.84 * tall, top + 0.92 * tall
    for share in (0.0, 0.5, 1.0):
        ax.axhline(bottom - share * inner, color=theme.PALE, linewidth=0.4, zorder=1)
        ax.annotate(
            f"{100 * share:.0f} %", (1, bottom - share * inner), xycoords=("axes fraction", "data"),
            xytext=(3, 0), textcoords="offset points", fontsize=theme.SMALL, color=theme.GREY, va="center",
            annotation_clip=False,
        )  # fmt: skip
    for number, label in enumerate(rows):
        colour, dashes = theme.LINES[number % len(theme.LINES)]
        mine = _of(picture, "measure", label)
        mine = mine[np.argsort(start[mine], kind="stable")]
        # Measures of one day stand side by side.
        aside = _ASIDE * (years[1] - years[0]) * (number - (len(rows) - 1) / 2)
        ax.vlines(
            start[mine] + aside,
            bottom - low[mine] * inner,
            bottom - high[mine] * inner,
            color=colour,
            linewidth=1.2,
        )
        known = mine[np.isfinite(value[mine])]
        ax.plot(
            start[known] + aside, bottom - value[known] * inner, color=colour, linestyle=dashes,
            linewidth=0.8, marker=_MARKS[number % len(_MARKS)], markersize=4,
        )  # fmt: skip

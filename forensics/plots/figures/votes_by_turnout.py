"""Votes by turnout of the precinct: the option under study against all others, and what these imply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.plots import legend, theme
from forensics.plots.lettering import whole_numbers, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forensics.picture import Picture

COLUMNS = ("turnout_bin", "leader", "others")
_FIXED = (*COLUMNS, "expected_leader")
#: Height of a panel by its width.
ASPECT = 0.75
#: Inches of the longest name in a legend.
LONGEST = 2.6


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.06 + legend.room(_labels(picture, width), width), 0.5, 0.95, 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 3.0


def draw(picture: Picture, ax: Axes) -> Axes:
    """Lines of votes by bin of turnout; where there is an expectation, the space above it is shaded.

    Parameters
    ----------
    picture : Picture
        Columns ``turnout_bin`` (lower edge, percent), ``leader``, ``others`` (ballots for nobody of
        the other columns) and, with them or without, ``expected_leader`` (others in proportion to
        the reference bin) and one column per further option, named as in the legend. Options
        ``leader_label``, ``others_label``, ``xlabel``, ``ylabel``, ``reference`` (bin, percent).
    ax : Axes
    """
    _lines(picture, ax, 1.0, 1.2)
    ax.set_xlim(0, 100)
    ax.set_ylim(bottom=0)
    ax.set_xticks(range(0, 101, 10 if ax.bbox.width > 200 else 25))
    ax.yaxis.set_major_formatter(whole_numbers())
    ax.locator_params(axis="y", nbins=6)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "turnout, %")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "votes per point of turnout")), parse_math=False)
    legend.above(ax, _labels(picture, _width(ax)))
    return ax


def _series(picture: Picture) -> list[tuple[str, str]]:
    """Column and label of each line, the option under study first."""
    further = [column for column in picture.columns if column not in _FIXED]
    pairs = [
        ("leader", str(picture.options.get("leader_label", "option under study"))),
        *((column, column) for column in further),
        ("others", str(picture.options.get("others_label", "all others"))),
    ]
    if "expected_leader" in picture.columns:
        pairs.append(("expected_leader", "others, in proportion to the reference bin"))
    return pairs


def _labels(picture: Picture, width: float) -> tuple[str, ...]:
    return tuple(_short(label, width) for _, label in _series(picture))


def _width(ax: Axes) -> float:
    return float(ax.figure.get_figure(root=True).get_size_inches()[0])


def _short(label: str, width: float) -> str:
    lines = wrap(label, min(LONGEST, width - 1.4), theme.SMALL).split("\n")
    return lines[0] if len(lines) == 1 else f"{lines[0]}…"


def _lines(picture: Picture, ax: Axes, unit: float, line: float) -> None:
    at = np.asarray(picture.columns["turnout_bin"], dtype=np.float64)
    middle = at + 0.5 * float(np.diff(at).min()) if len(at) > 1 else at
    if "reference" in picture.options:
        ax.axvline(float(picture.options["reference"]) + 0.5, color=theme.GREY, linewidth=0.6 * line)
    for place, (column, label) in enumerate(_series(picture)):
        votes = np.asarray(picture.columns[column], dtype=np.float64) / unit
        if column == "expected_leader":
            leader = np.asarray(picture.columns["leader"], dtype=np.float64) / unit
            ax.fill_between(middle, votes, leader, where=leader > votes, color=theme.PALE, linewidth=0)
        colour, dashes = theme.LINES[place % len(theme.LINES)]
        ax.plot(
            middle, votes, color=colour, linestyle=dashes, linewidth=line, label=_short(label, _width(ax))
        )


def panel(picture: Picture, ax: Axes) -> None:
    """One unit among many: percent of its own ballots, because units differ in size."""
    votes = [np.nansum(picture.columns[c]) for c, _ in _series(picture) if c != "expected_leader"]
    _lines(picture, ax, max(1.0, float(sum(votes))) / 100, 0.8)
    ax.set_xlim(0, 100)
    ax.set_xticks((0, 50, 100))
    ax.set_ylim(0, float(picture.options["most"]))
    ax.locator_params(axis="y", nbins=3)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.3)


def common(pictures: Sequence[Picture]) -> dict[str, float | str]:
    """One axis of percent for all units."""
    highest = []
    for picture in pictures:
        series = [np.asarray(picture.columns[c], np.float64) for c, _ in _series(picture)]
        total = sum(
            np.nansum(v)
            for (c, _), v in zip(_series(picture), series, strict=True)
            if c != "expected_leader"
        )
        highest.append(100 * max(float(np.nanmax(v)) for v in series) / max(1.0, float(total)))
    return {
        "most": 1.05 * float(np.quantile(highest, 0.95)),
        "ylabel": "% of the unit's ballots per point of turnout",
    }


def strip_height(pictures: Sequence[Picture], width: float) -> float:
    """Inches of the legend above the panels."""
    return legend.room(_labels(pictures[0], width), width)


def strip(page: Figure, ax: Any, pictures: Sequence[Picture], top: float) -> None:
    """The legend of all panels."""
    legend.on_page(page, ax, _labels(pictures[0], _width(ax)), top)

"""Distribution of the option's votes among registered voters, and the fitted model's."""

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

COLUMNS = ("share_bin", "observed", "model")
LEGEND = ("observed", "fitted model")
#: Height of a panel by its width.
ASPECT = 0.75


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.06 + legend.room(LEGEND, width), 0.5, 0.75, 0.15


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.6


def draw(picture: Picture, ax: Axes) -> Axes:
    """Filled steps of ``observed`` under a line of ``model``.

    Parameters
    ----------
    picture : Picture
        Columns ``share_bin`` (lower edge, percent), ``observed`` and ``model`` (precincts); options
        ``width`` (of a bin, percentage points), ``xlabel``, ``ylabel``.
    ax : Axes
    """
    _steps(picture, ax, 1.2)
    ax.set_xlim(0, 100)
    ax.set_ylim(bottom=0)
    ax.set_xticks(range(0, 101, 10 if ax.bbox.width > 200 else 25))
    ax.yaxis.set_major_formatter(whole_numbers())
    ax.locator_params(axis="y", nbins=6)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(picture.options.get("xlabel", "votes, % of registered voters")), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "precincts")), parse_math=False)
    legend.above(ax, LEGEND)
    return ax


def _steps(picture: Picture, ax: Axes, line: float, unit: float = 1.0) -> None:
    low, observed, model = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS)
    width = float(picture.options.get("width", np.diff(low).min() if len(low) > 1 else 1.0))
    ax.stairs(observed / unit, [*low, low[-1] + width], fill=True, color=theme.SKY, label=LEGEND[0])
    ax.plot(low + width / 2, model / unit, color=theme.INK, linewidth=line, label=LEGEND[1])


def panel(picture: Picture, ax: Axes) -> None:
    """One unit among many: percent of its own precincts, because units differ in size."""
    _steps(picture, ax, 0.8, max(1.0, float(np.sum(picture.columns["observed"]))) / 100)
    ax.set_xlim(0, 100)
    ax.set_xticks((0, 50, 100))
    ax.set_ylim(0, float(picture.options["most"]))
    ax.locator_params(axis="y", nbins=3)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.3)


def common(pictures: Sequence[Picture]) -> dict[str, float | str]:
    """One axis of percent for all units."""
    highest = [
        100 * float(p.columns["observed"].max()) / max(1.0, float(np.sum(p.columns["observed"])))
        for p in pictures
    ]
    return {"most": 1.05 * float(np.quantile(highest, 0.95)), "ylabel": "% of the unit's precincts"}


def strip_height(pictures: Sequence[Picture], width: float) -> float:
    """Inches of the legend above the panels."""
    return legend.room(LEGEND, width)


def strip(page: Figure, ax: Any, pictures: Sequence[Picture], top: float) -> None:
    """The legend of all panels."""
    legend.on_page(page, ax, LEGEND, top)

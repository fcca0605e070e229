"""Density of shares against the envelope of its resamples; what rises above it is set off."""

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

COLUMNS = ("share", "observed", "expected", "envelope", "flagged")
LEGEND = ("observed", "expected by chance", "upper envelope", "above the envelope")
#: Height of a panel by its width.
ASPECT = 0.75


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.06 + legend.room(LEGEND, width), 0.5, 0.75, 0.15


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 2.8


def draw(picture: Picture, ax: Axes) -> Axes:
    """Lines of the observed, expected and highest density by chance; flagged points marked.

    Parameters
    ----------
    picture : Picture
        Columns ``share`` (0 to 1), ``observed``, ``expected``, ``envelope`` (densities or counts)
        and ``flagged`` (1 where the observed one is above the envelope); options ``xlabel``,
        ``ylabel``.
    ax : Axes
    """
    _lines(picture, ax, 0.9)
    share = 100 * np.asarray(picture.columns["share"], dtype=np.float64)
    ax.set_xlim(max(0.0, share.min() - 1), min(100.5, share.max() + 1))
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(whole_numbers())
    ax.locator_params(axis="y", nbins=6)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(_percent(str(picture.options.get("xlabel", "share"))), parse_math=False)
    ax.set_ylabel(str(picture.options.get("ylabel", "density")), parse_math=False)
    legend.above(ax, LEGEND)
    return ax


def _percent(label: str) -> str:
    return label if "%" in label else f"{label}, %"


def _lines(picture: Picture, ax: Axes, line: float) -> None:
    share, observed, expected, envelope = (
        np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[:4]
    )
    share = 100 * share
    flagged = np.asarray(picture.columns["flagged"], dtype=bool)
    ax.fill_between(share, expected, envelope, color=theme.PALE, linewidth=0)
    ax.plot(share, envelope, color=theme.GREY, linewidth=line, linestyle=(0, (1, 1)), label=LEGEND[2])
    ax.plot(share, observed, color=theme.BLUE, linewidth=0.8 * line, label=LEGEND[0])
    ax.plot(share, expected, color=theme.INK, linewidth=0.8 * line, linestyle=(0, (4, 2)), label=LEGEND[1])
    ax.plot(
        share[flagged],
        observed[flagged],
        "o",
        color=theme.VERMILION,
        markersize=2.6 * line,
        label=LEGEND[3],
    )


def panel(picture: Picture, ax: Axes) -> None:
    """One unit among many, on the common axes."""
    _lines(picture, ax, 0.7)
    ax.set_xlim(0, 100.5)
    ax.set_xticks((0, 50, 100))
    ax.set_ylim(0, float(picture.options["most"]))
    ax.locator_params(axis="y", nbins=3)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.3)


def common(pictures: Sequence[Picture]) -> dict[str, float | str]:
    """One axis for all units."""
    highest = [max(float(p.columns[c].max()) for c in ("observed", "envelope")) for p in pictures]
    return {"most": 1.05 * float(np.quantile(highest, 0.95))}


def strip_height(pictures: Sequence[Picture], width: float) -> float:
    """Inches of the legend above the panels."""
    return legend.room(LEGEND, width)


def strip(page: Figure, ax: Any, pictures: Sequence[Picture], top: float) -> None:
    """The legend of all panels."""
    legend.on_page(page, ax, LEGEND, top)

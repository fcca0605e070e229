"""Votes beyond the reference, for every choice of the reference: no single number without its range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.plots import theme
from forensics.plots.lettering import whole_numbers, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("reference", "votes", "share_of_ballots")
#: Values beyond these quantiles of the sweep come from bins with next to no ballots; they are cut.
USUAL = (0.05, 0.95)
#: The axis reaches this many times as far from zero as the range in use.
FARTHEST = 1.5


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.16, 0.5, 1.1, 0.65


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 3.0


def draw(picture: Picture, ax: Axes) -> Axes:
    """Votes by reference bin, on the right the same as percent of all ballots; the range in use shaded.

    Parameters
    ----------
    picture : Picture
        Columns ``reference`` (lower edge of the bin of turnout, percent), ``votes`` (beyond it) and
        ``share_of_ballots`` (the same by all ballots, 0 to 1); options ``reference`` (the bin in
        use, percent), ``range_bins`` (bins on either side of it that make its range), ``xlabel``,
        ``ylabel``.
    ax : Axes
    """
    options = picture.options
    reference, votes, share = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS)
    ax.axhline(0, color=theme.INK, linewidth=0.8)
    usual = votes
    room = 0.9 * ax.bbox.width / ax.figure.dpi
    if "reference" in options:
        chosen, reach = float(options["reference"]), float(options.get("range_bins", 0))
        inside = np.abs(reference - chosen) <= reach
        ax.axvspan(chosen - reach - 0.5, chosen + reach + 0.5, color=theme.PALE, linewidth=0, zorder=0)
        at = int(np.argmin(np.abs(reference - chosen)))
        ax.plot(reference[at], votes[at], "D", color=theme.VERMILION, markersize=5, zorder=3)
        text = f"{votes[at]:,.0f} at {chosen:g} %"
        if inside.any():
            text += f"\n{votes[inside].min():,.0f} to {votes[inside].max():,.0f} in the shaded range"
            usual = votes[inside]
        ax.annotate(
            "\n".join(wrap(line, room, theme.SMALL) for line in text.split("\n")),
            (0.985, 0.97),
            xycoords="axes fraction",
            ha="right",
            va="top",
            fontsize=theme.SMALL,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
        )
    ax.plot(reference, votes, color=theme.BLUE, linewidth=1.1, marker="o", markersize=2.2)
    ends = np.quantile(votes, USUAL)
    # References far from the one in use may give many times more, or less than nothing.
    reach = FARTHEST * float(np.abs(usual).max(initial=1.0))
    low, high = min(0.0, max(ends[0], -reach)), max(0.0, min(ends[1], reach), usual.max())
    span = (high - low) or 1.0
    ax.set_ylim(low - 0.06 * span, high + 0.22 * span)
    hidden = int(np.count_nonzero((votes < low - 0.06 * span) | (votes > high + 0.22 * span)))
    if hidden:
        ax.annotate(
            wrap(f"{hidden:,} of {len(votes):,} references lie beyond this axis", room, theme.SMALL),
            (0.015, 0.03),
            xycoords="axes fraction",
            fontsize=theme.SMALL,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
        )
    ax.set_xlim(reference.min() - 1, reference.max() + 1)
    ax.yaxis.set_major_formatter(whole_numbers())
    ax.locator_params(axis="y", nbins=6)
    ax.grid(axis="y", color=theme.PALE, linewidth=0.4)
    ax.set_xlabel(str(options.get("xlabel", "reference bin: turnout, %")), parse_math=False)
    ax.set_ylabel(str(options.get("ylabel", "votes beyond the reference")), parse_math=False)
    ballots = float(np.max(np.abs(votes))) / max(float(np.max(np.abs(share))), 1e-12)

    def to_percent(value: Any) -> Any:
        return 100 * value / ballots

    def from_percent(value: Any) -> Any:
        return value * ballots / 100

    right = ax.secondary_yaxis("right", functions=(to_percent, from_percent))
    right.set_ylabel("% of all ballots")
    right.spines["right"].set_visible(False)
    return ax

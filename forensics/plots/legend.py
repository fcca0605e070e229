"""Legends above an axes, in as many rows as their entries need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forensics.plots import theme
from forensics.plots.lettering import legend_shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Inches of a page's width that no legend takes: the labels to the left of the axes.
BESIDE = 0.9
#: Inches of a row.
ROW = 0.16


def room(labels: Sequence[str], width: float) -> float:
    """Inches that a legend takes above the axes of a page of this width."""
    rows, _ = legend_shape(labels, width - BESIDE, theme.SMALL)
    return 0.14 + ROW * rows


def above(ax: Axes, labels: Sequence[str], pad: float = 0.5) -> None:
    """Put the legend of what is labelled above the axes, in the order of ``labels``."""
    page = ax.figure.get_figure(root=True)
    _, columns = legend_shape(labels, float(page.get_size_inches()[0]) - BESIDE, theme.SMALL)
    found = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    place(ax, [found[label] for label in labels], labels, columns, pad)


def place(ax: Axes, handles: Sequence[Any], labels: Sequence[str], columns: int, pad: float) -> None:
    """A legend of so many columns above the axes."""
    ax.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        borderaxespad=pad,
        borderpad=0.1,
        handlelength=2.0,
    )


def on_page(page: Figure, ax: Axes, labels: Sequence[str], top: float) -> None:
    """The legend of one of many panels, above all of them, its upper edge at ``top`` of the page."""
    width = float(page.get_size_inches()[0])
    _, columns = legend_shape(labels, width - BESIDE, theme.SMALL)
    found = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    page.legend(
        [found[label] for label in labels],
        labels,
        loc="upper left",
        bbox_to_anchor=(0.1 / width, top),
        ncols=columns,
        borderaxespad=0.2,
        borderpad=0.1,
        handlelength=2.0,
    )

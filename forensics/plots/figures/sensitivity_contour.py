"""A coefficient beside confounders of every strength (after Cinelli and Hazlett 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("with_exposure", "with_outcome", "coefficient", "label")
#: Label of the points that the contours are drawn through.
GRID = "grid"
LEVELS = 7
#: Share of the width from which a label stands to the left of its point.
_RIGHT = 0.6
#: Points between a mark and its label, from label to label, and a label's length.
_ABOVE, _LINE, _LONG = 5.0, 9.0, 150.0


def margins(picture: Picture, width: float) -> tuple[float, float, float, float]:
    """Inches above, below, left and right of the axes."""
    return 0.14, 0.5, 0.65, 0.2


def height(picture: Picture, width: float) -> float:
    """Inches of the axes."""
    return 0.55 * width


def draw(picture: Picture, ax: Axes) -> Axes:
    """Contours of the coefficient, the line where it is gone, and confounders as strong as a covariate.

    Parameters
    ----------
    picture : Picture
        Columns ``with_exposure`` and ``with_outcome`` (partial R² of a confounder), ``coefficient``
        (beside it) and ``label`` (``grid``, or the covariate it is as strong as);
        options ``coefficient`` (as estimated) and ``unit``.
    ax : Axes
    """
    from matplotlib.ticker import MaxNLocator

    exposure, outcome, b = (np.asarray(picture.columns[name], dtype=np.float64) for name in COLUMNS[:3])
    label = np.array([str(value) for value in picture.columns["label"]])
    grid = label == GRID
    side = len(np.unique(exposure[grid]))
    x, y, z = (100 * exposure[grid], 100 * outcome[grid], b[grid])
    shape = (-1, side)
    x, y, z = x.reshape(shape), y.reshape(shape), z.reshape(shape)
    estimate = float(picture.options.get("coefficient", 0.0))
    levels = MaxNLocator(LEVELS).tick_values(z.min(), z.max())
    other = levels[(np.abs(levels) > 1e-12) & (levels > z.min()) & (levels < z.max())]
    lines = ax.contour(x, y, z, levels=other, colors=theme.GREY, linewidths=0.6, linestyles="solid")
    ax.clabel(lines, fmt=lambda value: f"{value:+.3g}", fontsize=theme.SMALL, colors=theme.INK)
    if z.min() < 0 < z.max():
        gone = ax.contour(x, y, z, levels=[0.0], colors=theme.VERMILION, linewidths=1.4)
        ax.clabel(gone, fmt=lambda value: "0", fontsize=theme.NORMAL)
    unit = str(picture.options.get("unit", ""))
    ax.plot(0, 0, "o", color=theme.INK, markersize=4, clip_on=False)
    ax.plot(100 * exposure[~grid], 100 * outcome[~grid], "D", color=theme.BLUE, markersize=4, clip_on=False)
    names = [
        f"{name.replace('_', ' ')}: {value:+.3g}"
        for name, value in zip(label[~grid], b[~grid], strict=True)
    ]
    texts = [f"estimate {estimate:+.3g} {unit}".rstrip(), *names]
    places = np.column_stack([np.append(0.0, exposure[~grid]), np.append(0.0, outcome[~grid])])
    far = np.array([x.max(), y.max()]) / 100
    # The lowest first, so that the label of one that is close goes above it.
    order = np.argsort(places[:, 1], kind="stable")
    for i, rise in zip(order, _rises(ax, places[order] / far), strict=True):
        right = bool(places[i, 0] > _RIGHT * far[0])
        ax.annotate(
            texts[i],
            (100 * places[i, 0], 100 * places[i, 1]),
            xytext=(-7 if right else 7, rise),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=theme.SMALL,
            parse_math=False,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
        )
    ax.set_xlim(0, float(x.max()))
    ax.set_ylim(0, float(y.max()))
    ax.set_xlabel("of what is left of composition, the confounder explains, %", parse_math=False)
    ax.set_ylabel("of what is left of the outcome, %", parse_math=False)
    return ax


def _rises(ax: Axes, places: np.ndarray) -> list[float]:
    """Points that each label stands above its mark, so that none lies on another.

    ``places`` are shares of the axes, from the lowest mark up.
    """
    size = np.array([ax.bbox.width, ax.bbox.height]) * 72 / ax.figure.dpi
    taken: list[tuple[bool, float, float]] = []
    rises = []
    for share_x, share_y in places:
        right, at, rise = bool(share_x > _RIGHT), share_x * size[0], _ABOVE
        while any(
            right == side and abs(at - other) < _LONG and abs(share_y * size[1] + rise - high) < _LINE
            for side, other, high in taken
        ):
            rise += _LINE / 3
        taken.append((right, at, share_y * size[1] + rise))
        rises.append(rise)
    return rises

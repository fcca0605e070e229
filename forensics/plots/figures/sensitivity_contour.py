"""A coefficient beside confounders of every strength (after Cinelli and Hazlett 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.plots import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture

COLUMNS = ("with_exposure", "with_outcome", "coefficient", "label")
FEW_COLOURS = True
#: Label of the points that the contours are drawn through.
GRID = "grid"
LEVELS = 7


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
    ax.plot(0, 0, "o", color=theme.INK, markersize=4, clip_on=False)
    unit = str(picture.options.get("unit", ""))
    ax.annotate(
        f"estimate {estimate:+.3g} {unit}".rstrip(),
        (0, 0),
        xytext=(6, 5),
        textcoords="offset points",
        fontsize=theme.SMALL,
        parse_math=False,
    )
    for at_x, at_y, value, name in zip(
        100 * exposure[~grid], 100 * outcome[~grid], b[~grid], label[~grid], strict=True
    ):
        ax.plot(at_x, at_y, "D", color=theme.BLUE, markersize=4, clip_on=False)
        right = at_x > 0.6 * x.max()
        ax.annotate(
            f"{name.replace('_', ' ')}: {value:+.3g}",
            (at_x, at_y),
            xytext=(-7 if right else 7, 6),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=theme.SMALL,
            parse_math=False,
        )
    ax.set_xlim(0, float(x.max()))
    ax.set_ylim(0, float(y.max()))
    ax.set_xlabel("of what is left of composition, the confounder explains, %", parse_math=False)
    ax.set_ylabel("of what is left of the outcome, %", parse_math=False)
    return ax

"""Where on a figure's page its marks lie, so that a page can tell which of them was pointed at."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.picture import Picture
from forensics.plots import theme
from forensics.plots.page import page_of


@dataclass(frozen=True, slots=True)
class Place:
    """The axes on the page: parts of its width and height from the top left, and what they span.

    ``x`` and ``y`` are the values at left and right, and at bottom and top.
    """

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]


def place_of(picture: Picture, *, language: str = "en") -> Place:
    """Where the marks of a picture lie on the page that :func:`forensics.plots.drawing.images` makes.

    Axes that share the horizontal one, as bars and their differences do, are one place; its ``y`` is
    then that of the highest.
    """
    with theme.style():
        page, drawn = page_of(picture, None, language)
        # Only a drawing settles what divided axes and equal aspects leave to each.
        page.draw_without_rendering()
        shared = drawn.get_shared_x_axes().get_siblings(drawn)
        boxes = [ax.get_window_extent().transformed(page.transFigure.inverted()) for ax in shared]
        left, right = min(box.x0 for box in boxes), max(box.x1 for box in boxes)
        low, high = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
        return Place(
            left=float(left),
            top=float(1 - high),
            width=float(right - left),
            height=float(high - low),
            x=tuple(float(end) for end in drawn.get_xlim()),  # type: ignore[arg-type]
            y=tuple(float(end) for end in drawn.get_ylim()),  # type: ignore[arg-type]
        )

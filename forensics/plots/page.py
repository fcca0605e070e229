"""A page: the title above, the caption below, and the axes between them, each with the room it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forensics.errors import ConfigError
from forensics.picture import Picture
from forensics.plots import theme
from forensics.plots.labels import resolved, speak
from forensics.plots.lettering import wrap
from forensics.plots.registry import drawing_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Inches: below this the labels no longer fit.
SMALLEST = (2.8, 2.4)
#: Inches: an axes is at least this high; a page whose caption leaves less room grows.
LOWEST = 1.6
#: Inches: around the text, and of a line per point of lettering.
EDGE, LINE = 0.1, 1.3 / 72
#: Centimetres in an inch.
CM = 2.54


class Frame:
    """Title and caption of a page of some width: their lines, and the inches that they take."""

    def __init__(self, title: str, caption: str, width: float) -> None:
        room = 0.97 * (width - 2 * EDGE)
        self.width = width
        self.title = wrap(title, room, theme.LARGE, "bold")
        self.caption = wrap(caption, room, theme.SMALL)
        self.head = EDGE + (self.title.count("\n") + 1) * theme.LARGE * LINE
        self.foot = EDGE + (self.caption.count("\n") + 1) * theme.SMALL * LINE

    def write(self, page: Figure) -> None:
        """Set title and caption on a page."""
        height = page.get_size_inches()[1]
        left = EDGE / self.width
        page.text(
            left,
            1 - EDGE / height,
            self.title,
            fontsize=theme.LARGE,
            fontweight="bold",
            va="top",
            ha="left",
        )
        page.text(
            left,
            EDGE / height,
            self.caption,
            fontsize=theme.SMALL,
            va="bottom",
            ha="left",
            linespacing=1.2,
        )


def check_size(size: tuple[float, float]) -> None:
    """Refuse a page, in inches, on which no label fits."""
    if size[0] < SMALLEST[0] or size[1] < SMALLEST[1]:
        raise ConfigError(
            f"a figure of {size[0] * CM:.3g} x {size[1] * CM:.3g} cm has no room for its labels; "
            f"the smallest is {SMALLEST[0] * CM:.2g} x {SMALLEST[1] * CM:.2g} cm"
        )


def page_of(
    picture: Picture, size: tuple[float, float] | None, language: str, *, exact: bool = False
) -> tuple[Figure, Axes]:
    """A figure with the title above the axes and the caption below.

    Parameters
    ----------
    size : (width, height), optional
        Inches; by default the width of an A4 text and the height that the figure needs.
    exact : bool
        Whether a page that is too low for its caption is refused instead of made higher.
    """
    picture = resolved(picture, language)
    if size:
        check_size(size)
    width = size[0] if size else theme.WIDTH
    frame = Frame(picture.title.text(language), picture.legend(language), width)
    page, drawn, needed = _drawn(picture, size, language, exact, frame, 0.0)
    if needed:
        # Words of another language are longer, and a legend of more rows needs more room.
        page, drawn, _ = _drawn(picture, size, language, exact, frame, needed)
    return page, drawn


def _drawn(
    picture: Picture,
    size: tuple[float, float] | None,
    language: str,
    exact: bool,
    frame: Frame,
    more: float,
) -> tuple[Figure, Axes, float]:
    """The page with so many inches more above its axes, and the inches that are still missing."""
    from matplotlib.figure import Figure

    module = drawing_of(picture)
    width = frame.width
    above, below, left, right = module.margins(picture, width)
    above += more
    rest = frame.head + frame.foot + above + below
    # Some figures hold a line of text per row and cannot be lower than that.
    least = getattr(module, "least", lambda *_: LOWEST)(picture, width)
    if size and exact and size[1] < rest + least - 1e-9:
        raise ConfigError(
            f"{picture.figure} with its caption needs {rest + least:.1f} inches "
            f"({(rest + least) * CM + 0.05:.1f} cm) of height at a width of {width * CM:.3g} cm, and "
            f"{size[1] * CM:.3g} cm were given"
        )
    height = max(size[1], rest + least) if size else rest + module.height(picture, width)

    page = Figure(figsize=(width, height))
    ax = page.add_axes(
        (
            left / width,
            (frame.foot + below) / height,
            (width - left - right) / width,
            (height - rest) / height,
        )
    )
    drawn = module.draw(picture, ax)
    needed = speak(page, page.axes, language)
    for each in page.axes:
        fit_label(each.xaxis.label, width - left - right)
        fit_label(each.yaxis.label, height - rest)
        for axis in (each.xaxis, each.yaxis):
            if not axis.label.get_text():
                # Nothing to place: else every number and name beside the axis is measured once more.
                axis.set_label_coords(0, 0)
    frame.write(page)
    return page, drawn, needed


def fit_label(label: Any, length: float) -> None:
    """Break an axis label that is longer than its axis."""
    if "\n" not in label.get_text():
        label.set_text(wrap(label.get_text(), length, theme.NORMAL))

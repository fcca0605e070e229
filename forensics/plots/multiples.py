"""Small multiples: a panel per unit on common axes, with name and n, on one tall page or on several."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forensics.errors import ConfigError
from forensics.picture import Picture, Sheet
from forensics.plots import theme
from forensics.plots.labels import resolved, speak, word
from forensics.plots.lettering import wrap
from forensics.plots.page import CM, EDGE, LINE, Frame, check_size
from forensics.plots.registry import drawing_of, figure_names, find_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Points: names of the panels, numbers of their axes.
NAME, TICK = 6.5, 6.0
#: Inches: what a panel is at least as wide as, and pages of a PDF are as high as.
NARROW, PAGE_HEIGHT = 0.84, 9.4
#: Inches between panels, and beside and below all of them for the labels of the common axes.
GAP, LEFT, BELOW, ROOM = 0.1, 0.52, 0.4, 0.08
#: Most lines of a panel's name; a longer one is cut with an ellipsis.
MOST_LINES = 5


def pages_of(sheet: Sheet, size: tuple[float, float] | None, language: str, *, paged: bool) -> list[Figure]:
    """The pages of a sheet: one as high as it needs, or several of the height of a page.

    Raises
    ------
    ConfigError
        If the figure is not drawn as small multiples, or not one row of panels fits on a page.
    """
    module: Any = find_figure(sheet.figure)
    if not hasattr(module, "panel"):
        raise ConfigError(
            f"{sheet.figure} is not drawn by unit; figures that are: {', '.join(with_panels())}"
        )
    if size:
        check_size(size)
    width = size[0] if size else theme.WIDTH
    frame = Frame(sheet.title.text(language), sheet.legend(language), width)
    shared = module.common(sheet.pictures)
    drawn = [resolved(p, language) for p in sheet.pictures]
    pictures = [dataclasses.replace(p, options={**p.options, **shared}) for p in drawn]

    columns = _columns(len(pictures), width)
    side = (width - LEFT - ROOM - GAP * (columns - 1)) / columns
    rows = _rows(sheet, columns, side)
    high = side * float(getattr(module, "ASPECT", 0.75))
    strip = float(module.strip_height(pictures, width))
    rest = frame.head + frame.foot + strip + BELOW
    heights = [lines * NAME * LINE + 0.06 + high for _, lines in rows]

    limit = size[1] if size else PAGE_HEIGHT
    if paged and rest + max(heights) > limit:
        raise ConfigError(
            f"a row of {sheet.figure} panels with its caption needs "
            f"{(rest + max(heights)) * CM + 0.05:.1f} cm of height, and {limit * CM:.3g} cm were given"
        )
    pages = []
    for part in _parts(heights, limit - rest if paged else None):
        height = rest + sum(heights[i] for i in part) + GAP * (len(part) - 1)
        pages.append(
            _page(
                [rows[i] for i in part],
                sheet,
                pictures,
                (width, height),
                frame,
                strip,
                side,
                high,
                language,
            )
        )
    return pages


def with_panels() -> list[str]:
    """Names of the figures that small multiples are drawn of."""
    return [name for name in figure_names() if hasattr(find_figure(name), "panel")]


def _columns(panels: int, width: float) -> int:
    """Few panels are large, many are as narrow as can be read."""
    most = int((width - LEFT - ROOM + GAP) / (NARROW + GAP))
    comfortable = 2 if panels <= 2 else 3 if panels <= 9 else 4 if panels <= 16 else most
    return max(1, min(comfortable, most, panels))


def _rows(sheet: Sheet, columns: int, side: float) -> list[tuple[list[tuple[int, str]], int]]:
    """Panels of each row with their wrapped names, and the lines that the longest of them takes."""
    names = []
    for unit, n in zip(sheet.units, sheet.n, strict=True):
        lines = wrap(unit, side, NAME).split("\n")
        if len(lines) > MOST_LINES - 1:
            lines = [*lines[: MOST_LINES - 2], f"{lines[MOST_LINES - 2][:-1]}…"]
        names.append("\n".join([*lines, f"n {n:,}"]))
    found = []
    for start in range(0, len(names), columns):
        row = [(i, names[i]) for i in range(start, min(start + columns, len(names)))]
        found.append((row, max(name.count("\n") + 1 for _, name in row)))
    return found


def _parts(heights: Sequence[float], room: float | None) -> list[list[int]]:
    """Rows of each page."""
    pages: list[list[int]] = [[]]
    used = 0.0
    for i, height in enumerate(heights):
        if room is not None and pages[-1] and used + height > room + 1e-9:
            pages.append([])
            used = 0.0
        pages[-1].append(i)
        used += height + GAP
    return pages


def _page(
    rows: Sequence[tuple[list[tuple[int, str]], int]],
    sheet: Sheet,
    pictures: Sequence[Picture],
    size: tuple[float, float],
    frame: Frame,
    strip: float,
    side: float,
    high: float,
    language: str,
) -> Figure:
    from matplotlib.figure import Figure

    width, height = size
    page = Figure(figsize=size)
    module: Any = drawing_of(pictures[0])
    top = height - frame.head - strip
    ax: Any = None
    for at, (row, lines) in enumerate(rows):
        top -= lines * NAME * LINE + 0.06
        following = rows[at + 1][0] if at + 1 < len(rows) else []
        for column, (index, name) in enumerate(row):
            left = LEFT + column * (side + GAP)
            ax = page.add_axes(
                (left / width, (top - high) / height, side / width, high / height),
            )
            module.panel(pictures[index], ax)
            ax.tick_params(labelsize=TICK, length=2, pad=1.5)
            # Numbers at the outer panels only: all axes are the same.
            ax.tick_params(labelleft=column == 0, labelbottom=column >= len(following))
            if ax.get_xticklabels():
                # The outermost numbers of neighbouring panels would run into each other.
                ax.get_xticklabels()[0].set_horizontalalignment("left")
                ax.get_xticklabels()[-1].set_horizontalalignment("right")
            ax.set_xlabel("")
            ax.set_ylabel("")
            page.text(
                left / width,
                (top + 0.04) / height,
                name,
                fontsize=NAME,
                va="bottom",
                ha="left",
                linespacing=1.15,
            )
        top -= high + GAP
    middle = (frame.foot + (height - frame.head - strip)) / 2 / height
    for text, place, turned in (
        (pictures[0].options.get("xlabel", ""), (0.5, (frame.foot + EDGE / 2) / height), 0),
        (pictures[0].options.get("ylabel", ""), (EDGE / width, middle), 90),
    ):
        length = 0.9 * (height - frame.foot - frame.head if turned else width)
        page.text(
            *place,
            wrap(word(str(text), language), length, theme.NORMAL),
            fontsize=theme.NORMAL,
            rotation=turned,
            ha="left" if turned else "center",
            va="center" if turned else "bottom",
        )
    if strip:
        module.strip(page, ax, pictures, (height - frame.head) / height)
    speak(page, page.axes, language)
    frame.write(page)
    return page

"""From a picture to an axes, to a page with its caption, and to files with the data beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from forensics.errors import ConfigError, meant
from forensics.picture import Picture, Sheet, csv_text
from forensics.plots import theme
from forensics.plots.compact import compact
from forensics.plots.greys import remove_colour
from forensics.plots.labels import resolved, speak
from forensics.plots.lettering import wrap
from forensics.plots.multiples import pages_of
from forensics.plots.page import page_of
from forensics.plots.raster import png
from forensics.plots.registry import drawing_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
# No dates and no versions: the same picture gives the same bytes.
METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def draw(picture: Picture, ax: Axes | None = None, *, language: str = "en") -> Axes:
    """Draw a picture into an axes, or onto a new page with its caption.

    Parameters
    ----------
    picture : Picture
        What to draw; ``picture.figure`` names the figure.
    ax : matplotlib Axes, optional
        Drawn into as it is, in the caller's own style, with the title but without the caption; by
        default a new page with both.
    language : str
        Of every text and number.

    Returns
    -------
    matplotlib Axes
        The axes drawn into; its page is ``ax.figure``.

    Raises
    ------
    ConfigError
        If no figure has the picture's name, or the picture lacks a column.
    """
    if ax is None:
        with theme.style():
            return page_of(picture, None, language)[1]
    page = ax.figure.get_figure(root=True)
    there = set(page.axes)
    drawn = drawing_of(picture).draw(resolved(picture, language), ax)
    # Not the caller's other axes.
    speak(page, [ax, *(each for each in page.axes if each not in there)], language)
    title = picture.title.text(language)
    width = page.get_size_inches()[0] * ax.get_position().width
    drawn.set_title(
        wrap(title, width, theme.LARGE), loc="left", fontsize=theme.LARGE, pad=18, parse_math=False
    )
    return cast("Axes", drawn)


def draw_as(figure: str, picture: Picture, ax: Axes | None = None, *, language: str = "en") -> Axes:
    """:func:`draw` by a figure of the caller's choice, whatever the picture names.

    Parameters
    ----------
    figure : str
        One of :func:`figure_names`.
    picture : Picture
        What to draw; it has the columns that the figure needs.
    ax : matplotlib Axes, optional
        Drawn into as it is, with the title; by default a new page with title and caption.
    language : str
        Of every text and number.

    Returns
    -------
    matplotlib Axes
        The axes drawn into; its page is ``ax.figure``.

    Raises
    ------
    ConfigError
        If there is no such figure, or the picture lacks a column that it draws.
    """
    return draw(dataclasses.replace(picture, figure=figure), ax, language=language)


def images(
    picture: Picture | Sheet,
    formats: Sequence[str] = ("svg", "png"),
    *,
    size: tuple[float, float] | None = None,
    dpi: float = theme.DPI,
    language: str = "en",
    style: str = "print",
    exact: bool = False,
    letters: str = "paths",
) -> dict[str, bytes]:
    """The picture's page as the bytes of files, by format.

    Parameters
    ----------
    picture : Picture or Sheet
        A sheet is one tall page as PNG and SVG, and as many pages as it needs as PDF.
    formats : sequence of {"svg", "png", "pdf"}
    size : (width, height), optional
        Inches, caption included; by default the width of an A4 text and the height the figure needs.
    dpi : float
        Of the PNG, and of what is a raster within an SVG or PDF.
    style : {"print", "screen", "grey"}
        ``screen``: larger letters in a PNG; ``grey``: no colour.
    exact : bool
        Whether a height that leaves no room for the axes is refused instead of enlarged.
    letters : {"paths", "text"}
        Of an SVG: outlines, or text in the reader's own font of the same widths.

    Raises
    ------
    ConfigError
        If a format or style is unknown or the size is too small for labels.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise ConfigError(
            f"{unknown[0]!r} is no format of a figure{meant(unknown[0], FORMATS)}; the formats are "
            f"{', '.join(FORMATS)}"
        )
    if style not in theme.STYLES:
        raise ConfigError(
            f"{style!r} is no style{meant(style, theme.STYLES)}; the styles are {', '.join(theme.STYLES)}"
        )
    files = {}
    drawn: dict[tuple[float, bool], list[Figure]] = {}
    with theme.style(letters):
        for name in formats:
            zoom = theme.ZOOM if style == "screen" and name == "png" else 1.0
            paged = isinstance(picture, Sheet) and name == "pdf"
            if (zoom, paged) not in drawn:
                asked = (size[0] / zoom, size[1] / zoom) if size else None
                drawn[zoom, paged] = _pages(picture, asked, language, paged, exact, style)
            content = _bytes(drawn[zoom, paged], name, dpi * zoom)
            if name == "svg" and letters == "text":
                content = compact(content)
            files[name] = content
    return files


def _pages(
    picture: Picture | Sheet,
    size: tuple[float, float] | None,
    language: str,
    paged: bool,
    exact: bool,
    style: str,
) -> list[Figure]:
    if isinstance(picture, Sheet):
        pages = pages_of(picture, size, language, paged=paged)
    else:
        pages = [page_of(picture, size, language, exact=exact)[0]]
    if style == "grey":
        for page in pages:
            remove_colour(page)
    return pages


def _bytes(pages: Sequence[Figure], name: str, dpi: float) -> bytes:
    if name == "png":
        return png(pages[0], dpi)
    file = BytesIO()
    if name == "pdf":
        from matplotlib.backends.backend_pdf import PdfPages

        with PdfPages(file, metadata=METADATA[name]) as book:
            for page in pages:
                book.savefig(page, dpi=dpi)
    else:
        pages[0].savefig(file, format=name, dpi=dpi, metadata=METADATA[name])
    return file.getvalue()


def table(picture: Picture | Sheet) -> str:
    """The CSV beside a figure: exactly what it draws."""
    return csv_text(picture.to_frame())


def save(
    picture: Picture | Sheet,
    folder: str | Path,
    formats: Sequence[str] = ("svg", "png"),
    *,
    size: tuple[float, float] | None = None,
    dpi: float = theme.DPI,
    language: str = "en",
    style: str = "print",
) -> tuple[Path, ...]:
    """Write ``<name>.<format>`` for each format, and ``<name>.csv``; the same picture, the same bytes.

    Parameters are those of :func:`images`. Returns the paths written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    contents = images(picture, formats, size=size, dpi=dpi, language=language, style=style)
    contents["csv"] = table(picture).encode()
    paths = []
    for suffix, content in contents.items():
        path = folder / f"{picture.name}.{suffix}"
        path.write_bytes(content)
        paths.append(path)
    return tuple(paths)

"""From a picture to an axes, to a page with its caption, and to files with the data beside them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from forensics.errors import ConfigError
from forensics.picture import Picture
from forensics.plots import theme
from forensics.plots.lettering import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
#: Inches: below this the labels no longer fit.
SMALLEST = (2.8, 2.4)
#: Inches: an axes is at least this high; a page whose caption leaves less room grows.
LOWEST = 1.6
_NOT_FIGURES = ("drawing", "lettering", "theme")
# No dates and no versions: the same picture gives the same bytes.
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def figures() -> tuple[str, ...]:
    """Names of the figures there are: the modules of this folder that draw one."""
    package = importlib.import_module("forensics.plots")
    return tuple(
        module.name for module in pkgutil.iter_modules(package.__path__) if module.name not in _NOT_FIGURES
    )


def draw(picture: Picture, ax: Axes | None = None, *, language: str = "en") -> Axes:
    """Draw a picture into an axes, or onto a new page with its caption.

    Parameters
    ----------
    picture : Picture
        What to draw; ``picture.figure`` names the module.
    ax : Axes, optional
        Drawn into as it is, in the caller's own style, with the title but without the caption.
    language : str
        Of title and caption.

    Raises
    ------
    ConfigError
        If no figure has the picture's name.
    """
    if ax is None:
        with theme.style():
            return _page(picture, None, language)[1]
    drawn = _module(picture).draw(picture, ax)
    title = picture.title.text(language)
    width = ax.figure.get_figure(root=True).get_size_inches()[0] * ax.get_position().width
    drawn.set_title(
        wrap(title, width, theme.LARGE), loc="left", fontsize=theme.LARGE, pad=18, parse_math=False
    )
    return cast("Axes", drawn)


def images(
    picture: Picture,
    formats: Sequence[str] = ("svg", "png"),
    *,
    size: tuple[float, float] | None = None,
    dpi: float = theme.DPI,
    language: str = "en",
) -> dict[str, bytes]:
    """The picture's page as the bytes of files, by format; drawn once.

    Parameters
    ----------
    formats : sequence of {"svg", "png", "pdf"}
    size : (width, height), optional
        Inches, caption included; by default the width of an A4 text and the height the figure needs.
        A page grows in height where a long caption would leave no room for the axes.
    dpi : float
        Of the PNG, and of what is a raster within an SVG or PDF.

    Raises
    ------
    ConfigError
        If a format is unknown or the size is too small for labels.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise ConfigError(f"{unknown[0]!r} is no format of a figure; the formats are {', '.join(FORMATS)}")
    with theme.style():
        page, _ = _page(picture, size, language)
        files = {}
        for name in formats:
            file = BytesIO()
            page.savefig(file, format=name, dpi=dpi, metadata=_METADATA[name])
            files[name] = file.getvalue()
    return files


def table(picture: Picture) -> str:
    """The CSV beside a figure: exactly what it draws."""
    return str(picture.to_frame().to_csv(index=False, lineterminator="\n"))


def save(
    picture: Picture,
    folder: str | Path,
    formats: Sequence[str] = ("svg", "png"),
    *,
    size: tuple[float, float] | None = None,
    dpi: float = theme.DPI,
    language: str = "en",
) -> tuple[Path, ...]:
    """Write ``<name>.<format>`` for each format, and ``<name>.csv``; the same picture, the same bytes.

    Parameters are those of :func:`images`. Returns the paths written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    contents = images(picture, formats, size=size, dpi=dpi, language=language)
    contents["csv"] = table(picture).encode()
    paths = []
    for suffix, content in contents.items():
        path = folder / f"{picture.name}.{suffix}"
        path.write_bytes(content)
        paths.append(path)
    return tuple(paths)


def _module(picture: Picture) -> Any:
    if picture.figure not in figures():
        raise ConfigError(f"{picture.figure!r} is no figure; the figures are {', '.join(figures())}")
    return importlib.import_module(f"forensics.plots.{picture.figure}")


def _page(picture: Picture, size: tuple[float, float] | None, language: str) -> tuple[Figure, Axes]:
    """A figure with the title above the axes and the caption below, each with the room it needs."""
    from matplotlib.figure import Figure

    module = _module(picture)
    width = size[0] if size else theme.WIDTH
    if size and (size[0] < SMALLEST[0] or size[1] < SMALLEST[1]):
        raise ConfigError(
            f"a figure of {size[0]:g} x {size[1]:g} inches has no room for its labels; "
            f"the smallest is {SMALLEST[0]:g} x {SMALLEST[1]:g}"
        )
    edge, line = 0.1, 1.3 / 72
    title = wrap(picture.title.text(language), 0.97 * (width - 2 * edge), theme.LARGE, "bold")
    caption = wrap(picture.caption.text(language), 0.97 * (width - 2 * edge), theme.SMALL)
    head = edge + (title.count("\n") + 1) * theme.LARGE * line
    foot = edge + (caption.count("\n") + 1) * theme.SMALL * line
    above, below, left, right = module.margins(picture, width)
    rest = head + foot + above + below
    # Some figures hold a line of text per row and cannot be lower than that.
    least = getattr(module, "least", lambda *_: LOWEST)(picture, width)
    height = max(size[1], rest + least) if size else rest + module.height(picture, width)

    page = Figure(figsize=(width, height))
    ax = page.add_axes(
        (
            left / width,
            (foot + below) / height,
            (width - left - right) / width,
            (height - rest) / height,
        )
    )
    drawn = module.draw(picture, ax)
    for each in page.axes:
        _fit(each.xaxis.label, width - left - right)
        _fit(each.yaxis.label, height - rest)
    page.text(
        edge / width, 1 - edge / height, title, fontsize=theme.LARGE, fontweight="bold", va="top", ha="left"
    )
    page.text(
        edge / width, edge / height, caption, fontsize=theme.SMALL, va="bottom", ha="left", linespacing=1.2
    )
    return page, drawn


def _fit(label: Any, length: float) -> None:
    """Break an axis label that is longer than its axis."""
    if "\n" not in label.get_text():
        label.set_text(wrap(label.get_text(), length, theme.NORMAL))

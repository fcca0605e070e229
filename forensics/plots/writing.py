"""A figure as a file of the size that a publication asks for, with its data beside it."""

from __future__ import annotations

import math
from pathlib import Path

from forensics.errors import ConfigError
from forensics.messages.message import check_language
from forensics.picture import Picture, Sheet
from forensics.plots import theme
from forensics.plots.drawing import FORMATS, images, table
from forensics.plots.page import CM, check_size

#: Centimetres of the longer side of an A0 sheet; dots per inch; dots of a whole PNG.
LARGEST = 118.9
DPI = (50.0, 1200.0)
MOST_DOTS = 200e6


def write(
    picture: Picture | Sheet,
    path: str | Path,
    *,
    size: tuple[float, float] | None = None,
    dpi: float | None = None,
    style: str = "print",
    language: str = "en",
) -> tuple[Path, Path]:
    """Write a figure and, beside it under the same stem, the data it draws as csv.

    Parameters
    ----------
    picture : Picture or Sheet
        From :func:`forensics.make_picture` or a finding's ``pictures``.
    path : path
        ``.png``, ``.svg`` or ``.pdf``. The folder must exist.
    size : (width, height), optional
        Centimetres, caption included; by default 16 wide and as high as the figure needs. Of a
        sheet, width and height of a page (PNG and SVG are one page, as high as it needs).
    dpi : float, optional
        By default 300 for print and grey, 144 for a screen.
    style : {"print", "screen", "grey"}
    language : str
        Of every text and number.

    Returns
    -------
    tuple of Path
        The figure and the csv.

    Raises
    ------
    ConfigError
        If suffix, size, dots per inch, style or language cannot be used, if the csv is there already and
        belongs to no earlier figure, or if the file cannot be written.
    """
    path = Path(path)
    check_language(language)
    suffix, inches, dpi = check_target(path, size=size, dpi=dpi, style=style)
    content = images(
        picture, (suffix,), size=inches, dpi=dpi, language=language, style=style, exact=inches is not None
    )[suffix]
    data = path.with_suffix(".csv")
    try:
        path.write_bytes(content)
        data.write_bytes(table(picture).encode())
    except OSError as error:
        raise ConfigError(f"{path}: the figure cannot be written there ({error.strerror})") from error
    return path, data


def check_target(
    path: str | Path,
    *,
    size: tuple[float, float] | None = None,
    dpi: float | None = None,
    style: str = "print",
    beside: bool = True,
) -> tuple[str, tuple[float, float] | None, float]:
    """Refuse what :func:`write` cannot write, before anything is computed.

    Parameters
    ----------
    path, size, dpi, style
        As :func:`write` takes them.
    beside : bool
        Whether the figure's data are written beside it: they never take the place of a csv that is
        no figure's.

    Returns
    -------
    tuple
        The format, the size in inches (``None``: the default) and the dots per inch.
    """
    path = Path(path)
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise ConfigError(
            f"{path.name}: a figure is written as {', '.join('.' + name for name in FORMATS)}, "
            f"not as {path.suffix or 'a file without a suffix'}"
        )
    data = path.with_suffix(".csv")
    if beside and data.exists() and not any(path.with_suffix(f".{name}").exists() for name in FORMATS):
        raise ConfigError(
            f"{data}: the data of the figure would take the place of this file, which belongs to no "
            "earlier figure; give the figure another name"
        )
    if style not in theme.STYLES:
        raise ConfigError(f"{style!r} is no style; the styles are {', '.join(theme.STYLES)}")
    dpi = theme.STYLES[style] if dpi is None else float(dpi)
    if not DPI[0] <= dpi <= DPI[1]:
        raise ConfigError(f"{dpi:g} dots per inch cannot be drawn; take {DPI[0]:g} to {DPI[1]:g}")
    return suffix, None if size is None else _inches(size, dpi, suffix), dpi


def _inches(size: tuple[float, float], dpi: float, suffix: str) -> tuple[float, float]:
    given = f"a figure of {size[0]:g} x {size[1]:g} cm"
    if not all(math.isfinite(side) and 0 < side <= LARGEST for side in size):
        raise ConfigError(f"{given} cannot be drawn; each side is above 0 and at most {LARGEST:g} cm")
    width, height = size[0] / CM, size[1] / CM
    if suffix == "png" and width * height * dpi**2 > MOST_DOTS:
        raise ConfigError(
            f"{given} at {dpi:g} dots per inch has more than {MOST_DOTS / 1e6:g} million dots; take fewer "
            "dots per inch, or svg or pdf"
        )
    check_size((width, height))
    return width, height

"""One sheet with a small example of every figure, drawn from invented data."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np

from forensics.errors import ConfigError
from forensics.plots import theme
from forensics.plots.drawing import METADATA, images
from forensics.plots.examples import example
from forensics.plots.greys import remove_colour
from forensics.plots.registry import figure_names
from forensics.plots.writing import check_target

#: Inches of the sheet, and of the page that each example is drawn on; examples in a row.
WIDTH, PAGE, COLUMNS = 8.27, (5.2, 4.4), 3
#: Dots per inch at which the examples are drawn.
FINE = 200.0


def write_thumbnails(
    path: str | Path, *, dpi: float | None = None, style: str = "print", names: tuple[str, ...] = ()
) -> Path:
    """Write the sheet as ``.png``, ``.svg`` or ``.pdf``.

    Parameters
    ----------
    path : path
    dpi, style
        As in :func:`forensics.plots.write`.
    names : tuple of str
        Figures on the sheet, in this order; by default all.

    Raises
    ------
    ConfigError
        If the suffix or style is unknown, or the file cannot be written.
    """
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    path = Path(path)
    suffix, _, dots = check_target(path, dpi=dpi, style=style, beside=False)
    names = names or figure_names()
    drawn = [
        imread(BytesIO(images(example(name), ("png",), size=PAGE, dpi=FINE, style=style)["png"]))
        for name in names
    ]
    rows = -(-len(names) // COLUMNS)
    each = WIDTH / COLUMNS
    high = 0.22 + (each - 0.12) * max(image.shape[0] / image.shape[1] for image in drawn)
    with theme.style():
        sheet = Figure(figsize=(WIDTH, 0.1 + rows * high))
        for place, (name, image) in enumerate(zip(names, drawn, strict=True)):
            row, column = divmod(place, COLUMNS)
            top = 1 - (0.05 + row * high) / sheet.get_figheight()
            tall = (each - 0.12) * image.shape[0] / image.shape[1]
            ax = sheet.add_axes(
                (
                    (column * each + 0.06) / WIDTH,
                    top - (0.2 + tall) / sheet.get_figheight(),
                    (each - 0.12) / WIDTH,
                    tall / sheet.get_figheight(),
                )
            )
            ax.imshow(np.asarray(image), aspect="auto", interpolation="lanczos")
            ax.set_axis_off()
            sheet.text(
                (column * each + 0.08) / WIDTH, top, name, fontsize=theme.LARGE, fontweight="bold", va="top"
            )
        if style == "grey":
            remove_colour(sheet)
        file = BytesIO()
        sheet.savefig(file, format=suffix, dpi=dots, metadata=METADATA[suffix])
    try:
        path.write_bytes(file.getvalue())
    except OSError as error:
        raise ConfigError(f"{path}: the sheet cannot be written there ({error.strerror})") from error
    return path

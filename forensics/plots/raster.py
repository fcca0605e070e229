"""A page as a PNG: its dots drawn once, in a palette that no eye tells from the colours drawn."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

#: Colours of a palette: as many as a byte a dot can name.
MOST = 256
#: From so many dots per inch on letters keep their own shape, as they do in an SVG; below, they are
#: fitted to the dots, or they would blur.
FINE = 200.0
#: How hard the bytes are packed (1 to 9): the last step, 9, takes ten times as long for a tenth less.
LEVEL, TIGHT = 6, 9


def png(page: Figure, dpi: float) -> bytes:
    """The page at so many dots per inch; the same page gives the same bytes."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(page)
    kept, page.dpi = page.dpi, dpi
    try:
        with rc_context({"text.hinting": "none"} if dpi >= FINE else {}):
            canvas.draw()  # type: ignore[no-untyped-call]
    finally:
        page.dpi = kept
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return packed(pixels, dpi=dpi)


def packed(dots: NDArray[np.uint8], *, dpi: float | None = None, level: int = LEVEL) -> bytes:
    """Opaque dots as a PNG with a palette: lossless up to 256 colours, beyond that the nearest of 256.

    Parameters
    ----------
    dots : ndarray of uint8, shape (rows, columns, 4)
        Red, green, blue, opacity (not kept: a page has a ground).
    dpi : float, optional
        Written into the file.
    level : int
        How hard the bytes are packed, 1 to 9.
    """
    from PIL import Image

    rows, columns = dots.shape[:2]
    codes = dots.view("<u4").reshape(rows, columns) & 0xFFFFFF
    colours, counts = np.unique(codes, return_counts=True)
    palette, place = _palette(colours, counts)
    # A table of all colours there can be is quicker than a search for each dot.
    table = np.zeros(1 << 24, np.uint8)
    table[colours] = place
    image = Image.frombytes("P", (columns, rows), table[codes].tobytes())
    image.putpalette(_channels(palette).tobytes())
    file = BytesIO()
    image.save(file, format="png", compress_level=level, **({"dpi": (dpi, dpi)} if dpi else {}))
    return file.getvalue()


def halved(content: bytes) -> bytes:
    """A PNG with half the dots each way: what a page shows of one for printers."""
    from PIL import Image

    with Image.open(BytesIO(content)) as image:
        small = image.convert("RGB").reduce(2).convert("RGBA")
    return packed(np.array(small), level=TIGHT)


def _palette(
    colours: NDArray[np.uint32], counts: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """At most 256 colours, and which of them stands for each that was drawn."""
    from PIL import Image

    if len(colours) <= MOST:
        return colours, np.arange(len(colours), dtype=np.uint8)
    # By the root of how often each occurs: the ground would take every place by its number, and the
    # rims of letters would take them if each counted once.
    often = np.ceil(np.sqrt(counts)).astype(np.intp)
    strip = _channels(np.repeat(colours, often))
    chosen = Image.frombytes("RGB", (len(strip), 1), strip.tobytes()).quantize(
        MOST, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
    )
    first = np.cumsum(often) - often
    listed = np.asarray(chosen.getpalette(), np.uint32).reshape(-1, 3)
    return listed @ np.array([1, 1 << 8, 1 << 16], np.uint32), np.asarray(chosen).reshape(-1)[first]


def _channels(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Red, green and blue of packed colours, shape (colours, 3)."""
    return np.stack([codes >> shift & 0xFF for shift in (0, 8, 16)], axis=1).astype(np.uint8)

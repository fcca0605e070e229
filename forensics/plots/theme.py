"""How the figures look: print sizes, a palette that survives grey printing, fixed metadata."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: Inches: the width of the text on an A4 page with 25 mm margins.
WIDTH = 6.3
#: Dots per inch of a PNG in a report; 300 is what printers ask for.
DPI = 150
#: Points.
SMALL, NORMAL, LARGE = 7.5, 8.0, 9.5

#: What ``style=`` may be, with its dots per inch: for paper, for a screen, for paper without colour.
STYLES = {"print": 300.0, "screen": 144.0, "grey": 300.0}
#: How much larger the letters of a PNG for a screen are.
ZOOM = 1.25

#: What the letters of an SVG may be, with matplotlib's word for it: outlines, which look the same
#: everywhere, or text, which is a tenth as long and can be searched, read aloud and edited.
LETTERS = {"paths": "path", "text": "none"}

# Blue and orange, which every kind of colour vision tells apart, and of clearly different lightness
# (CIE L* 10, 36, 56, 86), so that they also differ on a grey printer.
INK = "#1a1a1a"
GREY = "#767676"
PALE = "#dddddd"
BLUE = "#3a8abf"
SKY = "#b9dcf2"
VERMILION = "#9c3300"
#: Lines of one axes in the order they are given out: colour and dashes, so that neither is needed alone.
LINES: tuple[tuple[str, Any], ...] = (
    (VERMILION, "solid"),
    (BLUE, (0, (5, 1.5))),
    (INK, (0, (1, 1))),
    (GREY, (0, (7, 1.5, 1, 1.5))),
    (BLUE, (0, (2, 2))),
    (INK, (0, (9, 3))),
)
#: Light is few, dark is many: perceptually uniform, and monotone in grey (its palest tenth left out).
SEQUENTIAL = "magma_r"

_RC: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": NORMAL,
    "axes.titlesize": LARGE,
    "axes.titleweight": "bold",
    "axes.labelsize": NORMAL,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.labelsize": NORMAL,
    "ytick.labelsize": NORMAL,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "text.color": INK,
    # Names of parties and places are text, never formulas.
    "text.parse_math": False,
    "svg.hashsalt": "forensics",
}

# matplotlib's settings belong to the process: one figure at a time may borrow them.
_BORROWED = threading.RLock()


@contextmanager
def style(letters: str = "paths") -> Iterator[None]:
    """Settings of a figure, on top of matplotlib's defaults; given back on leaving.

    Letters that the font lacks are drawn as boxes without a warning: the CSV beside the figure has
    them. With ``letters="text"`` an SVG holds text instead of outlines.
    """
    from matplotlib import style as styles

    settings = {**_RC, "svg.fonttype": LETTERS[letters]}
    with _BORROWED, styles.context(["default", settings]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield

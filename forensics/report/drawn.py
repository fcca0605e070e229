"""A figure as files and as a page shows it: the one task of a worker, whose process loads little else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forensics.picture import Picture
from forensics.plots.drawing import images
from forensics.plots.raster import halved

#: Dots per inch of the figures' PNG: what printers ask for.
FINE = 300.0
#: A larger SVG is shown as PNG: pages that do not open help nobody.
LARGEST_SVG = 100_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure's files by suffix, and those that a page shows."""

    files: Mapping[str, bytes]
    shown: Mapping[str, bytes]


def drawn(picture: Picture, language: str) -> Drawn:
    """Draw a figure; the same picture gives the same bytes, in whatever process."""
    files = images(picture, dpi=FINE, language=language, letters="text")
    return Drawn(files, files if shown_as_svg(files) else files | {"png": halved(files["png"])})


def shown_as_svg(content: Mapping[str, bytes]) -> bool:
    """Whether a figure's SVG is small enough for a page."""
    return len(content["svg"]) <= LARGEST_SVG

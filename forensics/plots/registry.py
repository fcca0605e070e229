"""Which figures there are: the modules of ``plots/figures/``."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING, Any, Protocol, cast

from forensics.errors import ConfigError, meant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.picture import Picture


class Drawing(Protocol):
    """What a module of ``plots/figures/`` offers.

    ``COLUMNS`` are those its pictures must have. ``margins`` (above, below, left, right) and
    ``height`` are inches of the axes on a page of a width. Optional: ``least``, the inches below
    which its lines of text collide. A figure that is drawn by unit also has ``panel(picture, ax)``,
    the marks alone on a small axes; ``ASPECT``, its height by its width; ``common(pictures)``,
    options that all panels of a page share; ``strip_height`` and ``strip``, what stands above the
    panels.
    """

    COLUMNS: tuple[str, ...]

    def margins(self, picture: Picture, width: float) -> tuple[float, float, float, float]: ...
    def height(self, picture: Picture, width: float) -> float: ...
    def draw(self, picture: Picture, ax: Axes) -> Axes: ...


@functools.cache
def figure_names() -> tuple[str, ...]:
    """Names of the figures there are; nothing is imported."""
    package = importlib.import_module("forensics.plots.figures")
    return tuple(module.name for module in pkgutil.iter_modules(package.__path__))


def find_figure(name: str) -> Drawing:
    """The module that draws a figure.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in figure_names():
        raise ConfigError(
            f"{name!r} is no figure{meant(name, figure_names())}; the figures are "
            f"{', '.join(figure_names())}"
        )
    return cast("Drawing", importlib.import_module(f"forensics.plots.figures.{name}"))


def drawing_of(picture: Picture) -> Any:
    """The module that draws a picture.

    Raises
    ------
    ConfigError
        If no figure has the picture's name, or the picture lacks a column that the figure draws.
    """
    module = find_figure(picture.figure)
    missing = [column for column in module.COLUMNS if column not in picture.columns]
    if missing:
        raise ConfigError(
            f"picture {picture.name!r} has no column {missing[0]!r}; {picture.figure} draws "
            f"{', '.join(module.COLUMNS)}"
        )
    return module

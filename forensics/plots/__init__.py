"""Figures by name: ``forensics.plots.<figure>(picture, ax)`` draws a picture.

A figure is one module of ``plots/figures/``; nothing lists them, the folder is the list.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forensics.plots.drawing import draw as draw
    from forensics.plots.drawing import draw_as as draw_as
    from forensics.plots.examples import example as example
    from forensics.plots.multiples import with_panels as with_panels
    from forensics.plots.registry import figure_names as figure_names
    from forensics.plots.thumbnails import write_thumbnails as write_thumbnails
    from forensics.plots.writing import check_target as check_target
    from forensics.plots.writing import write as write

_HOMES = {
    "check_target": "writing",
    "draw": "drawing",
    "draw_as": "drawing",
    "example": "examples",
    "figure_names": "registry",
    "with_panels": "multiples",
    "write": "writing",
    "write_thumbnails": "thumbnails",
}


#: What every figure takes and gives.
_DRAWS = """ax : matplotlib Axes, optional
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
    If the picture lacks a column that the figure draws.
"""


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f"forensics.plots.{_HOMES[name]}"), name)
    elif name.startswith("_"):
        raise AttributeError(f"module 'forensics.plots' has no attribute {name!r}")
    else:
        value = _figure(name)
    globals()[name] = value
    return value


def _figure(name: str) -> Callable[..., Any]:
    """The drawing of one name as a function of a picture."""
    from forensics.plots.registry import figure_names, find_figure

    if name not in figure_names():
        from forensics.errors import meant

        near = meant(name, __dir__())
        raise AttributeError(f"module 'forensics.plots' has no attribute {name!r}{near}")

    def figure(picture: Any, ax: Axes | None = None, *, language: str = "en") -> Axes:
        from forensics.plots.drawing import draw_as

        return draw_as(name, picture, ax, language=language)

    figure.__name__ = figure.__qualname__ = name
    # The module tells what the picture holds, and draws into an axes; the rest is the same for all.
    told = inspect.getdoc(find_figure(name).draw) or ""
    figure.__doc__ = f"{told.partition('ax : Axes')[0].rstrip()}\n{_DRAWS}"
    return figure


def __dir__() -> list[str]:
    from forensics.plots.registry import figure_names

    return sorted([*_HOMES, *figure_names()])

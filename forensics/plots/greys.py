"""A drawn page without colour: every colour becomes the grey of the same lightness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

#: Properties of artists that hold one colour or an array of colours.
_PROPERTIES = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")
#: Weight of red, green and blue in the luminance of a colour (ITU-R BT.709).
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def grey_of(rgba: NDArray[np.float64]) -> NDArray[np.float64]:
    """Greys with the luminance of the colours, shape (…, 4), opacity kept."""
    channels = rgba[..., :3]
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    y = linear @ _LUMINANCE
    level = np.where(y <= 0.0031308, 12.92 * y, 1.055 * y ** (1 / 2.4) - 0.055)
    return np.concatenate([np.repeat(level[..., None], 3, axis=-1), rgba[..., 3:]], axis=-1)


def remove_colour(page: Figure) -> None:
    """Turn every artist of a page grey, the colour maps of its rasters too."""
    for artist in page.findobj():
        _colour_map(artist)
        # The arrow of an annotation is no child of it.
        arrow = getattr(artist, "arrow_patch", None)
        for one in (artist,) if arrow is None else (artist, arrow):
            for name in _PROPERTIES:
                _property(one, name)


def _colour_map(artist: Any) -> None:
    from matplotlib.colors import ListedColormap

    if getattr(artist, "get_array", None) is None or artist.get_array() is None:
        return
    ramp = artist.get_cmap()(np.linspace(0, 1, 256))
    artist.set_cmap(ListedColormap(grey_of(ramp)))


def _property(artist: Any, name: str) -> None:
    from matplotlib.colors import to_rgba_array

    read, write = getattr(artist, f"get_{name}", None), getattr(artist, f"set_{name}", None)
    if read is None or write is None:
        return
    value = read()
    if value is None or (isinstance(value, str) and value in ("auto", "face", "none")):
        return
    colours = to_rgba_array(value)
    if len(colours):
        greys = grey_of(colours)
        write(tuple(greys[0]) if np.ndim(value) < 2 or len(greys) == 1 else greys)

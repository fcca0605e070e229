"""Exactly what a figure draws, as small frozen arrays: the CSV beside the figure holds the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from forensics.errors import ConfigError, meant
from forensics.messages.message import Message

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


#: A cell that begins with one of these is worked out by a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Letters of a file's name at most: of any script they fit into the 255 bytes of usual file systems.
LONGEST_STEM = 60


def csv_text(frame: pd.DataFrame) -> str:
    """A table as CSV: texts and headers that a spreadsheet would work out begin with an apostrophe."""
    guarded = frame.rename(columns=_guarded)
    for place, kind in enumerate(guarded.dtypes):
        if kind in (object, "str"):
            guarded.isetitem(place, [_guarded(value) for value in guarded.iloc[:, place]])
    return str(guarded.to_csv(index=False, lineterminator="\n"))


def _guarded(value: object) -> object:
    if not isinstance(value, str) or not value.startswith(FORMULA) or len(value) == 1 or _is_number(value):
        return value
    return f"'{value}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _stem(name: str) -> str:
    """A name as a file can have it on any system, within its own folder."""
    return re.sub(r"[^\w.-]+", "_", name).lstrip(".")[:LONGEST_STEM]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One figure's data: columns of equal length, and the sentences of its title and caption.

    Parameters
    ----------
    figure : str
        Name of the drawing in ``forensics.plots`` (``"digit_bars"``, ``"comet"``, …).
    name : str
        File name stem, unique within a report. Names of options may be part of it: what is no letter,
        digit, dot or dash becomes an underscore.
    title, caption : Message
        The caption states the source of the expectation (the null) and n.
    columns : mapping of str to ndarray
        One-dimensional arrays of equal length; kept as copies that cannot be written to.
    options : mapping of str to float or str
        What the drawing needs besides the columns (bin width, names of the data).
    labels : mapping of str to Message
        Texts among the options (axis labels) that are drawn in the language of the page.
    restricted : bool
        Whether it shows single precincts: it is drawn, but not for publication.
    notes : tuple of Message
        Sentences that follow the caption where the figure stands alone: the null, the source.

    Raises
    ------
    ValueError
        If the columns are not one-dimensional and of equal length.
    """

    figure: str
    name: str
    title: Message
    caption: Message
    columns: Mapping[str, NDArray[np.generic]]
    options: Mapping[str, float | str] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()
    restricted: bool = False
    labels: Mapping[str, Message] = field(default_factory=dict)

    def __post_init__(self) -> None:
        import numpy as np

        columns = {column: np.array(values) for column, values in self.columns.items()}
        shapes = {column: values.shape for column, values in columns.items()}
        if any(len(shape) != 1 for shape in shapes.values()) or len(set(shapes.values())) > 1:
            raise ValueError(
                f"picture {self.name}: columns are of one equal length, not of shapes {shapes}"
            )
        for values in columns.values():
            values.flags.writeable = False
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "name", _stem(self.name))

    def to_frame(self) -> pd.DataFrame:
        """The columns as a frame: what the CSV beside the figure holds."""
        import pandas as pd

        return pd.DataFrame(dict(self.columns))

    def legend(self, language: str = "en") -> str:
        """The caption and the notes as one text."""
        return " ".join(sentence.text(language) for sentence in (self.caption, *self.notes))

    def plot(self, ax: Axes | None = None, *, language: str = "en") -> Axes:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Drawn into with the title; by default a new page with title and caption.
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
        from forensics.plots.drawing import draw  # the one upward import, paid only when drawing

        return draw(self, ax, language=language)


class Pictured:
    """What has pictures draws one of them."""

    __slots__ = ()
    #: Why one of these has no picture, where that has one reason.
    _WHY_NONE: ClassVar[str] = ""

    def _pictures(self) -> Sequence[Picture]:
        """What there is to be drawn, the first by default."""
        own: Sequence[Picture] = self.pictures  # type: ignore[attr-defined]
        return own

    def plot(self, ax: Axes | None = None, *, figure: str | None = None, language: str = "en") -> Axes:
        """Draw the first picture, or the one of a name.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Drawn into with the title; by default a new page with title and caption.
        figure : str, optional
            Figure or file name of one of the pictures.
        language : str
            Of every text and number.

        Returns
        -------
        matplotlib Axes
            The axes drawn into; its page is ``ax.figure``.

        Raises
        ------
        ConfigError
            If there is no picture, or none of that name.
        """
        pictures = self._pictures()
        if not pictures:
            name = getattr(self, "id", f"this {type(self).__name__.lower()}")
            raise ConfigError(f"{name} has no picture{self._WHY_NONE}")
        asked = pictures[0].name if figure is None else figure
        found = next((one for one in pictures if asked in (one.name, one.figure)), None)
        if found is None:
            names = list(dict.fromkeys(name for one in pictures for name in (one.figure, one.name)))
            raise ConfigError(
                f"{asked!r} is none of the pictures here{meant(asked, names)}; there are {', '.join(names)}"
            )
        return found.plot(ax, language=language)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One picture per unit, of the same figure: a page of small multiples.

    Parameters
    ----------
    name : str
        File name stem.
    title, caption : Message
        Of the whole page.
    units : tuple of str
        Name of each panel.
    n : tuple of int
        Precincts of each panel.
    pictures : tuple of Picture
        The panels, with the same columns.
    notes : tuple of Message
        Sentences that follow the caption: the null, the source.

    Raises
    ------
    ValueError
        If there is no panel, their numbers differ, or they are not of one figure.
    """

    name: str
    title: Message
    caption: Message
    units: tuple[str, ...]
    n: tuple[int, ...]
    pictures: tuple[Picture, ...]
    notes: tuple[Message, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.units) == len(self.n) == len(self.pictures) > 0:
            raise ValueError(f"sheet {self.name}: every panel has a name, a number and a picture")
        if len({picture.figure for picture in self.pictures}) > 1:
            raise ValueError(f"sheet {self.name}: the panels are of one figure")

    @property
    def figure(self) -> str:
        """The figure that every panel is."""
        return self.pictures[0].figure

    def to_frame(self) -> pd.DataFrame:
        """The columns of all panels below each other, with the name of the unit before them."""
        import pandas as pd

        frames = [picture.to_frame() for picture in self.pictures]
        for unit, frame in zip(self.units, frames, strict=True):
            frame.insert(0, "unit", unit)
        return pd.concat(frames, ignore_index=True)

    def legend(self, language: str = "en") -> str:
        """The caption and the notes as one text."""
        return " ".join(sentence.text(language) for sentence in (self.caption, *self.notes))

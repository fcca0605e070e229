"""Exactly what a figure draws, as small frozen arrays: the CSV beside the figure holds the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forensics.messages.message import Message

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One figure's data: columns of equal length, and the sentences of its title and caption.

    Parameters
    ----------
    figure : str
        Name of the drawing in ``forensics.plots`` (``"digit_bars"``, ``"comet"``, …).
    name : str
        File name stem, unique within a report.
    title, caption : Message
        The caption states the source of the expectation (the null) and n.
    columns : mapping of str to ndarray
        One-dimensional arrays of equal length; kept as copies that cannot be written to.
    options : mapping of str to float or str
        What the drawing needs besides the columns (bin width, axis labels).

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

    def to_frame(self) -> pd.DataFrame:
        """The columns as a frame: what the CSV beside the figure holds."""
        import pandas as pd

        return pd.DataFrame(dict(self.columns))

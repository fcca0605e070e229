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
        One-dimensional arrays of equal length.
    options : mapping of str to float or str
        What the drawing needs besides the columns (bin width, axis labels).
    """

    figure: str
    name: str
    title: Message
    caption: Message
    columns: Mapping[str, NDArray[np.generic]]
    options: Mapping[str, float | str] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """The columns as a frame: what the CSV beside the figure holds."""
        import pandas as pd

        return pd.DataFrame(dict(self.columns))

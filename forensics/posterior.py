"""Posterior draws that a finding rests on: of its precincts, and of the units of levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class UnitDraws:
    """Draws of the units of one level.

    Parameters
    ----------
    names : tuple of str
        Of the units; a single empty name stands for the nation.
    n : ndarray of int64, shape (units,)
        Precincts that each was told from.
    values : mapping of str to ndarray of shape (draws, units)
    """

    names: tuple[str, ...]
    n: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Joint draws of what a model says of precincts: draw k of all quantities belongs together.

    Parameters
    ----------
    rows : ndarray of intp, shape (m,)
        Places in the returns of the precincts that were used.
    precincts : mapping of str to ndarray of shape (draws, m)
        Quantities of precincts.
    outcomes : mapping of str to ndarray of shape (draws, m)
        The same as shares, as an association takes them; the first is that of the finding's
        ``precincts``.
    units : mapping of level to UnitDraws
        ``"national"`` among them.

    Notes
    -----
    Kept in single precision or whole numbers: 200 draws of 90,000 precincts are 0.2 GB.
    """

    rows: NDArray[np.intp]
    precincts: Mapping[str, NDArray[np.generic]]
    outcomes: Mapping[str, NDArray[np.float32]]
    units: Mapping[str, UnitDraws] = field(default_factory=dict)

    def __len__(self) -> int:
        return next((len(values) for values in self.precincts.values()), 0)

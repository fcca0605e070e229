"""Points counted into the cells of a grid: what may be published of a figure with a point per precinct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Points that a cell holds on average, and the most cells to a side.
EACH, MOST = 5, 22
#: Share of the points beyond which on each side a coordinate does not widen the grid.
OUTER = 0.01


@dataclass(frozen=True, slots=True)
class Cells:
    """Points by cell: ``cell`` (m,) of each point, ``n`` (k,) points in each cell."""

    cell: NDArray[np.intp]
    n: NDArray[np.int64]

    def mean(self, values: Floats) -> Floats:
        """Mean of the points of each cell, shape (k,)."""
        return np.asarray(np.bincount(self.cell, values, len(self.n)) / self.n)

    def count(self, flags: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Flagged points of each cell, shape (k,)."""
        return np.bincount(self.cell, flags, len(self.n)).astype(np.int64)


def cells(coordinates: Sequence[Floats]) -> Cells:
    """A square grid as fine as leaves about ``EACH`` points to a cell, cells in order.

    Parameters
    ----------
    coordinates : sequence of ndarray of float64, shape (m,)
        Finite. The grid divides the middle of each (all but ``OUTER`` on each side) into equal
        parts and goes on beyond it.
    """
    m = len(coordinates[0])
    parts = int(np.clip(np.sqrt(m / EACH), 1, MOST))
    codes = []
    for values in coordinates:
        low, high = np.quantile(values, (OUTER, 1 - OUTER)) if m else (0.0, 1.0)
        width = (high - low) / parts or 1.0
        codes.append(np.floor((values - low) / width).astype(np.int64))
    _, cell, n = np.unique(np.stack(codes), axis=1, return_inverse=True, return_counts=True)
    return Cells(np.asarray(cell).reshape(-1).astype(np.intp), n.astype(np.int64))

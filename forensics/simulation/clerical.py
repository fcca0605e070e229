"""Honest slips of the pen: a count written down wrongly, the others right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.simulation.counting import Integers
from forensics.simulation.parameters import Clerical

Columns = dict[str, Integers]
#: Kinds of slip with how often each occurs: a miscount of a few, two digits exchanged, a digit lost.
SLIPS = {"miscount": 0.75, "exchanged": 0.17, "lost": 0.08}


def slip(
    columns: Columns, candidates: tuple[str, ...], clerical: Clerical, rng: np.random.Generator
) -> tuple[Columns, NDArray[np.bool_]]:
    """Columns with one count of a share of the rows mistaken, and which rows those are.

    Parameters
    ----------
    columns : dict of str to ndarray of int64, shape (n,)
        All counts of the protocol.
    candidates : tuple of str
        Those that may be mistaken.

    Returns
    -------
    columns, slipped
        Only rows whose number in fact changed are marked.
    """
    names = [name for name in candidates if name in columns]
    n = len(next(iter(columns.values())))
    rows = np.flatnonzero(rng.random(n) < clerical.rate)
    place = rng.integers(0, len(names), len(rows))
    kind = rng.choice(len(SLIPS), len(rows), p=np.array(list(SLIPS.values())))
    size = np.ceil(rng.exponential(2.0, len(rows))).astype(np.int64) * rng.choice([-1, 1], len(rows))
    changed = {name: columns[name].copy() for name in names}
    slipped = np.zeros(n, dtype=bool)
    for row, where, how, error in zip(rows, place, kind, size, strict=True):
        count = int(changed[names[where]][row])
        wrong = (count + error, _exchanged(count), count // 10)[how]
        changed[names[where]][row] = max(wrong, 0)
        slipped[row] = wrong != count and max(wrong, 0) != count
    return columns | changed, slipped


def _exchanged(count: int) -> int:
    """The last two digits the other way round."""
    return count // 100 * 100 + count % 10 * 10 + count // 10 % 10

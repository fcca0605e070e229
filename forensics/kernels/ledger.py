"""Conservation of certificates: sums by unit, what must have crossed borders, and repeated uses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Texts = NDArray[np.object_]


def crossing(issued: Floats, used: Floats, unit: Codes, units: int) -> tuple[int, int]:
    """Units that used more than they issued, and by how many in total.

    So many certificates at least were used outside the unit that issued them, or twice.

    Parameters
    ----------
    issued, used : ndarray of float64, shape (m,)
    unit : ndarray of intp, shape (m,)
        Unit of each row, −1 where it has none.
    units : int
    """
    known = unit >= 0
    handed, came = (np.bincount(unit[known], values[known], units) for values in (issued, used))
    beyond = np.maximum(came - handed, 0.0)
    return int(np.count_nonzero(beyond)), int(beyond.sum())


@dataclass(frozen=True, slots=True)
class Uses:
    """Uses of certificates; k certificates.

    ``entries`` positions of the entries that are uses; ``times`` (k,) uses of each; ``places`` (k,)
    different places of use; ``issuers`` (k,) different commissions that issued it; ``known`` (k,)
    whether the ledger has it at all.
    """

    entries: Codes
    times: NDArray[np.int64]
    places: NDArray[np.int64]
    issuers: NDArray[np.int64]
    known: NDArray[np.bool_]


def uses(serial: Codes, issued_by: Texts, used_at: Texts, certificates: int) -> Uses:
    """Count the uses of every certificate.

    Parameters
    ----------
    serial : ndarray of intp, shape (m,)
        Certificate 0 … ``certificates`` − 1 of each entry.
    issued_by, used_at : ndarray of str, shape (m,)
        ``""`` where an entry names none.
    """
    entries = np.flatnonzero(used_at != "")
    return Uses(
        entries=entries.astype(np.intp),
        times=np.bincount(serial[entries], minlength=certificates).astype(np.int64),
        places=_different(serial, used_at, certificates),
        issuers=_different(serial, issued_by, certificates),
        known=np.bincount(serial, minlength=certificates) > 0,
    )


def _different(serial: Codes, names: Texts, certificates: int) -> NDArray[np.int64]:
    """Number of different names beside each certificate."""
    named = np.flatnonzero(names != "")
    _, code = np.unique(names[named].astype(np.str_), return_inverse=True)
    width = int(code.max(initial=0)) + 1
    pairs = np.unique(serial[named] * width + code)
    return np.bincount(pairs // width, minlength=certificates).astype(np.int64)

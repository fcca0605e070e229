"""First mode of a density above 30 %, by the exact kernel density or a rounded one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Where densities are evaluated; modes are looked for above ``LOWEST``.
GRID: Floats = np.arange(1001) / 1000
LOWEST = 0.3
#: A first maximum lower than this, as a share of the highest, is a bump in a tail.
LOWEST_MODE = 0.1
_STEP = 0.001
_CHUNK = 16


@dataclass(frozen=True, slots=True)
class Mode:
    """First maximum above ``LOWEST`` of a density on ``GRID``.

    ``at_edge``: the density falls from the first grid point on, so this is no maximum of it.
    ``height``: density there as a share of the highest above ``LOWEST``.
    """

    at: float
    at_edge: bool
    height: float


def first_mode(values: Floats, weights: Floats | None = None) -> Mode | None:
    """First grid point above .3 at which the kernel density stops rising.

    Parameters
    ----------
    values : ndarray of float64, shape (m,)
    weights : ndarray of float64, shape (m,), optional
        Numbers of copies. With weights the values are rounded to the grid before smoothing (for
        resampling); without, the density is that of ``scipy.stats.gaussian_kde`` (Scott's
        bandwidth), summed exactly and no further than needed.

    Returns
    -------
    Mode or None
        ``None`` if nothing varies or the density rises up to 1.
    """
    n, bandwidth = _bandwidth(values, weights)
    if n < 2 or not bandwidth > 0:
        return None
    first = int(np.searchsorted(GRID, LOWEST, side="right"))
    curve = _rounded_density(values, weights, bandwidth)
    if weights is not None:
        place, before = _first_fall(curve, first), curve[first - 1]
        start = curve[first]
    else:
        place, before, start = _exact_fall(values, bandwidth, first)
    if place is None:
        return None
    height = float(curve[place] / curve[first:].max()) if curve[first:].max() > 0 else 0.0
    return Mode(float(GRID[place]), bool(place == first and before >= start), min(height, 1.0))


def sound(mode: Mode | None) -> bool:
    """Whether a mode is a maximum of the density and no bump in its tail."""
    return mode is not None and not mode.at_edge and mode.height >= LOWEST_MODE


def _bandwidth(values: Floats, weights: Floats | None) -> tuple[float, float]:
    """Number of values, and Scott's bandwidth n^(−1/5) s."""
    if weights is None:
        n, mean = float(len(values)), float(values.mean()) if len(values) else 0.0
        square = float(((values - mean) ** 2).sum())
    else:
        n = float(weights.sum())
        mean = float(values @ weights) / n
        square = float((values - mean) ** 2 @ weights)
    return n, n**-0.2 * (square / (n - 1)) ** 0.5 if n > 1 else 0.0


def _rounded_density(values: Floats, weights: Floats | None, bandwidth: float) -> Floats:
    """Density (up to a factor) on the grid, of values rounded to it."""
    top = 2 * (len(GRID) - 1)
    place = np.rint(values / _STEP)
    near = (place >= -top) & (place <= top)
    place = place[near].astype(np.intp) + top
    counts = np.bincount(place, None if weights is None else weights[near], 2 * top + 1)
    reach = min(int(8 * bandwidth / _STEP) + 1, top)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * _STEP / bandwidth) ** 2)
    return np.asarray(np.convolve(counts, kernel, mode="same")[top : top + len(GRID)])


def _first_fall(curve: Floats, first: int) -> int | None:
    falls = np.flatnonzero(curve[first:-1] > curve[first + 1 :])
    return first + int(falls[0]) if len(falls) else None


def _exact_fall(values: Floats, bandwidth: float, first: int) -> tuple[int | None, float, float]:
    """First grid point from ``first`` on where the density exceeds the next, and the density at
    the point before ``first`` and at ``first``; a few grid points at a time."""
    known: list[float] = []
    begin = first - 1
    while begin + len(known) < len(GRID):
        at = GRID[begin + len(known) :][:_CHUNK]
        sums = np.zeros(len(at))
        for part in np.array_split(values, max(1, len(values) // 8192)):
            sums += np.exp(-0.5 * ((at[:, None] - part) / bandwidth) ** 2).sum(axis=1)
        known += sums.tolist()
        curve = np.array(known)
        place = _first_fall(curve, 1)
        if place is not None:
            return begin + place, known[0], known[1]
    return None, known[0], known[1]

"""The part of precinct effects that neighbours share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from forensics.simulation.parameters import Field

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Fewest pairs of neighbours that a field is estimated from.
FEWEST = 100
#: Neighbours looked at on the way to one in another building.
LOOKED_AT = 6
#: Kilometres below which two precincts are in one place.
SAME_PLACE = 0.01


def fitted_field(
    x: Floats, y: Floats, residual: Floats, unit: Codes, deviations: tuple[float, float]
) -> Field | None:
    """A field from the covariance of nearest neighbours of one unit, ``None`` where they share nothing.

    Parameters
    ----------
    x, y : ndarray of float64, shape (m,)
        Kilometres, NaN where not known.
    residual : ndarray of float64, shape (m, 2)
        Logits of turnout and support without the effects of units.
    unit : ndarray of intp, shape (m,)
        Lowest unit.
    deviations : tuple of float
        Of the precinct effects, which the field is a part of.
    """
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if len(known) < FEWEST:
        return None
    points = np.column_stack([x[known], y[known]])
    found = cKDTree(points).query(points, min(LOOKED_AT, len(known)))
    distance, near = np.asarray(found[0]), np.asarray(found[1])
    fits = (distance > SAME_PLACE) & (unit[known][near] == unit[known][:, None])
    some = fits.any(axis=1)
    if some.sum() < FEWEST:
        return None
    first = fits.argmax(axis=1)
    i = np.flatnonzero(some)
    j = near[i, first[i]]
    apart = float(np.median(distance[i, first[i]]))
    one, other = residual[known[i]], residual[known[j]]
    # Residuals of a unit of k precincts sum to nothing, which lowers every product by σ²/k.
    lowered = float((1 / np.bincount(unit)[unit[known[i]]]).mean())
    shared = np.array([(one[:, k] * other[:, k]).mean() + lowered * deviations[k] ** 2 for k in (0, 1)])
    shared = np.clip(shared, 0.0, np.square(deviations))
    if not shared.any():
        return None
    cross = float((one[:, 0] * other[:, 1]).mean())
    scale = float(np.sqrt(shared.prod()))
    correlation = float(np.clip(cross / scale, -0.95, 0.95)) if scale > 1e-9 else 0.0
    size = np.bincount(unit[known])
    extent = [np.hypot(*np.ptp(points[unit[known] == u], axis=0)) for u in np.flatnonzero(size >= 5)[:200]]
    longest = max(float(np.median(extent)) if extent else 10 * apart, 4 * apart)
    turnout, support = np.sqrt(shared).tolist()
    return Field(
        turnout=turnout,
        support=support,
        correlation=correlation,
        shortest=max(apart, 0.05),
        longest=max(longest, 0.2),
    )

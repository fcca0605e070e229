"""Places: errors shared between neighbours, and what they leave unexplained near each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from forensics.commissions.inference import Inference
from forensics.commissions.material import Material
from forensics.kernels.cluster_covariance import cells_of, crv1, two_sided
from forensics.kernels.conley import conley
from forensics.kernels.fixed_effects import fit, independent
from forensics.kernels.moran import moran, permuted, upper_pvalue
from forensics.kernels.spatial import nearest, on_sphere

#: Kilometres beyond which errors are not shared.
CUTOFFS = (5.0, 20.0, 50.0, 100.0)
#: Neighbours of a precinct, and permutations of the residuals.
NEIGHBOURS, PERMUTATIONS = 8, 199
#: Precincts with places below which nothing is said.
FEWEST = 100


def nearby_of(
    material: Material, found: Inference, stream: Callable[[str], np.random.Generator]
) -> dict[str, Any] | None:
    """Conley errors by cut-off, Moran's I of the residuals, and the neighbours' composition.

    Returns
    -------
    dict or None
        ``n`` rows with a place; ``conley`` [{cutoff, standard_error, p}]; ``moran``
        {statistic, p, neighbours}, permuted within the groups that have intercepts; ``neighbours``
        {own, coefficient, standard_error}: the precinct's and its neighbours' mean composition
        together, the error that of the neighbours' coefficient, shared within clusters.
        ``None`` without places.
    """
    if not (material.has("lat") and material.has("lon")):
        return None
    asked = found.regression
    lat, lon = material.column("lat")[asked.rows], material.column("lon")[asked.rows]
    placed = np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90)
    if placed.sum() < FEWEST:
        return None
    _, group = np.unique(asked.group[placed], return_inverse=True)
    x, y = asked.x[placed], asked.y[placed]
    weight = None if asked.weight is None else asked.weight[placed]
    if not independent(x, group, weight).all():
        return None
    own = fit(y, x, group.astype(np.intp), weight)
    errors = []
    for cutoff in CUTOFFS:
        covariance = conley(own, lat[placed], lon[placed], cutoff)
        variance = math.nan if covariance is None else float(covariance[0, 0])
        error = math.sqrt(variance) if variance > 0 else None
        t = None if error is None else float(own.coefficient[0]) / error
        errors.append(
            {
                "cutoff": cutoff,
                "standard_error": error,
                "p": None if t is None else two_sided(t, max(own.freedom, 1)),
            }
        )
    points = on_sphere(lat[placed], lon[placed])
    near = nearest(points, NEIGHBOURS)
    observed = float(moran(own.residual, near))
    drawn = permuted(
        lambda block: moran(block, near)[None], own.residual, own.group, PERMUTATIONS, stream("moran")
    )[0]
    lag = near.lag(x[:, 0])
    both = np.column_stack([x, lag])
    shared = None
    if independent(both, own.group, weight).all():
        together = fit(y, both, own.group, weight)
        _, cluster = np.unique(asked.cluster[placed], return_inverse=True)
        variance = float(crv1(together, cells_of(cluster.astype(np.intp), own.group))[-1, -1])
        shared = {
            "own": float(together.coefficient[0]),
            "coefficient": float(together.coefficient[-1]),
            "standard_error": math.sqrt(variance) if variance > 0 else None,
        }
    return {
        "n": int(placed.sum()),
        "conley": errors,
        "moran": {
            "statistic": observed,
            "p": upper_pvalue(observed, drawn),
            "neighbours": NEIGHBOURS,
        },
        "neighbours": shared,
    }

"""At which level a composition varies: what decides fixed effects, clusters and permutations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.material import Material
from forensics.kernels.intraclass import intraclass, within_share

Floats = NDArray[np.float64]

#: Intraclass correlation within the appointing body beyond which composition varies at both levels.
MIXED = 0.1


@dataclass(frozen=True, slots=True)
class Variation:
    """Where an exposure varies, and what follows from it.

    ``varies_by``: ``precinct``, ``mixed`` (by precinct and by appointing body), the largest level
    whose units it is constant in, or ``constant``; ``icc`` and ``within`` (share of the variation
    within units) by level; ``model`` of the headline with its ``fixed_effects`` (``None``: one
    intercept) and ``cluster``.
    """

    varies_by: str
    icc: Mapping[str, float | None]
    within: Mapping[str, float]
    model: str
    fixed_effects: str | None
    cluster: str

    def to_dict(self) -> dict[str, Any]:
        """The variation as JSON-ready values."""
        return {"varies_by": self.varies_by, "icc": dict(self.icc), "within": dict(self.within)}


def variation_of(material: Material, exposure: Floats) -> Variation:
    """Find the level at which an exposure varies.

    Parameters
    ----------
    material : Material
    exposure : ndarray of float64, shape (n,)
        NaN where it is not known.

    Notes
    -----
    Commissions appointed by one body are not independent draws, so the clusters are the appointing
    bodies, or the units of a larger level that the exposure does not vary in. Where it does not vary
    within the bodies, their intercepts would leave nothing to compare: the headline then is M0,
    with an intercept per top-level unit (none where it is constant in those too).
    """
    icc: dict[str, float | None] = {}
    within: dict[str, float] = {}
    for level in material.levels:
        known = np.isfinite(exposure) & (material.codes[level] >= 0)
        _, unit = np.unique(material.codes[level][known], return_inverse=True)
        icc[level] = intraclass(exposure[known], unit.astype(np.intp)) if known.any() else None
        within[level] = within_share(exposure[known], unit.astype(np.intp)) if known.any() else 0.0
    values = exposure[np.isfinite(exposure)]
    body, top = material.body, material.top
    constant = next((level for level in material.levels if within[level] == 0), None)
    if not len(values) or np.ptp(values) == 0:
        return Variation("constant", icc, within, "M0", None, body)
    above = top if top != body and constant != top else None
    coarser = constant is not None and material.levels.index(constant) <= material.levels.index(body)
    if within[body] > 0:
        # Levels need not nest: what is constant in districts may still vary within a body.
        varies_by = "mixed" if (icc[body] or 0.0) > MIXED else "precinct"
        if constant is not None and coarser:
            return Variation(constant, icc, within, "M1", body, constant)
        return Variation(varies_by, icc, within, "M1", body, body)
    assert constant is not None
    return Variation(constant, icc, within, "M0", above, constant if coarser else body)

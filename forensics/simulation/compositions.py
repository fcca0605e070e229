"""How the other options divide what the leader leaves: shares and how alike units and precincts are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.simulation.parameters import Options
from forensics.simulation.precincts import Precincts
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]

#: Dirichlet concentrations, least and most.
LEAST, MOST = 0.5, 1e5
#: Smallest share of an option among the others.
SMALLEST = 1e-6
#: Stands for the others where a table has one option only.
REST = "remaining"


def fitted_options(returns: Returns, precincts: Precincts, used: NDArray[np.bool_]) -> Options:
    """Options, the leader first; shares of the others with their two Dirichlet concentrations.

    For shares q̂ of n votes around the unit's q, E Σ (q̂ − q)² = D (1/n + (1 − 1/n)/(c + 1)) with
    D = 1 − Σ q²: solved for c, first between the precincts of a unit, then between the units.
    """
    if not returns.options:
        return Options()
    leader = returns.option(None)
    others = tuple(o for o in returns.options if o != leader)
    if len(others) < 2:
        return Options(names=(leader, *(others or (REST,))), others=(1.0,))
    votes = np.column_stack([returns.votes(o) for o in others])
    known = used & (np.nan_to_num(votes, nan=-1) >= 0).all(axis=1)
    known &= np.nan_to_num(votes).sum(axis=1) > 1
    votes, unit = votes[known], np.unique(precincts.lowest[known], return_inverse=True)[1]
    if not len(votes):
        return Options(names=(leader, *others), others=tuple([1.0] * len(others)))
    n = votes.sum(axis=1)
    units = int(unit.max()) + 1
    total = np.bincount(unit, n, units)
    local = np.column_stack([np.bincount(unit, v, units) for v in votes.T]) / total[:, None]
    nation = votes.sum(axis=0) / n.sum()
    weight = (n / total[unit])[:, None]
    # A precinct's own share is part of its unit's: its distance is shortened by 1 − its weight.
    between = ((votes / n[:, None] - local[unit]) ** 2).sum(axis=1) / np.maximum(1 - weight[:, 0], 0.05)
    several = weight[:, 0] < 0.95
    own = _concentration(between[several], n[several], 1 - (local[unit[several]] ** 2).sum(axis=1))
    effective = total / (1 + (np.bincount(unit, n * n, units) / total - 1) / (own + 1))
    apart = ((local - nation) ** 2).sum(axis=1) * units / max(units - 1, 1)
    # The drawn units' concentration applies to the precincts' mean, the nation's to the units'.
    mean = np.full(units, 1 - float((nation**2).sum()))
    units_own = _concentration(apart, np.maximum(effective, 1.001), mean) if units > 1 else MOST
    return Options(
        names=(leader, *others),
        others=tuple(np.maximum(nation, SMALLEST).tolist()),
        between_units=units_own,
        between_precincts=own,
    )


def _concentration(square: Floats, n: Floats, diversity: Floats) -> float:
    """The c that gives the squares their expectation."""
    if not len(square):
        return MOST
    excess = float((square - diversity / n).sum())
    whole = float((diversity * (1 - 1 / n)).sum())
    if excess <= 0 or whole <= 0:
        return MOST
    return float(np.clip(whole / excess - 1, LEAST, MOST))

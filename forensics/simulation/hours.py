"""Turnout through the day: a profile of the nation, of the unit, of the precinct, and early closing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.simulation.counting import Integers
from forensics.simulation.parameters import Hours
from forensics.simulation.precincts import size_score
from forensics.tables.series import hour_column

Columns = dict[str, Integers]
#: An institution that closes early has had all its voters by this hour.
CLOSED_BY = 14


def hour_columns(
    voters: Integers,
    size: Integers,
    unit: NDArray[np.intp],
    early: NDArray[np.bool_],
    hours: Hours,
    rng: np.random.Generator,
) -> Columns:
    """Cumulative voters by hour, ``hour_08``, ``hour_0830`` …; the last equals ``voters``."""
    profile = np.array(hours.profile) / sum(hours.profile)
    units = int(unit.max(initial=0)) + 1
    local = rng.standard_gamma(profile * hours.unit_concentration, (units, len(profile)))
    local /= local.sum(axis=1, keepdims=True)
    expected = local[unit]
    if hours.gradient:
        tilt = hours.gradient * np.linspace(-1.0, 1.0, len(profile))
        expected = expected * np.exp(np.outer(size_score(size), tilt))
        expected /= expected.sum(axis=1, keepdims=True)
    own = rng.standard_gamma(expected * hours.concentration) + 1e-9
    late = np.array(hours.hours) > max(CLOSED_BY, hours.hours[0])
    own[np.ix_(early, late)] = 0.0
    own /= own.sum(axis=1, keepdims=True)
    running = np.cumsum(rng.multinomial(voters, own), axis=1)
    return {hour_column(hour): running[:, place] for place, hour in enumerate(hours.hours)}

"""Small invented pictures of the figures that compare elections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

Columns = dict[str, Any]


def _effects_over_elections() -> tuple[Columns, Columns]:
    tests = (
        "last_digit: issued",
        "integer_percent: turnout",
        "turnout_edge: turnout",
        "ballot_chain: chain",
    )
    unit = ("% of counts", "% of precincts", "% of precincts", "share points")
    effect = np.array([[0.2, 0.3, 1.1], [0.1, 0.4, 0.9], [0.6, 0.7, 2.2], [-0.4, 0.2, 0.1]])
    half = np.array([[0.3, 0.3, 0.4], [0.2, 0.2, 0.2], [0.2, 0.2, 0.3], [0.6, 0.6, 0.5]])
    return {
        "test": np.repeat(tests, 3),
        "unit": np.repeat(unit, 3),
        "election": np.tile(["2011", "2016", "2021"], 4),
        "effect": effect.ravel(),
        "low": (effect - half).ravel(),
        "high": (effect + half).ravel(),
        "n": np.tile([9120, 9344, 9401], 4),
        "comparable": np.repeat([True, True, False, True], 3),
    }, {}


def _unit_series() -> tuple[Columns, Columns]:
    effect, half = np.array([0.2, 0.4, 1.1, 0.5]), np.array([0.3, 0.2, 0.3, 0.7])
    return {
        "election": np.array(["2007", "2011", "2016", "2021"]),
        "effect": effect,
        "low": effect - half,
        "high": effect + half,
        "n": np.array([610, 640, 655, 48]),
        "underpowered": np.array([False, False, False, True]),
    }, {"ylabel": "% of precincts"}


ELECTIONS: Mapping[str, Callable[[], tuple[Columns, Columns]]] = MappingProxyType(
    {"effects_over_elections": _effects_over_elections, "unit_series": _unit_series}
)

"""Correlated effects of units and precincts on turnout and support, on the logit scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


def correlated(
    m: int, deviations: tuple[float, float], correlation: float, rng: np.random.Generator
) -> Floats:
    """m draws of (turnout, support) with their standard deviations and correlation, shape (m, 2)."""
    mix = np.array([[1.0, 0.0], [correlation, np.sqrt(1 - correlation**2)]])
    return np.asarray((rng.normal(0.0, 1.0, (m, 2)) @ mix.T) * np.array(deviations))


def at(values: Sequence[float], place: int, default: float = 0.0) -> float:
    """A value by its place; beyond the end the default."""
    return values[place] if place < len(values) else default

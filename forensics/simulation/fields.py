"""Effects that neighbours share: a Gaussian field whose correlation falls with the log of distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.simulation.parameters import Field

Floats = NDArray[np.float64]

#: Waves summed in a field: their number bounds its cost, n × waves cosines.
WAVES = 96


def log_decaying(x: Floats, y: Floats, shortest: float, longest: float, rng: np.random.Generator) -> Floats:
    """A field of unit variance at points given in kilometres, float64 of shape (n,); 0 without a place.

    Random waves whose lengths are log-uniform between ``shortest`` and ``longest`` have the
    spectrum 1/k² of a field with covariance ∝ log(longest / distance) in between, which is what
    turnout rates show (Borghesi, Raynal and Bouchaud 2012).
    """
    length = np.exp(rng.uniform(np.log(min(shortest, longest)), np.log(longest), WAVES))
    angle = rng.uniform(0, 2 * np.pi, WAVES)
    phase = rng.uniform(0, 2 * np.pi, WAVES)
    k = 2 * np.pi / length
    wave = np.outer(x, k * np.cos(angle)) + np.outer(y, k * np.sin(angle))
    field = np.sqrt(2 / WAVES) * np.cos(wave + phase).sum(axis=1)
    return np.asarray(np.nan_to_num(field), dtype=np.float64)


def field_effects(x: Floats, y: Floats, field: Field, rng: np.random.Generator) -> Floats:
    """Effects on (turnout, support) on the logit scale, float64 of shape (n, 2)."""
    first, second = (log_decaying(x, y, field.shortest, field.longest, rng) for _ in range(2))
    mixed = field.correlation * first + np.sqrt(1 - field.correlation**2) * second
    return np.column_stack([field.turnout * first, field.support * mixed])

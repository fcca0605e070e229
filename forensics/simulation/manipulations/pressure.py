"""People who are made to vote, and watched: in institutions, or at home with the mobile box."""

from __future__ import annotations

import numpy as np

from forensics.simulation.manipulations.protocol import Protocol, Rows


def press_institutions(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """A part ``intensity`` of those who would have stayed away votes early, for the leader."""
    x = rng.binomial(protocol.absent[rows], min(intensity, 1.0))
    protocol.add(rows, x, when=_early(protocol, rows, rng))


def press_at_home(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """Turnout up by ``intensity`` of the list, early in the day and into the portable box."""
    asked = np.rint(intensity * protocol.voters[rows] * rng.uniform(0.5, 1.5, len(rows))).astype(np.int64)
    x = np.minimum(asked, protocol.absent[rows])
    protocol.add(rows, x, when=_early(protocol, rows, rng), portable=True)


def _early(protocol: Protocol, rows: Rows, rng: np.random.Generator) -> Rows:
    return rng.integers(0, max(1, len(protocol.hours) // 3), len(rows))

"""Results that an order asks for: whole percentages, multiples of five, everybody."""

from __future__ import annotations

import numpy as np

from forensics.simulation.manipulations.protocol import Floats, Integers, Protocol, Rows


def reach_turnout(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """Turnout raised to the next multiple of ``intensity`` percent by ballots for the leader."""
    asked = _next(protocol.papers[rows], protocol.voters[rows], intensity)
    protocol.add(rows, np.clip(asked - protocol.papers[rows], 0, protocol.absent[rows]))


def reach_share(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """The leader's share raised to the next multiple of ``intensity`` percent by the others' votes."""
    votes = protocol.columns[protocol.leader][rows]
    asked = _next(votes, protocol.cast[rows], intensity)
    protocol.move(rows, np.maximum(asked - votes, 0), rng)


def reach_everybody(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """A part ``intensity`` of the voters who stayed away is added; 1 makes turnout 100 %."""
    x = np.rint(min(intensity, 1.0) * protocol.absent[rows]).astype(np.int64)
    protocol.add(rows, x)


def _next(x: Integers, n: Integers, step: float) -> Integers:
    """The count whose percentage of n is the next multiple of ``step`` upwards, at most n."""
    percent: Floats = np.minimum(np.ceil(100 * x / np.maximum(n, 1) / step - 1e-9) * step, 100.0)
    return np.asarray(np.rint(percent * n / 100).astype(np.int64))

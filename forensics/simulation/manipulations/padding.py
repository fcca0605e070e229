"""Rolls with names of nobody."""

from __future__ import annotations

import numpy as np

from forensics.simulation.manipulations.protocol import Protocol, Rows


def pad(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """The list longer by a part ``intensity`` (half to one and a half times that); nobody votes."""
    x = np.rint(intensity * protocol.voters[rows] * rng.uniform(0.5, 1.5, len(rows))).astype(np.int64)
    for column in ("registered", "registered_initial"):
        protocol.change(column, rows, x)
    # Ballots are printed for the list: those that nobody used are cancelled.
    if "ballots_cancelled" in protocol.columns:
        protocol.change("ballots_received", rows, x)
        protocol.change("ballots_cancelled", rows, x)

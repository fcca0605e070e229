"""The chain of ballots: one is carried out blank, marked, and each bought voter brings the next."""

from __future__ import annotations

import numpy as np

from forensics.simulation.manipulations.protocol import Protocol, Rows

#: Votes that one chain carries in a day.
LENGTH = 40


def chain(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """About ``intensity`` votes bought per precinct; each chain leaves one issued ballot missing.

    The voters came anyway: turnout stays, what they would have voted for changes.
    """
    bought = np.minimum(rng.poisson(intensity, len(rows)), protocol.against[rows])
    chains = np.where(bought > 0, 1 + (bought - 1) // LENGTH, 0)
    protocol.move(rows, bought, rng)
    # The first ballot of a chain never reaches the box: a vote of the leader's own buyers.
    lost = np.minimum(chains, protocol.columns[protocol.leader][rows])
    for column in ("ballots", "valid", protocol.leader, "box_stationary"):
        protocol.change(column, rows, -lost)
    protocol.added[rows] -= lost

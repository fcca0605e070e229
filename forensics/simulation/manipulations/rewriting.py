"""Votes that change hands on paper: switched, rewritten with the total, or put on the wrong pile."""

from __future__ import annotations

import numpy as np

from forensics.simulation.manipulations.protocol import Protocol, Rows


def switch(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """A share ``intensity`` of the other options' votes (half to one and a half times that) moved."""
    part = np.clip(intensity * rng.uniform(0.5, 1.5, len(rows)), 0, 1)
    protocol.move(rows, np.rint(part * protocol.against[rows]).astype(np.int64), rng)


def rewrite(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """A protocol written anew: turnout and share a part ``intensity`` nearer to 100 %, in whole percent.

    The hours are made up to fit: equal steps up to the new total.
    """
    n, papers = protocol.voters[rows], protocol.papers[rows]
    turnout = papers / np.maximum(n, 1)
    wanted = np.rint(100 * (turnout + (1 - turnout) * intensity)) / 100
    x = np.clip(np.rint(wanted * n).astype(np.int64) - papers, 0, protocol.absent[rows])
    share = protocol.columns[protocol.leader][rows] / np.maximum(protocol.cast[rows], 1)
    protocol.add(rows, x)
    wanted = np.rint(100 * (share + (1 - share) * intensity)) / 100
    votes = np.rint(wanted * protocol.cast[rows]).astype(np.int64)
    protocol.move(rows, np.maximum(votes - protocol.columns[protocol.leader][rows], 0), rng)
    hours = protocol.hours
    total = protocol.cast[rows]
    for place, (_, _, column) in enumerate(hours):
        even = np.rint(total * (place + 1) / len(hours)).astype(np.int64)
        protocol.change(column, rows, even - protocol.columns[column][rows])


def misplace(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """One bundle of about ``intensity`` ballots, all of one other option, on the leader's pile."""
    if not protocol.others:
        return
    votes = np.column_stack([protocol.columns[c][rows] for c in protocol.others])
    from_ = votes.argmax(axis=1)
    bundle = np.rint(intensity * rng.uniform(0.9, 1.1, len(rows))).astype(np.int64)
    x = np.minimum(bundle, votes[np.arange(len(rows)), from_])
    for place, column in enumerate(protocol.others):
        protocol.change(column, rows, -np.where(from_ == place, x, 0))
    protocol.change(protocol.leader, rows, x)
    protocol.moved[rows] += x

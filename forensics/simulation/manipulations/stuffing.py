"""Ballots for the leader in the names of people who did not come."""

from __future__ import annotations

import numpy as np

from forensics.simulation.manipulations.protocol import Floats, Integers, Protocol, Rows

#: Stuffed turnout stays below this quantile of the unit's own, for who knows what is looked at.
UNREMARKABLE = 0.9
#: Percentages closer than this to a whole one are avoided by who knows that they are counted.
CLEARANCE = 0.15


def stuff(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """Turnout up by ``intensity`` of the list on average (half to one and a half times that)."""
    protocol.add(rows, _stuffed(protocol, rows, intensity, rng), when=_late(protocol, rows, rng))


def stuff_knowing_the_tests(
    protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator
) -> None:
    """As stuffing, by someone who knows the detectors.

    No precinct is lifted above what is usual in its unit, no percentage is whole, no count of
    voters or of votes ends in 0 or 5, and the hours follow the precinct's own day.
    """
    wanted = _stuffed(protocol, rows, intensity, rng)
    turnout = protocol.papers / np.maximum(protocol.voters, 1)
    usual = _unit_quantile(turnout, protocol.unit, UNREMARKABLE)[rows]
    room = np.floor(usual * protocol.voters[rows]).astype(np.int64) - protocol.papers[rows]
    x = np.clip(np.minimum(wanted, room), 0, None)
    protocol.add(rows, _unremarkable(protocol, rows, x))


def _stuffed(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> Integers:
    asked = protocol.voters[rows] * intensity * rng.uniform(0.5, 1.5, len(rows))
    return np.minimum(np.rint(asked).astype(np.int64), protocol.absent[rows])


def _late(protocol: Protocol, rows: Rows, rng: np.random.Generator) -> Rows:
    """One of the last three readings of the hours: a jump."""
    hours = max(len(protocol.hours), 1)
    return rng.integers(max(0, hours - 3), hours, len(rows))


def _unit_quantile(values: Floats, unit: Rows, q: float) -> Floats:
    """A quantile of each row's unit, shape (n,)."""
    order = np.lexsort((values, unit))
    units, start, size = np.unique(unit[order], return_index=True, return_counts=True)
    at = start + np.minimum((q * size).astype(np.intp), size - 1)
    return np.asarray(values[order][at][np.searchsorted(units, unit)])


def _unremarkable(protocol: Protocol, rows: Rows, x: Integers) -> Integers:
    """The nearest smaller numbers that leave no whole percentage and no round count."""
    n, papers = protocol.voters[rows], protocol.papers[rows]
    cast, votes = protocol.cast[rows], protocol.columns[protocol.leader][rows]

    def remarkable(x: Integers) -> np.ndarray:
        turnout = 100 * (papers + x) / np.maximum(n, 1)
        share = 100 * (votes + x) / np.maximum(cast + x, 1)
        whole = [
            np.abs(p - np.rint(p)) < np.minimum(CLEARANCE, 25 / np.maximum(n, 1)) for p in (turnout, share)
        ]
        round_counts = [(papers + x) % 5 == 0, (votes + x) % 5 == 0]
        return np.asarray(np.any([*whole, *round_counts], axis=0), dtype=np.bool_)

    for _ in range(12):
        x = np.where((x > 0) & remarkable(x), x - 1, x)
    return np.asarray(x)

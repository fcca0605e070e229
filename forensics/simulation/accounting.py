"""Where the papers went: received, cancelled, lost, handed out early or outside, found in which box."""

from __future__ import annotations

import numpy as np

from forensics.simulation.counting import Counts, Integers, beta_binomial
from forensics.simulation.parameters import Accounting

Columns = dict[str, Integers]


def accounting_columns(
    size: Integers, counts: Counts, accounting: Accounting, rng: np.random.Generator
) -> Columns:
    """Columns of ballot accounting that satisfy every identity of the protocol.

    Ballots carried away were handed out at the station; what is issued outside it ends up in the
    portable box.
    """
    issued, n = counts.issued, len(size)
    carried = issued - counts.ballots
    outside = beta_binomial(issued, np.full(n, accounting.outside), accounting.concentration, rng)
    outside = np.minimum(outside, counts.ballots)
    early = np.minimum(rng.binomial(issued, accounting.early), issued - outside - carried)
    early = np.maximum(early, 0)
    # A reserve on top of the list, in full tens as ballots are packed.
    received = np.ceil(np.maximum(size, issued) * (1 + accounting.surplus) / 10).astype(np.int64) * 10
    lost = np.where(rng.random(n) < accounting.lost, rng.integers(1, 4, n), 0)
    lost = np.minimum(lost, received - issued)
    return {
        "ballots_received": received,
        "ballots_cancelled": received - issued - lost,
        "ballots_lost": lost,
        "ballots_unaccounted": np.zeros(n, dtype=np.int64),
        "issued_early": early,
        "issued_station": issued - outside - early,
        "issued_outside": outside,
        "box_portable": outside,
        "box_stationary": counts.ballots - outside,
    }

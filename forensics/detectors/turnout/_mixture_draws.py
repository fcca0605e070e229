"""Draws of a fitted mixture as a finding carries them: precincts thinned, units and the nation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture.chain import Chain
from forensics.posterior import Draws, UnitDraws

#: Most joint draws of precincts that are kept of all chains, and most draws of units.
PRECINCT_DRAWS, DRAWS_OF_UNITS = 200, 1000
#: What a draw says of a unit, in the order of :class:`Chain`.
OF_UNIT = ("added", "moved", "precincts")
#: Shares of the classes, of the nation only.
SHARES = ("none", "incremental", "extreme")


def draws_of(
    chains: Sequence[Chain],
    rows: NDArray[np.intp],
    eligible: NDArray[np.float64],
    units: Sequence[tuple[str, Sequence[str], NDArray[np.int64]]],
    fewest: int,
) -> Draws:
    """Posterior draws of the chains of one mode.

    Parameters
    ----------
    chains : sequence of Chain
        Their first grouping is the nation, the others those of ``units``.
    rows : ndarray of intp, shape (m,)
        Places of the precincts in the returns.
    eligible : ndarray of float64, shape (m,)
    units : sequence of (level, names, precincts)
        In the order of the chains' groupings.
    fewest : int
        Units with fewer precincts have no draws: they would tell of single precincts.
    """
    joined = {
        name: np.concatenate([getattr(chain, name) for chain in chains])
        for name in ("classes", "added", "moved")
    }
    some = _spread(len(joined["classes"]), PRECINCT_DRAWS)
    precincts = {name: values[some] for name, values in joined.items()}
    scale = eligible.astype(np.float32)
    few = _spread(len(chains) * len(chains[0].pi), DRAWS_OF_UNITS)
    nation = np.concatenate([chain.units[0] for chain in chains])[few]
    pi = np.concatenate([chain.pi for chain in chains])[few]
    told = {
        "national": UnitDraws(
            ("",),
            np.array([len(rows)]),
            {name: nation[:, :, k] for k, name in enumerate(OF_UNIT)}
            | {name: pi[:, [k]].astype(np.float32) for k, name in enumerate(SHARES)},
        )
    }
    for place, (level, names, n) in enumerate(units, start=1):
        values = np.concatenate([chain.units[place] for chain in chains])[few]
        known = np.flatnonzero(n >= fewest)
        told[level] = UnitDraws(
            tuple(names[int(k)] for k in known),
            n[known],
            {name: values[:, known, k] for k, name in enumerate(OF_UNIT)},
        )
    return Draws(
        rows,
        precincts,
        {
            "manipulated": (precincts["classes"] > 0).astype(np.float32),
            "added": (precincts["added"] / scale).astype(np.float32),
            "moved": (precincts["moved"] / scale).astype(np.float32),
        },
        told,
    )


def _spread(number: int, most: int) -> NDArray[np.intp]:
    """At most so many places, evenly over all."""
    return np.unique(np.linspace(0, number - 1, min(number, most)).round().astype(np.intp))

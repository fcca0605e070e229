"""What the finite mixture is fitted to: counts that it can look at, and the levels that enter it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.shares import Votes
from forensics.errors import ConfigError
from forensics.kernels.mixture.model import Counts
from forensics.tables.returns import Returns

#: Fewer precincts than this are not fitted.
FEWEST = 100
#: Levels whose intercepts enter turnout and support unless others are named: from the top down.
LEVELS = 2


@dataclass(frozen=True, slots=True)
class Input:
    """Counts of the ``rows`` of the returns that are used; ``levels`` whose intercepts enter."""

    counts: Counts
    rows: NDArray[np.intp]
    excluded: int
    turnout_of: str
    levels: tuple[str, ...]


def mixture_input(returns: Returns, votes: Votes, minimum: int, levels: str) -> Input:
    """Counts and level codes.

    Parameters
    ----------
    returns : Returns
    votes : Votes
        The option that is looked at.
    minimum : int
        Smallest number of registered voters.
    levels : str
        ``"auto"`` (the two highest), ``"none"``, or names joined by commas, from the top down.

    Raises
    ------
    ConfigError
        If a level is unknown.
    """
    part = "valid" if returns.has("valid") else "ballots"
    n, t, w = returns.counts("registered"), returns.counts(part), votes.votes
    with np.errstate(invalid="ignore"):
        used = (n >= max(minimum, 1)) & (t >= 0) & (t <= n) & (w >= 0) & (w <= t)
    rows = np.flatnonzero(used)
    names = _named(returns, levels)
    units, above = [], np.zeros(len(rows), dtype=np.intp)
    for name in names:
        # A unit within the unit above it: levels of returns need not nest, those of the model do.
        codes = returns.units(name).codes[rows]
        above = (
            np.unique(np.stack([above, codes]), axis=1, return_inverse=True)[1].reshape(-1).astype(np.intp)
        )
        units.append(above)
    counts = Counts(n[rows], t[rows], w[rows], (), tuple(units))
    return Input(counts, rows, len(n) - len(rows), part, names)


def _named(returns: Returns, levels: str) -> tuple[str, ...]:
    there = tuple(returns.levels or ())
    if levels == "auto":
        return there[:LEVELS]
    if levels == "none":
        return ()
    names = tuple(name.strip() for name in levels.split(","))
    for name in names:
        if name not in there:
            raise ConfigError(
                f"finite_mixture: {name!r} is no level; level_effects is auto, none, or names of levels "
                f"joined by commas: {', '.join(there) or 'there are none'}"
            )
    return names

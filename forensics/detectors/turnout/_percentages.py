"""Turnout and share of each precinct as exact fractions of whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ratio:
    """One percentage per precinct: integers x ≤ n, valid where ``known``."""

    x: NDArray[np.int64]
    n: NDArray[np.int64]
    known: Flags


def turnout_ratio(returns: Returns) -> Ratio | None:
    """Turnout, or ``None`` where nobody reports registered voters."""
    if not returns.has("registered"):
        return None
    return ratio_of(returns.counts(returns.turnout_of), returns.counts("registered"))


def ratio_of(x: Floats, n: Floats) -> Ratio:
    """Parts and wholes as integers; known where 0 <= x <= n and n > 0."""
    with np.errstate(invalid="ignore"):
        known = (x >= 0) & (x <= n) & (n > 0)
    return Ratio(np.where(known, x, 0).astype(np.int64), np.where(known, n, 1).astype(np.int64), known)


def included_precincts(
    returns: Returns, turnout: Ratio | None, share: Ratio | None, minimum: int, maximum: float
) -> Flags:
    """Precincts that enter every quantity of one option (the published rule, in exact integers)."""
    limit = Fraction(str(maximum))
    size = returns.counts("registered" if turnout is not None else "ballots")
    keep = np.nan_to_num(size) >= max(minimum, 1)
    if returns.has("ballots"):
        keep &= np.nan_to_num(returns.counts("ballots")) > 0
    for ratio in (turnout, share):
        if ratio is not None:
            keep &= ratio.known & (ratio.x * limit.denominator <= ratio.n * limit.numerator)
    return np.asarray(keep)

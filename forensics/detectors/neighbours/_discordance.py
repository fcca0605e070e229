"""Buildings whose precincts lie far apart: how many there are, and against an earlier election."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, false_discovery_control, norm

from forensics.detectors.neighbours._buildings import Compared
from forensics.finding import Interval
from forensics.kernels.buildings import Calm, block_pvalues, calm, swapped

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: A building is discordant if calm ones lie so far apart with this probability.
DISCORDANT = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Buildings of one quantity; arrays of shape (B,).

    Parameters
    ----------
    data : Compared
    calm : Calm
    kappa, pvalues : ndarray of float64
        Variance of calm buildings with a like share, and the p-value against them.
    exact, distance : ndarray of float64
        p-value and X² under binomial counts alone.
    discordant, flagged : ndarray of bool
        p ≤ .05; the same after Benjamini–Hochberg.
    """

    data: Compared
    calm: Calm
    kappa: Floats
    pvalues: Floats
    exact: Floats
    distance: Floats
    discordant: Flags
    flagged: Flags

    def units(self, codes: Codes) -> Codes:
        """Unit of each building, from the units of the rows of the returns: that of its first precinct."""
        first = np.flatnonzero(np.diff(self.data.blocks.block, prepend=-1))
        return np.asarray(codes[self.data.rows[first]])

    def dispersion(self, here: Flags) -> float | None:
        """Pearson's φ of some buildings under binomial counts alone."""
        df = float((self.data.blocks.size[here] - 1).sum())
        return float(self.distance[here].sum()) / df if df else None

    def rejected_pairs(self, here: Flags) -> float | None:
        """Share of some buildings' pairs that the hypergeometric test of their counts rejects at .05."""
        pairs = here & (self.data.blocks.size == 2)
        return float((self.exact[pairs] <= DISCORDANT).mean()) if pairs.any() else None

    def line(self) -> list[list[float]]:
        """Standard deviation of calm logits at the 5th and the 95th of 100 shares of the buildings."""
        ends = np.quantile(self.data.blocks.pooled, (0.05, 0.95))
        return [[float(p), float(k) ** 0.5] for p, k in zip(ends, self.calm.of(ends), strict=True)]

    def deviation(self) -> Floats:
        """Standard deviation of a precinct's share less that of the others of its building, shape (k,)."""
        block = self.data.blocks.block
        weight = 1 / self.data.blocks.variance(self.kappa)
        rest = np.bincount(block, weight)[block] - weight
        return np.asarray(np.sqrt(1 / weight + 1 / rest))


def measure(data: Compared) -> Measured:
    """Buildings against the calm half of them."""
    blocks, fitted = data.blocks, calm(data.blocks)
    kappa = fitted.of(blocks.pooled)
    pvalues, none = block_pvalues(blocks, kappa), np.zeros_like(kappa)
    return Measured(
        data,
        fitted,
        kappa,
        pvalues,
        block_pvalues(blocks, none),
        blocks.distance(none),
        pvalues <= DISCORDANT,
        np.asarray(false_discovery_control(pvalues) <= DISCORDANT),
    )


@dataclass(frozen=True, slots=True)
class Table:
    """Buildings of both elections: how many are discordant in one, in the other, in either alone.

    ``pvalue`` and ``deviation`` (of the difference) by exchanging the elections.
    """

    buildings: int
    now: int
    then: int
    only_now: int
    only_then: int
    dispersion: float | None
    pvalue: float
    deviation: float

    def to_dict(self) -> dict[str, Any]:
        """The numbers by name."""
        return {
            "buildings": self.buildings,
            "now": self.now,
            "then": self.then,
            "only_now": self.only_now,
            "only_then": self.only_then,
            "dispersion": self.dispersion,
        }


def tables(
    now: Measured, then: Measured, unit: Codes, count: int, rng: np.random.Generator, n: int
) -> list[Table]:
    """The table of each unit; the buildings are the same in both."""
    draws = swapped(now.data.blocks, then.data.blocks, unit, rng, n, level=DISCORDANT)
    pvalues = draws.pvalues
    made = []
    for i in range(count):
        here = unit == i
        one, other = now.discordant & here, then.discordant & here
        drawn = i < len(pvalues)
        made.append(
            Table(
                int(here.sum()),
                int(one.sum()),
                int(other.sum()),
                int((one & ~other).sum()),
                int((other & ~one).sum()),
                then.dispersion(here),
                float(pvalues[i]) if drawn else 1.0,
                float(draws.deviation[i]) if drawn else 0.0,
            )
        )
    return made


def excess(
    discordant: int, buildings: int, table: Table | None, level: float
) -> tuple[float, Interval] | None:
    """Discordant buildings beyond the baseline's or beyond 5 %, in points; ``None`` without buildings."""
    n = buildings if table is None else table.buildings
    if not n:
        return None
    tail = (1 - level) / 2
    if table is None:
        low = float(beta.ppf(tail, discordant, n - discordant + 1)) if discordant else 0.0
        high = float(beta.ppf(1 - tail, discordant + 1, n - discordant)) if discordant < n else 1.0
        interval = Interval(100 * (low - DISCORDANT), 100 * (high - DISCORDANT), level)
        return 100 * (discordant / n - DISCORDANT), interval
    # Half a building in each of the two cells that differ: none at all is no certainty.
    spread = (table.deviation**2 + 1) ** 0.5 / n
    effect, half = (table.now - table.then) / n, float(norm.ppf(1 - tail)) * spread
    return 100 * effect, Interval(100 * max(effect - half, -1.0), 100 * min(effect + half, 1.0), level)

"""How often a test fires: on clean elections, and on manipulated ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scipy import stats

from forensics.finding import Interval

#: Level whose rejections are counted.
ALPHA = 0.05
#: A test is calibrated here if its size is surely below this.
LARGEST_SIZE = 0.08
#: Power at which a share of manipulated precincts counts as detectable.
POWER = 0.8


@dataclass(frozen=True, slots=True)
class Rejections:
    """Simulations with a p-value, and those where it was at most .05."""

    rejected: int
    simulations: int

    @property
    def share(self) -> float:
        """Share rejected."""
        return self.rejected / self.simulations

    def interval(self, confidence_level: float = 0.95) -> Interval:
        """Clopper–Pearson interval of the share."""
        tail = (1 - confidence_level) / 2
        return Interval(self._low(tail), self.upper(tail), confidence_level)

    def _low(self, tail: float) -> float:
        if not self.rejected:
            return 0.0
        return float(stats.beta.ppf(tail, self.rejected, self.simulations - self.rejected + 1))

    def upper(self, tail: float) -> float:
        """Upper Clopper–Pearson bound that leaves ``tail`` above it."""
        if self.rejected == self.simulations:
            return 1.0
        return float(stats.beta.ppf(1 - tail, self.rejected + 1, self.simulations - self.rejected))


@dataclass(frozen=True, slots=True)
class Reading:
    """What the p-value of one detector and quantity means with these precincts.

    Parameters
    ----------
    method, quantity : str
        Which test.
    clean : mapping of str to Rejections
        Per generator; the less favourable one is the size.
    calibrated : bool
        Whether the upper Clopper–Pearson bound of the size, 5 % divided by the number of tests
        above it, is below .08.
    power : mapping of str to tuple of (intensity, power)
        Per manipulation.
    detectable_share : float or None
        Smallest share of manipulated precincts with 80 % power; ``None`` where that takes more
        than the largest share tried, or nothing was planted.
    """

    method: str
    quantity: str
    clean: Mapping[str, Rejections] = field(hash=False)
    calibrated: bool
    power: Mapping[str, tuple[tuple[float, float], ...]] = field(hash=False)
    detectable_share: float | None

    @property
    def rejections(self) -> Rejections:
        """Those on clean elections of the less favourable generator."""
        return least_favourable(self.clean.values())

    def to_dict(self) -> dict[str, Any]:
        """The entry of ``calibrate --json``."""
        worst = self.rejections
        interval = worst.interval()
        return {
            "method": self.method,
            "quantity": self.quantity,
            "size": worst.share,
            "size_interval": [interval.low, interval.high],
            "calibrated": self.calibrated,
            "power": {kind: [list(pair) for pair in pairs] for kind, pairs in self.power.items()},
            "detectable_share": self.detectable_share,
        }


def least_favourable(clean: Iterable[Rejections]) -> Rejections:
    """The one that rejects most often; the one of fewer simulations where two agree."""
    return max(clean, key=lambda one: (one.share, -one.simulations))


def is_calibrated(clean: Iterable[Rejections], tests: int) -> bool:
    """Whether the size is surely below .08, allowing for so many tests being looked at."""
    return least_favourable(clean).upper(ALPHA / tests) < LARGEST_SIZE


def detectable_share(powers: Iterable[tuple[float, float]]) -> float | None:
    """The share with 80 % power, interpolated between the shares tried; the first where it has it already.

    Parameters
    ----------
    powers : iterable of (share, power)
        Shares ascending.
    """
    before: tuple[float, float] | None = None
    for share, power in powers:
        if power >= POWER:
            if before is None:
                return share
            return before[0] + (share - before[0]) * (POWER - before[1]) / (power - before[1])
        before = (share, power)
    return None

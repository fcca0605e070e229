"""How often a test fires: on clean elections, and on manipulated ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from scipy import stats

from forensics.finding import Interval
from forensics.messages.message import Message, Sentences

#: What sizes and powers were measured on, as sentences call it.
MEASURED = Sentences("measured", here="these precincts", standard="standard scenarios")

#: Level whose rejections are counted.
ALPHA = 0.05
#: A second, smaller one: how the tail behaves that evidence is read from.
TAIL = 0.01
#: A test is calibrated here if its size is surely below this.
LARGEST_SIZE = 0.08
#: Power at which a share of manipulated precincts counts as detectable.
POWER = 0.8
#: An excess of rejections that chance gives with this probability is taken for chance.
CHANCE = 0.01
#: Number of times a size may be looked at while simulations are added: each look spends a part of the 5 %.
LOOKS = 4


@dataclass(frozen=True, slots=True)
class Rejections:
    """Simulations with a p-value, and those where it was at most .05 (``tail``: at most .01)."""

    rejected: int
    simulations: int
    tail: int = 0

    @property
    def share(self) -> float:
        """Share rejected."""
        return self.rejected / self.simulations

    @property
    def inflation(self) -> float:
        """How many times too large the normal score of a p-value is at .05 or .01; at least 1.

        A test that rejects 8 % at .05 gives scores 1.645 / 1.405 times too large there. 1 where the
        excess may be chance (one-sided exact binomial p > .01), infinite where half of the
        simulations or more reject.
        """
        seen = ((ALPHA, self.rejected), (TAIL, self.tail))
        return max(1.0, *(_times(level, number, self.simulations) for level, number in seen))

    def interval(self, confidence_level: float = 0.95) -> Interval:
        """Clopper–Pearson interval of the share."""
        tail = (1 - confidence_level) / 2
        return Interval(self.lower(tail), self.upper(tail), confidence_level)

    def lower(self, tail: float) -> float:
        """Lower Clopper–Pearson bound that leaves ``tail`` below it."""
        if not self.rejected:
            return 0.0
        return float(stats.beta.ppf(tail, self.rejected, self.simulations - self.rejected + 1))

    def upper(self, tail: float) -> float:
        """Upper Clopper–Pearson bound that leaves ``tail`` above it."""
        if self.rejected == self.simulations:
            return 1.0
        return float(stats.beta.ppf(1 - tail, self.rejected + 1, self.simulations - self.rejected))


def _times(level: float, rejected: int, simulations: int) -> float:
    share = rejected / simulations
    if share <= level or stats.binom.sf(rejected - 1, simulations, level) > CHANCE:
        return 1.0
    return float(stats.norm.isf(level) / stats.norm.isf(share)) if share < 0.5 else float("inf")


def where_measured(readings: Readings) -> Message | str:
    """What readings were measured on, said in the language of the sentence that it stands in."""
    on = readings.measured_on
    return next((MEASURED(name) for name, text in MEASURED.sources.items() if text == on), on)


class Readings(Protocol):
    """Where readings come from: a calibration on these precincts, or the standard scenarios."""

    def reading(self, method: str, quantity: str) -> Reading | None:
        """That of a test, if it was measured."""

    @property
    def measured_on(self) -> str:
        """``"these precincts"`` or ``"standard scenarios"``."""


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
        Whether the upper Clopper–Pearson bound of the size, 5 % divided by the number of detectors
        and of looks above it, is below .08.
    power : mapping of str to tuple of (intensity, power)
        Per manipulation.
    detectable_share : float or None
        Smallest share of manipulated precincts with 80 % power; ``None`` where that takes more
        than the largest share tried, or nothing was planted.
    units : mapping of str to Rejections
        Per generator, over the top-level units of the clean elections.
    """

    method: str
    quantity: str
    clean: Mapping[str, Rejections] = field(hash=False)
    calibrated: bool
    power: Mapping[str, tuple[tuple[float, float], ...]] = field(hash=False)
    detectable_share: float | None
    units: Mapping[str, Rejections] = field(default_factory=dict, hash=False)

    @property
    def rejections(self) -> Rejections:
        """Those on clean elections of the less favourable generator."""
        return least_favourable(self.clean.values())

    def corrected(self, pvalue: float, *, national: bool = True) -> float:
        """The p-value less significant by as much as clean elections showed it to be too small.

        Its normal score is divided by the :attr:`Rejections.inflation` of the less favourable
        generator; a test that keeps its level is left as it is.
        """
        seen = self.clean if national or not self.units else self.units
        times = max((one.inflation for one in seen.values()), default=1.0)
        score = float(stats.norm.isf(pvalue))
        return pvalue if score <= 0 or times == 1 else float(stats.norm.sf(score / times))

    def summary(self) -> dict[str, Any]:
        """The object ``calibration`` of a finding."""
        worst = self.rejections
        interval = worst.interval()
        return {
            "size": worst.share,
            "size_interval": [interval.low, interval.high],
            "calibrated": self.calibrated,
            "power": {kind: [list(pair) for pair in pairs] for kind, pairs in self.power.items()},
            "detectable": self.detectable_share,
            "simulations": worst.simulations,
        }

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
            "simulations": worst.simulations,
            "clean": _counts(self.clean),
            "units": _counts(self.units),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Reading:
        """The reading that :meth:`to_dict` wrote."""
        return cls(
            method=content["method"],
            quantity=content["quantity"],
            clean=_rejections(content["clean"]),
            calibrated=content["calibrated"],
            power={kind: tuple((i, p) for i, p in pairs) for kind, pairs in content["power"].items()},
            detectable_share=content["detectable_share"],
            units=_rejections(content["units"]),
        )


def _counts(seen: Mapping[str, Rejections]) -> dict[str, list[int]]:
    """Rejections at .05, at .01, and simulations, per generator."""
    return {name: [one.rejected, one.tail, one.simulations] for name, one in seen.items()}


def _rejections(content: Mapping[str, Any]) -> dict[str, Rejections]:
    return {name: Rejections(low, n, tail) for name, (low, tail, n) in content.items()}


def least_favourable(clean: Iterable[Rejections]) -> Rejections:
    """The one that rejects most often; the one of fewer simulations where two agree."""
    return max(clean, key=lambda one: (one.share, -one.simulations))


def is_calibrated(clean: Iterable[Rejections], detectors: int, looks: int = 1) -> bool:
    """Whether the size is surely below .08, allowing for so many detectors being looked at so often."""
    return least_favourable(clean).upper(ALPHA / detectors / looks) < LARGEST_SIZE


def is_open(clean: Iterable[Rejections], detectors: int, looks: int = 1) -> bool:
    """Whether the simulations leave it open on which side of .08 the size is."""
    worst, tail = least_favourable(clean), ALPHA / detectors / looks
    return worst.lower(tail) <= LARGEST_SIZE <= worst.upper(tail)


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

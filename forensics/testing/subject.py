"""A detector with what it is given besides returns, and the numbers of what it finds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from forensics.detectors.registry import Detector
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings, Skipped
from forensics.tables.returns import Returns

#: Largest relative difference that another order of the rows may make: sums in another order.
ROUNDING = 1e-9
#: Numbers of one finding, by what they are called.
Numbers = dict[str, float | int | bool | None]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tried: a detector, what it is given beside returns, and the elections it is tried on."""

    entry: Detector
    elections: Callable[[int], Returns]
    beside: Callable[[Returns], Mapping[str, Any]]
    rng: int

    def run(self, returns: Returns, **more: Any) -> Findings:
        """Its findings, with the seed where it takes one."""
        seed = {"rng": self.rng} if "rng" in self.entry.parameters else {}
        found = self.entry.run(returns, **(seed | dict(self.beside(returns)) | more))
        if not isinstance(found, Findings):
            given = type(found).__name__
            raise ConfigError(f"{self.entry.id} returned {given}; a detector returns Findings")
        return found


def entry_of(detector: Any) -> Detector:
    """The registry's entry of a decorated function.

    Raises
    ------
    ConfigError
        If the function is not under ``@forensics.detector``, or takes no returns first.
    """
    entry = detector if isinstance(detector, Detector) else getattr(detector, "entry", None)
    if not isinstance(entry, Detector):
        raise ConfigError(f"{detector!r} is no detector: put @forensics.detector(family=...) above it")
    if entry.first:
        raise ConfigError(f"{entry.id} takes {entry.first} first, and these rules are about returns")
    return entry


def numbers(findings: Findings, called: Mapping[str, str] = MappingProxyType({})) -> dict[str, Numbers]:
    """Every number of every finding by its identifier; skipped ones by their scope.

    ``called`` gives back the names that options had before, where an identifier holds one.
    """
    told: dict[str, Numbers] = {}
    for item in findings:
        id = f"skipped:{item.scope.key}" if isinstance(item, Skipped) else item.id
        for new, old in called.items():
            id = id.replace(new, old)
        told[id] = {} if isinstance(item, Skipped) else _of(item)
    return told


def _of(item: Finding) -> Numbers:
    low, high = (None, None) if item.interval is None else (item.interval.low, item.interval.high)
    return {
        "statistic": item.statistic,
        "pvalue": item.pvalue,
        "effect": item.effect,
        "low": low,
        "high": high,
        "n": item.n,
        "excluded": item.excluded,
        "underpowered": item.underpowered,
    }


def difference(
    one: Findings,
    other: Findings,
    rounding: float = ROUNDING,
    called: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The first difference between two runs as a text; empty where there is none."""
    before, after = numbers(one), numbers(other, called)
    if list(before) != list(after):
        gone = [id for id in before if id not in after] or [id for id in after if id not in before]
        return f"the findings are others ({gone[0] if gone else 'their order'})"
    for id, told in before.items():
        for name, value in told.items():
            now = after[id][name]
            if not _same(value, now, rounding):
                return f"{name} of {id} was {value} and is {now}"
    return ""


def _same(value: float | None, now: float | None, rounding: float) -> bool:
    if value is None or now is None:
        return value is now
    return math.isclose(value, now, rel_tol=rounding, abs_tol=rounding)

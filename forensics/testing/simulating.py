"""How often a detector fires on simulated elections: clean ones, and those with a manipulation planted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from forensics.evidence.reading import ALPHA, Rejections
from forensics.finding import Findings
from forensics.simulation.manipulations.planting import manipulate
from forensics.tables.returns import Returns
from forensics.testing.rules import Outcome
from forensics.testing.subject import Subject

#: A size is too large where the exact lower bound at this level is above .05: one-sided, divided by tests.
SURE = 0.01
#: Share of precincts in which a manipulation is planted.
PLANTED = 0.1
Plant = Callable[[Returns, int], Returns]


def size(subject: Subject, simulations: int) -> Outcome:
    """Clean elections, each with a seed of its own."""
    seen = _counted(subject, (subject.elections(1000 + i) for i in range(simulations)))
    if not seen:
        return Outcome("size", None, "no finding has a p-value")
    told = "; ".join(f"{quantity} {_told(one)}" for quantity, one in seen.items())
    sure = [quantity for quantity, one in seen.items() if one.lower(SURE / len(seen)) > ALPHA]
    return Outcome("size", not sure, f"{simulations} clean elections: {told}")


def power(subject: Subject, planted: str | Plant | None, simulations: int) -> Outcome:
    """The same elections with the manipulation that the detector is for."""
    if planted is None:
        return Outcome("power", None, "no manipulation is named (planted=)")
    plant = planted if callable(planted) else _planting(planted)
    seen = _counted(subject, (plant(subject.elections(2000 + i), i) for i in range(simulations)))
    if not seen:
        return Outcome("power", None, "no finding has a p-value")
    told = "; ".join(f"{quantity} {_told(one)}" for quantity, one in seen.items())
    sure = any(one.lower(SURE / len(seen)) > ALPHA for one in seen.values())
    name = planted if isinstance(planted, str) else getattr(planted, "__name__", "one of its own")
    return Outcome("power", sure, f"{simulations} elections with {name}: {told}")


def _planting(kind: str) -> Plant:
    def plant(returns: Returns, seed: int) -> Returns:
        return manipulate(returns, kind, share=PLANTED, rng=seed)[0]

    return plant


def _counted(subject: Subject, elections: Any) -> dict[str, Rejections]:
    """National p-values of each quantity at .05 and .01."""
    pvalues: dict[str, list[float]] = {}
    for returns in elections:
        for quantity, value in _pvalues(subject.run(returns)):
            pvalues.setdefault(quantity, []).append(value)
    return {quantity: _rejections(values) for quantity, values in pvalues.items()}


def _pvalues(findings: Findings) -> Sequence[tuple[str, float]]:
    national = findings.select(scope="national").tested
    return [(item.quantity, item.pvalue) for item in national if item.pvalue is not None]


def _rejections(values: Sequence[float]) -> Rejections:
    return Rejections(sum(v <= ALPHA for v in values), len(values), sum(v <= SURE for v in values))


def _told(one: Rejections) -> str:
    interval = one.interval()
    return f"{one.share:.2f} [{interval.low:.2f}, {interval.high:.2f}]"

"""Tasks of a plan: a detector on all levels, or, where its levels can be run apart, on one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forensics.auditing.plan import Step
from forensics.detectors.registry import find_detector
from forensics.finding import Finding, Findings, Skipped

Levels = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A step of the plan by its place, and the levels that it is run on."""

    place: int
    step: Step
    levels: Levels

    @property
    def name(self) -> str:
        """Name of the file that keeps it."""
        levels = "-".join(level or "national" for level in self.levels)
        return f"{self.place:03d}-{self.step.id}-{levels}.findings"


def tasks_of(steps: Sequence[Step], places: Iterable[int], levels: Levels, *, apart: bool) -> list[Task]:
    """Tasks of some steps, in the order of the plan, or, apart, those that take longest first.

    Parameters
    ----------
    steps : sequence of Step
        All of the plan.
    places : iterable of int
        Those that are run now.
    levels : tuple of (str or None)
        ``None`` is the nation.
    apart : bool
        Whether levels that can be are run apart.
    """
    tasks = []
    for place in places:
        entry = find_detector(steps[place].id)
        split = apart and entry.apart and "by" in entry.parameters
        each = [(level,) for level in levels] if split else [levels]
        tasks += [Task(place, steps[place], chosen) for chosen in each]
    if not apart:
        return tasks
    # Drawing random numbers is what takes long, and a long task that starts last is waited for.
    return sorted(tasks, key=lambda task: "rng" not in find_detector(task.step.id).parameters)


def joined(parts: Sequence[Findings]) -> Findings:
    """Findings of levels that were run apart as if they had been run together.

    Detectors go through their quantities first, then through the levels; what is skipped on every
    level for one reason is told once.
    """
    if len(parts) == 1:
        return parts[0]
    items = [item for part in parts for item in part]
    first: dict[str, int] = {}
    for item in items:
        first.setdefault(_quantity(item), len(first))
    ordered = sorted(items, key=lambda item: first[_quantity(item)])
    told: dict[Skipped, None] = {}
    kept = []
    for item in ordered:
        if isinstance(item, Skipped):
            if item in told:
                continue
            told[item] = None
        kept.append(item)
    return Findings(kept)


def _quantity(item: Finding | Skipped) -> str:
    return item.quantity if isinstance(item, Finding) else ""

"""The rules of the house by name, and the error that says which of them a detector breaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

RULES: Mapping[str, str] = MappingProxyType(
    {
        "form": "A detector is registered under its function's name; returns come first and "
        "positional-only, every parameter after them is keyword-only.",
        "docstring": "The docstring states the null and the innocent explanations.",
        "null": "Every finding states its null, and prints it before any number.",
        "innocent": "Every finding has innocent explanations, and prints them.",
        "skipped": "Without a column that it needs a detector is Skipped with a reason; without any other "
        "it does not fail.",
        "underpowered": "With too few precincts a finding has no p-value.",
        "mutation": "The returns are what they were before.",
        "rng": "The same rng gives the same findings, and the global state of numpy is neither read nor "
        "changed.",
        "hash_seed": "The findings do not depend on PYTHONHASHSEED: no set groups or orders anything.",
        "order": "The order of the precincts changes nothing.",
        "options": "The names of the options change nothing.",
        "precincts": "The names of the precincts change nothing.",
        "split": "A file in two parts changes nothing.",
        "size": "On clean elections p <= .05 is not surely more frequent than 5 %.",
        "power": "On elections with the manipulation that it is for, p <= .05 is surely more frequent than "
        "5 %.",
    }
)


class BrokenRule(AssertionError):
    """A detector does not keep to the house rules: each broken one by name, with what was seen.

    Parameters
    ----------
    detector : str
        Identifier.
    broken : mapping of str to str
        What was seen, by the name of the rule in :data:`RULES`.
    """

    def __init__(self, detector: str, broken: Mapping[str, str]) -> None:
        self.detector = detector
        self.broken = dict(broken)
        told = "".join(f"\n  {rule}: {RULES[rule]} Here: {seen}" for rule, seen in broken.items())
        super().__init__(f"{detector} breaks {len(broken)} of the house rules{told}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen of one rule.

    Parameters
    ----------
    rule : str
        A name in :data:`RULES`.
    held : bool or None
        ``None`` where it was not looked at; ``seen`` says why.
    seen : str
        Numbers, or what was found.
    """

    rule: str
    held: bool | None
    seen: str = ""

    def __str__(self) -> str:
        state = {True: "held", False: "broken", None: "not looked at"}[self.held]
        return f"{self.rule}: {state}" + (f" ({self.seen})" if self.seen else "")

"""What a detector has to keep to, as a test: ``check_detector`` for those that other packages add."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forensics.testing.checking import check_detector as check_detector
    from forensics.testing.elections import clean_election as clean_election
    from forensics.testing.rules import RULES as RULES
    from forensics.testing.rules import BrokenRule as BrokenRule
    from forensics.testing.rules import Outcome as Outcome

_HOMES = {
    "BrokenRule": "rules",
    "Outcome": "rules",
    "RULES": "rules",
    "check_detector": "checking",
    "clean_election": "elections",
}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return __dir__()
    if name not in _HOMES:
        raise AttributeError(f"module 'forensics.testing' has no attribute {name!r}")
    return getattr(importlib.import_module(f"forensics.testing.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)

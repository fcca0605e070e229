"""Simulated elections with known truth; knows no detector."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forensics.simulation.hierarchical import clean as clean
    from forensics.simulation.specification import demonstration as demonstration
    from forensics.simulation.specification import read_specification as read_specification

_HOMES = {"clean": "hierarchical", "demonstration": "specification", "read_specification": "specification"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'forensics.simulation' has no attribute {name!r}")
    return getattr(importlib.import_module(f"forensics.simulation.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)

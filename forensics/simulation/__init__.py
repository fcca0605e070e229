"""Simulated elections with known truth; knows no detector."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forensics.simulation.demonstrating import demonstration as demonstration
    from forensics.simulation.demonstrating import embedded as embedded
    from forensics.simulation.drawing import draw as draw
    from forensics.simulation.fitting import fit as fit
    from forensics.simulation.hierarchical import clean as clean
    from forensics.simulation.manipulations.planting import manipulate as manipulate
    from forensics.simulation.manipulations.registry import MANIPULATIONS as MANIPULATIONS
    from forensics.simulation.manipulations.registry import TABULATION as TABULATION
    from forensics.simulation.manipulations.tampering import tamper as tamper
    from forensics.simulation.parameters import Specification as Specification
    from forensics.simulation.simulated import Simulated as Simulated
    from forensics.simulation.specification import read_specification as read_specification
    from forensics.simulation.specification import write_specification as write_specification
    from forensics.simulation.totals import totals_of as totals_of
    from forensics.simulation.writing import write_simulated as write_simulated

_HOMES = {
    "MANIPULATIONS": "manipulations.registry",
    "Simulated": "simulated",
    "Specification": "parameters",
    "TABULATION": "manipulations.registry",
    "clean": "hierarchical",
    "demonstration": "demonstrating",
    "draw": "drawing",
    "embedded": "demonstrating",
    "fit": "fitting",
    "manipulate": "manipulations.planting",
    "read_specification": "specification",
    "tamper": "manipulations.tampering",
    "totals_of": "totals",
    "write_simulated": "writing",
    "write_specification": "specification",
}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return __dir__()
    if name not in _HOMES:
        from forensics.errors import meant

        near = meant(name, _HOMES)
        raise AttributeError(f"module 'forensics.simulation' has no attribute {name!r}{near}")
    return getattr(importlib.import_module(f"forensics.simulation.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)

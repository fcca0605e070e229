"""Trajectories: phases that an analyst sees a norm in, with reasons; never computed, and no score.

The spiral model (Risse, Ropp and Sikkink 1999) and the norm life cycle (Finnemore and Sikkink
1998). The phases need not follow in order: Hoffmann finds of Kazakhstan that they do not.
"""

from __future__ import annotations

import msgspec

from forensics.commitments.days import When
from forensics.commitments.toml_files import Text

SPIRAL, LIFE_CYCLE = "spiral model", "norm life cycle"
#: Phases of each framework, in its own order.
FRAMEWORKS: dict[str, tuple[str, ...]] = {
    SPIRAL: (
        "repression",
        "denial",
        "tactical concessions",
        "prescriptive status",
        "rule-consistent behaviour",
    ),
    LIFE_CYCLE: ("emergence", "cascade", "internalisation"),
}


class Phase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A phase from a day to another (open where it lasts), and why the analyst sees it."""

    phase: str
    rationale: Text
    source: Text
    start: When
    end: When | None = None


class Trajectory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one analyst reads the history of one norm in the terms of one framework."""

    id: Text
    norm: Text
    framework: str
    coder: Text
    phase: tuple[Phase, ...]

"""Reporting units of an election report: names, what lies in what, and which of them are precincts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from forensics.tables.formats._tree import Node, nodes, references, words

#: Types of units that become levels, from the top down; districts cut across them and do not.
LEVELS: dict[str, tuple[str, ...]] = {
    "state": ("state",),
    "county": ("county",),
    "municipality": ("municipality", "city", "town", "township", "borough", "village"),
}
_LEVEL_OF = {kind: level for level, kinds in LEVELS.items() for kind in kinds}
#: What counts within a precinct, and is none.
PARTS = ("ballot-batch", "drop-box")
_DEVICE = "ReportingDevice"


@dataclass(frozen=True, slots=True)
class Unit:
    """One reporting unit; ``registered`` is empty where it is not given."""

    id: str
    name: str
    type: str
    device: bool
    registered: str
    participated: str
    inside: tuple[str, ...]
    node: Node = field(repr=False)


@dataclass(frozen=True, slots=True)
class Units:
    """All units of a report by identifier, and the units that each lies in."""

    by_id: dict[str, Unit]
    above: dict[str, tuple[str, ...]]

    def ancestors(self, unit: str) -> tuple[str, ...]:
        """Every unit that this one lies in, the nearest first; a circle is walked once."""
        found: dict[str, None] = {}
        queue = [unit]
        while queue:
            for parent in self.above.get(queue.pop(0), ()):
                if parent not in found and parent != unit:
                    found[parent] = None
                    queue.append(parent)
        return tuple(found)

    def levels(self, unit: str) -> dict[str, str]:
        """Name of the nearest unit of each level that this one lies in."""
        named: dict[str, str] = {}
        for parent in self.ancestors(unit):
            level = _LEVEL_OF.get(self.by_id[parent].type)
            if level is not None:
                named.setdefault(level, self.by_id[parent].name)
        return named

    def over(self, reporting: Iterable[str]) -> dict[str, int]:
        """Units that lie over others among those that report, with how many they are over."""
        several: dict[str, int] = {}
        for unit in reporting:
            for parent in self.ancestors(unit):
                several[parent] = several.get(parent, 0) + 1
        return several


def units_of(root: Node) -> Units:
    """The reporting units of a report."""
    by_id: dict[str, Unit] = {}
    above: dict[str, list[str]] = {}
    for node in nodes(root, "GpUnit"):
        own = str(node.get("@id", ""))
        inside = references(node, "ComposingGpUnitIds")
        kind = words(node, "Type")
        by_id[own] = Unit(
            own,
            words(node, "Name") or words(node, "Number") or own,
            words(node, "OtherType") if kind == "other" else kind,
            str(node.get("@type", "")).endswith(_DEVICE),
            words(node, "VotersRegistered"),
            words(node, "VotersParticipated"),
            tuple(inside),
            node,
        )
        for one in inside:
            above.setdefault(one, []).append(own)
    known = {one: tuple(parent for parent in parents if parent in by_id) for one, parents in above.items()}
    return Units(by_id, known)

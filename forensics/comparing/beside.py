"""One test of one quantity over the elections: what each says, and whether they may be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from forensics.comparing.documents import Entry
from forensics.comparing.elections import Election
from forensics.messages.message import Message, Sentences
from forensics.tables.pairing import spelling

#: What an option under study is called: another one in another election is no other definition.
OPTION = ("option",)
#: Words in a quantity that speaks of the option under study without a parameter that names it.
_ABOUT = ("leader", "share", "either")
#: How closely a test was computed, which is no other definition either.
PRECISION = ("n_resamples", "jitters", "draws", "chains")

SAY = Sentences(
    "beside",
    parameter="{name}: {values}",
    value="{value} ({elections})",
    absent="not stated",
    unit="unit of the effect",
    level="confidence level",
    version="version",
    not_planned="The plan of this audit does not have the test.",
    other_quantity="The test ran, but not for this quantity.",
    elsewhere="The test ran here only by unit.",
)


@dataclass(frozen=True)
class Beside:
    """One test, quantity and part of the country over all elections, in their order.

    Parameters
    ----------
    method, family, quantity : str
    level : str
        Level of the unit; ``"national"`` for all that each audit is of.
    unit : str
        Name of the unit as the first election that has it spells it; empty for the nation.
    entries : tuple of Entry or None
        The finding of each election.
    reasons : tuple of str
        Why there is none, in the audit's own words; empty where there is one.
    differs : tuple of Message
        Definitions that are not the same in all of them: with any, effects are not comparable.
    options : tuple of str
        Options under study, where they differ.
    """

    method: str
    family: str
    quantity: str
    level: str
    unit: str
    entries: tuple[Entry | None, ...]
    reasons: tuple[str, ...]
    differs: tuple[Message, ...]
    options: tuple[str, ...]

    @property
    def comparable(self) -> bool:
        """Whether all that have the test have it under the same definition."""
        return not self.differs

    @property
    def there(self) -> tuple[Entry, ...]:
        """The findings that there are."""
        return tuple(entry for entry in self.entries if entry is not None)


def national(elections: Sequence[Election]) -> tuple[Beside, ...]:
    """Every test and quantity of the audits' own scopes, in the order in which they first occur."""
    found: dict[tuple[str, str], list[Entry | None]] = {}
    for place, election in enumerate(elections):
        own = election.document.scope
        for entry in election.document.findings:
            if entry.scope == own:
                _put(found, (entry.method, entry.quantity), place, entry, len(elections))
    return tuple(_beside("national", "", entries, elections) for entries in found.values())


def by_unit(elections: Sequence[Election]) -> tuple[Beside, ...]:
    """Every test, quantity and unit that at least two elections have under one name."""
    found: dict[tuple[str, ...], list[Entry | None]] = {}
    below = [(place, one, _units(one)) for place, one in enumerate(elections)]
    keys = unit_keys(scope for _, _, entries in below for scope in (entry.scope for entry in entries))
    for place, _, entries in below:
        for entry in entries:
            key = (entry.method, entry.quantity, *keys[_named(entry.scope)])
            _put(found, key, place, entry, len(elections))
    return tuple(
        _beside(first.scope["level"], unit_name(first.scope), entries, elections)
        for entries in found.values()
        if len(there := [entry for entry in entries if entry is not None]) > 1
        for first in there[:1]
    )


def unmatched_units(elections: Sequence[Election]) -> tuple[tuple[tuple[str, str, int], ...], ...]:
    """Of each election the units (level, name, most precincts used) that no other one has."""
    below = [_units(one) for one in elections]
    keys = unit_keys(entry.scope for entries in below for entry in entries)
    held: list[dict[tuple[str, ...], tuple[str, str, int]]] = []
    for entries in below:
        mine: dict[tuple[str, ...], tuple[str, str, int]] = {}
        for entry in entries:
            key = keys[_named(entry.scope)]
            most = max(entry.n, mine[key][2] if key in mine else 0)
            mine[key] = (entry.scope["level"], unit_name(entry.scope), most)
        held.append(mine)
    return tuple(
        tuple(
            unit
            for key, unit in mine.items()
            if not any(key in other for at, other in enumerate(held) if at != place)
        )
        for place, mine in enumerate(held)
    )


def unit_keys(scopes: Iterable[Mapping[str, str]]) -> dict[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """What identifies each unit: its level and its names, without case and punctuation."""
    named = list(dict.fromkeys(_named(scope) for scope in scopes))
    texts = pd.Series([value for scope in named for _, value in scope], dtype="object")
    plain = iter(spelling(texts).fillna("").tolist() if len(texts) else [])
    return {scope: tuple(f"{column}={next(plain)}" for column, _ in scope) for scope in named}


def unit_name(scope: Mapping[str, str]) -> str:
    """The unit as a reader calls it: every level that names it."""
    return " / ".join(name for column, name in scope.items() if column != "level")


def _named(scope: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(scope.items())


def _units(election: Election) -> list[Entry]:
    own = election.document.scope
    return [entry for entry in election.document.findings if entry.scope != own and len(entry.scope) > 1]


def _put(found: dict[Any, list[Entry | None]], key: Any, place: int, entry: Entry, elections: int) -> None:
    found.setdefault(key, [None] * elections)[place] = entry


def _beside(
    level: str, unit: str, entries: Sequence[Entry | None], elections: Sequence[Election]
) -> Beside:
    first = next(entry for entry in entries if entry is not None)
    options = [
        "" if entry is None else _option(entry, election)
        for entry, election in zip(entries, elections, strict=True)
    ]
    known = [option for option in options if option]
    return Beside(
        method=first.method,
        family=first.family,
        quantity=first.quantity,
        level=level,
        unit=unit,
        entries=tuple(entries),
        reasons=tuple(
            "" if entry is not None else _reason(first, level, election)
            for entry, election in zip(entries, elections, strict=True)
        ),
        differs=_differences(entries, elections),
        options=tuple(options) if len(dict.fromkeys(known)) > 1 else (),
    )


def _option(entry: Entry, election: Election) -> str:
    """The option under study, of a test that is about one."""
    named = next((str(entry.parameters[name]) for name in OPTION if entry.parameters.get(name)), "")
    if named or not any(word in entry.quantity for word in _ABOUT):
        return named
    return str(election.document.provenance.get("leader") or "")


def _reason(first: Entry, level: str, election: Election) -> str:
    """Why an election has no such finding: its own words, where it has any."""
    document = election.document
    ran = [entry for entry in document.findings if entry.method == first.method]
    said = dict.fromkeys(
        item.reason
        for item in document.skipped
        if item.method == first.method and (level != "national" or item.scope == document.scope)
    )
    # A test of several relations says of each why it was not looked at: only this one's reason is meant.
    formula = str(first.parameters.get("formula", ""))
    meant = [reason for reason in said if not (ran and formula) or formula in reason]
    if meant:
        return " ".join(meant)
    if level == "national" and any(entry.quantity == first.quantity for entry in ran):
        return str(SAY("elsewhere"))
    return str(SAY("other_quantity" if ran else "not_planned"))


def _differences(entries: Sequence[Entry | None], elections: Sequence[Election]) -> tuple[Message, ...]:
    """Each part of the definition that is not the same in all elections that have the test."""
    pairs = [(entry, one) for entry, one in zip(entries, elections, strict=True) if entry is not None]
    names = dict.fromkeys(name for entry, _ in pairs for name in entry.parameters)
    said: dict[str, list[str]] = {
        name: [_shown(entry.parameters, name) for entry, _ in pairs]
        for name in names
        if name not in (*OPTION, *PRECISION)
    }
    said[str(SAY("unit"))] = [entry.unit for entry, _ in pairs]
    with_interval = [entry for entry, _ in pairs if entry.confidence_level is not None]
    if len(with_interval) == len(pairs):
        said[str(SAY("level"))] = [f"{entry.confidence_level:g}" for entry, _ in pairs]
    said[str(SAY("version"))] = [one.document.version for _, one in pairs]
    return tuple(
        SAY("parameter", name=name, values=_listed(values, [one.short for _, one in pairs]))
        for name, values in said.items()
        if len(dict.fromkeys(values)) > 1
    )


def _shown(parameters: Mapping[str, Any], name: str) -> str:
    if name not in parameters:
        return str(SAY("absent"))
    value = parameters[name]
    return value if isinstance(value, str) else str(value)


def _listed(values: Sequence[str], names: Sequence[str]) -> str:
    """Each value with the elections that have it."""
    which: dict[str, list[str]] = {}
    for value, name in zip(values, names, strict=True):
        which.setdefault(value, []).append(name)
    return "; ".join(
        str(SAY("value", value=value, elections=", ".join(elections))) for value, elections in which.items()
    )

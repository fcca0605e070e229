"""The plan: what will be run, in which order, with which seeds, fixed and hashed before anyone looks."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from forensics.detectors.registry import FAMILIES as FAMILIES
from forensics.detectors.registry import all_detectors, detector_ids, find_detector
from forensics.errors import ConfigError
from forensics.tables.returns import Returns

SCHEMA_VERSION = 1


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One detector of the plan with the parameters that differ from its defaults."""

    id: str
    parameters: dict[str, Any] = {}


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the plan is for: enough to find the same returns again, and to notice if they differ."""

    name: str
    digest: str
    precincts: int
    sha256: str = ""
    profile: str = ""
    where: str = ""
    leader: str = ""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Detectors in order, levels, seed and subject; its hash covers all of them.

    Parameters
    ----------
    returns : Subject
        Name, digest, rows, profile, filter and leader of the returns that it is for.
    seed : int
        Of everything drawn.
    levels : list of str
        Levels besides the nation.
    detectors : list of Step
        Identifiers, in the order in which they are run, with their parameters.
    schema_version : int
        Of the file.
    """

    returns: Subject
    seed: int
    levels: list[str]
    detectors: list[Step]
    schema_version: int = SCHEMA_VERSION

    @property
    def hash(self) -> str:
        """SHA-256 of the plan's content, whatever the layout of the file it stands in."""
        content = json.dumps(msgspec.to_builtins(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    def to_toml(self) -> str:
        """The plan as a TOML text that begins with its hash."""
        import tomli_w

        content = msgspec.to_builtins(self)
        content["detectors"] = [
            {key: value for key, value in step.items() if value != {}} for step in content["detectors"]
        ]
        return tomli_w.dumps({"hash": self.hash, **content})


def read_plan(path: str | Path) -> Plan:
    """A plan file, with its hash checked.

    Parameters
    ----------
    path : path
        A file that ``forensics plan`` or an audit wrote.

    Returns
    -------
    Plan
        As it was frozen.

    Raises
    ------
    ConfigError
        If the file is missing, is no plan, names an unknown detector, or was changed after it was
        frozen.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path.name}: the plan cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: this is no TOML file ({error})") from error
    stated = content.pop("hash", None)
    try:
        plan = msgspec.convert(content, Plan)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path.name}: this is no plan: {error}") from error
    if plan.schema_version != SCHEMA_VERSION:
        raise ConfigError(
            f"{path.name}: the plan has schema_version {plan.schema_version}; "
            f"this version reads {SCHEMA_VERSION}"
        )
    for step in plan.detectors:
        _check_step(step, path.name)
    if stated != plan.hash:
        raise ConfigError(
            f"{path.name}: the plan was changed after it was frozen (hash {_short(stated)} stated, "
            f"{_short(plan.hash)} found); make a new one with forensics plan"
        )
    return plan


def _check_step(step: Step, name: str) -> None:
    try:
        entry = find_detector(step.id)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from error
    unknown = [key for key in step.parameters if key not in entry.parameters]
    if unknown:
        raise ConfigError(
            f"{name}: {step.id} has no parameter {unknown[0]!r}; its parameters are "
            f"{', '.join(entry.parameters)}"
        )


def _short(hash: object) -> str:
    """Enough of a hash for a person to compare."""
    return hash[:12] if isinstance(hash, str) else "not"


def make_plan(
    returns: Returns,
    *,
    seed: int = 0,
    levels: Sequence[str] | None = None,
    also: Sequence[str] = (),
    only: Sequence[str] | None = None,
) -> Plan:
    """The plan of an audit: every detector that is on or descriptive, then those asked for.

    Parameters
    ----------
    returns : Returns
        What the plan is for.
    seed : int
        Of everything drawn.
    levels : sequence of str, optional
        Levels besides the nation; by default the top level.
    also : sequence of str
        Detectors besides these: those that are off by default.
    only : sequence of str, optional
        These detectors instead of the default ones.

    Returns
    -------
    Plan
        Frozen; :attr:`Plan.hash` is what one publishes.

    Raises
    ------
    ConfigError
        If a level or a detector is unknown.
    """
    for level in levels or ():
        returns.unit_columns(level)
    first = only if only is not None else [entry.id for entry in all_detectors() if entry.default != "off"]
    chosen = [find_detector(id) for id in dict.fromkeys((*first, *also))]
    return Plan(
        returns=Subject(
            name=returns.source.name,
            digest=returns.digest,
            precincts=len(returns),
            sha256=returns.source.sha256,
            profile=returns.source.profile,
            where=returns.source.where,
            leader=returns.leader or "",
        ),
        seed=seed,
        levels=list(levels if levels is not None else (returns.levels or ())[:1]),
        detectors=[Step(entry.id) for entry in chosen],
    )


def leaned_on(ids: Sequence[str]) -> tuple[str, ...]:
    """Those of some detectors whose p-values an assessment may lean on: on by default.

    A descriptive test, one that is off by default, and one that is not installed here are not.
    """
    there = detector_ids()
    return tuple(id for id in dict.fromkeys(ids) if id in there and find_detector(id).default == "on")


def family_of(id: str) -> str:
    """The family of a detector."""
    return find_detector(id).family

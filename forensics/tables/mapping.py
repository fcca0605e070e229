"""Headers to roles: which column of a file is which canonical column."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from forensics.errors import ConfigError, Fault, ReturnsError
from forensics.messages.message import Message, Sentences
from forensics.tables import roles
from forensics.tables.header import Record, matches, normalise
from forensics.tables.profiles import Profile, globs

SAY = Sentences(
    "mapping",
    ignored="{n:,} {n:plural:column|columns} ignored by the profile {n:plural:was|were} left out: {names}.",
    renamed="Column {header!r} plays no role in the profile and is kept as {column!r}.",
)
_SHOWN = 12
_OWN_NAMES = frozenset({"precinct", *roles.LEVELS})


@dataclass(frozen=True, slots=True)
class Mapped:
    """The position of every column that is kept, under its canonical name.

    Parameters
    ----------
    positions : dict of str to int
        Canonical (or kept) name to position in the file.
    labels : dict of str to str
        The source's spelling of each option.
    steps : tuple of Message
        Columns left out or renamed.
    """

    positions: dict[str, int]
    labels: dict[str, str]
    steps: tuple[Message, ...] = ()


def slug(text: str) -> str:
    """A name for a column from a header: lower case, letters and digits of any script."""
    return re.sub(r"\W+", "_", normalise(text)).strip("_") or "unnamed"


def scorer(profile: Profile | None) -> Callable[[Record], int]:
    """How many cells of a row are headers: of the profile's roles, or canonical names."""
    if profile is None:
        return lambda record: sum(
            cell.strip() in _OWN_NAMES or roles.is_count(cell.strip()) for cell in record
        )
    every = [globs(patterns) for patterns in (*profile.columns.values(), *profile.votes.names.values())]
    return lambda record: sum(
        bool(cell.strip())
        and (
            any(matches(cell, patterns) for patterns in every)
            or (profile.canonical and _is_canonical(cell.strip()))
        )
        for cell in record
    )


def canonical(source: str, headers: Sequence[str]) -> Mapped:
    """Headers that are canonical names already.

    Raises
    ------
    ReturnsError
        If a column is named twice.
    """
    names = [header.strip() for header in headers]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ReturnsError(
            source,
            [Fault("named twice", "every column has a name of its own", column=name) for name in twice],
        )
    return Mapped({name: i for i, name in enumerate(names)}, {})


def map_headers(source: str, name: str, profile: Profile, headers: Sequence[str]) -> Mapped:
    """Give each header its role under a profile.

    Raises
    ------
    ConfigError
        If no header names the precinct, or a header answers to two roles, or two headers to one.
    ReturnsError
        If two columns that are kept have the same name.
    """
    where = f"{source}, profile {name}"
    positions = _claims(where, profile.columns, headers, range(len(headers)))
    if "precinct" not in positions:
        raise ConfigError(
            f"{source}: profile {name!r} looks for the precinct in "
            f"{' or '.join(globs(profile.columns['precinct']))}, but the headers are {_some(headers)}"
        )
    for role in (profile.long.option, profile.long.votes) if profile.long else ():
        if role not in positions:
            raise ConfigError(
                f"{source}: profile {name!r} looks for {role} in "
                f"{' or '.join(globs(profile.columns[role]))}, "
                f"but the headers are {_some(headers)}"
            )
    taken = set(positions.values())
    free = [i for i in range(len(headers)) if i not in taken]
    ignored = [i for i in free if matches(headers[i], globs(profile.ignore))]
    free = [i for i in free if i not in set(ignored)]
    named = _claims(where, profile.votes.names, headers, free)
    voted = set(named.values())
    rest = [
        i
        for i in free
        if i not in voted
        and matches(headers[i], globs(profile.votes.columns))
        and not matches(headers[i], globs(profile.votes.except_))
    ]
    options = {i: option for option, i in named.items()} | {i: slug(headers[i]) for i in rest}
    labels: dict[str, str] = {}
    steps: list[Message] = []
    faults: list[Fault] = []
    for i in free:
        if i in options:
            column = roles.VOTES + options[i]
            labels[options[i]] = headers[i]
        else:
            column = headers[i]
            if profile.canonical and column not in profile.columns and _is_canonical(column):
                if roles.is_option(column):
                    labels[column.removeprefix(roles.VOTES)] = column.removeprefix(roles.VOTES)
            elif (
                column in _OWN_NAMES
                or roles.is_count(column)
                or roles.is_measure(column)
                or column in positions
            ):
                # Not with an underscore: what ends in _registered would be a count of another contest.
                column = "source " + column.replace("_", " ")
                steps.append(SAY("renamed", header=headers[i], column=column))
        if column in positions:
            faults.append(Fault("named twice", "every column has a name of its own", column=headers[i]))
        positions[column] = i
    if faults:
        raise ReturnsError(source, faults)
    if ignored:
        steps.append(SAY("ignored", n=len(ignored), names=_some([headers[i] for i in ignored])))
    ordered = dict(sorted(positions.items(), key=lambda item: item[1]))
    return Mapped(ordered, labels, tuple(steps))


def _is_canonical(column: str) -> bool:
    return column in _OWN_NAMES or roles.is_count(column) or roles.is_measure(column)


def _claims(
    where: str, patterns: dict[str, str | list[str]], headers: Sequence[str], among: Sequence[int]
) -> dict[str, int]:
    """Role to position, each header at most once and each role at most once."""
    found: dict[str, int] = {}
    for i in among:
        claims = [role for role, value in patterns.items() if matches(headers[i], globs(value))]
        if len(claims) > 1:
            raise ConfigError(
                f"{where}: header {headers[i]!r} answers to {' and '.join(claims)}; a header plays one role"
            )
        for role in claims:
            if role in found:
                raise ConfigError(
                    f"{where}: {role} is claimed by two headers, {headers[found[role]]!r} and "
                    f"{headers[i]!r}; a role has one column"
                )
            found[role] = i
    return found


def _some(headers: Sequence[str]) -> str:
    shown = ", ".join(headers[:_SHOWN])
    return shown + (f" and {len(headers) - _SHOWN} more" if len(headers) > _SHOWN else "")

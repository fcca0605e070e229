"""What a detector does where columns or precincts are missing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forensics.errors import ForensicsError
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES
from forensics.testing.rules import Outcome
from forensics.testing.subject import Subject

#: Columns that a table of returns may lack; none is promised.
OPTIONAL = ("registered", "issued", "valid", "invalid", "region", "district")


def skipped(subject: Subject, returns: Returns) -> Outcome:
    """Runs without each column that it needs, then without others."""
    for need in subject.entry.needs:
        less = _without(returns, [c for name in need.split("|") for c in _columns(returns, name)])
        if less is None:
            continue
        found = subject.run(less)
        if found.tested or not found.skipped:
            return Outcome("skipped", False, f"without {need} it is not Skipped: {found!r}")
    for column in OPTIONAL:
        less = _without(returns, [column])
        if less is not None and (failed := _failure(subject, less)):
            return Outcome("skipped", False, f"without {column} it fails: {failed}")
    return Outcome("skipped", True)


def underpowered(subject: Subject, returns: Returns, few: int) -> Outcome:
    """The first few precincts alone."""
    part = returns.part(np.arange(min(few, len(returns))))
    if failed := _failure(subject, part):
        return Outcome("underpowered", False, f"with {len(part)} precincts it fails: {failed}")
    for item in subject.run(part).tested:
        if item.pvalue is not None:
            return Outcome("underpowered", False, f"{item.id} has p {item.pvalue:.3g} with n {item.n}")
    return Outcome("underpowered", True, f"{len(part)} precincts")


def _failure(subject: Subject, returns: Returns) -> str:
    """What a run raises; empty where it raises nothing."""
    try:
        subject.run(returns)
    except ForensicsError as error:
        return f"{type(error).__name__}, but what is missing is said by Skipped: {error}"
    except Exception as error:
        # Whatever it is: in an audit it would stop every other detector.
        return f"{type(error).__name__}: {error}"
    return ""


def _columns(returns: Returns, name: str) -> Iterator[str]:
    if name == "votes":
        yield from (VOTES + option for option in returns.options)
    else:
        yield name


def _without(returns: Returns, columns: list[str]) -> Returns | None:
    """The returns without some columns; ``None`` where they have none of them, or are none without."""
    there = [column for column in columns if column in returns.table.columns]
    if not there:
        return None
    frame = returns.frame.drop(columns=there)
    options = [column for column in frame.columns if column.startswith(VOTES)]
    if not options and not {"ballots", "valid"} & set(frame.columns):
        return None
    levels = [level for level in returns.levels or () if level in frame.columns]
    less = Returns(frame, levels=levels, leader=returns.leader if options else None)
    # A sum comes back as long as its parts are there.
    parts = [part for column in columns for part in less.derived.get(column, "").split(" + ") if part]
    return _without(less, parts + columns) if parts else less

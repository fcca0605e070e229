"""A page for each public name, grouped by the room of the house it lives in."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rst import heading, table

import forensics
from forensics.detectors.registry import detector_ids
from forensics.picture import Pictured

FOLDER = "generated/api"
#: Headings by room; the first whose rooms hold a name takes it.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Tables: returns, rosters, second tables", ("tables", "datasets")),
    ("Findings and scopes", ("finding", "scope", "picture")),
    ("Detectors", ("detectors", "testing")),
    ("Auditing", ("auditing",)),
    ("Evidence", ("evidence",)),
    ("Commissions", ("commissions", "_linking")),
    ("Observers", ("observers", "_observing")),
    ("Commitments", ("commitments",)),
    ("Comparing elections", ("comparing", "_comparing")),
    ("From a script: audit, plot, write, verify", ("_running", "_api", "_verifying")),
    ("Reports", ("report", "messages")),
    ("Figures", ("plots",)),
    ("Simulation", ("simulation",)),
    ("Errors", ("errors",)),
)
OTHERS = "Further names"


def pages(root: Path) -> dict[str, str]:
    """The index and the page of each public name that is no detector, by path."""
    names = [name for name in forensics.__all__ if name not in detector_ids()]
    groups: dict[str, list[str]] = {title: [] for title, _ in GROUPS} | {OTHERS: []}
    for name in names:
        groups[_group(name)].append(name)
    lines = [
        heading("Python names"),
        "Everything that ``import forensics`` offers, but the detectors, each of which has",
        "a :doc:`page of its own </generated/detectors/index>`. What is not listed here or there may",
        "change without notice.",
        "",
    ]
    for title, own in groups.items():
        if own:
            lines += [heading(title, 1)]
            rows = ((f":doc:`{name} <{name}>`", _summary(getattr(forensics, name))) for name in own)
            lines.append(table(("name", "what it is"), rows))
    ordered = [name for own in groups.values() for name in own]
    lines += [".. toctree::", "   :hidden:", "", *(f"   {name} <{name}>" for name in ordered), ""]
    made = {f"{FOLDER}/index.rst": "\n".join(lines)}
    return made | {f"{FOLDER}/{name}.rst": "\n".join(_page(name)) for name in names}


def _group(name: str) -> str:
    item = getattr(forensics, name)
    module = item.__name__ if isinstance(item, types.ModuleType) else getattr(item, "__module__", "")
    room = module.removeprefix("forensics.").partition(".")[0]
    return next((title for title, rooms in GROUPS if room in rooms), OTHERS)


def _summary(item: Any) -> str:
    """The first sentence of the docstring, which may run over two lines."""
    return " ".join((inspect.getdoc(item) or "").partition("\n\n")[0].split())


def _page(name: str) -> Iterator[str]:
    item = getattr(forensics, name)
    yield heading(f"forensics.{name}")
    if isinstance(item, types.ModuleType):
        yield f".. automodule:: forensics.{name}\n"
        for each in _members(item):
            yield _directive(f"forensics.{name}.{each}", getattr(item, each))
    else:
        yield _directive(f"forensics.{name}", item)


def _members(module: types.ModuleType) -> list[str]:
    """Names of a public module: what it says is public, else what is written in it."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, item in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(item) or inspect.isclass(item))
        and item.__module__ == module.__name__
    ]


def _directive(path: str, item: Any) -> str:
    if inspect.isclass(item):
        kind = "autoexception" if issubclass(item, Exception) else "autoclass"
        inherited = "   :inherited-members:\n" if issubclass(item, Pictured) else ""
        return f".. {kind}:: {path}\n   :members:\n{inherited}"
    if inspect.isroutine(item):
        return f".. autofunction:: {path}\n"
    # The docstring of a constant is that of its type: its value says more.
    keys = list(item) if isinstance(item, Mapping) else [item]
    return f".. py:data:: {path}\n\n   {', '.join(f'``{key}``' for key in keys)}\n"

"""TOML of commitments: read whole, with errors that name the file, the line and the entry."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from forensics.commitments.days import When, when
from forensics.errors import ConfigError
from forensics.messages.letters import unshown_text
from forensics.resources import resource

#: A text that says something: a source left blank is no source.
Text = Annotated[str, msgspec.Meta(pattern=r"\S")]

Struct = TypeVar("Struct")
_PLACE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_ITEM = re.compile(r"\.(\w+)\[(\d+)\]")
_BLANK = "Expected `str` matching regex '\\\\S'"


def read_text(given: str | os.PathLike[str], folder: str, shipped: Sequence[str]) -> tuple[str, str]:
    """Name and text of a shipped file or of one on disk.

    Raises
    ------
    ConfigError
        If it cannot be read.
    """
    if isinstance(given, str) and given in shipped:
        name = f"{given}.toml"
        return name, resource(f"{folder}/{name}").read_text(encoding="utf-8")
    path = Path(given)
    try:
        return path.name, path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no utf-8 text"
        raise ConfigError(
            f"{path.name}: cannot be read ({reason}); give a TOML file or one of {', '.join(shipped)}"
        ) from None


def parse(name: str, text: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises
    ------
    ConfigError
        If it is no TOML (the parser says the line), or a text holds what cannot be shown.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: no TOML ({error})") from None
    if said := unshown_text(text, content):
        raise ConfigError(f"{name}, {said}")
    return content


def convert(name: str, text: str, content: Mapping[str, Any], kind: type[Struct]) -> Struct:
    """The tables as the structure they should have.

    Raises
    ------
    ConfigError
        If a key is missing, unknown or of the wrong type; the sentence names the entry and its line.
    """
    try:
        return msgspec.convert(content, kind, dec_hook=_date)
    except msgspec.ValidationError as error:
        said = str(error)
        found = _PLACE.search(said)
        path = found["path"] if found else ""
        said = _PLACE.sub("", said).replace(_BLANK, "a text that says something is needed")
        said = said.replace("Object missing", "missing").replace("Object contains", "contains")
        # The entry is named before the sentence, the keys within it behind.
        key = re.sub(r"\[\d+\]|\[\.\.\.\]", "", _ITEM.sub("", path, count=1)).lstrip(".")
        about = f" ({key})" if key else ""
        raise ConfigError(f"{_where(name, text, content, path)}{said}{about}") from None


def place(name: str, text: str, id: str, *words: str) -> str:
    """``file, line 12, entry 'x'``: where an entry stands, or the first of the words in it."""
    line = line_of(text, id, *words)
    return f"{name}, line {line}, entry {id!r}" if line else f"{name}, entry {id!r}"


def line_of(text: str, id: str, *words: str) -> int | None:
    """Line (from 1) of ``id = "…"`` of an entry, or of the first of the words after it."""
    lines = text.splitlines()
    named = re.compile(rf"\s*id\s*=\s*([\"']){re.escape(id)}\1\s*(#.*)?")
    start = next((n for n, line in enumerate(lines) if named.fullmatch(line)), None)
    if start is None:
        return None
    for n in range(start, len(lines)):
        if n > start and re.fullmatch(r"\s*\[\[\w+\]\]\s*(#.*)?", lines[n]):
            break
        if any(word and word.casefold() in lines[n].casefold() for word in words):
            return n + 1
    return start + 1


def _where(name: str, text: str, content: Mapping[str, Any], path: str) -> str:
    """The file, and the entry that a path of the parser stands in."""
    found = _ITEM.match(path)
    if not found:
        return f"{name}: "
    entry = content[found[1]][int(found[2])]
    id = entry.get("id") if isinstance(entry, Mapping) else None
    if isinstance(id, str):
        return f"{place(name, text, id)}: "
    return f"{name}, {found[1]} {int(found[2]) + 1}: "


def _date(kind: type, given: object) -> object:
    if kind is When:
        return when(given)
    raise NotImplementedError(kind)

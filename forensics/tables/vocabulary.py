"""What the columns of protocols are called in several languages, for proposing a profile."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).with_suffix(".toml")


class Vocabulary(msgspec.Struct, forbid_unknown_fields=True):
    """Patterns of headers: of every role, and of the columns of a long table."""

    roles: dict[str, list[str]]
    option: list[str]
    votes: list[str]
    contest: list[str]
    party: list[str]
    no_names: list[str]


@cache
def vocabulary() -> Vocabulary:
    """The patterns, read once."""
    return msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), Vocabulary)

"""Options that several commands share, and how they open returns."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any, TypeVar

import click

import forensics
from forensics import ConfigError

F = TypeVar("F", bound=Callable[..., Any])

_RETURNS = (
    click.argument("returns", metavar="RETURNS"),
    click.option(
        "--profile", metavar="P", help="Shipped profile or TOML file that maps the source's columns."
    ),
    click.option(
        "--leader", metavar="OPTION", help="Option under study; by default the one with most votes."
    ),
    click.option(
        "--where", metavar="EXPR", help="Rows to keep, e.g. 'registered >= 100 and region != \"Abroad\"'."
    ),
)
_TABLES = click.option(
    "--with",
    "tables",
    metavar="NAME=FILE",
    multiple=True,
    help="A second table: totals, copies, voters, certificates. Repeatable.",
)
_LEVELS = click.option(
    "--by",
    "levels",
    metavar="LEVEL",
    multiple=True,
    help="Level besides the nation (default: the top one). Repeatable.",
)
_PREVIOUS = click.option(
    "--previous",
    metavar="RETURNS",
    help="The same precincts in an earlier round or election, read with the same --profile and --where.",
)


_LANGUAGE = click.option(
    "--lang",
    metavar="L",
    default="en",
    show_default=True,
    callback=lambda _, __, value: forensics.check_language(value),
    help="Language of sentences and numbers: en, ru or kk.",
)


_DESIGN = (
    click.option(
        "--design",
        metavar="D",
        help="How the observers' precincts were drawn: given (by the sample's column probability or "
        "weight), simple, stratified, or convenience.",
    ),
    click.option("--stratum", metavar="LEVEL", help="Level whose units are the strata of that sample."),
    click.option(
        "--areas",
        metavar="LEVEL",
        help="Level whose units were drawn first for it, precincts within them after.",
    ),
)


def takes_design(function: F) -> F:
    """Options --design, --stratum, --areas: how an observers' sample was drawn."""
    for option in reversed(_DESIGN):
        function = option(function)
    return function


def takes_language(function: F) -> F:
    """Option --lang; an unknown language is refused before anything is computed."""
    return _LANGUAGE(function)


def reads_returns(function: F) -> F:
    """Argument RETURNS with --profile, --leader, --where."""
    for option in reversed(_RETURNS):
        function = option(function)
    return function


def takes_levels(function: F) -> F:
    """Option --by LEVEL, repeatable, as ``levels``."""
    return _LEVELS(function)


def takes_tables(function: F) -> F:
    """Option --with NAME=FILE."""
    return _TABLES(function)


def takes_previous(function: F) -> F:
    """Option --previous RETURNS."""
    return _PREVIOUS(function)


def open_returns(name: str, profile: str | None, leader: str | None, where: str | None) -> Any:
    """The returns of the shared options."""
    return forensics.read_returns(name, profile=profile, leader=leader, where=where)


def open_previous(name: str | None, profile: str | None, where: str | None) -> dict[str, Any]:
    """The earlier returns as the table ``previous``; nothing without a name.

    They have a leader of their own: an option of the same name need not have stood.
    """
    if name is None:
        return {}
    return {"previous": forensics.read_returns(name, profile=profile, where=where)}


def open_tables(tables: tuple[str, ...]) -> dict[str, Any]:
    """Second tables by name.

    Raises
    ------
    ConfigError
        If an item is not NAME=FILE or a name is given twice.
    """
    opened: dict[str, Any] = {}
    for item in tables:
        name, sign, path = item.partition("=")
        if not sign or not name or not path:
            raise ConfigError(f"--with {item!r} is not of the form NAME=FILE, e.g. totals=totals.csv")
        if name in opened:
            raise ConfigError(f"--with {name} is given twice")
        opened[name] = forensics.read_table(name, path)
    return opened


def settings(pairs: tuple[str, ...]) -> dict[str, Any]:
    """``--set name=value`` pairs; a value is a TOML value, or a text without quotes."""
    parsed: dict[str, Any] = {}
    for item in pairs:
        name, sign, text = item.partition("=")
        if not sign or not name:
            raise ConfigError(f"--set {item!r} is not of the form name=value, e.g. minimum=50")
        try:
            parsed[name] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            parsed[name] = text
    return parsed

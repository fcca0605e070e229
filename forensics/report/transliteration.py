"""Names in Cyrillic beside their Latin letters: for readers of an English page, never in the data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from forensics import resources
from forensics.errors import ConfigError
from forensics.report.document import Document, Family, Result, Table

_FILE = "transliteration.toml"
_CYRILLIC = re.compile("[Ѐ-ӿ]")


def schemes() -> tuple[str, ...]:
    """Names of the transliterations there are."""
    return tuple(_tables())


def check_scheme(scheme: str, language: str = "en") -> str:
    """The scheme, if there is one of that name and the page is in English.

    Parameters
    ----------
    scheme : str
        ``"bgn-ru"``, ``"bgn-kk"``, ``"iso-9"`` or ``"kk-2021"``.
    language : str
        Of the page.

    Returns
    -------
    str
        The scheme.

    Raises
    ------
    ConfigError
        If there is none, or the page is in a language of Cyrillic letters.
    """
    if scheme not in _tables():
        raise ConfigError(f"{scheme!r} is no transliteration; there are {', '.join(schemes())}")
    if language != "en":
        raise ConfigError(f"Latin letters are set beside names on a page in English, not in {language!r}")
    return scheme


def transliterated(text: str, scheme: str) -> str:
    """A text with its Cyrillic letters in Latin ones.

    Parameters
    ----------
    text : str
        A letter that the scheme has no Latin one for stays as it is.
    scheme : {"bgn-ru", "bgn-kk", "iso-9", "kk-2021"}
        BGN/PCGN 1947 for Russian, BGN/PCGN 1979 for Kazakh, ISO 9:1995 for both, or the draft of a
        Latin alphabet for Kazakh of 2021.

    Raises
    ------
    ConfigError
        If there is no such scheme.

    Examples
    --------
    >>> transliterated("Алматы, Егоров", "bgn-ru")
    'Almaty, Yegorov'
    """
    table = _tables()[check_scheme(scheme)]
    letters, capitals, after = table["letters"], table.get("capitals", {}), table.get("after")
    said = []
    for at, letter in enumerate(text):
        small, before = letter.lower(), text[at - 1 : at].lower()
        latin = letters.get(small)
        if latin is None:
            said.append(letter)
            continue
        if (
            after is not None
            and small in after["letters"]
            and (not before.isalpha() or before in after["of"])
        ):
            latin = after["letters"][small]
        if letter != small:
            latin = capitals.get(small) or _capital(latin, _shouted(text, at))
        said.append(latin)
    return "".join(said)


def beside(name: str, scheme: str) -> str:
    """The name with its Latin letters in parentheses; as it is where it has no Cyrillic ones."""
    return f"{name} ({transliterated(name, scheme)})" if _CYRILLIC.search(name) else name


def with_latin(document: Document, scheme: str) -> Document:
    """The report with Latin letters beside the names of units and of the election."""

    def named(table: Table) -> Table:
        rows = tuple((beside(row[0], scheme), *row[1:]) if row else row for row in table.rows)
        return replace(table, rows=rows)

    def result(one: Result) -> Result:
        return replace(one, units=tuple(map(named, one.units)))

    def family(one: Family) -> Family:
        return replace(one, results=tuple(map(result, one.results)))

    held = document.commissions
    return replace(
        document,
        title=beside(document.title, scheme),
        header=tuple((label, beside(value, scheme)) for label, value in document.header),
        standing=replace(document.standing, tables=tuple(map(named, document.standing.tables))),
        families=tuple(map(family, document.families)),
        commissions=None if held is None else replace(held, tables=tuple(map(named, held.tables))),
    )


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(resources.resource(_FILE).read_text(encoding="utf-8"))


def _capital(latin: str, shouted: bool) -> str:
    return latin.upper() if shouted else latin[:1].upper() + latin[1:]


def _shouted(text: str, at: int) -> bool:
    """Whether a capital stands among capitals: ЩУЧЬЕ, but not Щучье."""
    following, before = text[at + 1 : at + 2], text[at - 1 : at] if at else ""
    return following.isupper() if following.isalpha() else before.isalpha() and before.isupper()

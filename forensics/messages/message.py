"""A sentence as an identifier with parameters, so that it can be said in several languages.

The English source stands where the sentence belongs (a detector's own file); a translation is a
line of a file of ``messages/<language>/`` under the same identifier (a file per room, a table per
module, a line per sentence). A message carries its English source, so it can be read in any process
without a registry.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from numbers import Real
from typing import Any, TypeAlias

from forensics.errors import ConfigError
from forensics.messages.typesetting import typeset

#: What stands in a field; a message is said in the language of the sentence around it.
Value: TypeAlias = "str | int | float | bool | Message"


def _plural_english(number: float) -> str:
    return "one" if number == 1 else "other"


def _plural_russian(number: float) -> str:
    """CLDR cardinal rule; a fraction takes the noun's form after 2."""
    whole = abs(int(number))
    if whole != abs(number):
        return "few"
    tens, units = whole % 100, whole % 10
    if units == 1 and tens != 11:
        return "one"
    if 2 <= units <= 4 and not 12 <= tens <= 14:
        return "few"
    return "many"


# Order of the forms written after ``plural:`` for each language.
_PLURALS: dict[str, tuple[Callable[[float], str], tuple[str, ...]]] = {
    "en": (_plural_english, ("one", "other")),
    "ru": (_plural_russian, ("one", "few", "many")),
    "kk": (_plural_english, ("one", "other")),
}
# Thousands and decimal marks of each language; English is Python's own.
_MARKS = {"en": (",", "."), "ru": ("\u00a0", ","), "kk": ("\u00a0", ",")}


# A number as Python writes it, 1,234.5 or 0.05; a day such as 11.09.2016 is none.
_NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?!\.?\d)")


def marked(text: str, language: str) -> str:
    """The numbers of a text, as Python writes them, with the marks of a language.

    Examples
    --------
    >>> marked("-1,234.5 %", "ru")
    '-1\\xa0234,5 %'
    """
    thousands, decimal = _MARKS.get(language, _MARKS["en"])
    if (thousands, decimal) == _MARKS["en"]:
        return text
    return _NUMBER.sub(
        lambda found: found[1].replace(",", thousands) + (found[2] or "").replace(".", decimal), text
    )


#: What a scope that is no unit is called.
NATIONAL = "national"


class _Formatter(string.Formatter):
    def __init__(self, language: str) -> None:
        self.language = language

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        value = super().get_value(key, args, kwargs)
        # Names of units are data; the nation's is a word of ours, in the field ``scope`` of any sentence.
        return SCOPE("national") if key == "scope" and value == NATIONAL else value

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Message):
            return value.text(self.language)
        if format_spec.startswith("plural:"):
            rule, forms = _PLURALS.get(self.language, _PLURALS["en"])
            words = format_spec.removeprefix("plural:").split("|")
            return words[min(forms.index(rule(value)), len(words) - 1)]
        text = str(super().format_field(value, format_spec))
        return marked(typeset(text), self.language) if isinstance(value, Real) else text


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Translations of one language by identifier; empty where there is no catalogue."""
    folder = files("forensics.messages") / language
    if not folder.is_dir():
        return {}
    there = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda p: p.name)
    return dict(line for path in there for line in _lines(tomllib.loads(path.read_text(encoding="utf-8"))))


def languages() -> tuple[str, ...]:
    """English, and the languages that have a catalogue."""
    there = sorted(path.name for path in files("forensics.messages").iterdir() if path.name in _PLURALS)
    return ("en", *there)


def check_language(language: str) -> str:
    """The language, if a report can be written in it.

    Parameters
    ----------
    language : str
        ``"en"``, ``"ru"`` or ``"kk"``.

    Returns
    -------
    str
        The same.

    Raises
    ------
    ConfigError
        If there is no catalogue of it.
    """
    if language not in languages():
        raise ConfigError(f"{language!r} is no language of the reports; there are {', '.join(languages())}")
    return language


def _lines(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Sentences by full identifier: a dot in a TOML key opens a table."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence: identifier, English source and parameters.

    ``{n:plural:precinct|precincts}`` in a source picks a form by the language's plural rule; every
    other field uses Python's format specifications, with the language's number marks, a minus sign
    and a space before the percent sign. A parameter that is a message is said in the language of the
    whole sentence.
    """

    id: str
    source: str
    parameters: tuple[tuple[str, Value], ...] = ()

    def text(self, language: str = "en") -> str:
        """The sentence in a language; English where the catalogue has no translation."""
        translated = None if language == "en" else catalogue(language).get(self.id)
        # English words with another language's number marks would be neither; a sentence without an
        # identifier has no words of its own.
        formatter = _Formatter(language if translated or not self.id else "en")
        return formatter.vformat(translated or self.source, (), dict(self.parameters))

    def __str__(self) -> str:
        return self.text()


def joined(*messages: Message) -> Message | str:
    """Messages one after the other as one; nothing where there are none."""
    if not messages:
        return ""
    fields = tuple((f"m{number}", message) for number, message in enumerate(messages))
    return Message("", "".join(f"{{{name}}}" for name, _ in fields), fields)


class Sentences:
    """The English sentences of one module, by name under a common prefix.

    Examples
    --------
    >>> say = Sentences("ballot_chain", null="{n:,} {n:plural:ballot|ballots} were carried off.")
    >>> str(say("null", n=1200))
    '1,200 ballots were carried off.'
    """

    def __init__(self, prefix: str, /, **sources: str) -> None:
        self.prefix = prefix
        self.sources = sources

    def __call__(self, name: str, /, **parameters: Value) -> Message:
        return Message(f"{self.prefix}.{name}", self.sources[name], tuple(sorted(parameters.items())))

    def all(self, *names: str) -> tuple[Message, ...]:
        """Several sentences without parameters, in the order named."""
        return tuple(self(name) for name in names)


SCOPE = Sentences("scope", national=NATIONAL)

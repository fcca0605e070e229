"""Instruments: the documents that states committed themselves to, paragraph by paragraph."""

from __future__ import annotations

import os
from dataclasses import dataclass

import msgspec

from forensics.commitments.days import When
from forensics.commitments.toml_files import Text, convert, parse, read_text
from forensics.errors import ConfigError

_FOLDER = "commitments"


class Commitment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One paragraph of an instrument, paraphrased.

    ``tests`` are detectors and measures of commissions that may be *relevant to* it: what they
    find bears on the paragraph and decides nothing about it. ``read`` says whether the source of
    the paragraph's number was read.
    """

    id: Text
    topic: Text
    text: Text
    source: Text
    read: bool
    tests: tuple[str, ...] = ()
    note: str = ""

    @property
    def paragraph(self) -> str:
        """Its number."""
        return self.id


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Text
    name: Text
    adopted: When
    source: Text
    paragraph: tuple[Commitment, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Instrument:
    """A document with the paragraphs that bear on elections.

    Parameters
    ----------
    id, name : str
    adopted : When
    source : str
        Where its paragraphs were read.
    commitments : tuple of Commitment
    file, text : str
        Name (without folder) and text of the file.
    """

    id: str
    name: str
    adopted: When
    source: str
    commitments: tuple[Commitment, ...]
    file: str = ""
    text: str = ""

    def __repr__(self) -> str:
        return f"<Instrument {self.id}: {len(self.commitments):,} paragraphs>"

    def commitment(self, paragraph: str) -> Commitment:
        """The paragraph of a number.

        Raises
        ------
        ConfigError
            If the instrument has no such paragraph here.
        """
        for one in self.commitments:
            if one.paragraph == paragraph:
                return one
        there = ", ".join(one.paragraph for one in self.commitments)
        raise ConfigError(f"{self.id} has no paragraph {paragraph!r}; its paragraphs are {there}")

    def relevant(self, test: str) -> tuple[Commitment, ...]:
        """Paragraphs that a detector or a measure is relevant to."""
        return tuple(one for one in self.commitments if test in one.tests)


def shipped_instruments() -> tuple[str, ...]:
    """Names of the instruments that come with the package."""
    return ("copenhagen-1990",)


def read_instrument(given: str | os.PathLike[str] | Instrument, /) -> Instrument:
    """An instrument by a shipped name or from a TOML file.

    Parameters
    ----------
    given : str, path or Instrument
        ``"copenhagen-1990"``, or a file.

    Returns
    -------
    Instrument
        Its paragraphs.

    Raises
    ------
    ConfigError
        If it cannot be read, a key is missing or unknown, or two paragraphs have one number.
    """
    if isinstance(given, Instrument):
        return given
    name, text = read_text(given, _FOLDER, shipped_instruments())
    file = convert(name, text, parse(name, text), _File)
    numbers = [one.paragraph for one in file.paragraph]
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    if twice is not None:
        raise ConfigError(f"{name}: two paragraphs have the number {twice!r}; every paragraph has its own")
    return Instrument(file.id, file.name, file.adopted, file.source, file.paragraph, name, text)

"""The ledger of commitments of one country: entries, and the trajectories that analysts see."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from forensics.commitments.checking import Checks
from forensics.commitments.days import When
from forensics.commitments.entries import Entry
from forensics.commitments.instruments import Instrument, read_instrument, shipped_instruments
from forensics.commitments.toml_files import Text, convert, line_of, parse, place, read_text
from forensics.commitments.trajectories import Trajectory
from forensics.errors import ConfigError

_FOLDER = "ledgers"


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text
    source: Text
    instruments: tuple[Text, ...]
    entry: tuple[Entry, ...]
    trajectory: tuple[Trajectory, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Ledger:
    """What a country promised, wrote into law, does, and answers, beside what was measured.

    Parameters
    ----------
    name : str
        Of the country.
    source : str
        Where the entries come from.
    instruments : mapping of id to Instrument
        What was signed.
    entries : tuple of Entry
        One per commitment and norm.
    trajectories : tuple of Trajectory
        Annotations of analysts.
    file, text : str
        Name (without folder) and text of the file: refusals name its lines.
    """

    name: str
    source: str
    instruments: Mapping[str, Instrument]
    entries: tuple[Entry, ...]
    trajectories: tuple[Trajectory, ...] = ()
    file: str = ""
    text: str = ""

    def __repr__(self) -> str:
        return f"<Ledger {self.name}: {len(self.entries):,} entries on {len(self.norms):,} norms>"

    @property
    def norms(self) -> tuple[str, ...]:
        """The norms, in the order of the file."""
        return tuple(dict.fromkeys(entry.norm for entry in self.entries))

    @property
    def digest(self) -> str:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def files(self) -> Mapping[str, str]:
        """Texts by file name from which it can be read again: its own, and instruments not shipped."""
        shipped = [f"{name}.toml" for name in shipped_instruments()]
        own = {one.file: one.text for one in self.instruments.values() if one.file not in shipped}
        return {self.file: self.text} | own

    def entry(self, id: str) -> Entry:
        """The entry called ``id``.

        Raises
        ------
        ConfigError
            If there is none.
        """
        for one in self.entries:
            if one.id == id:
                return one
        there = ", ".join(one.id for one in self.entries)
        raise ConfigError(f"{self.file}: there is no entry {id!r}; the entries are {there}")

    def select(self, norm: str) -> tuple[Entry, ...]:
        """The entries of ``norm``, in the order of the file."""
        return tuple(entry for entry in self.entries if entry.norm == norm)

    def tests(self, entry: Entry) -> tuple[str, ...]:
        """Detectors and measures that are relevant to the paragraphs of ``entry``."""
        instrument = self.instruments[entry.instrument]
        return tuple(
            dict.fromkeys(
                test for number in entry.paragraphs for test in instrument.commitment(number).tests
            )
        )

    def place(self, id: str, *words: str) -> str:
        """``file, line 12, entry 'x'``: where ``words`` stand in the entry ``id``, for errors."""
        return place(self.file, self.text, id, *words)

    def line(self, id: str, *words: str) -> int | None:
        """The line of the entry ``id``, or of the first of ``words`` in it; ``None`` if it is not there."""
        return line_of(self.text, id, *words)

    def to_dict(self) -> dict[str, Any]:
        """The ledger as JSON holds it: every record, and the history of every recommendation."""
        return {
            "name": self.name,
            "file": self.file,
            "source": self.source,
            "sha256": self.digest,
            "instruments": [
                {
                    "id": one.id,
                    "name": one.name,
                    "adopted": str(one.adopted),
                    "paragraphs": [
                        {"paragraph": item.paragraph, "topic": item.topic, "tests": list(item.tests)}
                        for item in one.commitments
                    ],
                }
                for one in self.instruments.values()
            ],
            "entries": [msgspec.to_builtins(one, enc_hook=_said) for one in self.entries],
            "trajectories": [msgspec.to_builtins(one, enc_hook=_said) for one in self.trajectories],
        }


def shipped_ledgers() -> tuple[str, ...]:
    """Names of the ledgers that come with the package."""
    return ("kazakhstan",)


def read_ledger(given: str | os.PathLike[str] | Ledger, /) -> Ledger:
    """A ledger of commitments, by a shipped name or from a TOML file.

    Parameters
    ----------
    given : str, path or Ledger
        ``"kazakhstan"``, or a file; the instruments it lists are shipped names or files beside it.

    Returns
    -------
    Ledger
        Entries, each with promise, law, practice, dispute and official response.

    Raises
    ------
    ConfigError
        If it cannot be read; an entry lacks its official response or anything else it needs; a
        paragraph, state, level or status is unknown; dates are out of order; *inconsistent with*
        is said without two kinds of evidence. The sentence names the file, the line and the entry.

    Examples
    --------
    >>> import forensics
    >>> forensics.read_ledger("kazakhstan").norms
    ('election observation', 'free and fair voting through balanced commissions')
    """
    if isinstance(given, Ledger):
        return given
    name, text = read_text(given, _FOLDER, shipped_ledgers())
    content = parse(name, text)
    for entry in content.get("entry", ()) if isinstance(content.get("entry"), list) else ():
        if isinstance(entry, dict) and "official_response" not in entry:
            id = str(entry.get("id", ""))
            raise ConfigError(
                f"{place(name, text, id)}: official_response is missing; give what the authorities "
                'answered with its source, or "none found"'
            )
    file = convert(name, text, content, _File)
    beside = None if isinstance(given, str) and given in shipped_ledgers() else Path(given).parent
    instruments = {one.id: one for one in (_instrument(item, beside) for item in file.instruments)}
    Checks(name, text, instruments).all(file.entry, file.trajectory)
    return Ledger(file.name, file.source, instruments, file.entry, file.trajectory, name, text)


def _instrument(given: str, beside: Path | None) -> Instrument:
    """An instrument that a ledger lists: a shipped name, or a file beside the ledger."""
    if given in shipped_instruments() or beside is None:
        return read_instrument(given)
    if Path(given).name != given:
        raise ConfigError(
            f"instrument {given!r} is no name of a file beside the ledger; give one, or one of "
            f"{', '.join(shipped_instruments())}"
        )
    return read_instrument(beside / given)


def _said(value: object) -> str:
    if isinstance(value, When):
        return str(value)
    raise NotImplementedError(type(value))

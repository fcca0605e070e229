"""Text that users add to a report: read, held against the lint, and its references resolved to numbers."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from forensics.auditing.forest import FEWEST_PRECINCTS
from forensics.commitments.entries import Entry
from forensics.commitments.ledger import Ledger
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings
from forensics.messages.letters import unshown_text
from forensics.messages.message import Sentences
from forensics.report import numerals
from forensics.report.document import Note
from forensics.report.lint import Refusal, below, outside_quotations, plain, refusals, refuse
from forensics.scope import NATIONAL, Scope

SAY = Sentences(
    "report.notes",
    value="{effect} ({level:.0f} % interval)",
    entry="ledger, {topic} ({level})",
)
_REFERENCE = re.compile(r"\{([^{}]*)\}")
_FINDING = re.compile(r"finding:(?P<id>[^#]+?)(?P<n>#n)?")
_SUFFIXES = (".md", ".txt", ".toml")
_HOW = (
    "a reference is {finding:METHOD:QUANTITY} or {finding:METHOD:QUANTITY:SCOPE}, either with #n for its "
    "number of precincts, or {entry:ID}"
)
#: Findings that an error lists.
_LISTED = 6


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a note, or its heading, and the line of the file on which it begins."""

    text: str
    line: int
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Notes:
    """A file of notes, not yet held against anything.

    Parameters
    ----------
    file : str
        Name of the file, without its folder.
    paragraphs : tuple of Paragraph
    text : str
        The file.
    """

    file: str
    paragraphs: tuple[Paragraph, ...]
    text: str = ""


class _Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str
    heading: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: tuple[_Item, ...]


def read_notes(given: str | os.PathLike[str] | Notes, /) -> Notes:
    """Notes from a text file (``#`` begins a heading, an empty line a paragraph) or from TOML.

    A TOML file has ``[[note]]`` tables with ``text`` and, if wanted, ``heading``. Nothing in a text
    is markup: what looks like it is shown as it stands.

    Parameters
    ----------
    given : path or Notes
        A ``.md``, ``.txt`` or ``.toml`` file.

    Returns
    -------
    Notes
        Headings and paragraphs; references to findings are resolved when a report is written.

    Raises
    ------
    ConfigError
        If the file cannot be read, is of another kind, or holds a character that cannot be shown.
    """
    if isinstance(given, Notes):
        return given
    path = Path(given)
    if path.suffix.casefold() not in _SUFFIXES:
        raise ConfigError(f"{path.name}: notes are text or TOML; give a file {', '.join(_SUFFIXES)}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no utf-8 text"
        raise ConfigError(f"{path.name}: the notes cannot be read ({reason})") from None
    if path.suffix.casefold() == ".toml":
        return Notes(path.name, tuple(_from_toml(path.name, text)), text)
    if said := unshown_text(text, text):
        raise ConfigError(f"{path.name}, {said}")
    return Notes(path.name, tuple(_from_text(text)), text)


def resolved(
    notes: Notes, findings: Findings, *, level: str, scope: Scope = NATIONAL, ledger: Ledger | None = None,
    language: str = "en",
) -> tuple[Note, ...]:  # fmt: skip
    """The notes as the report shows them: references replaced by values with their intervals.

    Parameters
    ----------
    notes : Notes
    findings : Findings
        What references may be made to.
    level : str
        Step of the ladder that the notes speak from; a paragraph with ``{entry:ID}`` speaks from
        that entry's evidence level where it is higher.
    scope : Scope
        What a reference without a scope means.
    ledger : Ledger, optional
        What ``{entry:ID}`` refers to.

    Raises
    ------
    ConfigError
        Naming file and line: a number that is no reference, a reference to nothing or to a finding
        without an interval, a word above the level, a person or a single precinct, a corrected
        result, or that there was nothing.
    """
    resolver = _Resolver({item.id: item for item in findings.tested}, scope, ledger, language)
    found: list[Refusal] = []
    sections: list[tuple[str, list[str]]] = [("", [])]
    for one in notes.paragraphs:
        text = plain(one.text)
        cited = resolver.entries(text)
        own = level
        for entry in cited:
            own = entry.evidence_level if below(own, entry.evidence_level) else own
        assessed = any(entry.wording == "inconsistent with" for entry in cited)
        found += refusals(without_references(text), own, assessed=assessed, line=one.line)
        shown, wrong = resolver.shown(one, text)
        found += wrong
        if one.heading:
            sections.append((shown, []))
        else:
            sections[-1][1].append(shown)
    refuse(notes.file, sorted(found, key=lambda one: one.line))
    return tuple(Note(heading, tuple(parts)) for heading, parts in sections if heading or parts)


def with_values(
    text: str, findings: Findings, *, file: str, line: int, scope: Scope = NATIONAL, language: str = "en"
) -> str:
    """A text with its references to findings replaced; what else it says is not looked at.

    Raises
    ------
    ConfigError
        Naming file and line, for a reference to nothing or to a finding without an interval.
    """
    resolver = _Resolver({item.id: item for item in findings.tested}, scope, None, language)
    shown, wrong = resolver.shown(Paragraph(text, line), plain(text))
    refuse(file, wrong)
    return shown


def _from_text(text: str) -> Sequence[Paragraph]:
    found: list[Paragraph] = []
    lines: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        heading = re.match(r"#+\s+(?=\S)", line)
        if line.strip() and not heading:
            lines.append(line)
            continue
        if lines:
            found.append(Paragraph("\n".join(lines), number - len(lines)))
            lines = []
        if heading:
            found.append(Paragraph(line[heading.end() :].strip(), number, heading=True))
    return found


def _from_toml(name: str, text: str) -> Sequence[Paragraph]:
    try:
        content = tomllib.loads(text)
        file = msgspec.convert(content, _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{name}: {error}") from None
    if said := unshown_text(text, content):
        raise ConfigError(f"{name}, {said}")
    lines = text.splitlines()
    found: list[Paragraph] = []
    at = 0
    for item in file.note:
        if item.heading.strip():
            at = _line(lines, item.heading, at)
            found.append(Paragraph(item.heading.strip(), at + 1, heading=True))
        for part in re.split(r"\n\s*\n", item.text):
            if part.strip():
                at = _line(lines, part.strip(), at)
                found.append(Paragraph(part.strip(), at + 1))
    return found


def _line(lines: Sequence[str], text: str, start: int) -> int:
    """Index of the first line from ``start`` on that holds the text's first one."""
    first = text.strip().splitlines()[0].strip()
    return next((n for n in range(start, len(lines)) if first in lines[n]), start)


@dataclass(frozen=True, slots=True)
class _Resolver:
    """What references mean here."""

    known: Mapping[str, Finding]
    scope: Scope
    ledger: Ledger | None
    language: str

    def entries(self, text: str) -> tuple[Entry, ...]:
        """Entries of the ledger that a text cites; those that are not there are left to :meth:`shown`."""
        cited = [match[1].removeprefix("entry:") for match in _references(text)]
        there = () if self.ledger is None else self.ledger.entries
        return tuple(entry for entry in there if entry.id in cited)

    def shown(self, one: Paragraph, text: str) -> tuple[str, list[Refusal]]:
        """The text with its references replaced, and what is wrong with those that cannot be."""
        parts, wrong, end = [], [], 0
        for match in _references(text):
            parts.append(text[end : match.start()])
            end = match.end()
            try:
                parts.append(self._value(match[1]))
            except _NoReferenceError as error:
                wrong.append(Refusal(one.line + text.count("\n", 0, match.start()), str(error)))
        parts.append(text[end:])
        wrong += [
            Refusal(
                one.line + text.count("\n", 0, brace.start()),
                f"{brace[0]!r} belongs to no reference; {_HOW}",
            )
            for brace in re.finditer("[{}]", without_references(outside_quotations(text)))
        ]
        # The spaces within a value do not break; those of the writer do.
        return re.sub(r"[ \t\r\n]+", " ", "".join(parts)).strip(), wrong

    def _value(self, reference: str) -> str:
        if reference.startswith("entry:"):
            return self._entry(reference.removeprefix("entry:"))
        found = _FINDING.fullmatch(reference)
        if not found:
            raise _NoReferenceError(f"{{{reference}}} is no reference; {_HOW}")
        id = found["id"].strip()
        item = self.known.get(id if id.count(":") > 1 else f"{id}:{self.scope.key}")
        if item is None:
            method = id.split(":")[0]
            there = [other for other in self.known if other.startswith(f"{method}:")] or list(self.known)
            listed = ", ".join(there[:_LISTED]) or "none"
            raise _NoReferenceError(f"{{{reference}}} refers to no finding; there are {listed}")
        if item.effect is None:
            raise _NoReferenceError(f"{{{reference}}} has no effect to show")
        if item.n < FEWEST_PRECINCTS:
            raise _NoReferenceError(
                f"{{{reference}}} is about {item.n} {'precinct' if item.n == 1 else 'precincts'}, and no "
                f"number of fewer than {FEWEST_PRECINCTS} is published"
            )
        if found["n"]:
            return numerals.count(item.n, self.language)
        if item.interval is None:
            raise _NoReferenceError(
                f"{{{reference}}} has no interval, and no estimate is shown without one"
            )
        level = 100 * item.interval.confidence_level
        return SAY("value", effect=numerals.effect(item, self.language), level=level).text(self.language)

    def _entry(self, id: str) -> str:
        if self.ledger is None:
            raise _NoReferenceError(f"{{entry:{id}}} refers to a ledger, and none is given")
        try:
            entry = self.ledger.entry(id)
        except ConfigError as error:
            raise _NoReferenceError(str(error)) from None
        return SAY("entry", topic=entry.topic, level=entry.evidence_level).text(self.language)


class _NoReferenceError(ValueError):
    """A reference that cannot be replaced, and why."""


def _references(text: str) -> tuple[re.Match[str], ...]:
    """References outside quotations: in somebody else's words, braces are braces."""
    return tuple(_REFERENCE.finditer(outside_quotations(text)))


def without_references(text: str) -> str:
    """The text with its references blanked out; every character keeps its place."""
    return _REFERENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)

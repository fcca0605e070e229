"""The texts of a ledger held against the word lists, each at its own entry's evidence level."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from forensics.commitments.entries import Quotation
from forensics.commitments.ledger import Ledger
from forensics.errors import ConfigError
from forensics.report.lint import plain, refusals
from forensics.report.notes import without_references

#: Fields that are others' words, identifiers, or the name of whoever answers for a judgement.
_NOT_WORDED = (
    "source",
    "assessed",
    "assessor",
    "id",
    "instrument",
    "linked",
    "measured",
    "finding",
    "rule",
)


def check_wording(ledger: Ledger) -> None:
    """Hold every text of a ledger against the word lists at its entry's own evidence level.

    Records state their sources, so that their numbers are those of the sources; an assessor's
    rationale has numbers as references to findings only. Quotations are somebody else's words.

    Raises
    ------
    ConfigError
        Naming file, line and entry.
    """
    for entry in ledger.entries:
        assessed = entry.wording == "inconsistent with"
        for text in _texts(entry):
            for one in refusals(plain(text), entry.evidence_level, numbers=False, assessed=assessed):
                raise ConfigError(f"{ledger.place(entry.id, _first_line(text))}: {one.said}")
        if entry.assessed is not None:
            why = entry.assessed.rationale
            for one in refusals(without_references(plain(why)), entry.evidence_level, assessed=assessed):
                raise ConfigError(f"{ledger.place(entry.id, _first_line(why))}: {one.said}")
    for instrument in ledger.instruments.values():
        for paragraph in instrument.commitments:
            for one in refusals(plain(paragraph.topic), "none", numbers=False):
                raise ConfigError(f"{instrument.id}, paragraph {paragraph.id!r}: {one.said}")
    for item in ledger.trajectories:
        for phase in item.phase:
            for one in refusals(plain(phase.rationale), "none", numbers=False):
                raise ConfigError(f"{ledger.place(item.id, _first_line(phase.rationale))}: {one.said}")


def _texts(value: object) -> Iterator[str]:
    """Every text of a record that its writer worded; quotations and sources are others' words."""
    if isinstance(value, Quotation):
        return
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if name not in _NOT_WORDED:
                yield from _texts(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""

"""What a ledger must hold to be used: each refusal names the file, the line and the entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forensics.commitments.days import When
from forensics.commitments.entries import (
    CHANNELS,
    KINDS,
    LEVELS,
    MECHANISMS,
    STATES,
    STATUSES,
    WORDINGS,
    Entry,
    Recommendation,
)
from forensics.commitments.instruments import Instrument
from forensics.commitments.toml_files import place
from forensics.commitments.trajectories import FRAMEWORKS, Trajectory
from forensics.errors import ConfigError

#: Kinds of evidence that L3 and L4 rest on (reference: direct evidence; adjudication or audit).
DIRECT = ("observation", "document")
ADJUDICATED = "adjudication"
#: Kinds of evidence that *inconsistent with* needs at least.
INDEPENDENT = 2


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one file.

    Parameters
    ----------
    name, text : str
        The file.
    instruments : mapping of id to Instrument
    """

    name: str
    text: str
    instruments: Mapping[str, Instrument]

    def all(self, entries: Sequence[Entry], trajectories: Sequence[Trajectory]) -> None:
        """Raise :class:`ConfigError` for the first thing that is wrong, from the top of the file."""
        ids = [*(one.id for one in entries), *(one.id for one in trajectories)]
        for id in ids:
            if ids.count(id) > 1:
                self._refuse(id, f"the id {id!r} stands twice; every entry has one of its own")
        for entry in entries:
            self._paragraphs(entry)
            self._words(entry)
            self._discourse(entry)
            self._evidence(entry)
            self._dates(entry)
            for one in entry.recommendation:
                self._recommendation(entry, one)
        norms = list(dict.fromkeys(entry.norm for entry in entries))
        for trajectory in trajectories:
            self._trajectory(trajectory, norms)

    def _refuse(self, id: str, said: str, *words: str) -> None:
        raise ConfigError(f"{place(self.name, self.text, id, *words)}: {said}")

    def _one_of(self, id: str, what: str, given: str, allowed: Sequence[str]) -> None:
        if given not in allowed:
            self._refuse(
                id, f"{given!r} is no {what}; the {what} is one of {', '.join(allowed)}", f'"{given}"'
            )

    def _paragraphs(self, entry: Entry) -> None:
        if entry.instrument not in self.instruments:
            there = ", ".join(self.instruments) or "none"
            self._refuse(entry.id, f"instrument {entry.instrument!r} is not listed; listed are {there}")
        if not entry.paragraphs:
            self._refuse(entry.id, "no paragraph is named; an entry is about one at least", "paragraphs")
        for paragraph in entry.paragraphs:
            try:
                self.instruments[entry.instrument].commitment(paragraph)
            except ConfigError as error:
                self._refuse(entry.id, str(error), "paragraphs")

    def _words(self, entry: Entry) -> None:
        self._one_of(entry.id, "state", entry.state, STATES)
        self._one_of(entry.id, "evidence level", entry.evidence_level, LEVELS)
        if entry.assessed is not None:
            self._one_of(entry.id, "wording", entry.assessed.wording, WORDINGS)
        if not entry.records(entry.state):
            self._refuse(
                entry.id,
                f"the state is {entry.state!r}, but nothing of that state is recorded; record it with its "
                "source, or name an earlier state",
                "state",
            )
        if entry.official_response == ():
            self._refuse(
                entry.id,
                'official_response is empty; give the response, or "none found"',
                "official_response",
            )
        for one in entry.reconstitution:
            self._one_of(entry.id, "channel", one.channel, CHANNELS)
        for item in entry.diffusion:
            if item.mechanism:
                self._one_of(entry.id, "mechanism", item.mechanism, MECHANISMS)
        for piece in entry.evidence:
            self._one_of(entry.id, "kind of evidence", piece.kind, KINDS)

    def _discourse(self, entry: Entry) -> None:
        for one in entry.reconstitution:
            if one.channel == "discourse" and not one.quotation:
                self._refuse(
                    entry.id,
                    "discourse is filed in somebody's own words, but a record of it has no quotation; "
                    "quote with the source, or leave it out",
                    one.what,
                )
            if one.channel == "discourse" and one.measured:
                self._refuse(entry.id, "discourse is not measured; only practice is", one.what)

    def _evidence(self, entry: Entry) -> None:
        kinds = list(dict.fromkeys(one.kind for one in entry.evidence))
        level = entry.evidence_level
        if level in ("L3", "L4") and not any(kind in (*DIRECT, ADJUDICATED) for kind in kinds):
            self._refuse(
                entry.id,
                f"{level} needs evidence that does not come from the returns ({', '.join(DIRECT)} or "
                f"{ADJUDICATED}); there is {', '.join(kinds) or 'none'}",
                "evidence_level",
            )
        if level == "L4" and ADJUDICATED not in kinds:
            self._refuse(
                entry.id,
                f"L4 needs evidence of the kind {ADJUDICATED} (a court, an audit)",
                "evidence_level",
            )
        if entry.wording == WORDINGS[1] and not self._independent(entry):
            self._refuse(
                entry.id,
                f"'inconsistent with' needs {INDEPENDENT} kinds of evidence from different sources; there "
                f"is {', '.join(kinds) or 'none'}, so that only 'relevant to' can be said",
                "inconsistent with",
            )

    @staticmethod
    def _independent(entry: Entry) -> bool:
        """Whether two pieces differ in kind and in source."""
        return any(
            one.kind != other.kind and one.source.casefold().strip() != other.source.casefold().strip()
            for one in entry.evidence
            for other in entry.evidence
        )

    def _dates(self, entry: Entry) -> None:
        for rule in entry.law:
            self._order(
                entry.id, "the rule ends", rule.valid_to, "it begins", rule.valid_from, rule.article
            )
        came = [one.date for one in entry.diffusion if one.date is not None]
        if not came:
            return
        # Only the first state is a matter of order: a norm cannot be applied, changed or disputed
        # before it came, while law, practice and dispute follow each other in many ways.
        first = min(came, key=lambda date: date.first)
        later: list[tuple[str, When | None]] = [
            *(("a record of reconstitution", one.date) for one in entry.reconstitution),
            *(("a moment of contestation", one.date) for one in entry.contestation),
            *(("an official response", one.date) for one in entry.responses),
        ]
        for what, date in later:
            self._order(entry.id, f"{what} is", date, "the norm came", first)

    def _recommendation(self, entry: Entry, one: Recommendation) -> None:
        dates = [one.issued, *(status.election for status in one.status)]
        for status in one.status:
            self._one_of(entry.id, "status of a recommendation", status.status, STATUSES)
        for earlier, later in pairwise(dates):
            self._order(
                entry.id, f"a status of recommendation {one.id!r} is", later, "the one above it", earlier
            )

    def _trajectory(self, one: Trajectory, norms: Sequence[str]) -> None:
        self._one_of(one.id, "norm of an entry", one.norm, norms)
        self._one_of(one.id, "framework", one.framework, tuple(FRAMEWORKS))
        if not one.phase:
            self._refuse(one.id, "no phase is annotated")
        for item in one.phase:
            self._one_of(one.id, f"phase of the {one.framework}", item.phase, FRAMEWORKS[one.framework])
            self._order(one.id, f"the phase {item.phase!r} ends", item.end, "it begins", item.start)
        for earlier, later in pairwise(one.phase):
            self._order(
                one.id,
                f"the phase {later.phase!r} begins",
                later.start,
                f"the phase {earlier.phase!r} above it {'ends' if earlier.end else 'begins'}",
                earlier.end or earlier.start,
            )

    def _order(
        self, id: str, what: str, later: When | None, than: str, earlier: When | None, *words: str
    ) -> None:
        if later is not None and earlier is not None and later.surely_before(earlier):
            self._refuse(id, f"{what} ({later}) before {than} ({earlier})", *words)

"""What an entry of the ledger holds: what was promised, the law, what is done, who objects, who answers."""

from __future__ import annotations

from typing import Literal

import msgspec

from forensics.commitments.days import When
from forensics.commitments.toml_files import Text

#: States of an entry, in the order in which a norm passes through them (Isaacs).
STATES = ("diffusion", "acceptance in law", "reconstitution", "contestation")
#: How a norm is given another content.
CHANNELS = ("practice", "discourse")
#: Evidence levels of CONTRACT section 3, and the two that only a ledger can give.
LEVELS = ("none", "L0", "L1", "L2", "L3", "L4")
#: Kinds of evidence that do not follow from each other; all tests of one file of returns are one kind.
KINDS = ("returns", "commissions", "observation", "document", "testimony", "law", "adjudication")
#: What an assessor may say of a paragraph.
WORDINGS = ("relevant to", "inconsistent with")
#: By which a norm travels (Genc, after Finnemore and Sikkink).
MECHANISMS = ("training", "monitoring and reporting", "legal guidance", "conference")
#: How far a recommendation was followed, as an assessor holds.
STATUSES = ("not assessed", "not implemented", "partly", "mostly", "fully")
#: What an official response is where somebody looked for one and there was none.
NONE_FOUND = "none found"


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Quotation(_Struct, frozen=True, kw_only=True):
    """Somebody's own words, with where they were read: how discourse is filed."""

    text: Text
    speaker: Text
    source: Text
    read: bool = True
    date: When | None = None


class Diffusion(_Struct, frozen=True, kw_only=True):
    """How the commitment came: an instrument joined, a standard recommended, a training held."""

    what: Text
    by: Text
    source: Text
    read: bool
    date: When | None = None
    mechanism: str = ""
    quotation: tuple[Quotation, ...] = ()


class LawRecord(_Struct, frozen=True, kw_only=True):
    """What the law says from a day on; ``rule`` names a rule of the dated law files."""

    article: Text
    what: Text
    source: Text
    read: bool
    valid_from: When | None = None
    valid_to: When | None = None
    rule: str = ""
    quotation: tuple[Quotation, ...] = ()


class Reconstitution(_Struct, frozen=True, kw_only=True):
    """The norm given another content. Practice is measured; discourse is filed in its own words.

    ``measured`` names detectors and measures that speak of the practice; without them it is a
    report of somebody and not established.
    """

    channel: str
    actor: Text
    what: Text
    source: Text
    read: bool
    date: When | None = None
    measured: tuple[str, ...] = ()
    quotation: tuple[Quotation, ...] = ()


class Contestation(_Struct, frozen=True, kw_only=True):
    """A moment at which the meaning of the commitment was openly disputed, and by whom."""

    event: Text
    claimant: Text
    source: Text
    read: bool
    date: When | None = None
    quotation: tuple[Quotation, ...] = ()


class Response(_Struct, frozen=True, kw_only=True):
    """What the authorities answered."""

    what: Text
    by: Text
    source: Text
    read: bool
    date: When | None = None
    quotation: tuple[Quotation, ...] = ()


class CounterNorm(_Struct, frozen=True, kw_only=True):
    """Another norm that is put up against the commitment, and who promotes it."""

    what: Text
    promoter: Text
    source: Text
    read: bool


class Evidence(_Struct, frozen=True, kw_only=True):
    """One piece of evidence an assessor leans on; ``finding`` is the identifier of a finding."""

    kind: str
    what: Text
    source: Text
    finding: str = ""


class Assessed(_Struct, frozen=True, kw_only=True):
    """What an assessor holds of the paragraph, with the reasons; nothing here is computed."""

    wording: str
    assessor: Text
    date: When
    rationale: Text


class Status(_Struct, frozen=True, kw_only=True):
    """How far a recommendation had been followed by an election."""

    election: When
    status: str
    source: Text
    assessor: Text


class Recommendation(_Struct, frozen=True, kw_only=True):
    """What was recommended, by whom, to whom, and its status from election to election."""

    id: Text
    what: Text
    by: Text
    source: Text
    issued: When
    change_of_law: bool | None = None
    responsible: str = ""
    status: tuple[Status, ...] = ()


class Entry(_Struct, frozen=True, kw_only=True):
    """One commitment of one norm in one country.

    ``official_response`` has to be there: ``"none found"`` or what was answered. ``linked`` are
    detectors, detectors with a quantity, or whole identifiers of findings; ``open`` is what is
    not known.
    """

    id: Text
    norm: Text
    topic: Text
    instrument: Text
    paragraphs: tuple[Text, ...]
    state: str
    evidence_level: str
    official_response: Literal["none found"] | tuple[Response, ...]
    diffusion: tuple[Diffusion, ...] = ()
    law: tuple[LawRecord, ...] = ()
    reconstitution: tuple[Reconstitution, ...] = ()
    contestation: tuple[Contestation, ...] = ()
    counter_norm: tuple[CounterNorm, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    assessed: Assessed | None = None
    linked: tuple[Text, ...] = ()
    recommendation: tuple[Recommendation, ...] = ()
    open: tuple[Text, ...] = ()

    @property
    def responses(self) -> tuple[Response, ...]:
        """The official responses; empty where none was found."""
        return self.official_response if isinstance(self.official_response, tuple) else ()

    @property
    def wording(self) -> str:
        """What may be said of the paragraphs: *relevant to*, unless an assessor says more."""
        return self.assessed.wording if self.assessed is not None else WORDINGS[0]

    def records(self, state: str) -> tuple[msgspec.Struct, ...]:
        """The records of one state."""
        found: tuple[msgspec.Struct, ...] = getattr(self, "law" if state == STATES[1] else state)
        return found

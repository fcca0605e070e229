"""One entry of the ledger on the page: facts, records, answers, and what was measured beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from forensics.commissions.linking import Link
from forensics.commitments.entries import NONE_FOUND, STATES, Entry
from forensics.commitments.ledger import Ledger
from forensics.finding import Finding, Findings
from forensics.messages.message import Sentences
from forensics.report import numerals
from forensics.report.document import AuditLike, EntrySection, Table
from forensics.report.notes import with_values
from forensics.scope import Scope

SAY = Sentences(
    "report.ledger",
    heading="Commitments, law and practice",
    lead="The ledger ({country}, sha256 {digest}) says what was promised, what the law said on a day, what "
    "is done, who disputes it and what the authorities answer. A test is relevant to a paragraph and "
    "decides nothing about it; that practice is inconsistent with one is said by an assessor only, from "
    "two kinds of evidence. Practice is measured or reported, which is not the same; discourse is quoted.",
    source="Source of the ledger: {source}.",
    instrument="{id}: {name} ({adopted}); paraphrased, paragraph by paragraph.",
    paragraphs="Paragraphs and the tests relevant to them",
    paragraph="paragraph",
    topic="what it is about",
    relevant="relevant tests run here",
    other="relevant, not run here",
    entry="{topic} ({instrument}, {n:plural:paragraph|paragraphs} {paragraphs})",
    state="state",
    level="evidence level in the ledger",
    here="step of the tests here",
    wording="what is said",
    wording_relevant="what the linked tests and measures find is relevant to the "
    "{n:plural:paragraph|paragraphs} {paragraphs}",
    wording_inconsistent="{assessor} holds practice inconsistent with {n:plural:paragraph|paragraphs} "
    "{paragraphs} ({date}): {rationale}",
    records="Record",
    what="what",
    date="date",
    who="who",
    from_source="source",
    undated="no date",
    until="until {date}",
    between="{start} to {end}",
    since="from {date}",
    counter="counter-norm",
    unread="{source} (not read)",
    responses="Official response",
    none_found="None found.",
    measures="What was measured of the practice",
    measure="measure",
    coding="coding",
    commissions="commissions",
    n="n",
    mean="mean [bounds for unknown members]",
    linked="Findings linked to it",
    finding="finding",
    value="effect [interval]",
    null="null",
    no_interval="no interval: not shown",
    evidence="Evidence the assessor leans on",
    kind="kind",
    recommendations="Recommendations and their status",
    recommendation="recommendation",
    election="election",
    status="status",
    assessor="assessor",
    phases="Phases as annotated by {coder}: {framework}",
    phase="phase",
    rationale="rationale",
    annotation="An annotation of one analyst: it is not computed, and phases need not follow in order.",
    quoted="“{text}” ({speaker}; {source})",
    measured="{what} Measures of it: {measured}.",
    reported="{what} Reported, not measured.",
    open="Not known: {what}",
)
#: The ledger's own vocabulary, for the page.
WORDS = Sentences(
    "report.ledger.word",
    diffusion="diffusion",
    acceptance_in_law="acceptance in law",
    reconstitution="reconstitution",
    contestation="contestation",
    practice="practice",
    discourse="discourse",
    returns="returns",
    commissions="commissions",
    observation="observation",
    document="document",
    testimony="testimony",
    law="law",
    adjudication="adjudication",
    not_assessed="not assessed",
    not_implemented="not implemented",
    partly="partly",
    mostly="mostly",
    fully="fully",
    repression="repression",
    denial="denial",
    tactical_concessions="tactical concessions",
    prescriptive_status="prescriptive status",
    rule_consistent_behaviour="rule-consistent behaviour",
    emergence="emergence",
    cascade="cascade",
    internalisation="internalisation",
    spiral_model="spiral model (Risse, Ropp and Sikkink)",
    norm_life_cycle="norm life cycle (Finnemore and Sikkink)",
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Sentences and words of the section in one language."""

    language: str

    def __call__(self, name: str, /, **parameters: Any) -> str:
        return SAY(name, **parameters).text(self.language)

    def word(self, term: str) -> str:
        """A term of the ledger's vocabulary."""
        return WORDS(term.replace(" ", "_").replace("-", "_")).text(self.language)


def entry_section(
    entry: Entry,
    number: int,
    ledger: Ledger,
    audit: AuditLike,
    findings: Findings,
    say: Speaker,
    link: Link | None = None,
) -> EntrySection:
    """One entry beside the findings and the measures of commissions that it is linked to.

    Parameters
    ----------
    entry : Entry
    number : int
        Its place in the ledger, from 1.
    ledger : Ledger
    audit : AuditLike
    findings : Findings
        Of the audit, and of an observers' sample.
    say : Speaker
    link : Link, optional
        Measures of commissions; cells of fewer than five stay withheld.
    """
    numbers = ", ".join(entry.paragraphs)
    step = audit.evidence.assessment[0].ladder if audit.evidence.assessment else ""
    facts = [(say("state"), say.word(entry.state)), (say("level"), entry.evidence_level)]
    if step:
        facts.append((say("here"), step))
    facts.append((say("wording"), _wording(entry, numbers, ledger, findings, audit.returns.scope, say)))
    tables = (
        _measures(entry, link, say),
        _linked(entry, findings, audit.returns.scope, say),
        _evidence(entry, say),
        _recommendations(entry, say),
    )
    return EntrySection(
        anchor=f"entry-{number}",
        heading=say(
            "entry", topic=entry.topic, instrument=entry.instrument, paragraphs=numbers,
            n=len(entry.paragraphs),
        ),
        facts=tuple(facts),
        records=_records(entry, say),
        responses=_responses(entry, say),
        tables=tuple(table for table in tables if table is not None),
        notes=tuple(say("open", what=what) for what in entry.open),
    )  # fmt: skip


def _wording(
    entry: Entry, numbers: str, ledger: Ledger, findings: Findings, scope: Scope, say: Speaker
) -> str:
    if entry.assessed is None or entry.wording != "inconsistent with":
        return say("wording_relevant", paragraphs=numbers, n=len(entry.paragraphs))
    why = entry.assessed.rationale
    rationale = with_values(
        why,
        findings,
        file=ledger.file,
        line=ledger.line(entry.id, why.strip().splitlines()[0]) or 1,
        scope=scope,
        language=say.language,
    )
    return say(
        "wording_inconsistent",
        assessor=entry.assessed.assessor,
        paragraphs=numbers,
        n=len(entry.paragraphs),
        date=str(entry.assessed.date),
        rationale=rationale,
    )


def _said(record: Any, what: str, say: Speaker) -> str:
    quoted = (
        say("quoted", text=one.text, speaker=one.speaker, source=_source(one, say))
        for one in record.quotation
    )
    return " ".join((what, *quoted))


def _source(record: Any, say: Speaker) -> str:
    return record.source if record.read else say("unread", source=record.source)


def days(start: object, end: object, say: Speaker) -> str:
    """From when to when, where that is known."""
    if start is not None and end is not None:
        return say("between", start=str(start), end=str(end))
    if end is not None:
        return say("until", date=str(end))
    return say("undated") if start is None else say("since", date=str(start))


def _records(entry: Entry, say: Speaker) -> Table:
    rows = [_record(state, one, say) for state in STATES for one in entry.records(state)]
    rows += [
        (say("counter"), say("undated"), one.promoter, one.what, _source(one, say))
        for one in entry.counter_norm
    ]
    columns = tuple(say(name) for name in ("state", "date", "who", "what", "from_source"))
    return Table(say("records"), columns, (False,) * len(columns), tuple(rows))


def _record(state: str, one: Any, say: Speaker) -> tuple[str, ...]:
    what, date = (one.event if state == STATES[3] else one.what), None
    term = say.word(state)
    if state == STATES[1]:
        term = say.word("law")
        who, date = f"Art. {one.article}", days(one.valid_from, one.valid_to, say)
    elif state == STATES[2]:
        who = one.actor
        term = f"{term} ({say.word(one.channel)})"
        if one.channel == "practice":
            named = ", ".join(one.measured)
            what = say("measured", what=what, measured=named) if named else say("reported", what=what)
    else:
        who = one.claimant if state == STATES[3] else one.by
    if date is None:
        date = say("undated") if one.date is None else str(one.date)
    return (term, date, who, _said(one, what, say), _source(one, say))


def _responses(entry: Entry, say: Speaker) -> tuple[str, ...]:
    if entry.official_response == NONE_FOUND:
        return (say("none_found"),)
    return tuple(
        f"{one.by}, {say('undated') if one.date is None else one.date}: {_said(one, one.what, say)} "
        f"[{_source(one, say)}]"
        for one in entry.responses
    )


def _found(entry: Entry, findings: Findings, scope: Scope) -> list[Finding]:
    """Findings an entry is linked to: by method, method and quantity (both national), or identifier."""
    found = []
    for item in findings.tested:
        short = (item.method, f"{item.method}:{item.quantity}") if item.scope == scope else ()
        if item.id in entry.linked or any(name in entry.linked for name in short):
            found.append(item)
    return found


def _linked(entry: Entry, findings: Findings, scope: Scope, say: Speaker) -> Table | None:
    found = _found(entry, findings, scope)
    if not found:
        return None
    rows = tuple(
        (
            f"{item.method}, {item.quantity}, {item.scope}",
            numerals.effect(item, say.language) if item.interval is not None else say("no_interval"),
            numerals.pvalue(item.pvalue, say.language),
            item.null.text(say.language),
        )
        for item in found
    )
    columns = (say("finding"), say("value"), "p", say("null"))
    return Table(say("linked"), columns, (False, True, True, False), rows)


def _measures(entry: Entry, link: Link | None, say: Speaker) -> Table | None:
    """Measures of commissions, by level, that the records of practice name."""
    named = list(dict.fromkeys(name for one in entry.reconstitution for name in one.measured))
    if link is None or not named:
        return None
    table = link.levels
    rows = []
    for row in table[table["measure"].isin(named) & ~table["withheld"].astype(bool)].to_dict("records"):
        if pd.isna(row["low"]):
            continue
        low, high = numerals.number(row["low"], say.language), numerals.number(row["high"], say.language)
        mean = "–" if pd.isna(row["mean"]) else numerals.number(row["mean"], say.language)
        rows.append((
            str(row["measure"]),
            str(row["level"]),
            row["coding"] or "–",
            numerals.count(row["commissions"], say.language),
            f"{mean} {numerals.span(low, high, say.language)}",
        ))  # fmt: skip
    if not rows:
        return None
    columns = tuple(say(name) for name in ("measure", "commissions", "coding", "n", "mean"))
    return Table(say("measures"), columns, (False, False, False, True, True), tuple(rows))


def _evidence(entry: Entry, say: Speaker) -> Table | None:
    if not entry.evidence:
        return None
    rows = tuple((say.word(one.kind), one.what, one.source) for one in entry.evidence)
    return Table(say("evidence"), (say("kind"), say("what"), say("from_source")), (False,) * 3, rows)


def _recommendations(entry: Entry, say: Speaker) -> Table | None:
    if not entry.recommendation:
        return None
    rows = []
    for one in entry.recommendation:
        head = f"{one.what} ({one.by}, {one.issued}; {one.source})"
        rows += [
            (head, str(status.election), say.word(status.status), status.assessor, status.source)
            for status in one.status
        ] or [(head, "–", say.word("not assessed"), "–", "–")]
    columns = tuple(
        say(name) for name in ("recommendation", "election", "status", "assessor", "from_source")
    )
    return Table(say("recommendations"), columns, (False,) * len(columns), tuple(rows))

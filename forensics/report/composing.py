"""From an audit to the report as an object."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from forensics.auditing.election_before import beside_the_one_before
from forensics.auditing.forest import forest
from forensics.auditing.posteriors import drawn
from forensics.auditing.result import election_of
from forensics.commissions.pictures import series_picture
from forensics.detectors.registry import FAMILIES, detector_ids, find_detector
from forensics.finding import Finding
from forensics.messages.message import Sentences
from forensics.picture import Picture, Sheet
from forensics.report import annex, assessing, numerals, results, writing
from forensics.report.beside import Beside
from forensics.report.citing import how_to_cite
from forensics.report.commissions import commissions
from forensics.report.coverage import coverage
from forensics.report.dictionary import dictionary
from forensics.report.disclosing import refuse_small_cells
from forensics.report.document import AuditLike, Document, LedgerSection, Note
from forensics.report.estimating import estimating
from forensics.report.explaining import explaining
from forensics.report.ledger import ledger_extract
from forensics.report.materiality import materiality
from forensics.report.notes import resolved
from forensics.report.observing import observers
from forensics.report.recommending import recommending

SAY = Sentences(
    "report.header",
    election="Election",
    source="Source",
    sha256="SHA-256 of the file",
    digest="Digest of the table",
    profile="Profile",
    option="Option under study",
    turnout="Turnout is",
    share="Share is",
    of="{part} / {whole}",
    precincts="Precincts",
    plan="Plan",
    version="Version",
)
#: What is said where a part of the report is missing.
ABSENT = ("no_roster", "no_observers", "no_ledger", "no_votes_beside_margin")


def compose(
    audit: AuditLike,
    beside: Beside | None = None,
    *,
    language: str = "en",
) -> Document:
    """The report of an audit; nothing in it depends on the day or the machine.

    Parameters
    ----------
    audit : AuditLike
    beside : Beside, optional
        Roster, observers' sample, truth, ledger and notes.
    language : str
        Of every sentence that has a translation; the others stay English.

    Raises
    ------
    ConfigError
        If the ledger or the notes say what the evidence does not bear, naming file and line.
    """
    beside = beside or Beside()
    returns, findings = audit.returns, audit.findings
    found = results.groups(findings, returns.scope)
    named = _Names()
    overview, own, forests = _pictures(audit.overview, found, named)
    then = audit.previous
    before = () if then is None else tuple(map(named, beside_the_one_before(returns, then)))
    section = None if beside.link is None else commissions(beside.link, named, language)
    if section is not None:
        refuse_small_cells(section.tables)
    seen = None if beside.observation is None else observers(beside.observation, named, language)
    promised = _promised(audit, beside, named, language)
    methods = annex.methods(annex.nulls_of(findings, language), language)
    also = () if seen is None else seen.methods
    with_p = sum(item.pvalue is not None for item in findings.tested)

    title = title_of(audit, language)

    def say(name: str, **parameters: Any) -> str:
        return writing.SAY(name, **parameters).text(language)

    return Document(
        language=language,
        title=title,
        headings={
            name: writing.HEADINGS(name).text(language)
            for name in writing.HEADINGS.sources
            if name != "title"
        },
        lead=say("lead"),
        header=_header(audit, language),
        coverage=coverage(returns, audit.check.to_dict(), (*overview, *before), language),
        standing=assessing.standing(audit.evidence, language),
        planted=assessing.planted(beside.planted, language) if beside.planted else None,
        tested_notes=(
            say("tested", hash=audit.plan.hash[:12], seed=audit.plan.seed),
            say("many", tests=with_p, chance=0.05 * with_p),
        ),
        tested_columns=results.tested_columns(language),
        tested=tuple(results.tested(group, language) for group in found),
        skipped=results.skipped_table(findings.skipped, language),
        families=results.families(
            found,
            own,
            forests,
            {method.name: method.summary for method in methods},
            FAMILIES,
            lambda item: assessing.facts(item, audit.evidence, language),
            language,
        ),
        observers=seen,
        commissions=section,
        estimates=estimating(audit, language),
        materiality=materiality(audit, language),
        limits=tuple(text.text(language) for text in writing.all_of(writing.LIMITS)),
        mechanisms=assessing.unseen(audit.evidence.visibility, language),
        explanations=explaining(audit, language),
        ledger=promised,
        recommendations=recommending(audit, language),
        written=_written(audit, beside, language),
        reading_notes=say("reading_notes"),
        notes=tuple(text.text(language) for text in writing.all_of(writing.NOTES)),
        methods=(*methods, *(one for one in also if one.name not in {method.name for method in methods})),
        glossary=_glossary(language),
        dictionary=dictionary(returns, language),
        absent={name: say(name) for name in ABSENT},
        citation=how_to_cite(audit, title, language),
        provenance=(
            *annex.flat(audit.provenance),
            *((("draws", say("draws")),) if drawn(findings) else ()),
            ("restricted", say("restricted")),
        ),
        pictures=(
            *overview,
            *before,
            *(picture for pictures in own.values() for picture in pictures),
            *forests.values(),
            *(() if seen is None else seen.pictures),
            *(() if section is None else section.pictures),
            *(() if promised is None else promised.pictures),
        ),
    )


def title_of(audit: AuditLike, language: str) -> str:
    """The report's title: which election, else which file."""
    named = election_of(audit.returns) or audit.returns.source.name
    return writing.HEADINGS("title", source=named).text(language)


def _promised(
    audit: AuditLike, beside: Beside, named: Callable[[Picture], Picture], language: str
) -> LedgerSection | None:
    if beside.ledger is None:
        return None
    series = series_picture(beside.link.series) if beside.link is not None else None
    return ledger_extract(
        beside.ledger, audit, link=beside.link, observed=beside.observed, named=named, beside=series,
        language=language,
    )  # fmt: skip


def _written(audit: AuditLike, beside: Beside, language: str) -> tuple[Note, ...]:
    """The notes, held against the step of the nation."""
    if beside.notes is None:
        return ()
    assessment = audit.evidence.assessment
    return resolved(
        beside.notes,
        audit.findings + beside.observed,
        level=assessment[0].ladder if assessment else "none",
        scope=audit.returns.scope,
        ledger=beside.ledger,
        language=language,
    )


def _header(audit: AuditLike, language: str) -> tuple[tuple[str, str], ...]:
    returns, source = audit.returns, audit.returns.source
    leader = returns.leader or ""
    option = returns.labels.get(leader, leader)
    turnout = (returns.turnout_of, "registered") if returns.has(returns.turnout_of, "registered") else None
    rows = (
        ("election", election_of(returns)),
        ("source", source.name),
        ("sha256", source.sha256[:12]),
        ("digest", returns.digest[:12]),
        ("profile", source.profile),
        ("precincts", numerals.count(len(returns), language)),
        ("option", option),
        ("turnout", SAY("of", part=turnout[0], whole=turnout[1]).text(language) if turnout else ""),
        ("share", SAY("of", part="votes", whole="ballots").text(language) if leader else ""),
        ("plan", audit.plan.hash[:12]),
        ("version", str(audit.provenance.get("version", ""))),
    )
    return tuple((SAY(name).text(language), value) for name, value in rows if value)


def _glossary(language: str) -> tuple[tuple[str, str], ...]:
    pairs = (text.text(language).partition(": ") for text in writing.all_of(writing.GLOSSARY))
    return tuple((term, meaning) for term, _, meaning in pairs)


Drawn = TypeVar("Drawn", Picture, Sheet)


class _Names:
    """Gives each picture of a report a name of its own."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def __call__(self, picture: Drawn) -> Drawn:
        self._taken[picture.name] = self._taken.get(picture.name, 0) + 1
        if self._taken[picture.name] == 1:
            return picture
        return self(dataclasses.replace(picture, name=f"{picture.name}-{self._taken[picture.name]}"))


def _pictures(
    overview: Sequence[Picture], found: Sequence[results.Group], named: _Names
) -> tuple[tuple[Picture, ...], Mapping[str, tuple[Picture, ...]], Mapping[tuple[str, str], Picture]]:
    """Pictures of the overview, of each group's own scope, and the forest of its units by level.

    Each has a name of its own. A single unit has no figure in the report: hundreds of them would
    hide the few that are read.
    """
    first = tuple(named(picture) for picture in overview)
    own = {
        group.anchor: tuple(
            named(picture) for item in group.top for picture in item.pictures if not picture.restricted
        )
        for group in found
    }
    forests = {}
    for group in found:
        for level, items in group.levels:
            if not _worth_a_forest(items):
                continue
            picture = forest(items, group.top[0] if group.top else None)
            if picture is not None:
                forests[group.anchor, level] = named(picture)
    return first, own, forests


def _worth_a_forest(items: Sequence[Finding]) -> bool:
    """Whether the units of a test are drawn: tests that are leant on, with intervals that differ.

    What is descriptive, or the same everywhere, is said well enough by its table; the figure of any
    other test is made by ``forensics plot forest``.
    """
    spread = any(item.effect and item.interval is not None for item in items)
    method = items[0].method
    # A finding may come from a detector that is not installed here: it is drawn.
    return spread and (method not in detector_ids() or find_detector(method).default == "on")

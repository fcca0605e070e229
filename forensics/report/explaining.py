"""Explanations that need no manipulation, for what departs from its null here."""

from __future__ import annotations

from forensics.finding import Finding
from forensics.messages.message import Sentences
from forensics.report.document import AuditLike, Section, Table

SAY = Sentences(
    "report.explaining",
    why="For every test of the nation that departs from its null (p ≤ {level}), what would make it do so "
    "in an accurate count. The data alone do not choose between these and manipulation; observation, "
    "papers and those who worked there can.",
    nothing="No test of the nation departs from its null at p ≤ {level}, so there is nothing to explain. "
    "That is no evidence that the returns are accurate.",
    caption="What could explain it",
    test="tests that it would explain",
    explanation="explanation",
)
LEVEL = 0.05


def explaining(audit: AuditLike, language: str = "en") -> Section:
    """A row per explanation, with the tests that it would explain."""
    departing = [item for item in audit.findings.tested if _departs(item, audit)]
    if not departing:
        return Section((SAY("nothing", level=LEVEL).text(language),))
    rows: dict[str, dict[str, None]] = {}
    for item in departing:
        for sentence in item.innocent:
            rows.setdefault(sentence.text(language), {})[item.method] = None
    table = Table(
        SAY("caption").text(language),
        (SAY("explanation").text(language), SAY("test").text(language)),
        (False, False),
        tuple((sentence, ", ".join(tests)) for sentence, tests in rows.items()),
    )
    return Section((SAY("why", level=LEVEL).text(language),), (table,))


def _departs(item: Finding, audit: AuditLike) -> bool:
    return item.scope == audit.returns.scope and item.pvalue is not None and item.pvalue <= LEVEL

"""How a report and the toolkit are cited: a sentence on the page, CITATION.cff beside it, and sources."""

from __future__ import annotations

import inspect
import json
from importlib.metadata import version

from forensics.auditing.result import election_of
from forensics.detectors.registry import all_detectors, find_detector
from forensics.messages.message import Sentences
from forensics.report.annex import references
from forensics.report.document import AuditLike

SAY = Sentences(
    "report.citing",
    sentence="{title}. Made with forensics {version}, plan {plan}, seed {seed}, from {source} "
    "(sha256 {sha256}; digest of the table {digest}). Before the title stand the names of those who hand "
    "this report in, after it the day on which they do.",
    file="CITATION.cff in the folder of this report says the same for programs, with the hashes in full; "
    "forensics --cite gives the sources of all methods.",
)
#: The file of a report's folder, in the Citation File Format.
FILE = "CITATION.cff"
TITLE = "forensics: election forensics with exact nulls"
AUTHORS = "the forensics authors"
MESSAGE = "Cite this report with the hash of its plan, from which it can be made again."
LICENCE = "BSD-3-Clause"


def how_to_cite(audit: AuditLike, title: str, language: str) -> tuple[str, ...]:
    """What the page says: what a reader needs to find, or make, this report again."""
    source = audit.returns.source
    sentence = SAY(
        "sentence",
        title=title,
        version=str(audit.provenance.get("version", "")),
        plan=audit.plan.hash[:12],
        seed=audit.plan.seed,
        source=source.name,
        sha256=source.sha256[:12] or "–",
        digest=audit.returns.digest[:12],
    )
    return sentence.text(language), SAY("file").text(language)


def citation_file(audit: AuditLike, title: str) -> str:
    """``CITATION.cff`` of a report; the day is not in it, because nothing in a report depends on one."""
    source = audit.returns.source
    hashes = (
        (audit.plan.hash, "SHA-256 of the plan (plan.toml)"),
        (source.sha256, f"SHA-256 of the file of returns, {source.name}"),
        (audit.returns.digest, "digest of the table of returns as it was read"),
    )
    election = election_of(audit.returns)
    lines = [
        "# Put the names of those who hand this report in under authors, and the day as date-released.",
        "cff-version: 1.2.0",
        f"message: {_quoted(MESSAGE)}",
        "type: dataset",
        f"title: {_quoted(title)}",
        *([f"abstract: {_quoted(f'Precinct returns examined: {election}')}"] if election else []),
        "authors:",
        f"  - name: {_quoted('those who hand this report in')}",
        f"version: {_quoted(audit.plan.hash[:12])}",
        "identifiers:",
    ]
    for value, description in hashes:
        if value:
            lines += [
                "  - type: other",
                f"    value: {_quoted(value)}",
                f"    description: {_quoted(description)}",
            ]
    lines += [
        "references:",
        "  - type: software",
        f"    title: {_quoted(TITLE)}",
        "    authors:",
        f"      - name: {_quoted(AUTHORS)}",
        f"    version: {_quoted(str(audit.provenance.get('version', '')))}",
        f"    license: {LICENCE}",
    ]
    return "\n".join(lines) + "\n"


def cite() -> str:
    """How to cite the toolkit, and where each of its methods was published.

    Returns
    -------
    str
        The toolkit's own line, then by family the detectors with the references of their docstrings.
    """
    lines = [
        f"{AUTHORS[0].upper()}{AUTHORS[1:]} (2026). {TITLE}. Version {version('forensics')}. {LICENCE}.",
        "",
        "Cite the methods that you lean on as well:",
    ]
    family = ""
    for entry in all_detectors():
        if entry.family != family:
            family = entry.family
            lines += ["", family]
        lines.append(f"  {entry.id}")
        found = references(inspect.getdoc(find_detector(entry.id).run) or "")
        lines += [f"    {one}" for one in found] or [
            "    (no publication; its docstring says what it does)"
        ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A text as YAML reads it back, whatever stands in it: a JSON string is one."""
    return json.dumps(text, ensure_ascii=False)

"""The folder an audit hands over: the page, the numbers, the figures, and what is not for publication."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib

from forensics.auditing import posteriors
from forensics.auditing.workers import as_finished, in_order
from forensics.finding import Findings
from forensics.messages.message import Sentences, check_language
from forensics.picture import Picture, csv_text
from forensics.plots import drawing
from forensics.report.beside import Beside
from forensics.report.citing import FILE as CITATION
from forensics.report.citing import citation_file
from forensics.report.composing import compose
from forensics.report.document import AuditLike, Document
from forensics.report.drawn import drawn
from forensics.report.formats import FORMATS, check_formats, dressed
from forensics.report.json_text import dumps, findings_document, findings_table
from forensics.report.output import MADE, replacing, write_text
from forensics.report.rendering import render
from forensics.report.restricted_page import restricted_page
from forensics.report.transliteration import check_scheme, with_latin

if TYPE_CHECKING:
    import pandas as pd

SAY = Sentences(
    "report.restricted",
    readme="NOT FOR PUBLICATION\n\n"
    "precincts.parquet: one row per precinct with its score from each test that has one.\n"
    "worst_rows.csv: the rows that break an identity of the protocol most.\n"
    "precincts.html: both to be looked at, the highest scores of each test, and the precincts behind the "
    "bars and cells of the figures.\n"
    "*-draws.parquet, *-precincts.parquet: where a model was fitted, its posterior draws of every precinct "
    "and what they come to, with intervals.\n\n"
    "A score or a contradiction of a single precinct is no finding about the people who worked there. "
    "Rows are for checking against the papers, with a right of reply before anything is released.\n"
    "Never join these tables with the composition of commissions in anything that leaves the mission: "
    "together they point at named persons.",
)
#: The calibration that an assessment leans on, where it was measured on these precincts.
CALIBRATION = "calibration.json"
#: Measures of commissions and their relation to the outcomes, where there is a roster.
COMMISSIONS = "commissions.json"
#: What an observers' sample says beside the returns, where one was given.
OBSERVERS = "observers.json"
#: The ledger of commitments as it was read, the texts it and the notes were read from.
LEDGER, LEDGER_FILES, NOTES_FILES = "ledger.json", "ledger", "notes"
#: The user's own profile that the returns were read with, under its name.
PROFILE_FILES = "profile"
#: The restricted tables, within the folder.
SCORES = "restricted/precincts.parquet"
WORST = "restricted/worst_rows.csv"
#: Posterior draws: of units and the nation in the open folder, of precincts and their summaries not.
DRAWS = "draws/{name}.parquet"
PRECINCT_DRAWS, PRECINCT_SUMMARY = "restricted/{name}-draws.parquet", "restricted/{name}-precincts.parquet"


def audit_document(audit: AuditLike, *, language: str = "en") -> dict[str, Any]:
    """The object of ``findings.json`` for an audit."""
    evidence = audit.evidence
    return findings_document(
        audit.findings,
        provenance(audit, language),
        [one.to_dict(language) for one in evidence.assessment],
        visibility=[one.to_dict(language) for one in evidence.visibility],
        estimates=[one.to_dict(language) for one in audit.estimates],
        annotations=evidence.annotations,
        language=language,
    )


def provenance(audit: AuditLike, language: str) -> dict[str, Any]:
    """What the numbers were computed from, the language of their sentences, and the draws kept."""
    kept = {
        DRAWS.format(name=name): {
            "finding": item.id,
            "draws_of_precincts": len(item.draws),
            "precincts": len(item.draws.rows),
            "restricted": [one.format(name=name) for one in (PRECINCT_DRAWS, PRECINCT_SUMMARY)],
        }
        for name, item in posteriors.drawn(audit.findings).items()
        if item.draws is not None
    }
    return {**audit.provenance, "language": language, **({"draws": kept} if kept else {})}


def draw_tables(audit: AuditLike) -> Iterator[tuple[str, pd.DataFrame]]:
    """File and table of all posterior draws, one after the other: those of precincts are large."""
    for name, item in posteriors.drawn(audit.findings).items():
        if item.draws is not None:
            yield DRAWS.format(name=name), posteriors.unit_table(item.draws)
            yield PRECINCT_DRAWS.format(name=name), posteriors.precinct_table(audit.returns, item.draws)
            yield PRECINCT_SUMMARY.format(name=name), posteriors.summary_table(audit.returns, item)


def tables(
    audit: AuditLike, document: Document, beside: Beside | None = None, *, language: str = "en"
) -> dict[str, str]:
    """Every number of the folder as text, by file name: what ``verify`` compares byte by byte."""
    evidence, source = audit.evidence, audit.returns.source
    findings = audit_document(audit, language=language)
    own = {} if evidence.calibration is None else {CALIBRATION: dumps(evidence.calibration.to_dict())}
    if source.profile_text:
        own[f"{PROFILE_FILES}/{source.profile}.toml"] = source.profile_text
    if beside is not None and beside.link is not None:
        own[COMMISSIONS] = dumps(beside.link.to_dict(language))
    if beside is not None and beside.observation is not None:
        own[OBSERVERS] = dumps(beside.observation.to_dict(language))
    if beside is not None and beside.ledger is not None:
        own[LEDGER] = dumps(beside.ledger.to_dict())
        own |= {f"{LEDGER_FILES}/{name}": text for name, text in beside.ledger.files.items()}
    if beside is not None and beside.notes is not None:
        own[f"{NOTES_FILES}/{beside.notes.file}"] = beside.notes.text
    return own | {
        "findings.json": dumps(findings),
        "findings.csv": findings_table(audit.findings, language),
        "provenance.json": dumps(provenance(audit, language)),
        CITATION: citation_file(audit, document.title),
        WORST: csv_text(audit.worst_rows),
        **{f"figures/{picture.name}.csv": drawing.table(picture) for picture in document.pictures},
    }


def write_folder(
    audit: AuditLike,
    out: str | Path,
    beside: Beside | None = None,
    *,
    language: str = "en",
    n_jobs: int = 1,
    formats: Sequence[str] = (),
    transliterate: str | None = None,
) -> Path:
    """Write the report folder of an audit; the same audit gives the same bytes.

    Parameters
    ----------
    audit : AuditLike
    out : path
        Folder, made if it is missing. Figures that an earlier report left there are removed.
    beside : Beside, optional
        Roster, observers' sample, truth, ledger and notes.
    language : str
        Of every sentence and number; kept in ``provenance.json``.
    n_jobs : int
        Workers that draw; the bytes do not depend on it.
    formats : sequence of {"pdf", "docx"}
        Written besides the page, as ``report.pdf`` and ``report.docx``.
    transliterate : str, optional
        Scheme by which names in Cyrillic have Latin letters beside them on an English page.

    Returns
    -------
    Path
        The page, ``out/index.html``.

    Raises
    ------
    ConfigError
        If the folder cannot be made or written, a format cannot be made here, or there is no such
        language.
    """
    check_formats(formats)
    check_language(language)
    if transliterate is not None:
        check_scheme(transliterate, language)
    out = Path(out)
    optional = (CALIBRATION, COMMISSIONS, OBSERVERS, LEDGER, *(f"report.{each}" for each in FORMATS))
    with replacing(out, "report", made=MADE["report"], optional=optional) as new:
        page = _write(audit, new, beside or Beside(), language, n_jobs, formats, transliterate)
    return out / page.name


def _write(
    audit: AuditLike,
    out: Path,
    beside: Beside,
    language: str,
    n_jobs: int,
    formats: Sequence[str],
    transliterate: str | None,
) -> Path:
    # First of all: a text that is refused leaves an earlier report whole.
    with joblib.parallel_config(n_jobs=n_jobs):
        document = compose(audit, beside, language=language)
    if transliterate is not None:
        document = with_latin(document, transliterate)
    restricted, figures = out / "restricted", out / "figures"
    for folder in (out, restricted, figures, *_text_folders(audit, beside, out)):
        folder.mkdir(parents=True, exist_ok=True)
    pictures = (*document.pictures, *_restricted(audit.findings))
    # Workers draw while this process writes the tables.
    with closing(
        as_finished(drawn, [(picture, language) for picture in pictures], n_jobs=n_jobs)
    ) as coming:
        for name, text in tables(audit, document, beside, language=language).items():
            write_text(out / name, text)
        write_text(out / "plan.toml", audit.plan.to_toml())
        audit.precincts.to_parquet(out / SCORES, index=False)
        for name, table in draw_tables(audit):
            (out / name).parent.mkdir(exist_ok=True)
            table.to_parquet(out / name, index=False)
        done = in_order(coming)
    for place, (picture, one) in enumerate(zip(pictures, done, strict=True)):
        folder = figures if place < len(document.pictures) else restricted
        for suffix, content in one.files.items():
            (folder / f"{picture.name}.{suffix}").write_bytes(content)
    images = {picture.name: one.files for picture, one in zip(document.pictures, done, strict=False)}
    shown = {picture.name: one.shown for picture, one in zip(document.pictures, done, strict=False)}
    write_text(restricted / "README.txt", SAY("readme").text(language) + "\n")
    write_text(restricted / "precincts.html", restricted_page(audit, shown, language=language))
    page = out / "index.html"
    write_text(page, render(document, shown))
    for name, content in dressed(document, formats, shown, images).items():
        (out / f"report.{name}").write_bytes(content)
    return page


def _text_folders(audit: AuditLike, beside: Beside, out: Path) -> list[Path]:
    """Folders of the texts that the report was made with, so that it can be made again."""
    profile = audit.returns.source.profile_text or None
    given = ((beside.ledger, LEDGER_FILES), (beside.notes, NOTES_FILES), (profile, PROFILE_FILES))
    return [out / name for content, name in given if content is not None]


def _restricted(findings: Findings) -> list[Picture]:
    """Pictures that show single precincts, each under its first name."""
    shown = (picture for item in findings.tested for picture in item.pictures if picture.restricted)
    return list({picture.name: picture for picture in shown}.values())

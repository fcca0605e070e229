"""The folder an audit hands over: the page, the numbers, the figures, and what is not for publication."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib

from forensics.commissions.linking import Link
from forensics.errors import ConfigError
from forensics.evidence.recovered import Recovered
from forensics.finding import Findings
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.plots import drawing
from forensics.report.composing import compose
from forensics.report.document import AuditLike, Document
from forensics.report.formats import FORMATS, check_formats, dressed
from forensics.report.json_text import dumps, findings_document, findings_table
from forensics.report.rendering import render, shown_as_svg
from forensics.report.restricted_page import restricted_page

SAY = Sentences(
    "report.restricted",
    readme="NOT FOR PUBLICATION\n\n"
    "precincts.parquet: one row per precinct with its score from each test that has one.\n"
    "worst_rows.csv: the rows that break an identity of the protocol most.\n"
    "precincts.html: both to be looked at, the highest scores of each test.\n\n"
    "A score or a contradiction of a single precinct is no finding about the people who worked there. "
    "Rows are for checking against the papers, with a right of reply before anything is released.\n"
    "Never join these tables with the composition of commissions in anything that leaves the mission: "
    "together they point at named persons.",
)
#: The calibration that an assessment leans on, where it was measured on these precincts.
CALIBRATION = "calibration.json"
#: Measures of commissions and their relation to the outcomes, where there is a roster.
COMMISSIONS = "commissions.json"
#: The restricted tables, within the folder.
SCORES = "restricted/precincts.parquet"
WORST = "restricted/worst_rows.csv"
#: Dots per inch of the figures' PNG: what printers ask for.
FINE = 300.0
_FIGURES = (".svg", ".png", ".csv")


def audit_document(audit: AuditLike, *, language: str = "en") -> dict[str, Any]:
    """The object of ``findings.json`` for an audit."""
    evidence = audit.evidence
    return findings_document(
        audit.findings,
        audit.provenance,
        [one.to_dict(language) for one in evidence.assessment],
        visibility=[one.to_dict(language) for one in evidence.visibility],
        estimates=[one.to_dict(language) for one in audit.estimates],
        annotations=evidence.annotations,
        language=language,
    )


def tables(
    audit: AuditLike, document: Document, *, link: Link | None = None, language: str = "en"
) -> dict[str, str]:
    """Every number of the folder as text, by file name: what ``verify`` compares byte by byte."""
    evidence = audit.evidence
    findings = audit_document(audit, language=language)
    own = {} if evidence.calibration is None else {CALIBRATION: dumps(evidence.calibration.to_dict())}
    if link is not None:
        own[COMMISSIONS] = dumps(link.to_dict(language))
    return own | {
        "findings.json": dumps(findings),
        "findings.csv": findings_table(audit.findings),
        "provenance.json": dumps(audit.provenance),
        WORST: audit.worst_rows.to_csv(index=False, lineterminator="\n"),
        **{f"figures/{picture.name}.csv": drawing.table(picture) for picture in document.pictures},
    }


def write_folder(
    audit: AuditLike,
    out: str | Path,
    *,
    link: Link | None = None,
    planted: Sequence[Recovered] = (),
    language: str = "en",
    n_jobs: int = 1,
    formats: Sequence[str] = (),
) -> Path:
    """Write the report folder of an audit; the same audit gives the same bytes.

    Parameters
    ----------
    audit : AuditLike
    out : path
        Folder, made if it is missing. Figures that an earlier report left there are removed.
    link : Link, optional
        The same precincts beside a roster.
    planted : sequence of Recovered
        What was planted and found, for a simulated election.
    n_jobs : int
        Workers that draw; the bytes do not depend on it.
    formats : sequence of {"pdf", "docx"}
        Written besides the page, as ``report.pdf`` and ``report.docx``.

    Returns
    -------
    Path
        The page, ``out/index.html``.

    Raises
    ------
    ConfigError
        If the folder cannot be made or written, or a format cannot be made here.
    """
    check_formats(formats)
    out = Path(out)
    try:
        return _write(audit, out, link, tuple(planted), language, n_jobs, formats)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            f"{out}: the report cannot be written there ({reason}); give a folder that can be written"
        ) from error


def _write(
    audit: AuditLike,
    out: Path,
    link: Link | None,
    planted: tuple[Recovered, ...],
    language: str,
    n_jobs: int,
    formats: Sequence[str],
) -> Path:
    restricted, figures = out / "restricted", out / "figures"
    # A folder that an earlier report made; anything else in somebody's folder is left alone.
    if (out / "provenance.json").is_file() and figures.is_dir():
        for path in sorted(figures.iterdir()):
            if path.suffix in _FIGURES:
                path.unlink()
    for name in (CALIBRATION, COMMISSIONS, *(f"report.{each}" for each in FORMATS)):
        (out / name).unlink(missing_ok=True)
    for folder in (out, restricted, figures):
        folder.mkdir(parents=True, exist_ok=True)

    document = compose(audit, link=link, planted=planted, language=language)
    drawn = joblib.Parallel(n_jobs=n_jobs)(
        joblib.delayed(_drawn)(picture, language) for picture in document.pictures
    )
    images = {picture.name: files for picture, (files, _) in zip(document.pictures, drawn, strict=True)}
    shown = {picture.name: small for picture, (_, small) in zip(document.pictures, drawn, strict=True)}
    for name, files in images.items():
        for suffix, content in files.items():
            (figures / f"{name}.{suffix}").write_bytes(content)
    for picture in _restricted(audit.findings):
        for suffix, content in _drawn(picture, language)[0].items():
            (restricted / f"{picture.name}.{suffix}").write_bytes(content)
    for name, text in tables(audit, document, link=link, language=language).items():
        _text(out / name, text)
    _text(out / "plan.toml", audit.plan.to_toml())
    audit.precincts.to_parquet(out / SCORES, index=False)
    _text(restricted / "README.txt", SAY("readme").text(language) + "\n")
    _text(restricted / "precincts.html", restricted_page(audit, language=language))
    page = out / "index.html"
    _text(page, render(document, shown))
    for name, content in dressed(document, formats, shown, images).items():
        (out / f"report.{name}").write_bytes(content)
    return page


def _drawn(picture: Picture, language: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """A figure's files, and what the page shows of them."""
    files = drawing.images(picture, dpi=FINE, language=language, letters="text")
    return files, files if shown_as_svg(files) else files | {"png": drawing.halved(files["png"])}


def _restricted(findings: Findings) -> list[Picture]:
    """Pictures that show single precincts, each under its first name."""
    shown = (picture for item in findings.tested for picture in item.pictures if picture.restricted)
    return list({picture.name: picture for picture in shown}.values())


def _text(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))

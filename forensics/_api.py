"""Reports, figures, JSON and the demonstration: the part of the face that shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics import resources
from forensics.auditing.figures import make_picture
from forensics.auditing.result import Audit
from forensics.commissions.linking import Link
from forensics.commitments.ledger import Ledger, read_ledger
from forensics.errors import ConfigError
from forensics.evidence.recovered import recovered
from forensics.evidence.references import references
from forensics.evidence.standard import standard
from forensics.evidence.weighing import annotated
from forensics.finding import Findings, Provenance
from forensics.messages.message import check_language
from forensics.observers.observation import Observation
from forensics.picture import Sheet
from forensics.plots.drawing import draw
from forensics.report.beside import Beside
from forensics.report.folder import audit_document, write_folder
from forensics.report.json_text import dumps, findings_document
from forensics.report.notes import Notes, read_notes
from forensics.simulation.drawing import draw as draw_election
from forensics.simulation.simulated import Simulated
from forensics.simulation.specification import read_specification
from forensics.tables.accepting import Table
from forensics.tables.returns import Returns, as_returns

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def write_report(
    audit: Audit,
    link: Link | None = None,
    /,
    *,
    out: str | Path,
    simulated: Simulated | None = None,
    observation: Observation | None = None,
    ledger: Ledger | str | Path | None = None,
    notes: Notes | str | Path | None = None,
    language: str = "en",
    n_jobs: int = 1,
    formats: Sequence[str] = (),
    transliterate: str | None = None,
) -> Path:
    """Write the report folder of an audit and return the path of its page.

    Parameters
    ----------
    audit : Audit
        What is reported.
    link : Link, optional
        What :func:`associate` gave for the same returns: a section on commissions.
    out : path
        Folder: ``index.html``, ``findings.json``, ``findings.csv``, ``figures/``, ``plan.toml``,
        ``provenance.json`` and ``restricted/`` (scores of precincts, not for publication).
    simulated : Simulated, optional
        The election that was audited: the page shows what was found of what was planted.
    observation : Observation, optional
        What :func:`observe` gave for the same returns: a section on observers, and ``observers.json``.
        Its numbers are no part of the assessment.
    ledger, notes : name, path, Ledger or Notes, optional
        Commitments; and the text of those who hand it in, its numbers references to findings.
    language : {"en", "ru", "kk"}
        Of sentences and numbers; columns, identifiers and units stay English.
    n_jobs : int
        Workers that draw.
    formats : sequence of {"pdf", "docx"}
        ``report.pdf``, ``report.docx`` besides.
    transliterate : {"bgn-ru", "bgn-kk", "iso-9", "kk-2021"}, optional
        Latin letters beside names in Cyrillic on a page in English.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ConfigError
        If a sentence of ledger or notes says more than the evidence bears, an option is unknown, or
        the observation is of other returns.
    """
    if observation is not None and observation.digest != audit.returns.digest:
        raise ConfigError(
            f"the observation is of returns with digest {observation.digest[:12]}, the audit of "
            f"{audit.returns.digest[:12]}; give what observe() gave for the audit's own returns"
        )
    planted = recovered(simulated, audit) if simulated is not None else ()
    beside = Beside(
        link=link,
        observation=observation,
        planted=tuple(planted),
        ledger=None if ledger is None else read_ledger(ledger),
        notes=None if notes is None else read_notes(notes),
    )
    return write_folder(
        audit,
        Path(out),
        beside,
        language=language,
        n_jobs=n_jobs,
        formats=formats,
        transliterate=transliterate,
    )


def plot(figure: str, returns: Returns | Table, /, *, ax: Axes | None = None, **what: Any) -> Axes:
    """Draw a figure of returns.

    Parameters
    ----------
    figure : str
        Name of a figure: ``"comet"``, ``"sawtooth"``, ``"votes_by_turnout"``, ``"forest"``, …
    returns : Returns
        Precinct returns.
    ax : matplotlib Axes, optional
        Drawn into with the title; by default a new page with title and caption.
    **what
        ``option``, ``quantity``, ``detector``, ``previous``, ``rng``, and for ``forest`` ``by``, as
        in :func:`make_picture`.

    Returns
    -------
    matplotlib Axes
        What was drawn into.

    Raises
    ------
    ConfigError
        As :func:`make_picture`; or if a page of small multiples is asked for (``plots.write``).

    Examples
    --------
    >>> import forensics
    >>> forensics.plot("sawtooth", forensics.demo_returns()).get_ylabel()
    'precincts'
    """
    picture = make_picture(figure, as_returns(returns), **what)
    if isinstance(picture, Sheet):
        raise ConfigError(
            f"{figure} by {what['by']} is a page of many axes; make it with forensics.make_picture and "
            "write it with forensics.plots.write"
        )
    return draw(picture, ax)


def findings_json(
    findings: Findings | Audit, provenance: Mapping[str, Any] | None = None, *, language: str = "en"
) -> str:
    """Findings as the JSON text of ``findings.json``: stable order, no NaN, a newline at the end.

    Parameters
    ----------
    findings : Findings or Audit
        An audit has its assessment with it.
    provenance : mapping, optional
        What is to stand under ``provenance``; by default the audit's, or the findings' own.
    language : str
        Of the sentences; keys, identifiers and units are English in any language.

    Raises
    ------
    ConfigError
        If there is no catalogue of the language.
    """
    check_language(language)
    if isinstance(findings, Audit):
        return dumps(audit_document(findings, language=language))
    if provenance is None:
        first = next((finding.provenance for finding in findings.tested), Provenance())
        provenance = {"version": first.version, "digest": first.digest, "seed": first.seed}
    placed, known = references(findings.tested), standard()
    document = findings_document(
        findings, provenance, annotations=lambda item: annotated(item, known, placed), language=language
    )
    return dumps(document)


def to_json(value: Any) -> str:
    """Any JSON-ready value in the house's layout.

    Parameters
    ----------
    value : object
        Numbers, texts, lists and mappings.

    Raises
    ------
    ValueError
        If a number is NaN or infinite; the error says where it stands.
    TypeError
        If something has no JSON form.
    """
    return dumps(value)


def demo_election(*, rng: int | None = None) -> Simulated:
    """The embedded demonstration election with its truth, totals and roster: invented.

    Parameters
    ----------
    rng : int, optional
        Seed of the draws, from 0 on; by default the specification's.

    Raises
    ------
    ConfigError
        If the seed is no whole number from 0 on.
    """
    text = resources.resource("demo.toml").read_text(encoding="utf-8")
    return draw_election(read_specification(text), rng=rng)


def demo_returns(*, rng: int | None = None) -> Returns:
    """The embedded demonstration election: invented, with a few planted departures.

    Parameters
    ----------
    rng : int, optional
        Seed of the draws, from 0 on; by default the specification's.

    Raises
    ------
    ConfigError
        If the seed is no whole number from 0 on.
    """
    return demo_election(rng=rng).returns

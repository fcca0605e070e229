"""The only place where rooms are put together: what a script or the command line calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics import resources
from forensics.auditing.figures import make_picture
from forensics.auditing.in_parts import MOST, run_in_parts
from forensics.auditing.overview import overview
from forensics.auditing.plan import Plan, make_plan, read_plan
from forensics.auditing.result import Audit, provenance_of
from forensics.auditing.runner import Progress, run_plan, task_seed
from forensics.commissions.linking import Link
from forensics.commitments.ledger import Ledger, read_ledger
from forensics.detectors.registry import find_detector
from forensics.errors import ConfigError
from forensics.evidence.calibration import Calibration, calibration_of, read_calibration
from forensics.evidence.recovered import recovered
from forensics.evidence.references import references
from forensics.evidence.standard import standard
from forensics.evidence.weighing import annotated, weigh
from forensics.finding import Findings, Provenance
from forensics.messages.message import check_language
from forensics.picture import Sheet
from forensics.plots.drawing import draw
from forensics.report.document import Beside
from forensics.report.folder import audit_document, write_folder
from forensics.report.json_text import dumps, findings_document
from forensics.report.notes import Notes, read_notes
from forensics.simulation.drawing import draw as draw_election
from forensics.simulation.simulated import Simulated
from forensics.simulation.specification import read_specification
from forensics.tables.accepting import Table
from forensics.tables.checking import check
from forensics.tables.parted import open_parts
from forensics.tables.returns import Returns, as_returns

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def audit(
    returns: Returns | Table,
    /,
    *,
    plan: Plan | str | Path | None = None,
    levels: Sequence[str] | None = None,
    also: Sequence[str] = (),
    calibration: Calibration | str | Path | None = None,
    rng: int = 0,
    n_jobs: int = 1,
    progress: Progress | None = None,
    resume: str | Path | None = None,
    **tables: Any,
) -> Audit:
    """Run every applicable detector, nationally and per level.

    Parameters
    ----------
    returns : Returns or table
        Precinct returns; or a table with canonical columns, as :func:`forensics.read_returns` takes.
    plan : Plan or path, optional
        What to run; by default every detector that is on by default, frozen now.
    levels : sequence of str, optional
        Levels besides the nation; by default the top level. Not together with ``plan``.
    also : sequence of str
        Further detectors. Not together with ``plan``.
    calibration : Calibration or path, optional
        Sizes and power measured on these precincts (:func:`forensics.calibrate`, or the file that
        ``forensics calibrate --out`` wrote); by default the standard scenarios stand in.
    rng : int
        Seed; each detector draws from a stream of its own. Not together with ``plan``.
    n_jobs : int
        Workers; the results do not depend on it.
    progress : callable, optional
        ``progress(done, total, detector)``.
    resume : path, optional
        Folder that finished tasks are kept in, and taken from when this is called again.
    **tables
        Second tables by name (``totals=``, ``copies=``).

    Returns
    -------
    Audit
        Findings, check, plan, evidence.

    Raises
    ------
    ConfigError
        If the plan is not of these returns, or a level, detector or table is unknown.

    Examples
    --------
    >>> import forensics
    >>> result = forensics.audit(forensics.simulation.clean(n=600, rng=1), rng=1)
    >>> result.findings.only(method="last_digit", quantity="issued", scope="national").n > 300
    True
    """
    returns = as_returns(returns)
    if plan is None:
        plan = make_plan(returns, seed=rng, levels=levels, also=also)
    elif levels is not None or also:
        raise ConfigError("a plan already says which levels and detectors are run; give one or the other")
    elif not isinstance(plan, Plan):
        plan = read_plan(plan)
    if calibration is not None and not isinstance(calibration, Calibration):
        calibration = read_calibration(calibration)
    findings = run_plan(returns, plan, tables=tables, n_jobs=n_jobs, progress=progress, resume=resume)
    result = Audit(
        returns=returns,
        plan=plan,
        findings=findings,
        check=check(returns),
        overview=overview(returns),
        provenance=provenance_of(returns, plan),
        previous=tables.get("previous"),
    )
    return replace(result, evidence=weigh(result, calibration))


def audit_parts(
    folder: str | Path,
    /,
    *,
    profile: str | Path | None = None,
    leader: str | None = None,
    where: str | None = None,
    levels: Sequence[str] | None = None,
    only: Sequence[str] | None = None,
    rng: int = 0,
    most: int = MOST,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Findings:
    """Run detectors on a folder of parts that is larger than memory, a part at a time.

    Additive detectors keep sums of each part and see every precinct. Those whose effects a sample
    estimates (shares, slopes, shapes) are run on one, drawn within the units of the top level in
    proportion to their sizes, and say so. The others are skipped and say that they need the whole.

    Parameters
    ----------
    folder : path
        Parquet, csv, tsv or xlsx files with the same columns.
    profile, leader, where : str or path, optional
        As for :func:`forensics.read_returns`.
    levels : sequence of str, optional
        Levels at which additive detectors are told besides the nation; by default the top one.
    only : sequence of str, optional
        These detectors instead of the default ones.
    rng : int
        Seed.
    most : int
        Precincts of the sample; a unit of fewer than 50 is in it as a whole.
    n_jobs : int
        Workers, a part each; the results do not depend on it.
    progress : callable, optional
        ``progress(parts done, parts in all, name of the part)``.

    Returns
    -------
    Findings
        Without scores of precincts.

    Raises
    ------
    ReturnsError
        If a part cannot be read, has other columns than the first, or was changed while this ran.
    ConfigError
        If a level, detector, profile, leader or expression cannot be used.
    """
    parted = open_parts(folder, profile=profile, leader=leader, where=where)
    return run_in_parts(
        parted, levels=levels, only=only, seed=rng, most=most, n_jobs=n_jobs, progress=progress
    )


def calibrate(
    returns: Returns | Table,
    /,
    *,
    simulations: int = 200,
    most: int | None = None,
    detectors: Sequence[str] | None = None,
    manipulations: Sequence[str] | None = None,
    rng: int = 0,
    n_jobs: int = 1,
    progress: Progress | None = None,
    resume: str | Path | None = None,
) -> Calibration:
    """Size and power of every p-value on simulated elections with the sizes and levels of these precincts.

    A parametric bootstrap: clean elections are drawn from a generator fitted to all precincts, and
    from one fitted to the calmest third of them, chosen through a statistic of another family. The
    size is that of the less favourable one, power the share of p ≤ .05 with 5 % of precincts planted.

    Parameters
    ----------
    returns : Returns
        Precinct returns with turnout or votes, at least 30 rows of them.
    simulations : int
        Clean elections per generator. Power is told from a quarter as many.
    most : int, optional
        A test is calibrated if its size is surely below .08. Where that is left open, more are drawn
        for that test alone, up to ``most``; by default eight times ``simulations``.
    detectors : sequence of str, optional
        By default those that are on or descriptive; those without a p-value are named and left out.
    manipulations : sequence of str, optional
        Kinds of ``forensics.simulation.MANIPULATIONS``; by default all that these columns allow,
        none with an empty sequence. ``detectable_share`` is about the first.
    rng : int
        Seed; every simulation has a stream of its own.
    n_jobs : int
        Workers; the results do not depend on it.
    progress : callable, optional
        ``progress(batches done, batches in all, what is drawn)``.
    resume : path, optional
        Folder that finished batches are kept in, and taken from when this is called again.

    Returns
    -------
    Calibration
        A reading per test: size, power, detectable share.

    Raises
    ------
    ConfigError
        If a detector or a manipulation is unknown or does not fit these columns, nothing can be
        fitted, a number is out of its range, or ``resume`` holds another calibration.

    Examples
    --------
    >>> import forensics
    >>> clean = forensics.simulation.clean(n=600, rng=1)
    >>> options = {"simulations": 2, "most": 2, "detectors": ["last_digit"], "manipulations": []}
    >>> known = forensics.calibrate(clean, **options)
    >>> known.reading("last_digit", "issued").rejections.simulations
    2
    """
    return calibration_of(
        as_returns(returns),
        simulations=simulations,
        most=most,
        detectors=detectors,
        manipulations=manipulations,
        rng=rng,
        n_jobs=n_jobs,
        progress=progress,
        resume=resume,
    )


def write_report(
    audit: Audit,
    link: Link | None = None,
    /,
    *,
    out: str | Path,
    simulated: Simulated | None = None,
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
        If a sentence of ledger or notes says more than the evidence bears, or an option is unknown.
    """
    planted = recovered(simulated, audit) if simulated is not None else ()
    beside = Beside(
        link=link,
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


def run_detector(id: str, returns: Returns | Table, /, *, seed: int = 0, **parameters: Any) -> Findings:
    """Run one detector by its identifier; its findings say what they were computed from.

    Parameters
    ----------
    id : str
        Identifier of the detector.
    returns : Returns or table
        Precinct returns (a list of voters for a detector that takes one first).
    seed : int
        Gives it the same draws as in an audit with that seed.
    **parameters
        Keywords of the detector.

    Returns
    -------
    Findings
        With their provenance.

    Raises
    ------
    ConfigError
        If there is no such detector or parameter.
    """
    entry = find_detector(id)
    if not entry.first:
        returns = as_returns(returns)
    if "rng" in entry.parameters:
        parameters = {"rng": task_seed(seed, id)} | parameters
    findings = entry.run(returns, **parameters)
    return findings.with_provenance(Provenance(getattr(returns, "digest", ""), seed, version("forensics")))


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
        Numbers, texts, lists and mappings; never NaN.
    """
    return dumps(value)


def demo_election(*, rng: int | None = None) -> Simulated:
    """The embedded demonstration election with its truth, totals and roster: invented.

    Parameters
    ----------
    rng : int, optional
        Seed of the draws; by default the specification's.
    """
    text = resources.resource("demo.toml").read_text(encoding="utf-8")
    return draw_election(read_specification(text), rng=rng)


def demo_returns(*, rng: int | None = None) -> Returns:
    """The embedded demonstration election: invented, with a few planted departures.

    Parameters
    ----------
    rng : int, optional
        Seed of the draws; by default the specification's.
    """
    return demo_election(rng=rng).returns

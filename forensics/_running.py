"""Audits, calibrations and single detectors: the part of the face that computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from forensics.auditing.in_parts import MOST, run_in_parts
from forensics.auditing.overview import overview
from forensics.auditing.plan import Plan, make_plan, read_plan
from forensics.auditing.result import Audit, provenance_of
from forensics.auditing.runner import Progress, run_plan, task_seed
from forensics.detectors.registry import find_detector
from forensics.errors import ConfigError
from forensics.evidence.calibration import Calibration, calibration_of, read_calibration
from forensics.evidence.weighing import weigh
from forensics.finding import Findings, Provenance
from forensics.tables.accepting import Table
from forensics.tables.checking import check
from forensics.tables.parted import open_parts
from forensics.tables.returns import Returns, as_returns


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

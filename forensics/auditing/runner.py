"""Runs the detectors of a plan, in its order, each with a seed of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib

from forensics.auditing.keeping import Kept
from forensics.auditing.plan import Plan, Step
from forensics.auditing.stored import from_bytes, to_bytes
from forensics.auditing.tasks import Levels, Task, joined, tasks_of
from forensics.auditing.workers import as_finished, check_workers
from forensics.detectors.registry import all_detectors, find_detector
from forensics.errors import ConfigError
from forensics.finding import Findings, Provenance
from forensics.scope import Scope
from forensics.tables.returns import Returns
from forensics.tables.second import TABLES

Progress = Callable[[int, int, str], None]
#: A detector that takes this spreads its own work: it is run here, after those that are spread one by one.
WORKERS = "n_jobs"
#: Packages whose version changes draws or statistics.
VERSIONS = ("forensics", "numpy", "scipy", "pandas")


def task_seed(seed: int, id: str) -> int:
    """Seed of one detector: depends on the plan's seed and the detector only, not on the order."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{id}".encode()).digest()[:16], "big")


def run_step(
    returns: Returns, step: Step, levels: Levels, seed: int, tables: Mapping[str, Any]
) -> Findings:
    """One detector over the nation and the levels, with the second tables it takes."""
    entry = find_detector(step.id)
    parameters = {name: table for name, table in tables.items() if name in entry.parameters}
    if "by" in entry.parameters:
        parameters["by"] = levels
    if "rng" in entry.parameters:
        parameters["rng"] = task_seed(seed, step.id)
    return entry.run(returns, **(parameters | step.parameters))


def run_plan(
    returns: Returns,
    plan: Plan,
    *,
    tables: Mapping[str, Any] | None = None,
    n_jobs: int = 1,
    progress: Progress | None = None,
    resume: str | Path | None = None,
) -> Findings:
    """All findings of a plan, in its order, whatever the number of workers.

    Parameters
    ----------
    tables : mapping, optional
        Second tables by keyword (``totals``, ``copies``).
    n_jobs : int
        Workers; joblib's own configuration (``joblib.parallel_config``) decides where they run.
    progress : callable, optional
        Called as ``progress(done, total, id of the detector just finished)``; while one that takes
        minutes runs, with how far it is behind its id.
    resume : path, optional
        Folder that the findings of finished tasks are kept in, and taken from when this is called again.

    Raises
    ------
    ConfigError
        If the plan was made for other returns, no detector takes a table, ``n_jobs`` is 0, or ``resume``
        holds another audit.
    ForensicsError
        If workers are lost again and again.
    """
    check_workers(n_jobs)
    if plan.returns.digest != returns.digest:
        raise ConfigError(
            f"{returns.source.name}: the plan was made for returns with digest "
            f"{plan.returns.digest[:12]} ({plan.returns.precincts:,} precincts), these have "
            f"{returns.digest[:12]} ({len(returns):,} precincts)"
        )
    if plan.returns.leader:
        returns = returns.with_leader(plan.returns.leader)
    tables = dict(tables or {})
    _check_tables(tables)
    levels = (None, *plan.levels)
    steps, total = plan.detectors, len(plan.detectors)
    kept = None if resume is None else _kept(resume, plan, tables)
    # Smaller tasks where workers share them, or an interruption may come between them.
    apart = kept is not None or joblib.effective_n_jobs(n_jobs) > 1
    found: dict[int, Findings] = {}

    def finished(place: int, parts: Sequence[Findings]) -> None:
        found[place] = joined(parts)
        if progress is not None:
            progress(len(found), total, steps[place].id)

    lent = _lent(returns, steps, plan.seed)
    for chosen in _phases(steps):
        alone = [i for i in chosen if WORKERS in find_detector(steps[i].id).parameters]
        earlier = [*lent, *(found[i] for i in sorted(found))]
        given = {i: tables | residuals_for(steps[i].id, earlier, returns.scope) for i in chosen}
        shared = tasks_of(steps, [i for i in chosen if i not in alone], levels, apart=apart)
        parts: dict[int, dict[Levels, Findings | None]] = {i: {} for i in chosen}
        for task in shared:
            parts[task.place][task.levels] = None
        for task, findings in _spread(returns, shared, plan.seed, given, n_jobs, kept):
            parts[task.place][task.levels] = findings
            there = [part for part in parts[task.place].values() if part is not None]
            if len(there) == len(parts[task.place]):
                finished(task.place, there)
        for i in alone:
            within = given[i] | _within(steps[i], n_jobs, progress, len(found), total)
            task = Task(i, steps[i], levels)
            finished(i, [_once(returns, task, plan.seed, within, kept)])
    provenance = Provenance(digest=returns.digest, seed=plan.seed, version=_version())
    return Findings(item for i in sorted(found) for item in found[i]).with_provenance(provenance)


def run_in_turn(returns: Returns, steps: Sequence[Step], levels: Levels, seed: int) -> Findings:
    """Some steps one after the other, those that take residuals last; findings in that order."""
    lent = _lent(returns, steps, seed)
    done: list[Findings] = []
    for chosen in _phases(steps):
        for step in (steps[i] for i in chosen):
            handed = residuals_for(step.id, [*lent, *done], returns.scope)
            done.append(run_step(returns, step, levels, seed, handed))
    return Findings(item for findings in done for item in findings)


def _kept(folder: str | Path, plan: Plan, tables: Mapping[str, Any]) -> Kept:
    """The folder of finished tasks, of this plan and no other."""
    from importlib.metadata import version

    depends = {
        "plan": plan.hash,
        "tables": {name: joblib.hash(table) for name, table in tables.items()},
        "versions": {name: version(name) for name in VERSIONS},
    }
    return Kept(
        folder,
        depends,
        run="audit",
        tasks="findings",
        differs="other returns, plan, seed, tables or versions",
    )


def _spread(
    returns: Returns,
    tasks: Sequence[Task],
    seed: int,
    given: Mapping[int, Mapping[str, Any]],
    n_jobs: int,
    kept: Kept | None,
) -> Iterator[tuple[Task, Findings]]:
    """Kept findings read again, then the others as workers finish them, kept at once."""
    missing = []
    for task in tasks:
        there = None if kept is None else from_bytes(kept.read(task.name))
        if there is None:
            missing.append(task)
        else:
            yield task, there
    calls = [(returns, task.step, task.levels, seed, given[task.place]) for task in missing]
    for i, findings in as_finished(run_step, calls, n_jobs=n_jobs):
        if kept is not None:
            kept.write(missing[i].name, to_bytes(findings))
        yield missing[i], findings


def _once(returns: Returns, task: Task, seed: int, given: Mapping[str, Any], kept: Kept | None) -> Findings:
    """One task in this process, or what is kept of it."""
    there = None if kept is None else from_bytes(kept.read(task.name))
    if there is not None:
        return there
    findings = run_step(returns, task.step, task.levels, seed, given)
    if kept is not None:
        kept.write(task.name, to_bytes(findings))
    return findings


def _within(step: Step, n_jobs: int, progress: Progress | None, done: int, total: int) -> dict[str, Any]:
    """What a detector takes that spreads its own work over the workers and says how far it is."""
    given: dict[str, Any] = {WORKERS: n_jobs}

    def told(part: int, whole: int) -> None:
        if progress is not None:
            progress(done, total, f"{step.id}, {part:,} of {whole:,}")

    if "progress" in find_detector(step.id).parameters and progress is not None:
        given["progress"] = told
    return given


def _lent(returns: Returns, steps: Sequence[Step], seed: int) -> list[Findings]:
    """Findings of detectors that are not among the steps and whose residuals one of them takes."""
    there = {step.id for step in steps}
    named = (score for step in steps for score in find_detector(step.id).residuals)
    sources = dict.fromkeys(score.partition(":")[0] for score in named)
    return [run_step(returns, Step(id), (None,), seed, {}) for id in sources if id not in there]


def _phases(steps: Sequence[Step]) -> Iterator[list[int]]:
    """Places of the steps that need nothing of the others, then of those that take residuals."""
    takes = [bool(find_detector(step.id).residuals) for step in steps]
    for phase in (False, True):
        chosen = [i for i, one in enumerate(takes) if one == phase]
        if chosen:
            yield chosen


def residuals_for(id: str, earlier: Sequence[Findings], scope: Scope) -> dict[str, Any]:
    """The keyword ``residuals`` of a detector: the scores that it names, where there are any."""
    wanted = find_detector(id).residuals
    handed = {
        f"{item.method}:{item.quantity}": item.precincts
        for findings in earlier
        for item in findings.tested
        if f"{item.method}:{item.quantity}" in wanted and item.scope == scope and item.precincts is not None
    }
    return {"residuals": handed} if handed else {}


def _check_tables(tables: Mapping[str, Any]) -> None:
    """A table that nobody reads would be left out without a word."""
    known = dict.fromkeys(
        name
        for entry in all_detectors()
        for name in (*entry.tables, *(p for p in entry.parameters if p in TABLES))
    )
    unread = [name for name in tables if name not in known]
    if unread:
        raise ConfigError(
            f"no detector takes a table {unread[0]!r}; the tables are {', '.join(known) or 'none'}"
        )


def _version() -> str:
    from importlib.metadata import version

    return version("forensics")

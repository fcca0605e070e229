"""Runs the detectors of a plan, in its order, each with a seed of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import joblib

from forensics.auditing.plan import Plan, Step
from forensics.detectors.registry import all_detectors, find_detector
from forensics.errors import ConfigError
from forensics.finding import Findings, Provenance
from forensics.scope import Scope
from forensics.tables.returns import Returns
from forensics.tables.second import TABLES

Progress = Callable[[int, int, str], None]


def task_seed(seed: int, id: str) -> int:
    """Seed of one detector: depends on the plan's seed and the detector only, not on the order."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{id}".encode()).digest()[:16], "big")


def run_step(
    returns: Returns, step: Step, levels: tuple[str | None, ...], seed: int, tables: Mapping[str, Any]
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
) -> Findings:
    """All findings of a plan, in its order, whatever the number of workers.

    Parameters
    ----------
    tables : mapping, optional
        Second tables by keyword (``totals``, ``copies``).
    n_jobs : int
        Workers; joblib's own configuration (``joblib.parallel_config``) decides where they run.
    progress : callable, optional
        Called as ``progress(done, total, id of the detector just finished)``.

    Raises
    ------
    ConfigError
        If the plan was made for other returns, no detector takes a table, or ``n_jobs`` is 0.
    """
    if n_jobs == 0:
        raise ConfigError("n_jobs is a number of workers, or -1 for one a core; it is not 0")
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
    total, done = len(plan.detectors), 0
    found: dict[int, Findings] = {}
    lent = _lent(returns, plan.detectors, plan.seed)
    for chosen in _phases(plan.detectors):
        earlier = [*lent, *(found[i] for i in sorted(found))]
        jobs = (
            joblib.delayed(run_step)(
                returns, step, levels, plan.seed, tables | residuals_for(step.id, earlier, returns.scope)
            )
            for step in (plan.detectors[i] for i in chosen)
        )
        results = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
        for i, findings in zip(chosen, results, strict=True):
            found[i] = findings
            done += 1
            if progress is not None:
                progress(done, total, plan.detectors[i].id)
    provenance = Provenance(digest=returns.digest, seed=plan.seed, version=_version())
    return Findings(item for i in sorted(found) for item in found[i]).with_provenance(provenance)


def run_in_turn(
    returns: Returns, steps: Sequence[Step], levels: tuple[str | None, ...], seed: int
) -> Findings:
    """Some steps one after the other, those that take residuals last; findings in that order."""
    lent = _lent(returns, steps, seed)
    done: list[Findings] = []
    for chosen in _phases(steps):
        for step in (steps[i] for i in chosen):
            handed = residuals_for(step.id, [*lent, *done], returns.scope)
            done.append(run_step(returns, step, levels, seed, handed))
    return Findings(item for findings in done for item in findings)


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

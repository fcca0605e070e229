"""Runs the detectors of a plan, in its order, each with a seed of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import joblib

from forensics.auditing.plan import Plan, Step
from forensics.detectors.registry import all_detectors, find_detector
from forensics.errors import ConfigError
from forensics.finding import Findings, Provenance
from forensics.tables.returns import Returns

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
    jobs = (joblib.delayed(run_step)(returns, step, levels, plan.seed, tables) for step in plan.detectors)
    results = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
    done: list[Findings] = []
    for step, findings in zip(plan.detectors, results, strict=True):
        done.append(findings)
        if progress is not None:
            progress(len(done), len(plan.detectors), step.id)
    provenance = Provenance(digest=returns.digest, seed=plan.seed, version=_version())
    return Findings(item for findings in done for item in findings).with_provenance(provenance)


def _check_tables(tables: Mapping[str, Any]) -> None:
    """A table that nobody reads would be left out without a word."""
    known = dict.fromkeys(name for entry in all_detectors() for name in entry.tables)
    unread = [name for name in tables if name not in known]
    if unread:
        raise ConfigError(
            f"no detector takes a table {unread[0]!r}; the tables are {', '.join(known) or 'none'}"
        )


def _version() -> str:
    from importlib.metadata import version

    return version("forensics")

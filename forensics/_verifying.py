"""A report folder made again from what it holds: its plan, its calibration, its ledger and notes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forensics import datasets
from forensics._api import demo_election
from forensics._linking import associate
from forensics._observing import observe
from forensics._running import audit
from forensics.auditing.plan import Plan, read_plan
from forensics.auditing.result import Audit
from forensics.commissions.linking import Link
from forensics.commitments.ledger import Ledger, read_ledger
from forensics.errors import ConfigError
from forensics.messages.message import Message, languages
from forensics.observers.observation import Observation
from forensics.report.beside import Beside
from forensics.report.folder import (
    CALIBRATION,
    COMMISSIONS,
    LEDGER,
    LEDGER_FILES,
    NOTES_FILES,
    OBSERVERS,
    PROFILE_FILES,
)
from forensics.report.notes import Notes, read_notes
from forensics.report.verifying import differences
from forensics.tables.reading import read_returns
from forensics.tables.returns import Returns

PLAN, PROVENANCE = "plan.toml", "provenance.json"


def verify(
    folder: str | Path,
    /,
    *,
    returns: Returns | str | Path | None = None,
    roster: Any = None,
    coding: Any = None,
    before: Any = None,
    observers: Any = None,
    n_jobs: int = 1,
    **tables: Any,
) -> Mapping[str, Message]:
    """Run a report folder again from its plan and name the files that differ.

    Parameters
    ----------
    folder : path
        A folder that :func:`write_report` wrote.
    returns : Returns or path, optional
        The returns the plan was made for; by default the file or data set of the name that the
        plan states, or the demonstration election.
    roster, coding : optional
        Roster and codings of the audit, where it had any; the study is taken from the folder.
    before : optional
        The earlier roster that retention was told from, where there was one.
    observers : optional
        The observers' sample of the audit, where it had one; how it was drawn is taken from the folder.
    n_jobs : int
        Workers.
    **tables
        The second tables of the audit; ``previous`` may be a path, read as the returns are.

    Returns
    -------
    mapping of file to difference
        Empty where CSV and JSON agree byte by byte and parquet by content. Figures are not
        compared.

    Raises
    ------
    ConfigError
        If the folder holds no plan, or the returns are not those of the plan; if its ledger or notes
        were changed so that they cannot be read.
    """
    folder = Path(folder)
    if not (folder / PLAN).is_file():
        raise ConfigError(
            f"{folder.name}: no {PLAN} there, so this is no folder that an audit wrote with --out"
        )
    plan = read_plan(folder / PLAN)
    if not isinstance(returns, Returns):
        returns, own = _subject(folder, plan, returns)
        tables = own | tables
    if isinstance(previous := tables.get("previous"), str | Path):
        where = plan.returns.where or None
        tables["previous"] = read_returns(previous, profile=_profile_of(folder, plan), where=where)
    kept = folder / CALIBRATION
    calibration = kept if kept.is_file() else None
    again = audit(returns, plan=plan, calibration=calibration, n_jobs=n_jobs, **tables)
    beside = Beside(
        link=_link_of(folder, again, roster, coding, before=before, previous=tables.get("previous")),
        observation=_observation_of(folder, again, observers),
        ledger=_ledger_of(folder),
        notes=_notes_of(folder),
    )
    return differences(folder, again, beside, language=_language_of(folder))


def _language_of(folder: Path) -> str:
    """The language that a folder says it is in; English where it says none, which then differs."""
    try:
        said = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "en"
    language = said.get("language") if isinstance(said, dict) else None
    return language if language in languages() else "en"


def _link_of(folder: Path, again: Audit, roster: Any, coding: Any, **earlier: Any) -> Link | None:
    """The link of a folder made again, with the study that it states."""
    path = folder / COMMISSIONS
    if not path.is_file():
        return None
    if roster is None:
        demo = demo_election()
        if demo.returns.digest != again.returns.digest:
            raise ConfigError(
                f"{folder.name}: {COMMISSIONS} was made with a roster; name it (and its codings), so that "
                "it can be made again"
            )
        roster, coding = demo.roster, demo.coding
    study = json.loads(path.read_text(encoding="utf-8"))["study"]
    options = {name: value for name, value in study.items() if name not in ("seed", "sha256")}
    return associate(again, roster, coding=coding, rng=study["seed"], **earlier, **options)


def _observation_of(folder: Path, again: Audit, sample: Any) -> Observation | None:
    """The observers' sample set beside the returns again, as the folder states that it was."""
    path = folder / OBSERVERS
    if not path.is_file():
        return None
    if sample is None:
        raise ConfigError(
            f"{folder.name}: {OBSERVERS} was made with an observers' sample; name it, so that it can be "
            "made again"
        )
    return observe(again.returns, sample, **json.loads(path.read_text(encoding="utf-8"))["study"])


def _ledger_of(folder: Path) -> Ledger | None:
    """The ledger that a report was made with, from the texts in its folder."""
    path = folder / LEDGER
    if not path.is_file():
        return None
    return read_ledger(folder / LEDGER_FILES / json.loads(path.read_text(encoding="utf-8"))["file"])


def _notes_of(folder: Path) -> Notes | None:
    there = sorted((folder / NOTES_FILES).glob("*")) if (folder / NOTES_FILES).is_dir() else []
    return read_notes(there[0]) if there else None


def _profile_of(folder: Path, plan: Plan) -> str | Path | None:
    """The profile that the returns were read with: the user's own in the folder, or a shipped one."""
    own = folder / PROFILE_FILES / f"{plan.returns.profile}.toml"
    return own if own.is_file() else plan.returns.profile or None


def _subject(folder: Path, plan: Plan, path: str | Path | None) -> tuple[Returns, dict[str, Any]]:
    """The returns of a plan, from a path or by the name it states, or the demonstration with its tables."""
    subject = plan.returns
    if path is None:
        demo = demo_election()
        if demo.returns.digest == subject.digest:
            return demo.returns, {"totals": demo.totals}
        registered = {dataset.name for dataset in datasets.list_datasets()}
        if not (Path(subject.name).exists() or subject.name in registered or datasets.locate(subject.name)):
            raise ConfigError(
                f"{folder}: the audit was of {subject.name!r}, which is no file here and no data set; say "
                "where the returns lie (--returns FILE)"
            )
    returns = read_returns(
        path or subject.name,
        profile=_profile_of(folder, plan),
        leader=subject.leader or None,
        where=subject.where or None,
    )
    return returns, {}

"""Election forensics: departures from stated nulls in precinct returns; no score, no verdict.

Public names are loaded when they are first used, so that importing the package costs next to
nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forensics import datasets as datasets
    from forensics import plots as plots
    from forensics import simulation as simulation
    from forensics import testing as testing
    from forensics._api import demo_election as demo_election
    from forensics._api import demo_returns as demo_returns
    from forensics._api import findings_json as findings_json
    from forensics._api import plot as plot
    from forensics._api import to_json as to_json
    from forensics._api import write_report as write_report
    from forensics._comparing import compare as compare
    from forensics._comparing import write_comparison as write_comparison
    from forensics._linking import associate as associate
    from forensics._observing import observe as observe
    from forensics._running import audit as audit
    from forensics._running import audit_parts as audit_parts
    from forensics._running import calibrate as calibrate
    from forensics._running import run_detector as run_detector
    from forensics._verifying import verify as verify
    from forensics.auditing.figures import make_picture as make_picture
    from forensics.auditing.plan import Plan as Plan
    from forensics.auditing.plan import make_plan as make_plan
    from forensics.auditing.plan import read_plan as read_plan
    from forensics.auditing.result import Audit as Audit
    from forensics.auditing.sources import figure_sources as figure_sources
    from forensics.commissions.association import Association as Association
    from forensics.commissions.association import Associations as Associations
    from forensics.commissions.codings import read_coding as read_coding
    from forensics.commissions.law import read_law as read_law
    from forensics.commissions.linking import Link as Link
    from forensics.commissions.measures import measure as measure
    from forensics.commissions.measures import measure_each as measure_each
    from forensics.commissions.study import Study as Study
    from forensics.commitments.instruments import read_instrument as read_instrument
    from forensics.commitments.ledger import Ledger as Ledger
    from forensics.commitments.ledger import read_ledger as read_ledger
    from forensics.comparing.comparison import Comparison as Comparison
    from forensics.detectors.registry import Detector as Detector
    from forensics.detectors.registry import all_detectors as all_detectors
    from forensics.detectors.registry import detector as detector
    from forensics.detectors.registry import find_detector as find_detector
    from forensics.errors import ConfigError as ConfigError
    from forensics.errors import ForensicsError as ForensicsError
    from forensics.errors import ReturnsError as ReturnsError
    from forensics.errors import RosterError as RosterError
    from forensics.evidence.calibration import Calibration as Calibration
    from forensics.finding import Finding as Finding
    from forensics.finding import Findings as Findings
    from forensics.finding import Interval as Interval
    from forensics.finding import Skipped as Skipped
    from forensics.messages.message import check_language as check_language
    from forensics.observers.observation import Observation as Observation
    from forensics.observers.observed import counted_turnout as counted_turnout
    from forensics.observers.observed import observed_difference as observed_difference
    from forensics.observers.sample import Sample as Sample
    from forensics.observers.sample import read_sample as read_sample
    from forensics.report.citing import cite as cite
    from forensics.report.formats import check_formats as check_formats
    from forensics.report.notes import read_notes as read_notes
    from forensics.report.output import check_folder as check_folder
    from forensics.report.transliteration import check_scheme as check_scheme
    from forensics.scope import NATIONAL as NATIONAL
    from forensics.scope import Scope as Scope
    from forensics.tables.checking import Check as Check
    from forensics.tables.checking import check as check
    from forensics.tables.draft import draft_profile as draft_profile
    from forensics.tables.persons import Salt as Salt
    from forensics.tables.published import schema as schema
    from forensics.tables.reading import read_returns as read_returns
    from forensics.tables.returns import Returns as Returns
    from forensics.tables.rosters import Roster as Roster
    from forensics.tables.rosters import read_roster as read_roster
    from forensics.tables.second import read_table as read_table

_MODULES = ("datasets", "plots", "simulation", "testing")
_HOMES = {
    "Association": "commissions.association",
    "Associations": "commissions.association",
    "Audit": "auditing.result",
    "Calibration": "evidence.calibration",
    "Check": "tables.checking",
    "Comparison": "comparing.comparison",
    "ConfigError": "errors",
    "Detector": "detectors.registry",
    "Finding": "finding",
    "Findings": "finding",
    "ForensicsError": "errors",
    "Interval": "finding",
    "Link": "commissions.linking",
    "Ledger": "commitments.ledger",
    "NATIONAL": "scope",
    "Observation": "observers.observation",
    "Plan": "auditing.plan",
    "Returns": "tables.returns",
    "ReturnsError": "errors",
    "RosterError": "errors",
    "Roster": "tables.rosters",
    "Salt": "tables.persons",
    "Sample": "observers.sample",
    "Scope": "scope",
    "Study": "commissions.study",
    "associate": "_linking",
    "counted_turnout": "observers.observed",
    "measure": "commissions.measures",
    "measure_each": "commissions.measures",
    "observe": "_observing",
    "observed_difference": "observers.observed",
    "read_coding": "commissions.codings",
    "read_instrument": "commitments.instruments",
    "read_law": "commissions.law",
    "read_ledger": "commitments.ledger",
    "read_roster": "tables.rosters",
    "read_sample": "observers.sample",
    "schema": "tables.published",
    "Skipped": "finding",
    "all_detectors": "detectors.registry",
    "audit": "_running",
    "audit_parts": "_running",
    "calibrate": "_running",
    "check": "tables.checking",
    "check_folder": "report.output",
    "check_formats": "report.formats",
    "check_language": "messages.message",
    "check_scheme": "report.transliteration",
    "cite": "report.citing",
    "compare": "_comparing",
    "demo_election": "_api",
    "demo_returns": "_api",
    "detector": "detectors.registry",
    "draft_profile": "tables.draft",
    "figure_sources": "auditing.sources",
    "find_detector": "detectors.registry",
    "make_picture": "auditing.figures",
    "make_plan": "auditing.plan",
    "plot": "_api",
    "read_notes": "report.notes",
    "read_plan": "auditing.plan",
    "read_returns": "tables.reading",
    "read_table": "tables.second",
    "run_detector": "_running",
    "findings_json": "_api",
    "to_json": "_api",
    "verify": "_verifying",
    "write_comparison": "_comparing",
    "write_report": "_api",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("forensics")
    if name == "__all__":
        return __dir__()
    if name in _MODULES:
        return importlib.import_module(f"forensics.{name}")
    if name in _HOMES:
        value = getattr(importlib.import_module(f"forensics.{_HOMES[name]}"), name)
    elif name.startswith("_"):
        raise AttributeError(f"module 'forensics' has no attribute {name!r}")
    else:
        value = _detector(name)
    globals()[name] = value
    return value


def _detector(name: str) -> Any:
    from forensics.detectors.registry import detector_ids, find_detector

    if name not in detector_ids():
        from forensics.errors import meant

        near = meant(name, __dir__())
        raise AttributeError(f"module 'forensics' has no attribute {name!r}{near}")
    return find_detector(name).run


def __dir__() -> list[str]:
    from forensics.detectors.registry import detector_ids

    return sorted([*_HOMES, *_MODULES, *detector_ids()])

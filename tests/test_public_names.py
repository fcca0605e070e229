"""The public names of `forensics`: which they are, that they stay themselves, and what importing costs."""

from __future__ import annotations

import subprocess
import sys
import types
from importlib.metadata import version
from pathlib import Path

import pytest

import forensics
from forensics.detectors.registry import detector_ids

PACKAGE = Path(__file__).resolve().parents[1] / "forensics"

# What users script against besides the detectors, whose names are their files. A name that comes or goes
# is a change of the contract, and is changed here on purpose.
NAMES = (
    "Association",
    "Associations",
    "Audit",
    "Calibration",
    "Check",
    "Comparison",
    "ConfigError",
    "Detector",
    "Finding",
    "Findings",
    "ForensicsError",
    "Interval",
    "Ledger",
    "Link",
    "NATIONAL",
    "Observation",
    "Plan",
    "Returns",
    "ReturnsError",
    "Roster",
    "RosterError",
    "Salt",
    "Sample",
    "Scope",
    "Skipped",
    "Study",
    "all_detectors",
    "associate",
    "audit",
    "audit_parts",
    "calibrate",
    "check",
    "check_folder",
    "check_formats",
    "check_language",
    "check_scheme",
    "cite",
    "compare",
    "counted_turnout",
    "datasets",
    "demo_election",
    "demo_returns",
    "detector",
    "draft_profile",
    "figure_sources",
    "find_detector",
    "findings_json",
    "make_picture",
    "make_plan",
    "measure",
    "measure_each",
    "observe",
    "observed_difference",
    "plot",
    "plots",
    "read_coding",
    "read_instrument",
    "read_law",
    "read_ledger",
    "read_notes",
    "read_plan",
    "read_returns",
    "read_roster",
    "read_sample",
    "read_table",
    "run_detector",
    "schema",
    "simulation",
    "testing",
    "to_json",
    "verify",
    "write_comparison",
    "write_report",
)
# Imported by `import forensics`, each costs a tenth of a second or more.
HEAVY = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "pyarrow", "pooch", "requests", "joblib")
# The face and the modules it may load at once; rooms come with the first name that needs them.
LIGHT = {"forensics", "forensics.errors"}
# Modules of the standard library that a fresh interpreter loads for `import forensics`: room for the
# differences between versions, none for argparse, asyncio, email or http.
MOST_MODULES = 40

WHAT_WAS_LOADED = "import sys; before = set(sys.modules); {}; print(*sorted(set(sys.modules) - before))"


def loaded_by(statement: str) -> list[str]:
    """Modules that a statement adds to a fresh interpreter."""
    command = [sys.executable, "-c", WHAT_WAS_LOADED.format(statement)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    return done.stdout.split()


def test_the_list_of_public_names() -> None:
    assert len(forensics.__all__) == len(set(forensics.__all__))
    assert sorted(forensics.__all__) == sorted((*NAMES, *detector_ids()))


def test_the_version_is_that_of_the_installation() -> None:
    assert forensics.__version__ == version("forensics")


def built_in_detectors() -> list[str]:
    """Detectors of this package; a plug-in's are reached through the registry."""
    return [id for id in detector_ids() if list((PACKAGE / "detectors").glob(f"*/{id}.py"))]


@pytest.mark.parametrize("name", sorted(forensics.__all__))
def test_every_name_is_itself_at_the_second_access(name: str) -> None:
    first = getattr(forensics, name)
    assert getattr(forensics, name) is first
    is_module = isinstance(first, types.ModuleType)
    has_file = (PACKAGE / f"{name}.py").is_file() or (PACKAGE / name).is_dir()
    assert is_module == has_file, f"importing forensics.{name} would replace the public name"


@pytest.mark.parametrize("name", sorted(forensics.__all__))
def test_every_name_explains_itself(name: str) -> None:
    assert (getattr(forensics, name).__doc__ or "").strip()


def test_dir_shows_the_public_names() -> None:
    assert set(forensics.__all__) <= set(dir(forensics))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = forensics.no_such_name


@pytest.mark.parametrize("id", built_in_detectors())
def test_a_detector_is_the_function_of_its_file(id: str) -> None:
    assert getattr(forensics, id).__name__ == id


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_by("import forensics")
    assert "forensics" in loaded
    assert [name for name in loaded if name.split(".")[0] in HEAVY] == []
    assert {name for name in loaded if name.split(".")[0] == "forensics"} <= LIGHT
    assert len(loaded) <= MOST_MODULES, loaded


def test_data_sets_are_listed_without_tables_and_without_a_network() -> None:
    loaded = loaded_by("import forensics; forensics.datasets.list_datasets()")
    assert "forensics.datasets" in loaded
    assert [name for name in loaded if name.split(".")[0] in (*HEAVY, "socket", "ssl")] == []

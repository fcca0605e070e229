"""What a command loads before it does anything: never seconds, which depend on the machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from forensics.cli.main import COMMANDS

# Each costs a tenth of a second or more, and none is needed to say what a command does.
FOR_NUMBERS = {"numpy", "pandas", "scipy", "statsmodels", "matplotlib", "pyarrow", "joblib", "numba"}
# What a first look at a file does not need: no model, no picture, no page, no workers, no network.
BEYOND_A_LOOK = {
    "scipy",
    "statsmodels",
    "matplotlib",
    "joblib",
    "jinja2",
    "pooch",
    "requests",
    "dask",
    "numba",
}
# Terminal tables are drawn after the work is done.
FOR_TABLES = {"rich"}

RUN = """
import contextlib, io, sys
from forensics.cli.main import main
with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):
    main(sys.argv[1:])
assert said.getvalue(), "the command said nothing"
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def loaded_by(*args: str) -> set[str]:
    """Packages in a fresh interpreter after a command."""
    done = subprocess.run([sys.executable, "-c", RUN, *args], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A few precincts as the file a stranger brings."""
    path = tmp_path_factory.mktemp("small") / "small.csv"
    rows = (f"A,{i},{900 + i},{500 + i},{490 + i},{10},{300},{190 + i}" for i in range(40))
    header = "region,precinct,registered,ballots,valid,invalid,votes_x,votes_y"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return str(path)


def test_help_needs_the_command_line_and_nothing_else():
    loaded = loaded_by("--help")
    assert "click" in loaded
    assert loaded & (FOR_NUMBERS | FOR_TABLES | {"jinja2", "pooch", "msgspec"}) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_needs_no_numbers(command):
    assert loaded_by(command, "--help") & FOR_NUMBERS == set()


def test_check_reads_a_table_and_loads_nothing_that_models_or_draws(small):
    loaded = loaded_by("check", small)
    assert "pandas" in loaded
    assert loaded & BEYOND_A_LOOK == set()


def test_lists_need_no_table():
    assert loaded_by("plot", "--list") & FOR_NUMBERS == set()
    assert loaded_by("datasets", "list") & FOR_NUMBERS == set()

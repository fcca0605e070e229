"""What a user has is never written over: inputs, pages, tables and figures that no command wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

import forensics
from forensics.cli.main import main
from forensics.tables.profiles import open_profile

OWN = "somebody's own"
PLAN = ("--only", "last_digit", "--seed", "1")


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Run a command in an empty folder; (status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*args):
        with pytest.raises(SystemExit) as stopped:
            main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return stopped.value.code, captured.out, captured.err

    return run


@pytest.fixture
def returns(tmp_path):
    """A small clean election as ``returns.csv``."""
    path = tmp_path / "returns.csv"
    forensics.simulation.clean(n=300, rng=1).frame.to_csv(path, index=False)
    return path


def refused(call, *args):
    """The one sentence of a command that is refused."""
    status, out, err = call(*args)
    assert (status, out, err.count("\n")) == (2, "", 1), err
    return err


def test_a_figure_named_as_the_returns_does_not_replace_them(call, returns, tmp_path):
    before = returns.read_bytes()
    said = refused(call, "plot", "comet", "returns.csv", "--out", "returns.png")
    assert "returns.csv: this command reads it and would write over it; name another --out" in said
    (tmp_path / "returns.png").write_text(OWN)  # nor where a picture of the name is there already
    assert "this command reads it" in refused(call, "plot", "comet", "returns.csv", "--out", "returns.png")
    assert "this command reads it" in refused(call, "calibrate", "returns.csv", "--out", "returns.csv")
    assert returns.read_bytes() == before


def test_the_data_of_a_figure_replace_those_of_a_figure_only(call, returns, tmp_path):
    table = tmp_path / "budget.csv"
    table.write_text(OWN)
    said = refused(call, "plot", "comet", "returns.csv", "--out", "budget.png")
    assert "budget.csv: the data of the figure would take the place of this file" in said
    assert table.read_text() == OWN
    for _ in range(2):  # its own data it replaces
        assert call("plot", "comet", "returns.csv", "--out", "comet.svg")[0] == 0


@pytest.mark.parametrize("command", ["audit", "demo"])
def test_a_report_does_not_replace_a_page_that_no_report_wrote(call, returns, tmp_path, command):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(OWN)
    args = ("audit", "returns.csv") if command == "audit" else ("demo",)
    said = refused(call, *args, "--out", "site")
    assert "site: index.html stands there and belongs to no earlier report" in said
    assert [path.name for path in site.iterdir()] == ["index.html"]
    assert (site / "index.html").read_text() == OWN


def test_a_report_replaces_neither_tables_of_others_nor_a_comparison(call, returns, tmp_path):
    assert call("plan", "returns.csv", *PLAN, "--out", "plan.toml")[0] == 0
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "findings.csv").write_text(OWN)
    said = refused(call, "audit", "returns.csv", "--plan", "plan.toml", "--out", "mine", "--quiet")
    assert "findings.csv stands there" in said
    assert [path.name for path in folder.iterdir()] == ["findings.csv"]
    (folder / "findings.csv").unlink()
    # A plan comes first and lies where its report will; the report itself is replaced by the next one.
    (folder / "plan.toml").write_bytes((tmp_path / "plan.toml").read_bytes())
    (folder / "mine.txt").write_text(OWN)
    for _ in range(2):
        again = ("audit", "returns.csv", "--plan", "mine/plan.toml", "--out", "mine", "--quiet")
        assert call(*again)[0] == 0
    assert (folder / "mine.txt").read_text() == OWN
    returns.rename(tmp_path / "moved.csv")
    assert "which is no file here and no data set; say where" in refused(call, "verify", "mine")
    with pytest.raises(
        forensics.ConfigError, match=r"index\.html stands there and belongs to no earlier comp"
    ):
        forensics.check_folder(folder, what="comparison")


def test_a_simulated_election_does_not_replace_real_tables(call, returns, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "totals.csv").write_text(OWN)
    said = refused(call, "simulate", "--out", "data", "--like", "returns.csv", "--fit")
    assert "data: totals.csv stands there and no simulation wrote it" in said
    assert [path.name for path in folder.iterdir()] == ["totals.csv"]
    for _ in range(2):
        assert call("simulate", "--out", "new", "--like", "returns.csv", "--fit")[0] == 0


def test_a_calibration_that_cannot_be_kept_is_refused_before_it_is_computed(call, tmp_path):
    # The returns are not even looked for.
    said = refused(call, "calibrate", "nowhere.csv", "--out", "no folder/sizes.json")
    assert "the calibration cannot be written (No such file or directory)" in said
    assert "no such file; give a csv" in refused(call, "calibrate", "nowhere.csv", "--out", "sizes.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("check", "returns.csv", "--profile", "draft", "--json"), "leave one of them out"),
        (("plot", "comet", "returns.csv", "--out", "a.png", "--json"), "give it with --list"),
        (
            ("simulate", "--profile", "russia-cec", "--out", "new"),
            "--profile says how --like RETURNS are read",
        ),
        (("simulate", "--spec", "returns.csv", "--out", "new"), "returns.csv: the specification"),
    ],
)
def test_an_option_without_effect_is_refused(call, returns, tmp_path, args, sentence):
    assert sentence in refused(call, *args)
    assert list(tmp_path.iterdir()) == [returns]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_draft_is_read_as_any_shell_writes_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[columns]\nprecinct = "Nº"\n', encoding=encoding)
    assert open_profile(path)[1].columns == {"precinct": "Nº"}

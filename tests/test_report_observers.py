"""An observers' sample in the report: its section, what it leaves alone, and that it can be made again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from small_ledger import ENTRY, written
from test_quick_count import COLUMNS, drawn, election

import forensics
from forensics.cli.main import cli
from forensics.errors import ConfigError
from forensics.report.beside import Beside
from forensics.report.composing import compose
from forensics.report.document import Compared, Observers
from forensics.report.observing import observers

PERSON = "Aigerim Testova"
TESTS = ("last_digit",)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return election(n=600).assign(valid=lambda t: t["votes_a"] + t["votes_b"])


@pytest.fixture(scope="module")
def audit(frame: pd.DataFrame) -> forensics.Audit:
    returns = forensics.Returns(frame)
    return forensics.audit(returns, plan=forensics.make_plan(returns, seed=1, only=TESTS))


@pytest.fixture(scope="module")
def sample(frame: pd.DataFrame) -> pd.DataFrame:
    """Ten of each region, one of them silent and one that was tabulated with 50 votes more, with a form."""
    seen = drawn(frame, 10, np.random.default_rng(5)).reset_index(drop=True)
    seen.loc[3, ["ballots", "votes_a", "votes_b"]] = np.nan
    seen.loc[4, ["ballots", "votes_a"]] -= 50
    return seen.assign(
        observer=PERSON,
        voters_counted=(seen["ballots"] * 0.9).round(),
        item_seals=["yes", "no"] * (len(seen) // 2),
    )


@pytest.fixture(scope="module")
def found(audit: forensics.Audit, sample: pd.DataFrame) -> forensics.Observation:
    return forensics.observe(audit.returns, sample, design="stratified", stratum="region", permutations=99)


def part(section: Observers, method: str) -> Compared:
    return next(one for one in section.results if one.heading == method)


def section(found: forensics.Observation, language: str = "en") -> Observers:
    return observers(found, lambda picture: picture, language)


def test_every_comparison_stands_with_null_interval_and_innocent_explanations(
    found: forensics.Observation,
) -> None:
    said = section(found)
    assert [one.heading for one in said.results] == [
        "quick_count", "protocol_gap", "protocol_copies", "head_count", "observer_presence",
    ]  # fmt: skip
    for one in said.results:
        assert one.nulls
        assert one.innocent
        assert len(one.table.rows) == len(found.findings.select(method=one.heading).tested)
    turnout = found.findings.only(method="quick_count", quantity="turnout")
    row = dict(
        zip(part(said, "quick_count").table.columns, part(said, "quick_count").table.rows[0], strict=True)
    )
    assert row["quantity"] == "Turnout"
    assert row["n"] == f"{turnout.n:,}"
    assert row["no number"] == "1"
    assert row["official, %"] == f"{100 * turnout.detail['official']:.2f}"
    assert row["sample, % [interval]"].startswith(f"{100 * turnout.detail['estimate']:.2f} [")
    assert row["effect, points [interval]"].count("[") == 1
    assert part(said, "quick_count").figures
    assert said.answers is not None
    assert said.answers.rows[0][0] == "seals"
    assert said.answers.rows[0][-1].endswith("]")


def test_where_observers_chose_there_is_a_reason_and_no_interval(
    audit: forensics.Audit, sample: pd.DataFrame
) -> None:
    said = section(forensics.observe(audit.returns, sample))
    assert {one.heading for one in said.results} == {"protocol_copies", "head_count"}
    head = part(said, "head_count")
    assert all("[" not in cell for row in head.table.rows for cell in row)
    assert "Without lots there are no intervals" in head.table.notes[0]
    assert (
        "fails",
        "The precincts are those that observers chose; the number is of these and of no others.",
    ) in (head.assumptions)
    assert said.skipped is not None
    assert [row[0] for row in said.skipped.rows] == ["quick_count", "observer_presence"]
    assert said.answers is not None
    assert said.answers.rows[0][-1] == "–"


def test_precincts_beside_observers_have_their_own_table(frame: pd.DataFrame) -> None:
    areas = pd.Series([f"A{i // 10:02}" for i in range(len(frame))], index=frame.index)
    own = frame.assign(district=areas)
    # Every other area was drawn, and half of its ten precincts.
    chosen = own[(np.arange(len(own)) // 10 % 2 == 0) & (np.arange(len(own)) % 2 == 0)]
    found = forensics.observe(
        forensics.Returns(own, levels=("district",)),
        chosen[["district", "precinct", "ballots", "votes_a", "votes_b"]].assign(probability=0.25),
        areas="district",
        permutations=99,
    )
    beside = part(section(found), "observer_spillover")
    assert [row[0] for row in beside.table.rows] == ["turnout", "share"]
    assert "Ichino and Schündeln 2012" in beside.summary


def test_many_nulls_are_said_once_and_stand_in_the_annex(found: forensics.Observation) -> None:
    said = section(found)
    copies = part(said, "protocol_copies")
    assert len(copies.nulls) == 1
    assert copies.nulls[0].endswith("And likewise of each other quantity of the table.")
    entry = next(one for one in said.methods if one.name == "protocol_copies")
    assert len(entry.nulls) > 2
    assert "Cochran" in next(one for one in said.methods if one.name == "quick_count").references[0]


def test_the_audit_is_what_it_is_without_a_sample(
    audit: forensics.Audit, found: forensics.Observation, tmp_path: Path
) -> None:
    forensics.write_report(audit, out=tmp_path / "without")
    page = forensics.write_report(audit, out=tmp_path / "with", observation=found)
    for name in ("findings.json", "findings.csv", "provenance.json", "plan.toml"):
        assert (tmp_path / "with" / name).read_bytes() == (tmp_path / "without" / name).read_bytes()
    assert not (tmp_path / "without" / "observers.json").exists()
    assert "No quick count and no observers" in (tmp_path / "without/index.html").read_text(
        encoding="utf-8"
    )
    text = page.read_text(encoding="utf-8")
    assert 'id="observers-quick_count"' in text
    assert "they are no part of the assessment" in text
    assert (tmp_path / "with/figures/quick_count.csv").is_file()
    content = json.loads((tmp_path / "with/observers.json").read_text(encoding="utf-8"))
    assert content["study"]["stratum"] == "region"
    # A report without the sample, written over one with it, takes its file away.
    forensics.write_report(audit, out=tmp_path / "with")
    assert not (tmp_path / "with" / "observers.json").exists()


def test_no_person_is_in_the_folder(
    audit: forensics.Audit, found: forensics.Observation, tmp_path: Path
) -> None:
    forensics.write_report(audit, out=tmp_path / "out", observation=found)
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert PERSON.encode() not in path.read_bytes()


def test_the_folder_is_made_again_with_the_same_sample_only(
    audit: forensics.Audit, found: forensics.Observation, sample: pd.DataFrame, tmp_path: Path
) -> None:
    forensics.write_report(audit, out=tmp_path, observation=found)
    assert forensics.verify(tmp_path, returns=audit.returns, observers=sample) == {}
    with pytest.raises(ConfigError, match="made with an observers' sample; name it"):
        forensics.verify(tmp_path, returns=audit.returns)
    other = sample.assign(votes_b=sample["votes_b"] + 1)
    differing = forensics.verify(tmp_path, returns=audit.returns, observers=other)
    assert set(differing) == {"observers.json", "figures/quick_count.csv"}


def test_a_sample_of_other_returns_is_refused(
    audit: forensics.Audit, frame: pd.DataFrame, sample: pd.DataFrame, tmp_path: Path
) -> None:
    other = forensics.observe(forensics.Returns(frame.assign(registered=frame["registered"] + 1)), sample)
    with pytest.raises(ConfigError, match="the observation is of returns with digest"):
        forensics.write_report(audit, out=tmp_path / "out", observation=other)
    assert not (tmp_path / "out").exists()


def test_ledger_and_notes_may_refer_to_it(
    audit: forensics.Audit, found: forensics.Observation, tmp_path: Path
) -> None:
    ledger = written(tmp_path, ENTRY.replace('"demo_digits"', '"quick_count:turnout"'))
    notes = tmp_path / "notes.md"
    notes.write_text("The quick count differs by {finding:quick_count:turnout}.", encoding="utf-8")
    beside = Beside(
        observation=found, ledger=forensics.read_ledger(ledger), notes=forensics.read_notes(notes)
    )
    document = compose(audit, beside)
    assert document.ledger is not None
    ((_, (entry,)),) = document.ledger.norms
    linked = next(table for table in entry.tables if table.caption == "Findings linked to it")
    assert [row[0] for row in linked.rows] == ["quick_count, turnout, national"]
    assert "95 % interval" in document.written[0].paragraphs[0]


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_the_section_in_other_languages(found: forensics.Observation, language: str) -> None:
    ours, theirs = section(found), section(found, language)
    assert theirs.notes != ours.notes
    for one, other in zip(ours.results, theirs.results, strict=True):
        assert one.anchor == other.anchor
        assert one.nulls != other.nulls
        assert len(one.table.columns) == len(other.table.columns)


def test_names_of_options_are_escaped(audit: forensics.Audit, frame: pd.DataFrame, tmp_path: Path) -> None:
    hostile = "<script>alert('x')</script>"
    returns = forensics.Returns(frame, labels={"a": hostile, "b": "B"})
    study = forensics.audit(returns, plan=forensics.make_plan(returns, seed=1, only=TESTS))
    seen = forensics.observe(returns, drawn(frame, 10, np.random.default_rng(5)), design="stratified",
                             stratum="region")  # fmt: skip
    page = forensics.write_report(study, out=tmp_path, observation=seen)
    text = page.read_text(encoding="utf-8")
    assert hostile not in text
    assert "Share of &lt;script&gt;" in text


@pytest.fixture(scope="module")
def files(
    frame: pd.DataFrame, sample: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("files")
    returns, seen = folder / "returns.csv", folder / "sample.csv"
    frame.to_csv(returns, index=False)
    sample[[*COLUMNS, "voters_counted", "item_seals"]].convert_dtypes().to_csv(seen, index=False)
    return str(returns), str(seen)


def test_the_commands(files: tuple[str, str], tmp_path: Path) -> None:
    returns, seen = files
    plan, out = tmp_path / "plan.toml", tmp_path / "out"
    frozen = forensics.make_plan(forensics.read_returns(returns), seed=1, only=TESTS)
    plan.write_text(frozen.to_toml(), encoding="utf-8")
    lots = ["--observers", seen, "--design", "stratified", "--stratum", "region"]
    run = CliRunner().invoke(cli, ["audit", returns, "--plan", str(plan), *lots, "--out", str(out)])
    assert run.exit_code == 0, run.output
    assert "quick_count. Null:" in run.output
    again = CliRunner().invoke(cli, ["verify", str(out), "--returns", returns, "--observers", seen])
    assert again.exit_code == 0, again.output
    alone = CliRunner().invoke(cli, ["verify", str(out), "--returns", returns])
    assert "made with an observers' sample" in str(alone.exception)
    refused = CliRunner().invoke(cli, ["audit", returns, "--design", "simple"])
    assert isinstance(refused.exception, ConfigError)
    assert "name it with --observers" in str(refused.exception)

"""The option --previous, and the flow between real elections."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from two_rounds import moved, shuffled

import forensics
from forensics.cli.main import main
from forensics.detectors.turnout.vote_flow import vote_flow
from forensics.finding import Finding
from forensics.tables.returns import Returns


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two rounds as csv files."""
    folder = tmp_path_factory.mktemp("rounds")
    paths = (folder / "first.csv", folder / "second.csv")
    tables = moved(np.random.default_rng(1), territories=25, levels=("territory",))
    for path, table in zip(paths, tables, strict=True):
        table.frame.to_csv(path, index=False)
    return paths


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(arg) for arg in args])
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def test_run_reads_the_earlier_returns(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = files
    status, out, _ = run(capsys, "run", "vote_flow", second, "--previous", first, "--json")
    assert status == 0
    found = json.loads(out)["findings"]
    assert [item["quantity"] for item in found] == ["share"]
    assert found[0]["detail"]["n_matched"] == 500
    assert found[0]["parameters"]["previous_option"] == "a"


def test_the_filter_holds_for_both(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    first, second = files
    where = ("--where", "registered >= 1000")
    status, out, _ = run(capsys, "run", "vote_flow", second, "--previous", first, *where, "--json")
    assert status == 0
    kept = int((forensics.read_returns(first).counts("registered") >= 1000).sum())
    assert json.loads(out)["findings"][0]["detail"]["losses"]["previous_unmatched"] == 0
    assert json.loads(out)["findings"][0]["n"] == kept


def test_without_it_the_detector_is_skipped(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "run", "vote_flow", files[1], "--json")
    assert status == 0
    assert "earlier round or election" in json.loads(out)["skipped"][0]["reason"]


def test_a_detector_that_does_not_take_it_says_so(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "run", "last_digit", files[1], "--previous", files[0])
    assert (status, out) == (2, "")
    assert "takes no --previous" in err


def test_a_file_that_is_not_there_is_bad_input(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "run", "vote_flow", files[1], "--previous", "nowhere.csv")
    assert status == 2
    assert "nowhere.csv" in err
    assert "Traceback" not in err


def test_an_audit_hands_it_on(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    first, second = files
    status, out, _ = run(capsys, "audit", second, "--previous", first, "--json")
    assert status == 0
    found = [item for item in json.loads(out)["findings"] if item["method"] == "vote_flow"]
    assert found[0]["scope"] == {"level": "national"}
    assert found[0]["detail"]["transfer"]["to"] == ["a", "b", "non_voters"]


@pytest.fixture(scope="module")
def russia(shared_data: Path) -> dict[str, Returns]:
    names = ("ru2011_duma", "ru2016_duma", "ru2018_president")
    return {name: forensics.read_returns(shared_data / "returns" / f"{name}.parquet") for name in names}


@pytest.mark.shared
def test_renumbered_russian_precincts_are_skipped(russia: dict[str, Returns]) -> None:
    found = vote_flow(russia["ru2016_duma"], previous=russia["ru2011_duma"], by=[None, "region"])
    assert not found.tested
    reason = str(found.skipped[0].reason)
    assert "70\u00a0%" in reason
    assert "Correlation of registered voters: 0.59." in reason  # .57 with names spelled as they are


@pytest.mark.shared
def test_the_president_is_new_and_only_turnout_is_described(russia: dict[str, Returns]) -> None:
    now = russia["ru2018_president"]
    found = vote_flow(now, previous=russia["ru2016_duma"], rng=1).only(scope="national")
    assert found.quantity == "turnout"
    assert found.detail["valid_share"] >= 0.9
    assert found.detail["slope_added_turnout"] is None
    assert found.detail["transfer"] is None
    # Turnout of all Russia rose from 47.9 % to 67.5 % (issued over registered, official results).
    assert found.effect == pytest.approx(0.196, abs=0.01)


@pytest.mark.shared
def test_russian_precincts_paired_at_random(russia: dict[str, Returns]) -> None:
    now, before = russia["ru2018_president"], russia["ru2016_duma"]

    def flow(previous: Returns) -> Finding:
        return vote_flow(now, previous=previous, previous_option="united_russia", rng=1)[0]

    true, random = flow(before), flow(shuffled(before, "region", np.random.default_rng(0)))
    assert random.interval is not None
    assert random.interval.low <= 0 <= random.interval.high
    assert random.detail["slope_plain"] > 0.7  # mechanical: the cross-section of either round is .8 and 1.0
    spread = {
        name: np.ptp(f.detail["transfer"]["share"], axis=0)[0]
        for name, f in (("true", true), ("random", random))
    }
    assert spread["random"] < 0.2 < 0.5 < spread["true"]

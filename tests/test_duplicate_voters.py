"""Voter lists: planted repeats recovered, silence on clean lists, no name in anything that comes out."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import forensics
from forensics import Findings, Returns, duplicate_voters
from forensics.cli.main import main
from forensics.detectors.registry import find_detector
from forensics.simulation.voters import SimulatedVoters, voter_list

RELATIVE = 1e-9
# Of so many clean lists a test of size .05 rejects no more than this but once in 1,000 times.
LISTS = 30
MOST_REJECTED = int(binom.ppf(0.999, LISTS, 0.05))
# Few names, so that chance gives many pairs.
NAMES = {"first_names": 20, "family_names": 60}


def drawn(people: int = 60_000, **options: float) -> SimulatedVoters:
    return voter_list(people, **{**NAMES, "rng": 1, **options})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def planted() -> SimulatedVoters:
    return drawn(voted_twice=0.004, listed_twice=0.01, turnout=0.6, regions=5)


@pytest.fixture(scope="module")
def found(planted: SimulatedVoters) -> Findings:
    return duplicate_voters(planted.frame, by=(None, "region"), rng=1)


def returns_of(frame: pd.DataFrame) -> Returns:
    counts = (
        frame.groupby(["region", "precinct"], observed=True)["voted"].agg(["size", "sum"]).reset_index()
    )
    table = counts.rename(columns={"size": "registered", "sum": "ballots"})
    return Returns(table.assign(votes_a=table["ballots"] // 2))


def test_planted_repeats_are_recovered(planted: SimulatedVoters, found: Findings) -> None:
    for quantity, truth in (("voted_twice", planted.voted_twice), ("listed_twice", planted.listed_twice)):
        finding = found.only(quantity=quantity, scope="national")
        detail = finding.detail
        assert detail["expected"] > 30  # chance alone gives pairs too
        assert abs(detail["excess"] - truth) < 3 * detail["standard_error"]
        assert finding.statistic == detail["excess"]
        assert finding.pvalue is not None
        assert finding.pvalue < 1e-6
        assert finding.interval is not None
        assert finding.effect == pytest.approx(1e4 * detail["rate"], rel=RELATIVE)
        assert finding.interval.low < 1e4 * truth / (finding.n - truth) < finding.interval.high
        assert detail["one_in"] == round(1 / detail["rate"])
        assert sum(row[3] for row in detail["classes"]) == detail["observed"]
        assert sum(row[4] for row in detail["classes"]) == pytest.approx(detail["expected"], rel=RELATIVE)


def test_pairs_within_regions(planted: SimulatedVoters, found: Findings) -> None:
    items = found.select(quantity="listed_twice", scope="region").tested
    assert len(items) == 5
    frame = planted.frame
    key = ["region", "given_name", "family_name", "birth_date"]
    together = frame.groupby(key, observed=True).size().to_numpy()
    assert sum(f.detail["observed"] for f in items) == (together * (together - 1) // 2).sum()
    assert sum(f.n for f in items) == len(frame)
    for item in items:
        assert item.detail["pvalue_adjusted"] >= (item.pvalue or 0)
        assert item.interval is not None
        assert item.interval.low <= (item.effect or 0) <= item.interval.high


def test_clean_lists_are_silent() -> None:
    rejected = covered = 0
    for seed in range(LISTS):
        frame = drawn(30_000, rng=100 + seed, name_days=2.0).frame
        finding = duplicate_voters(frame, rng=1).only(quantity="voted_twice")
        assert finding.pvalue is not None
        assert finding.interval is not None
        rejected += finding.pvalue <= 0.05
        covered += finding.interval.low <= 0 <= finding.interval.high
    assert rejected <= MOST_REJECTED
    assert covered >= LISTS - MOST_REJECTED


def test_one_person_in_five_hundred_is_seen_in_a_small_list() -> None:
    # 60 planted pairs where chance gives about 60: a Poisson count beyond 95 % in every list.
    seen = 0
    for seed in range(10):
        frame = drawn(30_000, rng=seed, voted_twice=0.002).frame
        seen += (duplicate_voters(frame).only(quantity="voted_twice").pvalue or 0) <= 0.05
    assert seen >= 9


def test_dates_that_nobody_knew_are_left_out() -> None:
    made = drawn(60_000, unknown_dates=0.05)
    found = duplicate_voters(made.frame)
    heaps = found.only(quantity="birth_dates")
    finding = found.only(quantity="voted_twice")
    heaped = int((made.frame["birth_date"].dt.strftime("%m-%d") == "01-01").sum())
    # Some birth years have too few entries for their 1 January to stand out by itself.
    assert 0.9 * heaped < heaps.detail["heaped"] <= heaped
    assert {row[2] for row in heaps.detail["heaps"]} == {"01-01"}
    assert heaps.pvalue is None
    assert finding.excluded == heaps.detail["heaped"]
    assert f"{heaped:,}"[:2] in str(finding.exclusion)
    assert finding.assumptions[2].holds is False
    assert abs(finding.detail["excess"]) < 4 * finding.detail["standard_error"]
    # The shares of the days know of the heaps too: kept, they are expected to coincide.
    kept = duplicate_voters(made.frame, times=1e9).only(quantity="voted_twice")
    assert kept.detail["observed"] > 1.5 * finding.detail["observed"]
    assert abs(kept.detail["excess"]) < 4 * kept.detail["standard_error"]


def test_wrong_marks_in_poll_books_explain_what_they_explain() -> None:
    # 3,000 people listed twice, nobody voted twice; 2 % of the unused entries are marked as voted.
    made = drawn(60_000, listed_twice=0.05, turnout=0.7, false_marks=0.02)
    finding = duplicate_voters(made.frame, rng=1).only(quantity="voted_twice")
    assert finding.detail["excess"] > 3 * finding.detail["standard_error"]
    left = dict(finding.detail["poll_book"])
    assert left[0.0] == pytest.approx(finding.detail["excess"], rel=RELATIVE)
    assert left[0.02] < left[0.01] < left[0.0]
    # Non-voters that are marked as voted make some break even a little below the rate of the slips.
    assert abs(left[0.02]) < 3 * finding.detail["standard_error"]
    assert finding.detail["break_even"] == pytest.approx(0.02, abs=0.01)


def test_a_list_of_voters_alone_says_how_many_double_entries_would_explain_it() -> None:
    finding = duplicate_voters(drawn(voted_twice=0.004).frame).only(quantity="voted_twice")
    assert finding.detail["poll_book"] == []
    assert finding.detail["break_even"] is None
    assert dict(finding.detail["explaining"])[0.01] == pytest.approx(
        100 * finding.detail["excess"], rel=RELATIVE
    )


def test_a_list_that_does_not_say_who_voted() -> None:
    found = duplicate_voters(drawn().frame.drop(columns=["voted", "region"]), by=(None, "region"))
    assert [f.quantity for f in found.tested] == ["listed_twice", "birth_dates"]
    assert "does not say who voted" in str(found.tested[0].assumptions[0].text)
    assert [str(s.reason) for s in found.skipped] == ["The list does not name the region of its entries."]


def test_lists_in_which_nothing_can_be_compared() -> None:
    nobody = drawn(100).frame.assign(given_name="")
    (skipped,) = duplicate_voters(nobody).skipped
    assert "No entry of the list has a name and a full date of birth" in str(skipped.reason)
    few = duplicate_voters(drawn(100).frame).only(quantity="voted_twice")
    assert (few.underpowered, few.pvalue, few.n) == (True, None, 100)


def test_an_audit_hands_over_the_list_by_its_name(planted: SimulatedVoters) -> None:
    returns = returns_of(planted.frame)
    frame = planted.frame
    finding = duplicate_voters(returns, voters=frame, rng=1).only(quantity="listed_twice")
    alone = duplicate_voters(frame, rng=1).only(quantity="listed_twice")
    assert alone.precincts is None
    assert dict(finding.detail) == dict(alone.detail)
    assert finding.precincts is not None
    # Every pair has two entries, and every entry is of a precinct.
    residual = 2 * (alone.detail["observed"] - alone.detail["expected"])
    assert np.nansum(finding.precincts) == pytest.approx(residual, rel=1e-6)
    (skipped,) = duplicate_voters(returns).skipped
    assert str(skipped.reason) == "No table of voters was given."
    with pytest.raises(forensics.ConfigError, match="no parameter 'voter'"):
        duplicate_voters(returns, voter=frame)
    with pytest.raises(forensics.ConfigError, match="no parameter 'voters'"):
        duplicate_voters(frame, voters=frame)
    entry = find_detector("duplicate_voters")
    assert (entry.first, entry.tables, entry.parameters[0]) == ("voters", ("voters",), "voters")
    assert "returns" not in entry.parameters


def test_an_audit_with_a_list(planted: SimulatedVoters) -> None:
    returns = returns_of(planted.frame)
    plan = forensics.make_plan(returns, seed=1).__class__
    step = [s for s in forensics.make_plan(returns, seed=1).detectors if s.id == "duplicate_voters"]
    assert len(step) == 1
    made = forensics.make_plan(returns, seed=1, only=["duplicate_voters"])
    assert isinstance(made, plan)
    found = forensics.audit(
        returns, plan=made, voters=forensics.read_table("voters", planted.frame)
    ).findings
    assert found.only(quantity="voted_twice", scope="national").detail["observed"] > planted.voted_twice


def test_the_order_of_rows_and_the_names_themselves_change_nothing(planted: SimulatedVoters) -> None:
    frame = planted.frame.iloc[:20_000]
    one = duplicate_voters(frame, rng=1)
    other = frame.sample(frac=1, random_state=3)
    for column in ("given_name", "family_name"):
        categories = other[column].cat.categories
        other[column] = other[column].cat.rename_categories([f"{name[::-1]}!" for name in categories])
    two = duplicate_voters(other, rng=1)
    for a, b in zip(one.tested, two.tested, strict=True):
        assert a.n == b.n
        exact = ("observed", "same_precinct", "most", "heaped", "heaps", "cohorts", "round_years")
        assert {k: v for k, v in a.detail.items() if k in exact} == {
            k: v for k, v in b.detail.items() if k in exact
        }
        for key in ("expected", "excess", "rate", "standard_error"):
            assert a.detail.get(key, 0.0) == pytest.approx(b.detail.get(key, 0.0), rel=1e-6)
        assert (a.pvalue or 0.0) == pytest.approx(b.pvalue or 0.0, rel=1e-6)


def test_the_same_list_gives_the_same_bytes(planted: SimulatedVoters, tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    planted.frame.iloc[:20_000].to_parquet(path)
    texts = {forensics.findings_json(duplicate_voters(path, rng=1, listed=5)) for _ in range(2)}
    assert len(texts) == 1


def test_row_numbers_are_listed_only_when_asked_for() -> None:
    frame = drawn(3000).frame
    frame = pd.concat([frame, frame.iloc[[7, 7, 11]]], ignore_index=True)
    silent, listed = (
        duplicate_voters(frame, listed=k).only(quantity="voted_twice").detail for k in (0, 50)
    )
    assert silent["pairs"] == []
    assert [8, 3001, 3002] in listed["pairs"]
    assert [12, 3003] in listed["pairs"]
    assert sum(len(rows) * (len(rows) - 1) // 2 for rows in listed["pairs"]) == listed["observed"]
    assert listed["most"] == 3
    assert listed["same_precinct"] >= 4


def test_no_name_or_birthday_in_anything_that_comes_out(tmp_path: Path) -> None:
    frame = drawn(3000, voted_twice=0.05, unknown_dates=0.1).frame
    for column, word in (("given_name", "Qwertina"), ("family_name", "Zzyzxova")):
        categories = frame[column].cat.categories
        frame[column] = frame[column].cat.rename_categories([f"{word}{i}" for i in range(len(categories))])
    path = tmp_path / "list.csv"
    frame.to_csv(path, index=False)
    returns = returns_of(frame)
    voters = forensics.read_table("voters", path)
    found = duplicate_voters(returns, voters=voters, by=(None, "region"), listed=100)
    plan = forensics.make_plan(returns, only=["duplicate_voters"])
    folder = forensics.write_report(
        forensics.audit(returns, plan=plan, voters=voters), out=tmp_path / "out"
    )
    said = [
        str(found),
        repr(found),
        repr(voters),
        forensics.findings_json(found),
        found.to_frame().to_csv(),
    ]
    said += [repr(item) for item in found] + [
        p.to_frame().to_csv() for f in found.tested for p in f.pictures
    ]
    said += [p.read_bytes().decode("latin-1") for p in sorted(folder.rglob("*")) if p.is_file()]
    dates = frame["birth_date"].dt.strftime("%Y-%m-%d").unique()[:500]
    for text in said:
        assert "qwertina" not in text.casefold()
        assert "zzyzx" not in text.casefold()
    for text in said[:5]:
        assert not any(date in text for date in dates)


def test_certificates_used_twice() -> None:
    ledger = pd.DataFrame(
        {"serial": ["A1", "A2", "a1", "A3", "A2", None], "used_at": ["7", "7", "9", "", "7", "8"]}
    )
    finding = duplicate_voters(forensics.read_table("certificates", ledger)).only()
    assert (finding.quantity, finding.statistic, finding.effect, finding.n) == ("serials", 2.0, 2.0, 4)
    assert dict(finding.detail) == {"serials": 3, "repeated": 2, "other_places": 1, "most": 2}
    assert finding.excluded == 2
    assert "A1" not in forensics.findings_json(Findings([finding]))


def test_the_command_takes_the_list_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = drawn(2000, voted_twice=0.01).frame
    frame.to_parquet(tmp_path / "voters.parquet")
    returns_of(frame).frame.to_csv(tmp_path / "returns.csv", index=False)

    def call(*args: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main(["run", "duplicate_voters", *args])
        captured = capsys.readouterr()
        return int(stopped.value.code or 0), captured.out, captured.err

    voters = str(tmp_path / "voters.parquet")
    status, out, _ = call(voters, "--json")
    first = json.loads(out)["findings"][0]
    assert (status, first["quantity"], first["n"]) == (0, "voted_twice", 2020)
    status, out, _ = call(str(tmp_path / "returns.csv"), "--with", f"voters={voters}", "--json")
    assert json.loads(out)["findings"][0]["detail"] == first["detail"]
    status, _, error = call(voters, "--where", "registered > 3")
    assert status == 2
    assert "give the returns and --with voters=FILE" in error


MEASURED = """
import json, resource, sys, time
import forensics
start = time.perf_counter()
detail = forensics.duplicate_voters(sys.argv[1], rng=1).only(quantity="voted_twice").detail
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # kilobytes on Linux
print(json.dumps([detail["excess"], detail["standard_error"], seconds, peak]))
"""


@pytest.mark.slow
def test_a_national_list_of_five_million(tmp_path: Path) -> None:
    """1 in 4,000 planted: within 2 standard errors, in 2 minutes and 4 GB, reading included."""
    made = voter_list(5_000_000, voted_twice=1 / 4000, rng=1)
    path = tmp_path / "voters.parquet"
    made.frame.to_parquet(path)
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True
    )
    excess, error, seconds, gigabytes = json.loads(done.stdout)
    assert made.voted_twice == 1250
    assert abs(excess - made.voted_twice) < 2 * error
    assert error < made.voted_twice / 10
    assert seconds <= time.perf_counter() - start < 120
    assert gigabytes < 4

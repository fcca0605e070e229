"""Returns beside a roster: from two files to associations, report and verification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import forensics
from forensics.auditing.scores import scores_of
from forensics.cli.main import main
from forensics.simulation import Simulated, Specification, draw
from forensics.simulation.parameters import Rate, Roster, Shape

ROUNDING = 1e-12
QUICK = {"permutations": 49, "wild": 99}


@pytest.fixture(scope="module")
def election() -> Simulated:
    """800 precincts of 40 districts with their commissions, clean."""
    rate = Rate(median=0.6, spread=(0.2, 0.15, 0.25))
    shape = Shape(levels=("region", "district"), units=(6, 40), precincts=800)
    return draw(Specification(shape=shape, turnout=rate, support=rate, roster=Roster()), rng=4)


@pytest.fixture(scope="module")
def link(election: Simulated) -> forensics.Link:
    return forensics.associate(election.returns, election.roster, coding=election.coding, rng=1, **QUICK)


@pytest.fixture(scope="module")
def files(election: Simulated, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    folder = tmp_path_factory.mktemp("linking")
    returns, roster, coding = (folder / name for name in ("returns.parquet", "roster.csv", "coding.csv"))
    election.returns.frame.to_parquet(returns, index=False)
    election.roster.to_csv(roster, index=False)
    election.coding.to_csv(coding, index=False)
    return returns, roster, coding


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return int(end.value.code or 0)


def test_scores_are_shares_and_keep_the_rows(election):
    returns = election.returns
    scores = scores_of(returns, forensics.integer_percent(returns))
    assert list(scores.index) == list(returns.frame.index)
    assert scores["turnout"].between(0, 1).all()
    expected = returns.counts(returns.turnout_of) / returns.counts("registered")
    assert np.abs(scores["turnout"].to_numpy() - expected).max() < ROUNDING
    assert scores["integer_percent"].equals(scores["integer_percent:either"].rename("integer_percent"))


def test_an_earlier_election_stands_beside_where_it_pairs(election):
    earlier = draw(election.specification, like=election.returns, rng=9).returns
    scores = scores_of(election.returns, previous=earlier)
    assert scores["previous:turnout"].notna().all()
    assert not scores["previous:turnout"].equals(scores["turnout"])


def test_every_precinct_of_a_simulated_election_has_its_commission(link):
    assert link.coverage["joined"] == link.coverage["precincts"] == 800


def test_the_primary_pair_is_the_first_of_each(link):
    primary = link.associations.primary
    assert (primary.outcome, primary.headline) == ("turnout", True)
    assert primary.mde > 0
    assert primary.p_bh is None


def test_the_object_of_the_contract(link):
    told = json.loads(forensics.to_json(link.to_dict()))
    assert {"coverage", "measures", "association", "skipped"} <= set(told)
    assert {row["outcome"] for row in told["association"]} == {"turnout", "share"}
    small = [row for row in told["measures"] if (row["commissions"] or 5) < 5]
    assert small == []


def test_no_member_is_printed(election, link):
    ids = election.roster["member_id"].astype(str).unique()
    text = forensics.to_json(link.to_dict()) + str(link)
    assert not any(id in text for id in ids[:500])


def test_chairs_who_stayed_stand_beside_what_their_precincts_had_shown(election):
    earlier = draw(election.specification, like=election.returns, rng=9).returns
    shown = scores_of(election.returns, previous=earlier)["previous:share"]
    keys = election.returns.frame[["region", "district", "precinct"]].astype(str)
    low = keys[(shown < shown.median()).to_numpy()].agg("/".join, axis=1)
    before = election.roster.copy()
    own = before[["region", "district", "precinct"]].fillna("").astype(str).agg("/".join, axis=1)
    left = (before["role"] == "chair") & (before["level"].astype(int) == 3) & own.isin(low)
    before.loc[left, "member_id"] = "before-" + before.loc[left, "member_id"].astype(str)
    found = forensics.associate(
        election.returns, election.roster, before=before, previous=earlier, models=(), **QUICK
    )
    told = json.loads(forensics.to_json(found.to_dict()))["retention"]
    assert list(told) == ["previous:turnout", "previous:share"]
    reward = told["previous:share"]
    assert reward["n"] == 800
    assert reward["retained"] == pytest.approx(1 - left.sum() / 800) == pytest.approx(0.5)
    # Only chairs of the upper half stayed.
    assert reward["interval"][0] > 0
    assert "the chair is the one of the election before" in str(found)


def test_nothing_for_publication_puts_one_precinct_beside_its_commission(election, link):
    """Every outcome of a precinct as a tracer: none of them comes back out, whole or in per cent."""
    scores = scores_of(election.returns)
    traced = np.concatenate(
        [scores["turnout"], scores["share"], 100 * scores["turnout"], 100 * scores["share"]]
    )
    # Ratios of small numbers may be met by chance.
    traced = {round(value, 9) for value in traced if np.isfinite(value) and value * 1000 % 1 > 1e-6}
    assert len(traced) > 1000

    def numbers(told: Any) -> list[float]:
        if isinstance(told, dict):
            return [number for value in told.values() for number in numbers(value)]
        if isinstance(told, list):
            return [number for value in told for number in numbers(value)]
        return [told] if isinstance(told, float) else []

    told = json.loads(forensics.to_json(link.to_dict()))
    # Means of compositions hold no outcome, and are ratios of small numbers themselves.
    found = numbers({name: value for name, value in told.items() if name != "measures"})
    for picture in link.pictures():
        found += numbers(picture.to_frame().to_dict("list"))
        assert not picture.restricted
        if picture.figure == "binned_scatter":
            assert picture.columns["n"].min() >= 5
    assert len(found) > 1000
    assert not traced & {round(number, 9) for number in found}


def test_scores_of_a_detector_are_an_outcome(election):
    found = forensics.associate(
        election.returns, election.roster, coding=election.coding, outcomes=["integer_percent"], **QUICK
    )
    assert found.associations.primary.outcome == "integer_percent"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"outcomes": ["tea_leaves"]}, "no outcome"),
        ({"outcomes": ["last_digit"]}, "gives no scores"),
        ({"exposures": ["tea_leaves"]}, "tea_leaves"),
        ({"cluster": "village"}, "no level"),
    ],
)
def test_what_cannot_be_related_is_said(election, options: dict[str, Any], sentence: str):
    with pytest.raises(forensics.ConfigError, match=sentence):
        forensics.associate(election.returns, election.roster, coding=election.coding, **options)


def test_the_command_prints_json_and_text(files, capsys):
    returns, roster, coding = map(str, files)
    options = [returns, roster, "--coding", coding, "--permutations", "19", "--seed", "1"]
    assert run(["commissions", *options, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["coverage"]["joined"] == 800
    assert run(["commissions", *options]) == 0
    printed = capsys.readouterr().out
    assert "null: Precincts" in printed
    assert "percentage points" in printed


def test_a_roster_of_another_place_is_one_sentence(files, tmp_path, capsys):
    returns, roster, _ = files
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text(roster.read_text().replace("Region ", "Oblast "))
    assert run(["commissions", str(returns), str(elsewhere)]) == 2
    error = capsys.readouterr().err
    assert "elsewhere.csv" in error
    assert "Traceback" not in error


def test_a_column_that_is_named_and_not_there_is_one_sentence(files, capsys):
    returns, roster, coding = map(str, files)
    assert run(["commissions", returns, roster, "--coding", coding, "--covariate", "altitude"]) == 2
    error = capsys.readouterr().err
    assert "'altitude' is no score of these precincts; there are region, district, turnout" in error
    assert run(["commissions", returns, roster, "--coding", "almaty"]) == 2
    assert "name one that comes with the package: kazakhstan" in capsys.readouterr().err


def test_codings_without_a_roster_are_refused(files, capsys):
    returns, _, coding = map(str, files)
    assert run(["audit", returns, "--coding", coding, "--quiet"]) == 2
    assert "--roster" in capsys.readouterr().err


def test_the_report_of_an_audit_with_a_roster_is_made_again(files, tmp_path, capsys):
    returns, roster, coding = map(str, files)
    out = tmp_path / "report"
    options = ["--roster", roster, "--coding", coding, "--seed", "2", "--out", str(out), "--quiet"]
    assert run(["audit", returns, *options]) == 0
    assert json.loads((out / "commissions.json").read_text())["study"]["sha256"]
    page = (out / "index.html").read_text()
    assert 'id="commissions"' in page
    assert "No step is a verdict" in page
    again = ["verify", str(out), "--returns", returns]
    assert run(again) == 2
    assert "was made with a roster" in capsys.readouterr().err
    assert run([*again, "--roster", roster, "--coding", coding]) == 0

"""Drawn commissions, and the files that `forensics simulate` writes."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import forensics
from forensics.cli.main import main
from forensics.simulation import draw, embedded, read_specification
from forensics.simulation.parameters import Nominator, Roster, Shape, Specification
from forensics.simulation.parameters import Rate as R

SMALL = """
name = "small"
seed = 4
[shape]
units = [4, 20]
precincts = 300
[turnout]
median = 0.6
[support]
median = 0.5
[institutions]
[roster]
[[planted]]
kind = "stuffing"
share = 0.1
[[planted]]
kind = "tabulation"
share = 0.1
"""


@pytest.fixture(scope="module")
def demo():
    return draw(embedded())


@pytest.fixture
def call(capsys):
    """Run a command; (status, stdout, stderr)."""

    def run(*args):
        with pytest.raises(SystemExit) as stopped:
            main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return stopped.value.code, captured.out, captured.err

    return run


def test_commissions_stand_at_four_levels(demo):
    roster = demo.roster
    number = roster.groupby("level")["commission_id"].nunique()
    # CONTRACT and SOURCES.md: 1 / 16 / 208 / 9,840.
    assert number.to_dict() == {0: 1, 1: 16, 2: 208, 3: 9840}
    assert (roster.groupby("commission_id").size() == 7).all()
    assert roster["member_id"].is_unique
    level = roster.drop_duplicates("commission_id").set_index("commission_id")["level"]
    child = roster.drop_duplicates("commission_id").dropna(subset="parent_id")
    assert (level[child["parent_id"]].to_numpy() == child["level"].to_numpy() - 1).all()


def test_a_precinct_hangs_under_the_commission_of_its_district(demo):
    precinct = demo.roster[demo.roster["level"] == 3].drop_duplicates("commission_id")
    assert precinct.groupby("parent_id")["district"].nunique().max() == 1
    assert precinct["parent_id"].nunique() == 208
    table = demo.returns.table
    assert precinct["precinct"].tolist() == table["precinct"].tolist()
    assert precinct["district"].tolist() == table["district"].astype("str").tolist()


def test_roles_nominators_and_employers(demo):
    roster = demo.roster
    assert set(roster["nominated_by"]) == set(demo.coding["nominator"])
    chairs = roster[roster["role"] == "chair"]
    assert len(chairs) == roster["commission_id"].nunique()
    assert (chairs["employer_role"] == "head").all()
    assert (chairs["vote_right"] == "decisive").all()
    schools = chairs[(chairs["level"] == 3) & (chairs["venue_type"] == "school")]
    assert (schools["employer_type"] == "school").all()
    # One seat a party; superior commissions may hold several.
    parties = roster[roster["nominator_type"] == "party"]
    assert parties.groupby(["commission_id", "nominated_by"]).size().max() == 1
    chair = roster["commission_id"].map(chairs.set_index("commission_id")["employer_id"])
    colleagues = (chair == roster["employer_id"])[roster["role"] != "chair"]
    # Roster.one_employer is .45; binomial with 60,000 draws.
    assert colleagues.mean() == pytest.approx(0.45, abs=0.01)
    assert roster.groupby("employer_id")["employer_type"].nunique().max() == 1


def test_composition_varies_by_place_as_asked():
    aligned = {}
    for spread in ((0.0, 0.0, 0.0), (0.0, 1.5, 0.0)):
        specification = Specification(
            turnout=R(median=0.6),
            support=R(median=0.5),
            roster=Roster(spread=spread),
            shape=Shape(units=(5, 50), precincts=2000),
        )
        election = draw(specification, rng=1)
        bloc = election.coding.set_index("nominator")["bloc"]
        precinct = election.roster[election.roster["level"] == 3]
        member = precinct["nominated_by"].map(bloc).isin(["INC", "SAT", "STATE"])
        aligned[spread] = member.groupby(precinct["district"]).mean().std()
    # 40 precincts of seven members: a district's share varies by about .16 / √40 = .025 by chance.
    assert aligned[0.0, 0.0, 0.0] < 0.035
    assert aligned[0.0, 1.5, 0.0] > 0.1


def test_fewer_nominators_than_seats_hold_several():
    few = Roster(nominators=(Nominator(name="only", type="party", bloc="INC", weight=1.0),))
    specification = Specification(turnout=R(median=0.6), roster=few, shape=Shape(precincts=130))
    roster = draw(specification, rng=1).roster
    assert set(roster["nominated_by"]) == {"only"}
    assert (roster.groupby("commission_id").size() == 7).all()


def test_one_level_has_no_territorial_commissions():
    specification = Specification(
        turnout=R(median=0.6), roster=Roster(), shape=Shape(levels=("region",), units=(3,), precincts=30)
    )
    assert set(draw(specification, rng=1).roster["level"]) == {0, 1, 3}


def test_simulate_writes_an_election_that_can_be_read(call, tmp_path):
    spec = tmp_path / "small.toml"
    spec.write_text(SMALL, encoding="utf-8")
    status, out, err = call("simulate", "--spec", spec, "--out", tmp_path / "a")
    assert (status, err) == (0, "")
    names = [line.rsplit("/", 1)[-1] for line in out.split()]
    assert {"returns.parquet", "roster.csv", "truth.parquet", "totals.csv"} <= set(names)
    returns = forensics.read_returns(tmp_path / "a" / "returns.parquet")
    assert returns.digest == draw(read_specification(SMALL)).returns.digest
    truth = pd.read_parquet(tmp_path / "a" / "truth.parquet")
    assert len(truth) == len(returns) == 300
    # A tenth of 300, but for those where nobody stayed away.
    assert 28 <= (truth["planted"] == "stuffing").sum() <= 30
    totals = forensics.read_table("totals", tmp_path / "a" / "totals.csv")
    found = forensics.tabulation_sums(returns, totals=totals)
    assert any(finding.statistic for finding in found.tested)
    roster = pd.read_csv(tmp_path / "a" / "roster.csv", dtype={"precinct": "str"})
    assert len(roster) == 7 * (1 + 4 + 20 + 300)
    assert "precinct" in roster.columns

    assert (
        call("simulate", "--spec", tmp_path / "a" / "specification.toml", "--out", tmp_path / "b")[0] == 0
    )
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert call("simulate", "--spec", spec, "--out", tmp_path / "c", "--seed", 9)[0] == 0
    assert (tmp_path / "c" / "totals.csv").read_bytes() != (tmp_path / "a" / "totals.csv").read_bytes()


def test_simulate_like_given_returns(call, tmp_path):
    forensics.simulation.clean(n=200, rng=1).frame.to_csv(tmp_path / "r.csv", index=False)
    status, _, _ = call("simulate", "--like", tmp_path / "r.csv", "--fit", "--out", tmp_path / "d")
    assert status == 0
    returns = forensics.read_returns(tmp_path / "d" / "returns.parquet")
    real = forensics.read_returns(tmp_path / "r.csv")
    np.testing.assert_array_equal(returns.counts("registered"), real.counts("registered"))
    assert json.dumps(sorted(returns.table.columns)) == json.dumps(sorted(real.table.columns))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--spec", "nowhere.toml"), "the specification cannot be read"),
        (("--fit",), "takes no --spec"),
        (("--like", "nowhere.csv"), "no such file"),
    ],
)
def test_bad_input_is_one_sentence(call, tmp_path, args, said):
    status, out, err = call("simulate", *args, "--out", tmp_path / "e")
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_folder_that_is_a_file(call, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    spec = tmp_path / "small.toml"
    spec.write_text(SMALL, encoding="utf-8")
    status, _, err = call("simulate", "--spec", spec, "--out", tmp_path / "file")
    assert status == 2
    assert "the folder cannot be written" in err

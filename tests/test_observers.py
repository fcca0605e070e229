"""Observers' samples: what is read, convenience, presence, head-counts, answers, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from test_quick_count import COLUMNS, drawn, election

import forensics
from forensics.cli.main import cli
from forensics.errors import ConfigError, ReturnsError
from forensics.observers.sample import read_sample

PERSON = "Aigerim Testova"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return election(n=800)


@pytest.fixture(scope="module")
def returns(frame: pd.DataFrame) -> forensics.Returns:
    return forensics.Returns(frame)


@pytest.fixture(scope="module")
def visited(frame: pd.DataFrame) -> pd.DataFrame:
    """Precincts that observers chose, with a form, and the observer's name and telephone beside it."""
    sample = frame[frame["region"].isin(["R0", "R1"])].head(60)[[*COLUMNS, "registered"]]
    rng = np.random.default_rng(2)
    return sample.assign(
        observer=PERSON,
        phone="+7 700 000 00 00",
        comment=f"{PERSON} was sent out",
        arrived="07:45",
        left="21:10",
        voters_counted=(sample["ballots"] * 0.9).astype(int),
        hour_12=(sample["ballots"] * 0.4).astype(int),
        item_seals=["yes"] * 50 + ["нет"] * 8 + [None, f"ask {PERSON}"],
        item_carousels=rng.poisson(0.2, 60).astype(str),
    )


def test_nothing_about_a_person_is_read_or_said(
    returns: forensics.Returns, visited: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "forms.csv"
    visited.to_csv(path, index=False)
    for table in (visited, path):
        found = forensics.observe(returns, table)
        said = [
            str(found), repr(found), repr(found.sample), found._repr_html_(),
            forensics.to_json(found.to_dict()), found.to_frame().to_csv(), found.answers.to_csv(),
            found.items.to_csv(),
            found.sample.frame.drop(columns="item_seals").to_csv(),
        ]  # fmt: skip
        for text in said:
            assert PERSON not in text
            assert "700 000" not in text
        assert "3 columns have no role in a sample" in found.to_dict()["sample"]["steps"][-1]
    assert sorted(found.answers["answer"][found.answers["item"] == "seals"].unique()) == [
        "no",
        "other",
        "yes",
    ]


def test_a_convenience_sample_estimates_nothing_for_others(
    returns: forensics.Returns, visited: pd.DataFrame
) -> None:
    found = forensics.observe(returns, visited)
    assert found.design is None
    skipped = {item.method: str(item.reason) for item in found.findings.skipped}
    assert "How likely each precinct was to be chosen is not known" in skipped["quick_count"]
    assert "can be compared with the official numbers of the same precincts" in skipped["quick_count"]
    assert "no effect of being observed can be told" in skipped["observer_presence"]
    # What may still be said: within the precincts visited, and without an interval for the country.
    copies = found.findings.only(method="protocol_copies", quantity="leader_votes")
    assert (copies.n, copies.statistic) == (60, 0)
    counted = found.findings.only(method="head_count", quantity="turnout")
    assert counted.interval is None
    assert counted.pvalue is None
    assert not counted.assumptions[0].holds
    by_hand = visited["ballots"].sum() - visited["voters_counted"].sum()
    assert counted.effect == pytest.approx(100 * by_hand / visited["registered"].sum())
    assert found.items[["share", "low", "high"]].isna().all(axis=None)
    assert found.items["yes"].tolist()[0] == 50
    assert found.pictures == ()
    with pytest.raises(ConfigError, match="nothing was estimated"):
        found.plot()
    stated = forensics.observe(returns, visited, design="convenience")
    assert "Observers chose where to go." in str(stated.findings.skipped[0])


def test_answers_are_weighted_where_lots_drew_the_precincts(
    returns: forensics.Returns, frame: pd.DataFrame
) -> None:
    sample = frame.sample(80, random_state=3)[COLUMNS]
    sample = sample.assign(item_seals=["yes"] * 60 + ["no"] * 20, item_carousels=["0"] * 80)
    found = forensics.observe(returns, sample, design="simple")
    seals, carousels = found.items.to_dict(orient="records")
    assert seals["share"] == pytest.approx(0.75)
    assert seals["low"] < 0.75 < seals["high"]
    # Nothing seen in 80 of 800 precincts: Clopper and Pearson's bound, 1 − .025^(1/80) = .0451.
    assert (carousels["share"], carousels["low"]) == (0, 0)
    assert carousels["high"] == pytest.approx(0.0451, abs=1e-4)


def test_being_observed_is_an_effect_where_lots_sent_the_observers(frame: pd.DataFrame) -> None:
    # Where observers were sent, five points of turnout less.
    sample = drawn(frame, 25, np.random.default_rng(8))
    there = frame["precinct"].isin(sample["precinct"])
    changed = frame.copy()
    changed.loc[there, "ballots"] -= (0.05 * changed.loc[there, "registered"]).astype(int)
    changed["votes_b"] = (changed["ballots"] - changed["votes_a"]).clip(lower=0)
    found = forensics.observe(forensics.Returns(changed), sample, design="stratified", stratum="region")
    turnout = found.findings.only(method="observer_presence", quantity="turnout")
    assert turnout.interval.low < -5 < turnout.interval.high
    assert turnout.pvalue < 0.01
    assert turnout.detail["observed"] == 200
    none = forensics.observe(forensics.Returns(frame), sample, design="stratified", stratum="region")
    assert none.findings.only(method="observer_presence", quantity="turnout").pvalue > 0.01
    uneven = sample.assign(probability=np.linspace(0.1, 0.5, len(sample)))
    skipped = forensics.observe(forensics.Returns(changed), uneven).findings.skipped
    assert any("more likely to be drawn" in str(item) for item in skipped)


def test_what_moves_to_the_next_precinct_is_told_apart(frame: pd.DataFrame) -> None:
    # Forty of eighty areas are drawn, and half of their ten precincts; observers take six points of turnout
    # away where they are and add four beside.
    rng = np.random.default_rng(11)
    areas = frame.drop(columns="region").assign(district=[f"D{i // 10}" for i in range(len(frame))])
    chosen = areas["district"].isin(rng.choice(areas["district"].unique(), 40, replace=False))
    seen = chosen & (areas.groupby("district").cumcount() % 2 == 0)
    change = np.where(seen, -0.06, np.where(chosen, 0.04, 0.0))
    areas["ballots"] += (change * areas["registered"]).astype(int)
    areas["votes_b"] = areas["ballots"] - areas["votes_a"]
    sample = areas[seen][["district", *COLUMNS[1:]]].assign(probability=0.25)
    found = forensics.observe(forensics.Returns(areas), sample, areas="district")
    assert found.design.clusters == 40
    direct = found.findings.only(method="observer_presence", quantity="turnout")
    beside = found.findings.only(method="observer_spillover", quantity="turnout")
    # Within an area the difference is of both changes.
    assert direct.interval.low < -10 < direct.interval.high
    assert beside.interval.low < 4 < beside.interval.high
    assert max(direct.pvalue, beside.pvalue) < 0.01
    assert (beside.detail["areas_with"], beside.detail["areas_without"]) == (40, 40)
    every = areas[chosen][["district", *COLUMNS[1:]]].assign(probability=0.5)
    skipped = forensics.observe(forensics.Returns(areas), every, areas="district").findings.skipped
    assert any("nothing is left to compare" in str(item) for item in skipped)
    with pytest.raises(ConfigError, match="chance of each precinct"):
        forensics.observe(forensics.Returns(areas), sample, design="simple", areas="district")


def test_head_counts_by_hour(
    returns: forensics.Returns, frame: pd.DataFrame, visited: pd.DataFrame
) -> None:
    hourly = forensics.Returns(frame.assign(hour_12=(frame["ballots"] * 0.5).astype(int)))
    found = forensics.observe(hourly, visited)
    noon = found.findings.only(method="head_count", quantity="hour_12")
    assert noon.effect > 0
    with pytest.raises(LookupError):
        forensics.observe(returns, visited).findings.only(method="head_count", quantity="hour_12")


FAULTY = [
    ({"precinct": ["1", "1"]}, r"row 2, column 'precinct': '1' again, after row 1; a precinct has one row"),
    ({"precinct": ["1", None]}, r"row 2, column 'precinct': empty; every row names it: name or number of"),
    ({"probability": [0.5, 0.0]}, "row 2, column 'probability': 0; probability is a number from 0 to 1"),
    ({"probability": [0.5, 1.5]}, "row 2, column 'probability': 1.5; probability is a number from 0 to 1"),
    ({"weight": [2, 0.5]}, "row 2, column 'weight': 0.5; write a number"),
    ({"probability": [0.5, 0.5], "weight": [2, 4]}, "row 2, column 'weight': 4 beside a probability"),
    ({"ballots": [5, -1]}, "row 2, column 'ballots': -1; a count is a whole number"),
    ({"votes_a": ["5", "many"]}, "row 2, column 'votes_a': text that cannot stand here; a count is"),
    ({"arrived": ["07:45", "noon"]}, "row 2, column 'arrived': text that cannot stand here; arrived is"),
    ({"stratum": ["A", "B"], "cluster": ["x", "x"]}, "row 2, column 'cluster': cluster 'x' lies in"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "sentence"), FAULTY)
def test_faults_of_a_sample_are_named(columns: dict[str, list[object]], sentence: str) -> None:
    table = pd.DataFrame({"precinct": ["1", "2"], "ballots": [5, 6], **columns})
    with pytest.raises(ReturnsError, match=sentence):
        read_sample(table)


def test_a_row_that_slipped_names_nobody_in_its_errors() -> None:
    table = pd.DataFrame({"precinct": ["1"], "ballots": [PERSON], "votes_a": [PERSON], "left": [PERSON]})
    with pytest.raises(ReturnsError) as caught:
        read_sample(table)
    assert len(caught.value.faults) == 3
    assert PERSON not in str(caught.value)


def test_a_sample_needs_precincts_and_rows(tmp_path: Path) -> None:
    with pytest.raises(
        ReturnsError, match="column 'precinct': no such column among ballots; name or number"
    ):
        read_sample(pd.DataFrame({"ballots": [1], "who": [PERSON]}))
    with pytest.raises(ReturnsError, match="no rows below the header"):
        read_sample(pd.DataFrame({"precinct": []}))
    with pytest.raises(ConfigError, match="is read from a path or a DataFrame, not from int"):
        read_sample(7)  # type: ignore[arg-type]
    with pytest.raises(ReturnsError, match="no such file"):
        read_sample(tmp_path / "none.csv")


def test_a_precinct_that_the_returns_hold_twice_is_not_joined(frame: pd.DataFrame) -> None:
    sample = frame.sample(40, random_state=5)[COLUMNS]
    twice = pd.concat([frame, frame[frame["precinct"] == sample["precinct"].iloc[0]]], ignore_index=True)
    found = forensics.observe(forensics.Returns(twice), sample, design="simple")
    assert "39 of 40 sampled precincts are in the returns" in str(found.coverage)


@pytest.fixture
def files(frame: pd.DataFrame, tmp_path: Path) -> tuple[str, str]:
    frame.to_csv(tmp_path / "returns.csv", index=False)
    drawn(frame, 20, np.random.default_rng(9)).to_csv(tmp_path / "sample.csv", index=False)
    return str(tmp_path / "sample.csv"), str(tmp_path / "returns.csv")


def test_the_command(files: tuple[str, str], tmp_path: Path) -> None:
    run = CliRunner().invoke
    out = tmp_path / "figure.png"
    options = ["--design", "stratified", "--stratum", "region"]
    shown = run(cli, ["observers", *files, *options, "--out", str(out)])
    assert shown.exit_code == 0, shown.output
    assert "160 of 800 precincts were drawn with the same chance within each of 8 strata." in shown.output
    assert out.is_file()
    assert pd.read_csv(out.with_suffix(".csv"))["quantity"].tolist() == ["turnout", "share_a", "share_b"]
    first, second = (run(cli, ["observers", *files, *options, "--json"]).output for _ in range(2))
    assert first == second
    document = json.loads(first)
    assert document["design"]["kind"] == "stratified"
    assert {f["method"] for f in document["findings"]} >= {"quick_count", "observer_presence"}
    plain = json.loads(run(cli, ["observers", *files, "--json"]).output)
    assert plain["skipped"][0]["method"] == "quick_count"
    assert plain["design"] == {
        "kind": "convenience", "strata": None, "clusters": None, "because": [plain["skipped"][0]["reason"]],
    }  # fmt: skip


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_the_command_in_other_languages(files: tuple[str, str], language: str) -> None:
    result = CliRunner().invoke(
        cli, ["observers", *files, "--design", "simple", "--json", "--lang", language]
    )
    document = json.loads(result.output)
    english = json.loads(
        CliRunner().invoke(cli, ["observers", *files, "--design", "simple", "--json"]).output
    )
    for ours, theirs in zip(document["findings"], english["findings"], strict=True):
        assert ours["null"] != theirs["null"]
        assert ours["effect"] == theirs["effect"]
    assert document["sentences"] != english["sentences"]


def test_the_frame_has_a_row_per_finding(returns: forensics.Returns, frame: pd.DataFrame) -> None:
    found = forensics.observe(returns, frame.sample(60, random_state=7)[COLUMNS], design="simple")
    table = found.to_frame()
    assert len(table) == len(found.findings.tested)
    assert table["estimate"].notna().sum() == 3
    assert "<table" in found._repr_html_()
    axes = found.plot()
    assert axes.get_xlabel() == "percent"
    axes.figure.clear()


@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(
        st.tuples(*[st.one_of(st.none(), st.integers(-5, 50), st.floats(), st.text(max_size=5))] * 4),
        min_size=1,
        max_size=6,
    ),
    names=st.permutations(["precinct", "probability", "ballots", "votes_a", "item_x", "cluster", "left"]),
)
def test_any_table_is_a_sample_or_refused_in_a_sentence(
    cells: list[tuple[object, ...]], names: list[str]
) -> None:
    try:
        outcome = repr(read_sample(pd.DataFrame(cells, columns=names[:4])))
    except (ReturnsError, ConfigError) as error:
        outcome = str(error)
    assert outcome.startswith(("frame: ", f"<Sample frame: {len(cells)} precincts"))

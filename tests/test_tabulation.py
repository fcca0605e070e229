"""Second tables: reported totals and copies of protocols, against the returns."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.detectors.protocol.protocol_copies import protocol_copies
from forensics.detectors.protocol.tabulation_sums import tabulation_sums
from forensics.errors import ConfigError, ReturnsError
from forensics.tables.returns import Returns
from forensics.tables.second import Copies, Totals, read_table


def precincts() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    a, b = rng.integers(50, 400, 40), rng.integers(20, 300, 40)
    return pd.DataFrame(
        {
            "region": np.repeat(["north", "south"], 20),
            "territory": np.tile(np.repeat(["1", "2"], 10), 2),
            "precinct": np.tile(np.arange(20), 2),
            "ballots": a + b,
            "votes_a": a,
            "votes_b": b,
        }
    )


COUNTS = ["ballots", "votes_a", "votes_b"]


def totals_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Correct totals of the nation, the regions and the territories in one table."""
    nation = frame[COUNTS].sum().to_frame().T
    regions = frame.groupby("region", as_index=False)[COUNTS].sum()
    territories = frame.groupby(["region", "territory"], as_index=False)[COUNTS].sum()
    return pd.concat([nation, regions, territories], ignore_index=True)


def test_totals_that_are_the_sums_of_their_precincts() -> None:
    frame = precincts()
    findings = tabulation_sums(Returns(frame), totals=totals_of(frame))
    assert [f.quantity for f in findings.tested] == [
        f"{q}.{level}"
        for level in ("national", "region", "territory")
        for q in ("ballots", "leader_votes", "votes_b")
    ]
    assert [f.n for f in findings.tested] == [1, 1, 1, 2, 2, 2, 4, 4, 4]
    assert [f.statistic for f in findings.tested] == [0.0] * 9
    assert all(f.pvalue is None and f.excluded == 0 for f in findings.tested)


def test_differences_their_size_and_which_way_they_lean() -> None:
    frame = precincts()
    totals = totals_of(frame)
    totals.loc[3, "votes_a"] += 30  # north / 1: more for the leader
    totals.loc[6, "votes_a"] -= 10  # south / 2: fewer for the leader
    totals.loc[4, "votes_b"] -= 5  # north / 2: fewer for the other
    findings = tabulation_sums(Returns(frame), totals=totals, by="territory")
    found = findings.only(quantity="leader_votes.territory")
    assert (found.statistic, found.detail["net"], found.detail["absolute"]) == (2.0, 20.0, 40.0)
    assert found.effect == pytest.approx(1000 * 20 / frame["votes_a"].sum())
    assert found.detail["differing"][0][0] == "north / 1"
    assert found.detail["differing"][0][3] == 30.0
    assert (found.detail["favour_leader"], found.detail["compared"]) == (1, 2)
    other = findings.only(quantity="votes_b.territory").detail
    assert (other["favour_leader"], other["compared"]) == (1, 1)
    assert findings.only(quantity="ballots.territory").detail["favour_leader"] is None


def test_units_that_cannot_be_compared_are_coverage() -> None:
    frame = precincts().astype({"votes_a": "Int64"})
    frame.loc[0, "votes_a"] = pd.NA  # north / 1 is incomplete
    totals = totals_of(precincts()).drop(index=4)  # north / 2 has no total
    totals.loc[9] = {"region": "abroad", "territory": "9", "ballots": 5, "votes_a": 3, "votes_b": 2}
    found = tabulation_sums(Returns(frame), totals=totals, by="territory").only(
        quantity="leader_votes.territory"
    )
    assert (found.n, found.excluded, found.statistic) == (2, 3, 0.0)
    assert [found.detail[k] for k in ("without_precincts", "without_total", "incomplete")] == [1, 1, 1]
    assert "1 total without precincts, 1 unit without a total, 1 with a precinct" in str(found.exclusion)


def test_tabulation_is_skipped_without_its_table_or_a_common_count() -> None:
    returns = Returns(precincts())
    assert "No table of totals" in str(tabulation_sums(returns).skipped[0].reason)
    only = pd.DataFrame({"region": ["north"], "issued": [5]})
    assert "no count in common" in str(tabulation_sums(returns, totals=only).skipped[0].reason)
    regions = totals_of(precincts()).iloc[1:3]
    assert "no row for the level territory" in str(
        tabulation_sums(returns, totals=regions, by="territory").skipped[0].reason
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda t: t.assign(votes_a="many"), "frame: row 0, column 'votes_a': 'many' is no whole number"),
        (lambda t: t.drop(columns=COUNTS), "no count among region, territory"),
        (lambda t: t.iloc[:0], "no rows below the header"),
        (lambda t: pd.concat([t, t[["ballots"]]], axis=1), "column 'ballots': named twice"),
    ],
)
def test_totals_that_cannot_be_used(change, text: str) -> None:
    with pytest.raises(ReturnsError, match=re.escape(text)):
        Totals(change(totals_of(precincts())))


def test_a_unit_is_named_with_its_top_level_and_once() -> None:
    totals = totals_of(precincts())
    totals.loc[3, "region"] = None
    with pytest.raises(
        ReturnsError, match="row 3, column 'region': empty; a unit is named with its top level"
    ):
        tabulation_sums(Returns(precincts()), totals=totals)
    with pytest.raises(ReturnsError, match="row 7: north again, after row 1; a unit has one row"):
        Totals(totals_of(precincts()).iloc[[0, 1, 2, 1]].set_axis([0, 1, 2, 7])).scopes()


def test_second_tables_are_read_from_files(tmp_path: Path) -> None:
    frame = precincts()
    totals_of(frame).to_csv(tmp_path / "totals.csv", index=False, sep=";")
    totals_of(frame).to_parquet(tmp_path / "totals.parquet")
    for name in ("totals.csv", "totals.parquet"):
        table = read_table("totals", tmp_path / name)
        assert isinstance(table, Totals)
        assert (len(table), table.quantities, table.source.name) == (7, tuple(COUNTS), name)
        findings = tabulation_sums(Returns(frame), totals=tmp_path / name)
        assert sum(f.statistic or 0 for f in findings.tested) == 0
    with pytest.raises(ReturnsError, match=r"absent\.csv: no such file"):
        read_table("totals", tmp_path / "absent.csv")
    with pytest.raises(ConfigError, match="'sums' is no second table; the tables are totals, copies"):
        read_table("sums", frame)
    with pytest.raises(ConfigError, match="Copies are read from a path or a DataFrame, not from Totals"):
        read_table("copies", Totals(totals_of(frame)))


def copies_of(frame: pd.DataFrame, rows: list[int]) -> pd.DataFrame:
    return (
        frame.iloc[rows]
        .drop(columns="territory")
        .assign(copy_type="observer", image="")
        .reset_index(drop=True)
    )


def test_copies_that_agree() -> None:
    frame = precincts()
    findings = protocol_copies(Returns(frame), copies=copies_of(frame, list(range(0, 40, 3))))
    assert [f.quantity for f in findings.tested] == ["leader_votes", "ballots", "votes_b"]
    assert [(f.statistic, f.effect, f.n) for f in findings.tested] == [(0.0, 0.0, 14)] * 3
    assert all(f.underpowered and f.pvalue is None for f in findings.tested)


def test_votes_moved_between_copy_and_table() -> None:
    frame = precincts()
    copies = copies_of(frame, list(range(10)))
    frame.loc[:7, "votes_a"] += 12  # eight of ten tabulated with twelve more for the leader
    frame.loc[:7, "votes_b"] -= 12
    findings = protocol_copies(Returns(frame), copies=copies)
    leader = findings.only(quantity="leader_votes")
    assert (leader.statistic, leader.effect, leader.detail["more"]) == (8.0, 9.6, 8)
    assert leader.pvalue == pytest.approx(2 * 0.5**8)  # exact binomial, all eight on one side
    assert findings.only(quantity="votes_b").effect == -9.6
    assert findings.only(quantity="ballots").statistic == 0
    assert leader.detail["by_type"] == {"wall": [0, 0, 0.0], "observer": [10, 8, 96.0]}
    assert leader.precincts is not None
    assert np.nansum(leader.precincts) == 96


def test_copies_without_a_place_and_copies_that_disagree() -> None:
    frame = precincts()
    frame.loc[39, "precinct"] = 18  # south / 18 twice in the returns
    copies = copies_of(frame, [0, 0, 1, 1, 2, 38])
    copies.loc[1, "votes_a"] += 1  # two copies of one precinct that disagree
    copies.loc[4, "precinct"] = 777  # no such precinct
    found = protocol_copies(Returns(frame), copies=copies).only(quantity="leader_votes")
    assert (found.n, found.excluded) == (1, 3)
    names = ("matched", "unmatched", "ambiguous", "disagreeing")
    assert [found.detail[name] for name in names] == [4, 1, 1, 1]


def test_copies_that_cannot_be_used() -> None:
    copies = copies_of(precincts(), [0, 1])
    with pytest.raises(ReturnsError, match="column 'copy_type': no such column among"):
        Copies(copies.drop(columns="copy_type"))
    with pytest.raises(
        ReturnsError, match="row 1, column 'copy_type': 'photo'; a copy is wall or observer"
    ):
        Copies(copies.assign(copy_type=["Wall", "photo"]))
    with pytest.raises(ReturnsError, match="row 0, column 'precinct': empty"):
        Copies(copies.assign(precinct=[None, 1]))
    assert "No table of copies" in str(protocol_copies(Returns(precincts())).skipped[0].reason)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(40)), st.permutations(range(7)), st.sampled_from(["z", "the party"]))
def test_the_order_of_rows_and_the_names_of_options_change_nothing(
    order: list[int], of_totals: list[int], name: str
) -> None:
    frame = precincts()
    totals, copies = totals_of(frame), copies_of(frame, list(range(0, 40, 2)))
    totals.loc[[1, 4], "votes_a"] += 3
    copies.loc[:8, "votes_b"] += 2
    new = {"votes_b": f"votes_{name}"}
    other = Returns(frame.iloc[order].rename(columns=new))

    def details(returns: Returns, totals: pd.DataFrame, copies: pd.DataFrame) -> list[object]:
        found = [
            *tabulation_sums(returns, totals=totals).tested,
            *protocol_copies(returns, copies=copies).tested,
        ]
        return [(f.statistic, f.pvalue, f.effect, dict(f.detail)) for f in found]

    first = details(Returns(frame), totals, copies)
    assert first == details(other, totals.iloc[of_totals].rename(columns=new), copies.rename(columns=new))


@pytest.mark.shared
def test_totals_made_from_a_real_file(shared_data: Path) -> None:
    frame = pd.read_parquet(shared_data / "returns" / "ru2018_president.parquet")
    totals = frame.groupby("region", as_index=False)[["registered", "ballots", "votes_putin"]].sum()
    totals.loc[5, "votes_putin"] += 1000
    returns = Returns(frame)
    found = tabulation_sums(returns, totals=totals).only(quantity="leader_votes.region")
    assert (found.n, found.statistic, found.detail["net"]) == (87, 1.0, 1000.0)  # README: 87 regions
    assert protocol_copies(returns).skipped

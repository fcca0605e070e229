"""The graph of appointment and employment; chairs who stayed; what may be printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from commissions_of_seven import coding_of_seven, seven
from hypothesis import given
from hypothesis import strategies as st

from forensics.commissions.disclosure import LEAST, publishable, withheld
from forensics.commissions.institutions import read_edges
from forensics.commissions.measures import measure
from forensics.commissions.retention import chair_retained, reward_slope
from forensics.commissions.summaries import by_level, by_unit, over_codings, rows_of
from forensics.errors import ConfigError, RosterError
from forensics.simulation import draw, embedded
from forensics.tables.persons import Salt
from forensics.tables.rosters import read_roster

ROUNDING = 1e-12

# School and clinic below the district's akimat, that below the region's, that below the government; the
# district's council, which the akimat leads, appoints the commission. The firm stands alone.
EDGES = pd.DataFrame(
    [
        ("S12", "akimat", "subordinate"),
        ("akimat", "clinic", "employs"),
        ("akimat", "region", "subordinate"),
        ("region", "government", "subordinate"),
        ("council", "c1", "appoints"),
        ("council", "akimat", "subordinate"),
    ],
    columns=["from", "to", "kind"],
)


def test_chains_principals_and_closure() -> None:
    graph = read_edges(EDGES)
    assert graph.root == "government"
    assert graph.depth == {"S12": 3, "clinic": 3, "akimat": 2, "region": 1, "council": 3, "government": 0}
    value = measure(read_roster(seven()), coding=coding_of_seven(), edges=graph).value.loc[0]
    # Member, S12 or clinic, akimat, region, government: four steps for five, three for the akimat's own;
    # the firm's has no chain.
    assert value["chain_depth"] == pytest.approx((5 * 4 + 3) / 6)
    # Five of seven share the akimat (and S12 four of seven, fewer than two thirds): two steps down.
    assert value["common_principal"] == 2
    assert value["dual_closure"] == pytest.approx(6 / 7)


def test_unknown_employers_widen_the_bounds() -> None:
    frame = seven()
    frame.loc[[3, 4], ["employer_id", "employer_type"]] = None
    measured = measure(read_roster(frame), edges=read_edges(EDGES))
    assert measured.low.loc[0, "dual_closure"] == pytest.approx(4 / 7)
    assert measured.high.loc[0, "dual_closure"] == pytest.approx(6 / 7)
    # Four of seven under the akimat are too few for certain, and six may be.
    assert np.isnan(measured.value.loc[0].get("common_principal", np.nan))


def test_without_edges_nothing_is_claimed() -> None:
    measured = measure(read_roster(seven()), coding=coding_of_seven())
    assert {"chain_depth", "common_principal", "dual_closure"} <= set(measured.skipped)


def test_who_nominated_closes_the_circle() -> None:
    without = EDGES[EDGES["from"] != "council"]
    value = measure(read_roster(seven()), edges=read_edges(without)).value.loc[0]
    assert value["dual_closure"] == 0
    nominated = seven(nominated_by=["akimat", *["party"] * 6])
    value = measure(read_roster(nominated), edges=read_edges(without)).value.loc[0]
    assert value["dual_closure"] == pytest.approx(1 / 7)


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        (EDGES.assign(kind="loves"), "row 0: 'loves' is no kind of edge"),
        (EDGES.drop(columns="to"), "no column 'to'"),
        (EDGES.assign(to=None), "column 'to' is empty"),
        (EDGES[EDGES["to"] != "government"].iloc[[0, 1, 4]], None),
        (pd.concat([EDGES, pd.DataFrame([("firm", "owner", "subordinate")], columns=EDGES.columns)]),
         "end at 2 institutions"),
    ],
)  # fmt: skip
def test_edges_that_cannot_be_used(edges: pd.DataFrame, said: str | None) -> None:
    if said is None:
        assert read_edges(edges).root == "akimat"
        return
    with pytest.raises(ConfigError, match=said):
        read_edges(edges)


def test_chairs_who_stayed() -> None:
    salt = Salt()
    then = pd.concat([seven(), seven().assign(commission_id="c2", member_id=[f"q{i}" for i in range(7)])])
    now = then.assign(member_id=["person 0", *[f"x{i}" for i in range(6)], *[f"y{i}" for i in range(7)]])
    third = seven().assign(commission_id="c3", member_id=[f"z{i}" for i in range(7)])
    now = pd.concat([now, third])
    before, after = (read_roster(f.reset_index(drop=True), salt=salt) for f in (then, now))
    kept = chair_retained(after, before)
    np.testing.assert_array_equal(kept.value, [1, 0, np.nan])
    measured = measure(after, before=before)
    assert measured.value["chair_retained"].tolist()[:2] == [1, 0]
    with pytest.raises(RosterError, match="read with one salt"):
        chair_retained(after, read_roster(then.reset_index(drop=True)))


def test_an_earlier_day_of_the_same_roster() -> None:
    frame = pd.concat([seven(), seven().iloc[:1].set_axis([9], axis=0).assign(member_id="next")])
    frame["start"], frame["end"] = [None] * 7 + ["2018-05-01"], ["2018-05-01"] + [None] * 7
    roster = read_roster(frame)
    measured = measure(roster, date="2019-01-01", before="2018-01-01")
    assert measured.value.loc[0, "chair_retained"] == 0
    measured = measure(roster, date="2019-01-01", before="2018-06-01")
    assert measured.value.loc[0, "chair_retained"] == 1


def test_a_reward_for_delivery_has_a_positive_slope() -> None:
    rng = np.random.default_rng(7)
    cluster = np.repeat(np.arange(60), 50)
    group = cluster // 10
    anomaly = rng.normal(0.02 * group, 0.05, cluster.size)
    kept = (rng.random(cluster.size) < 0.5 + 3 * (anomaly - 0.02 * group)).astype(float)
    kept[:20] = np.nan
    reward = reward_slope(kept, anomaly, cluster, group)
    assert reward.n == cluster.size - 20
    # Planted: 3 per unit; its standard error is about .5 / (.05 √3,000) = .18.
    assert reward.slope.low is not None
    assert reward.slope.high is not None
    assert reward.slope.low < 3 < reward.slope.high
    assert reward.slope.low > 0
    none = reward_slope((rng.random(cluster.size) < 0.5).astype(float), anomaly, cluster, group)
    assert none.slope.low is not None
    assert none.slope.low < 0 < (none.slope.high or 0)
    with pytest.raises(ConfigError, match="no precinct has both"):
        reward_slope(np.full(3, np.nan), np.zeros(3), np.zeros(3, int), np.zeros(3, int))
    with pytest.raises(ConfigError, match="two groups"):
        reward_slope(np.ones(2), np.zeros(2), np.zeros(2, int), np.arange(2))


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8))
def test_what_is_withheld_does_not_follow_from_the_total(numbers: list[int]) -> None:
    n = np.array(numbers)
    hidden = withheld(n, with_total=True)
    assert not (n[~hidden] < LEAST)[n[~hidden] > 0].any()
    if hidden.any() and hidden.sum() < (n > 0).sum():
        assert n[hidden].sum() >= LEAST
        assert hidden.sum() > 1


def test_a_table_keeps_its_rows_and_loses_what_few_tell() -> None:
    table = pd.DataFrame({"unit": ["a", "b", "c"], "commissions": [3, 9, 20], "mean": [0.1, 0.2, 0.3]})
    alone = publishable(table, keep=("unit",))
    assert alone["unit"].tolist() == ["a", "b", "c"]
    assert alone["withheld"].tolist() == [True, False, False]
    assert alone.loc[0, ["commissions", "mean"]].isna().all()
    assert publishable(table, keep=("unit",), with_total=True)["withheld"].tolist() == [True, True, False]
    with pytest.raises(ConfigError, match="no column 'members'"):
        publishable(table, n="members")


def test_summaries_withhold_the_one_national_commission() -> None:
    drawn = draw(embedded())
    measured = measure(read_roster(drawn.roster), drawn.returns, coding=drawn.coding)
    table = by_level(measured)
    lead = table[table["measure"] == "leadership"].set_index("level")
    assert lead["withheld"].to_dict() == {
        "national": True, "regional": False, "territorial": False, "precinct": False,
    }  # fmt: skip
    assert lead.loc["precinct", "mean"] == pytest.approx(measured.frame["leadership"].mean(), abs=ROUNDING)
    assert lead.loc["precinct", ["commissions", "members"]].tolist()[0] == 9840
    units = by_unit(measured, "region")
    assert units["unit"].nunique() == 16
    rows = rows_of(table)
    assert rows[0]["commissions"] is None
    assert rows[1]["commissions"] == 16
    nominal = drawn.coding.assign(p_aligned=(drawn.coding["bloc"] == "INC").astype(float))
    other = measure(read_roster(drawn.roster), coding=nominal)
    ranges = over_codings({"": measured, "nominal": other}).set_index(["level", "measure"])
    row = ranges.loc[("precinct", "aligned_share")]
    assert row["low"] == pytest.approx(
        other.value["incumbent_share"][measured.roster.commissions["level"] == 3].mean()
    )
    assert row["high"] == pytest.approx(measured.frame["aligned_share"].mean())
    with pytest.raises(ConfigError, match="not joined"):
        by_unit(other, "region")

"""Rosters: the long and the wide form, hashed persons, days, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commissions_of_seven import seven
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import ConfigError, ForensicsError, RosterError
from forensics.tables.persons import Salt
from forensics.tables.rosters import read_roster


def _faults(frame: pd.DataFrame) -> list[str]:
    with pytest.raises(RosterError) as raised:
        read_roster(frame)
    return [str(fault) for fault in raised.value.faults]


def test_persons_are_hashed_with_a_salt_of_its_own() -> None:
    first, second = read_roster(seven()), read_roster(seven())
    assert first.members is not None
    assert second.members is not None
    ids = first.members["member_id"]
    assert ids.is_unique
    assert not ids.str.contains("person").any()
    assert not ids.isin(second.members["member_id"]).any()
    assert first.mark != second.mark


def test_one_salt_tells_the_same_persons_and_is_not_stored() -> None:
    salt = Salt()
    first, second = (read_roster(seven(), salt=salt) for _ in range(2))
    assert first.members is not None
    assert second.members is not None
    assert first.members["member_id"].tolist() == second.members["member_id"].tolist()
    spaced = pd.Series(["Person  0", " person 0 ", None])
    hashed = salt.hashed(spaced)
    assert hashed[0] == hashed[1]
    assert pd.isna(hashed[2])
    with pytest.raises(TypeError, match="not stored"):
        pickle.dumps(salt)
    assert repr(salt) == "<Salt>"
    for shown in (repr(first), str(first.source), str(vars(first))):
        assert "person" not in shown


def test_columns_of_persons_are_left_out_unread() -> None:
    roster = read_roster(seven().assign(full_name="Somebody", phone="1"))
    assert roster.members is not None
    assert "full_name" not in roster.members.columns
    assert any("full_name, phone" in str(step) for step in roster.source.steps)
    assert not any("Somebody" in str(step) for step in roster.source.steps)


def test_seats_and_officers_of_the_long_form() -> None:
    frame = seven()
    frame.loc[8, "vote_right"] = "Consultative"
    roster = read_roster(frame)
    assert roster.form == "long"
    assert roster.size.tolist() == [6]
    assert roster.officers.set_index("role")["nominated_by"].to_dict() == {
        "chair": "inc",
        "secretary": "sat1",
        "deputy": "sat4",
    }


def test_no_vote_right_is_said() -> None:
    roster = read_roster(seven().drop(columns="vote_right"))
    assert roster.size.tolist() == [7]
    assert "7 members have no vote_right" in str(roster.source.steps[-1])


def test_words_outside_the_vocabulary_are_unknown_and_said() -> None:
    frame = seven()
    frame.loc[2, "employer_type"] = "lyceum"
    roster = read_roster(frame)
    assert roster.members is not None
    assert pd.isna(roster.members["employer_type"].iloc[0])
    assert any("employer_type: 1 cell is none of the known words" in str(s) for s in roster.source.steps)


def test_every_fault_is_reported_at_once_with_its_row() -> None:
    second = seven().set_axis(range(9, 16), axis=0)
    frame = pd.concat([seven(), second.assign(commission_id="c2", precinct="2", parent_id="nowhere")])
    frame["member_id"] = [f"p{i}" for i in range(14)]
    frame = frame.assign(start=None, end=None, valid_from="2015-01-01", valid_to="2020-01-01")
    frame.loc[3, "role"] = "chair"
    frame.loc[5, "member_id"] = "p2"
    frame.loc[6, ["start", "end"]] = ["2014-01-01", "2016-01-01"]
    frame.loc[7, ["start", "end"]] = ["2016-01-01", "2021-01-01"]
    frame.loc[8, ["start", "end"]] = ["2018-01-01", "2017-01-01"]
    frame.loc[10, "venue_type"] = "clinic"
    frame.loc[11, "vote_right"] = "perhaps"
    said = _faults(frame)
    for expected in (
        "row 3, column 'role': a second chair of commission 'c1' beside row 2",
        "row 5, column 'start': the spell overlaps that of row 4",
        "row 6, column 'start': the spell reaches to a day before its commission was formed",
        "row 7, column 'end': the spell reaches to a day after its commission ended",
        "row 8, column 'end': the spell ends before it starts",
        "row 9, column 'parent_id': 'nowhere' is no commission of this roster",
        "row 10, column 'venue_type': 'clinic', but 'school' in row 9 of commission 'c2'",
        "row 11, column 'vote_right': 'perhaps'",
    ):
        assert any(expected in fault for fault in said), expected
    assert not any(f"p{i}'" in fault for fault in said for i in range(14))


def test_faults_of_one_kind_do_not_hide_the_others() -> None:
    frame = pd.concat([seven().set_axis(range(10 * i, 10 * i + 7), axis=0) for i in range(8)])
    frame["level"] = "x"
    frame.loc[71, "role"] = "king"
    with pytest.raises(RosterError) as raised:
        read_roster(frame)
    text = str(raised.value)
    assert "row 71, column 'role': 'king'" in text
    assert "and 51 more of this kind" in text  # 56 rows, five of them shown


def test_a_parent_is_above() -> None:
    frame = pd.concat([seven(), seven().set_axis(range(9, 16), axis=0).assign(commission_id="c2")])
    frame["parent_id"] = ["c2"] * 7 + [None] * 7
    assert any("'c2' is not above commission 'c1'" in fault for fault in _faults(frame))
    frame["level"] = [3] * 7 + [2] * 7
    assert read_roster(frame).commissions["parent"].tolist() == [1, -1]


def test_who_follows_on_the_day_does_not_overlap() -> None:
    frame = pd.concat([seven(), seven().iloc[:1].set_axis([9], axis=0).assign(member_id="next")])
    frame["start"] = [None] * 7 + ["2018-05-01"]
    frame["end"] = ["2018-05-01"] + [None] * 7
    roster = read_roster(frame)
    assert roster.changes
    assert [len(roster.on(day).frame) for day in ("2018-04-30", "2018-05-01")] == [7, 7]
    assert roster.on("2018-05-01").seats["seats"].sum() == 7
    assert not roster.on("2018-05-01").changes
    with pytest.raises(ConfigError, match="'soon' is no day"):
        roster.on("soon")


def test_a_commission_that_is_not_formed_has_no_members() -> None:
    roster = read_roster(seven().assign(valid_from="2015-01-01"))
    assert roster.on("2014-12-31").size.tolist() == [0]
    assert roster.on("2015-01-01").size.tolist() == [7]


WIDE = pd.DataFrame(
    {
        "region": "R",
        "precinct": ["1", "2", "3"],
        "commission_n": [9, 7, None],
        "commission_n_red": [3, 0, None],
        "commission_n_blue": [4, 7, None],
        "commission_chair_by": ["red", "unknown", None],
        "commission_deputy_by": ["blue", "blue", None],
        "chair_name": "Somebody",
    },
    index=[2, 3, 4],
)


def test_the_wide_form_leaves_the_remainder_unknown() -> None:
    roster = read_roster(WIDE)
    assert roster.form == "wide"
    assert roster.size.tolist() == [9, 7, 0]
    seats = roster.seats.set_index(["commission", "nominated_by"])["seats"].to_dict()
    assert {key: n for key, n in seats.items() if key[0] == 1} == {(1, "blue"): 7}
    assert roster.seats.query("commission == 0")["seats"].tolist() == [3, 4, 2]
    assert pd.isna(roster.seats.query("commission == 0")["nominated_by"].iloc[-1])
    chairs = roster.officers.query("role == 'chair'")["nominated_by"]
    assert [None if pd.isna(name) else name for name in chairs] == ["red", None, None]
    assert any("1 row says nothing about a commission" in str(step) for step in roster.source.steps)
    assert any("chair_name" in str(step) for step in roster.source.steps)


def test_wrong_sums_of_the_wide_form_are_refused() -> None:
    frame = WIDE.copy()
    frame.loc[2, "commission_n"] = 6
    frame.loc[3, "commission_n_red"] = -1
    frame.loc[4, "commission_n_red"] = 2
    said = _faults(frame)
    assert any("row 2" in s and "6, but 7 members are counted" in s for s in said)
    assert any("row 3" in s and "-1" in s for s in said)
    assert any("row 4" in s and "empty, but 2 members" in s for s in said)


def test_an_officer_whose_nominator_has_no_member_is_said() -> None:
    frame = WIDE.iloc[:2].copy()
    frame["commission_chair_by"] = ["green", "green"]
    roster = read_roster(frame)
    # The first commission has two members of unknown nominator: green may be one of them.
    assert any(
        "1 officer was nominated by whom no member is counted" in str(s) for s in roster.source.steps
    )


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"precinct": ["1"]}), "no commission_id and no commission_n"),
        (pd.DataFrame({"commission_n": [3]}), "column 'precinct'"),
        (pd.DataFrame({"commission_id": ["1"], "role": ["chair"]}), "column 'nominated_by'"),
        (seven().iloc[:0], "no rows"),
        (seven().assign(commission_n=1), "both commission_id and commission_n"),
        (pd.concat([seven(), seven()[["role"]]], axis=1), "named twice"),
        (seven().assign(start="yesterday"), "'yesterday'"),
        (seven().assign(commission_id=None), "every row names its commission"),
        (WIDE.assign(precinct=None), "every row names its precinct"),
        (WIDE.assign(commission_n_red=["1.5", "0", "0"]), "commission_n_red"),
    ],
)
def test_what_is_no_roster_is_refused(frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(RosterError, match=said):
        read_roster(frame)


def test_files_are_read_and_missing_ones_refused(tmp_path: Path) -> None:
    seven().to_csv(tmp_path / "roster.csv", index=False, sep=";")
    roster = read_roster(tmp_path / "roster.csv")
    assert roster.size.tolist() == [7]
    assert len(roster.source.sha256) == 64
    seven().astype("str").to_parquet(tmp_path / "roster.parquet", index=False)
    assert read_roster(tmp_path / "roster.parquet").size.tolist() == [7]
    with pytest.raises(RosterError, match="no such file"):
        read_roster(tmp_path / "nowhere.csv")
    with pytest.raises(ConfigError, match="not from int"):
        read_roster(3)  # type: ignore[arg-type]


CELLS = st.one_of(st.none(), st.integers(-2, 9), st.floats(allow_nan=True), st.text(max_size=4))


@settings(max_examples=30)
@given(
    st.lists(
        st.fixed_dictionaries({
            "commission_id": CELLS, "level": CELLS, "role": st.sampled_from(["chair", "member", "x", None]),
            "nominated_by": CELLS, "member_id": CELLS, "start": st.sampled_from([None, "2010-01-01", "x"]),
            "parent_id": CELLS, "employer_type": CELLS,
        }),
        max_size=6,
    )
)  # fmt: skip
def test_any_table_is_read_or_refused(rows: list[dict[str, object]]) -> None:
    frame = pd.DataFrame(rows, dtype=object)
    try:
        roster = read_roster(frame)
    except ForensicsError:
        return
    assert roster.size.sum() <= len(frame)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=7), st.data())
def test_overlaps_are_those_that_comparing_all_pairs_finds(
    spells: list[tuple[int, int]], data: st.DataObject
) -> None:
    spells = [(min(a, b), max(a, b)) for a, b in spells]
    day = np.datetime64("2010-01-01")
    frame = pd.DataFrame({
        "commission_id": "c",
        "member_id": data.draw(st.lists(st.sampled_from("ab"), min_size=len(spells), max_size=len(spells))),
        "role": "member",
        "nominated_by": "x",
        "start": [str(day + a) for a, _ in spells],
        "end": [str(day + b) for _, b in spells],
    })  # fmt: skip
    pairs = [
        (i, j)
        for i in range(len(spells))
        for j in range(i)
        if frame["member_id"][i] == frame["member_id"][j]
        and max(spells[i][0], spells[j][0]) < min(spells[i][1], spells[j][1])
    ]
    if pairs:
        assert any("overlaps" in fault for fault in _faults(frame))
    else:
        assert len(read_roster(frame).frame) == len(spells)

"""Rosters joined to returns: keys, spellings, coverage, and what is too little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forensics.errors import ConfigError, RosterError
from forensics.tables.joining import join, read_alias
from forensics.tables.returns import Returns
from forensics.tables.rosters import read_roster


def _returns(n: int = 20, **columns: object) -> Returns:
    frame = {
        "region": ["North"] * (n // 2) + ["South"] * (n - n // 2),
        "precinct": [str(i) for i in range(n)],
        "registered": 100,
        "ballots": 60,
        "votes_red": 30,
        **columns,
    }
    return Returns(pd.DataFrame(frame))


def _roster(n: int = 10, **columns: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": "North",
            "precinct": [str(i) for i in range(n)],
            "commission_n": 7,
            "commission_n_red": 3,
            **columns,
        }
    )


def test_all_shared_keys_are_used_and_the_rest_is_coverage() -> None:
    joined = join(read_roster(_roster(9)), _returns())
    assert joined.keys == ("region", "precinct")
    assert (joined.roster, joined.joined, joined.ambiguous) == (9, 9, 0)
    # Ten precincts lie in the one region that the roster names, twenty in all.
    assert (joined.precincts, joined.in_units, joined.with_roster, joined.without_roster) == (20, 10, 9, 1)
    assert joined.registered == pytest.approx(0.9)
    assert joined.commission[:9].tolist() == list(range(9))
    assert (joined.commission[9:] == -1).all()


def test_order_and_numbers_as_text_do_not_matter() -> None:
    shuffled = _roster(10, precinct=[float(i) for i in range(10)]).sample(frac=1, random_state=1)
    joined = join(read_roster(shuffled), _returns())
    names = read_roster(shuffled).commissions["precinct"].to_numpy()
    assert names[joined.commission[:10]].tolist() == [str(i) for i in range(10)]


def test_an_alias_file_says_how_the_returns_spell(tmp_path: Path) -> None:
    roster = read_roster(_roster(region="Nord"))
    with pytest.raises(RosterError, match="0 of 10 rows join"):
        join(roster, _returns())
    file = tmp_path / "alias.csv"
    file.write_text("column,roster value,returns value\nregion,Nord,North\n", encoding="utf-8")
    joined = join(roster, _returns(), alias=read_alias(file))
    assert joined.joined == 10
    assert "10 names were replaced" in str(joined.steps[0])
    with pytest.raises(ConfigError, match="column 'district'"):
        join(roster, _returns(), alias={"district": {"a": "b"}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("column,roster\nregion,a\n", "no column 'returns'"),
        ("column,roster,returns\nregion,,b\n", "column 'roster' is empty"),
        ("column,roster,returns\nregion,a,b\nregion,a,c\n", "has one spelling"),
    ],
)
def test_an_alias_file_that_cannot_be_used(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "alias.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_alias(file)


def test_below_ninety_percent_five_keys_of_each_side_are_shown() -> None:
    names = [str(i) for i in range(2)] + [f"x{i}" for i in range(8)]
    with pytest.raises(RosterError) as raised:
        join(read_roster(_roster(10, precinct=names)), _returns())
    text = str(raised.value)
    assert "2 of 10 rows join frame on region, precinct" in text
    assert [f"precinct=x{i}" in text for i in range(8)] == [True] * 5 + [False] * 3
    # Of the returns, rows of the roster's own region are shown first.
    assert [f"region=North, precinct={i}" in text for i in range(2, 8)] == [True] * 5 + [False]
    assert "region=South" not in text
    # Nine of ten are enough.
    enough = [str(i) for i in range(9)] + ["x"]
    joined = join(read_roster(_roster(10, precinct=enough)), _returns())
    assert joined.unmatched == ("region=North, precinct=x",)


def test_a_key_that_occurs_twice_in_the_returns_is_not_guessed() -> None:
    returns = _returns(precinct=[str(max(i, 1)) for i in range(20)])
    joined = join(read_roster(_roster(10, precinct=[str(i) for i in range(1, 11)])), _returns())
    assert joined.joined == 9
    few = _roster(9, precinct=[str(i) for i in range(1, 10)])
    with pytest.raises(RosterError, match="1 keys occur several times in the returns"):
        join(read_roster(few), returns)


def test_two_commissions_of_one_precinct_are_refused() -> None:
    frame = _roster(3, precinct=["1", "2", "1"])
    with pytest.raises(RosterError, match=r"row 2: North / 1 again, after row 0"):
        join(read_roster(frame), _returns())


def test_a_long_roster_joins_those_who_sit_on_the_day() -> None:
    frame = pd.DataFrame({
        "commission_id": np.repeat(["a", "b"], 2),
        "precinct": np.repeat(["1", "1"], 2),
        "region": "North",
        "role": ["chair", "member"] * 2,
        "nominated_by": "x",
        "valid_from": np.repeat([None, "2016-01-01"], 2),
        "valid_to": np.repeat(["2016-01-01", None], 2),
    })  # fmt: skip
    roster = read_roster(frame)
    for day, number in (("2015-12-31", 0), ("2016-01-01", 1)):
        assert join(roster.on(day), _returns()).commission[1] == number
    with pytest.raises(RosterError, match="after row"):
        join(roster, _returns())
    gone = read_roster(frame.iloc[:2])
    with pytest.raises(RosterError, match="nobody sits on a precinct's commission"):
        join(gone.on("2020-01-01"), _returns())


def test_returns_without_levels_join_on_the_precinct() -> None:
    frame = _returns().frame.drop(columns="region")
    joined = join(read_roster(_roster(10)), Returns(frame))
    assert joined.keys == ("precinct",)
    assert (joined.joined, joined.in_units) == (10, 20)


# Rows of each roster, those that join, precincts of the city without a roster: data/README.md beside
# the returns, and the acceptance.
SHARED = [
    ("ru2016_spb", "ru2016_duma", 1865, 1864, 142),
    ("ru2018_spb", "ru2018_president", 1880, 1880, 172),
]


@pytest.mark.shared
@pytest.mark.parametrize(("roster", "returns", "rows", "joined", "without"), SHARED)
def test_st_petersburg_joins_exactly(
    shared_data: Path, roster: str, returns: str, rows: int, joined: int, without: int
) -> None:
    read = read_roster(shared_data / "rosters" / f"{roster}.csv")
    result = join(read, Returns(pd.read_parquet(shared_data / "returns" / f"{returns}.parquet")))
    assert (result.roster, result.joined, result.without_roster) == (rows, joined, without)
    assert result.ambiguous == 0
    places = np.flatnonzero(result.commission >= 0)
    assert len(np.unique(result.commission[places])) == joined


@pytest.mark.shared
def test_precincts_whose_commission_is_not_listed_are_coverage(shared_data: Path) -> None:
    read = read_roster(shared_data / "rosters" / "ru2021_spb_odd.csv")
    returns = Returns(pd.read_parquet(shared_data / "returns" / "ru2021_spb_odd.parquet"))
    result = join(read, returns)
    # 1,031 rows, 71 of them (hospitals) without a commission: counted in the roster's file.
    assert (result.roster, result.joined, result.with_roster, result.without_roster) == (
        1031,
        1031,
        960,
        71,
    )
    assert result.keys == ("region", "territory", "precinct")

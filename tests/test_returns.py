"""Returns: levels, units, leader, turnout and share, the exit, the digest."""

from __future__ import annotations

import copy
import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from forensics.errors import ConfigError
from forensics.scope import NATIONAL, Scope
from forensics.tables.returns import Returns
from forensics.tables.source import Source

NAN = np.nan


def table(**columns):
    base = {
        "precinct": ["1", "2", "3", "1", "2"],
        "region": ["North", "North", "North", "South", "South"],
        "district": ["A", "A", "B", "A", "C"],
        "registered": [100, 200, 0, 400, 500],
        "ballots": [50, 150, 0, 100, None],
        "valid": [48, 150, 0, 99, 250],
        "votes_red": [30, 100, 0, 60, 100],
        "votes_green": [18, 50, 0, 39, 150],
    }
    return pd.DataFrame(base | columns, index=range(2, 7))


@pytest.fixture
def returns():
    return Returns(table())


def test_levels_are_the_canonical_ones_present_from_the_top_down(returns):
    assert returns.levels == ("region", "district")
    assert Returns(table(), levels=("district",)).levels == ("district",)
    assert Returns(table(), levels="district").levels == ("district",)
    assert Returns(table(), levels=()).levels == ()


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        (("oblast",), "'oblast' is no column; the columns are precinct, region"),
        (("region", "registered"), "'registered' is no level"),
        (("precinct",), "'precinct' is no level"),
        (("region", "region"), "'region' is given twice"),
    ],
)
def test_a_level_that_is_none_is_refused(levels, said):
    with pytest.raises(ConfigError, match=said):
        Returns(table(), levels=levels)


def test_a_unit_is_its_top_level_and_its_own_name(returns):
    units = returns.units("district")
    # District A of the north and district A of the south are two units.
    assert [scope.key for scope in units.scopes] == [
        "region=North;district=A",
        "region=North;district=B",
        "region=South;district=A",
        "region=South;district=C",
    ]
    assert_array_equal(units.codes, [0, 0, 1, 2, 3])
    assert returns.units("region").scopes[1] == Scope("region", (("region", "South"),))


def test_levels_need_not_nest():
    crossing = Returns(
        table(district=["I", "II", "I", "III", "III"], territory=["t1", "t1", "t2", "t1", "t2"])
    )
    # Territory t1 of the north lies in districts I and II: it is one unit all the same.
    units = crossing.units("territory")
    assert_array_equal(units.codes, [0, 0, 1, 2, 3])
    assert units.scopes[0].names == (("region", "North"), ("territory", "t1"))


@pytest.mark.parametrize("column", ["region", "district"])
def test_rows_without_the_name_of_a_level_form_no_unit(column):
    some = table()
    some[column] = some[column].where(some.index != 3, None)
    gap = Returns(some)
    units = gap.units("district")
    assert_array_equal(units.codes, [0, -1, 1, 2, 3])
    parts = dict(gap.by("district"))
    assert sum(map(len, parts.values())) == 4
    assert all(3 not in part.table.index for part in parts.values())


def test_a_level_without_any_name_has_no_units():
    units = Returns(table(region=[None] * 5)).units("region")
    assert units.scopes == ()
    assert_array_equal(units.codes, [-1] * 5)


def test_without_a_level_all_rows_are_one_unit(returns):
    units = returns.units()
    assert units.scopes == (NATIONAL,)
    assert_array_equal(units.codes, [0] * 5)


def test_an_unknown_level_is_named_with_those_there_are(returns):
    with pytest.raises(ConfigError, match="'oblast' is no level; the levels are region, district"):
        returns.units("oblast")


def test_parts_come_in_order_of_their_names_with_their_rows(returns):
    parts = list(returns.by("district"))
    assert [str(scope) for scope, _ in parts] == ["North / A", "North / B", "South / A", "South / C"]
    assert [part.table.index.tolist() for _, part in parts] == [[2, 3], [4], [5], [6]]
    assert parts[2][1].scope == parts[2][0]


def test_the_leader_has_most_votes_and_stays_the_same_in_parts(returns):
    # Red 290, green 257 nationally; green leads in the south.
    assert returns.leader == "red"
    south = dict(returns.by("region"))[Scope("region", (("region", "South"),))]
    assert np.nansum(south.votes("green")) > np.nansum(south.votes("red"))
    assert south.leader == "red"
    assert returns.where('region == "South"').leader == "red"


def test_equal_votes_are_settled_by_name():
    tied = table(votes_red=[1, 0, 0, 0, 0], votes_green=[0, 1, 0, 0, 0])
    assert Returns(tied).leader == "green"
    assert Returns(tied[tied.columns[::-1]]).leader == "green"


LABELS = {"red": "Red Party", "green": "Greens and Reds"}


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("green", "green"),
        ("gre", "green"),
        ("GREENS", "green"),
        ("red party", "red"),  # as spelled, though nothing else is longer
        ("red", "red"),  # the option itself, though the other's label contains it
        ("Party", "red"),
    ],
)
def test_an_option_is_named_in_full_or_by_a_part_that_is_unique(name, option):
    assert Returns(table(), labels=LABELS, leader=name).leader == option
    assert Returns(table(), labels=LABELS).with_leader(name).leader == option


def test_an_option_spelled_in_full_wins_over_one_that_contains_it():
    assert (
        Returns(table(), labels={"red": "Union", "green": "Union of Greens"}, leader="union").leader
        == "red"
    )


def test_a_part_of_two_names_is_refused_with_both():
    with pytest.raises(ConfigError, match="'re' may be red or green; the options are red, green"):
        Returns(table(), leader="re")


def test_a_name_of_nobody_is_refused_with_the_options(returns):
    with pytest.raises(ConfigError, match="frame: 'blue' is no option; the options are red, green"):
        returns.with_leader("blue")


def test_returns_without_options_have_no_leader():
    bare = Returns(table()[["precinct", "ballots"]])
    assert bare.leader is None
    assert bare.options == ()
    assert np.isnan(bare.total_votes).all()
    with pytest.raises(ConfigError, match="no column votes_"):
        bare.votes()


def test_turnout_is_of_ballots_until_issued_is_known(returns):
    assert returns.turnout_of == "ballots"
    assert_array_equal(returns.turnout, [0.5, 0.75, NAN, 0.25, NAN])
    issued = Returns(table(issued=[60, 150, 0, 100, 250]))
    assert issued.turnout_of == "issued"
    assert_array_equal(issued.turnout, [0.6, 0.75, NAN, 0.25, 0.5])
    unreported = Returns(table(issued=[None] * 5))
    assert unreported.turnout_of == "ballots"


def test_issued_is_the_sum_of_its_parts_and_missing_where_one_is():
    parts = {"issued_station": [50, 140, 0, 90, None], "issued_outside": [9, 10, 0, 10, 5]}
    derived = Returns(table(issued_early=[1, 0, 0, 0, 0], **parts))
    assert derived.derived == {"issued": "issued_early + issued_station + issued_outside"}
    assert_array_equal(derived.counts("issued"), [60, 150, 0, 100, NAN])
    assert derived.turnout_of == "issued"
    # Ballots issued at home alone are not the ballots issued.
    assert not Returns(table(issued_outside=[9, 10, 0, 10, 5])).has("issued")
    given = Returns(table(issued=[1, 1, 1, 1, 1], **parts))
    assert given.derived == {}
    assert_array_equal(given.counts("issued"), np.ones(5))


def test_ballots_are_valid_and_invalid_where_they_are_absent():
    without = table(invalid=[2, 0, 0, None, 1]).drop(columns="ballots")
    derived = Returns(without)
    assert derived.derived == {"ballots": "valid + invalid"}
    assert_array_equal(derived.counts("ballots"), [50, 150, 0, NAN, 251])
    assert derived.where("registered > 0").derived == derived.derived
    # Beyond 32 bits, in sum only.
    large = without.assign(valid=2_000_000_000, invalid=2_000_000_000)
    assert_array_equal(Returns(large).counts("ballots"), np.full(5, 4e9))
    assert "ballots" not in Returns(without.drop(columns="invalid")).table


def test_share_is_of_ballots_unless_something_else_is_named(returns):
    assert_array_equal(returns.share(), [0.6, 100 / 150, NAN, 0.6, NAN])
    assert_array_equal(returns.share(of="valid"), [30 / 48, 100 / 150, NAN, 60 / 99, 0.4])
    assert_array_equal(returns.share("green", of="registered"), [0.18, 0.25, NAN, 39 / 400, 0.3])


def test_a_share_of_something_else_is_refused(returns):
    with pytest.raises(ConfigError, match="a share is of ballots, valid, registered, not of 'turnout'"):
        returns.share(of="turnout")


def test_a_column_that_cannot_be_counted_is_an_error_sentence(returns):
    with pytest.raises(ConfigError, match="no column 'issued'"):
        returns.counts("issued")
    with pytest.raises(ConfigError, match="column 'region' holds no numbers"):
        returns.counts("region")
    with pytest.raises(ConfigError, match="no column 'registered'"):
        _ = Returns(table().drop(columns="registered")).turnout


def test_contradictions_are_evidence_and_stay():
    odd = Returns(table(ballots=[900, -5, 0, 100, 7], precinct=["1"] * 5))
    assert_array_equal(odd.counts("ballots"), [900, -5, 0, 100, 7])
    assert len(odd) == 5
    assert odd.turnout[0] == 9.0


def test_the_frame_is_an_exit_that_cannot_change_the_returns(returns):
    before = returns.digest
    frame = returns.frame
    frame.loc[2, "ballots"] = 999
    frame["new"] = 1
    assert Returns(returns.table).digest == before
    assert "new" not in returns.table


def test_the_table_given_cannot_change_the_returns():
    given = table().astype({"ballots": "Int64"})
    returns = Returns(given)
    given.loc[2, "ballots"] = 999
    assert returns.counts("ballots")[0] == 50


@pytest.mark.parametrize("name", ["turnout", "total_votes"])
def test_arrays_that_are_kept_cannot_be_written_to(returns, name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(returns, name)[0] = 5


def test_the_digest_does_not_depend_on_the_order_of_rows_or_columns(returns):
    mixed = table().sample(frac=1, random_state=3)
    assert Returns(mixed[sorted(mixed.columns, reverse=True)]).digest == returns.digest


@pytest.mark.parametrize("dtype", ["Int64", "float64", "object", "str"])
def test_the_digest_does_not_depend_on_how_counts_are_stored(dtype):
    counts = table(ballots=[50, 150, -3, 100, 8])
    assert Returns(counts.astype({"ballots": dtype})).digest == Returns(counts).digest


@given(
    row=st.integers(0, 4),
    column=st.sampled_from(["registered", "ballots", "valid", "votes_red"]),
    change=st.sampled_from([-1, 1, 1000]),
)
def test_the_digest_sees_a_single_count(row, column, change):
    changed = table().astype({column: "Int64"})
    at = changed.columns.get_loc(column)
    old = changed.iloc[row, at]
    changed.iloc[row, at] = 0 if pd.isna(old) else old + change
    assert Returns(changed).digest != Returns(table()).digest


def test_the_digest_tells_missing_from_zero_and_one_column_from_another(returns):
    assert Returns(table(ballots=[50, 150, 0, 100, 0])).digest != returns.digest
    swapped = table().rename(columns={"votes_red": "votes_green", "votes_green": "votes_red"})
    assert Returns(swapped).digest != returns.digest
    assert Returns(table(precinct=["2", "1", "3", "1", "2"])).digest != returns.digest


def test_schedulers_are_told_how_large_returns_are(returns):
    held = sum(array.nbytes for _, array in returns.table.items())
    assert sys.getsizeof(returns) >= held > 0
    sizeof = pytest.importorskip("dask.sizeof").sizeof
    assert sizeof((returns, "a task")) >= held


@pytest.mark.parametrize("again", [lambda r: pickle.loads(pickle.dumps(r)), copy.deepcopy, copy.copy])
def test_returns_survive_pickling(again):
    returns = Returns(
        table(invalid=[2, 0, 0, 1, 1]).drop(columns="ballots"),
        labels=LABELS,
        leader="green",
        blank_in="valid",
    )
    _ = returns.turnout
    other = again(returns.where("registered > 100"))
    assert other.digest == returns.where("registered > 100").digest
    assert (other.leader, other.levels, other.blank_in) == ("green", returns.levels, "valid")
    assert (other.labels, other.derived) == (returns.labels, returns.derived)
    assert other.source.steps == returns.where("registered > 100").source.steps
    assert other.identities == returns.identities
    assert_array_equal(other.turnout, returns.turnout[[1, 3, 4]])
    with pytest.raises(TypeError):
        other.labels["red"] = "Blue"


def test_where_keeps_rows_and_records_both_numbers(returns):
    part = returns.where('registered >= 200 and region == "South"')
    assert part.table.index.tolist() == [5, 6]
    assert str(part.source.steps[-1]) == (
        'Rows where registered >= 200 and region == "South": 2 kept, 3 left out; national means those kept.'
    )
    assert returns.source.steps == ()
    again = part.where("registered > 400")
    assert len(again.source.steps) == 2
    assert again.source.name == returns.source.name


def test_where_that_keeps_nothing_is_refused(returns):
    with pytest.raises(ConfigError, match="keeps none of the 5 rows of frame"):
        returns.where("registered > 10000")


def test_a_table_of_one_row():
    single = Returns(table().head(1))
    assert len(single) == 1
    assert single.leader == "red"
    assert_array_equal(single.turnout, [0.5])
    assert [len(part) for _, part in single.by("district")] == [1]
    assert single.digest != Returns(table()).digest
    assert len(single.where("registered == 100")) == 1


def test_nullable_integers_keep_their_gaps():
    returns = Returns(table(ballots=pd.array([50, None, 0, 100, 3], dtype="Int64")))
    assert_array_equal(returns.counts("ballots"), [50, NAN, 0, 100, 3])
    assert returns.has("ballots")
    assert not Returns(table(ballots=[None] * 5)).has("ballots")


def test_a_part_is_made_without_checking_the_table_again(returns, monkeypatch):
    monkeypatch.setattr("forensics.tables.returns.canonical_frame", None)
    assert len(returns.where("registered > 0").with_leader("green")) == 4


def test_the_text_says_what_it_is(returns):
    assert repr(returns) == "<Returns frame: 5 precincts, national, leader red>"
    assert repr(Returns(table(), source=Source("x.csv"))).startswith("<Returns x.csv:")

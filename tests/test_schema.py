"""Structural faults of a table of returns: all of them at once, each with its row and column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forensics.errors import SHOWN_FAULTS, ConfigError, Fault, ForensicsError, ReturnsError
from forensics.tables import roles
from forensics.tables.returns import Returns
from forensics.tables.source import Source


def table(**columns):
    base = {"precinct": ["1", "2", "3"], "ballots": [5, 6, 7], "votes_red": [1, 2, 3]}
    return pd.DataFrame(base | columns, index=[2, 3, 4])


def faults(frame, **keywords):
    with pytest.raises(ReturnsError) as error:
        Returns(frame, source=Source("north.csv"), **keywords)
    assert str(error.value).startswith("north.csv: ")
    return error.value.faults


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (table().drop(columns="precinct"), "no column 'precinct' among ballots, votes_red"),
        (table()[["precinct"]].assign(registered=1), "no count of ballots or votes among precinct"),
        (table().head(0), "no rows below the header"),
        (table()[["precinct", "ballots", "ballots"]], "named twice"),
    ],
)
def test_a_table_that_is_no_returns(frame, said):
    found = faults(frame)
    assert len(found) == 1
    assert said in str(found[0])
    assert "; " in str(found[0])  # what was given; what is allowed


@pytest.mark.parametrize("column", ["ballots", "valid", "votes_red"])
def test_one_kind_of_count_is_enough(column):
    assert len(Returns(pd.DataFrame({"precinct": ["1"], column: [5]}))) == 1


def test_every_fault_is_found_before_any_is_reported():
    frame = pd.concat(
        [
            table(ballots=["5", "six", "7.5"], votes_red=[1.5, 2, 3], lat=["55,1", "north", ""]),
            pd.DataFrame({"registered": [1, 2, 3], " ": [1, 2, 3]}, index=[2, 3, 4]),
            pd.DataFrame({"registered": [1, 2, 3]}, index=[2, 3, 4]),
        ],
        axis=1,
    ).drop(columns="precinct")
    found = faults(frame)
    assert [(fault.row, fault.column) for fault in found] == [
        (None, "registered"),
        (None, None),
        (3, "ballots"),
        (4, "ballots"),
        (2, "votes_red"),
        (3, "lat"),
    ]
    assert str(found[2]) == (
        "row 3, column 'ballots': 'six' is no whole number; "
        "a count is a whole number, or empty where it was not reported"
    )


def test_the_error_shows_the_first_faults_and_counts_the_others():
    n = SHOWN_FAULTS + 1_200
    frame = pd.DataFrame({"precinct": range(n), "ballots": ["x"] * n}, index=range(2, n + 2))
    with pytest.raises(ReturnsError) as error:
        Returns(frame)
    text = str(error.value)
    assert text.count("is no whole number") == SHOWN_FAULTS
    assert "row 2, column 'ballots'" in text
    assert text.endswith(" | and 1,200 more")
    assert len(error.value.faults) == n
    assert isinstance(error.value, ForensicsError)


def test_a_fault_without_a_place_is_two_clauses():
    assert str(Fault("0 bytes", "a table is needed")) == "0 bytes; a table is needed"
    assert str(Fault("x", "y", 3)) == "row 3: x; y"


@pytest.mark.parametrize("given", [None, [1, 2], np.ones(3)])
def test_something_that_is_no_table_is_refused(given):
    with pytest.raises(ConfigError, match="a pandas or polars DataFrame, an Arrow table"):
        Returns(given)


@pytest.mark.parametrize(
    "index", [["a", "b", "c"], [1, 1, 2], [0.5, 1.5, 2.5], pd.date_range("2020-01-01", periods=3)]
)
def test_rows_that_the_index_does_not_number_are_numbered_and_said_so(index):
    returns = Returns(table().set_axis(index, axis=0))
    assert returns.table.index.tolist() == [1, 2, 3]
    assert str(returns.source.steps[0]).startswith("Rows are numbered from 1")
    assert faults(table(ballots=["5", "x", "7"]).set_axis(index, axis=0))[0].row == 2


def test_an_index_of_row_numbers_is_kept():
    returns = Returns(table())
    assert returns.table.index.tolist() == [2, 3, 4]
    assert returns.source.steps == ()


def test_columns_take_the_type_of_their_role():
    frame = Returns(
        table(
            region=[1.0, 2.0, None], lat=["55,7", "-", "60"], hour_08=["1", "", "3"], note=["a", "b", "c"]
        )
    ).table
    assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
        "precinct": "str",
        "ballots": "Int32",
        "votes_red": "Int32",
        "region": "category",
        "lat": "float64",
        "hour_08": "Int32",
        "note": "str",
    }
    assert frame["region"].cat.categories.tolist() == ["1", "2"]
    assert frame["lat"].tolist()[::2] == [55.7, 60.0]


def test_columns_of_any_name_are_taken_along():
    frame = table().assign(**{"": 1}).rename(columns={"": 7})
    assert list(Returns(frame).table) == ["precinct", "ballots", "votes_red", "7"]


@pytest.mark.parametrize(
    ("column", "count", "measure", "option"),
    # CONTRACT section 2.
    [
        ("registered", True, False, False),
        ("ballots_unaccounted", True, False, False),
        ("absentee_detached", True, False, False),
        ("votes_green", True, False, True),
        ("votes_", False, False, False),
        ("hour_08", True, False, False),
        ("sup_d2_20", True, False, False),
        ("reg_d1_15", True, False, False),
        ("turnout_pct_12", False, True, False),
        ("turnout_pct_d1_12", False, True, False),
        ("lat", False, True, False),
        ("city_registered", True, False, False),
        ("cdep_votes_psd", True, False, False),
        ("venue_type", False, False, False),
        ("precinct", False, False, False),
    ],
)
def test_the_vocabulary_of_columns(column, count, measure, option):
    assert (roles.is_count(column), roles.is_measure(column), roles.is_option(column)) == (
        count,
        measure,
        option,
    )


def test_a_misspelt_count_is_pointed_out() -> None:
    table = pd.DataFrame({"precinct": ["1"], "ballots": [5], "registred": [9], "remarks": ["none"]})
    (step,) = Returns(table).source.steps
    assert step.text() == (
        "Column registred is kept as it is and read as nothing; if registered is meant, map it with a "
        "profile or rename it."
    )

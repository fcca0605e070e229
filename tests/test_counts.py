"""Cells to counts, measures and names: marks are told from the column, the ambiguous is refused."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.tables.counts import parse_counts, parse_measures, parse_names

NBSP, THIN, NARROW = "\u00a0", "\u2009", "\u202f"


def column(cells, **keywords):
    return pd.Series(cells, index=range(2, len(cells) + 2), name="ballots", **keywords)


def values(parsed):
    return [None if pd.isna(value) else value for value in parsed.values]


@pytest.mark.parametrize(
    ("cells", "counts"),
    [
        (["12", " 7 ", "0"], [12, 7, 0]),
        (["12", "", "-", "n/a", "..", None], [12, None, None, None, None, None]),
        (["-5", "+3"], [-5, 3]),
        (["12.0", "7."], [12, 7]),
        (["1e3", "5"], [1000, 5]),
        (["1 234", f"12{NBSP}345", f"1{THIN}234{THIN}567", f"9{NARROW}840"], [1234, 12345, 1234567, 9840]),
        (["1'234", "1’234", "5000"], [1234, 1234, 5000]),
        (["1,234", "56"], [1234, 56]),
        (["1.234", "56"], [1234, 56]),
        (["1,000", "56"], [1000, 56]),
        (["-1,234", "56"], [-1234, 56]),
        (["1.234.567", "5000"], [1234567, 5000]),  # two groups are thousands whatever else there is
        (["12,0", "7,00"], [12, 7]),
        (["0.000", "45.000"], [0, 45]),  # no thousand begins with a nought: three decimals
        (["1234.000", "45.000"], [1234, 45]),
        (["1.234", "12,0"], [1234, 12]),  # a point between thousands, a comma before decimals
    ],
)
def test_whole_numbers_as_people_write_them(cells, counts):
    parsed = parse_counts(column(cells))
    assert [str(fault) for fault in parsed.faults] == []
    assert values(parsed) == counts
    assert str(parsed.values.dtype) == "Int32"


@pytest.mark.parametrize(
    ("cells", "rows", "given"),
    [
        (["1,000", "5000"], [2], "'1,000' may be 1000 or 1"),
        (["1.234", "5000"], [2], "'1.234' may be 1234 or 1.234"),
        (["45,000", "12,000"], [2, 3], "'45,000' may be 45000 or 45"),
        (["45.000", "12.000"], [2, 3], "'45.000' may be 45000 or 45"),
        (["1,234", "1.234"], [2, 3], "'1,234' may be 1234 or 1.234"),
    ],
)
def test_what_may_be_two_numbers_is_refused(cells, rows, given):
    faults = parse_counts(column(cells)).faults
    assert [fault.row for fault in faults] == rows
    assert faults[0].given == given
    assert faults[0].column == "ballots"


@pytest.mark.parametrize(
    "cell",
    ["six", "7.5", "7,5", "1,234.5", "12 34", "1 2345", "1,23,456", "inf", "0x1A", "1_000", "+", ".", "5%",
     "True", "1234,567", "2020-01-01", "½"],
)  # fmt: skip
def test_what_is_no_whole_number_is_refused(cell):
    faults = parse_counts(column(["3", cell])).faults
    assert [(fault.row, fault.column) for fault in faults] == [(3, "ballots")]
    assert "is no whole number" in faults[0].given


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1,234", "2,345", "6"], "2 counts were written with ',' between the thousands"),
        (["1.234", "6"], "1 count was written with '.' between the thousands"),
        (["1 234", f"1{NBSP}234"], "2 counts were written with a space between the thousands"),
        (["12,0", "6"], "1 count was written with decimals that are all zero"),
    ],
)
def test_what_was_done_to_the_cells_is_recorded(cells, said):
    (step,) = parse_counts(column(cells)).steps
    assert str(step) == f"Column ballots: {said}."


@given(st.lists(st.integers(0, 10**7), min_size=1), st.sampled_from([" ", NBSP, "'"]))
def test_thousands_with_a_mark_of_their_own_are_always_read(numbers, mark):
    cells = [f"{number:,}".replace(",", mark) for number in numbers]
    assert values(parse_counts(column(cells, dtype="str"))) == numbers


@given(st.lists(st.integers(0, 10**7), min_size=1), st.sampled_from([".", ","]))
def test_thousands_with_a_point_or_comma_are_read_right_or_refused(numbers, mark):
    cells = [f"{number:,}".replace(",", mark) for number in numbers]
    parsed = parse_counts(column(cells, dtype="str"))
    assert parsed.faults or values(parsed) == numbers


@given(st.lists(st.integers(0, 10**7), min_size=1), st.integers(1, 4), st.sampled_from([".", ","]))
def test_whole_numbers_with_decimals_are_read_right_or_refused(numbers, decimals, mark):
    cells = [f"{number:.{decimals}f}".replace(".", mark) for number in numbers]
    parsed = parse_counts(column(cells, dtype="str"))
    assert parsed.faults or values(parsed) == numbers


@pytest.mark.parametrize(
    "series",
    [
        column([1.0, 2.0, np.nan]),
        column([1, 2, None], dtype="Int64"),
        column([1, 2, None], dtype="Int16"),
        column([1, 2, None], dtype="float32"),
        column([1, 2, None], dtype="int64[pyarrow]"),
        column([1, 2, None], dtype="category"),
        column(["1", "2", None], dtype="category"),
        column([1, 2.0, None], dtype=object),
        column([Decimal(1), "2", None], dtype=object),
        column([np.int64(1), np.float64(2), "n/a"], dtype=object),
    ],
)
def test_numbers_stored_in_any_way(series):
    parsed = parse_counts(series)
    assert parsed.faults == ()
    assert values(parsed) == [1, 2, None]
    assert parsed.values.index.tolist() == [2, 3, 4]


def test_a_number_in_a_cell_is_a_number_and_no_text():
    # 1.234 as a float is a fraction, whatever the same figures would mean as text.
    faults = parse_counts(column([1.234, 5], dtype=object)).faults
    assert [fault.row for fault in faults] == [2]
    assert parse_counts(column([1.234, 5.0])).faults[0].given == "1.234 is no whole number"


@pytest.mark.parametrize(
    "series",
    [
        column([True, False]),
        column([True, None], dtype="boolean"),
        column(pd.to_datetime(["2020-01-01", "2020-01-02"])),
        column(pd.to_datetime(["2020-01-01", "2020-01-02"]).tz_localize("UTC")),
        column(pd.to_timedelta([1, 2], unit="h")),
        column(pd.period_range("2020", periods=2)),
        column([1 + 2j, 3]),
    ],
)
def test_columns_of_another_kind_are_refused_as_a_whole(series):
    for parse in (parse_counts, parse_measures):
        (fault,) = parse(series).faults
        assert str(series.dtype) in fault.given
        assert (fault.row, fault.column) == (None, "ballots")


@pytest.mark.parametrize("cell", [True, datetime.date(2020, 1, 1), [1], b"x"])
def test_objects_that_are_no_numbers_are_refused_in_their_row(cell):
    assert [fault.row for fault in parse_counts(column([3, cell], dtype=object)).faults] == [3]


def test_large_counts_take_wide_integers_and_absurd_ones_are_refused():
    assert str(parse_counts(column([2**31, 1])).values.dtype) == "Int64"
    assert str(parse_counts(column([2**31 - 1, 1])).values.dtype) == "Int32"
    assert str(parse_counts(column([-(2**31), 1])).values.dtype) == "Int64"
    assert parse_counts(column([], dtype="int64")).values.tolist() == []
    # Beyond 2**53 a float no longer holds every whole number.
    assert parse_counts(column([2**60, 1])).faults[0].given.endswith("is larger than any count")


def test_a_column_of_nothing_is_missing():
    for empty in (column([None, None], dtype=object), column(["", "-"]), column([np.nan, np.nan])):
        parsed = parse_counts(empty)
        assert values(parsed) == [None, None]
        assert parsed.faults == ()


def test_measures_take_a_decimal_comma_and_say_so():
    parsed = parse_measures(column(["55,75", "12.5%", " 7 ", "-1e-3", "", "n/a"]))
    assert values(parsed) == [55.75, 12.5, 7.0, -0.001, None, None]
    assert [str(step) for step in parsed.steps] == [
        "Column ballots: 1 numbers were written with a decimal comma."
    ]


@pytest.mark.parametrize("cell", ["north", "%", "+", "e5", ".", "1,2,3", "inf", "-inf"])
def test_what_is_no_measure_is_refused(cell):
    (fault,) = parse_measures(column(["1", cell])).faults
    assert fault.row == 3
    assert "is no number" in fault.given


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["A ", f"{NBSP}B", "", "  ", None], ["A", "B", None, None, None]),
        ([7.0, 10.11, np.nan], ["7", "10.11", None]),
        ([7, 12], ["7", "12"]),
        (["007", "7.0"], ["007", "7.0"]),
    ],
)
def test_names_are_text_as_written(cells, names):
    parsed = parse_names(column(cells))
    assert [None if pd.isna(name) else name for name in parsed] == names
    assert str(parsed.dtype) == "str"


@pytest.mark.parametrize(
    "series",
    [
        column([7, None], dtype="Int64"),
        column(["7", None], dtype="category"),
        column([7.0, None], dtype=object),
        column([7.0, float("nan")], dtype=object),
    ],
)
def test_names_keep_gaps_however_they_are_stored(series):
    parsed = parse_names(series)
    assert parsed.iloc[0] == "7"
    assert pd.isna(parsed.iloc[1])
    assert parsed.name == "ballots"

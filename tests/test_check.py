"""The first look at a table: what it counts on tables small enough to count by hand."""

from __future__ import annotations

import json

import pandas as pd

from forensics.messages.message import Message
from forensics.tables.checking import check
from forensics.tables.returns import Returns
from forensics.tables.source import Refused, Source


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": ["n", "n", "n", "s", "s", None],
            "district": ["1", "1", "2", "1", "3", "3"],
            "territory": ["x", "y", "y", "x", "x", "z"],
            "precinct": ["1", "2", "3", "1", None, "6"],
            "registered": [100, 100, 0, 100, None, 50],
            "ballots": [60, 50, 40, 0, 30, None],
            "valid": [58, 50, 40, 0, 30, None],
            "invalid": [2, 1, 0, 0, 0, None],
            "votes_a": [30, 20, 25, 0, 20, None],
            "votes_b": [28, 30, 15, 0, 10, None],
        }
    )


def test_coverage_by_hand() -> None:
    coverage = check(Returns(table())).coverage
    assert coverage["levels"][0] == {
        "level": "region", "units": 2, "precincts": {"fewest": 2, "median": 2.5, "most": 3},
        "by_unit": [["n", 3], ["s", 2]],
    }  # fmt: skip
    assert coverage["levels"][1]["units"] == 4  # n/1, n/2, s/1, s/3: a unit is named with its region
    assert (coverage["registered_zero"], coverage["registered_missing"]) == (1, 1)
    assert (coverage["without_ballots"], coverage["without_votes"]) == (2, 2)
    assert coverage["without_name"] == {"precinct": 1, "region": 1, "district": 0, "territory": 0}
    assert coverage["not_reported"] == 1
    assert coverage["missing"]["votes_a"] == 1


def test_identities_with_their_worst_rows() -> None:
    result = check(Returns(table()))
    entry = result.identity("ballots_are_valid_and_invalid")
    assert {name: entry[name] for name in ("checked", "unchecked", "violations", "innocent")} == {
        "checked": 5, "unchecked": 1, "violations": 1, "innocent": False,
    }  # fmt: skip
    assert entry["worst"][0]["row"] == 1
    assert entry["worst"][0]["imbalance"] == 1
    # Precinct 3 has 40 ballots and nobody registered: honest where lists are open.
    assert result.identity("registered_cover_ballots")["violations"] == 1
    assert result.contradictions == 1
    assert "issued_cover_ballots" in [item["id"] for item in result.unchecked]


def test_levels_that_do_not_nest() -> None:
    nesting = {(row["upper"], row["lower"]): row for row in check(Returns(table())).nesting}
    assert nesting["region", "district"]["examples"] == ["1"]  # the number is used in both regions
    assert nesting["district", "territory"]["in_several"] == 2  # n / y lies in 1 and 2, s / x in 1 and 3
    assert nesting["district", "territory"]["examples"] == ["n / y", "s / x"]


def test_refused_rows_and_the_source_flag_of_not_reported() -> None:
    reason = Message("rows.total", "The row is a total.")
    source = Source("file.csv", refused=(Refused(9, reason),), rows=7)
    result = check(Returns(table().assign(not_reported=[0, 1, 0, 0, 0, 0]), source=source))
    assert (result.rows, result.kept) == (7, 6)
    assert result.refused == ({"row": 9, "reason": "The row is a total."},)
    assert result.coverage["not_reported"] == 2


def test_a_clean_table_has_no_contradiction_and_the_order_of_rows_changes_nothing() -> None:
    frame = table().drop(index=[1, 4, 5])
    result = check(Returns(frame))
    assert result.contradictions == 0
    other = check(Returns(frame.iloc[::-1]))
    assert json.dumps(other.to_dict()) == json.dumps(result.to_dict())


def test_a_key_that_occurs_twice_is_a_contradiction() -> None:
    frame = table().drop(index=[1, 4, 5])
    twice = pd.concat([frame, frame.iloc[:1]], ignore_index=True)
    result = check(Returns(twice))
    assert result.contradictions == 1
    assert result.duplicates["listed"] == [
        {"region": "n", "district": "1", "territory": "x", "precinct": "1", "rows": [0, 3]}
    ]
    assert result.duplicates["identical"] == 1

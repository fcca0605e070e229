"""The measured series beside the ledger: an earlier roster, two days, and what is withheld."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pytest
from commissions_of_seven import coding_of_seven, seven
from small_ledger import ENTRY, written

from forensics._linking import associate
from forensics.commissions.pictures import series_picture
from forensics.commitments.ledger import read_ledger
from forensics.commitments.pictures import timeline_pictures
from forensics.tables.returns import Returns

NOW, THEN = "2021-01-10", "2016-03-20"
#: Precincts: enough for a regression of two regions.
N = 40


def returns(day: str) -> Returns:
    return Returns(
        pd.DataFrame({
            "region": ["R0"] * (N // 2) + ["R1"] * (N // 2),
            "precinct": [f"p{i}" for i in range(N)],
            "registered": [500 + i for i in range(N)],
            "ballots": [300 + (7 * i) % 90 for i in range(N)],
            "votes_a": [150 + (5 * i) % 60 for i in range(N)],
            "election_date": day,
        })
    )  # fmt: skip


def roster(few: bool) -> pd.DataFrame:
    """Forty commissions of seven; in ten or in thirty of them a satellite's seat is the opposition's."""
    parts = []
    for i in range(N):
        one = seven().assign(
            commission_id=f"c{i}",
            precinct=f"p{i}",
            region="R0" if i < N // 2 else "R1",
            member_id=[f"p{i}-{j}" for j in range(7)],
        )
        if (i % 4 == 0) == few:
            one.loc[one.index[2], "nominated_by"] = "opp"
        parts.append(one)
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def link():
    return associate(
        returns(NOW), roster(True), coding=coding_of_seven(), previous=returns(THEN), before=roster(False),
        outcomes=("share",), rng=1, permutations=19, wild=19,
    )  # fmt: skip


def test_two_elections_with_days_are_a_series(link) -> None:
    assert list(link.series) == [datetime.date(2016, 3, 20), datetime.date(2021, 1, 10)]
    frame = series_picture(link.series).to_frame()
    aligned = frame[frame["label"].str.startswith("aligned share")]
    # Of seven members six are aligned, and one less in 30 and in 10 of the 40 commissions.
    assert aligned["value"].tolist() == pytest.approx([(6 - 30 / N) / 7, (6 - 10 / N) / 7])
    assert aligned["start"].tolist() == pytest.approx([2016.216, 2021.025], abs=0.001)


def test_it_stands_below_the_lanes_of_a_ledger(link, tmp_path: Path) -> None:
    ledger = read_ledger(written(tmp_path, ENTRY))
    (alone,) = timeline_pictures(ledger)
    (beside,) = timeline_pictures(ledger, series_picture(link.series))
    assert "measure" not in set(alone.columns["lane"])
    assert list(beside.columns["lane"]).count("measure") == len(series_picture(link.series).columns["lane"])


def test_without_days_there_is_no_series() -> None:
    undated = Returns(returns(NOW).frame.drop(columns="election_date"))
    made = associate(
        undated, roster(True), coding=coding_of_seven(), before=roster(False), outcomes=("share",), rng=1,
        permutations=19, wild=19,
    )  # fmt: skip
    assert made.series == {}
    assert series_picture(made.series) is None

"""Figures of commissions: what they hold, what they withhold, that they draw."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from commissions_of_seven import coding_of_seven, seven

from forensics.commissions.law import read_law
from forensics.commissions.measures import Measures, measure
from forensics.commissions.pictures import Report, composition_picture, timeline_picture
from forensics.errors import ConfigError
from forensics.plots import drawing
from forensics.tables.returns import Returns
from forensics.tables.rosters import read_roster


def _measures(units: tuple[int, ...] = (6, 5, 4)) -> Measures:
    parts, rows = [], []
    for unit, size in enumerate(units):
        for i in range(size):
            name = f"{unit}-{i}"
            people = [f"{name}-{j}" for j in range(7)]
            parts.append(
                seven().assign(commission_id=name, precinct=name, region=f"R{unit}", member_id=people)
            )
            rows.append({"region": f"R{unit}", "precinct": name, "registered": 100, "ballots": 50})
    roster = read_roster(pd.concat(parts, ignore_index=True))
    return measure(roster, Returns(pd.DataFrame(rows)), coding=coding_of_seven())


def test_blocs_of_a_level_sum_to_one() -> None:
    frame = composition_picture(_measures()).to_frame()
    assert frame["group"].unique().tolist() == ["precinct commissions"]
    assert frame["share"].sum() == pytest.approx(1)
    shares = frame.set_index("bloc")["share"]
    assert shares["SAT"] == pytest.approx(4 / 7)
    assert frame[["low", "high"]].to_numpy() == pytest.approx(np.full((6, 2), 6 / 7))


def test_units_of_few_commissions_are_withheld_with_one_more() -> None:
    picture = composition_picture(_measures(), by="region")
    frame = picture.to_frame().drop_duplicates("group").set_index("group")
    # Four are too few; with the total known they must not be alone, so that the next smallest goes too.
    assert frame["share"].isna().to_dict() == {"R0": False, "R1": True, "R2": True}
    assert frame["commissions"].isna().to_dict() == {"R0": False, "R1": True, "R2": True}
    assert drawing.images(picture, ("png",))["png"]


def test_without_a_coding_there_are_no_blocs() -> None:
    with pytest.raises(ConfigError, match="no blocs to draw"):
        composition_picture(measure(read_roster(seven())))


def test_the_timeline_holds_rules_reports_and_measures() -> None:
    reports = (Report(datetime.date(2011, 3, 16), "representatives without certified copies", "x"),)
    picture = timeline_picture(
        read_law("kazakhstan"), {"2016-03-20": _measures()}, shown=("S_inc", "LEAD"), reports=reports
    )
    frame = picture.to_frame()
    assert frame["lane"].value_counts().to_dict()["measure"] == 2
    bodies = frame[frame["label"].str.contains("bodies with constituencies")].iloc[0]
    assert np.isnan(bodies["start"])
    # 10 July 2018 is day 190 of 365, counted from 0.
    assert bodies["end"] == pytest.approx(2018 + 190 / 365, abs=1e-3)
    inc = frame[frame["label"] == "incumbent share (S_inc)"].iloc[0]
    assert (inc["low"], inc["high"]) == pytest.approx((1 / 7, 1 / 7))
    assert drawing.images(picture, ("png",))["png"]


def test_a_timeline_leaves_out_few_commissions_and_refuses_what_is_no_share() -> None:
    few = timeline_picture(read_law("kazakhstan"), {"2016-03-20": _measures((4,))})
    assert "measure" not in few.to_frame()["lane"].tolist()
    with pytest.raises(ConfigError, match="is no share"):
        timeline_picture(read_law("kazakhstan"), shown=("ENN",))
    with pytest.raises(ConfigError, match="no timeline to draw"):
        timeline_picture(read_law("kazakhstan").on("1990-01-01"), predicates=("protection",))

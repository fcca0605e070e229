"""Slopes of share on turnout: published values, clean elections, invariances."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import forensics

#: Published values are printed with three decimals.
TABLE = 5e-4


def _read(folder, name):
    return forensics.read_returns(folder / "returns" / f"{name}.parquet")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "registered", "share", "correlation"),
    # Computed from the public returns, all precincts with registered voters, unweighted.
    [
        ("ru2011_duma", 1.134, 0.822, 0.713),
        ("ru2016_duma", 0.952, 0.598, 0.716),
        ("ru2018_president", 1.029, 0.317, 0.512),
        ("ru2021_duma", 0.955, 0.706, 0.742),
    ],
)
def test_published_slopes(shared_data, name, registered, share, correlation):
    returns = _read(shared_data, name)
    # The correlation of 2021 is .7416 at polling stations, .7415 with its 18 rows of electronic votes.
    station = returns.frame["precinct"].notna().to_numpy()
    found = forensics.turnout_share(returns.part(station)).only(scope="national")
    assert found.detail["slope_registered"] == pytest.approx(registered, abs=TABLE)
    assert found.detail["slope_share"] == pytest.approx(share, abs=TABLE)
    assert found.detail["correlation"] == pytest.approx(correlation, abs=TABLE)
    assert found.pvalue is None
    assert found.effect == found.detail["slope_share"]
    assert found.detail["clusters"]["level"] == "region"
    assert found.interval.low < found.effect < found.interval.high


@pytest.mark.shared
def test_a_clean_country_has_slopes_too(shared_data):
    found = forensics.turnout_share(_read(shared_data, "se2018_riksdag")).only()
    # Sweden 2018: the docstring's −.81; the reason why this is no test.
    assert found.effect == pytest.approx(-0.81, abs=0.005)
    assert found.interval.high < -0.5


def test_intervals_cover_zero_where_support_and_turnout_are_independent():
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(60):
        returns = forensics.simulation.clean(n=1200, correlation=0.0, spread=(0.0, 0.2, 0.25), rng=rng)
        found = forensics.turnout_share(returns).only()
        inside += found.interval.low <= 0 <= found.interval.high
    # Exact binomial: fewer than this many of 60 at a coverage of .95 has probability below .001.
    assert inside >= binom.ppf(0.001, 60, 0.95)


def test_added_votes_and_honest_geography_both_raise_the_slope():
    flat = forensics.simulation.clean(n=2000, correlation=0.0, rng=2)
    gradient = forensics.simulation.clean(n=2000, structure="gradient", rng=2)
    frame = flat.frame
    added = (frame["registered"] - frame["issued"]) // 2 * (np.arange(len(frame)) % 5 == 0)
    for column in ("issued", "ballots", "valid", "votes_leader"):
        frame[column] += added
    stuffed = forensics.Returns(frame, leader="leader")
    before = forensics.turnout_share(flat).only().effect
    assert forensics.turnout_share(stuffed).only().effect > before + 0.2
    assert forensics.turnout_share(gradient).only().effect > before + 0.2


def test_all_options_and_the_invalid_votes():
    returns = forensics.simulation.clean(n=500, rng=3)
    found = forensics.turnout_share(returns, option="all")
    assert sorted(item.quantity for item in found) == [
        "share", "share_fourth", "share_invalid", "share_second", "share_third"
    ]  # fmt: skip
    # The shares add up to one (but for ballots neither valid nor invalid), so their slopes add up to 0.
    assert sum(item.effect for item in found) == pytest.approx(0, abs=1e-9)


def test_order_of_rows_and_names_of_options_change_nothing():
    returns = forensics.simulation.clean(n=1200, rng=4)
    frame = returns.frame
    shuffled = forensics.Returns(frame.sample(frac=1, random_state=1), leader="leader")
    renamed = forensics.Returns(frame.rename(columns={"votes_leader": "votes_x"}), leader="x")
    reference = forensics.turnout_share(returns, by=(None, "region"))
    for other in (shuffled, renamed):
        for a, b in zip(reference, forensics.turnout_share(other, by=(None, "region")), strict=True):
            assert a.scope == b.scope
            assert a.effect == pytest.approx(b.effect, rel=1e-9)
            assert a.interval.low == pytest.approx(b.interval.low, rel=1e-9)
            for mine, theirs in zip(a.pictures, b.pictures, strict=True):
                assert np.allclose(mine.columns["share"], theirs.columns["share"])


def test_a_unit_within_the_whole_is_the_unit_alone():
    returns = forensics.simulation.clean(n=1200, rng=5)
    together = forensics.turnout_share(returns, by="region")
    for scope, part in returns.by("region"):
        alone = forensics.turnout_share(part).only()
        assert together.only(scope=scope).effect == pytest.approx(alone.effect, rel=1e-9)


def test_clusters_are_the_highest_level_with_twenty_units():
    returns = forensics.simulation.clean(n=1200, rng=6)
    national = forensics.turnout_share(returns).only()
    # Twelve regions are too few, 120 districts are enough; a region has ten of them.
    assert national.detail["clusters"] == {"level": "district", "n": 120}
    assert any("12 are too few" in str(item.text) for item in national.assumptions)
    unit = forensics.turnout_share(returns, by="region").tested[0]
    assert unit.detail["clusters"] is None
    assert any("count as independent" in str(item.text) for item in unit.assumptions)
    assert unit.detail["within"] is None


def test_the_cumulative_curve_ends_at_the_whole():
    returns = forensics.simulation.clean(n=3000, rng=7)
    picture = forensics.turnout_share(returns).only().pictures[0]
    assert picture.figure == "cumulative_share"
    assert len(picture.columns["share"]) <= 500
    assert (np.diff(picture.columns["turnout"]) > 0).all()
    frame = returns.frame
    share = 100 * frame["votes_leader"].sum() / frame["ballots"].sum()
    assert picture.columns["share"][-1] == pytest.approx(share, rel=1e-9)


def test_few_or_useless_precincts_are_said():
    small = forensics.turnout_share(forensics.simulation.clean(n=60, rng=8)).only()
    assert small.underpowered
    frame = pd.DataFrame(
        {
            "precinct": ["1", "2", "3"],
            "registered": [0, 100, 100],
            "ballots": [10, 150, 50],
            "votes_a": [5, 50, 20],
        }
    )
    found = forensics.turnout_share(forensics.Returns(frame)).only()
    # No voters on the list, and more ballots than voters: one precinct is left, with no slope.
    assert (found.n, found.excluded) == (1, 2)
    assert found.effect is None
    assert found.interval is None


def test_without_registered_voters_it_is_skipped():
    frame = pd.DataFrame({"precinct": ["1"], "ballots": [10], "votes_a": [5]})
    found = forensics.turnout_share(forensics.Returns(frame))
    assert "registered" in str(found.skipped[0].reason)

"""Anomalous votes by reference bin: published values, what the null gives, what geography gives."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import forensics
from forensics.kernels.anomalous_votes import anomalous, reference_bins, sweep, turnout_bins

#: Published totals are printed with one decimal; the acceptance is one vote.
VOTE = 1.0
#: Support independent of turnout, clusters independent: the null of the method.
NULL = {"correlation": 0.0, "spread": (0.0, 0.2, 0.25)}


def _read(folder, name, where=None):
    return forensics.read_returns(folder / "returns" / f"{name}.parquet", where=where)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "votes", "reference", "share"),
    # Published votes and percent of the leader's votes, reproduced from the public returns.
    [
        ("ru2011_duma", 14_932_292.4, 51, 46.32),
        ("ru2016_duma", 12_653_698.8, 36, 44.54),
        ("ru2018_president", 10_138_780.2, 61, 18.02),
        ("ru2021_duma", 14_144_280.9, 38, 50.60),
    ],
)
def test_published_votes(shared_data, name, votes, reference, share):
    returns = _read(shared_data, name)
    found = forensics.reference_bin(returns, rng=1).only(scope="national")
    assert found.detail["reference"] == reference
    assert found.detail["chosen_by"] == "fit"
    assert found.detail["anomalous_votes"] == pytest.approx(votes, abs=VOTE)
    assert 100 * found.detail["share_of_votes"] == pytest.approx(share, abs=0.005)
    given = forensics.reference_bin(returns, reference=reference, n_resamples=1, rng=1).only()
    assert given.effect == found.effect
    assert np.nansum(found.precincts) == pytest.approx(votes, abs=VOTE)
    assert found.pvalue is None


@pytest.mark.shared
def test_the_interval_and_the_range_of_russia_2018(shared_data):
    found = forensics.reference_bin(_read(shared_data, "ru2018_president"), rng=2018).only()
    # Computed by bootstrap over regions: 6.8 to 13.6 million, within a tenth.
    assert found.interval.low == pytest.approx(6.8e6, rel=0.1)
    assert found.interval.high == pytest.approx(13.6e6, rel=0.1)
    assert found.detail["interval_fixed"] == pytest.approx([6.8e6, 13.6e6], rel=0.1)
    assert found.detail["clusters"] == {"level": "region", "n": 87}
    # Computed with the reference moved by 8 bins either way: 4.1 to 11.6 million.
    assert found.detail["range"] == pytest.approx([4.1e6, 11.6e6], abs=0.05e6)
    assert "from 4,071,217 to 11,586,999 votes" in str(found)
    by_reference = dict(map(tuple, found.detail["sweep"]))
    assert by_reference[61] == found.effect


@pytest.mark.shared
def test_a_clean_country_gives_votes_too(shared_data):
    found = forensics.reference_bin(_read(shared_data, "ro2024_europarl"), rng=1).only()
    # Romania 2024, mostly clean: the docstring's 28 % of the leader's votes, [9, 28] over references.
    assert 100 * found.detail["share_of_votes"] == pytest.approx(28, abs=0.5)
    assert found.interval.low > 0


def test_bins_are_open_below_and_closed_above():
    ballots, registered = (
        np.array([0, 1, 5, 51, 510, 511, 999, 1000]),
        np.array([10] + 2 * [100] + 5 * [1000]),
    )
    expected = []
    for b, n in zip(ballots.tolist(), registered.tolist(), strict=True):
        expected += [next((k for k in range(100) if k * n < 100 * b <= (k + 1) * n), -1)]
    assert turnout_bins(ballots, registered).tolist() == expected


def test_votes_and_sweep_by_hand():
    votes, others = np.zeros(100), np.zeros(100)
    votes[[40, 50, 90]], others[[40, 50, 90]] = [30, 60, 100], [60, 60, 20]
    # With bin 40 as the reference c = 1/2: 190 − 140/2; with bin 50 c = 1; with bin 90 c = 5.
    bins, swept = sweep(votes, others)
    assert bins.tolist() == [40, 50, 90]
    assert swept.tolist() == [120.0, 50.0, -510.0]
    assert anomalous(votes[None], others[None], np.array([50])).tolist() == [50.0]
    assert np.isnan(anomalous(votes[None], others[None], np.array([41]))[0])


def test_the_reference_of_a_single_bin_and_of_none():
    others = np.zeros((2, 100))
    others[0, 30] = 5.0
    found = reference_bins(others)
    assert found.bins.tolist() == [30, -1]
    assert not found.fitted[1]


@pytest.mark.slow
def test_under_its_null_the_interval_covers_zero():
    rng = np.random.default_rng(21)
    outside, shares = 0, []
    for _ in range(200):
        returns = forensics.simulation.clean(n=3000, rng=rng, **NULL)
        found = forensics.reference_bin(returns, rng=rng, n_resamples=199).only()
        outside += not found.interval.low <= 0 <= found.interval.high
        shares.append(found.detail["share_of_votes"])
    # A nominal .05: the reference chosen anew makes it conservative.
    assert outside <= 0.05 * 200
    # No bias beyond a percent of the leader's votes, three standard errors allowed.
    assert abs(np.mean(shares)) <= 0.01 + 3 * np.std(shares) / np.sqrt(200)


def _stuffed(returns, share, rng):
    """The same with ballots for the leader in the name of those who stayed away."""
    frame = returns.frame
    chosen = rng.random(len(frame)) < share
    away = (frame["registered"] - frame["issued"]).to_numpy(dtype=float)
    added = np.where(chosen, away * rng.uniform(0.2, 0.9, len(frame)), 0).astype(int)
    for column in ("issued", "ballots", "valid", "votes_leader"):
        frame[column] += added
    return forensics.Returns(frame, levels=returns.levels, leader="leader"), int(added.sum())


def test_added_votes_are_found_where_support_is_independent_of_turnout():
    rng = np.random.default_rng(22)
    clean = forensics.simulation.clean(n=4000, rng=rng, **NULL)
    doctored, added = _stuffed(clean, 0.2, rng)
    before = forensics.reference_bin(clean, rng=1).only()
    after = forensics.reference_bin(doctored, rng=1).only()
    assert before.interval.low < 0 < before.interval.high
    assert after.interval.low <= added <= after.interval.high
    # Measured over 25 such elections: standard deviation a fifth of the votes added; three allowed.
    assert after.effect - added == pytest.approx(0, abs=0.6 * added)
    assert after.effect > before.effect


def test_honest_geography_gives_votes_beyond_every_interval():
    clean = forensics.simulation.clean(
        n=4000, structure="gradient", correlation=0.9, spread=(0.0, 0.0, 0.4), rng=3
    )
    found = forensics.reference_bin(clean, rng=1).only()
    # Nobody added a vote; the method finds votes all the same, and says so.
    assert found.interval.low > 0
    assert any("honest elections" in str(item.text) for item in found.assumptions)
    assert any("honest elections" in str(sentence) for sentence in found.innocent)


def test_resamples_belong_to_the_scope_alone():
    returns = forensics.simulation.clean(n=1500, rng=4)
    alone = forensics.reference_bin(returns, rng=7).only(scope="national")
    both = forensics.reference_bin(returns, by=("region", None), rng=7)
    assert json.dumps(both.only(scope="national").to_dict()) == json.dumps(alone.to_dict())
    other = forensics.reference_bin(returns, rng=8).only()
    assert other.effect == alone.effect
    assert other.interval != alone.interval


def test_order_of_rows_and_names_of_options_change_nothing():
    returns = forensics.simulation.clean(n=1500, rng=5)
    frame = returns.frame
    shuffled = forensics.Returns(frame.sample(frac=1, random_state=1), leader="leader")
    renamed = forensics.Returns(frame.rename(columns={"votes_leader": "votes_x"}), leader="x")
    reference = forensics.reference_bin(returns, by=(None, "region"), rng=1)
    for other in (shuffled, renamed):
        for a, b in zip(reference, forensics.reference_bin(other, by=(None, "region"), rng=1), strict=True):
            assert (a.scope, a.effect, a.interval, dict(a.detail)) == (
                b.scope, b.effect, b.interval, dict(b.detail)
            )  # fmt: skip


def test_all_options_and_the_invalid_votes():
    found = forensics.reference_bin(forensics.simulation.clean(n=800, rng=6), option="all", rng=1)
    assert found[0].quantity == "share"
    assert {"share_fourth", "share_invalid"} <= {item.quantity for item in found}


def test_without_twenty_units_there_is_no_interval():
    returns = forensics.simulation.clean(n=2400, rng=7)
    national, *units = forensics.reference_bin(returns, by=(None, "region"), rng=1)
    assert national.detail["clusters"] == {"level": "district", "n": 120}
    assert not national.underpowered
    for unit in units:
        assert unit.underpowered
        assert unit.interval is None
        assert unit.effect is not None
        assert any("at least 20 units" in str(item.text) for item in unit.assumptions)


def test_pictures_hold_what_the_figures_draw():
    found = forensics.reference_bin(forensics.simulation.clean(n=1500, rng=8), rng=1).only()
    curves, swept = found.pictures
    assert (curves.figure, swept.figure) == ("votes_by_turnout", "reference_sweep")
    assert list(curves.columns) == ["turnout_bin", "leader", "others", "expected_leader"]
    assert list(swept.columns) == ["reference", "votes", "share_of_ballots"]
    difference = curves.columns["leader"] - curves.columns["expected_leader"]
    assert difference.sum() == pytest.approx(found.effect, rel=1e-9)


def test_contradictory_precincts_are_left_out_and_counted():
    frame = pd.DataFrame(
        {
            "precinct": list("123456"),
            "registered": [100, 200, 200, 200, 200, None],
            "ballots": [50, 250, 0, 100, 80, 80],
            "votes_a": [30, 100, 0, 120, 40, 40],
        }
    )
    found = forensics.reference_bin(forensics.Returns(frame), rng=1).only()
    # 100 is not more than 100; more ballots than voters; none; more votes than ballots; no voters.
    assert (found.n, found.excluded) == (1, 5)
    assert np.flatnonzero(~np.isnan(found.precincts)).tolist() == [4]
    empty = forensics.reference_bin(forensics.Returns(frame), minimum=1000, rng=1).only()
    assert (empty.n, empty.effect, empty.interval) == (0, None, None)
    assert empty.underpowered


def test_a_reference_without_ballots_and_one_that_is_no_bin():
    returns = forensics.simulation.clean(n=500, rng=9)
    found = forensics.reference_bin(returns, reference=0, rng=1).only()
    assert found.effect is None
    assert any("no other ballots" in str(item.text) for item in found.assumptions)
    with pytest.raises(forensics.ConfigError, match="0 to 99"):
        forensics.reference_bin(returns, reference=100)
    with pytest.raises(forensics.ConfigError, match="at least 1"):
        forensics.reference_bin(returns, n_resamples=0)


def test_without_votes_it_is_skipped():
    frame = pd.DataFrame({"precinct": ["1"], "registered": [200], "ballots": [10]})
    found = forensics.reference_bin(forensics.Returns(frame))
    assert "votes by option" in str(found.skipped[0].reason)

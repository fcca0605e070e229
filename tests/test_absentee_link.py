"""Support where voters come from elsewhere: published slopes, size, planted buses, edges."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import forensics
from forensics.detectors.carousel.absentee_link import absentee_link
from forensics.errors import ConfigError
from forensics.finding import Finding
from forensics.simulation import Specification, draw, embedded, manipulate
from forensics.simulation.parameters import Institutions
from forensics.tables.returns import Returns

# Slopes are published with three decimals.
PRINTED = 0.0005
#: Blocks of the demonstration that have nothing to do with certificates.
WITHOUT = {"planted": (), "roster": None, "hours": None, "accounting": None, "lists": None, "contest": None}


def standard(precincts: int = 9840, units: tuple[int, int] = (16, 208), **changes: object) -> Specification:
    """The demonstration election without what was planted in it: 9,840 precincts, 208 districts."""
    base = embedded()
    shape = msgspec.structs.replace(base.shape, precincts=precincts, units=units)
    return base.replaced(**{**WITHOUT, "shape": shape, **changes})


def national(returns: Returns, **parameters: object) -> Finding:
    return absentee_link(returns, **({"rng": 1, "n_resamples": 199} | parameters)).only(scope="national")


@pytest.fixture(scope="module")
def small() -> Returns:
    return draw(standard(2400, (8, 60)), rng=7).returns


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "pooled", "within", "error", "many", "difference"),
    # methods.md, section 9: slopes (N ≥ 100, weights issued) and precincts with more than 100.
    [
        ("ru2011_duma", -0.622, 0.099, 0.041, 1187, 0.021),
        ("ru2016_duma", -1.212, 0.064, 0.025, 594, 0.034),
    ],
)
def test_published_slopes(
    shared_data: Path, name: str, pooled: float, within: float, error: float, many: int, difference: float
) -> None:
    returns = forensics.read_returns(shared_data / "returns" / f"{name}.parquet")
    found = national(returns)
    detail = found.detail
    assert detail["slope_pooled"] == pytest.approx(pooled, abs=PRINTED)
    assert detail["slope_within"] == found.effect == pytest.approx(within, abs=PRINTED)
    assert detail["se_within"] == pytest.approx(error, abs=PRINTED)
    # Number of precincts counted from the file; the difference is published.
    assert detail["over_100"] == [many, pytest.approx(difference, abs=PRINTED)]
    assert found.interval is not None
    assert found.interval.low > 0
    assert found.pvalue == 1 / 200
    assert "1.92\u00a0%" in str(found.null) or "1.54\u00a0%" in str(found.null)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["hu2022_parliament_list", "ru2021_spb_odd"])
def test_attached_voters_stand_in_for_certificates(shared_data: Path, name: str) -> None:
    returns = forensics.read_returns(shared_data / "returns" / f"{name}.parquet")
    found = national(returns)
    assert found.parameters["movers"] == "absentee_attached"
    assert found.pvalue is not None
    assert found.pvalue > 0.05


@pytest.mark.shared
def test_a_file_without_certificates_is_skipped(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "se2018_riksdag.parquet")
    (skipped,) = absentee_link(returns).skipped
    assert "no absentee_voted or absentee_attached" in str(skipped.reason)


def test_honest_visitors_are_rarely_called_odd() -> None:
    pvalues = [national(draw(standard(2400, (8, 60)), rng=seed).returns).pvalue for seed in range(12)]
    # 12 elections at a size of .05: more than 3 has probability .002 (binomial).
    assert sum(p is not None and p <= 0.05 for p in pvalues) <= 3


def test_low_turnout_does_not_look_like_visitors() -> None:
    # Turnout goes with support: the slope on ballots issued leans, the p-value and the support do not.
    found = national(draw(standard(4000, (8, 80), correlation=(0.8,)), rng=3).returns)
    assert found.detail["slope_within"] < -0.3
    assert found.pvalue is not None
    assert 0.05 < found.pvalue < 0.95
    low, high = found.detail["support_movers_interval"]
    assert low < found.detail["support_others"] < high


def test_buses_with_certificates_are_found() -> None:
    honest = draw(standard(), rng=11).returns
    before = national(honest)
    full, _ = manipulate(honest, "carousel_certificates", share=0.05, intensity=60, rng=11)
    after = national(full)
    assert before.pvalue is not None
    assert before.pvalue > 0.05
    assert after.pvalue == 1 / 200
    assert (after.statistic or 0) > 3
    # Those on the buses all vote for the leader, the other visitors as everybody does.
    before_low, before_high = before.detail["support_movers_interval"]
    assert before_low < before.detail["support_others"] < before_high
    assert after.detail["support_movers_interval"][0] > after.detail["support_others"]
    assert after.detail["capacity"] > before.detail["capacity"]


def test_the_residual_points_to_where_the_buses_went() -> None:
    full, truth = manipulate(
        draw(standard(), rng=12).returns, "carousel_certificates", share=0.05, intensity=60, rng=12
    )
    found = national(full)
    assert found.precincts is not None
    hit = (truth["kind"] != "").to_numpy()
    known = np.isfinite(found.precincts)
    assert np.nansum(found.precincts) == pytest.approx(found.statistic, rel=1e-9)
    assert found.precincts[hit & known].mean() > 20 * abs(found.precincts[~hit & known].mean())


@pytest.mark.slow
def test_size_and_power_on_standard_elections() -> None:
    sizes, power = [], []
    for seed in range(200):
        honest = draw(standard(), rng=50_000 + seed).returns
        sizes.append(national(honest).pvalue)
        if seed < 100:
            full, _ = manipulate(honest, "carousel_certificates", share=0.05, intensity=30, rng=seed)
            power.append(national(full).pvalue)
    # Size .05 and power .9, each with two standard errors of a share among 200 and 100.
    assert np.mean(np.array(sizes) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean(np.array(power) <= 0.05) >= 0.9 - 2 * np.sqrt(0.9 * 0.1 / 100)


@pytest.mark.slow
def test_institutions_that_nothing_marks_leave_the_size() -> None:
    rejected = 0
    for seed in range(200):
        honest = draw(standard(institutions=Institutions(share=0.05)), rng=80_000 + seed).returns
        bare = Returns(honest.frame.drop(columns="venue_type"), levels=honest.levels)
        rejected += (national(bare, n_resamples=99).pvalue or 1.0) <= 0.05
    # A test of exact size .05 exceeds this quantile once in a thousand studies.
    assert rejected <= binom.ppf(0.999, 200, 0.05)


def test_levels_share_their_permutations_and_add_up(small: Returns) -> None:
    found = absentee_link(small, by=(None, "region", "district"), rng=1, n_resamples=99)
    (nation,) = found.select(scope="national").tested
    regions = found.select(scope="region").tested
    assert len(regions) == 8
    assert sum(item.n for item in regions) == nation.n
    alone = absentee_link(small, by="region", rng=1, n_resamples=99)
    assert [item.pvalue for item in alone.tested] == [item.pvalue for item in regions]
    assert {item.detail["clustered_by"] for item in regions} == {"district"}
    districts = found.select(scope="district").tested
    assert {item.detail["clustered_by"] for item in districts} == {"precinct"}
    assert all(item.detail["pvalue_adjusted"] >= item.pvalue for item in regions)
    assert nation.pictures
    assert not regions[0].pictures


def test_every_option(small: Returns) -> None:
    found = absentee_link(small, option="all", rng=1, n_resamples=19)
    assert [item.quantity for item in found.tested][:2] == ["share", "share_second"]
    assert found[-1].quantity == "share_invalid"


def test_special_precincts_are_set_apart(small: Returns) -> None:
    found = national(small)
    special = small.frame["venue_type"].isin(["health", "transport", "military", "prison", "remote"])
    assert special.any()
    assert found.precincts is not None
    assert np.isnan(found.precincts[special.to_numpy()]).all()
    assert found.assumptions[0].holds is True
    frame = small.frame.drop(columns="venue_type")
    assert national(Returns(frame, levels=small.levels)).assumptions[0].holds is None


def test_few_precincts_and_no_visitors(small: Returns) -> None:
    part = small.part(np.arange(15))
    found = national(part)
    assert found.underpowered
    assert found.pvalue is None
    one = small.frame
    one["absentee_voted"] = np.where(np.arange(len(one)) == 4, 3, 0)
    alone = national(Returns(one, levels=small.levels))
    assert alone.detail["capacity"] == 3
    assert alone.pvalue is not None  # one district has something to permute


def test_without_levels_there_is_one_home(small: Returns) -> None:
    frame = small.frame.drop(columns=["region", "district"])
    frame["precinct"] = np.arange(len(frame))
    found = national(Returns(frame))
    assert found.parameters["within"] is None
    assert found.detail["clustered_by"] == "precinct"
    assert "within a fifth of the sizes" in str(found.null)
    assert "slope_within" not in found.pictures[0].options


def test_order_of_rows_and_names_of_options_change_nothing(small: Returns) -> None:
    frame = small.frame
    order = np.random.default_rng(1).permutation(len(frame))
    other = frame.iloc[order].rename(columns={"votes_ruling": "votes_first"})
    one, two = national(small), national(Returns(other, levels=small.levels))
    assert one.pvalue == two.pvalue
    assert one.effect == pytest.approx(two.effect, rel=1e-9)
    assert one.statistic == pytest.approx(two.statistic, rel=1e-9)


def test_a_two_sided_test_and_bad_parameters(small: Returns) -> None:
    assert national(small, alternative="two-sided").parameters["alternative"] == "two-sided"
    with pytest.raises(ConfigError, match="alternative is greater or two-sided, not 'less'"):
        absentee_link(small, alternative="less")
    with pytest.raises(ConfigError, match="at least 1, not 0"):
        absentee_link(small, n_resamples=0)


def test_missing_counts_are_left_out_and_told(small: Returns) -> None:
    frame = small.frame
    frame["absentee_voted"] = frame["absentee_voted"].where(np.arange(len(frame)) >= 50, pd.NA)
    before, after = national(small), national(Returns(frame, levels=small.levels))
    assert after.n < before.n
    assert after.excluded == before.excluded + before.n - after.n
    assert "a count missing" in str(after.exclusion)

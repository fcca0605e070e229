"""Pairs with and without a ballot missing: matching, size, power, real files."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from scipy.stats import t as student

import forensics
from forensics.detectors.carousel.ballot_chain import ballot_chain
from forensics.finding import Finding
from forensics.kernels.paired_differences import nearest_pairs, paired
from forensics.simulation import Specification, draw, embedded, manipulate
from forensics.tables.returns import Returns

RELATIVE = 1e-9


def election(precincts: int = 2000, units: tuple[int, int] = (12, 120)) -> Specification:
    base = embedded()
    shape = msgspec.structs.replace(base.shape, precincts=precincts, units=units)
    return base.replaced(shape=shape, planted=(), roster=None, hours=None, certificates=None, lists=None)


def chain(returns: Returns, **parameters: object) -> Finding:
    return ballot_chain(returns, **parameters).only(quantity="chain", scope="national")


@pytest.mark.shared
@pytest.mark.parametrize("name", ["ge2016_parliament", "pl2018_sejmik"])
def test_honest_counts_have_no_trace_of_chains(shared_data: Path, name: str) -> None:
    found = chain(forensics.read_returns(shared_data / "returns" / f"{name}.parquet"))
    assert found.detail["pairs"] > 500
    assert found.detail["turnout_flat"] is True
    assert found.detail["territories_flagged"] == 0
    assert found.interval is not None
    assert found.interval.low < 0 < found.interval.high
    assert found.pvalue is not None
    assert found.pvalue > 0.05


@pytest.mark.shared
def test_where_protocols_are_made_to_balance_the_honest_ones_miss_ballots(shared_data: Path) -> None:
    found = chain(forensics.read_returns(shared_data / "returns" / "ru2011_duma.parquet"))
    assert found.pvalue is not None
    assert found.pvalue > 0.99
    assert found.interval is not None
    assert found.interval.high < 0
    assert found.detail["turnout_interval"][1] < 0


def test_chains_are_found_with_their_turnout_flat() -> None:
    clean = draw(election(), rng=3).returns
    full, truth = manipulate(clean, "ballot_chain", share=0.05, intensity=60, rng=3)
    before, after = chain(clean), chain(full)
    assert (after.statistic or 0) > (before.statistic or 0) + 2
    assert after.pvalue is not None
    assert after.pvalue < 1e-4
    assert (after.effect or 0) > 0.02
    assert after.detail["turnout_flat"] is True
    assert after.precincts is not None
    hit = (truth["kind"] != "").to_numpy() & np.isfinite(after.precincts)
    assert after.precincts[hit].mean() > 0.05


def test_stuffing_is_no_chain() -> None:
    clean = draw(election(), rng=4).returns
    full, _ = manipulate(clean, "stuffing", share=0.05, rng=4)
    found = chain(full)
    assert found.pvalue is not None
    assert found.pvalue > 0.01


def test_honest_elections_are_hardly_ever_called_odd() -> None:
    pvalues = [chain(draw(election(1000, (6, 60)), rng=seed).returns).pvalue for seed in range(15)]
    assert all(p is not None for p in pvalues)
    # 15 elections at a size of .05: more than 3 has probability .005 (binomial).
    assert sum(p is not None and p <= 0.05 for p in pvalues) <= 3


@pytest.mark.slow
def test_size_and_power() -> None:
    sizes, power = [], []
    for seed in range(100):
        honest = draw(election(), rng=70_000 + seed).returns
        sizes.append(chain(honest).pvalue)
        if seed < 40:
            power.append(
                chain(manipulate(honest, "ballot_chain", share=0.05, intensity=60, rng=seed)[0]).pvalue
            )
    # Size at most .05 and power .9, each with two standard errors of a share among 100 and 40.
    assert np.mean(np.array(sizes) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 100)
    assert np.mean(np.array(power) <= 0.05) >= 0.9 - 2 * np.sqrt(0.9 * 0.1 / 40)


def test_levels_rows_and_names() -> None:
    returns = manipulate(draw(election(), rng=6).returns, "ballot_chain", share=0.3, rng=6)[0]
    found = ballot_chain(returns, by=(None, "region"))
    nation = found.only(quantity="chain", scope="national")
    regions = found.select(quantity="chain", scope="region").tested
    assert sum(item.detail["pairs"] for item in regions) == nation.detail["pairs"]
    told = [item for item in regions if item.pvalue is not None]
    assert len(told) > 6
    assert all(item.detail["pvalue_adjusted"] >= item.pvalue for item in told)
    order = np.random.default_rng(1).permutation(len(returns))
    frame = returns.frame.iloc[order].rename(columns={f"votes_{returns.leader}": "votes_z"})
    other = chain(Returns(frame, levels=returns.levels))
    assert (other.detail["pairs"], other.parameters["option"]) == (nation.detail["pairs"], "z")
    assert other.effect == pytest.approx(nation.effect, rel=RELATIVE)


def test_without_votes_or_registered_only_the_count_is_given() -> None:
    frame = pd.DataFrame(
        {"precinct": list("ab"), "issued": [10, 20], "ballots": [9, 20], "registered": [30, 40]}
    )
    assert [item.quantity for item in ballot_chain(Returns(frame)).tested] == ["missing_ballots"]
    few = ballot_chain(Returns(frame.assign(votes_x=[5, 6])), minimum=1).only(quantity="chain")
    assert few.underpowered
    assert (few.pvalue, few.effect, few.interval) == (None, None, None)


def test_pairs_lie_in_their_stratum_within_the_caliper_and_use_a_row_once() -> None:
    rng = np.random.default_rng(1)
    stratum, covariate = rng.integers(0, 60, 3000), rng.normal(6, 0.7, 3000)
    chosen = rng.random(3000) < 0.15
    one, other = nearest_pairs(chosen, covariate, stratum, caliper=0.2)
    assert chosen[one].all()
    assert not chosen[other].any()
    assert len(set(one)) == len(one) == len(set(other))
    assert (stratum[one] == stratum[other]).all()
    assert np.abs(covariate[one] - covariate[other]).max() <= 0.2
    # Every chosen row that is left has no free row of its stratum within the caliper.
    left = np.setdiff1d(np.flatnonzero(chosen), one)
    free = np.setdiff1d(np.flatnonzero(~chosen), other)
    for row in left:
        near = free[stratum[free] == stratum[row]]
        assert (np.abs(covariate[near] - covariate[row]) > 0.2).all()
    # Neither side is favoured: the mean difference is within three standard errors of 0.
    apart = covariate[one] - covariate[other]
    assert abs(apart.mean()) < 3 * apart.std() / np.sqrt(len(apart))
    assert len(nearest_pairs(np.zeros(5, bool), np.zeros(5), np.zeros(5, int), caliper=1)[0]) == 0


def test_differences_against_students_interval_and_random_signs() -> None:
    rng = np.random.default_rng(2)
    difference, unit = rng.normal(0.1, 1, 90), np.repeat([0, 1, 2], [60, 29, 1])
    found = paired(difference, unit, 4)
    assert found.pairs.tolist() == [60, 29, 1, 0]
    first = difference[:60]
    half = student.ppf(0.975, 59) * first.std(ddof=1) / np.sqrt(60)
    assert found.half_width[0] == pytest.approx(half, rel=RELATIVE)
    assert found.pvalue[0] == pytest.approx(norm.sf(first.sum() / np.sqrt((first**2).sum())), rel=RELATIVE)
    assert np.isnan(found.mean[2:]).all()

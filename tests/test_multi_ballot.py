"""Concurrent contests: exact orderings of real files, tolerance, size, power, edges."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, poisson

import forensics
from forensics.detectors.carousel.multi_ballot import multi_ballot
from forensics.errors import ConfigError
from forensics.finding import Finding
from forensics.kernels.orderings import PASSED, allowances, more_than_slips, share_interval
from forensics.simulation import draw, embedded
from forensics.simulation.parameters import Clerical, Contest
from forensics.tables.returns import Returns


def election(seed: int, slips: float = 0.02) -> Returns:
    base = embedded()
    specification = base.replaced(
        shape=msgspec.structs.replace(base.shape, precincts=1200, units=(6, 60)),
        contest=Contest(),
        clerical=Clerical(rate=slips),
        planted=(),
        roster=None,
    )
    return draw(specification, rng=seed).returns


def added(returns: Returns, ballots: int, share: float, seed: int) -> Returns:
    """Ballots added to the city's contest in some precincts."""
    rows = np.random.default_rng(seed).random(len(returns)) < share
    more = returns.frame["city_ballots"] + pd.Series(rows * ballots, index=returns.frame.index)
    return Returns(returns.frame.assign(city_ballots=more.astype("Int32")), levels=returns.levels)


def national(returns: Returns, **parameters: object) -> Finding:
    return multi_ballot(returns, **parameters).only(scope="national")


@pytest.mark.shared
def test_city_ballots_of_a_real_file(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "ru2021_spb_odd.parquet")
    found = national(returns)
    excess = (returns.counts("city_ballots") - returns.counts("ballots"))[
        ~np.isnan(returns.counts("city_ballots"))
    ]
    # "A few dozen" in methods.md, C6, for all precincts; these are half of them, counted from the file.
    assert found.quantity == "city_over_main"
    names = ("over_0", "over_10", "over_50")
    assert [found.detail[name] for name in names] == [29, 14, 7]
    assert [int((excess > k).sum()) for k in (0, 10, 50)] == [29, 14, 7]
    assert found.detail["largest"] == 204
    assert found.pvalue is not None
    assert found.pvalue < 0.01
    assert found.precincts is not None
    assert np.nanmax(found.precincts) == 204


@pytest.mark.shared
def test_an_honest_count_stays_within_the_tolerance(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "ro2016_senate.parquet")
    (unclear,) = multi_ballot(returns).skipped
    assert "name it" in str(unclear.reason)
    # Every voter has both ballots: the Chamber's votes cannot exceed the Senate's ballots either.
    found = national(returns, narrower="cdep")
    assert (found.detail["over_0"], found.detail["over_10"]) == (34, 0)
    assert found.pvalue == 1.0
    assert found.detail["beyond"] <= 5
    assert any("its votes stand for them" in str(a.text) for a in found.assumptions)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["ru2018_president", "bg2021jul_parliament"])
def test_a_file_with_one_contest_is_skipped(shared_data: Path, name: str) -> None:
    returns = forensics.read_returns(shared_data / "returns" / f"{name}.parquet")
    (skipped,) = multi_ballot(returns).skipped
    assert "one contest only" in str(skipped.reason)


def test_honest_elections_with_slips_are_hardly_ever_called_odd() -> None:
    pvalues = [national(election(seed)).pvalue for seed in range(20)]
    # 20 elections at a size of .05: more than 3 has probability .016 (binomial).
    assert sum(p is not None and p <= 0.05 for p in pvalues) <= 3


def test_ballots_added_to_the_narrower_contest_are_found() -> None:
    for seed in range(6):
        found = national(added(election(seed), 30, 0.05, seed))
        assert found.pvalue is not None
        assert found.pvalue < 1e-4
        assert found.effect == pytest.approx(0.05, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("slips", [0.005, 0.02, 0.1])
def test_size_on_elections_with_slips(slips: float) -> None:
    rejected = sum((national(election(40_000 + seed, slips)).pvalue or 1.0) <= 0.05 for seed in range(100))
    # A test of exact size .05 exceeds this quantile once in a thousand studies.
    assert rejected <= binom.ppf(0.999, 100, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("ballots", "share"), [(20, 0.05), (30, 0.02)])
def test_power_where_ballots_are_added(ballots: int, share: float) -> None:
    pvalues = [national(added(election(50_000 + seed), ballots, share, seed)).pvalue for seed in range(50)]
    # Power .9, with two standard errors of a share among 50.
    assert np.mean([p is not None and p <= 0.05 for p in pvalues]) >= 0.9 - 2 * np.sqrt(0.9 * 0.1 / 50)


def test_exceeding_counts_by_hand() -> None:
    frame = pd.DataFrame({
        "precinct": [str(i) for i in range(60)],
        "registered": 1000,
        "ballots": 500,
        "votes_x": 250,
        "city_registered": 990,
        "city_ballots": 480,
    })  # fmt: skip
    frame.loc[:3, "city_ballots"] = [501, 511, 551, 500]
    frame.loc[4, ["city_registered", "city_ballots"]] = [1020, 521]
    found = national(Returns(frame))
    assert [found.detail[f"over_{k}"] for k in (0, 10, 50)] == [4, 3, 1]
    assert found.detail["ballots_over"] == 1 + 11 + 51 + 21
    # 500 ballots at 2 in 1,000: one error expected, five allowed; twenty more where the list is longer.
    assert found.detail["beyond"] == 2
    assert found.detail["beyond_ballots"] == 6 + 46
    assert found.detail["longer"] == 1
    assert found.effect == pytest.approx(2 / 60)
    assert found.pvalue == pytest.approx(binom.sf(1, 60, 0.005 + PASSED))
    # The other order, when told: then it is the federal ballots that are too many.
    other = national(Returns(frame), narrower="main")
    assert other.quantity == "main_over_city"
    assert other.detail["over_10"] == 55


def test_three_contests_give_three_orderings_and_levels_add_up() -> None:
    frame = election(1).frame
    frame = frame.assign(ward_registered=frame["city_registered"] - 1, ward_ballots=frame["city_ballots"])
    returns = Returns(frame)
    found = multi_ballot(returns, by=(None, "region"))
    names = [item.quantity for item in found.select(scope="national").tested]
    assert names == ["city_over_main", "ward_over_main", "ward_over_city"]
    regions = found.select(quantity="city_over_main", scope="region").tested
    nation = found.only(quantity="city_over_main", scope="national")
    assert sum(item.detail["over_0"] for item in regions) == nation.detail["over_0"]
    assert all(item.detail["pvalue_adjusted"] >= item.pvalue for item in regions if not item.underpowered)


def test_the_order_of_rows_and_missing_counts() -> None:
    returns = added(election(2), 30, 0.03, 2)
    frame = returns.frame.iloc[::-1]
    one, two = national(returns), national(Returns(frame, levels=returns.levels))
    assert (one.pvalue, one.effect, dict(one.detail)) == (two.pvalue, two.effect, dict(two.detail))
    frame = returns.frame.astype({"city_ballots": "Int64"})
    frame.loc[frame.index[:1160], "city_ballots"] = pd.NA
    few = national(Returns(frame, levels=returns.levels))
    assert few.underpowered
    assert few.pvalue is None
    assert few.excluded >= 1160


def test_allowances_against_the_poisson_law() -> None:
    ballots = np.array([0.0, 3, 77, 500, 1234, 4000])
    found = allowances(ballots, 0.002)
    assert (poisson.sf(found, 0.002 * ballots) <= PASSED).all()
    # Means are rounded upwards by at most 1/32 of an error: one less would be passed more often.
    assert (poisson.sf(found - 1, 0.002 * ballots + 1 / 32) > PASSED)[1:].all()
    assert allowances(np.zeros(0), 0.002).shape == (0,)
    assert (allowances(ballots, 0.0) == 0).all()


def test_slips_and_their_interval() -> None:
    assert more_than_slips(0, 100, 0.01) == 1.0
    assert more_than_slips(5, 100, 0.01) == pytest.approx(binom.sf(4, 100, 0.01 + PASSED))
    # Clopper and Pearson (1934): no success in 20 has the upper limit 1 − .025^(1/20).
    assert share_interval(0, 20, 0.95) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))
    assert share_interval(20, 20, 0.95)[1] == 1.0


def test_what_is_asked_for_wrongly() -> None:
    returns = election(3)
    with pytest.raises(ConfigError, match="no contest here; the contests are main, city"):
        multi_ballot(returns, narrower="senate")
    with pytest.raises(ConfigError, match="slips is a share"):
        multi_ballot(returns, slips=1.0)

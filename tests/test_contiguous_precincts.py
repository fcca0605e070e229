"""Precincts of one building: against brute force, exact where it is, calibrated against a baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, fisher_exact, hypergeom

import forensics
from forensics import ConfigError, Returns, contiguous_precincts
from forensics.kernels.buildings import GRID, Blocks, apart, block_pvalues, calm, redrawn, swapped
from forensics.simulation import Specification, draw, manipulate
from forensics.simulation.parameters import Places, Rate, Shape

EXACT = 1e-9
# Of so many clean pairs of elections a test of size .05 rejects no more but once in 1,000 times.
ELECTIONS = 6
MOST_REJECTED = int(binom.ppf(0.999, ELECTIONS, 0.05))
# Relative error of a variance that is told from the median of 1,500 buildings (three deviations).
OF_MEDIAN = 0.15


def drawn(buildings: int, kappa: float, seed: int = 1, low: float = 0.4, high: float = 0.6) -> Blocks:
    """Two to four precincts a building, with honest differences of variance κ on the logit scale."""
    rng = np.random.default_rng(seed)
    size = rng.integers(2, 5, buildings)
    block = np.repeat(np.arange(buildings), size)
    n = rng.integers(300, 2500, len(block)).astype(float)
    p = rng.uniform(low, high, buildings)
    middle = Blocks(np.rint(n * p[block]), n, block)
    return redrawn(middle, np.full(buildings, kappa), rng)


def test_distances_against_a_loop() -> None:
    blocks = drawn(20, 0.01)
    kappa = np.full(20, 0.02)
    by_hand, z = [], []
    for b in range(20):
        x, n = blocks.x[blocks.block == b], blocks.n[blocks.block == b]
        p = x.sum() / n.sum()
        y, variance = x / n, p * (1 - p) / n + 0.02 * (p * (1 - p)) ** 2
        mean = (y / variance).sum() / (1 / variance).sum()
        by_hand.append((((y - mean) ** 2) / variance).sum())
        for i in range(len(y)):
            others = np.arange(len(y)) != i
            w = 1 / variance[others]
            z.append((y[i] - (w * y[others]).sum() / w.sum()) / np.sqrt(variance[i] + 1 / w.sum()))
    assert blocks.distance(kappa) == pytest.approx(by_hand, rel=EXACT)
    assert apart(blocks, kappa) == pytest.approx(z, rel=EXACT)


def test_pairs_are_tested_exactly() -> None:
    # Without honest differences: the conditional test of two binomial counts, both tails doubled.
    x, n = np.array([412.0, 350.0, 30.0, 45.0]), np.array([800.0, 790.0, 60.0, 61.0])
    pvalues = block_pvalues(Blocks(x, n, np.array([0, 0, 1, 1])), np.zeros(2))
    for b, i in enumerate((0, 2)):
        table = [[x[i], n[i] - x[i]], [x[i + 1], n[i + 1] - x[i + 1]]]
        tails = [fisher_exact(table, alternative=side)[1] for side in ("less", "greater")]
        assert pvalues[b] == pytest.approx(2 * min(tails), rel=1e-6)
    low = hypergeom.cdf(30, 121, 75, 60)
    assert pvalues[1] == pytest.approx(2 * low, rel=1e-6)


def test_the_pair_test_holds_its_size_with_honest_differences() -> None:
    blocks = drawn(3000, 0.02)
    calibrated, as_they_are = (block_pvalues(blocks, np.full(3000, k)) for k in (0.02, 0.0))
    pairs = blocks.size == 2
    assert (calibrated[pairs] <= 0.05).mean() < 0.065  # three deviations of 1,000 pairs
    assert (as_they_are[pairs] <= 0.05).mean() > 0.3


@pytest.mark.parametrize("kappa", [0.0, 0.01, 0.06])
def test_honest_differences_are_told_from_the_calm_half(kappa: float) -> None:
    blocks = drawn(1500, kappa)
    fitted = calm(blocks)
    assert fitted.of(np.array([0.5]))[0] == pytest.approx(kappa, rel=OF_MEDIAN, abs=0.0015)
    # One building in ten far apart, all of them with high shares, moves the median a little.
    far = blocks.block % 10 == 0
    first = np.diff(blocks.block, prepend=-1) != 0
    hit = Blocks(np.where(far & first, 0.9 * blocks.n, blocks.x), blocks.n, blocks.block)
    assert calm(hit).of(np.array([0.5]))[0] < 1.5 * kappa + 0.003


def test_calm_differences_may_fall_with_the_share_and_not_rise() -> None:
    parts = [drawn(300, k, seed, low, low + 0.05) for k, seed, low in ((0.04, 1, 0.3), (0.01, 2, 0.6))]
    shift = parts[0].block.max() + 1
    for turned in (False, True):
        x = np.concatenate([b.n - b.x if turned else b.x for b in parts])
        n = np.concatenate([b.n for b in parts])
        both = Blocks(x, n, np.concatenate([parts[0].block, parts[1].block + shift]))
        low, high = calm(both).of(np.array([0.32, 0.63]))
        if turned:
            assert low == high
        else:
            assert low > 2.5 * high


def test_large_differences_end_at_the_largest_variance() -> None:
    blocks = Blocks(np.tile([5.0, 995.0], 50), np.full(100, 1000.0), np.repeat(np.arange(50), 2))
    assert calm(blocks).of(np.array([0.5])).tolist() == pytest.approx([GRID[-1]])


def test_exchanging_two_equal_elections_finds_nothing() -> None:
    blocks = drawn(200, 0.02)
    same = swapped(blocks, blocks, np.zeros(200, dtype=np.intp), np.random.default_rng(1), 19, level=0.05)
    assert same.pvalues.tolist() == [1.0]
    assert same.deviation.tolist() == [0.0]


def specification(**blocks: Any) -> Specification:
    return Specification(
        shape=Shape(precincts=800),
        turnout=Rate(median=0.55),
        support=Rate(median=0.45),
        places=Places(shared=0.6),
        **blocks,
    )


@pytest.fixture(scope="module")
def elections() -> tuple[Returns, Returns, Returns]:
    """A clean election, another one of the same precincts, and that one with ballots stuffed."""
    before = draw(specification(), rng=1).returns
    now = draw(specification(), like=before, rng=2).returns
    return before, now, manipulate(now, "stuffing", share=0.1, rng=3)[0]


def test_clean_elections_against_a_clean_baseline_are_silent() -> None:
    rejected = 0
    for seed in range(ELECTIONS):
        before = draw(specification(), rng=seed).returns
        now = draw(specification(), like=before, rng=1000 + seed).returns
        found = contiguous_precincts(now, previous=before, n_resamples=39, rng=seed).only(
            quantity="turnout"
        )
        assert found.pvalue is not None
        rejected += found.pvalue <= 0.05
        assert found.detail["share"] < 0.09  # calm half and all others are of one kind here
    assert rejected <= MOST_REJECTED


def test_stuffed_precincts_stand_out_in_their_buildings(elections: tuple[Returns, ...]) -> None:
    before, now, stuffed = elections
    clean = contiguous_precincts(now, previous=before, rng=1).only(quantity="turnout")
    found = contiguous_precincts(stuffed, previous=before, rng=1).only(quantity="turnout")
    assert clean.pvalue is not None
    assert clean.pvalue > 0.05
    assert found.pvalue is not None
    assert found.pvalue <= 0.05
    assert found.detail["baseline"]["then"] == clean.detail["baseline"]["then"]
    assert found.detail["baseline"]["now"] > clean.detail["baseline"]["now"]
    assert found.interval is not None
    assert found.interval.low > 0
    assert found.precincts is not None
    hit = (stuffed.counts("ballots") != now.counts("ballots")) & np.isfinite(found.precincts)
    others = np.isfinite(found.precincts) & ~hit
    assert found.precincts[hit].mean() > 1
    assert abs(found.precincts[others].mean()) < 0.5


def test_without_a_baseline_there_is_no_p_value(elections: tuple[Returns, ...]) -> None:
    found = contiguous_precincts(elections[2])
    assert [f.quantity for f in found.tested] == ["turnout", "share"]
    for finding in found.tested:
        assert finding.pvalue is None
        assert not finding.underpowered
        detail = finding.detail
        assert finding.statistic == detail["discordant"]
        assert finding.effect == pytest.approx(100 * (detail["discordant"] / detail["buildings"] - 0.05))
        assert detail["baseline"] is None
        assert detail["flagged"] <= detail["discordant"]
        assert detail["dispersion"] > 1
        assert any("honest differences beyond theirs are rare" in str(a.text) for a in finding.assumptions)
    assert len(found.only(quantity="turnout").pictures) == 1


def test_units(elections: tuple[Returns, ...]) -> None:
    before, _, stuffed = elections
    found = contiguous_precincts(stuffed, previous=before, by=(None, "region"), n_resamples=39, rng=1)
    nation = found.only(quantity="turnout", scope="national")
    parts = found.select(quantity="turnout", scope="region").tested
    for key in ("buildings", "discordant", "flagged", "pairs"):
        assert sum(f.detail[key] for f in parts) == nation.detail[key]
    for finding in parts:
        assert finding.underpowered == (finding.detail["baseline"]["buildings"] < 30)
        assert (finding.pvalue is None) == finding.underpowered
        if finding.pvalue is not None:
            assert finding.detail["pvalue_adjusted"] >= finding.pvalue
    again = contiguous_precincts(stuffed, previous=before, n_resamples=39, rng=1).only(quantity="turnout")
    assert (again.pvalue, again.effect) == (nation.pvalue, nation.effect)


def test_the_order_of_rows_and_the_names_of_options_change_nothing(elections: tuple[Returns, ...]) -> None:
    stuffed = elections[2]
    other = stuffed.frame.sample(frac=1, random_state=1).rename(columns={"votes_leader": "votes_zz"})
    for one, two in zip(
        contiguous_precincts(stuffed).tested, contiguous_precincts(Returns(other)).tested, strict=True
    ):
        assert (one.quantity, one.n, dict(one.detail)) == (two.quantity, two.n, dict(two.detail))


def shared(n: int = 80, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    registered = rng.integers(500, 900, n)
    ballots = rng.binomial(registered, 0.5)
    base = {
        "region": "R",
        "precinct": np.arange(n),
        "registered": registered,
        "ballots": ballots,
        "votes_a": ballots // 2,
        "building": np.arange(n) // 2,
    }
    return pd.DataFrame(base | columns)


def test_buildings_of_different_units_are_different() -> None:
    frame = shared(region=np.where(np.arange(80) % 2, "North", "South"))
    assert "No two precincts" in str(contiguous_precincts(Returns(frame)).skipped[0].reason)
    found = contiguous_precincts(Returns(shared())).only(quantity="turnout")
    assert (found.detail["buildings"], found.detail["pairs"], found.detail["place"]) == (40, 40, "building")


def test_coordinates_are_places() -> None:
    point = np.arange(80) // 2
    frame = shared().drop(columns="building").assign(lat=50 + point / 100, lon=30.0)
    frame.loc[:1, ["lat", "lon"]] = 0.0  # no place on earth
    frame.loc[78, "lat"] += 1e-9  # the same to a tenth of a metre
    found = contiguous_precincts(Returns(frame)).only(quantity="turnout")
    assert (found.detail["buildings"], found.detail["place"], found.excluded) == (39, "coordinates", 2)
    assert "no building known (2)" in str(found.exclusion)


def test_what_is_left_out_is_said() -> None:
    frame = shared()
    frame.loc[:9, "building"] = 900  # ten in one place
    frame.loc[10, "building"] = 901  # alone, as is the other of its building now
    frame.loc[[12, 14], "registered"] = 99
    frame.loc[[12, 14], "ballots"] = 50
    frame.loc[[12, 14], "votes_a"] = 10
    frame["venue_type"] = "school"
    frame.loc[16, "venue_type"] = "health"
    found = contiguous_precincts(Returns(frame)).only(quantity="turnout")
    text = str(found.exclusion)
    for said in ("alone in it (2)", "8 in one place (10)", "special venues (1)", "with one (5)"):
        assert said in text
    assert (found.n, found.excluded) == (62, 18)
    assert found.assumptions[-1].holds is True


def test_files_in_which_nobody_shares_a_building() -> None:
    bare = contiguous_precincts(Returns(shared().drop(columns="building")))
    assert "neither buildings nor coordinates" in str(bare.skipped[0].reason)
    few = contiguous_precincts(Returns(shared(20))).only(quantity="turnout")
    assert (few.underpowered, few.pvalue, few.detail["buildings"]) == (True, None, 10)


def test_a_baseline_that_cannot_be_matched() -> None:
    returns, other = Returns(shared()), Returns(shared(precinct=np.arange(80) + 1000))
    reason = str(contiguous_precincts(returns, previous=other).skipped[0].reason)
    assert "0 buildings have two precincts that are also in the earlier returns" in reason
    with pytest.raises(ConfigError, match="previous is the Returns of the earlier election"):
        contiguous_precincts(returns, previous=shared())


@pytest.mark.shared
def test_buildings_of_st_petersburg(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "ru2021_spb_odd.parquet")
    found = contiguous_precincts(returns)
    turnout, share = (found.only(quantity=q).detail for q in ("turnout", "share"))
    # Counted in the file: 299 buildings with two precincts or more (MANIFEST), less special venues,
    # precincts below 100 voters and one building on the border of two territories.
    assert 290 <= turnout["buildings"] <= 299
    assert turnout["place"] == "building"
    # Four times what chance gives, where clean Romania, Bulgaria and Poland have 6.8, 7.1 and 9.6 %
    # (computed from ro2016_senate, bg2021jul_parliament, pl2018_sejmik).
    assert share["share"] > 0.15
    assert share["flagged"] > 30
    # Binomial counts alone would reject two pairs in five.
    assert share["exact"] > 0.3


@pytest.mark.shared
def test_shared_coordinates_of_romania(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "ro2016_senate.parquet")
    found = contiguous_precincts(returns).only(quantity="share")
    assert found.detail["place"] == "coordinates"
    # Points with two to eight precincts in the file: 1372 + 408 + 256 + 109 + 52 + 32 + 20.
    assert found.detail["buildings"] == 2249
    assert 0.05 < found.detail["share"] < 0.08
    assert found.pvalue is None


@pytest.mark.shared
def test_a_file_without_places_is_skipped(shared_data: Path) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "ru2011_duma.parquet")
    assert contiguous_precincts(returns).tested == ()


@pytest.mark.slow
def test_size_against_a_baseline() -> None:
    """60 pairs of clean elections: no more rejections than a test of size .05 has but once in 1,000."""
    rejected = {"turnout": 0, "share": 0}
    for seed in range(60):
        before = draw(specification(), rng=seed).returns
        now = draw(specification(), like=before, rng=5000 + seed).returns
        for finding in contiguous_precincts(now, previous=before, n_resamples=99, rng=seed).tested:
            rejected[finding.quantity] += (finding.pvalue or 1.0) <= 0.05
    assert max(rejected.values()) <= int(binom.ppf(0.999, 60, 0.05))

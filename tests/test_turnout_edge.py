"""Turnout at the edge and at quotas: published shares, size on clean elections, planted excess."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, poisson

import forensics
from forensics.detectors.turnout.turnout_edge import finish, merge_states, statistic, turnout_edge
from forensics.finding import Finding
from forensics.kernels.counts_above import above_smooth, continued_tail, excess_interval, poisson_band
from forensics.kernels.upper_tail import (
    PERCENTS,
    UpperTail,
    at_edge,
    at_least,
    bulk_classes,
    expect_upper_tail,
    percent_class,
)
from forensics.simulation import clean
from forensics.tables.returns import Returns

# Shares are given with four decimals.
PRINTED = 0.00005
# Clean elections in which honest turnout is ordinary, high, and very unequal.
SETTINGS = (
    {"turnout": 0.6},
    {"turnout": 0.85},
    {"turnout": 0.8, "spread": (0.7, 0.4, 0.5)},
    {"turnout": 0.85, "concentration": 30.0},
)


def national(returns: Returns) -> Finding:
    return turnout_edge(returns).only(quantity="turnout", scope="national")


def upper_tail(x: np.ndarray, n: np.ndarray) -> tuple[UpperTail, np.ndarray]:
    """The fit to precincts of one unit, and how many there are of each size."""
    nobody = np.zeros(len(n), dtype=np.intp)
    sizes, precincts = np.unique(n, return_counts=True)
    unit = np.zeros(len(sizes), dtype=np.intp)
    return expect_upper_tail(sizes, unit, precincts, bulk_classes(x, n, nobody, 1)), precincts


def read(shared_data: Path, name: str) -> Returns:
    return forensics.read_returns(shared_data / "returns" / f"{name}.parquet")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "edge"),
    # Computed from the public files by the definition: N ≥ 100, no upper exclusion.
    [("ru2018_president", 0.0250), ("ru2011_duma", 0.0457), ("se2018_riksdag", 0.0)],
)
def test_share_at_the_edge(shared_data: Path, name: str, edge: float) -> None:
    finding = national(read(shared_data, name))
    assert finding.detail["edge"] == pytest.approx(edge, abs=PRINTED)
    assert finding.pvalue is not None
    assert (finding.pvalue < 1e-6) == (edge > 0)


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["es2019_cabildos_canarias", "il2021_knesset24", "ro2016_senate", "ge2016_parliament"]
)
def test_honest_counts_are_not_called_odd(shared_data: Path, name: str) -> None:
    finding = national(read(shared_data, name))
    assert finding.pvalue is not None
    assert finding.pvalue > 0.01
    assert finding.detail["spike"][3] > 0.01


@pytest.mark.shared
def test_a_real_file_without_registered_is_skipped(shared_data: Path) -> None:
    assert turnout_edge(read(shared_data, "ve2024_president_actas")).skipped


def hits(structure: str, elections: int) -> list[float]:
    """Share of clean elections with p ≤ .05 in each setting; without a p-value it is none."""
    sizes = []
    for setting in SETTINGS:
        pvalues = [
            national(clean(n=1000, structure=structure, rng=seed, **setting)).pvalue
            for seed in range(elections)
        ]
        sizes.append(sum(p is not None and p <= 0.05 for p in pvalues) / elections)
    return sizes


@pytest.mark.parametrize("structure", ["regions", "gradient"])
def test_clean_elections_are_rarely_called_odd(structure: str) -> None:
    # 4 elections at a size of .05: more than 1 has probability .014 (binomial).
    assert max(hits(structure, 4)) <= 1 / 4


@pytest.mark.slow
@pytest.mark.parametrize("structure", ["regions", "gradient"])
def test_size_on_many_clean_elections(structure: str) -> None:
    for size in hits(structure, 400):
        # Upper 95 % bound of a binomial share.
        assert size + 1.96 * np.sqrt(size * (1 - size) / 400) <= 0.07


def planted(returns: Returns, percent: float, share: float) -> Returns:
    """Some precincts report a percentage of their voters."""
    frame = returns.frame
    chosen = np.random.default_rng(1).random(len(frame)) < share
    counts = np.ceil(frame["registered"] * percent).astype("int64")
    for column in ("issued", "ballots"):
        frame[column] = frame[column].where(~chosen, counts)
    return Returns(frame, levels=returns.levels, leader=returns.leader)


def test_power_rises_with_what_was_planted() -> None:
    returns = clean(n=3000, turnout=0.7, rng=3)
    findings = [national(planted(returns, 0.995, share)) for share in (0, 0.01, 0.04)]
    pvalues = [finding.pvalue for finding in findings]
    assert pvalues[0] is not None
    assert pvalues[0] > 0.05
    assert pvalues[1] is not None
    assert pvalues[2] is not None
    assert 1e-3 > pvalues[1] > pvalues[2]
    for finding, share in zip(findings[1:], (0.01, 0.04), strict=True):
        assert finding.interval is not None
        assert finding.interval.low < share < finding.interval.high


def test_a_quota_is_found_where_it_was_set() -> None:
    spike = national(planted(clean(n=3000, turnout=0.6, rng=4), 0.85, 0.03)).detail["spike"]
    assert spike[0] == 85
    assert spike[3] < 1e-6
    quota = national(planted(clean(n=3000, turnout=0.6, rng=4), 0.9, 0.03)).detail["quotas"][0]
    assert quota[0] == 90
    assert quota[3] < 1e-6


def test_residuals_add_up_to_the_excess() -> None:
    finding = national(planted(clean(n=800, rng=5), 0.995, 0.05))
    assert finding.precincts is not None
    assert np.nansum(finding.precincts) == pytest.approx(finding.statistic)
    assert int(np.isfinite(finding.precincts).sum()) == finding.n


def test_small_closed_and_overfull_precincts_are_shown_apart() -> None:
    returns = clean(n=600, rng=6)
    frame = returns.frame
    frame["venue_type"] = "school"
    big = frame.index[frame["registered"] > 200]
    frame.loc[big[:7], "venue_type"] = "prison"
    frame.loc[big[7:10], "issued"] = frame.loc[big[7:10], "registered"] + 3
    finding = national(Returns(frame, levels=returns.levels))
    small = int((frame["registered"] < 100).sum())
    assert finding.detail["apart"] == {"small": [small, 0], "closed": [7, 0], "over_list": [3, 3]}
    assert finding.n == 600 - small - 10
    assert finding.detail["edge"] == pytest.approx(3 / (600 - small))


def test_where_most_turnouts_are_high_there_is_no_pvalue() -> None:
    finding = national(clean(n=1500, turnout=0.95, rng=7))
    assert finding.pvalue is None
    assert not finding.underpowered
    assert [assumption.holds for assumption in finding.assumptions] == [True, False]


def test_few_precincts_are_underpowered_and_regions_are_adjusted() -> None:
    findings = turnout_edge(clean(n=900, rng=8), by=[None, "region"])
    regions = [finding for finding in findings.tested if finding.scope.level == "region"]
    assert any(finding.underpowered and finding.pvalue is None for finding in regions)
    assert sum(finding.n for finding in regions) == findings.only(scope="national").n
    assert all(not finding.pictures and finding.precincts is None for finding in regions)


def test_order_of_rows_does_not_matter() -> None:
    returns = planted(clean(n=700, rng=9), 0.995, 0.05)
    turned = Returns(returns.frame.iloc[::-1], levels=returns.levels, leader=returns.leader)
    one, two = national(returns), national(turned)
    assert one.detail["expected"] == pytest.approx(two.detail["expected"], rel=1e-9)
    assert one.pvalue == pytest.approx(two.pvalue)


def test_parts_add_up_to_the_same_bits() -> None:
    frame = planted(clean(n=900, rng=9), 0.995, 0.05).frame
    frame["region"] = frame["region"].astype("str").where(frame.index % 50 > 0)
    returns = Returns(frame)
    levels = (None, "region", "district")
    parts = [returns.part(np.arange(start, 900, 3)) for start in (2, 0, 1)]
    merged = finish(merge_states([statistic(part, by=levels) for part in parts]))
    whole = turnout_edge(returns, by=levels)
    assert len(merged) == len(whole) > 20
    for one, other in zip(merged, whole, strict=True):
        assert one.to_dict() == other.to_dict()


def test_picture_holds_the_upper_tail() -> None:
    picture = national(clean(n=700, rng=10)).pictures[0]
    assert picture.figure == "edge_bars"
    assert list(picture.columns) == ["percent", "observed", "expected", "low", "high"]
    assert (picture.columns["low"] <= picture.columns["high"]).all()


def test_needs_registered_voters() -> None:
    frame = clean(n=50, rng=1).frame[["region", "precinct", "ballots"]]
    assert turnout_edge(Returns(frame)).skipped


def test_chances_are_those_of_redraws_where_the_fit_is_the_truth() -> None:
    # One kind of precinct with a wide bell: what is fitted below 98 % goes on above.
    rng = np.random.default_rng(11)
    n = rng.integers(150, 1500, 40_000)
    rate = 1 / (1 + np.exp(-rng.normal(2.0, 0.7, len(n))))
    x = rng.binomial(n, rate)
    tail, precincts = upper_tail(x, n)
    seen = np.array([(percent_class(x, n) == percent).sum() for percent in PERCENTS[:22]])
    expected = (precincts @ tail.chances)[:22]
    # Standard normal deviates of 22 classes: their mean square has a standard deviation of .3.
    assert np.mean((seen - expected) ** 2 / expected) < 2
    assert tail.misfit < 0.01
    assert precincts @ tail.edge == pytest.approx(at_edge(x, n).sum(), rel=0.5)


def test_binomial_tails_are_exact_near_and_far_from_the_mean() -> None:
    sizes, rate = np.array([1, 7, 150, 3000]), np.array([0.003, 0.4, 0.93, 0.999])
    count = np.array([np.linspace(-1, n + 1, 60).round() for n in sizes])
    expected = binom.sf(count[:, :, None] - 1, sizes[:, None, None], rate)
    # What lies farther than the bound from 0 or 1 is below 1e-16.
    np.testing.assert_allclose(at_least(count, sizes, rate), expected, rtol=1e-11, atol=1e-15)


def test_a_second_look_at_the_same_sizes_gives_the_same() -> None:
    rng = np.random.default_rng(12)
    n = rng.integers(100, 1500, 500)
    x, other = rng.binomial(n, 0.8), rng.binomial(n, 0.6)
    first, _ = upper_tail(x, n)
    upper_tail(other, n)
    again, _ = upper_tail(x, n)
    assert (first.chances == again.chances).all()
    assert (first.edge == again.edge).all()


def test_counts_against_their_expectation() -> None:
    assert above_smooth(7, 2.5) == pytest.approx(poisson.sf(6, 2.5))
    assert above_smooth(0, 2.5) == 1.0
    assert continued_tail(9, 4, 30) == pytest.approx(binom.sf(8, 13, 1 / 3))
    assert continued_tail(9, 30, 4) > continued_tail(9, 30, 30)
    # Garwood (1936): exact limits of a count of 10 are 4.80 and 18.39.
    assert excess_interval(10, 0, 0.95) == pytest.approx((4.795, 18.390), abs=0.001)
    low, high = poisson_band(np.array([0.0, 3.0, 50.0]))
    assert low == pytest.approx(poisson.ppf(0.025, [1e-12, 3, 50]))
    assert high == pytest.approx(poisson.ppf(0.975, [1e-12, 3, 50]))


def test_classes_are_exact_at_their_limits() -> None:
    x, n = np.array([199, 198, 99, 98, 995]), np.array([200, 200, 100, 100, 1000])
    assert list(percent_class(x, n)) == [100, 99, 99, 98, 100]
    assert list(at_edge(x, n)) == [True, True, True, False, True]

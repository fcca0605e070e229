"""Spearman's correlation: its value against scipy, its error against resampling, its interval."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, spearmanr

from forensics.kernels.rank_correlation import FEWEST, rank_correlation

#: Floating-point error of a mean of products of ranks.
ROUNDING = 1e-12
#: Relative Monte-Carlo error of a standard deviation of 400 resamples is 1/√800 = .035; three of them.
RESAMPLES, RESAMPLED = 400, 0.11


def pairs(n: int, seed: int, r: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return x, r * x + np.sqrt(1 - r**2) * rng.normal(size=n)


@pytest.mark.parametrize("digits", [8, 0])  # 0: whole numbers, nearly all tied
def test_the_correlation_is_that_of_scipy(digits: int) -> None:
    x, y = (np.round(values, digits) for values in pairs(300, 1))
    found = rank_correlation(x, y)
    assert found is not None
    assert found.rho == pytest.approx(float(spearmanr(x, y).statistic), abs=ROUNDING)
    assert (found.n, found.clusters) == (300, 300)
    assert found.low < found.rho < found.high


@pytest.mark.parametrize("digits", [8, 0])
def test_the_error_is_that_of_resampled_pairs(digits: int) -> None:
    x, y = (np.round(values, digits) for values in pairs(400, 2))
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 400, (RESAMPLES, 400))
    spread = np.std([spearmanr(x[i], y[i]).statistic for i in rows])
    found = rank_correlation(x, y)
    assert found is not None
    assert found.standard_error == pytest.approx(spread, rel=RESAMPLED)


def test_without_dependence_the_error_is_that_of_the_textbook() -> None:
    errors = []
    for seed in range(20):
        found = rank_correlation(*pairs(500, seed, 0.0))
        assert found is not None
        errors.append(found.standard_error)
    # Variance 1/(n − 1) of Spearman's ρ of independent pairs (Hotelling and Pabst 1936).
    assert float(np.mean(errors)) == pytest.approx(499**-0.5, rel=0.03)


def test_pairs_that_are_counted_twice_add_nothing_within_their_cluster() -> None:
    x, y = pairs(200, 4)
    once = rank_correlation(x, y)
    twice = rank_correlation(np.repeat(x, 2), np.repeat(y, 2), np.repeat(np.arange(200), 2))
    assert once is not None
    assert twice is not None
    assert twice.standard_error == pytest.approx(once.standard_error, rel=1e-9)
    assert twice.clusters == 200


@pytest.mark.parametrize("clustered", [True, False])
def test_the_interval_holds_where_places_of_a_unit_are_alike_and_only_there(clustered: bool) -> None:
    rng = np.random.default_rng(5)
    unit = np.repeat(np.arange(40), 25)
    within = 0
    runs = 300
    for _ in range(runs):
        x, y = (rng.normal(size=40)[unit] + rng.normal(size=1000) for _ in range(2))
        found = rank_correlation(x, y, unit if clustered else None)
        assert found is not None
        within += found.low <= 0 <= found.high
    # The true correlation is 0. Without clusters the interval is far too narrow.
    covered = binomtest(within, runs).proportion_ci(0.999)
    assert (covered.low <= 0.95 <= covered.high) == clustered


def test_what_has_no_correlation_has_none() -> None:
    x, y = pairs(FEWEST, 6)
    assert rank_correlation(x, y) is not None
    assert rank_correlation(x[1:], y[1:]) is None
    assert rank_correlation(x, np.ones(FEWEST)) is None
    assert rank_correlation(x, x) is None
    assert rank_correlation(x, y, np.zeros(FEWEST, dtype=np.intp)) is None

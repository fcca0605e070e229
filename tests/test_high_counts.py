"""Counts that run high: fits against drawn laws, masking, territories, edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nbinom

from forensics.kernels.high_counts import high_counts, sampled_dispersion, smallest_of_many
from forensics.kernels.negative_binomial import upper_pvalue

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]


def places(
    seed: int, *, k: int = 120, m: int = 2000, rate: float = 0.008, phi: float = 1.2, spread: float = 0.0
) -> Drawn:
    """Negative binomial counts of m places in k territories whose rates are log-normal."""
    rng = np.random.default_rng(seed)
    territory = np.sort(rng.integers(0, k, m))
    n = np.clip(np.exp(rng.normal(np.log(735), 0.7, m)), 100, 3000)
    mean = rate * np.exp(rng.normal(0, spread, k))[territory] * n
    return rng.poisson(mean * rng.gamma(phi, 1 / phi, m)).astype(float), n, territory


def toured(drawn: Drawn, seed: int, share: float = 0.05, people: int = 60) -> tuple[Drawn, np.ndarray]:
    """The same with a bus in some territories that stops at ten places."""
    x, n, territory = drawn
    rng = np.random.default_rng(seed)
    k = int(territory.max()) + 1
    hit = rng.choice(k, round(share * k), replace=False)
    x = x.copy()
    for code in hit:
        rows = np.flatnonzero(territory == code)
        x[rng.choice(rows, min(10, len(rows)), replace=False)] += people
    return (x, n, territory), hit


def test_the_fit_finds_the_law_that_was_drawn() -> None:
    found = high_counts(*places(1))
    # Standard errors at 2,000 places: rate .0002, φ .05; three of them.
    assert found.rate == pytest.approx(0.008, abs=0.0006)
    assert found.phi == pytest.approx(1.2, abs=0.15)
    # The log rate of a territory of 17 places varies by .25 by itself; half a quartile of that is noise.
    assert found.spread < 0.25
    wide = high_counts(*places(1, spread=0.6))
    # The quartiles of 120 territories give their spread within a fifth.
    assert wide.spread == pytest.approx(0.6, rel=0.25)


def test_honest_territories_and_places_are_hardly_ever_high() -> None:
    fired = {"places": 0, "territories": 0}
    for seed in range(30):
        found = high_counts(*places(seed, spread=(0.0, 0.4, 0.7)[seed % 3]))
        fired["places"] += smallest_of_many(found.pvalue) <= 0.05
        fired["territories"] += smallest_of_many(found.territory_pvalue) <= 0.05
    # Of 30 at a size of .05, five and more have probability .016 (binomial).
    assert fired["places"] <= 5
    assert fired["territories"] <= 4


def test_toured_territories_are_found_and_do_not_hide_each_other() -> None:
    for seed in range(5):
        drawn, hit = toured(places(seed), seed)
        found = high_counts(*drawn)
        assert smallest_of_many(found.territory_pvalue) < 0.01
        lowest = np.argsort(found.territory_pvalue)[: len(hit)]
        assert set(lowest) == set(hit)
        assert found.rate == pytest.approx(0.008, rel=0.15)


def test_one_extreme_place_makes_no_territory_high_but_is_high_itself() -> None:
    x, n, territory = places(3)
    x[500] = 2000
    found = high_counts(x, n, territory)
    assert found.pvalue[500] < 1e-12
    assert found.territory_pvalue[territory[500]] > 0.001
    others = high_counts(*places(3)).pvalue
    assert np.median(np.abs(found.pvalue - others)) < 0.05


def test_the_order_of_places_changes_nothing() -> None:
    x, n, territory = places(4, m=600, k=40)
    order = np.random.default_rng(0).permutation(600)
    one, other = high_counts(x, n, territory), high_counts(x[order], n[order], territory[order])
    # Sums in another order differ in their last bits.
    np.testing.assert_allclose(other.pvalue, one.pvalue[order], rtol=1e-6)
    np.testing.assert_allclose(other.territory_pvalue, one.territory_pvalue, rtol=1e-6)


def test_known_mean_gives_the_negative_binomial_tail() -> None:
    # Territories that do not differ: the mean is the overall rate, and the tail that of scipy.
    x, n, _ = places(5, k=2, m=400)
    found = high_counts(x, n, np.zeros(400, dtype=np.intp))
    assert np.isnan(found.territory_pvalue).all()
    np.testing.assert_allclose(found.mean, found.rate * n, rtol=1e-12)
    exact = nbinom.sf(x - 1, found.phi, found.phi / (found.phi + found.mean))
    np.testing.assert_allclose(found.pvalue, exact, rtol=1e-7, atol=1e-12)


def test_a_sample_of_the_rows_gives_their_dispersion() -> None:
    x, n, _ = places(6, m=20_000)
    # The standard error of φ from 5,000 rows is .03.
    assert sampled_dispersion(x, 0.008 * n) == pytest.approx(1.2, abs=0.1)


def test_nothing_and_hardly_anything() -> None:
    empty = high_counts(np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.intp))
    assert len(empty.pvalue) == len(empty.territory_pvalue) == 0
    nobody = high_counts(np.zeros(60), np.full(60, 500.0), np.arange(60) // 6)
    assert (nobody.pvalue == 1).all()
    assert smallest_of_many(nobody.territory_pvalue) == 1
    single = high_counts(np.array([3.0]), np.array([500.0]), np.zeros(1, dtype=np.intp))
    assert np.isfinite(single.pvalue).all()


def test_simes_by_hand() -> None:
    # Simes (1986): the smallest of 3·.02/1, 3·.03/2 and 3·.9/3.
    assert smallest_of_many(np.array([0.9, 0.02, np.nan, 0.03])) == pytest.approx(0.045)
    assert smallest_of_many(np.array([np.nan])) == 1.0
    assert upper_pvalue(np.array([0.0]), np.array([1.0]), 1.0)[0] == 1.0

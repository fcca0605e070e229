"""Exact class probabilities of redrawn counts, against scipy's own distributions."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from forensics.kernels.binomial import class_probabilities, plug_in_rate, poisson_binomial_tails

#: Mass beyond eight standard deviations is left out by design; the rest is rounding.
TOLERANCE = 1e-12
#: The corrected normal approximation of a Poisson-binomial tail with a variance above 20.
TAIL_TOLERANCE = 2e-3


def _last(x, _):
    return (x % 10).astype(np.intp)


@given(st.lists(st.tuples(st.integers(1, 4000), st.floats(0, 1)), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_last_digit_classes_match_the_binomial_distribution(pairs):
    n = np.array([float(size) for size, _ in pairs])
    x = np.floor(n * np.array([share for _, share in pairs]))
    rate = plug_in_rate(x, n)
    found = class_probabilities(n, rate, _last, 10)
    for row, size, p in zip(found, n, rate, strict=True):
        counts = np.arange(int(size) + 1)
        expected = np.bincount(counts % 10, binom.pmf(counts, size, p), 10)
        np.testing.assert_allclose(row, expected, atol=TOLERANCE)


def test_poisson_where_there_is_no_total():
    means = np.array([0.5, 3.0, 40.0, 900.0])
    found = class_probabilities(np.full(4, np.inf), means, _last, 10)
    counts = np.arange(4000)
    for row, mean in zip(found, means, strict=True):
        np.testing.assert_allclose(
            row, np.bincount(counts % 10, poisson.pmf(counts, mean), 10), atol=TOLERANCE
        )


def test_classes_not_counted_are_left_out():
    found = class_probabilities(
        np.array([200.0]), np.array([0.5]), lambda x, _: np.where(x >= 100, 0, 1).astype(np.intp), 1
    )
    assert found[0, 0] == pytest.approx(binom.sf(99, 200, 0.5), abs=TOLERANCE)


def test_precincts_of_very_different_size_do_not_disturb_each_other():
    n = np.array([1.0, 1_000_000.0, 50.0])
    together = class_probabilities(n, np.array([0.3, 0.4, 0.5]), _last, 10)
    alone = np.vstack(
        [
            class_probabilities(n[i : i + 1], np.array([rate]), _last, 10)
            for i, rate in enumerate((0.3, 0.4, 0.5))
        ]
    )
    np.testing.assert_allclose(together, alone, atol=TOLERANCE)
    np.testing.assert_allclose(together.sum(axis=1), 1.0, atol=TOLERANCE)


def test_tails_of_a_sum_of_indicators():
    q = np.random.default_rng(5).uniform(0.02, 0.6, 300)
    mass = functools.reduce(np.convolve, [[1 - chance, chance] for chance in q])  # exact
    cdf = mass.cumsum()
    moments = (q.sum(), (q * (1 - q)).sum(), (q * (1 - q) * (1 - 2 * q)).sum())
    for observed in range(int(np.searchsorted(cdf, 1e-4)), int(np.searchsorted(cdf, 1 - 1e-4)), 5):
        low, high = poisson_binomial_tails(observed, *moments)
        assert low == pytest.approx(cdf[observed], abs=TAIL_TOLERANCE)
        assert high == pytest.approx(1 - cdf[observed - 1], abs=TAIL_TOLERANCE)


def test_nothing_that_can_vary_has_no_tail():
    assert poisson_binomial_tails(3, 3.0, 0.0, 0.0) == (1.0, 1.0)

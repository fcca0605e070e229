"""The quadratic test of class counts against precinct-specific probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import chndtr
from scipy.stats import chisquare, kstest

from forensics.kernels.classes import class_test, noncentrality_interval, pearson
from forensics.kernels.excess import excess_share

TOLERANCE = 1e-9
#: 400 p-values reject uniformity by chance once in a thousand runs of a fixed seed.
UNIFORM_LEVEL = 1e-3


def _sums(chances):
    return chances.sum(axis=0), np.einsum("ij,ik->jk", chances, chances)


def test_equal_chances_give_pearson_up_to_the_factor_of_the_multinomial():
    # With p_i = q for all i the covariance is n (diag q - q q'): Pearson's X² exactly.
    q = np.full(10, 0.1)
    observed = np.array([120, 90, 100, 95, 105, 110, 80, 100, 99, 101], dtype=float)
    expected, moment = _sums(np.tile(q, (1000, 1)))
    result = class_test(observed, expected, moment)
    assert result.chi2 == pytest.approx(chisquare(observed).statistic, abs=TOLERANCE)
    assert result.df == 9
    assert result.pvalue == pytest.approx(chisquare(observed).pvalue, abs=TOLERANCE)
    assert pearson(observed, q) == pytest.approx(tuple(chisquare(observed)), abs=TOLERANCE)


def test_p_values_are_uniform_where_chances_differ():
    rng = np.random.default_rng(11)
    chances = rng.dirichlet(np.full(6, 1.5), 800)
    expected, moment = _sums(chances)
    cumulative = chances.cumsum(axis=1)
    pvalues = []
    for _ in range(400):
        drawn = (rng.random((800, 1)) > cumulative).sum(axis=1).clip(max=5)
        pvalues.append(class_test(np.bincount(drawn, minlength=6).astype(float), expected, moment).pvalue)
    assert kstest(pvalues, "uniform").pvalue > UNIFORM_LEVEL


def test_the_interval_inverts_the_noncentral_distribution():
    low, high = noncentrality_interval(40.0, 9)
    assert chndtr(40.0, 9, low) == pytest.approx(0.975, abs=1e-8)
    assert chndtr(40.0, 9, high) == pytest.approx(0.025, abs=1e-8)
    assert noncentrality_interval(1.0, 9) == (0.0, 0.0)


@pytest.mark.parametrize("heaped", [0.0, 0.01, 0.03, 0.1, 0.4])
def test_the_interval_of_the_excess_covers_its_truth(heaped):
    # A share of the counts falls on class 0, the rest follows the null: total variation .9 of it.
    rng = np.random.default_rng(3)
    q, n, covered = np.full(10, 0.1), 4000, 0
    truth = (1 - heaped) * q + heaped * np.eye(10)[0]
    expected, moment = n * q, n * np.outer(q, q)
    for _ in range(200):
        result = class_test(rng.multinomial(n, truth).astype(float), expected, moment)
        covered += result.low <= 0.9 * heaped <= result.high
    # Binomial(200, .95) lies above 180 with probability .998.
    assert covered >= 180


def test_nothing_counted_and_nothing_varying():
    zero = np.zeros(3)
    assert class_test(zero, zero, np.zeros((3, 3))).pvalue is None
    fixed = np.array([5.0, 0.0, 0.0])
    assert class_test(fixed, fixed, np.diag([5.0, 0.0, 0.0])).chi2 is None


def test_excess_share_is_symmetric_and_covers():
    result = excess_share(260.0, 200.0, 40.0, 1000.0)
    assert result.excess == pytest.approx(0.06)
    assert result.z == pytest.approx(60 / 160**0.5)
    mirrored = excess_share(140.0, 200.0, 40.0, 1000.0)
    assert mirrored.pvalue == pytest.approx(result.pvalue)
    assert mirrored.low == pytest.approx(-result.high)
    assert excess_share(0.0, 0.0, 0.0, 0.0) is None
    assert excess_share(5.0, 5.0, 5.0, 5.0).pvalue is None

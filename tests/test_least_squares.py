"""Slopes and correlations with clustered errors, against statsmodels and brute force."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import binom, t

from forensics.kernels.least_squares import cluster_sums, correlation, slope

#: Two ways of summing the same numbers.
ROUNDING = 1e-9


def _drawn(seed=1, n=400, clusters=25):
    rng = np.random.default_rng(seed)
    code = np.sort(rng.integers(0, clusters, n))
    code[:clusters] = np.arange(clusters)
    shared = rng.normal(0, 1, (clusters, 2))
    x = shared[code, 0] + rng.normal(0, 1, n)
    y = 0.4 * x + shared[code, 1] + rng.normal(0, 1, n)
    return x, y, code, rng.integers(1, 50, n).astype(float)


def _dummies(x, groups):
    return np.column_stack([x, np.eye(groups.max() + 1)[groups]])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fixed_effects", [False, True])
def test_slope_and_error_are_those_of_refits_without_each_cluster(weighted, fixed_effects):
    x, y, code, weights = _drawn()
    weights = weights if weighted else None
    of_cluster = np.arange(25) // 5 if fixed_effects else None
    groups = of_cluster[code] if fixed_effects else np.zeros(len(x), dtype=int)
    found = slope(cluster_sums(x, y, code, weights), of_cluster)
    w = np.ones(len(x)) if weights is None else weights
    design = _dummies(x, groups)
    whole = sm.WLS(y, design, w).fit()
    refits = [
        sm.WLS(y[keep], design[keep], w[keep]).fit().params[0] for keep in (code != c for c in range(25))
    ]
    error = np.sqrt(24 / 25 * np.sum((np.array(refits) - whole.params[0]) ** 2))
    assert found.value == pytest.approx(whole.params[0], abs=ROUNDING)
    assert found.standard_error == pytest.approx(error, abs=ROUNDING)
    half = t.ppf(0.975, 24) * error
    assert found.high - found.value == pytest.approx(half, abs=ROUNDING)


def test_a_cluster_a_row_is_hc3():
    x, y, _, _ = _drawn()
    n = len(x)
    found = slope(cluster_sums(x, y, np.arange(n)))
    hc3 = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HC3").bse[1]
    # The jackknife is HC3 times (n − 1)/n.
    assert found.standard_error == pytest.approx(hc3 * np.sqrt((n - 1) / n), rel=ROUNDING)


def test_clustered_errors_are_near_the_usual_sandwich():
    x, y, code, _ = _drawn(n=6000, clusters=200)
    usual = sm.OLS(y, sm.add_constant(x)).fit(cov_type="cluster", cov_kwds={"groups": code}).bse[1]
    # CV1 and CV3 differ in how they correct for few clusters; with 200 that is little.
    assert slope(cluster_sums(x, y, code)).standard_error == pytest.approx(usual, rel=0.05)


def test_correlation_is_pearsons():
    x, y, code, _ = _drawn()
    found = correlation(cluster_sums(x, y, code))
    assert found.value == pytest.approx(np.corrcoef(x, y)[0, 1], abs=ROUNDING)
    left = [np.arctanh(np.corrcoef(x[code != c], y[code != c])[0, 1]) for c in range(25)]
    error = np.sqrt(24 / 25 * np.sum((np.array(left) - np.arctanh(found.value)) ** 2))
    assert found.standard_error == pytest.approx(error, abs=ROUNDING)
    assert found.low < found.value < found.high


def test_intervals_cover_the_slope_with_25_clusters():
    inside = 0
    for seed in range(400):
        x, y, code, _ = _drawn(seed, n=300)
        found = slope(cluster_sums(x, y, code))
        inside += found.low <= 0.4 <= found.high
    # Exact binomial: fewer than this many of 400 at a coverage of .95 has probability below .001.
    assert inside >= binom.ppf(0.001, 400, 0.95)


def test_what_is_not_defined_is_none():
    one = np.array([0])
    assert slope(cluster_sums(np.ones(1), np.ones(1), one)).value is None
    assert correlation(cluster_sums(np.ones(1), np.ones(1), one)).value is None
    empty = cluster_sums(np.empty(0), np.empty(0), np.empty(0, dtype=int))
    assert slope(empty).value is None
    # Without the second cluster x no longer varies: a slope, but no error.
    x, y, code = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 2.0]), np.array([0, 0, 1])
    lone = slope(cluster_sums(x, y, code))
    assert lone.value == pytest.approx(1.5, abs=ROUNDING)
    assert lone.standard_error is None
    exact = correlation(cluster_sums(np.arange(3.0), np.arange(3.0), np.arange(3)))
    assert exact.value == pytest.approx(1.0, abs=ROUNDING)
    assert exact.low is None

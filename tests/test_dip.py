"""Hartigan's dip against another implementation, a linear programme and its own null."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from forensics.kernels.dip import dip, dip_pvalue
from forensics.kernels.dip_quantiles import LEVELS, QUANTILES, SIZES

EXACT = 1e-12
LP = 1e-7
# Two simulated tables (ours, and the oracle's of 1,000,001 samples a size), both interpolated.
TABLES = 0.012

Floats = NDArray[np.float64]


def samples(rng: np.random.Generator, largest: int) -> list[Floats]:
    n = int(rng.integers(4, largest))
    return [
        rng.random(n),
        rng.integers(0, max(2, n // 3), n).astype(float),
        np.concatenate([rng.normal(size=n), rng.normal(4, 1, n)]),
        np.round(rng.normal(size=n), 1),
    ]


def test_dip_is_that_of_another_implementation() -> None:
    diptest = pytest.importorskip("diptest")
    rng = np.random.default_rng(1985)
    for _ in range(150):
        for x in samples(rng, 120):
            if len(np.unique(x)) > 1:
                assert dip(x).dip == pytest.approx(diptest.dipstat(x), abs=EXACT)
    large = np.round(rng.normal(size=100_000), 4)
    assert dip(large).dip == pytest.approx(diptest.dipstat(large), abs=EXACT)


def nearest_unimodal(x: Floats) -> float:
    """The smallest distance to a unimodal distribution function, by a linear programme per mode."""
    values, ties = np.unique(x, return_counts=True)
    below, above = (np.cumsum(ties) - ties) / len(x), np.cumsum(ties) / len(x)
    k, best = len(values), np.inf
    for mode in range(k):
        # Unknowns: G left of each value, G at it (they differ at the mode only), and the distance.
        rows, bounds = [], []

        def at_most(terms: dict[int, float], bound: float, rows=rows, bounds=bounds) -> None:
            row = np.zeros(2 * k + 1)
            for place, factor in terms.items():
                row[place] += factor
            rows.append(row)
            bounds.append(bound)

        for i in range(k):
            at_most({i: 1, 2 * k: -1}, below[i])
            at_most({i: -1, 2 * k: -1}, -below[i])
            at_most({k + i: 1, 2 * k: -1}, above[i])
            at_most({k + i: -1, 2 * k: -1}, -above[i])
            at_most({i: 1, k + i: -1}, 0)
            if i != mode:
                at_most({k + i: 1, i: -1}, 0)
            if i:
                at_most({k + i - 1: 1, i: -1}, 0)
        slopes = [
            {i: 1 / (values[i] - values[i - 1]), k + i - 1: -1 / (values[i] - values[i - 1])}
            for i in range(1, k)
        ]
        for i in range(1, k - 1):
            sign = 1 if i < mode else -1
            if i != mode:
                first = {place: sign * factor for place, factor in slopes[i - 1].items()}
                second = {place: -sign * factor for place, factor in slopes[i].items()}
                at_most({p: first.get(p, 0) + second.get(p, 0) for p in {**first, **second}}, 0)
        cost = np.zeros(2 * k + 1)
        cost[-1] = 1
        found = linprog(cost, np.array(rows), bounds, bounds=[(0, 1)] * (2 * k) + [(0, 1)])
        best = min(best, float(found.fun))
    # A dip is never below half a step, by definition of the statistic.
    return max(best, 1 / (2 * len(x)))


def test_dip_is_the_distance_to_the_nearest_unimodal_distribution() -> None:
    rng = np.random.default_rng(13)
    for _ in range(25):
        for x in samples(rng, 10):
            assert dip(x).dip == pytest.approx(nearest_unimodal(x), abs=LP)


def test_counted_values_have_the_dip_of_the_sample() -> None:
    x = np.random.default_rng(3).integers(0, 40, 500).astype(float)
    values, times = np.unique(x, return_counts=True)
    assert dip(values, times) == dip(x)


def test_dip_knows_order_and_scale_only_as_far_as_they_matter() -> None:
    x = np.random.default_rng(4).normal(size=300)
    assert dip(x[::-1] * 7 - 2).dip == pytest.approx(dip(x).dip, abs=EXACT)
    assert dip(-x).dip == pytest.approx(dip(x).dip, abs=EXACT)


def test_modal_interval_lies_where_the_sample_is_dense() -> None:
    rng = np.random.default_rng(5)
    x = np.concatenate([rng.normal(0, 1, 900), rng.normal(8, 0.3, 100)])
    assert -2 < dip(x).low <= dip(x).high < 3


@pytest.mark.parametrize("x", [np.array([]), np.array([1.0, np.nan]), np.ones((2, 2))])
def test_what_is_no_sample_is_refused(x: Floats) -> None:
    with pytest.raises(ValueError, match="finite"):
        dip(x)


def test_one_value_has_the_smallest_dip() -> None:
    assert dip(np.full(8, 0.5)).dip == 1 / 16


@pytest.mark.parametrize("n", [30, 80, 150, 444, 3000])
def test_pvalue_is_that_of_another_table(n: int) -> None:
    diptest = pytest.importorskip("diptest")
    rng = np.random.default_rng(n)
    for power in (1.0, 1.3):
        x = rng.random(n) ** power
        value, pvalue = diptest.diptest(x)
        assert dip_pvalue(value, n) == pytest.approx(pvalue, abs=TABLES)


def test_pvalues_of_uniform_samples_are_uniform() -> None:
    rng = np.random.default_rng(6)
    pvalues = np.array([dip_pvalue(dip(rng.random(60)).dip, 60) for _ in range(2000)])
    # Standard error of a share of 2,000: .005 at .05, .011 at .5; three of them.
    assert abs(np.mean(pvalues <= 0.05) - 0.05) < 0.015
    assert abs(np.mean(pvalues <= 0.5) - 0.5) < 0.034


def test_pvalue_falls_with_the_dip_beyond_the_table() -> None:
    pvalues = [dip_pvalue(value, 500) for value in (0.005, 0.02, 0.03, 0.05, 0.1, 0.2)]
    assert pvalues == sorted(pvalues, reverse=True)
    assert pvalues[0] > 0.999
    assert 0 < pvalues[-1] < 1e-6


def test_small_samples_are_simulated() -> None:
    assert dip_pvalue(1 / 12, 6, rng=1) == 1.0
    assert dip_pvalue(0.2, 6, samples=199, rng=1) == dip_pvalue(0.2, 6, samples=199, rng=1) < 0.1


def test_beyond_the_table_the_limit_is_used() -> None:
    # Rows of the table from n = 10,000 on differ by less than 1.2 %, which is their simulation.
    rows = QUANTILES[SIZES >= 10_000]
    inner = (LEVELS > 0.04) & (LEVELS < 0.996)
    spread = np.ptp(rows[:, inner], axis=0) / rows[:, inner].mean(axis=0)
    assert spread.max() < 0.013
    for scaled in (0.3, 0.45, 0.6, 0.9):
        at_limit = dip_pvalue(scaled / np.sqrt(100_000), 100_000)
        assert dip_pvalue(scaled / np.sqrt(3_000_000), 3_000_000) == pytest.approx(at_limit, rel=1e-9)

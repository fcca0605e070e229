"""Kernels of turnout through the day, against loops and against laws that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, kstest, nbinom
from scipy.stats import binomtest as exact_test

from forensics.kernels.cumulative import falls
from forensics.kernels.day_profile import dispersion, expected_steps, residuals, scores
from forensics.kernels.moving_bursts import (
    LAGS,
    Pairs,
    best_route,
    bursts,
    circular_shifts,
    lagged_products,
    near_pairs,
    travel_weights,
)
from forensics.kernels.proportion import wilson
from forensics.kernels.resampled import Resampled
from forensics.kernels.same_hour import coincidences, highest, permuted_intervals, successions
from forensics.kernels.whole_tens import at_tens, equal_steps

RELATIVE = 1e-9


def test_falls_by_hand() -> None:
    values = np.array(
        [
            [10.0, 20.0, 30.0, 40.0],
            [143.0, 440.0, 418.0, 426.0],  # a fall of 22: 5 %, not caught up by the next reading
            [100.0, 400.0, 300.0, 410.0],  # a slip: the next reading is back
            [100.0, 400.0, 396.0, 500.0],  # 4 people: too few
            [100.0, 4000.0, 3950.0, 5000.0],  # 50 people, but 1.25 %
            [np.nan, 50.0, np.nan, 40.0],  # against the last known one
        ]
    )
    found = falls(values, np.ones(6))
    assert found.points.tolist() == [4, 4, 4, 4, 4, 2]
    assert found.falls.tolist() == [0, 1, 1, 1, 1, 1]
    assert found.notable.tolist() == [0, 1, 1, 0, 0, 1]
    assert found.caught_up.tolist() == [0, 0, 1, 0, 0, 0]
    assert found.largest.tolist() == [0, 22, 100, 4, 50, 10]
    restarted = falls(values[1:2], np.ones(1), starts=np.array([True, False, True, False]))
    assert restarted.falls.tolist() == [0]
    percent = falls(values[1:2] / 10, np.full(1, 0.1))  # 2.2 points of ten voters a point: 0.22 people
    assert (percent.falls.tolist(), percent.notable.tolist()) == ([1], [0])


def test_wilson_is_that_of_the_library() -> None:
    for x, n in ((0, 7), (3, 10), (82, 953), (20, 20)):
        expected = exact_test(x, n).proportion_ci(0.9, method="wilson")
        assert wilson(x, n, 0.9) == pytest.approx((expected.low, expected.high), rel=RELATIVE)


def test_tens_and_equal_steps() -> None:
    x = np.array([10, 20, 30, 40, 9, 11, 31, 55.0])
    found = at_tens(x)
    assert (found.observed, found.expected, found.n) == (4, 1.5, 8)
    assert found.pvalue == pytest.approx(binom.sf(3, 7, 1 / 3), rel=RELATIVE)
    rng = np.random.default_rng(1)
    honest = [at_tens(rng.poisson(rng.uniform(60, 900, 2000))).pvalue for _ in range(300)]
    # P(p <= .05) of an exact discrete test: at most 5 of 100, and 300 draws.
    assert np.mean(np.array(honest) <= 0.05) <= binom.ppf(0.999, 300, 0.05) / 300
    steps = rng.poisson(25, (20_000, 2))
    even = equal_steps((steps[:, 1] - steps[:, 0]).astype(float))
    # Skellam with both means 25: P(0) = .0563 of a step difference with deviation sqrt(50).
    assert even.observed == pytest.approx(even.expected, abs=4 * even.deviation)
    assert equal_steps(np.zeros(50)).pvalue < 1e-6
    assert equal_steps(np.zeros(0)).pvalue == 1.0


def test_the_profile_is_that_of_the_other_precincts() -> None:
    steps = np.array([[10.0, 30.0], [20.0, 20.0], [30.0, 10.0], [5.0, 5.0]])
    unit, day = np.array([0, 0, 0, 1]), np.array([0, 0])
    mu = expected_steps(steps, unit, day, prior=0.0)
    np.testing.assert_allclose(mu[0], 40 * np.array([50, 30]) / 80)
    np.testing.assert_array_equal(mu[3], [0, 0])  # alone in its unit: nothing is known of it
    two_days = expected_steps(steps, unit, np.array([0, 1]))
    np.testing.assert_allclose(two_days, steps)  # a day of one interval expects its own total


@pytest.mark.parametrize("phi", [4.0, 20.0])
def test_dispersion_of_negative_binomial_counts(phi: float) -> None:
    rng = np.random.default_rng(2)
    mu = np.column_stack([rng.uniform(15, 60, 20_000)] * 3)
    steps = nbinom.rvs(phi, phi / (phi + mu), random_state=rng).astype(float)
    steps[:200] *= 4  # bursts in one of a hundred
    # 20,000 counts give phi to about 2 %; a gamma law instead of the mixture of means costs as much.
    np.testing.assert_allclose(dispersion(steps, mu), phi, rtol=0.1)
    assert abs(residuals(steps[200:], mu[200:], np.full(3, phi)).std() - 1) < 0.02


def _days(rng: np.random.Generator, m: int, k: int, units: int) -> tuple[np.ndarray, np.ndarray]:
    """Voters by interval whose profile differs by unit and by size, with days of their own."""
    unit = np.arange(m) % units
    profile = rng.dirichlet(np.full(k, 30.0), units)[unit]
    size = rng.lognormal(6, 0.7, m)
    tilt = np.exp(0.3 * np.outer((np.log(size) - 6) / 0.7, np.linspace(-1, 1, k)))
    share = rng.gamma(300 * profile * tilt / (profile * tilt).sum(axis=1, keepdims=True)) + 1e-9
    return rng.poisson(size[:, None] * share / share.sum(axis=1, keepdims=True)).astype(float), unit


def test_scores_have_one_law_and_are_uncorrelated_within_units() -> None:
    rng = np.random.default_rng(3)
    lags = np.zeros(3)
    for _ in range(20):
        z = scores(*_days(rng, 600, 16, 60))
        unit = np.arange(600) % 60
        assert np.abs(z.mean(axis=0)).max() < 0.05
        sums = np.array([z[unit == u].sum(axis=0) for u in range(60)])
        for lag in range(3):
            own = (z * np.roll(z, -lag, axis=1)).sum()
            both = (sums * np.roll(sums, -lag, axis=1)).sum() - own
            lags[lag] += both / (60 * 10 * 9 * 16) / 20
    # 20 × 86,400 products of variance 1 or less: one deviation is .0008 where pairs are independent.
    assert np.abs(lags).max() < 0.006


def test_coincidences_and_successions_by_loops() -> None:
    rng = np.random.default_rng(4)
    flag, unit = rng.random((40, 7)) < 0.2, np.arange(40) % 6
    pairs, following = np.zeros(6), np.zeros(6)
    for i in range(40):
        for j in range(40):
            if i != j and unit[i] == unit[j]:
                pairs[unit[i]] += (flag[i] & flag[j]).sum() / 2
                following[unit[i]] += (flag[i] & np.roll(flag[j], -1)).sum() / 2
    np.testing.assert_allclose(coincidences(flag, unit, 6), pairs)
    np.testing.assert_allclose(successions(flag, unit, 6), following)


def test_permuted_intervals_have_the_expected_mean_and_keep_their_size() -> None:
    rng = np.random.default_rng(5)
    unit = np.arange(200) % 20
    small = []
    for _ in range(60):
        flag = highest(rng.standard_normal((200, 10)), 0.05)
        one, two = permuted_intervals(flag, unit, 20, n_resamples=59, rng=rng)
        group = np.zeros(20, dtype=int)
        small.append(max(part.summed(group, 1).pvalues()[0] for part in (one, two)) <= 0.05)
    number = flag.sum(axis=1)
    whole = (np.bincount(unit, number) ** 2 - np.bincount(unit, number**2)) / 2 / 10
    assert one.drawn.sum(axis=1).mean() == pytest.approx(whole.sum(), rel=0.1)
    assert sum(small) <= binom.ppf(0.999, 60, 0.05)
    flag[unit == 3, 4] = True  # one unit, one interval
    assert permuted_intervals(flag, unit, 20, n_resamples=99, rng=rng)[1].pvalues()[3] == 0.01


def test_sums_over_groups_and_p_values() -> None:
    result = Resampled(
        np.array([3.0, 1.0, 7.0]), np.array([[1.0, 1.0, 9.0], [3.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    )
    np.testing.assert_allclose(result.pvalues(), [0.5, 0.75, 0.5])
    both = result.summed(np.array([1, -1, 1]), 3)
    assert both.observed.tolist() == [0, 10, 0]
    assert both.drawn[:, 1].tolist() == [10, 3, 0]
    assert result.sparse(np.zeros(3, dtype=int), 1).drawn.shape == (3, 1)


def test_pairs_are_the_nearest_of_the_same_unit() -> None:
    rng = np.random.default_rng(6)
    x, y, unit = rng.uniform(0, 30, 60), rng.uniform(0, 30, 60), np.arange(60) % 3
    pairs = near_pairs(x, y, unit, reach=9.0, neighbours=4)
    expected = set()
    for i in range(60):
        distance = np.where(unit == unit[i], np.hypot(x - x[i], y - y[i]), np.inf)
        distance[i] = np.inf
        expected |= {(min(i, j), max(i, j)) for j in np.argsort(distance)[:4].tolist() if distance[j] <= 9}
    assert set(zip(pairs.i.tolist(), pairs.j.tolist(), strict=True)) == expected
    few = near_pairs(x[:7], y[:7], np.zeros(7, dtype=int), reach=99.0, neighbours=4)
    assert len(few.i) <= 14  # a third of six others each
    np.testing.assert_allclose(pairs.kilometres, np.hypot(x[pairs.i] - x[pairs.j], y[pairs.i] - y[pairs.j]))


def test_travel_is_shared_by_two_lags() -> None:
    weights = travel_weights(np.array([0.1, 0.5, 0.8, 9.0]), 0.5)
    np.testing.assert_allclose(weights[:, :2], [[1, 0], [1, 0], [0.4, 0.6], [0, 0]], atol=RELATIVE)
    assert weights[3, LAGS - 1] == 1


def _contrast_by_loops(
    burst: np.ndarray, unit: np.ndarray, pairs: Pairs, weights: np.ndarray, units: int
) -> np.ndarray:
    def product(i: int, j: int, w: np.ndarray) -> float:
        return sum(
            w[lag - 1] * float(a @ np.roll(b, -lag))
            for lag in range(1, LAGS + 1)
            for a, b in ((burst[i], burst[j]), (burst[j], burst[i]))
        )

    total = np.zeros(units)
    near = set(zip(pairs.i.tolist(), pairs.j.tolist(), strict=True))
    for u in range(units):
        own = pairs.unit == u
        mean = weights[own].mean(axis=0)
        rows = np.flatnonzero(unit == u)
        far = [(i, j) for i in rows for j in rows if i < j and (i, j) not in near]
        total[u] += sum(
            product(i, j, w) for i, j, w in zip(pairs.i[own], pairs.j[own], weights[own], strict=True)
        )
        total[u] -= own.sum() / len(far) * sum(product(i, j, mean) for i, j in far)
    return total


def test_lagged_products_by_loops_and_unmoved_by_a_common_shape() -> None:
    rng = np.random.default_rng(7)
    unit = np.repeat(np.arange(3), 8)
    pairs = near_pairs(rng.uniform(0, 9, 24), rng.uniform(0, 9, 24), unit, reach=9.0, neighbours=2)
    weights = travel_weights(rng.uniform(0.4, 1.4, len(pairs.i)), 0.5)
    burst = bursts(rng.standard_normal((24, 14)))
    lagged = lagged_products(burst, unit, 3, pairs, weights)
    result = circular_shifts(lagged, n_resamples=19, rng=rng)
    np.testing.assert_allclose(result.observed, _contrast_by_loops(burst, unit, pairs, weights, 3))
    assert result.drawn.std(axis=0).min() > 0
    shape = np.outer(np.ones(24), np.sin(np.arange(14)))
    alike = circular_shifts(lagged_products(shape, unit, 3, pairs, weights), n_resamples=1, rng=rng)
    np.testing.assert_allclose(alike.observed, 0, atol=1e-9)


def test_circular_shifts_are_a_test_of_exact_size_where_days_are_independent() -> None:
    rng = np.random.default_rng(8)
    unit = np.repeat(np.arange(12), 10)
    pairs = near_pairs(rng.uniform(0, 9, 120), rng.uniform(0, 9, 120), unit, reach=9.0, neighbours=3)
    weights = travel_weights(np.full(len(pairs.i), 0.6), 0.5)
    p = []
    for _ in range(80):
        burst = bursts(rng.standard_normal((120, 16)))
        result = circular_shifts(lagged_products(burst, unit, 12, pairs, weights), n_resamples=39, rng=rng)
        p.append(result.sparse(np.zeros(12, dtype=int), 1).pvalues()[0])
    assert kstest(p, "uniform").pvalue > 0.001


def test_the_best_route_is_the_one_planted() -> None:
    burst = np.full((6, 10), -0.3)
    pairs = Pairs(np.arange(5), np.arange(1, 6), np.zeros(5, dtype=int), np.ones(5))
    weights = np.tile([0.0, 1.0, 0.0, 0.0], (5, 1))  # two intervals from one to the next
    for stop, row in enumerate((4, 3, 2, 1)):
        burst[row, 1 + 2 * stop] = 3.0
    assert best_route(burst, pairs, weights) == [(4, 1), (3, 3), (2, 5), (1, 7)]

"""Beta-binomial mixtures, redrawn shares per bin and their envelope, against brute force."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.special import gammaln, polygamma
from scipy.stats import betabinom, binom, poisson

from forensics.kernels.beta_binomial import HIGH, SERIES, Mixture, cells, choose, fit, gammas
from forensics.kernels.density import bin_of, drawn_counts, expected_counts
from forensics.kernels.envelope import envelope, published_share, spikes, upper_tail
from forensics.kernels.mixture.checks import bands, displaced

#: Mass beyond REACH = 6.5 standard deviations is left out by design.
TAILS = 1e-6
#: The binomial with the same mean and variance, relative to the exact tail, down to tails of 1e-4.
TAIL_TOLERANCE = 0.05
#: Estimates from 20,000 draws: four standard errors of log a and log b are about .05.
FIT_TOLERANCE = 0.08
#: A unit alone stops where a step gains less than 1e-6 per precinct; with others it may go on.
STOPPING = 0.05
#: The last term left out of each series is below 3e-14 of the first where it is used.
SERIES_TOLERANCE = 1e-12


def one(w, a, b) -> Mixture:
    rows = (np.array([values], dtype=np.float64) for values in (w, a, b))
    return Mixture(*rows, np.zeros(1))


def draw(mixture: Mixture, m: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n = np.exp(rng.normal(6.0, 0.8, m)).round().clip(5, 3000).astype(np.int64)
    k = rng.choice(mixture.components, m, p=mixture.w[0])
    return rng.binomial(n, rng.beta(mixture.a[0, k], mixture.b[0, k])), n


TWO = one([0.6, 0.4], [12.0, 5.0], [9.0, 20.0])


def nobody(m: int) -> np.ndarray:
    return np.zeros(m, dtype=np.intp)


def test_bins_are_centred_and_half_way_shares_go_up():
    x = np.array([0, 1, 3, 1, 2000, 3])
    n = np.array([7, 2000, 2000, 2001, 2000, 4])
    np.testing.assert_array_equal(bin_of(x, n, 1000), [0, 1, 2, 0, 1000, 750])


@pytest.mark.parametrize("bins", [1000, 20])
def test_expected_counts_match_the_beta_binomial_distribution(bins):
    x = np.array([0, 3, 40, 250, 1100, 2999])
    n = np.array([1, 9, 40, 611, 2500, 3000])
    mean, square = np.zeros(bins + 1), np.zeros(bins + 1)
    for x_, n_ in zip(x, n, strict=True):
        weight = TWO.w[0] * betabinom.pmf(x_, n_, TWO.a[0], TWO.b[0])
        y = np.arange(n_ + 1)
        mass = sum(
            weight[k] / weight.sum() * betabinom.pmf(y, n_, x_ + TWO.a[0, k], n_ - x_ + TWO.b[0, k])
            for k in range(2)
        )
        q = np.bincount(bin_of(y, np.full(len(y), n_), bins), mass, bins + 1)
        mean, square = mean + q, square + q**2
    found = expected_counts(x, n, nobody(6), TWO, bins)
    np.testing.assert_allclose(found.mean[0], mean, atol=TAILS)
    np.testing.assert_allclose(found.variance[0], mean - square, atol=TAILS)


def test_units_have_their_own_mixtures():
    rng = np.random.default_rng(3)
    x, n = draw(TWO, 400, rng)
    unit = np.arange(400) % 2
    both = Mixture(*(np.vstack([v, v[:, ::-1] + 0.1]) for v in (TWO.w, TWO.a, TWO.b)), np.zeros(2))
    found = expected_counts(x, n, unit, both, 100)
    for i in range(2):
        own = unit == i
        alone = expected_counts(x[own], n[own], nobody(200), both.unit(i), 100)
        np.testing.assert_allclose(found.mean[i], alone.mean[0], atol=TAILS)


def test_drawn_counts_have_the_exact_mean_and_variance():
    rng = np.random.default_rng(4)
    x, n = draw(TWO, 500, rng)
    exact = expected_counts(x, n, nobody(500), TWO, 50)
    drawn = drawn_counts(x, n, TWO, 50, 2000, rng)
    sure = exact.variance[0] > 1
    z = (drawn.mean(axis=0) - exact.mean[0])[sure] / np.sqrt(exact.variance[0][sure] / 2000)
    assert np.abs(z).max() < 4.5  # about 40 bins
    ratio = drawn.var(axis=0)[sure] / exact.variance[0][sure]
    assert np.abs(ratio - 1).max() < 0.15  # four standard errors of a variance of 2,000 draws: .13


@pytest.mark.parametrize(("low", "high", "m"), [(0.0, 0.05, 2000), (0.0, 0.4, 300), (0.02, 0.06, 90)])
def test_tails_of_a_sum_of_unequal_indicators(low, high, m):
    q = np.random.default_rng(5).uniform(low, high, m)
    mass = functools.reduce(np.convolve, [[1 - chance, chance] for chance in q])  # exact
    tail = mass[::-1].cumsum()[::-1]
    count = np.flatnonzero((tail > 1e-4) & (tail < 0.999)).astype(np.float64)
    mean, variance = np.full(len(count), q.sum()), np.full(len(count), (q * (1 - q)).sum())
    found = upper_tail(count, mean, variance)
    np.testing.assert_allclose(found, tail[count.astype(int)], rtol=TAIL_TOLERANCE)


def test_tails_are_poisson_where_all_chances_are_small_and_binomial_where_they_are_equal():
    count = np.arange(0.0, 30.0)
    mean = np.full(30, 7.0)
    np.testing.assert_allclose(upper_tail(count, mean, mean), poisson.sf(count - 1, 7), rtol=1e-5)
    np.testing.assert_allclose(upper_tail(count, mean, mean * 0.8), binom.sf(count - 1, 35, 0.2), rtol=1e-9)


def test_the_envelope_is_the_smallest_count_that_keeps_the_level():
    mean = np.array([0.0, 1e-4, 0.3, 5.0, 250.0, 3000.0])
    variance = mean * np.array([1, 1, 0.9, 0.7, 0.98, 0.5])
    for level in (0.2, 1 / 1001, 1e-9):
        limit = envelope(level, mean, variance)
        assert (upper_tail(limit + 1, mean, variance) <= level).all()
        assert (upper_tail(limit, mean, variance)[limit > 0] > level).all()


def test_what_is_flagged_by_chance_is_known_exactly():
    trials, chance, bins = 4000, 0.002, 12
    mean = np.full(bins, trials * chance)
    variance = mean * (1 - chance)
    found = spikes(mean.round(), mean, variance, 0.01)
    k = np.arange(trials + 1)
    pmf = binom.pmf(k, trials, chance)
    excess = np.where(k > found.limit[1], k - mean[0], 0.0)
    n, inner = mean.round().sum(), bins - 2  # the two ends are never flagged
    assert found.by_chance == pytest.approx(inner * (pmf * excess).sum() / n, rel=1e-6)
    spread = (pmf * excess**2).sum() - (pmf * excess).sum() ** 2
    assert found.deviation == pytest.approx((inner * spread) ** 0.5 / n, rel=1e-6)
    assert not found.flagged.any()
    assert found.share == 0


def test_the_corrected_p_value_counts_every_bin():
    mean = np.full(1001, 60.0)
    observed = mean.copy()
    observed[750] = 100.0
    found = spikes(observed, mean, mean, 1 / 1001)
    single = poisson.sf(99, 60)
    assert found.pvalues[750] == pytest.approx(single, rel=1e-3)
    assert found.pvalue == pytest.approx(1 - (1 - single) ** 999, rel=1e-3)
    np.testing.assert_array_equal(np.flatnonzero(found.flagged), [750])
    np.testing.assert_array_equal(np.flatnonzero(found.corrected), [750])
    assert found.share == pytest.approx(40 / observed.sum())


def test_the_published_rule_is_the_maximum_of_resamples():
    rng = np.random.default_rng(6)
    mean = np.full(200, 9.0)
    observed = rng.poisson(9.0, 200).astype(np.float64)
    observed[5] = 30.0
    drawn = rng.poisson(9.0, (3000, 20, 200)).max(axis=1)  # 3,000 maxima of 20 resamples
    shares = (np.where(observed > drawn, observed - mean, 0.0)[:, 1:]).sum(axis=1) / observed.sum()
    exact = published_share(observed, mean, mean, 20)
    assert exact == pytest.approx(shares.mean(), abs=4 * shares.std() / 3000**0.5)


def test_one_component_is_recovered():
    x, n = draw(one([1.0], [14.0], [22.0]), 20_000, np.random.default_rng(7))
    found = choose(cells(x, n, nobody(len(x)), 1))
    assert found.components == 1
    assert np.log(found.a[0, 0] / 14.0) == pytest.approx(0, abs=FIT_TOLERANCE)
    assert np.log(found.b[0, 0] / 22.0) == pytest.approx(0, abs=FIT_TOLERANCE)


def test_two_components_fit_better_than_the_truth():
    x, n = draw(TWO, 20_000, np.random.default_rng(8))
    data = cells(x, n, nobody(len(x)), 1)
    found = choose(data)
    assert found.components == 2
    true = fit(data, TWO, iterations=1).log_likelihood[0]
    assert found.log_likelihood[0] > true
    order = np.argsort(found.a[0] / (found.a[0] + found.b[0]))
    np.testing.assert_allclose(found.w[0, order], [0.4, 0.6], atol=0.05)


def test_cells_stand_for_their_precincts():
    x, n = draw(TWO, 3000, np.random.default_rng(9))
    together = cells(x, n, nobody(3000), 1)
    alone = cells(x, n, nobody(3000), 1, coarse=(1.0001, 1e-6))
    assert len(together.x) < len(alone.x) / 3
    assert together.number.sum() == alone.number.sum() == 3000
    first, second = (fit(data, TWO) for data in (together, alone))
    np.testing.assert_allclose(np.log(first.a / second.a), 0, atol=FIT_TOLERANCE)


def test_units_fitted_together_are_fitted_alone_and_never_worse_than_their_start():
    rng = np.random.default_rng(10)
    parts = [draw(TWO, 700, rng), draw(one([1.0], [40.0], [8.0]), 900, rng)]
    unit = np.repeat([0, 1], [700, 900])
    x, n = (np.concatenate(values) for values in zip(*parts, strict=True))
    together = fit(cells(x, n, unit, 2), TWO.repeat(2), iterations=30)
    for i, (x_, n_) in enumerate(parts):
        data = cells(x_, n_, nobody(len(x_)), 1)
        alone = fit(data, TWO, iterations=30)
        assert together.log_likelihood[i] == pytest.approx(alone.log_likelihood[0], abs=STOPPING)
        assert alone.log_likelihood[0] >= fit(data, TWO, iterations=1).log_likelihood[0]


def test_no_component_is_narrow_enough_to_follow_a_spike():
    n = np.full(5000, 1000)
    x = np.full(5000, 750)
    found = fit(cells(x, n, nobody(5000), 1), TWO)
    assert found.a.max() <= np.exp(HIGH) * (1 + 1e-12)
    assert found.b.max() <= np.exp(HIGH) * (1 + 1e-12)


def test_bands_are_the_mixtures_own_prediction():
    x, n = draw(TWO, 400, np.random.default_rng(11))
    n[:] = 300
    x = np.minimum(x, n)
    observed, predicted = bands(x, n, TWO)
    y = np.arange(301)
    mass = sum(TWO.w[0, k] * betabinom.pmf(y, 300, TWO.a[0, k], TWO.b[0, k]) for k in range(2))
    np.testing.assert_allclose(predicted, 400 * np.bincount(np.minimum(20 * y // 300, 19), mass, 20))
    assert observed.sum() == 400
    assert predicted.sum() == pytest.approx(400)


def test_displaced_mixtures_carry_the_sampling_error_of_the_mean():
    truth = one([1.0], [6.0], [4.0])
    rng = np.random.default_rng(12)
    means = []
    for _ in range(60):
        x, n = draw(truth, 500, rng)
        data = cells(x, n, nobody(500), 1)
        found = fit(data, truth)
        means.append(found.a[0, 0] / (found.a[0, 0] + found.b[0, 0]))
    moved = displaced(data, found)
    mean = moved.a[:, 0] / (moved.a[:, 0] + moved.b[:, 0])
    deviation = ((mean[0::2] - mean[1::2]) ** 2).sum() ** 0.5
    assert deviation == pytest.approx(np.std(means), rel=0.3)  # 60 fits: standard error 9 %


def test_gamma_functions_are_scipys_on_both_sides_of_the_series() -> None:
    z = np.concatenate([np.geomspace(0.04, 1e5, 400), SERIES + np.array([-1e-9, 0.0, 1e-9])])
    exact = (gammaln(z), polygamma(0, z), polygamma(1, z))
    for found, expected in zip(gammas(z), exact, strict=True):
        # Near their zeros (1, 2 and 1.46) an absolute error is what counts.
        np.testing.assert_allclose(found, expected, rtol=SERIES_TOLERANCE, atol=1e-14)

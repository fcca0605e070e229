"""Confounders, pairs, labels, pooling and adjusted p-values: published values and brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import brentq
from scipy.stats import binom, false_discovery_control

from forensics.kernels.intraclass import intraclass, within_share
from forensics.kernels.left_out import left_out_residuals
from forensics.kernels.matched_pairs import matched_pairs, sign_gamma
from forensics.kernels.misclassification import attenuation, share_attenuation, simex, true_prevalence
from forensics.kernels.pooling import partial_pooling, rubin
from forensics.kernels.robustness import (
    Moments,
    adjusted_coefficient,
    benchmark,
    oster_coefficients,
    oster_delta,
    partial_r2,
    robustness_value,
)
from forensics.kernels.stepdown import benjamini_hochberg, romano_wolf
from forensics.kernels.unknown_rows import difference_bounds

#: Published numbers are given to three digits; two ways of summing the same numbers agree to this.
PRINTED, ROUNDING = 5e-4, 1e-9
#: Darfur (Cinelli and Hazlett 2020, section 2 and table 1): coefficient, error, t, degrees of freedom.
DARFUR = (0.09726, 0.02326, 4.18445, 783)


def test_darfur():
    b, error, t, freedom = DARFUR
    assert robustness_value(t, freedom) == pytest.approx(0.139, abs=PRINTED)
    assert robustness_value(t, freedom, level=0.05) == pytest.approx(0.076, abs=PRINTED)
    assert partial_r2(t, freedom) == pytest.approx(0.0219, abs=PRINTED)
    assert robustness_value(0.5, freedom, level=0.05) == 0
    # A confounder as strong as the robustness value takes the whole coefficient away.
    value = robustness_value(b / error, freedom)
    assert adjusted_coefficient(b, error, freedom, value, value) == pytest.approx(0, abs=ROUNDING)
    assert adjusted_coefficient(-b, error, freedom, 0.0, value) == -b


def test_confounders_as_strong_as_being_female_in_darfur():
    b, error, _, freedom = DARFUR
    # The authors' table of bounds for the same model, once, twice and three times as strong as `female`;
    # the partial R² of `female` itself are those that give its first line.
    exposure, outcome = 0.0090813, 0.109032
    published = ((1, 0.00916, 0.1246, 0.0752), (2, 0.01833, 0.2493, 0.0529), (3, 0.0275, 0.3741, 0.0304))
    for times, with_exposure, with_outcome, adjusted in published:
        bound = benchmark(b, error, freedom, exposure, outcome, times)
        assert bound is not None
        assert bound.with_exposure == pytest.approx(with_exposure, abs=PRINTED)
        assert bound.with_outcome == pytest.approx(with_outcome, abs=3 * PRINTED)
        assert bound.adjusted == pytest.approx(adjusted, abs=PRINTED)
    assert benchmark(b, error, freedom, 0.6, 0.1, 2) is None


def test_the_formula_of_a_confounder_is_an_identity():
    rng = np.random.default_rng(1)
    z, x = rng.normal(size=(2, 300))
    d = 0.5 * x + 0.4 * z + rng.normal(size=300)
    y = 0.3 * d + x + 0.7 * z + rng.normal(size=300)
    short = sm.OLS(y, sm.add_constant(np.column_stack([d, x]))).fit()
    full = sm.OLS(y, sm.add_constant(np.column_stack([d, x, z]))).fit()
    other = sm.OLS(d, sm.add_constant(np.column_stack([z, x]))).fit()
    with_outcome = partial_r2(full.tvalues[3], int(full.df_resid))
    with_exposure = partial_r2(other.tvalues[1], int(other.df_resid))
    found = adjusted_coefficient(
        short.params[1], short.bse[1], int(short.df_resid), with_exposure, with_outcome
    )
    assert found == pytest.approx(full.params[1], abs=ROUNDING)


def _least_squares(y, *columns):
    design = np.column_stack(columns)
    b = np.linalg.lstsq(design, y, rcond=None)[0]
    return b[0], 1 - ((y - design @ b) ** 2).sum() / (y @ y)


@pytest.mark.parametrize("seed", range(5))
def test_oster_finds_the_selection_that_was_built_in(seed):
    # Observed and unobserved index are orthogonal in the sample, so that the definition of delta
    # (Oster 2019, section 2) can be counted from the data and no sampling error stands between.
    rng = np.random.default_rng(seed)
    seen, unseen, own, rest = np.linalg.qr(rng.normal(size=(400, 4)))[0].T
    x = rng.normal() * seen + rng.normal() * unseen + own
    index, hidden = rng.normal() * seen, rng.normal() * unseen
    built = (hidden @ x / (hidden @ hidden)) / (index @ x / (index @ index))
    moments = []
    for true in (0.0, 0.7):
        y = true * x + index + hidden + rest
        short, r2_short = _least_squares(y, x)
        full, r2_full = _least_squares(y, x, seen)
        left = x - seen * (seen @ x) / (seen @ seen)
        moments.append(
            Moments(
                short,
                full,
                r2_short,
                r2_full,
                _least_squares(y, x, seen, unseen)[1],
                y @ y,
                x @ x,
                left @ left,
            )
        )
    assert oster_delta(moments[0]) == pytest.approx(built, rel=1e-6)
    found = oster_coefficients(moments[1], delta=built)
    assert min(abs(value - 0.7) for value in found) < 1e-6
    distance = [abs(value - moments[1].full) for value in found]
    assert distance == sorted(distance)


def test_oster_says_nothing_where_covariates_do_not():
    assert oster_delta(Moments(1.5, 1.5, 0.2, 0.2, 0.26, 1.0, 0.1, 0.1)) is None
    # The usual approximation (commissions.md, 3.6) holds where the covariates leave the exposure alone,
    # hardly move the coefficient, and the exposure accounts for little.
    b_0, b, r_0, r, most = 0.1002, 0.1, 0.2, 0.5, 0.65
    near = oster_delta(Moments(b_0, b, r_0, r, most, 100.0, 0.2, 0.2))
    assert near == pytest.approx(b * (r - r_0) / ((b_0 - b) * (most - r)), rel=1e-3)


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "published"),
    [(0.9, 0.9, 0.59), (0.6, 0.9, 0.26), (0.4, 0.95, 0.20), (0.3, 0.8, 0.06)],
)
def test_attenuation_of_loyalty_labels(sensitivity, specificity, published):
    # commissions.md 3.7, true share .85, to two digits.
    found = attenuation(0.85, sensitivity, specificity)
    assert found == pytest.approx(published, abs=0.005)
    labelled = 0.85 * sensitivity + 0.15 * (1 - specificity)
    assert true_prevalence(labelled, sensitivity, specificity) == pytest.approx(0.85)
    # A commission of one member is a 0/1 exposure.
    one = share_attenuation(labelled * (1 - labelled), labelled, 1, sensitivity, specificity)
    assert one == pytest.approx(found)


def test_attenuation_of_shares_is_that_of_a_simulation():
    rng = np.random.default_rng(1)
    n, m = 60_000, 7
    true = rng.binomial(m, rng.beta(4, 2, n)) / m
    loyal = (m * true).round().astype(int)
    labelled = (rng.binomial(loyal, 0.8) + rng.binomial(m - loyal, 0.1)) / m
    seen = np.cov(true, labelled)[0, 1] / labelled.var()
    found = share_attenuation(labelled.var(), labelled.mean(), m, 0.8, 0.9)
    assert found == pytest.approx(seen, abs=0.01)  # five standard errors of the simulated slope
    assert share_attenuation(0.001, 0.5, m, 0.7, 0.7) is None


def test_simex_undoes_most_of_the_attenuation():
    rng = np.random.default_rng(2)
    n = 20_000
    true = (rng.random(n) < 0.4).astype(float)
    labelled = np.where(true == 1, rng.random(n) < 0.9, rng.random(n) < 0.1).astype(float)
    y = true + rng.normal(0, 0.5, n)

    def slope(x):
        return float(np.polyfit(x, y, 1)[0])

    naive = slope(labelled)
    found = simex(slope, labelled, 0.9, 0.9, draws=10, rng=np.random.default_rng(1))
    assert naive < 0.82
    # A quadratic does not follow the curve all the way (Küchenhoff et al. 2006).
    assert found == pytest.approx(1, abs=0.06)
    assert simex(slope, labelled, 0.5, 0.5, draws=2, rng=rng) is None


def test_gamma_is_where_the_worst_case_stops_rejecting():
    found = sign_gamma(73, 100)
    assert found is not None
    worst = brentq(lambda p: binom.sf(72, 100, p) - 0.05, 0.5, 0.9)
    assert found == pytest.approx(worst / (1 - worst), abs=1e-6)
    assert sign_gamma(52, 100) is None
    assert sign_gamma(0, 10) is None


def test_pairs_are_the_closest_of_all_matchings():
    rng = np.random.default_rng(3)
    stratum = np.repeat([0, 1, 2], [8, 7, 3])
    treated = np.array([1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1], dtype=bool)
    x = rng.normal(size=(18, 2))
    one, other = matched_pairs(treated, x, stratum)
    assert treated[one].all()
    assert not treated[other].any()
    assert (stratum[one] == stratum[other]).all()
    assert len(one) == 3 + 3
    distance = np.linalg.norm(x[one] - x[other], axis=1)
    best = min(
        sum(np.linalg.norm(x[i] - x[j]) for i, j in zip((0, 1, 2), others, strict=True))
        for others in itertools.permutations(range(3, 8), 3)
    )
    assert distance[stratum[one] == 0].sum() == pytest.approx(best)
    first, second = matched_pairs(treated, np.empty((18, 0)), stratum)
    assert len(first) == len(second) == 6


def test_partial_pooling_is_the_closed_form():
    # DerSimonian and Laird by hand for three units.
    b, s = np.array([0.0, 1.0, 5.0]), np.array([1.0, 1.0, 2.0])
    w = 1 / s**2
    q = (w * (b - (w * b).sum() / w.sum()) ** 2).sum()
    tau2 = (q - 2) / (w.sum() - (w**2).sum() / w.sum())
    found = partial_pooling(b, s)
    assert found.heterogeneity == pytest.approx(q)
    assert found.tau**2 == pytest.approx(tau2)
    mean = (b / (s**2 + tau2)).sum() / (1 / (s**2 + tau2)).sum()
    kept = tau2 / (tau2 + s**2)
    assert found.shrunken == pytest.approx(kept * b + (1 - kept) * mean)
    alike = partial_pooling(np.array([1.0, 1.1, 0.9]), np.ones(3))
    assert alike.tau == 0
    assert alike.shrunken == pytest.approx(1.0)


def test_rubin_adds_what_draws_differ():
    b, s = np.array([1.0, 1.4, 0.6, 1.0]), np.full(4, 0.5)
    found = rubin(b, s, 1e9)
    between = b.var(ddof=1)
    assert found.value == pytest.approx(1.0)
    assert found.standard_error**2 == pytest.approx(0.25 + 1.25 * between)
    # Rubin (1987), (3.1.6): (m − 1)(1 + 1/r)² with r the relative increase.
    r = 1.25 * between / 0.25
    assert found.freedom == pytest.approx(3 * (1 + 1 / r) ** 2, rel=1e-3)
    still = rubin(np.ones(4), s, 30.0)
    assert still.standard_error == pytest.approx(0.5)
    assert still.share_between == 0


def test_adjusted_pvalues():
    p = np.array([0.04, 0.001, 0.9, 0.02, 0.02])
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))
    rng = np.random.default_rng(1)
    drawn = rng.normal(size=(3, 4000))
    found = romano_wolf(np.array([3.5, 1.0, -2.2]), drawn)
    # By definition: the largest first, each against the largest of those left.
    size = np.abs(drawn)
    first = (1 + (size.max(axis=0) >= 3.5).sum()) / 4001
    second = (1 + (size[1:].max(axis=0) >= 2.2).sum()) / 4001
    third = (1 + (size[1] >= 1.0).sum()) / 4001
    assert found == pytest.approx([first, max(first, second, third), max(first, second)])


def test_intraclass_correlation():
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(400), 6)
    x = rng.normal(size=400)[unit] * np.sqrt(0.3) + rng.normal(size=2400) * np.sqrt(0.7)
    assert intraclass(x, unit) == pytest.approx(0.3, abs=0.06)  # three standard errors of 400 units
    assert intraclass(unit * 1.0, unit) == 1
    assert within_share(unit * 1.0, unit) == 0
    assert within_share(np.full(2400, 3.0), unit) == 0
    assert intraclass(x, np.arange(2400)) is None


def test_left_out_residuals_are_those_of_refits():
    rng = np.random.default_rng(1)
    group, x = rng.integers(0, 6, 80), np.column_stack([np.ones(80), rng.normal(size=80)])
    y = rng.normal(size=80)
    found = left_out_residuals(y, x, group)
    for g in range(6):
        others, own = group != g, group == g
        refit = np.linalg.lstsq(x[others], y[others], rcond=None)[0]
        assert found[own] == pytest.approx(y[own] - x[own] @ refit, abs=ROUNDING)
    only = np.column_stack([np.ones(80), (group == 0) * 1.0])
    assert np.isnan(left_out_residuals(y, only, group)[group == 0]).all()


def test_bounds_of_unknown_rows_are_those_of_all_assignments():
    rng = np.random.default_rng(1)
    y = rng.normal(size=12)
    known = np.arange(12) < 7
    exposed = np.arange(12) % 3 == 0
    found = difference_bounds(y, exposed, known)
    every = []
    for guess in itertools.product([False, True], repeat=5):
        one = exposed.copy()
        one[~known] = guess
        every.append(y[one].mean() - y[~one].mean())
    assert found == pytest.approx((min(every), max(every)))
    assert difference_bounds(y, np.zeros(12, dtype=bool), known) is None

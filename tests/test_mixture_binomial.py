"""The binomial variant of the finite mixture against enumeration, its written priors, and planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import comb, expit, gammaln
from scipy.stats import norm

from forensics.kernels.convergence import highest_density_each
from forensics.kernels.mixture import binomial, model
from forensics.kernels.mixture.binomial_chain import run_binomial_chain
from forensics.kernels.mixture.binomial_moves import move_ratios
from forensics.kernels.mixture.chains import fit
from forensics.kernels.mixture.votes import simulate

AT = model.Globals(
    np.array([0.4, 0.2]),
    tuple(np.array([x]) for x in (0.5, 0.3, -0.4, 0.2, 0.1, -0.3)),
    np.zeros(6),
)
PHI = np.concatenate([np.log(AT.ratios / (1 - AT.ratios)), *AT.beta])
#: Four standard errors of an average of candidates: one test in 16,000 would fail by chance.
ERRORS = 4.0
#: Simulated elections, and those whose interval of 95 % must hold the truth: fewer do once in 3,000 runs.
ELECTIONS, HOLDING = 24, 18


def coin(p: float, y: int, n: int) -> float:
    """Binomial probability, 0 where p is no probability (as in the published program)."""
    return float(comb(n, y) * p**y * (1 - p) ** (n - y)) if 0 <= p <= 1 else 0.0


def by_enumeration(n: int, t: int, w: int) -> float:
    """Likelihood of one precinct: every number added and moved, as the published program prints it."""
    tau, nu = (float(expit(AT.beta[k][0])) for k in range(2))
    a = (n - t) / n
    total = AT.pi[0] * coin(1 - tau, n - t, n) * coin(nu * (1 - a), w, n)
    low, width = (0.0, 0.7), (0.7, 0.3)
    for g, (added, moved) in ((1, (2, 3)), (2, (4, 5))):
        mu = [low[g - 1] + width[g - 1] * float(expit(AT.beta[k][0])) for k in (added, moved)]
        for y in range(n + 1):
            im = 0.999 if y == n else y / n
            for x in range(n + 1):
                is_ = x / n
                win = nu * (1 - is_) / (1 - im) * (1 - im - a) + a * (im - is_) / (1 - im) + is_
                chance = coin(mu[0], y, n) * coin(mu[1], x, n) * coin(win, w, n)
                total += AT.pi[g] * chance * coin((1 - tau) * (1 - im), n - t, n)
    return total


@pytest.mark.parametrize(
    "counts", [(9, 6, 4), (8, 8, 8), (10, 9, 3), (7, 2, 0), (12, 12, 11), (40, 33, 21)]
)
def test_candidates_average_to_the_likelihood(counts: tuple[int, int, int]) -> None:
    n, t, w = counts
    many = model.Counts(*(np.full(60, float(value)) for value in counts))
    zero = np.zeros(60)
    value, variance = binomial.log_likelihood_binomial(
        many, PHI, (zero, zero), np.random.default_rng(1), rounds=200
    )
    found = np.exp(value + sum(gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1) for y in (t, w)))
    # Sixty independent estimates of the same number.
    error = found.std(ddof=1) / np.sqrt(60)
    assert abs(found.mean() - by_enumeration(n, t, w)) < ERRORS * error
    assert error < 0.02 * found.mean()
    assert np.isfinite(variance).all()


def test_the_prior_is_that_of_the_published_program() -> None:
    phi = np.random.default_rng(3).normal(size=9) * 3
    # Ratios uniform in (0, 1), on the logit scale; every coefficient N(0, 10²).
    logits = sum(np.log(expit(x)) + np.log(expit(-x)) for x in phi[:2])
    expected = logits + norm(0, 10).logpdf(phi[2:]).sum()
    assert binomial.log_prior_binomial(phi, (0, 1, 0, 0, 0, 0)) == pytest.approx(expected)


def test_ratios_are_drawn_from_their_conditional() -> None:
    rng, phi, classes = np.random.default_rng(5), np.zeros(2), np.array([30, 20, 2])
    draws = np.empty((6000, 2))
    for k in range(len(draws)):
        draws[k] = phi = move_ratios(phi, classes, rng)
    found = expit(draws).mean(axis=0)
    # The density over the unit square by its midpoints: r₂^20 r₃^2 / (1 + r₂ + r₃)^52.
    grid = (np.arange(2000) + 0.5) / 2000
    r2, r3 = np.meshgrid(grid, grid, indexing="ij")
    log = 20 * np.log(r2) + 2 * np.log(r3) - 52 * np.log1p(r2 + r3)
    density = np.exp(log - log.max())
    density /= density.sum()
    for mean, ratio in zip(found, (r2, r3), strict=True):
        exact = float((density * ratio).sum())
        sd = np.sqrt(float((density * ratio**2).sum()) - exact**2)
        # Successive draws of a slice depend on each other: an effective size of at least 1,500.
        assert abs(mean - exact) < ERRORS * sd / np.sqrt(1500)


def planted(
    n: int, at: model.Globals, rng: np.random.Generator, units: bool
) -> tuple[model.Counts, np.ndarray]:
    """Counts drawn from the model, with regions and districts that differ or without."""
    size = rng.integers(200, 1500, n).astype(float)
    district = np.arange(n) % 6
    levels = (district // 2, district) if units else ()
    sums = [0.5 * rng.standard_normal(6)[district] if units else np.zeros(n) for _ in range(2)]
    # The winner's votes are drawn from the eligible and may exceed the voters: the model as it is.
    t, w, z = simulate(model.Counts(size, size, size, (), levels), at, rng, (sums[0], sums[1]))
    return model.Counts(size, t, w, (), levels), z


def test_planted_classes_are_found_with_levels_that_differ() -> None:
    at = model.Globals(
        np.array([0.15, 0.08]), tuple(np.array([x]) for x in (0.2, -0.2, 0.1, -0.3, 0.4, 0.2)), np.zeros(6)
    )
    counts, z = planted(150, at, np.random.default_rng(2), units=True)
    fitted = fit(counts, 1, model="bl", chains=2, warm=100, keep=100)
    # Where a chain stays at a wrong class, it is a mode of its own and its evidence is lower.
    best = fitted.best[0]
    # Districts differ by .5 on the logit scale; added shares of .37 and .85 are far from that.
    assert (best.probability.argmax(axis=0) == z).mean() > 0.97
    assert best.probability.sum(axis=0) == pytest.approx(1)
    assert best.totals[:, 0] == pytest.approx(best.added.sum(axis=1, dtype=float), rel=1e-5)
    assert (best.classes > 0).mean() == pytest.approx((z > 0).mean(), abs=0.05)


def test_the_variant_is_fitted_as_the_model_is() -> None:
    at = model.Globals(np.array([0.15, 0.08]), AT.beta, np.zeros(6))
    counts, _ = planted(60, at, np.random.default_rng(4), units=False)
    one, two = (fit(counts, 3, model="bl", chains=2, warm=20, keep=20, n_jobs=jobs) for jobs in (1, 2))
    assert one.chains[1].phi.tobytes() == two.chains[1].phi.tobytes()
    assert one.chains[0].phi.shape == (20, 8)


@pytest.mark.slow
def test_intervals_hold_what_was_planted() -> None:
    """Classes far apart, so that every chain reaches one mode; rates of stolen votes are drawn slowly
    and are left out."""
    at = model.Globals(
        np.array([0.3, 0.15]), tuple(np.array([x]) for x in (0.2, -0.2, 0.1, -0.3, 0.4, 0.2)), np.zeros(6)
    )
    true = np.array([at.pi[0], at.pi[1], *(at.beta[k][0] for k in range(3))])
    holding = np.zeros(len(true), dtype=int)
    for seed in range(ELECTIONS):
        rng = np.random.default_rng([seed, 17])
        counts, _ = planted(100, at, rng, units=False)
        chain = run_binomial_chain(counts, seed % 2 == 1, rng, warm=100, keep=300)
        draws = np.concatenate([chain.pi[:, :2], chain.phi[:, 2:5]], axis=1)
        low, high = highest_density_each(draws)
        holding += (low <= true) & (true <= high)
    assert holding.min() >= HOLDING

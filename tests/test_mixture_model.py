"""The finite mixture's likelihood, priors and moves against enumeration, quadrature and dense algebra."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import comb, expit, gammaln
from scipy.stats import binom

from forensics.kernels import mixture_ancillary as ancillary
from forensics.kernels import mixture_honest as honest
from forensics.kernels import mixture_model as model
from forensics.kernels.mixture_companion import companion
from forensics.kernels.mixture_conjugate import draw_variance
from forensics.kernels.mixture_evidence import log_likelihood
from forensics.kernels.mixture_levels import Tree, draw_levels
from forensics.kernels.mixture_sampler import begin
from forensics.kernels.mixture_score import log_posterior
from forensics.kernels.mixture_votes import simulate

AT = model.Globals(
    np.array([0.4, 0.2]),
    tuple(np.array([x]) for x in (0.5, 0.3, -0.4, 0.2, 0.1, -0.3)),
    np.array([0.3, 0.25, 0.5, 0.4, 0.3, 0.6]),
)
#: Four standard errors of an average of candidates: one test in 16,000 would fail by chance.
ERRORS = 4.0


def coin(p: np.ndarray, y: int, n: int) -> np.ndarray:
    """Binomial probability, 0 where p is no probability (as in the published program)."""
    inside = np.clip(p, 0, 1)
    return np.where((p >= 0) & (p <= 1), comb(n, y) * inside**y * (1 - inside) ** (n - y), 0.0)


def by_enumeration(n: int, t: int, w: int) -> float:
    """Likelihood of one precinct: every number added and moved, 61 nodes for each effect."""
    z, weight = hermegauss(61)
    weight = weight / weight.sum()
    sigma = np.sqrt(AT.e)
    tau, nu = (expit(AT.beta[k][0] + sigma[k] * z) for k in range(2))
    a = (n - t) / n

    def counts(im: float, is_: float) -> float:
        # Abstentions Bin(N, (1 − τ)(1 − ι.m)); the winner's probability as the model prints it.
        abstain = weight @ coin((1 - tau) * (1 - im), n - t, n)
        win = nu * (1 - is_) / (1 - im) * (1 - im - a) + a * (im - is_) / (1 - im) + is_
        return float(abstain * (weight @ coin(win, w, n)))

    total = AT.pi[0] * counts(0.0, 0.0)
    for g, (added, moved) in ((1, (2, 3)), (2, (4, 5))):
        chance = []
        for effect in (added, moved):
            mu = ancillary.rate(AT.beta[effect][0] + sigma[effect] * z, g)
            chance.append([float(weight @ coin(mu, y, n)) for y in range(n + 1)])
        for y, p in enumerate(chance[0]):
            for x, q in enumerate(chance[1]):
                total += AT.pi[g] * p * q * counts(0.999 if y == n else y / n, x / n)
    return total


@pytest.mark.parametrize(("n", "t", "w"), [(9, 6, 4), (8, 8, 8), (10, 9, 3), (7, 2, 0), (12, 12, 11)])
def test_candidates_average_to_the_likelihood(n: int, t: int, w: int) -> None:
    counts = model.Counts(*(np.full(60, float(value)) for value in (n, t, w)))
    phi, zero = model.pack(AT), np.zeros(60)
    value, variance = log_likelihood(counts, phi, (zero, zero), np.random.default_rng(1), rounds=200)
    coefficient = sum(gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1) for y in (t, w))
    found = np.exp(value + coefficient)
    # Sixty independent estimates of the same number.
    error = found.std(ddof=1) / np.sqrt(60)
    assert abs(found.mean() - by_enumeration(n, t, w)) < ERRORS * error
    assert error < 0.02 * found.mean()
    assert np.isfinite(variance).all()


def test_the_prior_is_normalised_and_has_its_gradient() -> None:
    phi = np.random.default_rng(0).normal(size=14)
    slopes = (0,) * 6
    value, gradient = model.log_prior(phi, slopes)
    step = 1e-6
    for k, unit in enumerate(np.eye(14) * step):
        up, down = (model.log_prior(phi + sign * unit, slopes)[0] for sign in (1, -1))
        assert gradient[k] == pytest.approx((up - down) / (2 * step), abs=1e-5)
    # One coordinate at a time: logit of a uniform, intercept, logarithm of an exponential variance.
    grid = np.linspace(-30, 15, 1501)
    for k in (0, 2, 13):
        at = np.repeat(phi[None], len(grid), axis=0)
        at[:, k] = grid
        density = np.exp([model.log_prior(row, slopes)[0] - value for row in at])
        own = {0: -np.logaddexp(0, phi[0]) - np.logaddexp(0, -phi[0])}
        own[2] = -0.5 * phi[2] ** 2 / 1.0001 - 0.5 * np.log(2 * np.pi * 1.0001)
        own[13] = np.log(5) + phi[13] - 5 * np.exp(phi[13])
        assert np.trapezoid(density, grid) * np.exp(own[k]) == pytest.approx(1, abs=1e-6)


def test_the_gradient_of_the_log_posterior() -> None:
    rng = np.random.default_rng(4)
    n = rng.integers(50, 900, 40).astype(float)
    t, w, _ = simulate(model.Counts(n, n, n), AT, rng)
    designs = tuple(rng.normal(size=(40, p)) for p in (1, 0, 2, 0, 0, 1))
    counts = model.Counts(n, t, np.minimum(w, t), designs)
    at = model.Globals(
        AT.ratios,
        tuple(np.append(b, np.zeros(p)) for b, p in zip(AT.beta, counts.slopes, strict=True)),
        AT.e,
    )
    state = begin(counts, at, rng)
    _, gradient = log_posterior(state.blocks, state.phi, counts.slopes)
    step = 1e-5
    for k, unit in enumerate(np.eye(len(gradient)) * step):
        up, down = (log_posterior(state.blocks, state.phi + s * unit, counts.slopes)[0] for s in (1, -1))
        assert gradient[k] == pytest.approx((up - down) / (2 * step), rel=1e-4, abs=1e-4)


def test_a_count_and_its_normal_score_belong_together() -> None:
    rng = np.random.default_rng(2)
    n = rng.integers(1, 300, 500).astype(float)
    mu = rng.uniform(0.001, 0.999, 500)
    numbers = rng.binomial(n.astype(int), mu).astype(float)
    low, high = ancillary._edges(n, mu, numbers)
    middle = np.where(np.isinf(low), high - 1, np.where(np.isinf(high), low + 1, (low + high) / 2))
    assert (ancillary.numbers_at(n, mu, middle) == numbers).all()
    # The intervals of all counts cover the line once, so their probabilities add to 1.
    every = np.arange(8.0)
    low, high = ancillary._edges(np.full(8, 7.0), np.full(8, 0.3), every)
    assert ancillary._chance(low, high).sum() == pytest.approx(1)
    exact = binom.logpmf(every, 7, 0.3) - np.log(ancillary._chance(low, high))
    assert ancillary.log_draw(np.full(8, 7.0), np.full(8, 0.3), every) == pytest.approx(exact)


def test_level_intercepts_are_those_of_the_dense_normal() -> None:
    rng = np.random.default_rng(9)
    top = np.repeat([0, 1, 2], [12, 5, 8])
    second = np.unique(np.stack([top, rng.integers(0, 3, 25)]), axis=1, return_inverse=True)[1].reshape(-1)
    residual = rng.normal(size=25) + top
    tree = Tree.of((top, second))
    intercept, levels = draw_levels(residual, 0.4, tree, None)
    design = np.column_stack([np.ones(25), np.eye(3)[top], np.eye(second.max() + 1)[second]])
    precision = design.T @ design / 0.4 + np.diag([1 / 1.0001, *np.ones(design.shape[1] - 1)])
    dense = np.linalg.solve(precision, design.T @ residual / 0.4)
    assert np.concatenate([[intercept], *levels]) == pytest.approx(dense)
    assert tree.sums(levels) == pytest.approx(design[:, 1:] @ dense[1:])
    draws = np.array(
        [
            np.concatenate([[d[0]], *d[1]])
            for d in (draw_levels(residual, 0.4, tree, rng) for _ in range(4000))
        ]
    )
    # 4,000 draws give a standard deviation to 1.1 %, a mean to 1.6 % of it.
    spread = np.sqrt(np.diag(np.linalg.inv(precision)))
    assert draws.std(axis=0) == pytest.approx(spread, rel=0.05)
    assert np.abs(draws.mean(axis=0) - dense).max() < 0.07 * spread.max()


@pytest.mark.parametrize("m", [0, 1, 3, 400])
def test_a_variance_is_drawn_from_its_conditional(m: int) -> None:
    rng = np.random.default_rng(m)
    residual = rng.normal(size=m) * 0.6
    draws, now = np.empty(6000), 0.2
    for k in range(len(draws)):
        draws[k] = now = draw_variance(residual, now, rng)
    grid = np.exp(np.linspace(-14, 4, 20001))
    log = -0.5 * m * np.log(grid) - 0.5 * (residual @ residual) / grid - 5 * grid
    density = np.exp(log - log.max())
    density /= np.trapezoid(density, grid)
    mean = np.trapezoid(grid * density, grid)
    sd = np.sqrt(np.trapezoid((grid - mean) ** 2 * density, grid))
    # Successive draws are repeated where a step is refused: an effective size of at least 2,000.
    assert abs(draws.mean() - mean) < ERRORS * sd / np.sqrt(2000)
    assert draws.std() == pytest.approx(sd, rel=0.15)


def test_the_companion_is_a_function_of_the_counts_and_finds_what_was_planted() -> None:
    rng = np.random.default_rng(7)
    planted = model.Globals(
        np.array([0.15, 0.06]),
        tuple(np.array([x]) for x in (0.2, -0.2, 0.6, 0.0, 0.8, 0.8)),
        np.array([0.05, 0.05, 0.1, 0.1, 0.1, 0.1]),
    )
    n = rng.integers(300, 1500, 500).astype(float)
    t, w, z = simulate(model.Counts(n, n, n), planted, rng)
    counts = model.Counts(n, t, np.minimum(w, t))
    one, other = companion(counts), companion(counts)
    assert (one.phi == other.phi).all()
    assert (one.probability == other.probability).all()
    share = np.bincount(z.astype(int), minlength=3) / 500
    assert np.abs(one.pi - share).max() < 4 * one.pi_error.max()
    # The classes lie far apart here: turnout of the extreme one is above 90 %.
    assert (one.probability.argmax(axis=0) == z).mean() > 0.95


def test_kinds_of_honest_precincts_against_quadrature() -> None:
    counts = model.Counts(np.array([60.0, 200.0]), np.array([45.0, 200.0]), np.array([20.0, 180.0]))
    kinds = honest.Kinds(
        np.array([0.7, 0.3]), np.array([[0.5, 0.1], [2.0, 1.0]]), np.array([[0.3, 0.2], [0.5, 0.6]])
    )
    z = np.linspace(-9, 9, 4001)
    for row in range(2):
        total = 0.0
        for k in range(2):
            part = kinds.weight[k]
            places = ((counts.t, 0.0, 1.0, 0.0), (counts.w, 0.0, 1 - counts.abstained, counts.abstained))
            for effect, (y, c0, c1, d0) in enumerate(places):
                h = kinds.mean[k, effect] + np.sqrt(kinds.variance[k, effect]) * z
                value = [np.broadcast_to(c, 2)[row] for c in (c0, c1, d0)]
                log = model.log_factor(h, y[row], counts.n[row], *value) - z**2 / 2
                part *= np.trapezoid(np.exp(log), z) / np.sqrt(2 * np.pi)
            total += part
        # Seven nodes about the mode.
        assert honest.scores(counts, kinds)[row] == pytest.approx(np.log(total), abs=2e-3)

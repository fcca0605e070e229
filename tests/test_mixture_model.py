"""The finite mixture's likelihood, priors and moves against enumeration, quadrature and dense algebra."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import comb, expit, gammaln
from scipy.stats import binom

from forensics.kernels.mixture import grid, honest, model
from forensics.kernels.mixture.companion import companion
from forensics.kernels.mixture.evidence import log_likelihood
from forensics.kernels.mixture.latents import choose
from forensics.kernels.mixture.levels import Tree, draw_levels
from forensics.kernels.mixture.marginal import Marginal
from forensics.kernels.mixture.mode import scores
from forensics.kernels.mixture.scale import globals_at, log_prior, standard
from forensics.kernels.mixture.slice import Reference, elliptical
from forensics.kernels.mixture.votes import simulate

AT = model.Globals(
    np.array([0.4, 0.2]),
    tuple(np.array([x]) for x in (0.5, 0.3, -0.4, 0.2, 0.1, -0.3)),
    np.array([0.3, 0.25, 0.5, 0.4, 0.3, 0.6]),
)
#: Four standard errors of an average of candidates: one test in 16,000 would fail by chance.
ERRORS = 4.0
#: Quadrature of a precinct's log likelihood: nodes and local polynomials, at the smallest precincts.
NEAR = 0.005


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
            mu = model.rate(AT.beta[effect][0] + sigma[effect] * z, g)
            chance.append([float(weight @ coin(mu, y, n)) for y in range(n + 1)])
        for y, p in enumerate(chance[0]):
            for x, q in enumerate(chance[1]):
                total += AT.pi[g] * p * q * counts(0.999 if y == n else y / n, x / n)
    return total


@pytest.mark.parametrize(
    ("n", "t", "w"), [(1, 1, 0), (3, 3, 3), (9, 6, 4), (8, 8, 8), (7, 2, 0), (12, 12, 11), (45, 44, 40)]
)
def test_the_likelihood_is_that_of_enumeration(n: int, t: int, w: int) -> None:
    counts = model.Counts(*(np.array([float(value)]) for value in (n, t, w)))
    zero = np.zeros(1)
    coefficient = sum(gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1) for y in (t, w))
    found = log_likelihood(counts, AT, (zero, zero))[0] + coefficient
    assert found == pytest.approx(np.log(by_enumeration(n, t, w)), abs=NEAR)


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


def test_the_slopes_of_the_likelihood() -> None:
    rng = np.random.default_rng(4)
    n = rng.integers(50, 900, 40).astype(float)
    t, w, _ = simulate(model.Counts(n, n, n), AT, rng)
    designs = tuple(rng.normal(size=(40, p)) for p in (1, 0, 2, 0, 0, 1))
    counts = model.Counts(n, t, np.minimum(w, t), designs)
    beta = tuple(np.append(b, 0.1 * np.ones(p)) for b, p in zip(AT.beta, counts.slopes, strict=True))
    at = model.Globals(AT.ratios, beta, AT.e)
    none = (np.zeros(40), np.zeros(40))
    marginal = Marginal.of(counts, at, none)
    x = standard(at)
    said, by = marginal.slopes(at, none)
    found = scores(counts, x, at, said, by).sum(axis=0)
    assert marginal.likelihood(at, none, marginal.say(at, none)).each == pytest.approx(said.each, abs=1e-4)

    def value(x: np.ndarray) -> float:
        there = globals_at(x, counts.slopes)
        return float(marginal.likelihood(there, none, marginal.say(there, none)).each.sum())

    step = 0.02
    for k, unit in enumerate(np.eye(len(x)) * step):
        # Fourth-order differences with wide steps: values of nodes are of single precision.
        near, far = (value(x + c * unit) - value(x - c * unit) for c in (1, 2))
        assert found[k] == pytest.approx((8 * near - far) / (12 * step), rel=2e-3, abs=2e-3)


def test_scales_go_there_and_back() -> None:
    slopes = (1, 0, 0, 0, 0, 2)
    x = np.random.default_rng(3).normal(size=17)
    assert standard(globals_at(x, slopes)) == pytest.approx(x, abs=1e-9)
    # Variances of 6 and more are seen in national returns.
    far = np.concatenate([x[:-6], [5.0, 7.0, 9.0, 12.0, 15.0, 20.0]])
    assert standard(globals_at(far, slopes)) == pytest.approx(far, abs=1e-9)
    # The prior of the model in these coordinates: with the Jacobian it is that of the other scale.
    step, phi = 1e-6, model.pack(globals_at(x, slopes))
    jacobian = 0.0
    for unit in np.eye(17) * step:
        up, down = (model.pack(globals_at(x + sign * unit, slopes)) for sign in (1, -1))
        jacobian += np.log(np.abs(up - down).max() / (2 * step))
    assert log_prior(x, slopes)[0] == pytest.approx(model.log_prior(phi, slopes)[0] + jacobian, abs=1e-5)


@pytest.mark.parametrize("n", [1, 4, 30, 2000])
def test_nodes_of_a_binomial_have_its_moments(n: int) -> None:
    mu = np.array([0.03, 0.4, 0.97])
    nodes, weight = grid.binomial_nodes(np.array(float(n)), mu)
    for power in range(6):
        moment = (weight * (nodes - mu[:, None]) ** power).sum(axis=-1)
        share = np.arange(n + 1) / n
        exact = [(binom.pmf(np.arange(n + 1), n, p) * (share - p) ** power).sum() for p in mu]
        assert moment == pytest.approx(exact, abs=1e-12)


def test_weights_of_an_effect_have_its_moments() -> None:
    for mean, variance in ((0.3, 0.001), (-1.0, 0.4), (0.1, 1.5)):
        weight = grid.normal_weights(np.array(mean), variance)
        for power, exact in ((0, 1), (1, mean), (2, mean**2 + variance)):
            assert (weight * grid.EFFECT**power).sum() == pytest.approx(exact, abs=1e-6)


def test_slices_leave_a_distribution_as_it_is() -> None:
    rng = np.random.default_rng(8)
    reference = Reference.of(np.zeros(2), np.eye(2))
    mean, root = reference.given(np.zeros(2), np.arange(2))

    def look(x: np.ndarray) -> tuple[float, None]:
        # N(1, 1/2) in the first coordinate, N(0, 1) in the second.
        return -float((x[0] - 1) ** 2) - 0.5 * float(x[1] ** 2), None

    x, draws = np.zeros(2), np.empty((6000, 2))
    for k in range(len(draws)):
        x, _ = elliptical(x, None, look(x)[0], mean, root, look, rng)
        draws[k] = x
    # An effective size of 2,000 at least.
    assert draws.mean(axis=0) == pytest.approx([1, 0], abs=ERRORS / np.sqrt(2000))
    assert draws.var(axis=0) == pytest.approx([0.5, 1], rel=ERRORS * np.sqrt(2 / 2000))


def means_by_enumeration(n: int, t: int, w: int, g: int) -> np.ndarray:
    """Posterior means of the shares added and moved and of the chance to abstain, in a class."""
    z, weight = hermegauss(61)
    weight = weight / weight.sum()
    tau, nu = (expit(AT.beta[k][0] + np.sqrt(AT.e[k]) * z) for k in range(2))
    y, a = np.arange(n + 1), (n - t) / n
    chance = []
    for effect in model.MANIPULATED[g][2:]:
        mu = model.rate(AT.beta[effect][0] + np.sqrt(AT.e[effect]) * z, g)
        chance.append(binom.pmf(y[:, None], n, mu) @ weight)
    im, is_ = np.where(y == n, 0.999, y / n), y / n
    abstain = (1 - tau) * (1 - im)[:, None]
    turnout = binom.pmf(n - t, n, abstain) * weight
    c0, c1, _ = model.winner(im[:, None], is_, np.array(a))
    support = coin(c0[..., None] + c1[..., None] * nu, w, n) @ weight
    joint = chance[0][:, None] * chance[1] * turnout.sum(axis=1)[:, None] * support
    joint /= joint.sum()
    of_abstain = (turnout * abstain).sum(axis=1) / turnout.sum(axis=1)
    return np.array([joint.sum(axis=1) @ im, joint.sum(axis=0) @ is_, joint.sum(axis=1) @ of_abstain])


def test_what_is_drawn_of_precincts_has_the_moments_of_enumeration() -> None:
    number, n = 3000, 60
    counts = model.Counts(*(np.full(number, float(value)) for value in (n, 55, 45)))
    none = (np.zeros(number), np.zeros(number))
    marginal = Marginal.of(counts, AT, none)
    said = marginal.say(AT, none)
    likelihood = marginal.likelihood(AT, none, said)
    chosen = choose(marginal, AT, none, said, likelihood, np.random.default_rng(5))
    drawn = np.bincount(chosen.class_of, minlength=3) / number
    assert drawn == pytest.approx(likelihood.share[:, 0], abs=ERRORS / np.sqrt(4 * number))
    for g in (1, 2):
        shares = chosen.numbers[g] / n
        found = np.array([*shares, (1 - expit(chosen.h[g][0])) * (1 - shares[0])])
        exact = means_by_enumeration(n, 55, 45, g)
        # Besides chance: turnout is drawn from a normal for what is skewed at the edge.
        error = ERRORS * found.std(axis=1) / np.sqrt(found.shape[1])
        assert (np.abs(found.mean(axis=1) - exact) < error + 0.002).all(), (g, found.mean(axis=1), exact)


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

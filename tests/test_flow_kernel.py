"""Numbers behind the flow of votes, against brute force and theory."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from forensics.kernels.flow import (
    cluster_products,
    jackknife_error,
    leave_one_out,
    mean_change,
    pooled,
    resampled,
    slopes,
)
from forensics.kernels.transfer import transfer, transfer_bounds, transfers

Floats = NDArray[np.float64]

#: Sums in another order.
ROUNDING = 1e-9
#: A general optimiser stops here; the active set is exact.
OPTIMISER = 2e-5


def rounds(rng: np.random.Generator, n: int = 600) -> tuple[Floats, Floats, Floats]:
    """z = (t1, t2, w1, w2), weights and binomial moments of two unrelated rounds."""
    size = rng.integers(200, 2000, n).astype(float)
    t = rng.beta(12, 8, (n, 2))
    w = t * rng.beta(10, 10, (n, 2))
    noise = [part * (1 - t[:, r]) / size for r in range(2) for part in (t[:, r], w[:, r])]
    return np.column_stack([t, w]), size, np.column_stack(noise)


def codes(rng: np.random.Generator, n: int, clusters: int, groups: int) -> tuple[NDArray[np.intp], ...]:
    cluster = rng.integers(0, clusters, n)
    return cluster.astype(np.intp), (cluster % groups).astype(np.intp)


def test_pooled_products_are_those_of_the_precincts() -> None:
    rng = np.random.default_rng(1)
    z, weight, noise = rounds(rng)
    cluster, group = codes(rng, len(z), 40, 5)
    found = pooled(cluster_products(z, weight, noise, cluster, group))
    deviations = np.zeros((4, 4))
    for code in range(5):
        mine = group == code
        around = z[mine] - np.average(z[mine], axis=0, weights=weight[mine])
        deviations += around.T @ (around * weight[mine, None])
    np.testing.assert_allclose(found.deviations[0], deviations, atol=ROUNDING * weight.sum())
    np.testing.assert_allclose(found.total[0, 1:], weight @ z)
    np.testing.assert_allclose(found.noise[0], weight @ noise)
    np.testing.assert_allclose(mean_change(found), np.average(z[:, 1] - z[:, 0], weights=weight))


def test_leaving_a_cluster_out_is_estimating_without_it() -> None:
    rng = np.random.default_rng(2)
    z, weight, noise = rounds(rng)
    cluster, group = codes(rng, len(z), 12, 3)
    spared = slopes(pooled(cluster_products(z, weight, noise, cluster, group), leave_one_out(12)))
    for left in (0, 7):
        keep = cluster != left
        _, again = np.unique(cluster[keep], return_inverse=True)
        alone = slopes(
            pooled(cluster_products(z[keep], weight[keep], noise[keep], again.astype(np.intp), group[keep]))
        )
        assert spared.added[left] == pytest.approx(alone.added[0], abs=ROUNDING)
        assert spared.plain[left] == pytest.approx(alone.plain[0], abs=ROUNDING)


def test_clusters_that_are_groups_may_be_left_out_whole() -> None:
    rng = np.random.default_rng(3)
    z, weight, noise = rounds(rng)
    cluster, _ = codes(rng, len(z), 10, 10)
    spared = slopes(pooled(cluster_products(z, weight, noise, cluster, cluster), leave_one_out(10)))
    assert np.isfinite(spared.added).all()


def test_slope_is_that_of_the_residuals() -> None:
    """−Cov(g2, t1) − Cov(g1, t2) over Var(Δt) is a regression of Δg on Δt, without noise to take out."""
    rng = np.random.default_rng(4)
    z, weight, noise = rounds(rng)
    cluster, _ = codes(rng, len(z), 10, 1)
    nothing = np.zeros_like(noise)
    found = slopes(pooled(cluster_products(z, weight, nothing, cluster, np.zeros_like(cluster))))
    t1, t2, w1, w2 = (z - np.average(z, axis=0, weights=weight)).T

    def line(x: Floats, y: Floats) -> float:
        return float((weight * x * y).sum() / (weight * x * x).sum())

    b1, b2 = line(t1, w1), line(t2, w2)
    assert found.before[0] == pytest.approx(b1)
    assert found.now[0] == pytest.approx(b2)
    assert found.plain[0] == pytest.approx(line(t2 - t1, w2 - w1))
    assert found.added[0] == pytest.approx(line(t2 - t1, (w2 - b2 * t2) - (w1 - b1 * t1)))
    assert found.noise_share[0] == 0


def test_rounds_without_a_common_precinct_have_a_plain_slope_but_no_gain() -> None:
    """The mechanical part: support of one half, and the plain slope of unrelated rounds shows it."""
    added, plain = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        z, weight, noise = rounds(rng)
        cluster, group = codes(rng, len(z), 30, 3)
        found = slopes(pooled(cluster_products(z, weight, noise, cluster, group)))
        added.append(found.added[0])
        plain.append(found.plain[0])
    error = np.std(added) / np.sqrt(len(added))
    assert abs(np.mean(added)) < 3 * error  # three standard errors
    assert np.mean(plain) == pytest.approx(0.5, abs=0.05)  # w = t · v with mean v of one half


def test_turnout_that_changed_by_chance_only_has_no_slope() -> None:
    rng = np.random.default_rng(6)
    size = np.full(500, 800.0)
    t = rng.binomial(800, 0.6, (500, 2)) / 800
    w = t * 0.5
    noise = np.column_stack([part * (1 - t[:, r]) / size for r in range(2) for part in (t[:, r], w[:, r])])
    cluster = np.arange(500, dtype=np.intp) // 20
    z = np.column_stack([t, w])
    found = slopes(pooled(cluster_products(z, size, noise, cluster, np.zeros_like(cluster))))
    assert np.isnan(found.added[0])
    assert found.noise_share[0] == pytest.approx(1.0, abs=0.2)  # all of it, but for sampling


def test_jackknife_of_a_mean_is_its_standard_error() -> None:
    x = np.random.default_rng(7).normal(size=40)
    without = (x.sum() - x) / 39
    assert jackknife_error(without) == pytest.approx(x.std(ddof=1) / np.sqrt(40))


def test_a_resample_draws_as_many_clusters_as_there_are() -> None:
    drawn = resampled(25, 50, np.random.default_rng(8))
    assert drawn.shape == (50, 25)
    assert (drawn.sum(axis=1) == 25).all()


def shares(rng: np.random.Generator, n: int = 800) -> tuple[Floats, Floats, Floats]:
    """(x, y, planted matrix): y is x moved, with noise that pushes a cell or two over the edge."""
    x = rng.dirichlet([6, 4, 1, 8], n)
    planted = np.array([[0.9, 0.0, 0.1], [0.0, 0.8, 0.2], [0.5, 0.5, 0.0], [0.1, 0.0, 0.9]])
    y = x @ planted + rng.normal(0, 0.03, (n, 3))
    return x, y / y.sum(axis=1, keepdims=True), planted


def test_matrix_is_the_constrained_optimum() -> None:
    rng = np.random.default_rng(9)
    x, y, _ = shares(rng, 120)
    found = transfer((x.T @ x)[None], (x.T @ y)[None])[0]

    def loss(a: Floats) -> float:
        return float(((y - x @ a.reshape(4, 3)) ** 2).sum())

    sums = [{"type": "eq", "fun": lambda a, k=k: a.reshape(4, 3)[k].sum() - 1} for k in range(4)]
    best = minimize(
        loss,
        np.full(12, 1 / 3),
        method="SLSQP",
        bounds=[(0, 1)] * 12,
        constraints=sums,
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert loss(found.ravel()) <= best.fun + OPTIMISER
    np.testing.assert_allclose(found, best.x.reshape(4, 3), atol=1e-3)  # the optimiser's own accuracy
    assert (found == 0).any()


def test_matrix_keeps_its_bounds_and_sums() -> None:
    rng = np.random.default_rng(10)
    gram, cross = [], []
    for _ in range(50):
        x, y = rng.dirichlet([1, 1, 1, 1, 1], 30), rng.dirichlet([1, 1, 1, 1], 30)
        gram.append(x.T @ x)
        cross.append(x.T @ y)
    found = transfer(np.array(gram), np.array(cross))
    np.testing.assert_allclose(found.sum(axis=2), 1.0, atol=ROUNDING)
    assert (found >= 0).all()
    assert (found <= 1).all()


def test_matrix_does_not_depend_on_the_unit_of_weights() -> None:
    x, y, _ = shares(np.random.default_rng(11))
    small, large = (transfer(c * (x.T @ x)[None], c * (x.T @ y)[None])[0] for c in (1e-6, 1e9))
    np.testing.assert_allclose(small, large, atol=ROUNDING)


def test_an_option_without_voters_does_not_disturb_the_others() -> None:
    x, y, _ = shares(np.random.default_rng(12))
    wide = np.column_stack([x, np.zeros(len(x))])
    plain = transfer((x.T @ x)[None], (x.T @ y)[None])[0]
    found = transfer((wide.T @ wide)[None], (wide.T @ y)[None])[0]
    np.testing.assert_allclose(found[:4], plain, atol=1e-6)  # FLAT cuts a direction at 1e-12 of the Gram
    assert found[4].sum() == pytest.approx(1.0)


def test_differences_between_groups_are_no_transfer() -> None:
    """Regions that differ in both rounds, precincts paired at random within: every row is the mean."""
    rng = np.random.default_rng(13)
    region = np.repeat(np.arange(10), 2000).astype(np.intp)
    tilt = rng.dirichlet([3, 3, 3], 10)
    x = np.array([rng.dirichlet(20 * tilt[r]) for r in region])
    y = np.array([rng.dirichlet(20 * tilt[r]) for r in region])
    z = np.column_stack([x[:, 0], y[:, 0], x[:, 0], y[:, 0], x, y])
    weight = np.full(len(x), 500.0)
    products = cluster_products(z, weight, np.zeros((len(x), 4)), region, region)
    found = transfers(pooled(products), 4, 3, 3)[0]
    np.testing.assert_allclose(found, np.tile(y.mean(axis=0), (3, 1)), atol=0.03)  # sampling error
    one = cluster_products(z, weight, np.zeros((len(x), 4)), region, np.zeros_like(region))
    between = transfers(pooled(one), 4, 3, 3)[0]
    assert np.diag(between).min() > y.mean(axis=0).max() + 0.1  # without groups the regions look like it


def test_bounds_hold_whatever_the_voters_did() -> None:
    rng = np.random.default_rng(14)
    size = rng.integers(100, 1000, 300)
    before = rng.multinomial(size, [0.3, 0.2, 0.5])
    moved = np.zeros((300, 3, 2), dtype=int)
    for k in range(3):
        moved[:, k] = rng.multinomial(before[:, k], rng.dirichlet([1, 1], 300))
    now = moved.sum(axis=1)
    found = transfer_bounds(before / size[:, None], now / size[:, None], size.astype(float))
    true = moved.sum(axis=0) / before.sum(axis=0)[:, None]
    assert (found.low <= true + ROUNDING).all()
    assert (true <= found.high + ROUNDING).all()


def test_bounds_of_one_precinct_by_hand() -> None:
    # 60 of 100 for k, 70 for j: at least 30 and at most 60 of the 60 are in the cell.
    found = transfer_bounds(np.array([[0.6, 0.4]]), np.array([[0.7, 0.3]]), np.array([100.0]))
    assert found.low[0, 0] == pytest.approx(30 / 60)
    assert found.high[0, 0] == pytest.approx(1.0)
    assert found.low[1, 1] == 0
    assert found.high[1, 1] == pytest.approx(30 / 40)
    nobody = transfer_bounds(np.array([[0.0, 1.0]]), np.array([[0.7, 0.3]]), np.array([100.0]))
    assert (nobody.low[0, 0], nobody.high[0, 0]) == (0.0, 1.0)

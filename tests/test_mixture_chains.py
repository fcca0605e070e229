"""Chains of the finite mixture: same bytes for any workers, modes apart, and the reference posterior."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from forensics.kernels.mixture import model
from forensics.kernels.mixture.chain import run_chain
from forensics.kernels.mixture.chains import Fit, fit, together
from forensics.kernels.mixture.votes import simulate

#: Two independent exact samplers on the 300 precincts of Russia 2018 in ../shared/data/mixture:
#: π and posterior standard deviations (README of that folder).
REFERENCE, SPREAD = np.array([0.8125, 0.1091, 0.0784]), np.array([0.0245, 0.0204, 0.0160])
#: Posterior means must lie within this many of those standard deviations; spreads within a sixth.
WITHIN, SIXTH = 0.3, 1 / 6
COVARIATES = ("x1.w", "x1.a", "x1.iota.m", "x1.iota.s", "x1.chi.m", "x1.chi.s")


def planted(n: int, seed: int, at: model.Globals | None = None) -> tuple[model.Counts, np.ndarray]:
    """Counts drawn from the model, in 3 regions of 2 districts each, and the true classes."""
    rng = np.random.default_rng(seed)
    at = at or model.Globals(
        np.array([0.15, 0.08]),
        tuple(np.array([x]) for x in (0.2, -0.2, 0.6, 0.0, 0.8, 0.8)),
        np.array([0.05, 0.05, 0.1, 0.1, 0.1, 0.1]),
    )
    size = rng.integers(200, 1500, n).astype(float)
    t, w, z = simulate(model.Counts(size, size, size), at, rng)
    district = np.arange(n) % 6
    return model.Counts(size, t, np.minimum(w, t), (), (district // 2, district)), z


def of_file(path: Path, covariates: tuple[str, ...] = ()) -> model.Counts:
    frame = pd.read_csv(path)
    n, a, w = (frame[name].to_numpy(float) for name in ("N", "a", "w"))
    return model.Counts(n, n - a, w, tuple(frame[[name]].to_numpy(float) for name in covariates))


def probability(fitted: Fit) -> np.ndarray:
    return np.mean([chain.probability for chain in fitted.best], axis=0)


def test_workers_change_nothing() -> None:
    counts, _ = planted(60, 1)
    one, two = (fit(counts, 3, chains=2, warm=12, keep=8, n_jobs=jobs) for jobs in (1, 2))
    for a, b in zip(one.chains, two.chains, strict=True):
        for name in ("phi", "pi", "totals", "probability", "added", "moved", "t", "w"):
            assert getattr(a, name).tobytes() == getattr(b, name).tobytes()
    assert one.modes[0].pi.tobytes() == two.modes[0].pi.tobytes()
    assert not one.converged()


def test_chains_far_apart_are_modes_and_are_not_pooled() -> None:
    rng = np.random.default_rng(0)
    near = [rng.standard_normal((200, 3)) for _ in range(2)]
    far = [rng.standard_normal((200, 3)) + np.array([0.0, 6.0, 0.0]) for _ in range(2)]
    assert together([near[0], far[0], near[1], far[1]]) == [(0, 2), (1, 3)]
    assert together(near) == [(0, 1)]


def test_what_a_chain_says_adds_up() -> None:
    counts, z = planted(80, 5)
    codes = counts.units[0]
    chain = run_chain(
        counts, True, np.random.default_rng(2), warm=30, keep=20, groups=(np.where(codes == 2, -1, codes),)
    )
    assert chain.pi.sum(axis=1) == pytest.approx(1)
    # The largest class is that without manipulation, by construction.
    assert (chain.pi[:, 0] >= chain.pi[:, 1:].max(axis=1)).all()
    assert chain.probability.sum(axis=0) == pytest.approx(1)
    assert chain.totals[:, 0] == pytest.approx(chain.added.sum(axis=1, dtype=float), rel=1e-5)
    assert chain.units[0].shape == (20, 2, 3)
    assert (chain.units[0].sum(axis=1)[:, :2] <= chain.totals[:, :2] * (1 + 1e-5)).all()
    assert (chain.added <= counts.n).all()
    assert (chain.moved <= counts.n).all()
    assert len(z) == chain.t.shape[1]


@pytest.mark.slow
@pytest.mark.shared
def test_the_posterior_of_300_precincts_of_russia(shared_data: Path) -> None:
    fitted = fit(of_file(shared_data / "mixture" / "ru2018_sub300.csv"), 2018, warm=200, keep=400)
    assert len(fitted.modes) == 1
    assert fitted.rhat < 1.05
    pi = np.concatenate([chain.pi for chain in fitted.best])
    assert np.abs(pi.mean(axis=0) - REFERENCE).max() < WITHIN * SPREAD.min()
    assert pi.std(axis=0) == pytest.approx(SPREAD, rel=SIXTH)


@pytest.mark.slow
@pytest.mark.shared
def test_planted_precincts_among_250(shared_data: Path) -> None:
    fitted = fit(of_file(shared_data / "mixture" / "sim_help250.csv", COVARIATES), 7, warm=200, keep=300)
    truth = pd.read_csv(shared_data / "mixture" / "sim_help250_truth_z.csv").z.to_numpy()
    found = 1 - probability(fitted)[0]
    # The classes were planted far apart: ten precincts stand out, and no other does.
    assert found[truth > 1].min() > 0.9
    assert found[truth == 1].max() < 0.5
    own = probability(fitted).argmax(axis=0) + 1
    assert (own[truth > 1] == truth[truth > 1]).all()


@pytest.mark.slow
def test_ranks_of_the_truth_are_uniform() -> None:
    """Simulation-based calibration (Talts et al. 2018) on 40 sets of 200 precincts drawn from the prior.

    Half of the precincts of such a set may be manipulated, so a chain from the clean start alone can
    stay in a mode of hardly any weight: ranks are taken in the best mode, as it is reported. Among
    every twelfth draw, because ranks among draws that hang together are not uniform.
    """
    ranks = []
    for seed in range(40):
        rng = np.random.default_rng([seed, 17])
        at = model.Globals(
            rng.random(2),
            tuple(np.array([np.sqrt(model.INTERCEPT) * rng.standard_normal()]) for _ in range(6)),
            rng.exponential(1 / model.RATE, 6),
        )
        size = rng.integers(100, 1000, 200).astype(float)
        t, w, _ = simulate(model.Counts(size, size, size), at, rng)
        chain = fit(model.Counts(size, t, w), seed, chains=2, warm=120, keep=240).best[0]
        true = np.concatenate([at.pi, model.pack(at)])
        draws = np.concatenate([chain.pi, chain.phi], axis=1)[11::12]
        ranks.append((draws < true).sum(axis=0))
    # Ranks 0 to 20 in three classes of seven.
    counts_by = [np.bincount(np.asarray(ranks)[:, k] // 7, minlength=3) for k in range(17)]
    # Seventeen quantities: Bonferroni's limit for one false alarm in a hundred runs.
    assert min(chisquare(one).pvalue for one in counts_by) > 0.01 / 17

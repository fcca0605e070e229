"""Level intercepts of the finite mixture: how its mode finds them, and what small units must not do."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.kernels.mixture import model
from forensics.kernels.mixture.chain import first, run_chain, some
from forensics.kernels.mixture.levels import Levels
from forensics.kernels.mixture.marginal import Marginal
from forensics.kernels.mixture.mode import find_mode, places
from forensics.kernels.mixture.sampler import begin, iterate
from forensics.kernels.mixture.scale import globals_at
from forensics.kernels.mixture.votes import simulate

AT = model.Globals(
    np.array([0.1, 0.02]),
    tuple(np.array([x]) for x in (0.2, -0.2, 0.6, 0.0, 0.8, 0.8)),
    np.array([0.08, 0.08, 0.1, 0.1, 0.1, 0.1]),
)
#: What the units' sums of intercepts spread about those of their regions.
OWN = 0.8


def planted(units: int, each: int, seed: int) -> tuple[model.Counts, np.ndarray]:
    """Counts in units of some precincts each, in six regions, and the units' true sums (2, U)."""
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(units), each)
    top = np.arange(units) * 6 // units
    apart = rng.normal(size=(2, 6))[:, top] + OWN * rng.normal(size=(2, units))
    size = rng.integers(200, 1500, len(code)).astype(float)
    units = (top[code], code)
    empty = model.Counts(size, size, size, (), units)
    t, w, _ = simulate(empty, AT, rng, (apart[0][code], apart[1][code]))
    return model.Counts(size, t, np.minimum(w, t), (), units), apart + np.array([[0.2], [-0.2]])


@pytest.mark.parametrize("each", [3, 12])
def test_spreads_of_precincts_are_told_from_those_of_small_units(each: int) -> None:
    """At the mode of level intercepts alone a unit of three precincts takes a third of their variance."""
    counts, truth = planted(2400 // each, each, 3)
    mode = find_mode(counts, first(counts, False, np.random.default_rng(1)))
    # 2,400 precincts leave 3.5 % of a variance where units of three take a third of them.
    assert mode.at.e[:2] == pytest.approx(AT.e[:2], rel=0.15)
    assert mode.at.pi[0] == pytest.approx(AT.pi[0], abs=0.03)
    assert mode.levels is not None
    off = (mode.levels.sums - truth) * np.sqrt(mode.levels.precision + 1)
    # Sums lie about the truth as far as is claimed.
    assert np.std(off, axis=1) == pytest.approx(1, abs=0.2)


def test_a_climb_from_far_away_ends_at_the_same_place() -> None:
    """Units two deviations of their prior off are reached by steps that never lead down."""
    counts, _ = planted(60, 20, 5)
    start = first(counts, False, np.random.default_rng(1))
    away = Levels.of(counts, start)
    assert away is not None
    away.sums = away.sums + np.random.default_rng(2).normal(0, 2, away.sums.shape)
    one, two = find_mode(counts, start), find_mode(counts, start, away)
    spread = np.sqrt(np.diag(one.covariance))
    assert (np.abs(two.x - one.x) < 0.2 * spread).all()
    assert two.value == pytest.approx(one.value, abs=1.0)


def test_points_have_the_spread_that_counts_leave() -> None:
    counts, _ = planted(30, 10, 7)
    levels = Levels.of(counts, AT)
    assert levels is not None
    up, down = levels.points()
    assert up == pytest.approx(-down)
    assert (up**2) == pytest.approx(1 / (levels.precision + 1))
    assert abs((np.sign(up[0]) * np.sign(up[1])).sum()) <= 1
    # The normal that stands for a unit is at its best where its step leads.
    step = levels.newton(levels.sums, np.zeros((2, 300)), -np.ones((2, 300)), AT.e)
    assert step.middle == pytest.approx(levels.sums)
    assert (levels.gain(step) >= 0).all()
    half = levels.toward(step, 0.5)
    assert half.sums == pytest.approx((levels.sums + step.sums) / 2)
    assert half.precision == pytest.approx(np.sqrt(levels.precision * step.precision))


@pytest.mark.parametrize("each", [3, 12])
def test_nodes_serve_where_units_may_lie(each: int) -> None:
    """At their own nodes counts say the same as at nodes made for sums one deviation off."""
    counts, _ = planted(1200 // each, each, 3)
    rng = np.random.default_rng(1)
    mode = find_mode(counts, first(counts, False, rng))
    levels = mode.levels
    assert levels is not None
    for _ in range(5):
        off = rng.standard_normal(levels.sums.shape) / np.sqrt(levels.precision + 1)
        apart = levels.apart(mode.at, off)
        anew = Marginal.of(counts, mode.at, apart).look(mode.at, apart)
        # Of all 1,200 precincts together; 25 before the nodes were laid out for such sums.
        assert mode.marginal.look(mode.at, apart).each.sum() == pytest.approx(anew.each.sum(), abs=1.0)


def test_a_part_of_the_precincts_keeps_units_together() -> None:
    counts, _ = planted(300, 40, 9)
    rows = some(counts, 4000, np.random.default_rng(4))
    assert len(rows) == 4000
    assert (np.diff(rows) > 0).all()
    _, taken = np.unique(counts.units[1][rows], return_counts=True)
    # The last unit may be cut.
    assert np.sort(taken)[1:].min() == 20
    few, _ = planted(6, 2000, 9)
    _, taken = np.unique(few.units[1][some(few, 4000, np.random.default_rng(4))], return_counts=True)
    assert len(taken) == 6
    assert taken.min() > 600


def test_units_go_along_with_the_coordinates() -> None:
    counts, _ = planted(60, 10, 13)
    mode = find_mode(counts, first(counts, False, np.random.default_rng(1)))
    levels = mode.levels
    assert levels is not None
    # What all units have in common is the national intercepts' own.
    assert np.abs(levels.pull.mean(axis=1)).max() < 1e-9
    assert np.abs(levels.pull[:, :, places(counts)]).max() < 1e-9
    assert np.abs(levels.pull).max() > 0
    # The posterior is wider than with the levels held where they are.
    assert (np.diag(mode.covariance) > 0.99 * np.diag(mode.given)).all()

    def best(x: np.ndarray, off: np.ndarray) -> float:
        """Log posterior with the units where they are pulled, or where they were."""
        at = globals_at(x, counts.slopes)
        each = mode.marginal.look(at, levels.apart(mode.at, off)).each
        return float(each.sum()) + levels.log_prior(off)

    for step in np.linalg.cholesky(mode.covariance).T:
        gained = [best(mode.x + step, off) for off in (levels.pull @ step, np.zeros_like(levels.sums))]
        # Within what the curvature leaves open.
        assert gained[0] > gained[1] - 0.05


def test_a_chain_keeps_what_was_said_of_its_state() -> None:
    counts, _ = planted(40, 8, 15)
    rng = np.random.default_rng(1)
    state = begin(find_mode(counts, first(counts, False, rng)), rng)
    for _ in range(6):
        iterate(state, rng)
        said = state.marginal.look(state.at, state.sums)
        assert state.likelihood.each == pytest.approx(said.each, abs=1e-4)
        assert state.likelihood.share == pytest.approx(said.share, abs=1e-4)
        for k in range(2):
            whole = state.intercepts(k)
            own = state.at.beta[k][0] + whole[0][counts.units[0]] + whole[1][counts.units[1]]
            assert own == pytest.approx(state.at.beta[k][0] + state.sums[k])


@pytest.mark.slow
def test_a_chain_with_small_units_finds_what_was_planted() -> None:
    counts, truth = planted(240, 5, 11)
    chain = run_chain(counts, True, np.random.default_rng(12), warm=150, keep=250)
    mean, spread = chain.pi.mean(axis=0), chain.pi.std(axis=0)
    assert (np.abs(mean - AT.pi) < 3 * spread).all()
    e = np.exp(chain.phi[:, -6:-4])
    assert (np.abs(e.mean(axis=0) - AT.e[:2]) < 3 * e.std(axis=0)).all()
    sums = np.array(
        [
            chain.phi[:, 2 + k].mean() + levels[0][np.arange(240) * 6 // 240] + levels[1]
            for k, levels in enumerate(chain.levels)
        ]
    )
    # What five precincts of variance .08 leave of a sum, and binomial chance.
    assert np.std(sums - truth, axis=1) == pytest.approx(np.sqrt(0.08 / 5), rel=0.3)

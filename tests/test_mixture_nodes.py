"""Nodes of the finite mixture far from where they were laid out: small variances above all."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.kernels.mixture import model
from forensics.kernels.mixture.chain import first
from forensics.kernels.mixture.marginal import Marginal
from forensics.kernels.mixture.mode import find_mode
from forensics.kernels.mixture.nodes import FEW
from forensics.kernels.mixture.scale import globals_at
from forensics.kernels.mixture.votes import simulate

#: Standard deviations about the mode where nodes are looked at, and what 200 precincts together may say
#: otherwise there (their posterior falls by 3.1 at this distance).
FAR, ERROR = 2.5, 0.1


def counts(support: float, m: int = 200, seed: int = 1) -> tuple[model.Counts, model.Globals]:
    """Counts drawn with a variance of support."""
    rng = np.random.default_rng(seed)
    at = model.Globals(
        np.array([0.3, 0.1]),
        tuple(np.array([x]) for x in (0.5, 0.3, -0.4, 0.2, 0.8, 0.8)),
        np.array([0.1, support, 0.3, 0.3, 0.1, 0.1]),
    )
    size = rng.integers(100, 1000, m).astype(float)
    t, w, _ = simulate(model.Counts(size, size, size), at, rng)
    return model.Counts(size, t, np.minimum(w, t)), at


@pytest.mark.parametrize("support", [0.003, 0.02, 0.1, 1.0])
def test_nodes_serve_wherever_the_posterior_may_be(support: float) -> None:
    data, _ = counts(support)
    none = (np.zeros(len(data)), np.zeros(len(data)))
    mode = find_mode(data, first(data, False, np.random.default_rng(2)))
    here = (
        mode.marginal.look(mode.at, none).each - Marginal.of(data, mode.at, none).look(mode.at, none).each
    ).sum()
    assert abs(here) < ERROR
    # Means and variances of turnout and support, which the nodes depend on.
    for k in (2, 3, 8, 9):
        for sign in (-1, 1):
            step = sign * FAR * mode.covariance[:, k] / np.sqrt(mode.covariance[k, k])
            at = globals_at(mode.x + step, data.slopes)
            frozen, anew = mode.marginal.look(at, none), Marginal.of(data, at, none).look(at, none)
            assert frozen.each.sum() == pytest.approx(anew.each.sum(), abs=ERROR), (k, sign)


def test_a_variance_near_nothing_is_no_trap() -> None:
    """Nodes about which effects hardly vary would give any likelihood: climbs used to end there."""
    data, at = counts(0.003, seed=5)
    none = (np.zeros(len(data)), np.zeros(len(data)))
    marginal = Marginal.of(data, at, none)
    values = []
    for support in (3e-3, 1e-3, 3e-4, 1e-4, 1e-6, 1e-9):
        e = at.e.copy()
        e[1] = support
        values.append(marginal.look(model.Globals(at.ratios, at.beta, e), none).each.sum())
    # From the least that is told on it stays as it is.
    assert np.ptp(values[-3:]) < 1e-6
    assert max(values) - values[0] < 5
    modes = [find_mode(data, first(data, start, np.random.default_rng(3))) for start in (False, True)]
    assert modes[0].value == pytest.approx(modes[1].value, abs=0.5)
    for mode in modes:
        anew = Marginal.of(data, mode.at, none).look(mode.at, none)
        assert mode.likelihood.each.sum() == pytest.approx(anew.each.sum(), abs=ERROR)


def test_few_nodes_where_the_posterior_is_narrow() -> None:
    data, at = counts(0.1)
    none = (np.zeros(len(data)), np.zeros(len(data)))
    many, few = Marginal.of(data, at, none), Marginal.of(data, at, none, nodes=FEW)
    assert few.look(at, none).each == pytest.approx(many.look(at, none).each, abs=2e-3)

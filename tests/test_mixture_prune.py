"""Nodes that matter nowhere near the mode are left out, and nothing is lost by it."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.kernels.mixture import model
from forensics.kernels.mixture.chain import first
from forensics.kernels.mixture.marginal import Marginal
from forensics.kernels.mixture.mode import find_mode
from forensics.kernels.mixture.nodes import FEW
from forensics.kernels.mixture.prune import edges
from forensics.kernels.mixture.scale import globals_at, standard
from forensics.kernels.mixture.votes import simulate

AT = model.Globals(
    np.array([0.3, 0.1]),
    tuple(np.array([x]) for x in (0.5, 0.3, -0.4, 0.2, 0.8, 0.8)),
    np.array([0.1, 0.1, 0.3, 0.3, 0.1, 0.1]),
)
#: A millionth of a precinct's likelihood is left out with each node, of some hundreds.
LOST = 2e-4


def counts(m: int, seed: int) -> model.Counts:
    rng = np.random.default_rng(seed)
    size = rng.integers(100, 1500, m).astype(float)
    t, w, _ = simulate(model.Counts(size, size, size), AT, rng)
    return model.Counts(size, t, np.minimum(w, t))


def nodes(marginal: Marginal) -> int:
    return sum(len(part.w) for block in marginal.blocks for part in block.parts)


def test_edges_are_orthogonal() -> None:
    for d in (14, 16, 17):
        directions = edges(d)
        assert len(directions) >= d
        assert directions.T @ directions == pytest.approx(len(directions) * np.eye(d))


def test_fewer_nodes_say_the_same_near_the_mode() -> None:
    data = counts(300, 1)
    none = (np.zeros(300), np.zeros(300))
    mode = find_mode(data, AT)
    root = np.linalg.cholesky(mode.covariance)
    around = [(globals_at(mode.x + 3 * root @ signs, data.slopes), none) for signs in edges(len(mode.x))]
    full, few = (Marginal.of(data, mode.at, none, near, nodes=FEW) for near in ((), around))
    assert nodes(few) < 0.9 * nodes(full)
    rng = np.random.default_rng(2)
    for _ in range(20):
        at = globals_at(mode.x + root @ rng.standard_normal(len(mode.x)), data.slopes)
        one, two = (marginal.likelihood(at, none, marginal.say(at, none)) for marginal in (full, few))
        assert two.each == pytest.approx(one.each, abs=LOST)
        assert two.share == pytest.approx(one.share, abs=LOST)


def test_from_a_mode_given_the_same_is_found() -> None:
    data = counts(400, 3)
    start = first(data, False, np.random.default_rng(4))
    mode = find_mode(data, start)
    again = find_mode(data, mode.at, rounds=(3, 4), part=(mode.covariance, mode.given, len(data)))
    spread = np.sqrt(np.diag(mode.covariance))
    assert np.abs(again.x - mode.x).max() < 0.1 * spread.max()
    assert nodes(again.marginal) < nodes(mode.marginal)
    assert again.value == pytest.approx(mode.value, abs=0.2)


def test_a_class_that_fits_nowhere_has_no_slope() -> None:
    """All turned out and 74 % for the winner: far from both classes at these spreads, where only
    traces of polynomials are left."""
    data = model.Counts(np.array([1338.0] * 2), np.array([1338.0] * 2), np.array([990.0] * 2))
    at = model.Globals(
        np.array([0.318, 0.107]),
        tuple(np.array([x]) for x in (0.634, 1.076, 2.816, -0.893, 0.588, -3.307)),
        np.array([0.239, 0.083, 5.851, 3.492, 1.927, 3.162]),
    )
    none = (np.zeros(2), np.zeros(2))
    assert len(standard(at)) == 14
    marginal = Marginal.of(data, at, none)
    said, by = marginal.slopes(at, none)
    assert said.share.min() >= 0
    assert said.share.sum(axis=0) == pytest.approx(1)
    assert np.abs(by.mean).max() < 1e3
    assert said.each == pytest.approx(marginal.likelihood(at, none, marginal.say(at, none)).each, abs=1e-3)

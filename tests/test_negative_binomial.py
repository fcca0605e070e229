"""Negative binomial counts: tails against SciPy, dispersion recovered with and without outliers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import nbinom, poisson

from forensics.kernels.negative_binomial import HIGHEST, MOST, trimmed_dispersion, upper_pvalue

RELATIVE = 1e-9
# Standard error of log φ from 4,000 counts is about .03 (Fisher information by simulation).
CLOSE = 0.12


def drawn(phi: float, m: int = 4000, seed: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    mu = np.exp(rng.normal(2, 1, m))
    return rng.poisson(mu * rng.gamma(phi, 1 / phi, m)).astype(float), mu


@pytest.mark.parametrize("phi", [0.4, 1.5, 30.0])
def test_tails_are_those_of_scipy(phi: float) -> None:
    x, mu = np.arange(0, 60.0), np.linspace(0.1, 40, 60)
    expected = nbinom.sf(x - 1, phi, phi / (phi + mu))
    assert upper_pvalue(x, mu, phi) == pytest.approx(expected, rel=RELATIVE)


def test_poisson_is_the_limit() -> None:
    x, mu = np.arange(0, 30.0), np.linspace(0.1, 20, 30)
    assert upper_pvalue(x, mu, np.inf) == pytest.approx(poisson.sf(x - 1, mu), rel=RELATIVE)
    assert upper_pvalue(x, mu, 1e12) == pytest.approx(poisson.sf(x - 1, mu), rel=1e-6)


def test_edges_of_the_tail() -> None:
    tail = upper_pvalue(np.array([0.0, 3.0, np.nan, 2.0]), np.array([0.0, 0.0, 1.0, np.nan]), 1.5)
    assert tail[:2].tolist() == [1.0, 0.0]
    assert np.isnan(tail[2:]).all()


@pytest.mark.parametrize("phi", [0.5, 1.5, 8.0])
@pytest.mark.parametrize("trim", [0.0, 0.01, 0.05])
def test_dispersion_is_recovered(phi: float, trim: float) -> None:
    x, mu = drawn(phi)
    assert np.log(trimmed_dispersion(x, mu, trim=trim) / phi) == pytest.approx(0, abs=CLOSE)


def test_outliers_do_not_carry_it_away() -> None:
    x, mu = drawn(8.0)
    x[:40] += 60  # one in a hundred
    assert np.log(trimmed_dispersion(x, mu) / 8) == pytest.approx(0, abs=CLOSE)
    assert trimmed_dispersion(x, mu, trim=0.0) < 4


def test_poisson_counts_have_no_dispersion() -> None:
    mu = np.full(3000, 5.0)
    x = np.random.default_rng(2).poisson(mu).astype(float)
    assert trimmed_dispersion(x, mu) > 100
    assert trimmed_dispersion(np.zeros(0), np.zeros(0)) == HIGHEST


def test_order_changes_nothing_where_only_some_counts_are_used() -> None:
    x, mu = drawn(1.5, m=MOST + 5000)
    order = np.random.default_rng(3).permutation(len(x))
    assert trimmed_dispersion(x, mu) == trimmed_dispersion(x[order], mu[order])
    assert np.log(trimmed_dispersion(x, mu) / 1.5) == pytest.approx(0, abs=CLOSE)

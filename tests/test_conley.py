"""Errors shared between near places, against the double sum."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.kernels import conley as module
from forensics.kernels.cluster_covariance import hc1
from forensics.kernels.conley import conley
from forensics.kernels.fixed_effects import fit

#: Two ways of summing the same numbers; arcs from chords.
ROUNDING = 1e-9


def _drawn(n=250, seed=1):
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(50, 51, n), rng.uniform(70, 72, n)
    lat[:20], lon[:20] = lat[20:40], lon[20:40]  # buildings with two precincts
    x = rng.normal(size=(n, 2))
    return fit(rng.normal(size=n), x, rng.integers(0, 8, n), rng.uniform(0.5, 2, n)), lat, lon


def _kilometres(lat, lon):
    """Haversine distance of all pairs."""
    a, b = np.radians(lat), np.radians(lon)
    half = (
        np.sin((a[:, None] - a) / 2) ** 2
        + np.cos(a[:, None]) * np.cos(a) * np.sin((b[:, None] - b) / 2) ** 2
    )
    return 2 * 6371.0 * np.arcsin(np.sqrt(half))  # fmt: skip


@pytest.mark.parametrize("cutoff", [5.0, 20.0, 100.0])
def test_it_is_the_double_sum(cutoff):
    found, lat, lon = _drawn()
    score = found.x * (found.weight * found.residual)[:, None]
    weight = np.clip(1 - _kilometres(lat, lon) / cutoff, 0, None)
    expected = found.bread @ score.T @ weight @ score @ found.bread
    assert conley(found, lat, lon, cutoff) == pytest.approx(expected, abs=ROUNDING)


def test_without_neighbours_it_is_the_plain_sandwich():
    found, lat, _ = _drawn()
    alone = np.arange(len(lat)) * 0.5
    n = len(lat)
    expected = hc1(found) * found.freedom / n
    assert conley(found, lat * 0, alone, 1.0) == pytest.approx(expected, abs=ROUNDING)


def test_too_many_pairs_are_refused(monkeypatch):
    found, lat, lon = _drawn()
    monkeypatch.setattr(module, "MOST_PAIRS", 10)
    assert conley(found, lat, lon, 5.0) is None

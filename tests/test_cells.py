"""Cells of points: nothing is lost, order changes nothing, about five points to a cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.kernels.cells import EACH, MOST, cells

ROUNDING = 1e-12


def test_every_point_is_in_one_cell_and_means_are_means():
    x, y = np.array([0.0, 0.1, 5.0, 5.1]), np.array([0.0, 0.1, 5.0, 5.0])
    found = cells((x, y))
    assert found.n.sum() == 4
    assert (found.n * found.mean(x)).sum() == pytest.approx(x.sum(), rel=ROUNDING)
    assert found.count(np.array([True, False, False, True])).sum() == 2


def test_even_points_fill_cells_evenly():
    rng = np.random.default_rng(1)
    found = cells((rng.random(2000), rng.random(2000)))
    assert EACH - 1 < found.n.mean() < EACH + 1
    assert len(found.n) < (MOST + 5) ** 2


def test_points_in_one_place_are_one_cell():
    assert cells((np.ones(9), np.zeros(9))).n.tolist() == [9]


@given(st.integers(0, 1000), st.integers(2, 60))
def test_the_order_of_the_points_changes_nothing(seed, m):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=m), rng.normal(size=m)
    order = rng.permutation(m)
    one, other = cells((x, y)), cells((x[order], y[order]))
    assert one.n.tolist() == other.n.tolist()
    assert one.mean(x) == pytest.approx(other.mean(x[order]), rel=ROUNDING, abs=ROUNDING)

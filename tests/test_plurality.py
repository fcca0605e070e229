"""Shares, effective numbers and majorities, with bounds compared to all that unknown members may be."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.kernels import plurality

# Sums of a few squares in double precision.
ROUNDING = 1e-12


def _enn(members: list[int]) -> float:
    k = np.bincount(members)
    return float(1 / ((k / k.sum()) ** 2).sum())


def _pair(members: list[int]) -> float:
    k = np.bincount(members)
    m = k.sum()
    return float((k * (k - 1)).sum() / (m * (m - 1)))


def _counted(members: list[int]) -> tuple[np.ndarray, np.ndarray]:
    classes, k = np.unique(members, return_counts=True)
    return np.zeros(len(classes), dtype=np.intp), k.astype(np.float64)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 2), max_size=4), st.integers(0, 3))
def test_bounds_are_what_unknown_members_can_reach(known: list[int], u: int) -> None:
    m = len(known) + u
    if m < 2:
        return
    # An unknown member is of any known class or of one of its own.
    every = [known + list(rest) for rest in product(range(3 + u), repeat=u)]
    body, k = _counted(known)
    number = plurality.effective_number(body, k, np.array([float(u)]), np.array([float(m)]))
    reached = [_enn(members) for members in every]
    assert number.low[0] == pytest.approx(min(reached), rel=ROUNDING)
    assert number.high[0] == pytest.approx(max(reached), rel=ROUNDING)
    same = plurality.same_class(body, k, np.array([float(u)]), np.array([float(m)]))
    reached = [_pair(members) for members in every]
    assert same.low[0] == pytest.approx(min(reached), abs=ROUNDING)
    assert same.high[0] == pytest.approx(max(reached), abs=ROUNDING)
    if u == 0:
        assert number.value[0] == pytest.approx(number.low[0], rel=ROUNDING)
        assert same.value[0] == pytest.approx(same.low[0], abs=ROUNDING)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 2), max_size=5), st.integers(0, 4))
def test_bounds_over_a_fixed_list_of_classes(known: list[int], u: int) -> None:
    m = len(known) + u
    if m == 0:
        return
    every = [_enn(known + list(rest)) for rest in product(range(3), repeat=u)]
    counts = np.bincount(known, minlength=3).astype(np.float64)[None]
    number = plurality.effective_number_of_few(counts, np.array([float(u)]), np.array([float(m)]))
    assert number.low[0] == pytest.approx(min(every), rel=ROUNDING)
    assert number.high[0] == pytest.approx(max(every), rel=ROUNDING)


def test_nobody_and_one_member() -> None:
    none = np.array([0.0])
    body, k = np.array([], dtype=np.intp), np.array([])
    assert np.isnan(plurality.effective_number(body, k, none, none).low[0])
    one = plurality.same_class(np.array([0]), np.array([1.0]), none, np.array([1.0]))
    assert np.isnan([one.value[0], one.low[0], one.high[0]]).all()
    unknown = plurality.effective_number(body, k, np.array([3.0]), np.array([3.0]))
    assert (unknown.low[0], unknown.high[0]) == (1.0, 3.0)
    assert np.isnan(unknown.value[0])


def test_majorities_and_quorums_by_size() -> None:
    m = np.arange(1.0, 13)
    # More than half of all; two thirds rounded up: floor(m/2) + 1 and ceil(2m/3).
    assert plurality.majority(m).tolist() == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7]
    assert plurality.quorum(m).tolist() == [1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8]


def test_what_unknown_members_decide_is_not_decided() -> None:
    reached = plurality.reaches(np.array([4.0, 3.0, 2.0]), np.array([1.0, 1.0, 1.0]), np.full(3, 4.0))
    np.testing.assert_array_equal(reached.value, [1, np.nan, 0])
    assert reached.low.tolist() == [1, 0, 0]
    assert reached.high.tolist() == [1, 1, 0]
    # Ten members of .1 each are one: sums of probabilities carry rounding.
    assert plurality.reaches(np.array([sum([0.1] * 10)]), np.zeros(1), np.ones(1)).value[0] == 1

"""E-values: their expectation under the null, their averages, and e-BH."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from forensics.evidence.e_values import SMALLEST, average, e_bh, e_value

TABLE = 0.005
QUADRATURE = 1e-3
SERIES = 1e-6


def test_values_of_the_mixture_calibrator():
    # (1 - p + p ln p) / (p ln² p), Vovk and Wang (2021), equation (2), by hand.
    assert e_value(0.05) == pytest.approx(1.783, abs=TABLE)
    assert e_value(0.01) == pytest.approx(4.451, abs=TABLE)
    assert e_value(0.001) == pytest.approx(20.79, abs=TABLE)
    assert e_value(1.0) == 0.5


def test_the_expectation_under_a_uniform_p_value_is_one():
    # In the scale of -ln p, where the density is e^-x: the tail beyond 1e-15 is what the cap takes away.
    expected, _ = quad(lambda x: e_value(np.exp(-x)) * np.exp(-x), 0, -np.log(SMALLEST), limit=200)
    assert 0.96 < expected < 1


def test_it_is_continuous_near_one_and_capped_near_zero():
    for gap in (1e-3, 1e-4, 1e-5, 1e-9):
        assert e_value(1 - gap) == pytest.approx(0.5 + gap / 6, abs=SERIES)
    assert e_value(0.0) == e_value(SMALLEST) < 1e12


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_smaller_p_value_never_has_a_smaller_e_value(p, q):
    low, high = sorted((p, q))
    assert e_value(low) >= e_value(high) - SERIES


def test_the_average_of_nothing_is_no_evidence():
    assert average([]) == 1
    assert average([1.0, 3.0]) == 2


def test_e_bh_takes_the_largest_k():
    # m = 4, rate .05: the k-th largest must reach 80 / k.
    assert e_bh([100, 1, 1, 1]) == (1, 80.0)
    assert e_bh([45, 41, 1, 1]) == (2, 40.0)
    assert e_bh([79, 1, 1, 1]) == (0, 80.0)
    assert e_bh([20, 20, 20, 20]) == (4, 20.0)


def test_e_bh_keeps_the_false_discovery_rate_under_dependence():
    rng = np.random.default_rng(1)
    false = 0
    draws = 2000
    for _ in range(draws):
        shared = rng.random()
        # All hypotheses true, all p-values the same: the worst dependence.
        false += e_bh([e_value(shared)] * 30)[0] > 0
    assert false / draws <= 0.05

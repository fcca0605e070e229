"""The exact null of whole percentages against the Monte Carlo of the literature, in one run."""

from __future__ import annotations

import time

import numpy as np
import pytest

import forensics
from forensics.kernels.spikes import is_whole, whole_chances

#: Replicates of the published procedure, and those that are timed here and scaled up.
REPLICATES, TIMED = 1000, 50


@pytest.fixture(scope="module")
def precincts(russia_2018):
    """Registered, issued, ballots and the leader's votes of the 91,152 included precincts."""
    frame = forensics.read_returns(russia_2018, profile="russia-cec").frame
    columns = ("registered", "issued", "ballots", "votes_putin")
    counts = [frame[column].to_numpy(dtype=np.int64) for column in columns]
    n, g, b, v = counts
    keep = (b > 0) & (n >= 100) & (100 * g <= 99 * n) & (100 * v <= 99 * b)
    return [count[keep] for count in counts]


def _monte_carlo(n, g, b, v, replicates):
    """Redraw turnout and share of all precincts at once and count the whole percentages."""
    rng = np.random.default_rng(1)
    for _ in range(replicates):
        rng.binomial(n, g / n)
        rng.binomial(b, v / b)


def test_exact_null_against_monte_carlo(benchmark, precincts):
    n, g, b, v = precincts

    def exact():
        return whole_chances(n, g / n), whole_chances(b, v / b)

    exact()  # a compiled loop, where there is one, is compiled before the clock runs
    turnout, share = benchmark.pedantic(exact, rounds=5, iterations=1)
    start = time.perf_counter()
    _monte_carlo(n, g, b, v, TIMED)
    drawn = (time.perf_counter() - start) * REPLICATES / TIMED
    ratio = drawn / benchmark.stats.stats.median
    benchmark.extra_info["ratio to 1,000 replicates of two binomials, no test of wholeness"] = round(ratio)
    hit = is_whole(g, n) | is_whole(v, b)
    # 1,708.6 precincts: the exact excess of the reference table.
    assert hit.sum() - (1 - (1 - turnout) * (1 - share)).sum() == pytest.approx(1708.6, abs=0.1)
    assert ratio > 50

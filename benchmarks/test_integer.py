"""The exact null of whole percentages against the Monte Carlo of the literature, in one run."""

from __future__ import annotations

import time

import numpy as np
import pytest

import forensics
from forensics.kernels import spikes
from forensics.kernels.compiled import window_loop
from forensics.kernels.spikes import is_whole, whole_chances

#: Replicates of the published procedure, and those that are timed here and scaled up.
REPLICATES, TIMED = 1000, 50
#: Times that ours is timed, and how much faster it is asked to be, without extras and with ``[fast]``.
EXACT, WITHOUT_EXTRAS, WITH_FAST = 5, 50, 200


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
    """The published procedure: redraw all precincts, count those within .05 of a whole percentage."""
    rng = np.random.default_rng(1)
    return [
        int((_near(rng.binomial(n, g / n), n) | _near(rng.binomial(b, v / b), b)).sum())
        for _ in range(replicates)
    ]


def _near(x, n):
    """Whether 100 x/n lies within .05 of a whole number, in int64."""
    rest = 100 * x % n
    return np.minimum(rest, n - rest) * 20 <= n


@pytest.mark.parametrize("fast", [False, True], ids=["without extras", "fast"])
def test_exact_null_against_monte_carlo(benchmark, precincts, monkeypatch, fast):
    if not fast:
        monkeypatch.setattr(spikes, "window_loop", lambda: None)
    elif window_loop() is None:
        pytest.skip('numba is not installed: pip install "forensics[fast]"')
    n, g, b, v = precincts

    def exact():
        return whole_chances(n, g / n), whole_chances(b, v / b)

    exact()  # a compiled loop, where there is one, is compiled before the clock runs
    turnout, share = benchmark.pedantic(exact, rounds=5, iterations=1)
    start = time.process_time()
    _monte_carlo(n, g, b, v, TIMED)
    drawn = (time.process_time() - start) * REPLICATES / TIMED
    start = time.process_time()
    for _ in range(EXACT):
        exact()
    ratio = drawn / ((time.process_time() - start) / EXACT)
    benchmark.extra_info["CPU time of 1,000 replicates over ours"] = round(ratio)
    benchmark.extra_info["compiled"] = fast
    assert ratio > (WITH_FAST if fast else WITHOUT_EXTRAS)
    hit = is_whole(g, n) | is_whole(v, b)
    # 1,708.6 precincts: the exact excess of the reference table.
    assert hit.sum() - (1 - (1 - turnout) * (1 - share)).sum() == pytest.approx(1708.6, abs=0.1)

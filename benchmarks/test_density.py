"""The resampled density of 1,000 precincts beside the time published for the R implementation."""

from __future__ import annotations

import time

import forensics
from forensics.simulation import clean

#: Seconds that fitting 1,000 precincts takes in R, as published; on a machine of its time.
PUBLISHED = 390.0
PRECINCTS, ROUNDS = 1000, 5
#: How many times faster it has to be.
LEAST = 100.0


def test_a_thousand_precincts_against_the_published_time(benchmark):
    returns = clean(n=PRECINCTS, rng=1)

    def ours():
        return forensics.run_detector("resampled_density", returns, quantity="share", seed=1)

    start = time.process_time()
    findings = benchmark.pedantic(ours, rounds=ROUNDS, iterations=1)
    seconds = (time.process_time() - start) / ROUNDS
    assert findings.select(scope="national").tested
    benchmark.extra_info["CPU seconds"] = round(seconds, 2)
    benchmark.extra_info["published seconds over ours"] = round(PUBLISHED / seconds)
    assert PUBLISHED / seconds >= LEAST

"""How often each test fires on clean elections: at its level of .05, not more.

Two structures, half of the elections each: regions that differ independently, and an urban–rural
gradient. What the numbers are on the precincts of a given election is for ``calibrate`` to say.
"""

from __future__ import annotations

from functools import lru_cache

import pytest
from scipy.stats import beta, binom

import forensics
from forensics.simulation.hierarchical import STRUCTURES, clean

LEVEL = 0.05
#: Upper 95 % bound that a size must keep in the long study.
BOUND = 0.07
#: Elections of the long study; the short one has fewer where an election takes long.
LONG = 2000
PRECINCTS = 1200
SHORT = dict.fromkeys(
    (
        "last_digit",
        "digit_pairs",
        "second_digit",
        "digit_heaping",
        "percent_heaping",
        "digit_mixture",
        "integer_percent",
        "small_precincts",
    ),
    400,
) | {"distribution_shape": 100, "turnout_edge": 40, "resampled_density": 30}


@lru_cache(maxsize=400)
def _election(seed: int) -> forensics.Returns:
    """Drawn once for all detectors."""
    return clean(n=PRECINCTS, structure=STRUCTURES[seed % 2], rng=seed)


def _rejections(method: str, elections: int) -> dict[str, tuple[int, int]]:
    """(rejections, tests) by quantity."""
    entry = forensics.find_detector(method)
    counted: dict[str, tuple[int, int]] = {}
    for seed in range(elections):
        returns = _election(seed)
        parameters = {"rng": seed} if "rng" in entry.parameters else {}
        if "n_resamples" in entry.parameters and method in ("digit_mixture", "small_precincts"):
            parameters["n_resamples"] = 199
        for finding in entry.run(returns, **parameters).tested:
            if finding.pvalue is not None:
                fired, tests = counted.get(finding.quantity, (0, 0))
                counted[finding.quantity] = (fired + (finding.pvalue <= LEVEL), tests + 1)
    return counted


@pytest.mark.parametrize(("method", "elections"), SHORT.items())
def test_no_test_fires_more_often_than_its_level(method, elections):
    found = _rejections(method, elections)
    assert found
    for quantity, (fired, tests) in found.items():
        # A test of exact size .05 exceeds this quantile once in a thousand studies.
        assert fired <= binom.ppf(0.999, tests, LEVEL), (quantity, fired, tests)


@pytest.mark.slow
@pytest.mark.parametrize("method", SHORT)
def test_the_upper_bound_of_the_size(method):
    for quantity, (fired, tests) in _rejections(method, LONG).items():
        upper = beta.ppf(0.95, fired + 1, tests - fired)
        assert upper <= BOUND, (quantity, fired, tests, upper)

"""Every detector of the package keeps to the house rules, as those of other packages have to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest

import forensics
from forensics import simulation
from forensics.detectors.registry import Detector, all_detectors
from forensics.testing import RULES, check_detector, clean_election

#: Rules that take many elections or another interpreter: sizes and power are measured by the standard
#: study (data/standard_readings.json), another hash seed is tried for a whole audit in test_runner.py.
ELSEWHERE = ("size", "power", "hash_seed")
RULES_HERE = [rule for rule in RULES if rule not in ELSEWHERE]
#: A chain of many draws; its own tests hold it (tests/test_mixture_chains.py).
DEAR = ("finite_mixture",)
#: What joins an earlier election does so by names, so that other names are other precincts and options.
JOINED = {"precincts": "precincts are joined by name", "options": "options are joined by name"}

election = cache(clean_election)


def there(returns: forensics.Returns) -> list[str]:
    """Counts that a second table repeats."""
    return [count for count in ("registered", "ballots", "valid", "invalid") if returns.has(count)]


def copies_of(returns: forensics.Returns) -> Mapping[str, Any]:
    """Copies of every protocol that say what the returns say."""
    frame = returns.frame[[*(returns.levels or ()), "precinct", *there(returns)]]
    return {"copies": frame.assign(copy_type="wall", image="")}


def totals_of(returns: forensics.Returns) -> Mapping[str, Any]:
    """Totals as they are."""
    return {"totals": simulation.totals_of(returns)}


def previous_of(returns: forensics.Returns) -> Mapping[str, Any]:
    """Another clean election of the same precincts."""
    return {"previous": simulation.clean(election(0), rng=5)}


BESIDE: Mapping[str, Callable[[forensics.Returns], Mapping[str, Any]]] = {
    "protocol_copies": copies_of,
    "rounded_totals": totals_of,
    "tabulation_sums": totals_of,
    "vote_flow": previous_of,
}


def detectors() -> list[Detector]:
    """Those of this package that take returns first."""
    ours = [one for one in all_detectors() if one.run.__module__.startswith("forensics.")]  # type: ignore[attr-defined]
    return [one for one in ours if not one.first and one.id not in DEAR]


@pytest.mark.parametrize("entry", detectors(), ids=lambda entry: entry.id)
def test_a_detector_keeps_to_the_house_rules(entry: Detector) -> None:
    beside = BESIDE.get(entry.id)

    def given(returns: forensics.Returns) -> Mapping[str, Any]:
        by = (None, *(returns.levels or ())[:1])
        levels = {"by": by} if "by" in entry.parameters else {}
        return levels | dict(beside(returns) if beside else {})

    waived = JOINED if entry.id == "vote_flow" else {}
    outcomes = check_detector(entry, elections=election, beside=given, rules=RULES_HERE, waived=waived)
    assert [outcome.rule for outcome in outcomes] == RULES_HERE
    assert [o.rule for o in outcomes if o.held is None] == [rule for rule in RULES_HERE if rule in waived]


@pytest.mark.slow
@pytest.mark.parametrize("id", ["last_digit", "integer_percent", "turnout_edge", "digit_pairs"])
def test_sizes_on_the_kit_s_own_elections(id: str) -> None:
    (size,) = check_detector(forensics.find_detector(id), rules=["size"], simulations=100)
    assert size.held

"""Several methods on the same precincts: numbers, rules of exclusion, reasons for none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import forensics
from forensics.auditing.estimates import METHODS, _under, estimates
from forensics.detectors.registry import find_detector
from forensics.tables.returns import Returns


@pytest.fixture(scope="module")
def demo() -> Returns:
    return forensics.demo_returns()


def test_each_method_stands_under_each_rule(demo: Returns) -> None:
    found = estimates(demo, rules=(1, 300))
    assert {one.method for one in found} == set(METHODS)
    assert {one.floor for one in found} == {1, 300}
    assert all(one.precincts is None or one.precincts_interval is not None for one in found)
    assert all(one.votes is None or one.votes_interval is not None for one in found)
    assert all((one.precincts is None and one.votes is None) == (one.reason is not None) for one in found)


def test_the_rule_is_the_same_for_every_method(demo: Returns) -> None:
    registered, ballots = demo.counts("registered"), demo.counts("ballots")
    kept = (registered >= 300) & (ballots > 0) & (ballots <= registered) & (demo.votes() <= ballots)
    (one,) = (one for one in estimates(demo, rules=(300,)) if one.method == "reference_bin")
    (own,) = find_detector("reference_bin").run(demo.part(np.asarray(kept)), minimum=1, rng=None)
    assert one.n == int(kept.sum()) == own.n
    assert one.votes == own.effect


def test_the_methods_look_at_nothing_but_what_workers_are_sent(demo: Returns) -> None:
    found = estimates(demo, seed=1, rules=(100,))
    for id in METHODS:
        whole = {one.quantity: one.to_dict() for one in _under(id, demo, 100, 1)}
        sent = {one.quantity: one.to_dict() for one in found if one.method == id}
        assert sent == whole


def test_a_contradictory_row_is_left_out_of_all() -> None:
    rng = np.random.default_rng(1)
    registered = rng.integers(200, 900, 400)
    ballots = rng.binomial(registered, 0.6)
    frame = pd.DataFrame({
        "precinct": np.arange(400).astype(str), "registered": registered, "ballots": ballots,
        "votes_a": rng.binomial(ballots, 0.6),
    })  # fmt: skip
    frame["votes_b"] = frame["ballots"] - frame["votes_a"]
    clean = estimates(Returns(frame))
    frame.loc[400] = ["400", 100, 5000, 4000, 1000]
    assert [one.to_dict() for one in estimates(Returns(frame))] == [one.to_dict() for one in clean]


def test_without_turnout_or_votes_there_is_nothing_to_compare() -> None:
    frame = pd.DataFrame({"precinct": ["1", "2"], "ballots": [10, 12], "votes_a": [6, 7]})
    assert estimates(Returns(frame)) == ()


@pytest.mark.shared
def test_russia_2018_says_anything(shared_data) -> None:
    # The published file: 10.2 million votes by the reference bin (methods.md 5.1: 36, 51, 61 % bins
    # give from 7 to 14), 1.75 million in precincts with whole percentages.
    returns = forensics.read_returns(shared_data / "returns" / "ru2018_president.parquet")
    found = {(one.method, one.quantity): one for one in estimates(returns, rules=(100,))}
    assert found["reference_bin", "share"].votes > 5 * found["integer_percent", "either"].votes
    assert found["integer_percent", "either"].precincts == pytest.approx(0.0197, abs=5e-4)

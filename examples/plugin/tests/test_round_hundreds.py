"""The house rules, silence on clean elections and power on what the detector is for."""

from __future__ import annotations

import pytest
from round_hundreds.round_hundreds import round_hundreds

import forensics
from forensics.testing import RULES, check_detector


def rounded(returns: forensics.Returns, seed: int) -> forensics.Returns:
    """Every tenth precinct reports its leader's votes in whole hundreds."""
    frame = returns.frame
    tenth = frame.index[seed % 10 :: 10]
    column = f"votes_{returns.leader}"
    frame.loc[tenth, column] = (frame.loc[tenth, column] / 100).round().astype("Int64") * 100
    return forensics.Returns(frame, leader=returns.leader)


@pytest.mark.parametrize("rule", RULES)
def test_house_rule(rule: str) -> None:
    (outcome,) = check_detector(round_hundreds, planted=rounded, rules=[rule], simulations=30)
    assert outcome.held, str(outcome)


def test_a_number_that_can_be_counted_by_hand() -> None:
    votes = [200, 300, 250] * 50 + [100, 199]
    frame = {"precinct": [str(i) for i in range(152)], "votes_a": votes}
    finding = round_hundreds(frame).only()
    # Of 150 counts of 200 or more, 100 end in 00; two are smaller.
    assert (finding.statistic, finding.n, finding.excluded) == (100.0, 150, 2)
    assert finding.effect == pytest.approx(100 / 150 - 0.01)


def test_few_precincts_give_no_pvalue() -> None:
    frame = {"precinct": ["1", "2"], "votes_a": [200, 300]}
    assert round_hundreds(frame).only().underpowered


def test_returns_without_votes_are_skipped() -> None:
    frame = {"precinct": ["1", "2"], "ballots": [200, 300]}
    (skipped,) = round_hundreds(frame).skipped
    assert "no votes by option" in str(skipped)

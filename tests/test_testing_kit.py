"""The test kit sees every broken rule: a sound detector passes, and one fault at a time is named."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

import forensics
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings, Interval
from forensics.messages.message import Sentences
from forensics.testing import RULES, BrokenRule, Outcome, check_detector, clean_election

SAY = Sentences(
    "kit", null="An even number of ballots is as likely as an odd one.", innocent="Couples vote."
)
MINIMUM = 30
QUICK = [rule for rule in RULES if rule not in ("size", "power", "hash_seed")]

election = cache(clean_election)


def finding(returns: forensics.Returns, even: int, n: int, **changed: Any) -> Findings:
    test = stats.binomtest(even, n)
    interval = test.proportion_ci()
    told: dict[str, Any] = {
        "method": "even_ballots",
        "family": "digits",
        "quantity": "ballots",
        "null": SAY("null"),
        "innocent": (SAY("innocent"),),
        "scope": returns.scope,
        "effect": even / n - 0.5,
        "interval": Interval(interval.low - 0.5, interval.high - 0.5),
        "n": n,
        "pvalue": None if n < MINIMUM else test.pvalue,
        "underpowered": n < MINIMUM,
    }
    return Findings([Finding(**(told | changed))])


def evens(returns: forensics.Returns) -> tuple[int, int]:
    ballots = returns.counts("ballots")
    return int((ballots % 2 == 0).sum()), len(ballots)


@forensics.detector(family="digits", needs=("ballots",))
def even_ballots(returns, /, *, rng=None):
    """Even numbers of ballots, after Nobody (2000).

    Null: a coin. Innocent explanations: couples.
    """
    return finding(returns, *evens(returns))


def broken(function: Any, rule: str, **options: Any) -> str:
    """What the kit says of a detector that breaks one rule."""
    function.__name__ = "even_ballots"
    if function.__doc__ is None:
        function.__doc__ = even_ballots.__doc__
    made = forensics.detector(family="digits", needs=("ballots",))(function)
    options = {"rules": QUICK, "elections": election} | options
    with pytest.raises(BrokenRule) as error:
        check_detector(made, **options)
    assert list(error.value.broken) == [rule]
    assert RULES[rule] in str(error.value)
    return error.value.broken[rule]


def test_a_sound_detector_keeps_every_rule():
    outcomes = check_detector(even_ballots, elections=election, simulations=8)
    assert [outcome.rule for outcome in outcomes] == list(RULES)
    told = {outcome.rule: outcome for outcome in outcomes}
    assert [rule for rule in RULES if told[rule].held is not True] == ["power"]
    assert "no manipulation is named" in told["power"].seen
    assert "8 clean elections: ballots 0." in told["size"].seen


def test_a_parameter_that_is_not_keyword_only():
    def fault(returns, /, rng=None):
        return finding(returns, *evens(returns))

    assert "not keyword-only" in broken(fault, "form")


def test_a_docstring_without_innocent_explanations():
    def fault(returns, /):
        """Even numbers, after Nobody (2000). Null: a coin."""
        return finding(returns, *evens(returns))

    assert "innocent explanations" in broken(fault, "docstring")


def test_a_null_that_is_no_sentence():
    bare = Sentences("kit2", null="a coin")

    def fault(returns, /):
        return finding(returns, *evens(returns), null=bare("null"))

    assert "no sentence: 'a coin'" in broken(fault, "null")


def test_innocent_explanations_that_are_empty():
    bare = Sentences("kit3", innocent=" ")

    def fault(returns, /):
        return finding(returns, *evens(returns), innocent=(bare("innocent"),))

    assert "has none, or an empty one" in broken(fault, "innocent")


def test_a_column_that_is_taken_for_granted():
    def fault(returns, /):
        returns.frame["registered"].sum()
        return finding(returns, *evens(returns))

    assert "without registered it fails: KeyError" in broken(fault, "skipped")


def test_a_pvalue_from_four_precincts():
    def fault(returns, /):
        even, n = evens(returns)
        return finding(returns, even, n, pvalue=stats.binomtest(even, n).pvalue, underpowered=False)

    assert "with n 4" in broken(fault, "underpowered")


def test_a_table_that_is_written_to():
    def fault(returns, /):
        returns.table["ballots"].array[0] = 1_000 + len(returns) % 7
        return finding(returns, 200, 400 if len(returns) > MINIMUM else 4, pvalue=None)

    assert "different" in broken(fault, "mutation", rules=["mutation"], elections=clean_election)


def test_draws_from_the_global_generator():
    def fault(returns, /):
        even, n = evens(returns)
        return finding(returns, even, n, statistic=float(np.random.random()))  # noqa: NPY002 - the fault

    assert "global generator" in broken(fault, "rng", rules=["rng"])


def test_draws_of_its_own():
    def fault(returns, /):
        return finding(returns, *evens(returns), statistic=float(np.random.default_rng().random()))

    assert "statistic of even_ballots" in broken(fault, "rng", rules=["rng"])


def test_the_first_row_is_special():
    def fault(returns, /):
        return finding(returns, *evens(returns), statistic=float(returns.counts("ballots")[0]))

    assert "statistic of even_ballots:ballots:national was" in broken(fault, "order", rules=["order"])


def test_the_name_of_an_option_is_special():
    def fault(returns, /):
        return finding(returns, *evens(returns), statistic=float(len(returns.options[0])))

    broken(fault, "options")


def test_the_name_of_a_precinct_is_special():
    def fault(returns, /):
        return finding(returns, *evens(returns), statistic=float(max(map(len, returns.frame["precinct"]))))

    broken(fault, "precincts")


def test_a_test_that_rejects_clean_elections():
    def fault(returns, /):
        return finding(returns, *evens(returns), pvalue=0.01 if len(returns) >= MINIMUM else None)

    seen = broken(fault, "size", rules=["size"], simulations=12)
    # Clopper-Pearson interval of 12 of 12: the lower bound is .025 ** (1 / 12).
    assert "ballots 1.00 [0.74, 1.00]" in seen


def test_a_test_without_power():
    def flat(returns, /):
        return finding(returns, *evens(returns), pvalue=0.5)

    seen = broken(flat, "power", rules=["power"], planted="stuffing", simulations=12)
    assert seen.startswith("4 elections with stuffing: ballots 0.00 [0.00, 0.60]")


def test_power_on_a_manipulation_of_its_own():
    def doubled(returns, seed):
        frame = returns.frame
        frame["ballots"] = frame["ballots"] // 2 * 2
        return forensics.Returns(frame)

    (power,) = check_detector(
        even_ballots, rules=["power"], planted=doubled, simulations=12, elections=election
    )
    assert power.held
    assert "with doubled: ballots 1.00" in power.seen


def test_a_rule_is_waived_with_a_reason_only():
    (outcome,) = check_detector(even_ballots, rules=["order"], waived={"order": "it is about the order"})
    assert outcome == Outcome("order", None, "waived: it is about the order")
    with pytest.raises(ConfigError, match="'order' is waived without a reason"):
        check_detector(even_ballots, rules=["order"], waived={"order": " "})


def test_an_unknown_rule_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match=r"'ordr' is no house rule \(did you mean order"):
        check_detector(even_ballots, rules=["ordr"])


def test_a_bare_function_is_told_what_it_lacks():
    with pytest.raises(ConfigError, match=r"put @forensics.detector\(family=...\) above it"):
        check_detector(lambda returns: Findings())


def test_a_detector_of_voters_is_not_for_this_kit():
    with pytest.raises(ConfigError, match="duplicate_voters takes voters first"):
        check_detector(forensics.duplicate_voters)

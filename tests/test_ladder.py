"""The ladder: which families stand out, what lifts a scope, and what is said; no step is a verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import forensics
from forensics.evidence.ladder import assess
from forensics.evidence.reading import Reading, Rejections
from forensics.evidence.visibility import SIGNATURES, visibility
from forensics.finding import Finding, Findings
from forensics.messages.message import Message
from forensics.scope import NATIONAL, Scope
from forensics.simulation import MANIPULATIONS, clean, manipulate

EXACT = Rejections(10, 200, 2)
REGIONS = tuple(Scope("region", (("region", name),)) for name in ("A", "B", "C"))
VERDICTS = re.compile(r"fraud|falsif|stolen|rigg|guilty|suspicious|proves|proof", re.IGNORECASE)


@dataclass(frozen=True)
class Known:
    """Readings of tests by hand; every other test is unknown."""

    tests: Mapping[str, Reading] = field(default_factory=dict)
    measured_on: str = "these precincts"

    def reading(self, method: str, quantity: str) -> Reading | None:
        return self.tests.get(method)


def reading(method: str, size: Rejections = EXACT, calibrated: bool = True, **power: Any) -> Reading:
    return Reading(method, "any", {"whole": size}, calibrated, power, None, {"whole": size})


CALIBRATED = Known({m: reading(m) for m in ("integer_percent", "last_digit", "turnout_edge")})


@dataclass(frozen=True)
class Audit:
    returns: forensics.Returns
    findings: Findings


def say(text: str) -> Message:
    return Message("test", text)


def finding(method: str, pvalue: float | None, **changes: Any) -> Finding:
    families = {"integer_percent": "turnout", "turnout_edge": "turnout", "protocol_arithmetic": "protocol"}
    values: dict[str, Any] = {
        "method": method,
        "family": families.get(method, "digits"),
        "quantity": "turnout",
        "null": say("Chance."),
        "innocent": (say("Rounding."),),
        "pvalue": pvalue,
        "n": 60,
    }
    return Finding(**(values | changes))


@pytest.fixture
def returns() -> forensics.Returns:
    """Sixty precincts of three regions; the leader does better in the first ten of each."""
    place = np.tile(np.arange(20), 3)
    leader = np.where(place < 10, 60, 20)
    frame = pd.DataFrame({
        "region": np.repeat(["A", "B", "C"], 20),
        "precinct": np.arange(60).astype(str),
        "registered": 100,
        "ballots": 80,
        "votes_a": leader,
        "votes_b": 80 - leader,
    })  # fmt: skip
    return forensics.Returns(frame, levels=("region",), leader="a")


def assessed(returns: forensics.Returns, *findings: Finding, known: Known = CALIBRATED) -> Any:
    return assess(Audit(returns, Findings(findings)), known)


def broken(rows: Any, innocent: bool = False) -> Finding:
    """A relation that the rows break."""
    values = np.zeros(60)
    values[rows] = 1.0
    return finding(
        "protocol_arithmetic",
        None,
        quantity="votes_are_valid",
        parameters={"innocent": innocent},
        detail={"violations": len(np.atleast_1d(rows))},
        precincts=values,
    )


def scored(rows: Any, pvalue: float = 1e-9) -> Finding:
    values = np.full(60, -0.05)
    values[rows] = 0.95
    return finding("integer_percent", pvalue, precincts=values)


def test_small_p_values_of_a_calibrated_test_are_l1(returns):
    (nation,) = assessed(returns, finding("integer_percent", 1e-6), finding("last_digit", 0.4))
    assert nation.ladder == "L1"
    told = nation.to_dict()["families"]
    # Two families: the first needs 2 / .05.
    assert told["turnout"]["threshold"] == told["digits"]["threshold"] == 40
    assert told["turnout"]["findings"] == ["integer_percent:turnout:national"]
    assert "turnout" in str(nation.sentence)
    assert "digits" not in str(nation.sentence)


@pytest.mark.parametrize("pvalue", [0.04, 0.005])
def test_what_chance_gives_is_none(returns, pvalue):
    (nation,) = assessed(returns, finding("integer_percent", pvalue))
    assert nation.ladder == "none"


def test_a_test_that_is_not_calibrated_is_not_leaned_on(returns):
    known = Known({"integer_percent": reading("integer_percent", Rejections(60, 200, 20), False)})
    (nation,) = assessed(returns, finding("integer_percent", 1e-12), known=known)
    assert nation.ladder == "none"
    assert "cannot tell" in str(nation.sentence)
    assert nation.families[0].not_calibrated == ("integer_percent:turnout:national",)


def test_a_descriptive_test_is_not_leaned_on(returns):
    known = Known({"distribution_shape": reading("distribution_shape")})
    (nation,) = assessed(returns, finding("distribution_shape", 1e-12), known=known)
    assert nation.families == ()


def test_a_test_that_fires_too_often_needs_a_smaller_p_value(returns):
    loose = Rejections(14, 200, 9)
    known = Known({"integer_percent": reading("integer_percent", loose)})
    p = 5e-4
    (strict,) = assessed(returns, finding("integer_percent", p), known=known)
    (plain,) = assessed(returns, finding("integer_percent", p))
    assert (plain.ladder, strict.ladder) == ("L1", "none")


def test_a_family_of_many_silent_tests_dilutes_one_that_speaks(returns):
    one, other = finding("integer_percent", 5e-4), finding("turnout_edge", 0.6)
    assert assessed(returns, one)[0].ladder == "L1"
    assert assessed(returns, one, other)[0].ladder == "none"


def test_regions_are_judged_together(returns):
    quiet = [finding("integer_percent", 0.5, scope=scope) for scope in REGIONS[1:]]
    first = finding("integer_percent", 5e-4, scope=REGIONS[0])
    nation = finding("integer_percent", 0.5)
    found = assessed(returns, nation, first, *quiet)
    assert [one.scope for one in found] == [NATIONAL, *REGIONS]
    # e = 36 for p = 5e-4 is evidence alone, but three regions ask the first for 60.
    assert [one.ladder for one in found] == ["none"] * 4
    stronger = assessed(returns, nation, replace(first, pvalue=1e-4), *quiet)
    assert [one.ladder for one in stronger] == ["none", "L1", "none", "none"]


def test_contradictions_alone_are_l0_however_many(returns):
    (nation,) = assessed(returns, finding("integer_percent", 0.5), broken(np.arange(60)))
    assert nation.ladder == "L0"


def test_contradictions_in_the_departing_precincts_in_favour_of_the_option_are_l2(returns):
    (nation,) = assessed(returns, scored(np.arange(10)), broken(np.arange(8)))
    assert nation.ladder == "L2"
    assert nation.contradictions["departing"] == [8, 10]
    assert nation.contradictions["others"] == [0, 50]
    # Hypergeometric by hand: C(10, 8) C(50, 0) / C(60, 8).
    assert nation.contradictions["pvalue"] == pytest.approx(45 / 2558620845)


def test_contradictions_that_favour_the_others_do_not_lift(returns):
    low = np.arange(10, 20)
    (nation,) = assessed(returns, scored(low), broken(low))
    assert nation.ladder == "L1"


def test_contradictions_elsewhere_do_not_lift(returns):
    (nation,) = assessed(returns, scored(np.arange(10)), broken(np.arange(20, 28)))
    assert nation.ladder == "L1"


def test_contradictions_with_an_innocent_reading_do_not_lift(returns):
    (nation,) = assessed(returns, scored(np.arange(10)), broken(np.arange(8), innocent=True))
    assert nation.ladder == "L1"


def test_no_sentence_is_a_verdict_and_each_says_consistent(returns):
    cases = [
        assessed(returns, finding("integer_percent", 0.5)),
        assessed(returns, finding("integer_percent", 0.5), broken(3)),
        assessed(returns, scored(np.arange(10))),
        assessed(returns, scored(np.arange(10)), broken(np.arange(8))),
    ]
    for (nation,) in cases:
        text = str(nation.sentence)
        assert "consistent with" in text
        assert not VERDICTS.search(text)


def test_the_assessment_is_json(returns):
    found = assessed(returns, scored(np.arange(10)), broken(np.arange(8)))
    told = json.loads(forensics.to_json([one.to_dict() for one in found]))[0]
    assert list(told) == ["scope", "ladder", "n", "families", "contradictions", "sentence"]
    entry = told["families"]["turnout"]
    assert {"kind", "value", "threshold", "calibrated", "findings"} <= set(entry)


def test_every_mechanism_has_a_signature():
    assert set(SIGNATURES) == {*MANIPULATIONS, "tabulation"}


def test_what_no_column_shows_is_not_detectable(returns):
    found = {one.mechanism: one for one in visibility(Findings([finding("last_digit", 0.4)]), Known())}
    told = found["carousel_impersonation"]
    assert not told.visible
    assert str(told.sentence).startswith("Not detectable with these data: hourly turnout")
    assert not found["tabulation"].visible


def test_measured_power_is_said_and_decides():
    findings = Findings([finding("integer_percent", 0.4)])
    weak = Known({"integer_percent": reading("integer_percent", turnout_quota=((1, 0.1), (5, 0.2)))})
    strong = Known({"integer_percent": reading("integer_percent", turnout_quota=((1, 0.3), (5, 0.95)))})
    (seen,) = visibility(findings, strong, ["turnout_quota"])
    (unseen,) = visibility(findings, weak, ["turnout_quota"])
    assert seen.visible
    assert seen.power == 0.95
    assert not unseen.visible
    assert "20\u00a0%" in str(unseen.sentence)


@pytest.mark.parametrize(("power", "word"), [(0.1, "Not detectable"), (0.6, "Not reliably detectable")])
def test_what_is_found_at_times_is_not_called_undetectable(power, word):
    findings = Findings([finding("integer_percent", 0.4)])  # no test made for the names of absent voters
    known = {"integer_percent": reading("integer_percent", carousel_impersonation=((1, power),))}
    (told,) = visibility(findings, Known(known), ["carousel_impersonation"])
    assert str(told.sentence).startswith(word)
    assert not told.visible


@pytest.fixture(scope="module")
def planted() -> tuple[forensics.Returns, forensics.Returns]:
    honest = clean(n=3000, rng=2)
    doctored, _ = manipulate(honest, "turnout_quota", share=0.3, intensity=5.0, rng=3)
    return honest, doctored


def test_an_audit_carries_its_assessment(planted):
    steps = [forensics.audit(one, rng=1).evidence.assessment[0].ladder for one in planted]
    assert steps[0] in ("none", "L0")
    assert steps[1] in ("L1", "L2")


def test_the_calibration_of_other_returns_is_refused(planted):
    honest, doctored = planted
    known = forensics.calibrate(honest, simulations=1, most=1, detectors=["last_digit"], manipulations=[])
    with pytest.raises(forensics.ConfigError, match="made for returns with digest"):
        forensics.audit(doctored, calibration=known, levels=())

"""Claims render with what they rest on or not at all; materiality has three wordings."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import ConfigError
from forensics.finding import Finding, Findings, Interval
from forensics.messages.message import Message, Sentences
from forensics.report.claims import Claim, claim_of
from forensics.report.materiality import margin_of, materiality, wording
from forensics.scope import Scope
from forensics.tables.returns import Returns

SAY = Sentences(
    "test.claims",
    excess="In the {n:,} {n:plural:precinct|precincts} with lists ({coverage} of all), officers of {name} "
    "go with turnout {estimate} higher ({interval}).",
    bare="Turnout is {estimate} higher in {coverage} of precincts.",
    uncovered="Turnout is {estimate} higher ({interval}).",
    plain="Protocols of {n:,} precincts contradict themselves; this is relevant to paragraph 7.4.",
    number="Turnout is 3 points higher.",
    word="Protocols were falsified.",
    of="The protocols of {name} stand out.",
    absence="There was no evidence of fraud.",
    corrected="The true result is {estimate} ({interval}; {coverage}).",
    cause="Higher turnout is caused by chairs.",
    reserved="It is {estimate}.",
)


def claim(name: str = "excess", **changes: object) -> Claim:
    values: dict[str, object] = {
        "template": SAY(name, n=9840, name="Party A") if name == "excess" else SAY(name),
        "level": "L1",
        "sources": ("demo_digits:issued:national",),
        "estimate": 0.0213,
        "interval": Interval(0.01, 0.03),
        "unit": "share of registered voters",
        "coverage": 0.5,
    }
    return Claim(**(values | changes))


BARE = {"estimate": None, "interval": None, "coverage": None}


def refused(one: Claim, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"claim 'test\.claims\.\w+' \(.*\): .*{said}"):
        one.text()


def test_a_claim_says_estimate_interval_and_coverage() -> None:
    assert str(claim()) == (
        "In the 9,840 precincts with lists (50.00 % of all), officers of Party A go with turnout 2.13 % of "
        "registered voters higher (95 % interval [1.00,\u00a03.00])."
    )
    votes = claim("uncovered", unit="votes", estimate=12345.0, interval=Interval(-5.0, 20000.0))
    refused(votes, "without its coverage")


def test_a_count_needs_no_interval() -> None:
    said = claim("plain", template=SAY("plain", n=17), **BARE).text()
    assert said == "Protocols of 17 precincts contradict themselves; this is relevant to paragraph 7.4."


def test_an_estimate_without_interval_is_refused() -> None:
    refused(claim(interval=None), "an estimate is not shown without its interval")
    refused(claim("bare"), "an estimate is not shown without its interval")
    refused(claim(coverage=None), "without its coverage")
    refused(claim(coverage=1.2), r"not in \[0, 1\]")
    refused(claim(estimate=float("nan")), "its estimate is nan")
    refused(claim(**BARE), "it has no estimate")
    refused(claim("plain", template=SAY("plain", n=1), estimate=None, coverage=None), "it has no estimate")


def test_a_claim_rests_on_something_and_stands_somewhere() -> None:
    refused(claim(sources=()), "it rests on nothing")
    refused(claim(level="L9"), "'L9' is no level")
    refused(claim("reserved", template=SAY("reserved", estimate=3.0), **BARE), "one that the claim fills")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("number", "'3' is a number"),
        ("word", "'falsified' needs L3, and this stands at L1"),
        ("absence", "shows nothing"),
        ("cause", "names a cause"),
    ],
)
def test_words_are_held_to_the_level(name: str, said: str) -> None:
    refused(claim(name, **BARE), said)


def test_no_result_is_corrected() -> None:
    refused(claim("corrected"), "no result is corrected")
    assert claim("word", level="L3", **BARE).text() == "Protocols were falsified."


def test_single_precincts_and_persons_are_not_named() -> None:
    place = Scope("precinct", (("region", "R"), ("precinct", "12")))
    refused(claim(scope=place), "about a single precinct")
    for name in ("precinct 112", "Mr Smith", "УИК № 12"):
        refused(claim("of", template=SAY("of", name=name), **BARE), "names a (single precinct|person)")
    # A name that comes from the data may hold any word: it is data.
    assert claim("of", template=SAY("of", name="Party Against Fraud"), **BARE).text().endswith("stand out.")


def test_a_claim_is_made_of_a_finding() -> None:
    finding = Finding(
        method="demo_digits", family="digits", quantity="issued", null=Message("t", "None."),
        innocent=(Message("t", "Rounding."),), effect=-0.5, unit="points", interval=Interval(-1.0, 0.25),
    )  # fmt: skip
    one = claim_of(finding, SAY("excess", n=3, name="B"), level="L1", coverage=1.0)
    assert one.sources == (finding.id,)
    assert "turnout −0.5 points higher (95 % interval [−1,\u00a00.25])" in one.text()
    refused(
        claim_of(replace(finding, interval=None), SAY("excess", n=3, name="B"), level="L1", coverage=1.0),
        "without its interval",
    )


@given(
    st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0, 1e6, exclude_min=True)
)  # fmt: skip
def test_materiality_is_one_of_three_wordings(low: float, width: float, margin: float) -> None:
    interval = Interval(low, low + width)
    name = wording(interval, margin).id.rsplit(".", 1)[1]
    assert name == (
        "smaller" if interval.high < margin else "larger" if interval.low > margin else "neither"
    )
    assert str(wording(interval, margin)) in (
        "smaller than the margin",
        "larger than the margin",
        "not distinguishable from the margin",
    )


def _returns() -> Returns:
    return Returns(
        pd.DataFrame({
            "precinct": ["1", "2"], "registered": [500, 500], "ballots": [300, 300],
            "votes_a": [200, 150], "votes_b": [50, 100], "votes_c": [50, 50],
        })
    )  # fmt: skip


class Audit:
    """What materiality needs of an audit."""

    def __init__(self, *findings: Finding, returns: Returns | None = None) -> None:
        self.findings = Findings(findings)
        self.returns = returns or _returns()


def _excess(**changes: object) -> Finding:
    values: dict[str, object] = {
        "method": "reference_bin", "family": "turnout", "quantity": "a", "null": Message("t", "None."),
        "innocent": (Message("t", "Cities."),), "effect": 120.0, "unit": "votes",
        "interval": Interval(80.0, 160.0),
    }  # fmt: skip
    return Finding(**(values | changes))


def test_the_margin_is_between_the_first_two() -> None:
    # 350 for a, 150 for b, 100 for c.
    assert margin_of(_returns()) == (200, "a", "b")
    alone = Returns(pd.DataFrame({"precinct": ["1"], "registered": [9], "ballots": [5], "votes_a": [5]}))
    assert margin_of(alone) is None


def test_votes_beside_the_margin() -> None:
    table = materiality(
        Audit(
            _excess(),
            _excess(quantity="b", interval=Interval(150.0, 260.0)),
            _excess(quantity="c", interval=Interval(201.0, 300.0)),
            _excess(quantity="d", interval=None),
            _excess(quantity="e", unit="share of votes"),
            _excess(quantity="f", scope=Scope("region", (("region", "R"),))),
        )
    )
    assert table is not None
    assert [row[0::2] for row in table.rows] == [
        ("reference_bin, a", "smaller than the margin"),
        ("reference_bin, b", "not distinguishable from the margin"),
        ("reference_bin, c", "larger than the margin"),
    ]
    assert table.rows[0][1] == "120 votes [80,\u00a0160]"
    assert table.notes[0] == "The margin is 200 votes: between a and b in the precincts of this file."
    assert table.notes[1] == "reference_bin, d gives no interval, so that it is not compared."
    assert materiality(Audit(_excess(unit="points"))) is None

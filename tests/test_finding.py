"""Findings: what cannot be said is refused, the null comes first, and every record keeps its order."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from forensics.errors import ConfigError
from forensics.finding import (
    COLUMNS,
    Assumption,
    Finding,
    Findings,
    Interval,
    Provenance,
    Skipped,
)
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import NATIONAL, Scope

SAY = Sentences(
    "test",
    null="Last digits are what redraws give.",
    clerks="Clerks round.",
    size="Precincts are of one size.",
    out="{n:,} counts below 100.",
    closed="The list is closed.",
    none="The returns have no issued.",
)
NORTH = Scope("region", (("region", "North"),))
# CONTRACT section 3, the rows of the table up to `parameters, detail`; `calibration` and `reference`
# are annotations that the document adds.
CONTRACT = [
    "id", "method", "family", "scope", "quantity", "null", "statistic", "pvalue", "effect", "unit",
    "interval", "confidence_level", "n", "excluded", "exclusion", "underpowered", "assumptions",
    "innocent", "parameters", "detail",
]  # fmt: skip


def finding(**changes):
    given = {
        "method": "last_digit",
        "family": "digits",
        "quantity": "issued",
        "null": SAY("null"),
        "innocent": SAY.all("clerks", "size"),
        "statistic": 17.41,
        "pvalue": 0.043,
        "effect": 0.012,
        "unit": "share of counts",
        "interval": Interval(0.004, 0.02),
        "n": 90_912,
        "excluded": 1_201,
        "exclusion": SAY("out", n=1201),
        "assumptions": (Assumption(SAY("closed"), None),),
        "parameters": {"minimum": 100},
        "detail": {"counts": [1, 2]},
    }
    return Finding(**(given | changes))


@pytest.mark.parametrize("name", ["statistic", "pvalue", "effect"])
@pytest.mark.parametrize("value", [float("nan"), np.float64("nan"), float("inf")])
def test_numbers_that_are_none_are_written_as_none(name, value):
    with pytest.raises(ValueError, match=f"last_digit: {name} is .*use None"):
        finding(**{name: value})


@pytest.mark.parametrize("value", [-0.001, 1.001])
def test_a_p_value_lies_between_0_and_1(value):
    with pytest.raises(ValueError, match="not in"):
        finding(pvalue=value)


@pytest.mark.parametrize("value", [0.0, 1.0, None])
def test_p_values_at_the_ends_are_allowed(value):
    assert finding(pvalue=value).pvalue == value


def test_innocent_explanations_are_never_empty():
    with pytest.raises(ValueError, match="innocent"):
        finding(innocent=())


def test_an_underpowered_finding_has_no_p_value():
    with pytest.raises(ValueError, match="underpowered"):
        finding(underpowered=True)
    assert finding(underpowered=True, pvalue=None).to_dict()["underpowered"] is True


@pytest.mark.parametrize(("low", "high"), [(1.0, 0.0), (float("nan"), 1.0), (0.0, float("inf"))])
def test_an_interval_is_an_ordered_pair_of_finite_numbers(low, high):
    with pytest.raises(ValueError, match="ordered pair"):
        Interval(low, high)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_confidence_level_is_a_share(level):
    with pytest.raises(ValueError, match="confidence level"):
        Interval(0.0, 1.0, level)


def test_text_is_four_lines_with_the_null_first():
    assert str(finding()).splitlines() == [
        "null: Last digits are what redraws give.",
        "last_digit, issued, national: n 90,912, 1,201 left out",
        "effect 0.012 share of counts [0.004, 0.02]; statistic 17.41; p 0.043",
        "innocent explanations: Clerks round. Precincts are of one size.",
    ]


def test_text_of_a_finding_without_numbers_has_four_lines_too():
    bare = finding(
        underpowered=True, pvalue=None, statistic=None, effect=None, interval=None, excluded=0, scope=NORTH
    )
    assert str(bare).splitlines()[1:3] == [
        "last_digit, issued, North: n 90,912 (underpowered)",
        "no p-value",
    ]


def test_the_record_has_the_keys_of_the_contract_in_its_order():
    record = finding(scope=NORTH).to_dict()
    assert list(record) == list(COLUMNS) == CONTRACT
    assert record["id"] == "last_digit:issued:region=North"
    assert record["scope"] == {"level": "region", "region": "North"}
    assert record["interval"] == [0.004, 0.02]
    assert record["confidence_level"] == 0.95
    assert record["assumptions"] == [{"text": "The list is closed.", "holds": None}]
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_the_record_says_none_where_there_is_none():
    record = finding(interval=None, exclusion=None).to_dict()
    assert (record["interval"], record["confidence_level"], record["exclusion"]) == (None, None, None)


def test_a_finding_is_frozen():
    with pytest.raises(FrozenInstanceError):
        finding().pvalue = 0.5


def test_findings_compare_by_what_they_say():
    scores = np.array([1.0, np.nan])
    one, other = finding(precincts=scores), finding(precincts=scores.copy())
    assert one == other
    assert one != finding(pvalue=0.5)
    assert len({one, other}) == 1
    assert other in Findings([one])


def many():
    return Findings(
        [
            finding(),
            finding(quantity="leader_votes"),
            finding(scope=NORTH),
            finding(method="digit_pairs"),
            Skipped("ballot_chain", NATIONAL, SAY("none")),
        ]
    )


def test_findings_are_a_sequence():
    findings = many()
    assert isinstance(findings, Sequence)
    assert len(findings) == 5
    assert isinstance(findings[0], Finding)
    assert isinstance(findings[-1], Skipped)
    assert isinstance(findings[1:3], Findings)
    assert [item.method for item in findings[3:]] == ["digit_pairs", "ballot_chain"]
    assert len(findings + many()) == 10
    assert len(findings.tested) == 4
    assert len(findings.skipped) == 1
    assert repr(findings) == "<Findings: 4 findings, 1 skipped>"
    assert str(findings).count("null: ") == 4
    assert not Findings()


@pytest.mark.parametrize(
    ("wanted", "n"),
    [
        ({}, 4),
        ({"quantity": "issued"}, 3),
        ({"scope": NATIONAL}, 3),
        ({"scope": "national"}, 3),
        ({"scope": "region"}, 1),
        ({"scope": "region=North"}, 1),
        ({"scope": "North"}, 1),
        ({"method": "last_digit", "scope": "national"}, 2),
        ({"quantity": "turnout"}, 0),
    ],
)
def test_select_narrows(wanted, n):
    assert len(many().select(**wanted)) == n


def test_only_gives_one():
    assert many().only(method="digit_pairs").method == "digit_pairs"


def test_only_lists_what_there_is_when_none_answers():
    with pytest.raises(LookupError) as error:
        many().only(quantity="turnout")
    text = str(error.value)
    assert text.startswith("0 findings answer, not one")
    assert "last_digit:issued:national" in text
    assert "last_digit:issued:region=North" in text
    assert "The returns have no issued." in text


def test_only_lists_those_that_answer_when_several_do():
    with pytest.raises(LookupError) as error:
        many().only(method="last_digit", quantity="issued")
    assert str(error.value).startswith("2 findings answer, not one")
    assert "digit_pairs" not in str(error.value)


def test_only_of_nothing_says_so():
    with pytest.raises(LookupError, match="there are: none"):
        Findings().only()


def test_the_frame_has_a_row_per_finding_and_spreads_scope_and_interval():
    frame = many().to_frame()
    assert len(frame) == 4
    spread = ["level" if c == "scope" else c for c in CONTRACT if c != "interval"]
    assert [c for c in frame if c not in ("scope", "low", "high")] == spread
    assert frame.loc[2, ["level", "scope"]].tolist() == ["region", "North"]
    assert frame.loc[0, ["low", "high", "confidence_level"]].tolist() == [0.004, 0.02, 0.95]
    assert finding().to_frame().equals(frame.head(1))


def test_the_frame_of_no_findings_has_the_same_columns():
    assert list(Findings().to_frame()) == list(many().to_frame())


def test_provenance_reaches_every_finding_and_no_skip():
    stamped = many().with_provenance(Provenance("abc", 7, "0.1"))
    assert {item.provenance.seed for item in stamped.tested} == {7}
    assert stamped.skipped == many().skipped


def test_skipped_is_a_sentence_and_a_record():
    skipped = Skipped("ballot_chain", NORTH, SAY("none"))
    assert str(skipped) == "ballot_chain (North): skipped. The returns have no issued."
    assert skipped.to_dict() == {
        "method": "ballot_chain",
        "scope": {"level": "region", "region": "North"},
        "reason": "The returns have no issued.",
    }


def picture(**columns):
    return Picture("digit_bars", "p", SAY("null"), SAY("closed"), columns)


def test_findings_survive_pickling():
    full = finding(precincts=np.arange(3.0), pictures=(picture(x=np.arange(2)),))
    again = pickle.loads(pickle.dumps(Findings([full, *many().skipped])))
    assert again.tested[0] == full
    assert again.tested[0].to_dict() == full.to_dict()
    assert again.skipped == many().skipped
    assert again.tested[0].pictures[0].to_frame()["x"].tolist() == [0, 1]
    np.testing.assert_array_equal(again.tested[0].precincts, full.precincts)


def test_a_picture_holds_columns_of_one_length_that_cannot_be_changed():
    x = np.arange(3)
    drawn = picture(x=x, y=x / 2)
    x[0] = 99
    assert drawn.to_frame().to_dict("list") == {"x": [0, 1, 2], "y": [0.0, 0.5, 1.0]}
    with pytest.raises(ValueError, match="read-only"):
        drawn.columns["x"][0] = 1


@pytest.mark.parametrize("y", [np.arange(2), np.ones((3, 2)), np.float64(1)])
def test_a_picture_with_ragged_columns_is_refused(y):
    with pytest.raises(ValueError, match="equal length"):
        picture(x=np.arange(3), y=y)


def test_a_finding_without_a_picture_says_so_when_drawn():
    with pytest.raises(ConfigError, match="last_digit:issued:national has no picture"):
        finding().plot()


def test_scopes_have_keys_names_and_an_order():
    deep = Scope("territory", (("region", "North"), ("territory", "12")))
    assert deep.key == "region=North;territory=12"
    assert str(deep) == "North / 12"
    assert deep.to_dict() == {"level": "territory", "region": "North", "territory": "12"}
    assert str(NATIONAL) == NATIONAL.key == "national"
    assert NATIONAL.to_dict() == {"level": "national"}
    assert replace(NORTH) == NORTH
    assert len({NORTH, Scope("region", (("region", "North"),))}) == 1

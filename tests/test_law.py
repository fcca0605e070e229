"""Dated rules on commissions, and the gaps between them and practice."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest
from commissions_of_seven import coding_of_seven, seven

from forensics.commissions.codings import read_coding
from forensics.commissions.composition import Composition
from forensics.commissions.gaps import nomination_gap, plurality_gap, protection_gap
from forensics.commissions.law import read_law, row_of
from forensics.commissions.measures import measure
from forensics.errors import ConfigError
from forensics.tables.rosters import read_roster

ROUNDING = 1e-12


def test_2016_and_2019_have_different_bodies() -> None:
    law = read_law("kazakhstan")
    # Reference, finding 3: constituency commissions were struck out by Act 162-VI of 29.06.2018.
    assert law.bodies("2016-03-20") == ("central", "territorial", "constituency", "precinct")
    assert law.bodies("2019-06-09") == ("central", "territorial", "precinct")


def test_who_appointed_when() -> None:
    law = read_law("kazakhstan")
    # Reference 1.4: before 1999 the akim, 1999 party lots, 2002/2004 election by the maslikhat.
    found = [law.appointed_by(day) for day in ("1998-12-31", "1999-10-10", "2003-01-01", "2012-01-15")]
    assert found == [("akim",), ("lot among party nominees",), ("maslikhat",), ("maslikhat",)]
    assert [rule.body for rule in law.on("2019-06-09").select("formed_by")] == ["superior commission"]


def test_articles_and_counts() -> None:
    law = read_law("kazakhstan")
    articles = {rule.article.split("(")[0] for rule in law.rules}
    assert {"10", "19", "20", "40", "41", "43", "94"} <= articles
    assert law.quorum("2016-03-20") == (2, 3)
    assert law.one_nominee_per_party("2016-03-20")
    assert not law.one_nominee_per_party("2000-01-01")
    counts = {(count.year, count.level): count.n for count in law.counts}
    # Reference, finding 3: OSCE/ODIHR 2016 and 2021.
    assert counts == {(2016, 1): 16, (2016, 2): 208, (2016, 3): 9840, (2021, 2): 232, (2021, 3): 10061}
    assert law.registered_parties("2023-03-19") == 7
    assert law.registered_parties("2016-03-20") is None
    assert all(rule.source and rule.text for rule in law.rules)


def test_a_rule_as_a_row_carries_the_hash_of_its_text() -> None:
    rule = read_law("kazakhstan").rules[0]
    row = row_of(rule)
    assert row["text_hash"] == hashlib.sha256(rule.text.encode()).hexdigest()
    assert row["valid_to"] == "2018-07-10"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "x"', "missing required field `act`"),
        ('name = "x"\nact = "y"\nrule = 3', "Expected `array`"),
        ("name = ", "[Ii]nvalid"),
        ('name="x"\nact="y"\n[[rule]]\nid="a"\narticle="1"\npredicate="taxes"\ntext="t"\nsource="s"\nread=true',
         "is about 'taxes'"),
        ('name="x"\nact="y"\n[[rule]]\nid="a"\narticle="1"\npredicate="quorum"\ntext="t"\nsource="s"\nread=true',
         "lacks 'share'"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_used(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "law.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_law(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_law(tmp_path / "nowhere.toml")


def _composition(**changes: object) -> Composition:
    return Composition(read_roster(seven(**changes)), read_coding(coding_of_seven()))


def test_the_plurality_gap_is_of_registered_parties() -> None:
    # Six parties sit: one incumbent, four satellites, one of the opposition.
    gap = plurality_gap(_composition(), 8)
    assert (gap.value[0], gap.low[0], gap.high[0]) == pytest.approx((0.25, 0.25, 0.25))
    names = ["inc", None, "sat2", "sat3", "sat4", "opp", "state"]
    kinds = ["party", None, *["party"] * 4, "executive"]
    vague = plurality_gap(_composition(nominated_by=names, nominator_type=kinds), 8)
    assert (vague.low[0], vague.high[0]) == pytest.approx((2 / 8, 3 / 8))
    with pytest.raises(ConfigError, match="a commission seats 6"):
        plurality_gap(_composition(), 5)


def test_the_nomination_gap_is_of_those_who_nominated() -> None:
    asked = pd.DataFrame({"commission_id": "c1", "nominator": ["inc", "opp", "opp2", "opp3"]})
    gap = nomination_gap(_composition(), asked)
    assert gap.value[0] == pytest.approx(0.5)  # two of four nominating parties sit
    votes = ["decisive"] * 5 + ["consultative", "decisive"]
    # A representative without a vote is no seat.
    assert nomination_gap(_composition(vote_right=votes), asked).value[0] == pytest.approx(0.75)
    with pytest.raises(ConfigError, match="'c9' is no commission of the roster"):
        nomination_gap(_composition(), asked.assign(commission_id="c9"))
    with pytest.raises(ConfigError, match="no column 'nominator'"):
        nomination_gap(_composition(), asked[["commission_id"]])


def test_the_protection_gap_counts_complaints_where_the_law_protects() -> None:
    law = read_law("kazakhstan")
    complaints = pd.DataFrame({
        "commission_id": "c1",
        "date": "2016-03-01",
        "kind": ["dismissal", "transfer", "dismissal", "pressure"],
        "consent": ["no", "unknown", "yes", "no"],
    })  # fmt: skip
    gap, total = protection_gap(_composition(), complaints, law)
    assert (gap.value[0], gap.low[0], gap.high[0]) == pytest.approx((1 / 7, 1 / 7, 2 / 7))
    assert (total.complaints, total.without_consent, total.unknown_consent, total.members) == (3, 1, 1, 7)
    with pytest.raises(ConfigError, match="'gone' is no kind"):
        protection_gap(_composition(), complaints.assign(kind="gone"), law)


def test_measures_carry_the_gaps() -> None:
    asked = pd.DataFrame({"commission_id": "c1", "nominator": ["inc", "opp", "opp2", "opp3"]})
    measured = measure(
        read_roster(seven()),
        coding=coding_of_seven(),
        date="2023-03-19",
        law=read_law("kazakhstan"),
        nominations=asked,
    )
    assert measured.value.loc[0, "nomination_gap"] == pytest.approx(0.5)
    # Seven parties were registered in 2023, six of which sit here.
    assert measured.value.loc[0, "plurality_gap"] == pytest.approx(1 / 7, abs=ROUNDING)
    assert "protection_gap" in measured.skipped

"""The ledger of commitments: what ships is whole, and what lacks something is refused by file and entry."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_ledger import ENTRY, EVIDENCE, RECOMMENDATION, TRAJECTORY, spoilt, written

from forensics.commissions.catalogue import CATALOGUE
from forensics.commissions.law import read_law
from forensics.commitments.days import When, when
from forensics.commitments.entries import STATES
from forensics.commitments.instruments import read_instrument
from forensics.commitments.ledger import Ledger, read_ledger
from forensics.detectors.registry import detector_ids
from forensics.errors import ConfigError


def test_the_paragraphs_that_bear_on_elections() -> None:
    instrument = read_instrument("copenhagen-1990")
    # Reference 1.4, the table of paragraphs.
    numbers = ["5.1", "5.4", "6", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8", "7.9", "8"]
    assert [one.paragraph for one in instrument.commitments] == numbers
    # Marked there as from memory: 5.1, 5.4 and 7.9; of 6 the text was not read either.
    assert [one.paragraph for one in instrument.commitments if not one.read] == ["5.1", "5.4", "6", "7.9"]
    assert "7.4" in [one.paragraph for one in instrument.relevant("protocol_arithmetic")]
    with pytest.raises(ConfigError, match=r"no paragraph '9\.9'; its paragraphs are 5\.1, 5\.4"):
        instrument.commitment("9.9")


def test_every_test_named_by_what_ships_is_a_detector_or_a_measure() -> None:
    there = (*detector_ids(), *CATALOGUE)
    ledger = read_ledger("kazakhstan")
    named = [test for one in read_instrument("copenhagen-1990").commitments for test in one.tests]
    named += [test for entry in ledger.entries for test in entry.linked]
    named += [test for entry in ledger.entries for one in entry.reconstitution for test in one.measured]
    assert len(named) > 50
    assert [test for test in named if test not in there] == []


def test_the_ledger_of_kazakhstan_fills_both_norms() -> None:
    ledger = read_ledger("kazakhstan")
    assert ledger.norms == ("election observation", "free and fair voting through balanced commissions")
    for norm in ledger.norms:
        entries = ledger.select(norm)
        for state in STATES:
            assert any(entry.records(state) for entry in entries), (norm, state)
        # The official voice stands in every entry, with its source.
        assert all(entry.responses for entry in entries)
    answers = {one.source for entry in ledger.entries for one in entry.responses}
    # Reference 1.4, "counter-voice to store".
    assert answers == {"informburo.kz", "kazakhstan-bern.ch/121"}
    # Nothing was tested: no entry has a level, and none says more than relevant.
    assert {entry.evidence_level for entry in ledger.entries} == {"none"}
    assert {entry.wording for entry in ledger.entries} == {"relevant to"}
    assert ledger.entry("observers").counter_norm[0].promoter == "Shanghai Cooperation Organisation"
    assert ledger.trajectories == ()


def test_the_dates_are_those_of_the_source() -> None:
    law = read_ledger("kazakhstan").entry("balanced-commissions").law
    spans = {one.rule: (str(one.valid_from), str(one.valid_to)) for one in law}
    # Reference 1.4: pre-1999 akim, 1999 party lots, 2002 election by the maslikhat [Isaacs].
    assert spans["appointed-by-akim"] == ("None", "1999")
    assert spans["party-lots"] == ("1999", "2002")
    assert spans["elected-by-maslikhat-announced"] == ("2002", "None")
    rules = {rule.id for rule in read_law("kazakhstan").rules}
    named = [one.rule for entry in read_ledger("kazakhstan").entries for one in entry.law if one.rule]
    assert [rule for rule in named if rule not in rules] == []


def test_every_quotation_of_what_ships_has_speaker_and_source() -> None:
    quoted = [
        one
        for entry in read_ledger("kazakhstan").entries
        for state in STATES
        for record in entry.records(state)
        for one in record.quotation
    ]
    assert len(quoted) >= 9
    assert all(one.speaker.strip() and one.source.strip() for one in quoted)


def test_a_ledger_is_read_and_written_again(tmp_path: Path) -> None:
    ledger = read_ledger(written(tmp_path, ENTRY + RECOMMENDATION + EVIDENCE))
    assert read_ledger(ledger) is ledger
    entry = ledger.entry("count")
    assert (entry.wording, entry.responses) == ("inconsistent with", ())
    assert "protocol_arithmetic" in ledger.tests(entry)
    told = json.loads(json.dumps(ledger.to_dict()))
    (one,) = told["entries"]
    # The history of a recommendation is in it, election by election.
    assert [item["election"] for item in one["recommendation"][0]["status"]] == ["2019-06-09", "2021-01-10"]
    assert one["law"][0]["valid_to"] == "2004-04"
    with pytest.raises(ConfigError, match="no entry 'nothing'; the entries are count"):
        ledger.entry("nothing")


def refused(path: Path, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_ledger(path)


def test_an_entry_without_official_response_is_refused_by_name(tmp_path: Path) -> None:
    lacking = spoilt(tmp_path, 'official_response = "none found"\n', "")
    refused(lacking, r"ledger\.toml, line 6, entry 'count': official_response is missing.*\"none found\"")
    refused(
        spoilt(tmp_path, 'official_response = "none found"', "official_response = []"),
        r"ledger\.toml, line 14, entry 'count': official_response is empty",
    )
    other = spoilt(tmp_path, '"none found"', '"not looked for"')
    refused(other, r"ledger\.toml, line 6, entry 'count': .*official")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["7.4"]', '["7.44"]', r"line 10, entry 'count': copenhagen-1990 has no paragraph '7\.44'"),
        ('["7.4"]', "[]", "line 10, entry 'count': no paragraph is named"),
        ('instrument = "copenhagen-1990"', 'instrument = "moscow-1991"', "'moscow-1991' is not listed"),
        ('state = "contestation"', 'state = "doubt"', "line 11, .*'doubt' is no state; .* is one of"),
        ('evidence_level = "L1"', 'evidence_level = "L7"', "'L7' is no evidence level"),
        ('channel = "practice"', 'channel = "rumour"', "'rumour' is no channel"),
        ('channel = "practice"', 'channel = "discourse"', "line 35, entry 'count': discourse is filed in"),
        ('source = "a newspaper"\n', "", r"missing required field `source` \(contestation\)"),
        ('source = "a newspaper"', 'source = " "', "entry 'count': a text that says something is needed"),
        ('"2004-04"', '"1994"', r"the rule ends \(1994\) before it begins \(1995\)"),
        ("date = 2011-04-15", "date = 1989-04-15", r"contestation is \(1989-04-15\) before the norm came"),
        ("date = 2011-04-15", 'date = "soon"', "'soon' is no date"),
        ('read = true\nmeasured = ["protocol_copies"]', 'read = "yes"', "Expected `bool`"),
        ('topic = "ballots', 'tonic = "ballots', "entry 'count': .*(missing|contains)"),
        ('id = "count"', 'id = ""', "a text that says something is needed"),
        ('evidence_level = "L1"', 'evidence_level = "L3"', "L3 needs evidence that does not come from the"),
        ('["copenhagen-1990"]', '["other.toml"]', r"other\.toml: cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    refused(spoilt(tmp_path, old, new), said)


def test_a_state_without_a_record_is_refused(tmp_path: Path) -> None:
    without = ENTRY[: ENTRY.index("[[entry.contestation]]")]
    refused(written(tmp_path, without), "the state is 'contestation', but nothing of that state")


def test_two_entries_of_one_id_are_refused(tmp_path: Path) -> None:
    refused(written(tmp_path, ENTRY + ENTRY[ENTRY.index("[[entry]]") :]), "the id 'count' stands twice")


def test_inconsistent_with_needs_two_kinds_of_evidence(tmp_path: Path) -> None:
    assert read_ledger(written(tmp_path, ENTRY + EVIDENCE)).entry("count").wording == "inconsistent with"
    one = EVIDENCE[: EVIDENCE.rindex("[[entry.evidence]]")]
    refused(written(tmp_path, ENTRY + one), "'inconsistent with' needs 2 kinds of .*there is returns")
    same_kind = EVIDENCE.replace('"observation"', '"returns"')
    refused(written(tmp_path, ENTRY + same_kind), "'inconsistent with' needs 2 kinds")
    # Two kinds that one and the same source tells are not independent.
    same_source = EVIDENCE.replace('"forms of the mission"', '"The returns"')
    refused(written(tmp_path, ENTRY + same_source), "from different sources")
    strange = EVIDENCE.replace('"observation"', '"intuition"')
    refused(written(tmp_path, ENTRY + strange), "'intuition' is no kind of evidence")


def test_a_level_above_the_returns_needs_evidence_beside_them(tmp_path: Path) -> None:
    high = ENTRY.replace('evidence_level = "L1"', 'evidence_level = "L3"') + EVIDENCE
    assert read_ledger(written(tmp_path, high)).entry("count").evidence_level == "L3"
    refused(written(tmp_path, high.replace('"L3"', '"L4"')), "L4 needs evidence of the kind adjudication")
    judged = high.replace('"L3"', '"L4"').replace('"observation"', '"adjudication"')
    assert read_ledger(written(tmp_path, judged)).entry("count").evidence_level == "L4"


def test_the_history_of_a_recommendation_runs_forwards(tmp_path: Path) -> None:
    text = ENTRY + RECOMMENDATION
    refused(
        spoilt(tmp_path, "2021-01-10", "2018-01-10", text),
        r"status of recommendation 'r1' is \(2018-01-10\) before the one above it \(2019-06-09\)",
    )
    refused(spoilt(tmp_path, '"partly"', '"nearly"', text), "'nearly' is no status of a recommendation")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "[Ii]nvalid"),
        ('name = "x"', "ledger.toml: missing required field"),
        ("entry = 3", "missing|Expected"),
    ],
)
def test_what_is_no_ledger(tmp_path: Path, text: str, said: str) -> None:
    refused(written(tmp_path, text), said)
    refused(tmp_path / "nowhere.toml", r"nowhere\.toml: cannot be read .*or one of kazakhstan")


def test_an_instrument_beside_the_ledger_is_found(tmp_path: Path) -> None:
    own = """id = "own"
name = "Own"
adopted = 2001
source = "s"
[[paragraph]]
id = "1"
topic = "t"
text = "x"
source = "s"
read = true
"""
    (tmp_path / "own.toml").write_text(own, encoding="utf-8")
    changed = ENTRY.replace('["copenhagen-1990"]', '["own.toml"]').replace('"copenhagen-1990"', '"own"')
    ledger = read_ledger(written(tmp_path, changed.replace("7.4", "1")))
    assert isinstance(ledger, Ledger)
    # Both files together are the ledger: written elsewhere they read as the same one.
    assert list(ledger.files) == ["ledger.toml", "own.toml"]
    assert list(read_ledger("kazakhstan").files) == ["kazakhstan.toml"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name, text in ledger.files.items():
        (elsewhere / name).write_text(text, encoding="utf-8")
    assert read_ledger(elsewhere / "ledger.toml").to_dict() == ledger.to_dict()
    refused(written(tmp_path, changed.replace("own.toml", "../own.toml")), "no name of a file beside")
    (tmp_path / "own.toml").write_text(own + own[own.index("[[") :], encoding="utf-8")
    refused(written(tmp_path, changed), r"own\.toml: two paragraphs have the number '1'")


LINES = (ENTRY + RECOMMENDATION + EVIDENCE + TRAJECTORY).splitlines()
VALUES = st.sampled_from(
    ["3", '"x"', "[]", "{}", "true", "1990-13-01", "2011-04-15T00:00:00", "[{a = 1}]", "[["]
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(LINES) - 1), st.one_of(st.none(), VALUES))
def test_a_spoilt_line_is_refused_in_one_sentence_or_harmless(
    tmp_path: Path, number: int, value: str | None
) -> None:
    line = LINES[number]
    new = [] if value is None else [f"{line.split('=')[0]}= {value}" if "=" in line else value]
    path = written(tmp_path, "\n".join([*LINES[:number], *new, *LINES[number + 1 :]]) + "\n")
    said = "ledger.toml"
    try:
        read_ledger(path)
    except ConfigError as error:
        said = str(error)
    assert said.startswith("ledger.toml")
    assert "\n" not in said


@given(st.dates(min_value=datetime.date(1, 1, 1)))
def test_dates_of_every_precision_hold_their_day(day: datetime.date) -> None:
    exact, month, year = when(day), when(f"{day:%Y}".zfill(4) + f"-{day.month:02d}"), when(day.year)
    assert when(day.isoformat()) == exact
    for known in (exact, month, year):
        assert known.first <= day <= known.last
        assert not known.surely_before(exact)
        assert not exact.surely_before(known)
    assert int(exact.year) == day.year


@pytest.mark.parametrize(
    "given_", ["2011-13", "2011-00", "soon", 0, 1.5, True, None, datetime.datetime.min]
)
def test_what_is_no_date(given_: object) -> None:
    with pytest.raises(ValueError, match="is no date"):
        when(given_)


def test_only_what_is_surely_earlier_is_out_of_order() -> None:
    year, day, later = when(2011), when("2011-04-15"), when(2012)
    assert not year.surely_before(day)
    assert not day.surely_before(year)
    assert year.surely_before(later)
    assert isinstance(year, When)

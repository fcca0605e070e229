"""Place of an effect among real elections: by effect, own election left out, 'too few' as an answer."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from forensics.errors import ConfigError
from forensics.evidence import references as script
from forensics.evidence.reference_page import page
from forensics.evidence.reference_rows import (
    CLASSES,
    Row,
    elections,
    read_rows,
    reference_rows,
    rounded,
    write_rows,
)
from forensics.evidence.references import Place, percentile, place, references, statistics_of
from forensics.finding import Finding, Findings, Provenance
from forensics.messages.message import Message
from forensics.report.json_text import dumps, findings_document
from forensics.scope import Scope

SENTENCE = Message("test.sentence", "A sentence.")
# One unit in the last of six digits: sums of another processor can round to the other side.
RELATIVE = 1e-5


def finding(effect: float | None, **changes: object) -> Finding:
    plain = Finding(
        method="integer_percent",
        family="turnout",
        quantity="either",
        null=SENTENCE,
        innocent=(SENTENCE,),
        effect=effect,
        unit="share of precincts",
        n=1000,
    )
    return replace(plain, **changes)


def row(election: str, effect: float, **changes: object) -> Row:
    plain = {
        "election": election,
        "class_": "clean",
        "method": "integer_percent",
        "quantity": "either",
        "effect": effect,
        "low": None,
        "high": None,
        "unit": "share of precincts",
        "n": 1000,
        "statistic": None,
        "pvalue": None,
        "version": "0",
        "digest": f"{election:0<16}",
    }
    return Row(**plain | changes)


ROWS = tuple(row(f"e{i}", effect) for i, effect in enumerate((0.1, 0.2, 0.2, 0.3, 0.4, 0.5)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, 0.0),
        (0.1, 10.0),  # the lowest of five: half of itself, (0 + 1/2) / 5
        (0.2, 40.0),  # one below, two equal: (1 + 2/2) / 5
        (0.25, 60.0),
        (0.9, 100.0),
    ],
)
def test_a_percentile_counts_equal_values_half(value: float, expected: float) -> None:
    assert percentile(value, (0.3, 0.2, 0.1, 0.2, 0.4)) == expected


def test_a_value_that_the_table_holds_is_equal_to_itself() -> None:
    exact = 1 / 3
    rows = tuple(row(f"e{i}", value) for i, value in enumerate((0.1, 0.2, rounded(exact), 0.4, 0.5)))
    # Two below and one equal of five, although the table holds six digits: (2 + 1/2) / 5.
    assert place(finding(exact), rows=rows)[0].percentile == 50.0


def test_fewer_than_five_elections_are_too_few() -> None:
    assert percentile(0.2, (0.1, 0.2, 0.3, 0.4)) is None
    clean, contested, _ = place(finding(0.35), rows=ROWS)
    assert clean == Place("clean", 6, 100 * 4 / 6)
    assert contested == Place("contested", 0, None)
    assert "percentile 67" in str(clean.sentence)
    assert str(contested.sentence).startswith("Too few")


def test_the_own_election_is_left_out_by_digest() -> None:
    own = finding(0.5, provenance=Provenance(digest="e5" + "0" * 62))
    # Of the other five none is larger; with itself it would stand at 5.5 / 6.
    assert place(own, rows=ROWS)[0] == Place("clean", 5, 100.0)


@pytest.mark.parametrize("name", ["se2018_riksdag", "se2018_riksdag.parquet", "sweden-2018-riksdag.xlsx"])
def test_the_own_election_is_left_out_by_any_of_its_names(name: str) -> None:
    rows = (*ROWS, row("se2018_riksdag", 0.0))
    assert place(finding(0.5), rows=rows)[0].n == 7
    assert place(finding(0.5), name=name, rows=rows)[0].n == 6


def test_the_class_of_the_own_election_can_become_too_few() -> None:
    assert place(finding(0.2, provenance=Provenance(digest="e1" + "0" * 62)), rows=ROWS[:5])[0] == Place(
        "clean", 4, None
    )


def test_only_the_same_method_quantity_and_unit_is_compared() -> None:
    other = (row("a", 0.1, method="x"), row("b", 0.1, quantity="turnout"), row("c", 0.1, unit="votes"))
    assert place(finding(0.2), rows=(*ROWS, *other))[0].n == len(ROWS)


def test_z_and_p_are_not_looked_at() -> None:
    large = finding(0.35, statistic=1e9, pvalue=0.0, n=10**8)
    assert place(large, rows=ROWS) == place(finding(0.35, statistic=0.0, pvalue=1.0), rows=ROWS)


@pytest.mark.parametrize(
    "without",
    [
        finding(None),
        finding(0.2, underpowered=True),
        finding(0.2, scope=Scope("region", (("region", "North"),))),
    ],
    ids=["effect", "precincts", "nation"],
)
def test_what_cannot_be_compared_has_no_place(without: Finding) -> None:
    assert place(without, rows=ROWS) == ()
    assert references([without]) == {}


def test_absolute_votes_are_compared_as_a_share() -> None:
    votes = finding(
        12_345.0, method="reference_bin", quantity="share", unit="votes", detail={"share_of_votes": 0.99}
    )
    places = place(votes)
    assert [item.of for item in places] == ["share_of_votes"] * 3
    # No reference election has anomalous votes of 99 % of the leader's.
    assert places[0].percentile == 100.0


def test_the_object_of_findings_json_is_one_class_with_all_beside_it() -> None:
    looked_at = finding(0.5)
    (entry,) = references([looked_at]).values()
    assert list(references([looked_at])) == [looked_at.id]
    # CONTRACT of findings.json: these four keys, here among the clean elections.
    assert {key: entry[key] for key in ("class", "of")} == {"class": "clean", "of": "effect"}
    assert [item["class"] for item in entry["classes"]] == list(CLASSES)
    assert {key: entry[key] for key in ("class", "n", "percentile", "of")} == entry["classes"][0]
    assert dumps(entry)


def test_the_embedded_statistics_are_whole() -> None:
    rows, listed = reference_rows(), elections().election
    classes = {item.name: item.class_ for item in listed}
    assert Counter(classes.values()) == dict.fromkeys(CLASSES, 6)
    assert {row.election for row in rows} == set(classes)
    assert all(row.class_ == classes[row.election] for row in rows)
    keys = [(row.election, row.method, row.quantity) for row in rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert not {item.name for item in elections().left_out} & set(classes)


def test_every_interval_is_ordered_and_every_number_finite() -> None:
    for item in reference_rows():
        numbers = [
            value
            for value in (item.effect, item.low, item.high, item.statistic, item.pvalue)
            if value is not None
        ]
        assert all(map(math.isfinite, numbers))
        assert item.low is None or item.low <= item.high
        assert item.pvalue is None or 0 <= item.pvalue <= 1


def test_the_statistics_are_read_back_as_written() -> None:
    text = write_rows(reference_rows())
    assert read_rows(text, "again") == reference_rows()
    assert write_rows(reversed(read_rows(text, "again"))) == text


def test_the_page_in_the_docs_is_the_one_of_the_embedded_statistics() -> None:
    docs = Path(__file__).resolve().parents[1] / "docs" / "reference-elections.md"
    assert docs.read_text(encoding="utf-8") == page(reference_rows(), elections())
    assert "No threshold is chosen from these tables" in docs.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("election,class\n", "the columns are election, class"),
        (write_rows(ROWS).replace("clean", "spotless", 1), "line 2 is no row"),
        (write_rows(ROWS).replace(",0.1,", ",much,", 1), "line 2 is no row"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_rows(text, "table.csv")


def test_elections_not_at_hand_are_listed_and_the_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "statistics.csv"
    before = write_rows([row("se2018_riksdag", 0.1)])
    out.write_text(before, encoding="utf-8")
    monkeypatch.setattr(script, "statistics_of", lambda election: None)
    assert script.main(["--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "se2018_riksdag: missing" in said
    assert "was left as it is: it has se2018_riksdag" in said
    assert out.read_text(encoding="utf-8") == before


def test_what_is_at_hand_is_written_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "statistics_of", lambda election: (row(election.name, 0.25),))
    out = tmp_path / "statistics.csv"
    assert script.main(["--out", str(out), "--table", str(tmp_path / "page.md")]) == 0
    written = [item.election for item in read_rows(out.read_text(encoding="utf-8"), out.name)]
    assert written == sorted(item.name for item in elections().election)
    assert "0.25" in (tmp_path / "page.md").read_text(encoding="utf-8")


def test_statistics_and_page_are_written_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "statistics_of", lambda election: (row(election.name, 0.25),))
    for folder in ("data", "docs"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    assert script.main([]) == 0
    written = (tmp_path / script.OUT).read_text(encoding="utf-8")
    assert (tmp_path / script.TABLE).read_text(encoding="utf-8") == page(
        read_rows(written, "again"), elections()
    )
    # Statistics for another purpose leave the page alone.
    (tmp_path / script.TABLE).unlink()
    assert script.main(["--out", str(tmp_path / "mine.csv")]) == 0
    assert not (tmp_path / script.TABLE).exists()


@pytest.mark.shared
def test_one_election_computed_again_gives_the_embedded_statistics(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORENSICS_DATA", str(shared_data / "returns"))
    (election,) = (item for item in elections().election if item.name == "se2018_riksdag")
    again = statistics_of(election)
    assert again is not None
    embedded = {(r.method, r.quantity): r for r in reference_rows() if r.election == election.name}
    assert {(r.method, r.quantity) for r in again} == set(embedded)
    for item in again:
        there = embedded[item.method, item.quantity]
        assert (item.n, item.unit, item.digest) == (there.n, there.unit, there.digest)
        for name in ("effect", "low", "high", "statistic", "pvalue"):
            now, then = getattr(item, name), getattr(there, name)
            assert (now is None) == (then is None), name
            assert now is None or now == pytest.approx(then, rel=RELATIVE, abs=0), name


def test_an_election_that_is_not_on_this_machine_has_no_statistics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORENSICS_DATA", str(tmp_path))
    (election,) = (item for item in elections().election if item.name == "pl2018_sejmik")
    assert statistics_of(election) is None


def test_findings_json_holds_the_place_of_a_finding_and_null_elsewhere() -> None:
    national, regional = finding(0.5), finding(0.5, scope=Scope("region", (("region", "North"),)))
    both = Findings([national, regional])
    placed = references(both.tested)
    annotations = {item.id: {"reference": placed.get(item.id)} for item in both.tested}
    told = findings_document(both, {}, annotations=lambda item: annotations[item.id])
    first, second = told["findings"]
    assert first["reference"] == references([national])[national.id]
    assert second["reference"] is None
    assert [item["reference"] for item in findings_document(both, {})["findings"]] == [None, None]

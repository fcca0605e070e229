"""The ledger on the page: answers beside disputes, findings beside entries, no word above its level."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import jinja2
import pandas as pd
import pytest
from commissions_of_seven import coding_of_seven, seven
from small_ledger import ENTRY, EVIDENCE, RECOMMENDATION, TRAJECTORY, spoilt, written
from test_notes import FINDINGS, finding

from forensics.commissions.measures import measure
from forensics.commissions.summaries import by_level
from forensics.commitments.ledger import read_ledger
from forensics.errors import ConfigError
from forensics.finding import Findings
from forensics.report.document import LedgerSection
from forensics.report.ledger import ledger_extract
from forensics.report.ledger_wording import check_wording
from forensics.scope import NATIONAL
from forensics.tables.rosters import read_roster

HOSTILE = "<script>alert('x')</script>"
WHOLE = ENTRY.replace('["demo_digits"]', '["demo_digits:issued"]') + RECOMMENDATION + EVIDENCE + TRAJECTORY


def audit(findings: Findings = FINDINGS, ladder: str = "L1") -> SimpleNamespace:
    """What the section needs of an audit."""
    assessment = (SimpleNamespace(ladder=ladder),)
    return SimpleNamespace(
        findings=findings,
        returns=SimpleNamespace(scope=NATIONAL),
        evidence=SimpleNamespace(assessment=assessment),
    )


def section(folder: Path, text: str = WHOLE, **options: object) -> LedgerSection:
    return ledger_extract(read_ledger(written(folder, text)), audit(), **options)


def page(extract: LedgerSection) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("forensics.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    module = environment.get_template("_ledger.html.j2").module
    images = {picture.name: "data:," for picture in extract.pictures}
    return str(module.section(extract, extract.heading, images))


def test_an_entry_shows_law_practice_dispute_and_answer(tmp_path: Path) -> None:
    ((norm, (entry,)),) = section(tmp_path).norms
    assert norm == "honest count"
    assert entry.responses == ("None found.",)
    assert dict(entry.facts)["state"] == "contestation"
    assert dict(entry.facts)["step of the tests here"] == "L1"
    assert [row[:3] for row in entry.records.rows] == [
        ("diffusion", "1990-06-29", "participating States"),
        ("law", "1995 to 2004-04", "Art. 43"),
        ("reconstitution (practice)", "2011", "commissions"),
        ("contestation", "2011-04-15", "a party"),
    ]
    assert entry.records.rows[2][3].endswith("Measures of it: protocol_copies.")


def test_findings_stand_with_their_intervals_or_without_a_number(tmp_path: Path) -> None:
    ((_, (entry,)),) = section(tmp_path).norms
    linked = next(table for table in entry.tables if table.caption == "Findings linked to it")
    assert [row[:2] for row in linked.rows] == [
        ("demo_digits, issued, national", "2.13 % of counts [1.00,\u00a03.00]")
    ]
    every = WHOLE.replace('["demo_digits:issued"]', '["demo_digits"]')
    ((_, (entry,)),) = section(tmp_path, every).norms
    linked = next(table for table in entry.tables if table.caption == "Findings linked to it")
    assert [row[1] for row in linked.rows][1:] == ["no interval: not shown"] * 2
    # A unit is linked by its whole identifier only.
    assert all("North" not in row[0] for row in linked.rows)


def test_inconsistent_with_stands_with_its_assessor(tmp_path: Path) -> None:
    ((_, (entry,)),) = section(tmp_path).norms
    assert (
        "A. Assessor holds practice inconsistent with paragraph 7.4 (2021-03-01)"
        in dict(entry.facts)["what is said"]
    )
    ((_, (entry,)),) = section(tmp_path, ENTRY).norms
    assert dict(entry.facts)["what is said"].endswith("find is relevant to the paragraph 7.4")


def test_an_assessors_numbers_are_those_of_findings(tmp_path: Path) -> None:
    text = WHOLE.replace("saw them altered.", "saw {finding:demo_digits:issued}.")
    ((_, (entry,)),) = section(tmp_path, text).norms
    assert dict(entry.facts)["what is said"].endswith(
        "saw 2.13 % of counts [1.00,\u00a03.00] (95 % interval)."
    )
    for reference, said in (
        ("absent:one", "refers to no finding"),
        ("demo_digits:votes", "has no interval"),
    ):
        with pytest.raises(ConfigError, match=rf"^ledger\.toml, line 71: .*{said}"):
            section(tmp_path, text.replace("demo_digits:issued}.", f"{reference}}}."))


def test_recommendations_have_their_history(tmp_path: Path) -> None:
    ((_, (entry,)),) = section(tmp_path).norms
    table = next(one for one in entry.tables if one.caption.startswith("Recommendations"))
    assert [row[1:3] for row in table.rows] == [("2019-06-09", "not implemented"), ("2021-01-10", "partly")]


def test_annotations_are_said_to_be_no_measurements(tmp_path: Path) -> None:
    (table,) = section(tmp_path).trajectories
    assert (
        table.caption
        == "Phases as annotated by A. Coder: spiral model (Risse, Ropp and Sikkink) (honest count)"
    )
    assert [row[:2] for row in table.rows] == [
        ("denial", "1995 to 2004"),
        ("tactical concessions", "from 2004"),
    ]
    assert "it is not computed" in table.notes[0]


def test_the_page_holds_answers_and_escapes_what_users_wrote(tmp_path: Path) -> None:
    hostile = WHOLE.replace("A party complains.", f"A party complains {HOSTILE}.")
    text = page(section(tmp_path, hostile))
    assert "<h5>Official response</h5>" in text
    assert "<li>None found.</li>" in text
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


def test_what_ships_passes_its_own_lint_and_shows_the_other_side() -> None:
    ledger = read_ledger("kazakhstan")
    check_wording(ledger)
    extract = ledger_extract(ledger, audit(Findings((finding(method="turnout_edge"),)), "none"))
    entries = [entry for _, group in extract.norms for entry in group]
    assert [entry.anchor for entry in entries] == ["entry-1", "entry-2", "entry-3", "entry-4"]
    assert all("Central Election Commission" in entry.responses[0] for entry in entries)
    run = {row[0]: row[2] for row in extract.paragraphs.rows}
    assert run["copenhagen-1990, 7.4"] == "turnout_edge"
    assert run["copenhagen-1990, 8"] == "–"
    assert "inconsistent" not in page(extract).replace("inconsistent with one", "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "A party complains.",
            "A party says that fraud decided.",
            "line 41, entry 'count': 'fraud' needs L3",
        ),
        (
            "Observers are kept",
            "In precinct 12 observers are kept",
            "line 35, entry 'count': 'precinct 12' names a single",
        ),
        ("The law was amended.", "Falsified laws.", "line 100, entry 'spiral': 'Falsified' needs L3"),
        (
            "Ballots are shown.",
            "The true result is not shown.",
            "line 25, entry 'count': .*no result is corrected",
        ),
        ("and observers saw them altered", "in 17 places", "line 71, entry 'count': '17' is a number"),
        (
            "Publish results by precinct.",
            "Admit that votes were stolen.",
            r"line \d+, entry 'count': 'stolen' needs L3",
        ),
    ],
)
def test_a_text_above_its_level_stops_the_build(tmp_path: Path, old: str, new: str, said: str) -> None:
    ledger = read_ledger(spoilt(tmp_path, old, new, WHOLE))
    with pytest.raises(ConfigError, match=rf"^ledger\.toml, {said}"):
        ledger_extract(ledger, audit())


def test_quotations_and_sources_are_others_words(tmp_path: Path) -> None:
    quoted = """source = "a newspaper on fraud"
read = true
quotation = [{text = "It was stolen", speaker = "a party", source = "it"}]"""
    file = spoilt(tmp_path, 'source = "a newspaper"\nread = true', quoted, WHOLE)
    ((_, (entry,)),) = ledger_extract(read_ledger(file), audit()).norms
    assert "“It was stolen” (a party; it)" in entry.records.rows[3][3]


@pytest.mark.parametrize(("size", "shown"), [(4, False), (5, True)])
def test_a_cell_of_four_commissions_is_not_shown(tmp_path: Path, size: int, shown: bool) -> None:
    parts = [
        seven().assign(commission_id=f"c{i}", precinct=str(i), member_id=[f"{i}-{j}" for j in range(7)])
        for i in range(size)
    ]
    measured = measure(read_roster(pd.concat(parts, ignore_index=True)), coding=coding_of_seven())
    link = SimpleNamespace(levels=by_level(measured))
    text = ENTRY.replace('measured = ["protocol_copies"]', 'measured = ["aligned_share"]')
    ((_, (entry,)),) = section(tmp_path, text, link=link).norms
    tables = [table for table in entry.tables if table.caption.startswith("What was measured")]
    assert bool(tables) == shown
    if shown:
        ((name, _, _, n, mean),) = tables[0].rows
        # Six of seven members are aligned (reference 1.3).
        assert (name, n, mean) == ("aligned_share", "5", "0.8571 [0.8571,\u00a00.8571]")


def test_pictures_take_the_names_given(tmp_path: Path) -> None:
    from dataclasses import replace

    extract = section(tmp_path, named=lambda picture: replace(picture, name=f"x-{picture.name}"))
    assert [one.name for one in extract.figures] == ["x-ledger-1"]
    assert [one.name for one in extract.pictures] == ["x-ledger-1"]

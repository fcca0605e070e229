"""Text that users add: numbers come from findings, and what may not be said is refused by file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small_ledger import ENTRY, EVIDENCE, written

from forensics.commitments.ledger import read_ledger
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings, Interval
from forensics.messages.message import Message
from forensics.report.notes import read_notes, resolved
from forensics.scope import Scope


def finding(**changes: object) -> Finding:
    values: dict[str, object] = {
        "method": "demo_digits",
        "family": "digits",
        "quantity": "issued",
        "null": Message("t", "Digits are as chance makes them."),
        "innocent": (Message("t", "Rounding by clerks."),),
        "effect": 0.0213,
        "unit": "share of counts",
        "interval": Interval(0.01, 0.03),
        "n": 1234,
    }
    return Finding(**(values | changes))


NORTH = Scope("region", (("region", "North 10"),))
FINDINGS = Findings((
    finding(),
    finding(scope=NORTH, effect=0.5, interval=Interval(0.4, 0.6)),
    finding(quantity="votes", interval=None),
    finding(quantity="nothing", effect=None, interval=None),
))  # fmt: skip


def file(folder: Path, text: str, name: str = "notes.md") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def shown(folder: Path, text: str, name: str = "notes.md", **options: object) -> list[str]:
    notes = resolved(read_notes(file(folder, text, name)), FINDINGS, level="L1", **options)
    return [part for note in notes for part in (note.heading, *note.paragraphs) if part]


def refused(folder: Path, text: str, said: str, **options: object) -> None:
    with pytest.raises(ConfigError, match=said):
        shown(folder, text, **options)


def test_references_become_values_with_intervals(tmp_path: Path) -> None:
    text = """Context before any heading.

# Digits of issued ballots

Nationally {finding:demo_digits:issued}, of
{finding:demo_digits:issued#n} precincts.

In the north {finding:demo_digits:issued:region=North 10}.
"""
    assert shown(tmp_path, text) == [
        "Context before any heading.",
        "Digits of issued ballots",
        "Nationally 2.13 % of counts [1.00,\u00a03.00] (95 % interval), of 1,234 precincts.",
        "In the north 50.00 % of counts [40.00,\u00a060.00] (95 % interval).",
    ]


def test_a_reference_without_a_scope_is_about_the_scope_of_the_returns(tmp_path: Path) -> None:
    (text,) = shown(tmp_path, "Here {finding:demo_digits:issued}.", scope=NORTH)
    assert text.startswith("Here 50.00 %")


def test_notes_in_toml_are_the_same(tmp_path: Path) -> None:
    text = '''[[note]]
heading = "Digits"
text = """
First {finding:demo_digits:issued#n}.

Second."""

[[note]]
text = "Third."
'''
    assert shown(tmp_path, text, name="notes.toml") == ["Digits", "First 1,234.", "Second.", "Third."]
    wrong = text.replace("Second.", "Second is fraud.")
    refused(tmp_path, wrong, r"^notes\.toml, line 6: 'fraud' needs L3", name="notes.toml")
    refused(tmp_path, "[[note]]\ntitle = 3", "missing|unknown", name="notes.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Good.\n\nThis is\nfraud.", r"^notes\.md, line 4: 'fraud' needs L3, and this stands at L1"),
        ("# A stolen election", r"^notes\.md, line 1: 'stolen'"),
        ("We saw 17 of them.", r"line 1: '17' is a number; give it as \{finding:"),
        ("{finding:demo_digits:votes}", r"line 1: \{finding:demo_digits:votes\} has no interval"),
        ("{finding:demo_digits:nothing}", "has no effect to show"),
        ("a\n{finding:demo_digits:absent}", "line 2: .*refers to no finding; there are demo_digits"),
        ("{finding:other:issued}", "refers to no finding; there are demo_digits"),
        ("{estimate}", r"\{estimate\} is no reference; a reference is"),
        ("{entry:count}", "refers to a ledger, and none is given"),
        ("open { brace", "'{' belongs to no reference"),
        ("{}", "is no reference"),
        ("In precinct 12 and 17 others: fraud.", "precinct.*17.*fraud"),
        ("The true result is known.", "no result is corrected"),
        ("There was no fraud.", "shows nothing"),
    ],
)
def test_what_is_refused_names_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    refused(tmp_path, text, said)


def test_braces_in_somebody_elses_words_stay(tmp_path: Path) -> None:
    text = '"fraud {finding:x}" [source: a newspaper of 2011]'
    assert shown(tmp_path, text) == [text]


def test_a_paragraph_that_cites_an_entry_speaks_from_its_level(tmp_path: Path) -> None:
    high = ENTRY.replace('evidence_level = "L1"', 'evidence_level = "L3"') + EVIDENCE
    ledger = read_ledger(written(tmp_path, high))
    text = "Copies were falsified ({entry:count}), which is inconsistent with paragraph 7.4."
    (said,) = shown(tmp_path, text, ledger=ledger)
    assert "ledger, ballots are counted in view of those present (L3)" in said
    refused(tmp_path, f"{text}\n\nThey were falsified.", "line 3: 'falsified'", ledger=ledger)
    plain = read_ledger(written(tmp_path))
    refused(tmp_path, text, "'falsified' needs L3.*'inconsistent with' is for an assessor", ledger=plain)
    refused(tmp_path, "{entry:absent}", "no entry 'absent'; the entries are count", ledger=plain)


def test_what_is_no_file_of_notes(tmp_path: Path) -> None:
    for name, said in (("absent.md", "cannot be read"), ("notes.docx", "give a file .md, .txt, .toml")):
        with pytest.raises(ConfigError, match=said):
            read_notes(tmp_path / name)
    bad = tmp_path / "bad.md"
    bad.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="no utf-8 text"):
        read_notes(bad)


def test_markup_is_text(tmp_path: Path) -> None:
    text = "<script>alert</script> **bold** =cmd"
    assert shown(tmp_path, text) == [text]


DOCUMENTED = Path(__file__).resolve().parents[1] / "docs" / "commitments.md"


def blocks(kind: str) -> list[str]:
    """The code blocks of a kind in the documentation."""
    return re.findall(rf"```{kind}\n(.*?)```", DOCUMENTED.read_text(encoding="utf-8"), re.DOTALL)


def test_what_is_documented_can_be_read(tmp_path: Path) -> None:
    ledger, trajectory = blocks("toml")
    read = read_ledger(written(tmp_path, ledger + trajectory))
    assert (read.entries[0].id, read.trajectories[0].coder) == ("count", "A. Coder")
    (note,) = blocks("text")
    turnout = Findings((finding(method="integer_percent", quantity="turnout"),))
    (shown_,) = resolved(read_notes(file(tmp_path, note)), turnout, level="L1")
    assert "than chance gives: 2.13 % of counts" in shown_.paragraphs[0]
    assert "of 1,234 precincts" in shown_.paragraphs[0]

"""The report: its page is fixed, closed, escaped and the same each time; its JSON is JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from syrupy.assertion import SnapshotAssertion

from forensics.auditing.estimates import Estimate
from forensics.auditing.overview import overview
from forensics.errors import ConfigError
from forensics.evidence.calibration import Calibration
from forensics.evidence.reading import Reading, Rejections
from forensics.evidence.weighing import Evidence, weigh
from forensics.finding import Assumption, Finding, Findings, Interval, Skipped
from forensics.messages.message import Message
from forensics.picture import Picture
from forensics.report import annex, numerals, rendering, results
from forensics.report.annex import MOST_NULLS, methods
from forensics.report.composing import compose
from forensics.report.drawn import LARGEST_SVG
from forensics.report.folder import write_folder
from forensics.report.json_text import dumps, findings_document, findings_table
from forensics.report.rendering import render
from forensics.scope import NATIONAL, Scope
from forensics.tables.checking import Check, check
from forensics.tables.returns import Returns
from forensics.tables.source import Refused, Source

HOSTILE = "<script>alert('x')</script>"
SECRET = "precinct-never-printed"
# Words a report may not use of an election (the rules of the house for levels below adjudication).
FORBIDDEN = re.compile(r"fraud|suspicious|stolen|falsif|rigg|guilty|cheat", re.IGNORECASE)


@dataclass(frozen=True)
class Plan:
    seed: int = 7
    hash: str = "0123456789abcdef" * 4

    def to_toml(self) -> str:
        return f'hash = "{self.hash}"\nseed = {self.seed}\n'


@dataclass(frozen=True)
class Audit:
    returns: Returns
    findings: Findings
    check: Check
    overview: tuple[Picture, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    plan: Plan = Plan()
    previous: Returns | None = None
    provenance: dict[str, Any] = field(
        default_factory=lambda: {"version": "0", "libraries": {"numpy": "2"}}
    )

    @property
    def evidence(self) -> Evidence:
        size = {"whole": Rejections(11, 200, 3), "third_by_digit_heaping": Rejections(9, 200, 1)}
        reading = Reading("demo_digits", "issued", size, True, {"stuffing": ((0.2, 0.9),)}, 0.034)
        about = {"manipulation": "stuffing", "intensity": 0.2, "unit": "share of the list", "shares": [0.2]}
        generator = {"digest": self.returns.digest, "detectable": about}
        return weigh(self, Calibration(generator, 200, (reading,)))

    @property
    def precincts(self) -> pd.DataFrame:
        rows = self.returns.frame[["region", "precinct"]].rename_axis("row").reset_index()
        return rows.assign(**{"demo_digits:issued": np.arange(len(rows)) / 2})

    @property
    def worst_rows(self) -> pd.DataFrame:
        return self.precincts.head(1).assign(relation="valid + invalid = ballots")


def say(text: str) -> Message:
    return Message("test", text)


def finding(scope: Scope = NATIONAL, **changes: Any) -> Finding:
    values: dict[str, Any] = {
        "method": "demo_digits",
        "family": "digits",
        "quantity": "issued",
        "null": say("Digits are as chance makes them."),
        "innocent": (say("Rounding by clerks."),),
        "scope": scope,
        "statistic": 12.5,
        "pvalue": 0.00001,
        "effect": 0.0213,
        "unit": "share of counts",
        "interval": Interval(0.01, 0.03),
        "n": 1234,
        "excluded": 3,
        "exclusion": say("3 counts below 100."),
        "assumptions": (
            Assumption(say("Counts vary."), True),
            Assumption(say("Lists are closed."), None),
            Assumption(say("Sizes are smooth."), False),
        ),
        "parameters": {"minimum": np.int64(100)},
        "detail": {
            "bands": [[100, 500, 900, 3.2, 0.4], [500, None, 334, None, None]],
            "mean": np.float64(4.5),
        },
    }
    return Finding(**(values | changes))


@cache
def audit() -> Audit:
    n = 12
    frame = pd.DataFrame({
        "region": [HOSTILE] * 6 + ["North 10"] * 3 + ["North 9"] * 3,
        "precinct": [f"{SECRET}-{i}" for i in range(n)],
        "registered": [1000 + i for i in range(n)],
        "ballots": [500 + 10 * i for i in range(n)],
        "valid": [490 + 10 * i for i in range(n)],
        "invalid": [10] * (n - 1) + [9],
        "votes_a": [300 + 7 * i for i in range(n)],
        "votes_b": [190 + 3 * i for i in range(n - 1)] + [pd.NA],
    })  # fmt: skip
    source = Source(
        "tiny.csv",
        sha256="feedc0de" * 8,
        steps=(say("The separator is a semicolon."),),
        refused=(
            Refused(3, say("A total.")),
            Refused(9, say("A total.")),
            Refused(11, say("An empty line.")),
        ),
        rows=n + 3,
    )
    returns = Returns(frame, levels=["region"], labels={"a": "Party & <b>A</b>"}, source=source)
    units = [Scope("region", (("region", name),)) for name in ("North 10", "North 9", HOSTILE)]
    findings = Findings(
        [
            finding(),
            finding(units[0], pvalue=0.01, n=300),
            finding(
                units[1], pvalue=None, underpowered=True, n=40, statistic=None, effect=None, interval=None
            ),
            finding(units[2], pvalue=0.04, n=3),
            finding(
                quantity="invalid", pvalue=None, statistic=None, detail={}, interval=None, unit="ballots"
            ),
            Skipped("demo_hours", NATIONAL, say("The returns have no hours.")),
            *(Skipped("demo_small", unit, say("Too few precincts.")) for unit in units),
        ]
    )
    return Audit(returns, findings, check(returns))


def page(subject: Audit | None = None) -> str:
    document = compose(subject or audit())
    return render(document, {picture.name: {"svg": b"<svg/>", "png": b""} for picture in document.pictures})


def test_the_page_of_a_fixed_audit(snapshot: SnapshotAssertion) -> None:
    # The digest of the table is pandas' business, and may change with it; style and script are files.
    text = re.sub(r"<(style|script)>.*?</\1>", r"<\1>…</\1>", page(), flags=re.DOTALL)
    text = re.sub(r"'sha256-[^']*'", "'sha256-…'", text)
    assert text.replace(audit().returns.digest[:12], "DIGEST") == snapshot


def test_the_page_needs_nothing_but_itself() -> None:
    with_figures = Audit(audit().returns, audit().findings, audit().check, overview(audit().returns))
    text = page(with_figures)
    assert text.count("data:image/svg+xml;base64,") == 5  # comet, two classes of turnout and of share
    script = (Path(rendering.__file__).parent / "templates" / "tables.js").read_text(encoding="utf-8")
    assert text.count("<script") == 1
    assert text.count(f"<script>{script}</script>") == 1
    assert not re.search(r"fetch|XMLHttp|WebSocket|import|eval|innerHTML|document\.write", script)
    assert not re.search(r"https?:|//\w|@import|<link|url\(|\son\w+=|\sstyle=", text)
    targets = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert targets
    assert all(t.startswith(("data:image/", "#", "figures/")) for t in targets)
    ids = re.findall(r'id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert {t[1:] for t in targets if t.startswith("#")} <= set(ids)


def test_names_from_the_data_are_escaped() -> None:
    text = page()
    assert HOSTILE not in text
    assert "Party &amp; &lt;b&gt;A&lt;/b&gt;" in text


def test_a_hostile_unit_that_is_listed_is_escaped() -> None:
    unit = Scope("region", (("region", HOSTILE),))
    text = page(Audit(audit().returns, Findings([finding(unit, n=50)]), audit().check))
    assert HOSTILE not in text
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in text


def test_no_precinct_is_named_outside_the_restricted_folder(tmp_path: Path) -> None:
    write_folder(audit(), tmp_path)
    named = [
        str(path.relative_to(tmp_path))
        for path in sorted(tmp_path.rglob("*"))
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    assert named == [
        "restricted/precincts.html",
        "restricted/precincts.parquet",
        "restricted/worst_rows.csv",
    ]


def test_the_words_describe_and_do_not_judge() -> None:
    assert FORBIDDEN.findall(page()) == []


def test_units_are_in_the_order_of_their_names_and_small_ones_are_not_listed() -> None:
    document = compose(audit())
    table = document.families[0].results[0].units[0]
    # 9 before 10; the third unit has 3 usable precincts.
    assert [row[0] for row in table.rows] == ["North 9", "North 10"]
    assert any("1 unit with fewer than 5 usable precincts is not listed" in note for note in table.notes)


def test_adjusted_pvalues_are_those_of_benjamini_and_hochberg() -> None:
    items = [finding(pvalue=p) for p in (0.01, 0.04, None, 0.03)]
    # By hand: sorted .01, .03, .04 times 3/1, 3/2, 3/3, then running minima from the end.
    assert results.adjusted(items) == [pytest.approx(0.03), pytest.approx(0.04), None, pytest.approx(0.04)]


def test_a_long_level_is_left_to_the_table() -> None:
    units = [Scope("region", (("region", f"R{i}"),)) for i in range(results.MOST_UNITS + 1)]
    document = compose(Audit(audit().returns, Findings([finding(u) for u in units]), audit().check))
    table = document.families[0].results[0].units[0]
    assert table.rows == ()
    assert "201 units of level region are in findings.csv" in table.notes[0]


def test_a_level_without_any_departure_is_one_sentence() -> None:
    units = [Scope("region", (("region", f"R{i}"),)) for i in range(6)]
    zero = [finding(unit, effect=0.0, pvalue=None, interval=None) for unit in units]
    table = compose(Audit(audit().returns, Findings(zero), audit().check)).families[0].results[0].units[0]
    assert (table.rows, table.notes) == ((), ("The effect is 0 in each of the 6 units.",))


def test_what_could_not_be_run_is_listed_with_the_reason() -> None:
    rows = compose(audit()).skipped.rows
    assert rows == (
        ("demo_hours", "national", "1", "The returns have no hours."),
        ("demo_small", "region", "3", "Too few precincts."),
    )


def test_the_folder_is_complete_and_the_same_twice(tmp_path: Path) -> None:
    subject = Audit(audit().returns, audit().findings, audit().check, overview(audit().returns)[:1])
    for name in ("a", "b", "a"):  # writing over an earlier report changes nothing either
        assert write_folder(subject, tmp_path / name) == tmp_path / name / "index.html"
    files = {str(path.relative_to(tmp_path / "a")): path for path in sorted((tmp_path / "a").rglob("*.*"))}
    assert sorted(files) == [
        "CITATION.cff",
        "calibration.json",
        "figures/comet.csv",
        "figures/comet.png",
        "figures/comet.svg",
        "findings.csv",
        "findings.json",
        "index.html",
        "plan.toml",
        "provenance.json",
        "restricted/README.txt",
        "restricted/precincts.html",
        "restricted/precincts.parquet",
        "restricted/worst_rows.csv",
    ]
    for name, path in files.items():
        assert path.read_bytes() == (tmp_path / "b" / name).read_bytes(), name
        assert str(tmp_path).encode() not in path.read_bytes(), name


def test_figures_of_an_earlier_report_do_not_stay(tmp_path: Path) -> None:
    with_figure = Audit(audit().returns, audit().findings, audit().check, overview(audit().returns)[:1])
    write_folder(with_figure, tmp_path)
    write_folder(audit(), tmp_path)
    assert list((tmp_path / "figures").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="the report cannot be written there"):
        write_folder(audit(), tmp_path / "file")


def test_findings_json_has_the_keys_of_the_contract() -> None:
    document = json.loads(dumps(findings_document(audit().findings, audit().provenance, assessment=[])))
    assert list(document) == ["schema_version", "provenance", "findings", "skipped", "assessment"]
    first = document["findings"][0]
    assert (first["calibration"], first["reference"]) == (None, None)
    assert first["interval"] == [0.01, 0.03]
    assert first["detail"]["mean"] == 4.5
    assert "assessment" not in findings_document(audit().findings, {})


def test_findings_json_says_the_size_and_the_power_of_a_test(tmp_path: Path) -> None:
    write_folder(audit(), tmp_path)
    told = json.loads((tmp_path / "findings.json").read_text())
    first, *_, last = told["findings"]
    assert first["calibration"]["size"] == 0.055  # 11 of 200, the less favourable generator
    assert first["calibration"]["power"] == {"stuffing": [[0.2, 0.9]]}
    assert (first["calibration"]["detectable"], first["calibration"]["simulations"]) == (0.034, 200)
    assert last["calibration"] is None  # no p-value
    assert told["assessment"][0]["scope"] == {"level": "national"}
    assert told["visibility"][0]["mechanism"] == "stuffing"


def test_json_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match=r"\$\.a\[1\] is nan"):
        dumps({"a": [1.0, np.float64("nan")]})
    with pytest.raises(ValueError, match="is inf"):
        dumps(float("inf"))
    with pytest.raises(TypeError, match="is a set"):
        dumps({1, 2})


def test_json_keeps_order_letters_and_every_digit() -> None:
    content = {
        "b": np.float64(0.1) + 0.2,
        "a": ("Ж", np.int64(3), np.bool_(True), np.array([1.5]), say("x")),
    }
    text = dumps(content)
    assert text.endswith("\n")
    assert json.loads(text) == {"b": 0.1 + 0.2, "a": ["Ж", 3, True, [1.5], "x"]}
    assert text.index('"b"') < text.index('"a"')
    assert "Ж" in text


def test_findings_csv_reads_back() -> None:
    from io import StringIO

    frame = pd.read_csv(StringIO(findings_table(audit().findings)))
    assert len(frame) == len(audit().findings.tested)
    assert json.loads(frame["parameters"][0]) == {"minimum": 100}
    assert frame["scope"][3] == HOSTILE
    assert frame["pvalue"].isna().sum() == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "none"), (0.0, "< 0.0001"), (0.00012, "0.0001"), (0.0123, "0.012"), (1.0, "1.000")],
)
def test_pvalues_are_written_without_false_precision(value: float | None, text: str) -> None:
    assert numerals.pvalue(value) == text


def test_effects_are_written_in_their_unit() -> None:
    assert numerals.effect(finding()) == "2.13 % of counts [1.00,\u00a03.00]"
    assert numerals.effect(finding(effect=-12345.6, unit="ballots", interval=None)) == "−12,346 ballots"
    assert numerals.effect(finding(effect=None, interval=None)) == "–"


def test_references_are_read_from_the_docstring_of_the_detector() -> None:
    (entry,) = annex.methods({"last_digit": ["A null."]})
    assert entry.nulls == ("A null.",)
    assert entry.references == (
        "Beber, B. and Scacco, A. (2012). What the numbers say. Political Analysis 20, 211-234.",
    )
    text = """References\n----------\nOne, A. (2001). A title\nthat goes on.\nJournal 1.\nTwo, B. Other."""
    assert annex.references(text) == ("One, A. (2001). A title that goes on. Journal 1.", "Two, B. Other.")
    assert annex.methods({"unknown_method": ()})[0].references == ()


def test_a_large_svg_is_shown_as_a_raster() -> None:
    document = compose(
        Audit(audit().returns, audit().findings, audit().check, overview(audit().returns)[:1])
    )
    text = render(document, {"comet": {"svg": b"x" * (LARGEST_SVG + 1), "png": b"y"}})
    assert "data:image/png;base64,eQ==" in text
    assert "svg+xml" not in text


def test_dozens_of_nulls_of_one_form_are_not_all_listed_in_the_annex() -> None:
    few, many = methods({"last_digit": ["null"] * MOST_NULLS, "tabulation_sums": ["null"] * 60})
    assert len(few.nulls) == MOST_NULLS
    assert many.nulls == ("null",) * 3 + ("57 more of the same form; each stands beside its finding.",)

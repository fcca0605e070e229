"""What a notebook shows: the null first, nothing unescaped, no script, the page's own colours."""

from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd
import pytest
from elections_of_two import audited

import forensics
from forensics import notebook, simulation
from forensics.evidence.reading import Reading, Rejections

#: An option's name as somebody hostile, or a party with a strange name, would write it.
HOSTILE = '<script>alert("x")</script>&'
#: Quick ones with a p-value and without, and one whose columns are not there.
TESTS = ("last_digit", "protocol_arithmetic", "integer_percent", "certificate_ledger")
#: Elements that show text and tables; nothing that runs, loads or styles the page around it.
ELEMENTS = {"div", "p", "strong", "table", "tr", "th", "td", "caption", "details", "summary"}


class Reader(HTMLParser):
    """Collects the elements and the text, and holds that every one of them is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.said = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data + " "


@pytest.fixture(scope="module")
def returns() -> forensics.Returns:
    frame = simulation.clean(n=300, rng=4).frame.rename(columns={"votes_second": f"votes_{HOSTILE}"})
    frame["region"] = frame["region"].astype("str").replace(str(frame["region"].iloc[0]), HOSTILE)
    return forensics.Returns(frame)


@pytest.fixture(scope="module")
def audit(returns: forensics.Returns) -> forensics.Audit:
    return forensics.audit(returns, plan=forensics.make_plan(returns, only=TESTS))


def association() -> forensics.Association:
    from forensics.messages.message import Sentences

    say = Sentences("test", null="Nothing goes with {what}.", warning="Beware.")
    return forensics.Association(
        outcome="share", exposure=HOSTILE, coding="c", model="M2", null=say("null", what=HOSTILE),
        coefficient=0.01, standard_error=0.01, interval=(-0.01, 0.03), n=100, clusters=25, p_cluster=0.3,
        warning=(say("warning"),), headline=True, cluster="territory",
    )  # fmt: skip


def calibration() -> forensics.Calibration:
    reading = Reading("last_digit", HOSTILE, {"whole": Rejections(3, 60)}, False, {}, None)
    return forensics.Calibration({}, 60, (reading,))


def shown(name: str, returns: forensics.Returns, audit: forensics.Audit) -> str:
    values = {
        "returns": returns,
        "audit": audit,
        "findings": audit.findings,
        "finding": audit.findings.only(method="last_digit", quantity="issued", scope="national"),
        "association": association(),
        "associations": forensics.Associations([association()]),
        "calibration": calibration(),
        "comparison": forensics.compare([audited(1), audited(2)]),
    }
    return str(values[name]._repr_html_())


NAMES = (
    "returns", "audit", "findings", "finding", "association", "associations", "calibration", "comparison",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_it_is_plain_markup_in_the_colours_of_the_page(name, returns, audit):
    html = shown(name, returns, audit)
    page = Reader(html)
    assert set(page.elements) <= ELEMENTS
    assert {key for key, _ in page.attributes} <= {"style", "colspan"}
    # No colour is set but that of lines, which is seen on white and on black.
    styles = ";".join(value or "" for key, value in page.attributes if key == "style")
    assert "#" not in styles
    assert "color:" not in styles.replace("color:inherit", "")
    assert "rgb" not in styles.replace("rgba(127,127,127,.4)", "")
    assert len(html) < 60_000


@pytest.mark.parametrize("name", ["returns", "association", "associations", "calibration"])
def test_names_are_escaped(name, returns, audit):
    html = shown(name, returns, audit)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("name", ["finding", "findings", "association", "associations", "calibration"])
def test_the_null_comes_before_the_numbers(name, returns, audit):
    said = Reader(shown(name, returns, audit)).said
    numbers = {
        "finding": f"{audit.findings.only(method='last_digit', quantity='issued', scope='national').n:,}",
        "association": "+1.00 percentage points",
        "associations": "+1.00 percentage points",
        "calibration": "0.050 [",
    }.get(name, f"{audit.findings.tested[0].n:,}")
    assert 0 <= said.index("Null") < said.index(numbers)


def test_a_warning_stands_before_the_number():
    said = Reader(association()._repr_html_()).said
    assert said.index("Beware.") < said.index("+1.00 percentage points")


def test_innocent_explanations_are_there_for_every_finding_shown(audit):
    said = Reader(audit.findings._repr_html_()).said
    for finding in audit.findings.tested[:10]:
        for sentence in finding.innocent:
            assert str(sentence) in said


def test_many_findings_are_cut_short_and_it_says_so(audit):
    many = forensics.Findings(list(audit.findings.tested) * 3)
    said = Reader(many._repr_html_()).said
    assert f"{len(many):,} findings" in said
    assert "more: to_frame() has all of them" in said


def test_what_was_skipped_has_its_reason(audit):
    said = Reader(audit.findings._repr_html_()).said
    assert str(audit.findings.skipped[0]) in said


def test_returns_show_sums_and_no_precinct():
    frame = pd.DataFrame(
        {"precinct": ["P-17", "P-18"], "registered": [10, 20], "ballots": [5, None], "votes_a": [1, 2]}
    )
    said = " ".join(Reader(forensics.Returns(frame)._repr_html_()).said.split())
    assert "P-17" not in said
    # Sums of the two rows above, then cells without a number.
    assert "registered 30 0 ballots 5 1 votes_a 3 0" in said


def test_an_audit_shows_the_findings_of_its_own_part_whatever_it_is(returns):
    part = next(iter(returns.by("region")))[1]
    plan = forensics.make_plan(part, levels=(), only=TESTS[:2])
    said = Reader(forensics.audit(part, plan=plan)._repr_html_()).said
    assert "last_digit" in said


def test_rows_of_one_text_run_across():
    html = notebook.grid(("a", "b"), [notebook.Across("x < y", "Null"), (1.5, None)])
    assert 'colspan="2"' in html
    assert "x &lt; y" in html
    assert "–" in html

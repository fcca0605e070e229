"""The pages in a browser: they sort and filter, they fetch nothing, and they do without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import test_report as fixed
from browser import Page, browser
from PIL import Image

from forensics.auditing.overview import overview
from forensics.finding import Finding, Findings, Interval
from forensics.report.folder import write_folder
from forensics.scope import Scope

# One worker starts one browser for all of these (pytest --dist loadgroup).
pytestmark = pytest.mark.xdist_group("browser")

UNITS = 12
ENTER, TAB = ("Enter", 13, "\r"), ("Tab", 9)
#: More than the controls of a small report.
MANY = 300
COLUMN = "[...document.querySelector('#units tbody').rows].map(r => r.cells[{}].textContent)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a figure and a table of twelve units, whose effects are in no order."""
    units = [Scope("region", (("region", f"North {i + 1}"),)) for i in range(UNITS)]
    found: list[Finding] = [fixed.finding()]
    for i, unit in enumerate(units):
        effect = 0.01 * ((7 * i) % UNITS - 5)
        found.append(fixed.finding(unit, effect=effect, interval=Interval(effect - 0.01, effect + 0.01)))
    base = fixed.audit()
    made = fixed.Audit(base.returns, Findings(found), base.check, overview(base.returns)[:1])
    out = tmp_path_factory.mktemp("report")
    write_folder(made, out)
    return out


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(window: Page, folder: Path) -> Page:
    window.open(folder / "index.html")
    # The table of units, wherever the report has put it.
    window.run(
        "(() => { const t = [...document.querySelectorAll('details table')].find("
        f"t => t.tBodies[0].rows.length === {UNITS}); "
        "t.id = 'units'; t.closest('details').open = true; })()"
    )
    return window


def test_the_page_opens_without_a_complaint_and_without_a_request(page: Page, folder: Path) -> None:
    assert page.complaints() == []
    assert page.requests() == [(folder / "index.html").resolve().as_uri()]
    assert page.run("document.querySelectorAll('img').length") >= 1
    assert page.run(
        "[...document.images].every(i => i.complete && i.naturalWidth > 0 && i.alt.length > 20)"
    )


def test_every_figure_leads_to_its_data(page: Page, folder: Path) -> None:
    links = page.run("[...document.querySelectorAll('figcaption a')].map(a => a.getAttribute('href'))")
    assert {Path(link).suffix for link in links} == {".svg", ".png", ".csv"}
    assert all((folder / link).is_file() for link in links)


def test_the_policy_refuses_other_scripts(page: Page) -> None:
    page.run(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; "
        "document.body.append(s); })()"
    )
    assert page.run("window.ran === undefined")
    assert any("Content Security Policy" in text for text in page.complaints())


def test_a_table_is_sorted_by_its_numbers_from_the_keyboard(page: Page) -> None:
    heads = page.run("[...document.querySelectorAll('#units thead th')].map(h => h.textContent)")
    column = next(i for i, head in enumerate(heads) if head.startswith("effect"))
    button = f"document.querySelectorAll('#units thead button')[{column}]"
    head = f"document.querySelectorAll('#units thead th')[{column}].getAttribute('aria-sort')"
    page.run(f"{button}.focus()")
    page.press(*ENTER)
    assert page.run(head) == "ascending"
    effects = page.run(COLUMN.format(column))
    shown = [float(text.replace("−", "-").split()[0]) for text in effects]
    assert shown == sorted(shown)
    assert shown[0] < 0 < shown[-1]
    page.press(*ENTER)
    assert page.run(head) == "descending"
    assert page.run(COLUMN.format(column)) == effects[::-1]
    # Names by the numbers in them, not letter by letter; the other column is no longer marked.
    page.run("document.querySelector('#units thead button').focus()")
    page.press(*ENTER)
    assert page.run(COLUMN.format(0)) == [f"North {i + 1}" for i in range(UNITS)]
    assert page.run(head) is None
    assert page.complaints() == []


def test_the_tab_key_leads_past_the_contents_to_every_control_and_shows_where_it_is(page: Page) -> None:
    at = "document.activeElement"
    page.press(*TAB)
    assert page.run(f"{at}.className") == "skip"
    assert page.run(f"{at}.getBoundingClientRect().left") >= 0
    page.press(*ENTER)
    assert page.run(f"{at}.tagName") == "MAIN"
    reached = []
    for _ in range(MANY):
        page.press(*TAB)
        # Nothing that has the focus is without a mark of it.
        assert page.run(f"getComputedStyle({at}).outlineStyle") != "none"
        assert page.run(f"{at}.closest('nav') === null")
        reached.append(page.run(f"[{at}.tagName, {at}.closest('#units') ? 'units' : ''].join(' ').trim()"))
        if reached[-1] == "BUTTON units":
            break
    assert "BUTTON units" in reached
    assert "INPUT" in reached[: reached.index("BUTTON units")]


def test_rows_are_filtered_and_counted_aloud(page: Page) -> None:
    box = "document.querySelector('#units').closest('.wide').previousElementSibling"
    assert page.run(f"{box}.querySelector('label').control === {box}.querySelector('input')")
    page.run(f"{box}.querySelector('input').focus()")
    page.type("north 1")
    visible = "[...document.querySelector('#units tbody').rows].filter(r => !r.hidden).length"
    # North 1, 10, 11 and 12.
    names = page.run(COLUMN.format(0))
    assert page.run(visible) == 4
    assert page.run(f"{box}.querySelector('[role=status]').textContent") == f"4 of {UNITS} rows"
    page.run(f"{box}.querySelector('input').select()")
    page.type("no such unit")
    assert page.run(visible) == 0
    assert page.run(COLUMN.format(0)) == names
    # On paper nothing is hidden.
    page.as_printed()
    assert page.run("getComputedStyle(document.querySelector('#units tbody tr')).display") == "table-row"
    assert page.run(f"getComputedStyle({box}).display") == "none"
    page.as_on_screen()


def test_what_is_folded_is_printed(page: Page) -> None:
    page.run("document.querySelectorAll('details').forEach(d => { d.open = false; })")
    high = "document.querySelector('#units').getBoundingClientRect().height"
    page.as_printed()
    # With the script's help or, as here, without it: no print is under way.
    assert page.run(high) > 0
    assert page.run("getComputedStyle(document.querySelector('nav')).display") == "none"
    page.as_on_screen()


def test_the_window_shows_a_report(page: Page) -> None:
    with Image.open(BytesIO(page.screenshot())) as image:
        grey = np.asarray(image.convert("L"))
    # Mostly paper, some ink: neither an empty window nor an error page in grey.
    assert 0.5 < (grey > 250).mean() < 0.995
    assert (grey < 60).mean() > 0.002


def test_the_restricted_page_works_likewise_and_holds_no_composition(window: Page, folder: Path) -> None:
    window.open(folder / "restricted" / "precincts.html")
    assert window.complaints() == []
    assert (
        window.run("document.querySelector('.warning').textContent")
        .strip()
        .startswith("Not for publication")
    )
    scores = "[...document.querySelectorAll('main table')].at(-1)"
    names = window.run(f"[...{scores}.tBodies[0].rows].map(r => r.cells[3].textContent)")
    # Twelve precincts have scores 0, 0.5 … 5.5; the ten highest are listed, from the top.
    assert names == [f"{fixed.SECRET}-{i}" for i in range(11, 1, -1)]
    window.run(f"{scores}.querySelectorAll('thead button')[3].click()")
    assert window.run(f"{scores}.tBodies[0].rows[0].cells[3].textContent") == f"{fixed.SECRET}-2"
    assert "commission" not in window.run("document.querySelector('main').textContent").lower()


def test_without_scripts_the_page_is_whole(folder: Path, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        page.without_scripts()
        page.open(folder / "index.html")
        with Image.open(BytesIO(page.screenshot())) as image:
            assert (np.asarray(image.convert("L")) < 60).mean() > 0.002
        assert page.complaints() == []
        assert page.nodes("thead button") == page.nodes(".filter") == 0
        assert page.nodes("details") > 0

"""The restricted page in a browser: a click on a mark of a figure lists the precincts that it counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import test_report as fixed
from browser import Page, browser

from forensics.auditing.behind import Marks, behind
from forensics.auditing.overview import overview
from forensics.detectors.digits.last_digit import last_digit
from forensics.detectors.turnout.reference_bin import reference_bin
from forensics.finding import Findings
from forensics.report.folder import write_folder
from forensics.tables.returns import Returns

# One worker starts one browser for all of these (pytest --dist loadgroup).
pytestmark = pytest.mark.xdist_group("browser")

ENTER, HOME, RIGHT = ("Enter", 13, "\r"), ("Home", 36), ("ArrowRight", 39)
LISTED = "[...document.querySelectorAll('#behind tbody tr')].map(row => row.cells[{}].textContent)"
CAPTION = "document.querySelector('#behind caption').textContent"
# A box that is thinner can be neither seen nor hit.
PIXEL = 0.5


def returns() -> Returns:
    """Three hundred precincts with every figure, one of them named to break out of the page."""
    import pandas as pd

    rng = np.random.default_rng(11)
    n = 300
    registered = rng.integers(400, 2500, n)
    ballots = rng.binomial(registered, 0.6)
    votes = rng.binomial(ballots, 0.45)
    frame = pd.DataFrame({
        "region": np.where(np.arange(n) < 150, "</script><script>window.ran = 1</script>", "South"),
        "precinct": [f"<img src=x onerror='window.ran = 2'> {i}" for i in range(n)],
        "registered": registered,
        "ballots": ballots,
        "valid": ballots,
        "invalid": 0,
        "votes_a": votes,
        "votes_b": ballots - votes,
    })  # fmt: skip
    return Returns(frame, levels=["region"], labels={"b": "Party B"})


@pytest.fixture(scope="module")
def audit() -> fixed.Audit:
    made = returns()
    found = Findings([*last_digit(made), *reference_bin(made, n_resamples=9, rng=1)])
    base = fixed.audit()
    return fixed.Audit(made, found, base.check, overview(made))


@pytest.fixture(scope="module")
def marks(audit: fixed.Audit) -> dict[str, Marks]:
    return {each.picture.name: each for each in behind(audit.returns, audit.overview, audit.findings)}


@pytest.fixture(scope="module")
def folder(audit: fixed.Audit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("marks")
    write_folder(audit, out)
    return out


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(window: Page, folder: Path) -> Page:
    window.open(folder / "restricted" / "precincts.html")
    return window


def rows_of(one: Marks, mark: int) -> list[str]:
    """Row numbers of the precincts behind a mark, as the list spells them."""
    return [str(row) for row in np.flatnonzero(one.of == mark)]


def layer(name: str) -> str:
    return f"document.querySelector('[data-marks=\"{name}\"] .marks')"


def click(page: Page, name: str, x: float, y: float) -> None:
    """A click at a place of a figure, in pixels from its corner."""
    page.run(
        "(l => { const b = l.getBoundingClientRect(); l.dispatchEvent(new MouseEvent('click', "
        f"{{clientX: b.x + {x}, clientY: b.y + {y}, bubbles: true}})); }})({layer(name)})"
    )


def test_marks_hold_exactly_the_precincts_that_the_figure_counts(marks: dict[str, Marks]) -> None:
    assert {one.kind for one in marks.values()} == {"cell", "turnout", "share", "digit", "votes"}
    for one in marks.values():
        columns = one.picture.columns
        if one.kind == "digit":
            assert one.n / one.n.sum() == pytest.approx(columns["observed"], abs=1e-12)
        elif one.kind == "votes":
            made = returns()
            kept = one.of >= 0
            votes = np.bincount(one.of[kept], made.votes()[kept], len(one.x))
            assert votes == pytest.approx(columns["leader"])
        else:
            counted = columns["precincts" if one.kind == "cell" else "count"]
            assert one.n.tolist() == counted.tolist()


@pytest.mark.parametrize("name", ["turnout-points", "comet", "last_digit-leader_votes"])
def test_a_click_lists_the_precincts_of_the_mark(page: Page, marks: dict[str, Marks], name: str) -> None:
    one = marks[name]
    page.run(f"{layer(name)}.focus()")
    for key in (HOME, RIGHT, RIGHT):
        page.press(*key)
    position = page.run(f"{layer(name)}.querySelector('[role=option]').ariaPosInSet")
    # Within the figure, because the page may still be scrolling to it.
    x, y, wide, high = page.run(
        "(l => { const [a, b] = [l, l.querySelector('rect')].map(e => e.getBoundingClientRect()); "
        f"return [b.x - a.x, b.y - a.y, b.width, b.height]; }})({layer(name)})"
    )
    assert wide > PIXEL
    assert high > PIXEL
    page.press(*HOME)
    assert page.run(f"{layer(name)}.querySelector('[role=option]').ariaPosInSet") == "1"
    click(page, name, x + wide / 2, y + high / 2)
    assert page.run(f"{layer(name)}.querySelector('[role=option]').ariaPosInSet") == position
    chosen = int(np.flatnonzero(one.n > 0)[int(position) - 1])
    assert page.run(LISTED.format(0)) == rows_of(one, chosen)
    assert page.run(CAPTION).endswith(f": {one.n[chosen]}")
    assert page.complaints() == []


def test_enter_lists_sorts_filters_and_nothing_in_a_name_runs(page: Page, marks: dict[str, Marks]) -> None:
    name = "last_digit-leader_votes"
    page.run(f"{layer(name)}.focus()")
    page.press(*HOME)
    page.press(*RIGHT)
    page.press(*ENTER)
    wanted = rows_of(marks[name], 1)
    assert page.run(LISTED.format(0)) == wanted
    # The precinct's name is a text, whatever stands in it.
    assert page.run(LISTED.format(2))[0] == f"<img src=x onerror='window.ran = 2'> {wanted[0]}"
    heads = page.run("[...document.querySelectorAll('#behind thead button')].map(b => b.textContent)")
    assert heads == ["row", "region", "precinct", "registered", "ballots", "valid", "invalid", "Party B"]
    page.run("document.querySelectorAll('#behind thead button')[3].click()")
    sizes = [int(text.replace(",", "")) for text in page.run(LISTED.format(3))]
    assert sizes == sorted(sizes)
    assert len(sizes) == len(wanted)
    page.run("document.querySelector('#behind input').focus()")
    page.type("south")
    assert set(page.run(LISTED.format(1))) == {"South"}
    assert page.run("window.ran === undefined")
    assert page.requests() == [page.run("location.href")]
    assert page.complaints() == []


def test_a_click_beside_every_mark_lists_nothing(page: Page) -> None:
    click(page, "comet", 1, 1)
    assert page.run("document.querySelector('#behind') === null")


def test_no_precinct_is_on_the_page_that_is_published(folder: Path) -> None:
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert "onerror" not in text
    assert 'id="precincts"' not in text

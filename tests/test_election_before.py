"""Two elections panel beside panel: the same classes, each with its own precincts, also in a report."""

from __future__ import annotations

from pathlib import Path

import pytest
from elections_of_two import audited, returns

import forensics
from forensics.auditing.election_before import beside_the_one_before
from forensics.auditing.overview import overview
from forensics.comparing.pictures import beside
from forensics.picture import Sheet
from forensics.plots import drawing

TESTS = ("last_digit",)
NAMES = [
    "before-comet",
    "before-turnout-tenths",
    "before-turnout-points",
    "before-share-tenths",
    "before-share-points",
    "before-votes-by-turnout",
    "before-last_digit-leader_votes",
]


@pytest.fixture(scope="module")
def sheets() -> tuple[Sheet, ...]:
    return beside_the_one_before(returns(1), returns(2))


def test_every_headline_figure_is_drawn_for_both(sheets: tuple[Sheet, ...]) -> None:
    assert [sheet.name for sheet in sheets][: len(NAMES)] == NAMES
    assert {len(sheet.pictures) for sheet in sheets} == {2}


def test_a_panel_holds_what_the_figure_of_its_election_holds(sheets: tuple[Sheet, ...]) -> None:
    by_name = {sheet.name: sheet for sheet in sheets}
    for place, seed in enumerate((1, 2)):
        alone = {picture.name: picture for picture in overview(returns(seed))}
        both = by_name["before-turnout-points"].pictures[place]
        assert both.columns["count"].tolist() == alone["turnout-points"].columns["count"].tolist()
        assert by_name["before-comet"].n[place] == alone["comet"].columns["precincts"].sum()
    # The axes are common, so no panel names one election's option.
    assert "leader_label" not in by_name["before-votes-by-turnout"].pictures[0].options


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_sheet_of_digits_is_drawn(sheets: tuple[Sheet, ...], language: str) -> None:
    sheet = next(one for one in sheets if one.figure == "digit_bars")
    assert drawing.images(sheet, ("png",), dpi=50, language=language)["png"].startswith(b"\x89PNG")


def test_a_report_with_an_election_before_has_them_and_one_without_has_not(tmp_path: Path) -> None:
    now, then = returns(1), returns(2)
    plan = forensics.make_plan(now, seed=1, levels=(), only=TESTS)
    audit = forensics.audit(now, plan=plan, previous=then)
    assert audit.previous is then
    page = forensics.write_report(audit, out=tmp_path / "with")
    text = page.read_text(encoding="utf-8")
    for name in NAMES:
        assert f"figures/{name}.csv" in text
        assert (tmp_path / "with" / "figures" / f"{name}.svg").is_file()
    assert audited(1).previous is None


def test_a_comparison_draws_last_digits_side_by_side(tmp_path: Path) -> None:
    folders = [
        forensics.write_report(audited(seed, TESTS), out=tmp_path / str(seed)).parent for seed in (1, 2)
    ]
    drawn = {sheet.name: sheet for sheet in beside(forensics.compare(folders).elections)}
    digits = drawn["elections-last_digit-leader_votes"]
    assert [picture.columns["observed"].sum() for picture in digits.pictures] == pytest.approx([1, 1])
    assert all(n > 0 for n in digits.n)

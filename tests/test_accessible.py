"""The pages for keyboard and screen reader: what their markup says to those who do not see them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
import test_report as fixed
from elections_of_two import audited

import forensics
from forensics.auditing.overview import overview
from forensics.report.comparison_folder import render_comparison
from forensics.report.comparison_page import comparison_page
from forensics.report.composing import compose
from forensics.report.rendering import render
from forensics.report.restricted_page import restricted_page

#: Elements that have no end tag.
_VOID = {"br", "img", "input", "meta", "hr", "link"}
_DOT = {"svg": b"<svg/>", "png": b""}


class Element:
    """An element with its attributes, its children and its text."""

    def __init__(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.tag, self.attributes = tag, attributes
        self.inside: list[Element] = []
        self.own = ""

    def all(self, *tags: str) -> list[Element]:
        """Elements of some tags, in the order of the page."""
        found = [self] if self.tag in tags else []
        return found + [one for child in self.inside for one in child.all(*tags)]

    @property
    def text(self) -> str:
        return self.own + "".join(child.text for child in self.inside)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = Element(tag, dict(attrs))
        self.open[-1].inside.append(one)
        if tag not in _VOID:
            self.open.append(one)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"{tag} is closed where another element is open"

    def handle_data(self, data: str) -> None:
        self.open[-1].own += data


def _report() -> str:
    base = fixed.audit()
    audit = fixed.Audit(base.returns, base.findings, base.check, overview(base.returns)[:1])
    document = compose(audit)
    return render(document, {picture.name: _DOT for picture in document.pictures})


def _restricted() -> str:
    base = fixed.audit()
    audit = fixed.Audit(base.returns, base.findings, base.check, overview(base.returns))
    return restricted_page(audit, {picture.name: _DOT for picture in audit.overview})


def _comparison() -> str:
    comparison = forensics.compare([audited(1), audited(2)])
    return render_comparison(
        comparison_page(comparison), {picture.name: _DOT for picture in comparison.pictures}
    )


PAGES: dict[str, Callable[[], str]] = {
    "report": _report,
    "restricted": _restricted,
    "comparison": _comparison,
}


@cache
def page(name: str) -> Element:
    reader = _Reader()
    reader.feed(PAGES[name]())
    reader.close()
    assert len(reader.open) == 1
    return reader.open[0]


def each(test: Callable[[Element], None]) -> Any:
    @pytest.mark.parametrize("name", PAGES)
    def run(name: str) -> None:
        test(page(name))

    return run


@each
def test_headings_begin_with_one_title_and_leave_no_level_out(top: Element) -> None:
    levels = [int(one.tag[1]) for one in top.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [(a, b) for a, b in itertools.pairwise(levels) if b > a + 1] == []
    assert all(one.text.strip() for one in top.all("h1", "h2", "h3", "h4", "h5", "h6"))


@each
def test_the_first_link_leads_past_the_contents(top: Element) -> None:
    (main,) = top.all("main")
    first = top.all("a")[0]
    assert first.attributes["href"] == f"#{main.attributes['id']}"
    assert main.attributes["tabindex"] == "-1"
    assert first.text.strip()


@each
def test_identifiers_are_unique_and_every_link_within_leads_somewhere(top: Element) -> None:
    every = [one for child in top.inside for one in _walk(child)]
    ids = [one.attributes["id"] for one in every if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    inner = [str(one.attributes.get("href")) for one in top.all("a")]
    assert [href for href in inner if href.startswith("#") and href[1:] not in ids] == []


@each
def test_tables_have_captions_and_headers_say_what_they_head(top: Element) -> None:
    tables = top.all("table")
    assert tables
    for table in tables:
        (caption,) = table.all("caption")
        assert caption.text.strip()
        heads = table.all("th")
        assert heads
        assert {one.attributes.get("scope") for one in heads} <= {"col", "row", "rowgroup"}


@each
def test_figures_have_a_text_alternative_and_links_that_say_of_which(top: Element) -> None:
    images = top.all("img")
    assert images
    assert all(len(one.attributes.get("alt") or "") > 20 for one in images)
    files = [one for one in top.all("a") if str(one.attributes.get("href")).startswith("figures/")]
    labels = [str(one.attributes.get("aria-label")) for one in files]
    assert len(labels) == len(set(labels))
    assert all(label.startswith(one.text.strip()) for label, one in zip(labels, files, strict=True))


@each
def test_what_scrolls_can_be_reached_and_has_a_name(top: Element) -> None:
    wide = [one for one in _walk(top) if one.attributes.get("class") == "wide"]
    assert wide
    for one in wide:
        assert (one.attributes["tabindex"], one.attributes["role"]) == ("0", "region")
        assert one.attributes["aria-label"]


@each
def test_the_page_says_its_language_and_its_title(top: Element) -> None:
    (html,) = top.all("html")
    assert html.attributes["lang"] == "en"
    assert top.all("title")[0].text.strip()


def _walk(one: Element) -> list[Element]:
    return [one, *(deeper for child in one.inside for deeper in _walk(child))]

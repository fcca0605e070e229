"""A report in English, Russian and Kazakh: sentences, numbers, units, figures, and a folder made again."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text
from test_report import Audit, audit, finding
from test_report import Plan as ReportPlan

import forensics
from forensics.cli.main import main
from forensics.errors import ConfigError
from forensics.finding import Findings
from forensics.messages.known import Known
from forensics.messages.message import (
    Message,
    Sentences,
    catalogue,
    check_language,
    joined,
    languages,
    marked,
)
from forensics.messages.units import SAY as UNIT
from forensics.messages.units import UNITS, named, percent_of
from forensics.picture import Picture
from forensics.plots import labels, theme
from forensics.plots.page import page_of
from forensics.report import numerals, writing
from forensics.report.composing import compose
from forensics.report.folder import audit_document, tables
from forensics.report.json_text import findings_table
from forensics.report.rendering import render
from forensics.report.verifying import differences

NBSP = "\u00a0"
CYRILLIC = re.compile("[а-яәғқңөұүһі]{4}")
SHIPPED = ("en", "kk", "ru")


@pytest.mark.parametrize(
    ("language", "text"),
    # CLDR 46, numbers of ru and kk: decimal comma, thousands set off by a no-break space.
    [("en", "−12,346 ballots"), ("ru", f"−12{NBSP}346 ballots"), ("kk", f"−12{NBSP}346 ballots")],
)
def test_thousands(language: str, text: str) -> None:
    item = finding(effect=-12345.6, unit="ballots", interval=None)
    assert numerals.effect(item, language) == text


def test_shares_have_a_decimal_comma_and_a_unit_of_the_language() -> None:
    said = {language: numerals.effect(finding(), language) for language in SHIPPED}
    assert said["en"] == f"2.13 % of counts [1.00,{NBSP}3.00]"
    # Two numbers with decimal commas are kept apart by a semicolon.
    for language in ("ru", "kk"):
        assert said[language].startswith("2,13 % ")
        assert said[language].endswith(f"[1,00;{NBSP}3,00]")
        assert CYRILLIC.search(said[language])


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_numbers_of_every_kind(language: str) -> None:
    assert numerals.count(97699, language) == f"97{NBSP}699"
    assert numerals.number(-0.12345, language) == "−0,1235"
    assert numerals.number(1234.5, language) == f"1{NBSP}234"
    assert numerals.percent(1, 3, language) == "33,33 %"
    assert numerals.percent(1, 0, language) == "–"
    assert numerals.pvalue(0.00001, language) == "< 0,0001"
    assert numerals.pvalue(0.25, language) == "0,250"
    assert numerals.decimals(-0.5, ".2f", language) == "−0,50"
    assert numerals.pvalue(None, language) == {"ru": "нет", "kk": "жоқ"}[language]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,234,567.25", f"1{NBSP}234{NBSP}567,25"),
        ("-0.5", "-0,5"),
        ("n 12,000", f"n 12{NBSP}000"),
        # A day and a version are no numbers.
        ("11.09.2016", "11.09.2016"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_marks_of_a_text(text: str, said: str) -> None:
    assert marked(text, "ru") == said
    assert marked(text, "en") == text


def test_a_message_within_a_message_is_said_in_the_same_language() -> None:
    unit = UNIT("precincts")
    outer = Message("", "{unit}: {n:,}", (("n", 1200), ("unit", unit)))
    assert outer.text() == "share of precincts: 1,200"
    assert outer.text("ru") == f"{unit.text('ru')}: 1{NBSP}200"
    both = joined(unit, UNIT("votes"))
    assert isinstance(both, Message)
    assert both.text("ru") == unit.text("ru") + UNIT("votes").text("ru")
    assert joined() == ""


def test_english_texts_are_found_again_as_sentences() -> None:
    say = Sentences("test", plain="observed", slope="within {name}: slope {slope}", of="{k} of {n}")
    known = Known(say)
    assert known.message("observed") == say("plain")
    assert known.message("within No. 5: slope −0.21") == say("slope", name="No. 5", slope="−0.21")
    # What stands for a number is a number: a name is no share.
    assert known.message("3 of 900") == say("of", k="3", n="900")
    assert known.message("Isle of Man") is None
    assert known.text("0.25", "ru") == "0,25"
    assert known.text("unheard of", "ru") == "unheard of"


def test_an_unknown_unit_stays_english() -> None:
    assert UNITS.text("ballots per box", "ru") == "ballots per box"
    assert named("ballots per box") == "ballots per box"
    assert percent_of("share of precincts") == "% of precincts"


def test_every_unit_and_label_is_translated() -> None:
    for language in ("ru", "kk"):
        there = catalogue(language)
        for sentences in (UNIT, labels.SAY):
            assert [n for n in sentences.sources if f"{sentences.prefix}.{n}" not in there] == []


def page(language: str) -> str:
    document = compose(audit(), language=language)
    images = {picture.name: {"svg": b"<svg/>", "png": b""} for picture in document.pictures}
    return render(document, images)


@pytest.mark.parametrize("language", SHIPPED)
def test_the_same_page_in_three_languages(language: str) -> None:
    text = page(language)
    assert f'<html lang="{language}">' in text
    headings = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", text)
    assert headings == re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page(language))
    catalogued = {f"report.heading.{name}" for name in writing.HEADINGS.sources}
    if language != "en":
        assert catalogued <= set(catalogue(language))
    # Each heading of the page stands there in its own language.
    for name in ("coverage", "tested", "findings", "limits", "annex", "glossary"):
        assert writing.HEADINGS(name).text(language) in headings


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_no_number_of_a_translated_page_has_english_marks(language: str) -> None:
    text = page(language)
    for cell in re.findall(r'class="number">([^<]*)<', text):
        assert not re.search(r"\d\.\d", cell), cell


def test_the_json_is_in_the_language_and_its_keys_are_not() -> None:
    english, russian = (audit_document(audit(), language=language) for language in ("en", "ru"))
    assert russian["provenance"]["language"] == "ru"
    assert english["provenance"]["language"] == "en"
    assert [item["id"] for item in russian["findings"]] == [item["id"] for item in english["findings"]]
    assert [item["unit"] for item in russian["findings"]] == [item["unit"] for item in english["findings"]]
    assert russian["assessment"][0]["sentence"] != english["assessment"][0]["sentence"]
    assert CYRILLIC.search(json.dumps(russian["visibility"], ensure_ascii=False))


def test_the_csv_is_in_the_language() -> None:
    findings = Findings([finding(null=UNIT("precincts"))])
    assert UNIT("precincts").text("ru") in findings_table(findings, "ru")
    assert "share of precincts" in findings_table(findings)


def test_an_unknown_language_is_refused(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert languages() == SHIPPED
    assert check_language("kk") == "kk"
    with pytest.raises(ConfigError, match="'de' is no language of the reports; there are en, kk, ru"):
        check_language("de")
    with pytest.raises(ConfigError, match="'de' is no language"):
        forensics.findings_json(Findings([finding()]), language="de")
    for arguments in (
        ["audit", "absent.csv", "--lang", "de"],
        ["demo", "--lang", "de"],
        ["compare", "a", "b", "--lang", "de"],
        ["plot", "comet", "absent.csv", "--out", str(tmp_path / "x.svg"), "--lang", "de"],
    ):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
        assert "'de' is no language of the reports; there are en, kk, ru" in capsys.readouterr().err


def test_a_folder_is_made_again_in_its_own_language(tmp_path: Any) -> None:
    again: Audit = audit()
    assert isinstance(again.plan, ReportPlan)
    for name, text in tables(again, compose(again, language="ru"), language="ru").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode("utf-8"))
    again.precincts.to_parquet(tmp_path / "restricted" / "precincts.parquet", index=False)
    assert differences(tmp_path, again, language="ru") == {}
    assert set(differences(tmp_path, again)) >= {"findings.json", "provenance.json"}


def texts(picture: Picture, language: str) -> set[str]:
    """Every text of a drawn page, with the numbers of its axes."""
    with theme.style():
        drawn, _ = page_of(picture, None, language)
        drawn.savefig(BytesIO(), format="svg")
        return {" ".join(one.get_text().split()) for one in drawn.findobj(Text)}


def test_a_figure_speaks_the_language() -> None:
    say = Sentences("unit", precincts="share of precincts")
    picture = Picture(
        figure="sawtooth",
        name="x",
        title=UNIT("votes"),
        caption=UNIT("votes"),
        columns={"low": np.arange(101.0), "count": np.full(101, 12_000)},
        options={"width": 1.0, "ylabel": "precincts"},
        labels={"xlabel": say("precincts")},
    )
    english, russian = texts(picture, "en"), texts(picture, "ru")
    assert {"share of precincts", "precincts", "multiples of 5 %", "10,000"} <= english
    for known in ("precincts", "multiples of 5 %", "other classes"):
        assert labels.word(known, "ru") in russian
        assert known not in russian
    assert UNIT("precincts").text("ru") in russian
    assert "10 000" in russian  # its no-break space was split with the others


def test_a_legend_of_longer_words_has_room() -> None:
    from forensics.plots import example

    with theme.style():
        heights = {
            language: page_of(example("certificate_flow"), None, language)[0].get_size_inches()[1]
            for language in ("en", "kk")
        }
        drawn, ax = page_of(example("certificate_flow"), None, "kk")
        drawn.savefig(BytesIO(), format="svg")
        assert ax.get_legend().get_window_extent().x1 <= drawn.bbox.x1
        assert ax.get_legend().get_window_extent().y1 <= drawn.bbox.y1
    assert heights["kk"] >= heights["en"]

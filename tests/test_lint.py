"""What a sentence may not say at its level, in three languages, and what passes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import ConfigError
from forensics.report import lint
from forensics.report.lint import outside_quotations, plain, quotations, refusals, refuse
from forensics.report.wording import LEVELS, words

WORDS = tomllib.loads((Path(lint.__file__).parent / "words.toml").read_text(encoding="utf-8"))
LANGUAGES = ("en", "ru", "kk")


def said(text: str, level: str = "L1", **options: bool) -> list[str]:
    return [one.said for one in refusals(plain(text), level, **options)]


def test_every_list_has_every_language() -> None:
    for name, lists in WORDS.items():
        for one in lists.values() if name == "levels" else (lists,):
            assert tuple(one) == LANGUAGES, name
            assert all(one[language] for language in LANGUAGES), name


@pytest.mark.parametrize("level", ["none", "L0", "L1", "L2"])
@pytest.mark.parametrize(
    "text",
    [
        "This is fraud.",
        "FRAUDULENT results",
        "The protocols were falsified.",
        "a stolen election",
        "signs of ballot\nstuffing",
        "Это фальсификация.",
        "Массовые вбросы на участках",
        "Дауыстар бұрмаланған.",
    ],
)
def test_words_of_a_verdict_need_direct_evidence(text: str, level: str) -> None:
    # Reference 3.8: "fraud", "falsified", "stolen" are not said at L0 to L2.
    (one,) = said(text, level)
    assert re.search(rf"needs L[34], and this stands at {level}", one)


def test_a_word_is_carried_from_its_level_on() -> None:
    assert said("Auditors found falsified protocols.", "L3") == []
    assert said("The court found the chair guilty.", "L3") != []
    assert said("The court found the chair guilty.", "L4") == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "text",
    [
        "There was no fraud.",
        "We found no evidence of manipulation.",
        "There was no manipulation.",
        "The election was clean.",
        "Выборы честные: фальсификаций не было.",
        "The true result is another one.",
        "The opposition would have won.",
        "These votes should be subtracted.",
        "Реальная явка была ниже.",
        "The departures are caused by loyal chairs.",
    ],
)
def test_what_no_level_carries(text: str, level: str) -> None:
    assert re.search("shows nothing|no result is corrected|names a cause", said(text, level)[0])


def test_a_phrase_is_refused_once() -> None:
    assert len(said("There was no fraud.")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "In precinct 112 the sawtooth is largest.",
        "Polling station No. 7a stands out.",
        "УИК № 1234 выделяется.",
        "на участке 55",
        "The chair Ivanova signed.",
        "Mr Smith was present.",
        "Председатель Петрова подписала протокол.",
        "A. B. Ivanov signed.",
        "Иванов И. И. подписал.",
        "Иван Иванович был там.",
        "мұғалім Серікова",
    ],
)
def test_neither_a_person_nor_a_single_precinct_at_l1(text: str) -> None:
    assert [one for one in said(text) if re.search("names a (person|single precinct)", one)]
    assert not [one for one in said(text, "L3") if " names a " in one]


@pytest.mark.parametrize(
    "text",
    [
        "Turnout stands at round percentages more often than its null gives; paragraph 7.4 is concerned.",
        "See paragraphs 7.3 and 7.4, Art. 10(3), Article 41, § 12 and Act 162-VI of 29 June 2018.",
        "Пункты 7.3 и 7.4, статья 41.",
        "On 20 March 2016, 2016-03-20, 20.03.2016 and 20 марта 2016 observers were present.",
        "The elections of 2016 and 2021, step L1, model M3, CDL-AD(2018)009.",
        "This is consistent with several explanations, and a test is never direct proof.",
        "The chair was absent. The secretary signed.",
        "The mission was not able to obtain lists. Precincts were chosen by the mission.",
        "These features raise concerns about paragraph 7.4.",
        "Explanations that need no manipulation stand beside every finding.",
        "Проверка протоколов заняла два дня; председатель и секретарь присутствовали.",
        "Бұл ештеңені дәлелдемейді; дәлелділік сатысы бойынша L1.",
    ],
)
def test_what_passes(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("about 12,345 votes", "12,345"),
        ("3.5 % of ballots", "3.5 %"),
        ("in 2016 precincts", "2016"),
        ("n=30", "30"),
        ("between 5 and 10", "5"),
        ("Article 41 and 17 precincts", "17"),
        ("ten percent of them", "percent"),
        ("more than a thousand", "thousand"),
        ("около миллиона голосов", "миллиона"),
        ("paragraph 7.4 %", "7.4 %"),
    ],
)
def test_numbers_are_references(text: str, number: str) -> None:
    assert any(f"'{number}'" in one and "{finding:" in one for one in said(text)), said(text)
    assert said(text, numbers=False) == []


def test_inconsistent_with_is_an_assessors_word() -> None:
    text = "Practice is inconsistent with paragraph 7.4 and violates the law."
    assert len(said(text)) == 2
    assert said(text, assessed=True) == []


def test_a_quotation_needs_its_source() -> None:
    text = 'Golos calls it "massive fraud, 30 % of votes" [source: its report of 2011] in its report.'
    assert said(text) == []
    assert said(text.replace(" [source: its report of 2011]", "")) != []
    assert said(text.replace("its report of 2011", " ")) != []
    assert said("«Вбросы» [источник: газета] и «ложь».") == []
    # The writer's words between two quotations stay the writer's.
    assert said('They say "a" and it is fraud "b" [source: c].') != []
    assert said('They say "a" fraud "[source: c].') != []


def test_letters_that_are_not_seen_hide_nothing() -> None:
    assert said("fr\u00adaud") != []
    assert said("fr\u200baud") != []
    assert said("ｆｒａｕｄ") != []


def test_a_refusal_names_file_and_line() -> None:
    found = refusals("Quiet.\nThis is fraud.\nAnd 17 votes.", "L1", line=10)
    assert [one.line for one in found] == [11, 12]
    with pytest.raises(ConfigError, match=r"^notes\.md, line 11: 'fraud' needs L3.* \| line 12: '17'"):
        refuse("notes.md", found)
    refuse("notes.md", ())
    with pytest.raises(ConfigError, match="and 3 more"):
        refuse("notes.md", found * 4)


PIECES = st.sampled_from(
    [*'"“”{ \n', "fraud", "paragraph 7.4", "17", "2016", "[source: x]", "Mr", "Ivanov", "УИК"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_keeps_its_places(text: str) -> None:
    blanked = outside_quotations(text)
    assert len(blanked) == len(text)
    assert blanked.count("\n") == text.count("\n")
    kept = [n for n in range(len(text)) if not any(a <= n < b for a, b in quotations(text))]
    assert all(blanked[n] == text[n] for n in kept)
    lines = text.count("\n") + 1
    assert all(1 <= one.line <= lines for one in refusals(text, "L1"))


@given(st.sampled_from(["fraud", "falsified", "stolen"]), st.text(max_size=40), st.text(max_size=40))
def test_no_surrounding_hides_a_word(word: str, before: str, after: str) -> None:
    # A quotation needs a source in brackets; without one nothing around a word excuses it.
    text = plain(f"{before} {word} {after}".replace("[", "("))
    assert any(word in one for one in said(text))


def test_the_patterns_are_compiled_once() -> None:
    assert words() is words()

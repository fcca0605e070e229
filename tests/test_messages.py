"""Sentences as identifiers with parameters: plural forms, number marks, missing translations."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from forensics.messages import message
from forensics.messages.message import Message, Sentences, catalogue

SAY = Sentences(
    "test",
    rows="{n:,} {n:plural:row|rows} left out.",
    share="{share:.1%} of {n:,}, weight {weight:,.2f}.",
    plain="Nothing to count.",
)
RUSSIAN = """
[test]
rows = "{n:,} {n:plural:строка|строки|строк} не учтено."
share = "{share:.1%} от {n:,}, вес {weight:,.2f}."
"""
NBSP = "\u00a0"


@pytest.fixture
def translated(tmp_path, monkeypatch):
    """A Russian and an (incomplete) Kazakh catalogue instead of the shipped ones."""
    for language in ("ru", "kk"):
        (tmp_path / language).mkdir()
    (tmp_path / "ru" / "tests.toml").write_text(RUSSIAN, encoding="utf-8")
    (tmp_path / "kk" / "tests.toml").write_text(
        '"test.rows" = "{n:,} {n:plural:жол|жол}."', encoding="utf-8"
    )
    monkeypatch.setattr(message, "files", lambda package: tmp_path)
    catalogue.cache_clear()
    yield
    catalogue.cache_clear()


@pytest.mark.parametrize(("n", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1200, "1,200 rows")])
def test_english_plurals_and_thousands(n, text):
    assert str(SAY("rows", n=n)) == f"{text} left out."


@pytest.mark.parametrize(
    ("n", "noun"),
    # CLDR cardinal rules of Russian: one, few, many by the last two digits; a fraction as after 2.
    [(1, "строка"), (21, "строка"), (101, "строка"), (-1, "строка"),
     (2, "строки"), (24, "строки"), (1.5, "строки"),
     (0, "строк"), (5, "строк"), (11, "строк"), (12, "строк"), (14, "строк"), (111, "строк")],
)  # fmt: skip
def test_russian_plurals(translated, n, noun):
    assert f" {noun} " in SAY("rows", n=n).text("ru")


@pytest.mark.parametrize("kind", [int, np.int64, np.int32])
def test_number_marks_follow_the_language(translated, kind):
    said = SAY("share", share=0.1234, n=kind(9840), weight=1234.5)
    assert said.text() == f"12.3{NBSP}% of 9,840, weight 1,234.50."
    assert said.text("ru") == f"12,3{NBSP}% от 9{NBSP}840, вес 1{NBSP}234,50."


def test_texts_keep_their_own_marks(translated):
    say = Sentences("test", rows="{n:,} of {where}")
    assert (
        Message("test.rows", say.sources["rows"], (("n", 5), ("where", "a.b, c"))).text() == "5 of a.b, c"
    )


def test_a_sentence_that_is_not_translated_stays_english_with_english_marks(translated):
    said = SAY("share", share=0.5, n=9840, weight=1.0)
    assert said.text("kk") == said.text("en") == f"50.0{NBSP}% of 9,840, weight 1.00."
    assert SAY("rows", n=9840).text("kk") == f"9{NBSP}840 жол."


def test_a_language_without_a_catalogue_is_english(translated):
    assert SAY("rows", n=2).text("xx") == "2 rows left out."


def test_an_identifier_with_a_dot_is_found_in_a_table_and_in_quotes(translated):
    assert set(catalogue("ru")) == {"test.rows", "test.share"}
    assert set(catalogue("kk")) == {"test.rows"}


def test_a_placeholder_without_a_value_is_an_error():
    with pytest.raises(KeyError, match="weight"):
        SAY("share", share=0.5, n=1).text()


def test_an_unknown_sentence_is_an_error():
    with pytest.raises(KeyError, match="absent"):
        SAY("absent")


def test_messages_are_values():
    one, other = SAY("rows", n=3), SAY("rows", n=3)
    assert one == other
    assert len({one, other, SAY("rows", n=4)}) == 2
    assert one.id == "test.rows"
    again = pickle.loads(pickle.dumps(one))
    assert str(again) == "3 rows left out."


def test_parameters_are_kept_in_one_order():
    assert SAY("share", n=1, share=0.5, weight=2.0) == SAY("share", weight=2.0, share=0.5, n=1)


def test_all_gives_sentences_in_the_order_named():
    assert [m.id for m in SAY.all("plain", "rows")] == ["test.plain", "test.rows"]

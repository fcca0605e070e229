"""The shipped translations: every line is of a sentence there is, with its parameters and forms."""

from __future__ import annotations

import importlib
import pkgutil
import string

import pytest

import forensics
from forensics.detectors.registry import all_detectors
from forensics.messages.message import _PLURALS, Sentences, catalogue, languages
from forensics.report.annex import summary
from forensics.report.wording import words

TRANSLATED = [language for language in languages() if language != "en"]


def sources() -> dict[str, str]:
    """Every English sentence by its identifier."""
    found = {}
    for module in pkgutil.walk_packages(forensics.__path__, "forensics."):
        if not module.name.endswith("__main__"):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Sentences):
                    found |= {f"{value.prefix}.{name}": text for name, text in value.sources.items()}
    # The first lines of the detectors' docstrings stand in the annex of a report.
    said = (summary(entry) for entry in all_detectors())
    return found | {message.id: message.source for message in said}


def fields(text: str) -> set[tuple[str, str]]:
    """The parameters of a sentence, with their formats; plural forms apart."""
    return {
        (name, "plural" if (form or "").startswith("plural:") else form or "")
        for _, name, form, _ in string.Formatter().parse(text)
        if name is not None
    }


def test_there_is_russian_and_kazakh() -> None:
    assert TRANSLATED == ["kk", "ru"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_line_is_of_a_sentence_that_is_gone(language: str) -> None:
    assert sorted(set(catalogue(language)) - set(sources())) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_parameters_of_its_source(language: str) -> None:
    known = sources()
    wrong = []
    for id, text in catalogue(language).items():
        there, here = fields(known.get(id, text)), fields(text)
        # A language may need a plural where English has none, or none where English has one.
        names = {name for name, _ in there}
        plain = {(name, form) for name, form in there if form != "plural"}
        if not plain <= here or not {name for name, _ in here} <= names:
            wrong.append(id)
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_plural_forms_are_as_many_as_the_language_has(language: str) -> None:
    _, forms = _PLURALS[language]
    wrong = [
        id
        for id, text in catalogue(language).items()
        for _, _, form, _ in string.Formatter().parse(text)
        if form and form.startswith("plural:") and len(form.split("|")) != len(forms)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_nine_sentences_of_ten_are_translated(language: str) -> None:
    # New sentences stay English until somebody who speaks the language has seen them.
    known = sources()
    assert len(set(catalogue(language)) & set(known)) >= 0.9 * len(known)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_says_no_word_above_the_level_of_its_source(language: str) -> None:
    lists = words()
    patterns = [pattern for _, pattern in (*lists.levels, *lists.never)]
    known = sources()
    stronger = [
        id
        for id, text in catalogue(language).items()
        for pattern in patterns
        if pattern.search(text) and not pattern.search(known.get(id, ""))
    ]
    assert stronger == []

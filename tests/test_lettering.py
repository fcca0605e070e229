"""Lines of a figure's texts against a plain greedy breaking that measures every line."""

from __future__ import annotations

import pytest

from forensics.plots import labels
from forensics.plots.lettering import width_of, wrap
from forensics.report import writing

#: Inches and points of a caption, a title's, a panel's name, a narrow label.
PLACES = [(5.9, 7.5, "normal"), (5.9, 9.5, "bold"), (0.84, 6.5, "normal"), (2.0, 8.0, "normal")]


def _sentences(language: str) -> list[str]:
    said = [message.text(language) for message in writing.all_of(writing.LIMITS)]
    said += [message.text(language) for message in writing.all_of(writing.GLOSSARY)]
    return [*said, *(labels.word(text, language) for text in labels.SAY.sources.values())]


def _words(text: str) -> list[str]:
    return text.replace(" %", "\u00a0%").split(" ")


def _greedy(text: str, width: float, size: float, weight: str) -> list[str]:
    lines: list[str] = []
    for word in _words(text):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
@pytest.mark.parametrize("place", PLACES)
def test_lines_are_those_of_measuring_every_one(language: str, place: tuple[float, float, str]) -> None:
    width, size, weight = place
    for text in _sentences(language):
        # Words wider than a line are broken within: another test's matter.
        if max(width_of(word, size, weight) for word in _words(text)) <= width:
            assert wrap(text, width, size, weight).split("\n") == _greedy(text, width, size, weight)


@pytest.mark.parametrize("text", ["AVAVAV To Te Ty Wo Wa " * 12, "fi fl ffi Längenfeld-Huben 1,234 " * 8])
def test_letters_that_move_together_never_make_a_line_too_wide(text: str) -> None:
    for width, size, weight in PLACES:
        assert all(
            width_of(line, size, weight) <= width for line in wrap(text, width, size, weight).split("\n")
        )


def test_a_word_wider_than_a_line_is_broken_at_its_hyphen_or_where_it_must() -> None:
    assert wrap("Komi-Permyak", 0.5, 8.0).split("\n") == ["Komi-", "Permyak"]
    parts = wrap("W" * 40, 1.0, 8.0).split("\n")
    assert "".join(parts) == "W" * 40
    assert all(width_of(part, 8.0) <= 1.0 for part in parts)

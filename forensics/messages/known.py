"""Texts that reach a reader as plain English (units, labels of an axis), found again as sentences."""

from __future__ import annotations

import re
import string
from functools import lru_cache

from forensics.messages.message import Message, Sentences, marked

#: What a field stands for: a number, but any text in a field of this name.
ANY = "name"
_NUMBER = r"[+−-]?\d[\d.,]*"
#: A text that is nothing but numbers and their signs.
_NUMBERS = re.compile(r"(?:n )?[\d.,:;+−±–<>≥≤=%↑↓\[\]() \u00a0-]*\d[\d.,:;+−±–<>≥≤=%↑↓\[\]() \u00a0-]*")


class Known:
    """A table of sentences in which English texts are looked up.

    Examples
    --------
    >>> known = Known(Sentences("test", slope="slope {slope}"))
    >>> known.message("slope −0.21").parameters
    (('slope', '−0.21'),)
    """

    def __init__(self, sentences: Sentences) -> None:
        self.sentences = sentences
        self._plain = {text: name for name, text in sentences.sources.items() if "{" not in text}
        self._patterns = [(_pattern(text), name) for name, text in sentences.sources.items() if "{" in text]

    def message(self, text: str) -> Message | None:
        """The sentence that an English text is; ``None`` where the table has none."""
        if text in self._plain:
            return self.sentences(self._plain[text])
        for pattern, name in self._patterns:
            found = pattern.fullmatch(text)
            if found:
                return self.sentences(name, **found.groupdict())
        return None

    def text(self, text: str, language: str = "en") -> str:
        """The text in a language: as it is where the table has none; bare numbers with its marks."""
        if language == "en":
            return text
        if _NUMBERS.fullmatch(text):
            return marked(text, language)
        message = self.message(" ".join(text.split()))
        if message is None:
            return text
        told = {
            key: marked(value, language) if isinstance(value, str) and key != ANY else value
            for key, value in message.parameters
        }
        said = Message(message.id, message.source, tuple(told.items())).text(language)
        # Without a translation the English text keeps its own marks.
        return text if said == message.text() else said


@lru_cache(maxsize=1024)
def _pattern(source: str) -> re.Pattern[str]:
    parts = []
    for literal, field, _, _ in string.Formatter().parse(source):
        parts.append(re.escape(literal))
        if field:
            parts.append(f"(?P<{field}>{'.+' if field == ANY else _NUMBER})")
    return re.compile("".join(parts))

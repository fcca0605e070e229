"""The annex: what each method does and where it was published, and what the numbers came from."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

from forensics.detectors.registry import Detector, detector_ids, find_detector
from forensics.finding import Findings
from forensics.messages.message import Message, Sentences
from forensics.report.document import Method
from forensics.report.json_text import line

SAY = Sentences("report.annex", further="{n:,} more of the same form; each stands beside its finding.")
#: Of a method with more nulls than the second, as many as the first are listed here.
FIRST_NULLS, MOST_NULLS = 3, 12
#: Prefix of the translations of detectors' first lines, under their identifiers.
SUMMARY = "detectors.summary"
_SECTION = re.compile(r"^(?P<name>[A-Z][\w ]+)\n-{3,}\n", re.MULTILINE)
_AUTHOR = re.compile(r"[^\W\d_][\w'’-]+, [^\W\d_]\.")


def methods(nulls: Mapping[str, Sequence[str]], language: str = "en") -> tuple[Method, ...]:
    """Summary and references of detectors, from their own docstrings; unknown ids have neither.

    ``nulls`` has the detectors that ran with the nulls of what they found.
    """
    return tuple(_method(id, _shortened(texts, language), language) for id, texts in nulls.items())


def _shortened(nulls: Sequence[str], language: str) -> tuple[str, ...]:
    """A test of every column at every level has dozens of nulls of one form."""
    if len(nulls) <= MOST_NULLS:
        return tuple(nulls)
    return (*nulls[:FIRST_NULLS], SAY("further", n=len(nulls) - FIRST_NULLS).text(language))


def _method(id: str, nulls: tuple[str, ...], language: str) -> Method:
    if id not in detector_ids():
        return Method(id, "", nulls, ())
    entry = find_detector(id)
    return Method(id, summary(entry).text(language), nulls, references(inspect.getdoc(entry.run) or ""))


def summary(entry: Detector) -> Message:
    """The first line of a detector's docstring as a sentence that may have translations."""
    return Message(f"{SUMMARY}.{entry.id}", entry.summary.replace("{", "{{").replace("}", "}}"))


def nulls_of(findings: Findings, language: str) -> dict[str, list[str]]:
    """The nulls that the findings of each detector refer to, each once."""
    found: dict[str, list[str]] = {item.method: [] for item in findings}
    for item in findings.tested:
        text = item.null.text(language)
        if text not in found[item.method]:
            found[item.method].append(text)
    return found


def references(docstring: str) -> tuple[str, ...]:
    """The entries of a docstring's References section, each on one line.

    An entry begins after an empty line, or where a line opens with an author (``Surname, I.``) and
    the line before it ended a sentence; a leading ``.. [1]`` or dash is dropped.
    """
    parts = _SECTION.split(docstring)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    found: list[str] = []
    after_gap = True
    for text in sections.get("References", "").splitlines():
        words = re.sub(r"^(\.\. \[\w+\]|[-*])\s+", "", text.strip())
        if not words:
            after_gap = True
            continue
        if after_gap or (found[-1].endswith(".") and _AUTHOR.match(words)):
            found.append(words)
        else:
            found[-1] += f" {words}"
        after_gap = False
    return tuple(found)


def flat(content: Mapping[str, Any], prefix: str = "") -> tuple[tuple[str, str], ...]:
    """A nested mapping as rows of (dotted name, text)."""
    rows: list[tuple[str, str]] = []
    for key, value in content.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            rows += flat(value, f"{name}.")
        elif value not in (None, "", [], ()):
            rows.append((name, value if isinstance(value, str) else line(value)))
    return tuple(rows)

"""What a detector says: its form, its docstring, the null and the innocent explanations."""

from __future__ import annotations

import inspect
import re

from forensics.finding import Findings
from forensics.testing.rules import Outcome
from forensics.testing.subject import Subject


def form(subject: Subject) -> Outcome:
    """Name and signature."""
    entry = subject.entry
    if entry.id != entry.run.__name__:  # type: ignore[attr-defined]
        return Outcome("form", False, f"it is registered as {entry.id!r}")
    kinds = [item.kind for item in inspect.signature(entry.run).parameters.values()]
    first, rest = kinds[:1], kinds[1:]
    if first != [inspect.Parameter.POSITIONAL_ONLY]:
        return Outcome("form", False, "the first parameter is not positional-only (returns, /)")
    if any(kind is not inspect.Parameter.KEYWORD_ONLY for kind in rest):
        return Outcome("form", False, "a parameter after the first is not keyword-only (returns, /, *)")
    return Outcome("form", True)


def docstring(subject: Subject) -> Outcome:
    """Null and innocent explanations in the docstring."""
    text = inspect.getdoc(subject.entry.run) or ""
    missing = [
        what
        for what, pattern in (("the null", r"\b[Nn]ull\b"), ("innocent explanations", r"[Ii]nnocent"))
        if not re.search(pattern, text)
    ]
    if not text.partition("\n")[0].strip().endswith("."):
        missing.insert(0, "a first line that is a sentence")
    return Outcome("docstring", not missing, f"it lacks {' and '.join(missing)}" if missing else "")


def null(findings: Findings) -> Outcome:
    """The null of every finding, before its numbers."""
    if not findings.tested:
        return Outcome("null", False, f"there is no finding on the election given: {findings}")
    for item in findings.tested:
        sentence = str(item.null).strip()
        if not sentence.endswith("."):
            return Outcome("null", False, f"the null of {item.id} is no sentence: {sentence!r}")
        if not str(item).startswith(f"null: {item.null}"):
            return Outcome("null", False, f"the print of {item.id} does not begin with its null")
    return Outcome("null", True, f"{len(findings.tested)} findings")


def innocent(findings: Findings) -> Outcome:
    """Innocent explanations of every finding."""
    for item in findings.tested:
        empty = [sentence for sentence in item.innocent if not str(sentence).strip()]
        if not item.innocent or empty:
            return Outcome("innocent", False, f"{item.id} has none, or an empty one")
    return Outcome("innocent", True)

"""What a sentence may not say at its level: held against claims, the ledger, and text that users add."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.errors import SHOWN_FAULTS, ConfigError
from forensics.report.wording import LEVELS, NAMED_FROM, NUMBER, words

_QUOTED = re.compile(r'“[^”]*”|«[^»]*»|"[^"]*"')
_SOURCED = re.compile(r"\s*\[(?i:source|источник|дереккөз):\s*[^\]\s][^\]]*\]")
_YEAR = re.compile(r"(?:19|20)\d\d")
#: Letters that cannot be seen: a word with one inside is the same word.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_NEVER = {
    "absence": "says that there was none; a null that is not rejected shows nothing",
    "corrected": "speaks of another result than the official one; no result is corrected here",
    "causes": "names a cause; the data show none",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What may not be said, and on which line of its file."""

    line: int
    said: str


def plain(text: str) -> str:
    """The text in one Unicode form, without letters that cannot be seen."""
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text))


def outside_quotations(text: str) -> str:
    """The text with quotations that give their source blanked out; every character keeps its place.

    A quotation stands in quotation marks and is followed by ``[source: …]``; one without a source
    is the writer's own text.
    """
    out = list(text)
    for start, end in quotations(text):
        _blank(out, start, end)
    return "".join(out)


def quotations(text: str) -> tuple[tuple[int, int], ...]:
    """Where the quotations that give their source begin, and where their sources end."""
    quoted = ((found, _SOURCED.match(text, found.end())) for found in _QUOTED.finditer(text))
    return tuple((found.start(), source.end()) for found, source in quoted if source)


def refusals(
    text: str, level: str, *, numbers: bool = True, assessed: bool = False, line: int = 1
) -> tuple[Refusal, ...]:
    """What a text may not say, in the order of the text.

    Parameters
    ----------
    text : str
        One paragraph, in the form of :func:`plain`.
    level : str
        Step of the ladder that it speaks from.
    numbers : bool
        Whether numbers may only be references to findings.
    assessed : bool
        Whether it is an assessor's, with two kinds of evidence: *inconsistent with* may be said.
    line : int
        Line of its file on which it begins.
    """
    own = outside_quotations(text)
    found = [*_worded(own, level, assessed), *_named(own, level)]
    if numbers:
        found += _numbers(own)
    taken: list[tuple[int, int]] = []
    kept = []
    for start, end, said in found:
        # "no fraud" is refused once, not again for its second word.
        if not any(start < last and first < end for first, last in taken):
            taken.append((start, end))
            kept.append((start, said))
    return tuple(Refusal(line + own.count("\n", 0, start), said) for start, said in sorted(kept))


def refuse(file: str, found: Sequence[Refusal]) -> None:
    """Raise :class:`ConfigError` with file, line and reason of the first refusals, if there are any."""
    if not found:
        return
    said = " | ".join(f"line {one.line}: {one.said}" for one in found[:SHOWN_FAULTS])
    more = len(found) - SHOWN_FAULTS
    raise ConfigError(f"{file}, {said}" + (f" | and {more:,} more" if more > 0 else ""))


def below(level: str, needed: str) -> bool:
    """Whether a level is below another one."""
    return LEVELS.index(level) < LEVELS.index(needed)


Spans = Iterator[tuple[int, int, str]]


def _worded(own: str, level: str, assessed: bool) -> Spans:
    lists = words()
    for kind, pattern in lists.never:
        for found in pattern.finditer(own):
            yield *found.span(), f"{_shown(found)} {_NEVER[kind]}"
    if not assessed:
        for found in lists.assessed.finditer(own):
            yield (
                *found.span(),
                f"{_shown(found)} is for an assessor's entry in a ledger with two kinds of evidence; tests "
                "are relevant to a paragraph",
            )
    for needed, pattern in lists.levels:
        if not below(level, needed):
            continue
        for found in pattern.finditer(own):
            yield (
                *found.span(),
                f"{_shown(found)} needs {needed}, and this stands at {level}; describe the departure, or "
                "quote somebody with [source: …]",
            )


def _named(own: str, level: str) -> Spans:
    if not below(level, NAMED_FROM):
        return
    for pattern, what in ((words().precincts, "a single precinct"), (words().persons, "a person")):
        for found in pattern.finditer(own):
            yield *found.span(), f"{_shown(found)} names {what}; that is for {NAMED_FROM}, not for {level}"


def _numbers(own: str) -> Spans:
    lists = words()
    rest = list(own)
    for pattern in (lists.dates, lists.codes):
        for found in pattern.finditer(own):
            _blank(rest, *found.span())
    text = "".join(rest)
    for found in NUMBER.finditer(text):
        counts = found[0].endswith("%") or lists.counted.match(text, found.end())
        year = _YEAR.fullmatch(found[0].rstrip(".,)("))
        if not counts and (year or lists.references.search(text, 0, found.start())):
            continue
        yield *found.span(), f"{_shown(found)} is a number; give it as {{finding:…}}, with its interval"
    for found in lists.numbers.finditer(text):
        yield *found.span(), f"{_shown(found)} is a number in words; give it as {{finding:…}}"


def _shown(found: re.Match[str]) -> str:
    return repr(" ".join(found[0].split()).rstrip(".,"))


def _blank(out: list[str], start: int, end: int) -> None:
    out[start:end] = ["\n" if letter == "\n" else " " for letter in out[start:end]]

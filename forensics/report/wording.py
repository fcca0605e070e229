"""The word lists: which words a level carries, and patterns for persons, precincts, dates and numbers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

#: Levels from the bottom up.
LEVELS = ("none", "L0", "L1", "L2", "L3", "L4")
#: From here on a single precinct or a person may be named: there is evidence beside the returns.
NAMED_FROM = "L3"
_MONTHS = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"январ[ья]|феврал[ья]|марта?|апрел[ья]|ма[йя]|июн[ья]|июл[ья]|августа?|сентябр[ья]|октябр[ья]|"
    r"ноябр[ья]|декабр[ья]|қаңтар|ақпан|наурыз|сәуір|мамыр|маусым|шілде|тамыз|қыркүйек|қазан|қараша|желтоқсан)"
)
#: A number as people write it: 1,234.5, 12 %, 7.4, 10(3).
NUMBER = re.compile(r"(?<!\w)\d[\d\u00a0\u202f.,()]*(?:\s?%)?")
_NAME = r"[A-ZÀ-ÞА-ЯЁӘҒҚҢӨҰҮҺІ][\w’'-]+"
_INITIAL = r"[A-ZÀ-ÞА-ЯЁӘҒҚҢӨҰҮҺІ]\."


@dataclass(frozen=True, slots=True)
class Words:
    """The lists of all languages, compiled.

    Parameters
    ----------
    never : tuple of (kind, pattern)
        ``absence``, ``corrected``, ``causes``: what no level carries.
    assessed : pattern
        What an assessor's entry alone may say.
    levels : tuple of (level, pattern)
        Words that need at least that level.
    persons, precincts, dates, codes : pattern
        Names of persons and of single precincts; dates; codes with digits that are no numbers.
    numbers, references, counted : pattern
        Numbers in words; what stands before a number that names a place in a text; what stands
        after a number that counts.
    """

    never: tuple[tuple[str, re.Pattern[str]], ...]
    assessed: re.Pattern[str]
    levels: tuple[tuple[str, re.Pattern[str]], ...]
    persons: re.Pattern[str]
    precincts: re.Pattern[str]
    dates: re.Pattern[str]
    codes: re.Pattern[str]
    numbers: re.Pattern[str]
    references: re.Pattern[str]
    counted: re.Pattern[str]


@cache
def words() -> Words:
    """The lists of ``words.toml``."""
    text = files("forensics.report").joinpath("words.toml").read_text(encoding="utf-8")
    lists: dict[str, Any] = tomllib.loads(text)
    titles, places = _any(lists["person"]), _any(lists["precinct"])
    return Words(
        never=tuple((kind, _pattern(lists[kind])) for kind in ("absence", "corrected", "causes")),
        assessed=_pattern(lists["assessed"]),
        # The highest first: a word that needs a court is not explained by a lower level.
        levels=tuple((level, _pattern(lists["levels"][level])) for level in ("L4", "L3")),
        persons=re.compile(
            rf"(?<!\w)(?:(?i:{titles})\.?\s+{_NAME}"
            rf"|{_INITIAL}\s?(?:{_INITIAL}\s?)?{_NAME}|{_NAME}\s+{_INITIAL}\s?{_INITIAL}"
            rf"|{_NAME}\s+\w+(?:вич|вна|ұлы|қызы|ovich|evich|ovna|evna|uly|kyzy)\b)"
        ),
        precincts=re.compile(rf"(?<!\w)(?i:{places})\s*(?:(?i:no|nr)\.?|№|#)?\s*(?:[\w/-]*\d[\w/-]*)"),
        dates=re.compile(
            rf"\d{{4}}-\d{{2}}(?:-\d{{2}})?(?!\d)|(?<![\d.])\d{{1,2}}\.\d{{1,2}}\.\d{{4}}(?!\d)"
            rf"|(?<![\d.,])\d{{1,2}}(?:[–-]\d{{1,2}})?\s+(?i:{_MONTHS})(?:\s+\d{{4}})?"
            rf"|(?i:{_MONTHS})\s+(?:\d{{1,2}},\s*)?\d{{4}}"
        ),
        codes=re.compile(r"(?<!\w)[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ][A-ZА-ЯЁӘҒҚҢӨҰҮҺІ()/-]*\d[\w()/-]*"),
        numbers=_pattern(lists["number"]),
        references=re.compile(
            rf"(?:(?<!\w)(?i:{_any(lists['reference'])})\.?|§+|№)\s*(?i:no\.?\s*)?"
            r"(?:[\d.()]+\w?\s*(?:,|and|to|or|–|-|и|до|или|мен)\s*)*\Z"
        ),
        counted=re.compile(rf"\s+(?i:{_any(lists['counted'])})(?!\w)"),
    )


def _any(lists: Mapping[str, Iterable[str]]) -> str:
    """Alternatives of all languages, the longest first."""
    phrases = sorted((one for phrases in lists.values() for one in phrases), key=lambda one: -len(one))
    return "|".join(
        r"\s+".join(re.escape(word).replace(r"\*", r"\w*") for word in phrase.split()) for phrase in phrases
    )


def _pattern(lists: Mapping[str, Iterable[str]]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_any(lists)})(?!\w)", re.IGNORECASE)

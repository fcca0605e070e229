"""A sentence of the report as an object: rendering refuses what its evidence does not bear."""

from __future__ import annotations

import math
import string
from dataclasses import dataclass

from forensics.errors import ConfigError
from forensics.finding import Finding, Interval
from forensics.messages.message import Message, Sentences, Value, catalogue
from forensics.messages.units import UNITS, is_share, percent_of
from forensics.report import numerals
from forensics.report.lint import Refusal, below, plain, refusals
from forensics.report.wording import LEVELS, NAMED_FROM
from forensics.scope import NATIONAL, Scope

#: Fields of a template that the claim fills itself.
FIELDS = ("estimate", "interval", "coverage")
SAY = Sentences("report.claims", interval="{level:g} % interval {span}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a report says about an election, with what it rests on.

    Exact counts, names and dates are parameters of the template; an estimate is not, so that none
    is said without its interval.

    Parameters
    ----------
    template : Message
        With the fields ``{estimate}``, ``{interval}`` and ``{coverage}`` where there is an estimate.
    level : str
        Step of the ladder that the sentence speaks from.
    sources : tuple of str
        Identifiers of the findings (or of ledger entries) that it rests on; never empty.
    estimate : float, optional
    interval : Interval, optional
        Of the estimate.
    unit : str
        Of both.
    coverage : float, optional
        Share (0 to 1) of the precincts that the estimate is about.
    scope : Scope
        What the sentence is about.
    """

    template: Message
    level: str
    sources: tuple[str, ...]
    estimate: float | None = None
    interval: Interval | None = None
    unit: str = ""
    coverage: float | None = None
    scope: Scope = NATIONAL

    def text(self, language: str = "en") -> str:
        """The sentence.

        Raises
        ------
        ConfigError
            If there is an estimate without interval or coverage, nothing it rests on, a number that
            is no field, a word above the level, a person or a single precinct below L3, a corrected
            result, a cause, or the claim that there was nothing.
        """
        self._complete(language)
        filled = Message(
            self.template.id,
            self.template.source,
            tuple(sorted((*self._parameters(), *self._shown(language)))),
        )
        # Names that come from the data are data: the word list is for what the template says. Whom
        # it names, on the other hand, is a matter of the whole sentence.
        blank = tuple((key, "" if isinstance(value, str) else value) for key, value in self._parameters())
        bare = Message(
            self.template.id, self.template.source, tuple(sorted((*blank, *((f, "") for f in FIELDS))))
        )
        found = [*refusals(plain(self._words(language)), self.level)]
        found += refusals(plain(bare.text(language)), self.level, numbers=False)
        said = filled.text(language)
        found += _names(plain(said), self.level)
        if found:
            raise self._refused(found[0].said)
        return said

    def __str__(self) -> str:
        return self.text()

    def _parameters(self) -> tuple[tuple[str, Value], ...]:
        return self.template.parameters

    def _source(self, language: str) -> str:
        translated = None if language == "en" else catalogue(language).get(self.template.id)
        return translated or self.template.source

    def _words(self, language: str) -> str:
        """The template without its fields: the words of the sentence."""
        parts = string.Formatter().parse(self._source(language))
        return " ".join(literal for literal, _, _, _ in parts)

    def _complete(self, language: str) -> None:
        fields = {name for _, name, _, _ in string.Formatter().parse(self._source(language)) if name}
        if self.level not in LEVELS:
            raise self._refused(f"{self.level!r} is no level; the levels are {', '.join(LEVELS)}")
        if not self.sources:
            raise self._refused("it rests on nothing; name the findings")
        if self.scope.level == "precinct" and below(self.level, NAMED_FROM):
            raise self._refused(f"it is about a single precinct, which is named from {NAMED_FROM} on")
        reserved = next((name for name, _ in self._parameters() if name in FIELDS), None)
        if reserved is not None:
            raise self._refused(f"its parameter {reserved!r} is one that the claim fills itself")
        if self.estimate is None:
            if fields.intersection(FIELDS[:2]) or self.interval is not None:
                raise self._refused("it has no estimate")
            return
        if not math.isfinite(self.estimate):
            raise self._refused(f"its estimate is {self.estimate}")
        if self.interval is None or "interval" not in fields:
            raise self._refused("an estimate is not shown without its interval")
        if self.coverage is None or "coverage" not in fields:
            raise self._refused("an estimate is not shown without its coverage")
        if not 0 <= self.coverage <= 1:
            raise self._refused(f"its coverage {self.coverage} is not in [0, 1]")

    def _shown(self, language: str) -> tuple[tuple[str, str], ...]:
        if self.estimate is None or self.interval is None:
            return (
                ()
                if self.coverage is None
                else (("coverage", numerals.percent(self.coverage, 1, language)),)
            )
        low, high = (_value(end, self.unit, language) for end in (self.interval.low, self.interval.high))
        unit = percent_of(self.unit, language) if is_share(self.unit) else UNITS.text(self.unit, language)
        told = SAY(
            "interval", level=100 * self.interval.confidence_level, span=numerals.span(low, high, language)
        )
        return (
            ("coverage", numerals.percent(self.coverage or 0.0, 1, language)),
            ("estimate", f"{_value(self.estimate, self.unit, language)} {unit}".strip()),
            ("interval", told.text(language)),
        )

    def _refused(self, said: str) -> ConfigError:
        return ConfigError(f"claim {self.template.id!r} ({self.scope}): {said}")


def claim_of(finding: Finding, template: Message, *, level: str, coverage: float) -> Claim:
    """A claim about the effect of one finding."""
    return Claim(
        template=template,
        level=level,
        sources=(finding.id,),
        estimate=finding.effect,
        interval=finding.interval,
        unit=finding.unit,
        coverage=coverage,
        scope=finding.scope,
    )


def _value(value: float, unit: str, language: str) -> str:
    if is_share(unit):
        return numerals.percents(value, language)
    return numerals.number(value, language)


def _names(text: str, level: str) -> tuple[Refusal, ...]:
    """Persons and single precincts only."""
    own = refusals(text, level, numbers=False, assessed=True)
    return tuple(one for one in own if " names a" in one.said)

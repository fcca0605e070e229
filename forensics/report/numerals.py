"""Numbers as a reader meets them: thousands separated, percentages, p-values without false precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from forensics.finding import Finding
from forensics.messages.message import SCOPE, Sentences, marked
from forensics.messages.typesetting import plain, typeset
from forensics.messages.units import UNITS, is_share, percent_of
from forensics.scope import NATIONAL, Scope

SAY = Sentences("report.numerals", none="none")
#: Below this a p-value is only said to be below it.
SMALLEST_P = 0.0001


def count(value: float, language: str = "en") -> str:
    """A whole number: 97,699."""
    return _signed(f"{round(value):,}", language)


def number(value: float, language: str = "en") -> str:
    """A real number with four significant digits; from a thousand on, whole."""
    return _signed(plain(value), language)


def decimals(value: float, form: str, language: str = "en") -> str:
    """A number in one of Python's format specifications (``".3f"``)."""
    return _signed(format(value, form), language)


def percent(part: float, whole: float, language: str = "en") -> str:
    """A percentage of a total; an en dash where there is no total."""
    return f"{percents(part / whole, language)} %" if whole else "–"


def percents(share: float, language: str = "en") -> str:
    """A share in percent, without the sign."""
    value = 100 * share
    shown = f"{value:.2f}" if abs(value) >= 0.01 else plain(value, 2)
    return _signed(shown, language)


def pvalue(value: float | None, language: str = "en") -> str:
    """A p-value, or that there is none."""
    if value is None:
        return SAY("none").text(language)
    if value < SMALLEST_P:
        return marked(f"< {SMALLEST_P:.4f}", language)
    return marked(f"{value:.4f}" if value < 0.01 else f"{value:.3f}", language)


def span(low: str, high: str, language: str = "en") -> str:
    """An interval in brackets, on one line; a semicolon between numbers with a decimal comma."""
    between = "," if marked("0.5", language) == "0.5" else ";"
    return f"[{low}{between}\u00a0{high}]"


def place(scope: Scope, language: str = "en") -> str:
    """What a number is about: the nation, or the names of a unit."""
    return SCOPE("national").text(language) if scope == NATIONAL else str(scope)


def effect(finding: Finding, language: str = "en") -> str:
    """Effect with unit and interval; shares are shown as percentages."""
    if finding.effect is None:
        return "–"
    share = is_share(finding.unit)
    show = percents if share else number
    unit = percent_of(finding.unit, language) if share else UNITS.text(finding.unit, language)
    text = f"{show(finding.effect, language)} {unit}".strip()
    if finding.interval is None:
        return text
    ends = (finding.interval.low, finding.interval.high)
    low, high = (show(end, language) for end in ends)
    return f"{text} {span(low, high, language)}"


def median_effect(findings: Sequence[Finding], language: str = "en") -> str:
    """The median effect of several units; an en dash where none has one."""
    known = [item.effect for item in findings if item.effect is not None]
    if not known:
        return "–"
    return effect(replace(findings[0], effect=median(known), interval=None), language)


def _signed(text: str, language: str) -> str:
    return marked(typeset(text), language)

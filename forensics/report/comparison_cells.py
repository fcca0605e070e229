"""Cells of a comparison's tables: effects, sizes, places and followed scores as a reader meets them."""

from __future__ import annotations

from forensics.comparing.documents import Entry
from forensics.comparing.panel import Persistence
from forensics.messages.units import UNITS, is_share, percent_of
from forensics.report import numerals

NONE = "–"


def followed(one: Persistence, language: str) -> tuple[str, ...]:
    """A row of a score that was followed: shares in whole percents, because each rests on few precincts."""
    assert one.correlation is not None
    assert one.interval is not None
    rho, low, high = (
        numerals.decimals(value, ".2f", language)
        for value in (one.correlation, one.interval.low, one.interval.high)
    )
    again = change = NONE
    if one.again is not None and one.expected is not None:
        again = f"{100 * one.again:.0f} % ({100 * one.expected:.0f} %)"
    if one.change is not None:
        least, middle, most = (numerals.decimals(value, ".2g", language) for value in one.change)
        change = f"{middle} {numerals.span(least, most, language)}"
    correlation = f"{rho} {numerals.span(low, high, language)}"
    return one.score.replace(":", ": "), numerals.count(one.n, language), correlation, again, change


def size(entry: Entry, language: str) -> str:
    """Size of the test; in parentheses where an assessment does not lean on it."""
    known = entry.calibration or {}
    if not isinstance(known.get("size"), (int, float)):
        return NONE
    shown = numerals.decimals(known["size"], ".3f", language)
    return shown if known.get("calibrated") else f"({shown})"


def place(entry: Entry, language: str) -> str:
    """Percentile among the reference elections, and how many these are."""
    known = entry.reference or {}
    if not isinstance(known.get("n"), int):
        return NONE
    percentile = known.get("percentile")
    there = f"{percentile:.0f}" if isinstance(percentile, (int, float)) else NONE
    return f"{there} ({numerals.count(known['n'], language)})"


def unit(entry: Entry, language: str) -> str:
    """The unit of the effect as it is shown: shares as percentages."""
    return percent_of(entry.unit, language) if is_share(entry.unit) else UNITS.text(entry.unit, language)


def effect(entry: Entry, language: str) -> str:
    """Effect with unit and interval."""
    if entry.effect is None:
        return NONE
    return f"{_show(entry, entry.effect, language)} {unit(entry, language)}".strip() + _span(
        entry, language
    )


def alone(entry: Entry, language: str) -> str:
    """Effect and interval without the unit, where a heading has it."""
    if entry.effect is None:
        return NONE
    return _show(entry, entry.effect, language) + _span(entry, language)


def _span(entry: Entry, language: str) -> str:
    if entry.interval is None:
        return ""
    low, high = (_show(entry, value, language) for value in entry.interval)
    return f" {numerals.span(low, high, language)}"


def _show(entry: Entry, value: float, language: str) -> str:
    return numerals.percents(value, language) if is_share(entry.unit) else numerals.number(value, language)

"""Numbers as a reader meets them: thousands separated, percentages, p-values without false precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from forensics.finding import Finding

#: Below this a p-value is only said to be below it.
SMALLEST_P = 0.0001
_SHARE = "share of "


def count(value: float) -> str:
    """A whole number: 97,699."""
    return _signed(f"{round(value):,}")


def number(value: float) -> str:
    """A real number with four significant digits; from a thousand on, whole."""
    return _signed(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}")


def percent(part: float, whole: float) -> str:
    """A percentage of a total; an en dash where there is no total."""
    return f"{_percents(part / whole)} %" if whole else "–"


def pvalue(value: float | None) -> str:
    """A p-value, or that there is none."""
    if value is None:
        return "none"
    if value < SMALLEST_P:
        return f"< {SMALLEST_P:.4f}"
    return f"{value:.4f}" if value < 0.01 else f"{value:.3f}"


def effect(finding: Finding) -> str:
    """Effect with unit and interval; shares are shown as percentages."""
    if finding.effect is None:
        return "–"
    share = finding.unit.startswith(_SHARE)
    show = _percents if share else number
    unit = f"% of {finding.unit.removeprefix(_SHARE)}" if share else finding.unit
    text = f"{show(finding.effect)} {unit}".strip()
    if finding.interval is None:
        return text
    low, high = show(finding.interval.low), show(finding.interval.high)
    # Interval and its brackets stay on one line.
    return f"{text} [{low},\u00a0{high}]"


def median_effect(findings: Sequence[Finding]) -> str:
    """The median effect of several units; an en dash where none has one."""
    known = [item.effect for item in findings if item.effect is not None]
    if not known:
        return "–"
    return effect(replace(findings[0], effect=median(known), interval=None))


def _percents(share: float) -> str:
    value = 100 * share
    return _signed("0" if value == 0 else f"{value:.2f}" if abs(value) >= 0.01 else f"{value:.2g}")


def _signed(text: str) -> str:
    return text.replace("-", "−", 1) if text.startswith("-") else text

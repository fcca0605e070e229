"""Materiality: an interval of votes beside the margin, in one of three wordings and no other."""

from __future__ import annotations

from typing import Any

import numpy as np

from forensics.finding import Finding, Interval
from forensics.messages.message import Message, Sentences
from forensics.report import numerals
from forensics.report.document import AuditLike, Table
from forensics.tables.returns import Returns

SAY = Sentences(
    "report.materiality",
    caption="Votes beyond a method's own expectation, beside the margin",
    method="method",
    votes="votes [interval]",
    compared="its interval is",
    smaller="smaller than the margin",
    larger="larger than the margin",
    neither="not distinguishable from the margin",
    margin="The margin is {margin:,} {margin:plural:vote|votes}: between {first} and {second} in the "
    "precincts of this file.",
    meaning="Votes beyond a method's expectation are no votes known to be wrong, and none is taken from "
    "anybody: methods differ on one and the same file, and none says how the rest would have been cast.",
    without="{method} gives no interval, so that it is not compared.",
)
UNIT = "votes"


def wording(interval: Interval, margin: float) -> Message:
    """Smaller than, larger than, or not distinguishable from the margin.

    The whole interval has to lie below, or above; an end on the margin does neither.
    """
    if interval.high < margin:
        return SAY("smaller")
    return SAY("larger") if interval.low > margin else SAY("neither")


def margin_of(returns: Returns) -> tuple[int, str, str] | None:
    """Votes between the first two options in the precincts of a file, and the two options.

    ``None`` where there are fewer than two options, or no vote is reported.
    """
    totals = [
        (float(np.nansum(returns.votes(option))), option)
        for option in returns.options
        if np.isfinite(returns.votes(option)).any()
    ]
    if len(totals) < 2:
        return None
    # Of equals the one that stands first in the file.
    (most, first), (next_, second) = sorted(totals, key=lambda one: -one[0])[:2]
    return round(most - next_), returns.labels.get(first, first), returns.labels.get(second, second)


def materiality(audit: AuditLike, language: str = "en") -> Table | None:
    """A row per national finding that is measured in votes and has an interval.

    ``None`` where no finding is measured in votes, or there is no margin.
    """

    def say(name: str, **parameters: Any) -> str:
        return SAY(name, **parameters).text(language)

    found = [
        item
        for item in audit.findings.tested
        if item.unit == UNIT and item.effect is not None and item.scope == audit.returns.scope
    ]
    margin = margin_of(audit.returns)
    if not found or margin is None:
        return None
    votes, first, second = margin
    rows, without = [], []
    for item in found:
        if item.interval is None:
            without.append(say("without", method=_name(item)))
        else:
            rows.append(
                (_name(item), numerals.effect(item, language), wording(item.interval, votes).text(language))
            )
    return Table(
        say("caption"),
        (say("method"), say("votes"), say("compared")),
        (False, True, False),
        tuple(rows),
        (say("margin", margin=votes, first=first, second=second), *without, say("meaning")),
    )


def _name(item: Finding) -> str:
    return f"{item.method}, {item.quantity}"

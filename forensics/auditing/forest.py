"""The findings of one test over the units of a level, as one picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from forensics.finding import Finding
from forensics.messages.message import Message, Sentences, joined
from forensics.messages.units import named
from forensics.picture import Picture

#: A forest of fewer units says nothing that their table does not.
FEWEST_UNITS = 5
#: A longer one cannot be read.
MOST_UNITS = 200
#: A unit with fewer usable precincts is not drawn: it would point at single precincts.
FEWEST_PRECINCTS = 5

SAY = Sentences(
    "forest",
    title="{method}, {quantity}, by {level}",
    caption="Effect ({unit}) and its interval in each of {units:,} units of level {level}, in order of the "
    "names; hollow: too few precincts for the test; n: precincts used.{left}",
    caption_z="Statistic in each of {units:,} units of level {level}, in order of the names; hollow: too "
    "few precincts for the test; n: precincts used.{left}",
    left=" Not drawn: {few:,} {few:plural:unit|units} with fewer than {fewest} precincts or no value.",
    nation=" Dashed: all of them together, {value}.",
    many="Of {units:,} units some depart by chance: the farthest one is not the one to start from.",
)


def forest(findings: Sequence[Finding], nation: Finding | None = None) -> Picture | None:
    """One line per unit: effect and interval, or the statistic where no unit has an interval.

    Parameters
    ----------
    findings : sequence of Finding
        Of one method and quantity, one per unit of one level.
    nation : Finding, optional
        The same for all units together.

    Returns
    -------
    Picture or None
        Columns ``unit``, ``effect``, ``low``, ``high``, ``n``, ``underpowered``; ``None`` where
        fewer than five units (or more than 200) could be drawn.
    """
    by_effect = any(item.interval is not None for item in findings)

    def value(item: Finding) -> float | None:
        return item.effect if by_effect else item.statistic

    drawn = [item for item in findings if item.n >= FEWEST_PRECINCTS and value(item) is not None]
    if not FEWEST_UNITS <= len(drawn) <= MOST_UNITS:
        return None
    drawn.sort(key=lambda item: natural_order(str(item.scope)))
    first = drawn[0]
    few = len(findings) - len(drawn)
    left: list[Message] = [SAY("left", few=few, fewest=FEWEST_PRECINCTS)] if few else []
    options: dict[str, float | str] = {"xlabel": first.unit or "effect" if by_effect else "statistic"}
    total = value(nation) if nation is not None else None
    # The nation's statistic grows with the number of precincts: only its effect can stand beside units.
    if by_effect and total is not None:
        options["nation"] = total
        left.append(SAY("nation", value=Message("", "{value:.3g}", (("value", total),))))
    said: dict[str, Any] = {"level": first.scope.level, "units": len(drawn), "left": joined(*left)}
    ends = [item.interval for item in drawn]
    return Picture(
        figure="forest",
        name=f"{first.method}-{first.quantity}-by-{first.scope.level}",
        title=SAY("title", method=first.method, quantity=first.quantity, level=first.scope.level),
        caption=SAY("caption", unit=named(first.unit), **said) if by_effect else SAY("caption_z", **said),
        columns={
            "unit": np.array([str(item.scope) for item in drawn]),
            "effect": np.array([value(item) for item in drawn], dtype=np.float64),
            "low": np.array([np.nan if end is None else end.low for end in ends]),
            "high": np.array([np.nan if end is None else end.high for end in ends]),
            "n": np.array([item.n for item in drawn], dtype=np.int64),
            "underpowered": np.array([item.underpowered for item in drawn]),
        },
        options=options,
        notes=(SAY("many", units=len(drawn)),),
    )


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Sort key by which district 9 stands before district 10."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"(\d+)", name)
        if part
    ]

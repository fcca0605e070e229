"""What a voter list says besides its pairs of namesakes: serials used twice, and heaped birthdays."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.detectors.carousel._voters import Compared
from forensics.finding import Assumption, Finding
from forensics.kernels.birthdays import FIRSTS, Heaps
from forensics.messages.message import Sentences
from forensics.tables.certificates import Certificates
from forensics.tables.voters import VoterList

Codes = NDArray[np.intp]

#: Days and cohorts that a finding lists.
LISTED = 100

SAY = Sentences(
    "list_findings",
    serials="Every certificate has a serial number of its own and is used once.",
    blank="{blank:,} entries without a serial number, {unused:,} that name no place of use.",
    typed="Serial numbers typed wrongly, or shortened.",
    again="One certificate entered twice when lists were put together.",
    series="Numbers that are unique within a series or a region only, listed without it.",
    births="Days of birth vary with season, week and name days only: no day of a birth year has more than "
    "{times:g} times the births of its usual day.",
    unknown="Dates that nobody knew, written as 1 January or the first of a month.",
    registers="Registers that were made up again later, with one date for many people.",
    feasts="Customs of registering a birth on a feast day.",
    undated="{unnamed:,} entries without a name, {undated:,} without a full date of birth.",
)


def serials(ledger: Certificates) -> Finding:
    """Certificates that are on the list of used ones more than once: a proof that needs no model."""
    used = np.flatnonzero(ledger.used_at != "")
    times = np.bincount(ledger.serial[used], minlength=len(ledger.hashes))
    place = pd.factorize(ledger.used_at[used])[0]
    places = np.unique(np.column_stack([ledger.serial[used], place]), axis=0)[:, 0]
    several = np.bincount(places, minlength=len(times)) > 1
    excluded = ledger.blank + len(ledger) - len(used)
    return Finding(
        method="duplicate_voters",
        family="carousel",
        quantity="serials",
        null=SAY("serials"),
        statistic=float((times > 1).sum()),
        effect=float((times[times > 1] - 1).sum()),
        unit="uses beyond the first of a certificate",
        n=len(used),
        excluded=excluded,
        exclusion=SAY("blank", blank=ledger.blank, unused=len(ledger) - len(used)) if excluded else None,
        innocent=SAY.all("typed", "again", "series"),
        detail={
            "serials": len(times),
            "repeated": int((times > 1).sum()),
            "other_places": int(several.sum()),
            "most": int(times.max(initial=0)),
        },
    )


def pairs_of(voters: VoterList, entries: Codes, code: Codes, listed: int) -> list[list[int]]:
    """Row numbers of entries with one code, a list for each code, in order; at most so many."""
    if not listed:
        return []
    several = np.bincount(code)[code] > 1
    entries, code = entries[several], code[several]
    order = np.lexsort((voters.row[entries], code))
    entries, code = entries[order], code[order]
    parts = np.split(voters.row[entries], np.flatnonzero(np.diff(code)) + 1) if len(code) else []
    return sorted([int(row) for row in part] for part in parts)[:listed]


def birth_dates(ready: Compared, times: float, minimum: int) -> Finding:
    """Days on which far more people were born, the list says, than on others."""
    piled, years = ready.heaps, ready.cohorts.years
    n = int(piled.births.sum())
    on_heaps = int(piled.births[piled.heaped].sum())
    cohort, day = np.nonzero(piled.heaped)
    fullest = np.argsort(-piled.births[cohort, day], kind="stable")[:LISTED]
    excluded = ready.unnamed + ready.undated
    return Finding(
        method="duplicate_voters",
        family="carousel",
        quantity="birth_dates",
        null=SAY("births", times=times),
        statistic=float(len(day)),
        effect=100 * on_heaps / n if n else None,
        unit="percent of the entries with a date",
        n=n,
        excluded=excluded,
        exclusion=SAY("undated", unnamed=ready.unnamed, undated=ready.undated) if excluded else None,
        underpowered=n < minimum,
        innocent=SAY.all("unknown", "registers", "feasts"),
        assumptions=(Assumption(SAY("births", times=times), not len(day)),),
        parameters={"times": times, "minimum": minimum},
        detail={
            "heaped": on_heaps,
            "days": len(day),
            "heaps": [
                [*map(int, years[c]), day_name(d), int(piled.births[c, d]), _ratio(piled, c, d)]
                for c, d in zip(cohort[fullest].tolist(), day[fullest].tolist(), strict=True)
            ],
            "cohorts": [
                [*map(int, years[c]), int(piled.births[c].sum()), first, firsts]
                for c, (first, firsts) in enumerate(
                    zip(_rounded(piled, FIRSTS[:1]), _rounded(piled, FIRSTS[1:]), strict=True)
                )
            ][:LISTED],
            "round_years": _round_years(ready),
        },
    )


def day_name(day: int) -> str:
    """Month and day of a day number, as ``"01-01"``."""
    month = int(np.searchsorted(FIRSTS, day, side="right"))
    return f"{month:02}-{day - int(FIRSTS[month - 1]) + 1:02}"


def _ratio(piled: Heaps, cohort: int, day: int) -> float | None:
    level = float(piled.level[cohort])
    return round(float(piled.births[cohort, day]) / level, 3) if level else None


def _rounded(piled: Heaps, days: Codes) -> list[float]:
    return [round(float(value), 3) for value in piled.ratio(days)]


def _round_years(ready: Compared) -> float | None:
    """Births in years that end in 0 or 5 against a fifth of all, between the 5th and 95th of 100 people."""
    years = np.repeat(ready.cohorts.years[:, 0], ready.heaps.births.sum(axis=1).astype(np.intp))
    if not len(years):
        return None
    low, high = (int(value) for value in np.quantile(years, (0.05, 0.95)))
    span = (high - low + 1) // 5 * 5
    inside = years[(years >= low) & (years < low + span)]
    return round(float((inside % 5 == 0).mean() / 0.2), 4) if span and len(inside) else None

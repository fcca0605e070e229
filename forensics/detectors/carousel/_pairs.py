"""Pairs of one name and one date of birth: the findings of the nation and of its units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, poisson

from forensics.detectors.carousel._list_findings import pairs_of
from forensics.detectors.carousel._voters import Compared, rows_of_places
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.streams import Streams
from forensics.finding import Assumption, Finding, Interval, Skipped
from forensics.kernels.coincidences import Tally, name_bootstrap, partners, tally
from forensics.kernels.counts_above import poisson_band
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import NATIONAL, Scope
from forensics.tables.returns import Returns
from forensics.tables.voters import VoterList

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

METHOD = "duplicate_voters"
#: Shares of unused entries that poll books mark as voted by mistake, for the sensitivity.
FALSE_MARKS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.013, 0.02)
#: Pairs below which an interval is that of a Poisson count instead of the bootstrap's.
FEW = 30
#: Classes of people of one name and birth year.
CLASSES = (2, 3, 4, 6, 11, 21, 51)
#: People that the effect is a number of pairs among.
PER = 10_000

SAY = Sentences(
    "pairs",
    voted_twice="Nobody voted under two entries: pairs of voters with one name and one date of birth are "
    "namesakes who were born on the same day by chance.",
    listed_twice="Nobody is on the list twice: pairs of entries with one name and one date of birth are "
    "namesakes who were born on the same day by chance.",
    exclusion="{unnamed:,} entries without a name, {undated:,} without a full date of birth, {heaped:,} on "
    "days that are dates nobody knew and no birthdays, {others:,} that did not vote as far as is known.",
    level="The list does not name the {level} of its entries.",
    births="Birthdays within a birth year follow the days of the year and those of the first name, and "
    "nothing else that namesakes share.",
    marked="The list says who voted: a pair is two votes as far as its marks are right.",
    unmarked="The list does not say who voted: a pair is two entries, not two votes.",
    real="Dates of birth are real ones; days with far more births than others are left out.",
    moved="People with two entries after moving, marrying or changing a document, of which one was used.",
    books="A voter marked on the wrong line, so that a namesake or an old entry seems to have voted.",
    merged="Rows entered twice when lists were put together.",
    custom="Names that go with birthdays more closely than first names do in this list.",
    title="Pairs of one name and one date of birth",
    caption="Pairs by the number of people who share name and birth year, with what chance gives and its "
    "95 % band; {n:,} entries.",
    people="people of one name and birth year",
)


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    by: tuple[str | None, ...]
    minimum: int
    confidence_level: float
    n_resamples: int
    listed: int
    weight: float
    times: float

    def to_dict(self) -> dict[str, Any]:
        """The parameters that a finding states."""
        return {
            "minimum": self.minimum,
            "n_resamples": self.n_resamples,
            "weight": self.weight,
            "times": self.times,
            "listed": self.listed,
        }


def pairs(
    voters: VoterList, ready: Compared, returns: Returns | None, options: Options, streams: Streams
) -> Iterator[Finding | Skipped]:
    """Findings of those who voted, where the list says so, and of all entries where it has others."""
    marks = voters.voted
    voted = np.zeros(len(voters), dtype=bool) if marks is None else marks == 1
    if voted.any():
        yield from _quantity("voted_twice", voters, ready, voted, returns, options, streams)
    if not voted.all():
        everybody = np.ones(len(voters), dtype=bool)
        yield from _quantity("listed_twice", voters, ready, everybody, returns, options, streams)


def _quantity(
    quantity: str,
    voters: VoterList,
    ready: Compared,
    chosen: Flags,
    returns: Returns | None,
    options: Options,
    streams: Streams,
) -> Iterator[Finding | Skipped]:
    here = chosen[ready.rows]
    for level in options.by:
        if level is None:
            yield _nation(quantity, voters, ready, chosen, returns, options, streams)
        elif level not in voters.levels:
            yield Skipped(METHOD, NATIONAL, SAY("level", level=level))
        else:
            yield from _units(quantity, voters, ready, chosen, here, level, options)


def _nation(
    quantity: str,
    voters: VoterList,
    ready: Compared,
    chosen: Flags,
    returns: Returns | None,
    options: Options,
    streams: Streams,
) -> Finding:
    here = chosen[ready.rows]
    counted, group = tally(ready.found, chosen=here)
    excess = float(counted.excess.sum())
    n = int(chosen[ready.entries].sum())
    drawn = name_bootstrap(
        counted.excess, ready.found.name[group], streams.of(quantity, "names"), options.n_resamples
    )
    observed, expected = float(counted.observed.sum()), float(counted.expected.sum())
    tail = (1 - options.confidence_level) / 2
    if observed >= FEW:
        spread = float(drawn.std())
        low, high = np.quantile(drawn, [tail, 1 - tail])
    else:
        # Names drawn again can give no pair that is not there.
        spread = max(observed, expected) ** 0.5
        low, high = (float(end) - expected for end in _poisson_ends(observed, tail))
    code = ready.found.cell
    same = _same_precinct(voters.place[ready.rows][here], code[here])
    detail = {
        "standard_error": spread,
        "same_precinct": same,
        "most": int(np.bincount(code[here]).max(initial=0)) if here.any() else int(n > 0),
        "classes": _classes(counted),
        **_poll_book(quantity, voters, ready, excess),
        "pairs": pairs_of(voters, ready.rows[here], code[here], options.listed),
    }
    finding = _finding(
        quantity,
        NATIONAL if returns is None else returns.scope,
        voters,
        ready,
        (n, len(voters) - n, observed, expected, excess),
        Interval(PER * _rate(low, n), PER * _rate(high, n), options.confidence_level),
        options,
        detail,
    )
    residual = None if returns is None else _residuals(voters, ready, here, returns)
    return replace(finding, precincts=residual, pictures=(_picture(quantity, counted, n),))


def _units(
    quantity: str,
    voters: VoterList,
    ready: Compared,
    chosen: Flags,
    here: Flags,
    level: str,
    options: Options,
) -> list[Finding]:
    """Pairs within the units of one level."""
    unit, scopes = voters.units(level)
    part = unit[ready.rows].astype(np.intp)
    counted, entry = tally(ready.found, chosen=here, part=part)
    parts = int(part.max(initial=0)) + 1
    observed, expected, excess = (
        np.bincount(entry % parts, values, len(scopes))
        for values in (counted.observed, counted.expected, counted.excess)
    )
    used = ready.entries[chosen[ready.entries]]
    n, listed = (
        np.bincount(unit[rows][unit[rows] >= 0], minlength=len(scopes)) for rows in (used, slice(None))
    )
    tail = (1 - options.confidence_level) / 2
    low, high = (end - expected for end in _poisson_ends(observed, tail))
    findings = []
    for i, scope in enumerate(scopes):
        interval = None
        if n[i]:
            ends = [PER * _rate(float(k[i]), int(n[i])) for k in (low, high)]
            interval = Interval(ends[0], ends[1], options.confidence_level)
        numbers = (
            int(n[i]),
            int(listed[i] - n[i]),
            float(observed[i]),
            float(expected[i]),
            float(excess[i]),
        )
        findings.append(_finding(quantity, scope, voters, ready, numbers, interval, options, {}))
    values = adjusted(scopes, [finding.pvalue for finding in findings])
    return [
        replace(finding, detail={**finding.detail, "pvalue_adjusted": value})
        for finding, value in zip(findings, values, strict=True)
    ]


def _finding(
    quantity: str,
    scope: Scope,
    voters: VoterList,
    ready: Compared,
    numbers: tuple[int, int, float, float, float],
    interval: Interval | None,
    options: Options,
    detail: dict[str, Any],
) -> Finding:
    n, excluded, observed, expected, excess = numbers
    underpowered = n < options.minimum
    rate = _rate(excess, n)
    nation = not scope.names
    others = excluded - ready.unnamed - ready.undated - ready.heaped
    return Finding(
        method=METHOD,
        family="carousel",
        quantity=quantity,
        scope=scope,
        null=SAY(quantity),
        statistic=excess,
        pvalue=None if underpowered else float(poisson.sf(observed - 1, expected)) if observed else 1.0,
        effect=PER * rate if n else None,
        unit="pairs beyond chance per 10,000 people",
        interval=interval if n else None,
        n=n,
        excluded=excluded,
        exclusion=SAY(
            "exclusion",
            unnamed=ready.unnamed,
            undated=ready.undated,
            heaped=ready.heaped,
            others=max(others, 0),
        )
        if excluded and nation
        else None,
        underpowered=underpowered,
        assumptions=(
            Assumption(SAY("marked" if quantity == "voted_twice" else "unmarked"), None),
            Assumption(SAY("births"), None),
            Assumption(SAY("real"), not ready.heaped),
        ),
        innocent=SAY.all("moved", "books", "merged", "custom"),
        parameters=options.to_dict(),
        detail={
            "observed": int(observed),
            "expected": expected,
            "excess": excess,
            "rate": rate,
            "one_in": round(1 / rate) if rate > 0 else None,
            **detail,
        },
    )


def _poisson_ends(observed: Any, tail: float) -> tuple[Any, Any]:
    """Exact interval of a Poisson mean."""
    low = np.where(observed > 0, chi2.ppf(tail, np.maximum(2 * observed, 1)) / 2, 0.0)
    return low, chi2.ppf(1 - tail, 2 * observed + 2) / 2


def _rate(excess: float, n: int) -> float:
    """Pairs beyond chance per person: people are the entries less those that repeat one."""
    return float(excess / (n - excess)) if n > excess else 0.0


def _same_precinct(place: NDArray[np.int32], cell: Codes) -> int:
    """Pairs whose entries stand in one precinct."""
    known = place >= 0
    _, together = np.unique(np.column_stack([cell[known], place[known]]), axis=0, return_counts=True)
    return int((together * (together - 1) // 2).sum())


def _classes(counted: Tally) -> list[list[Any]]:
    edges = [*CLASSES, np.inf]
    rows = []
    for low, high in pairwise(edges):
        inside = (counted.people >= low) & (counted.people < high)
        if inside.any():
            rows.append([
                int(low), None if high == np.inf else int(high) - 1, int(inside.sum()),
                int(counted.observed[inside].sum()), float(counted.expected[inside].sum()),
            ])  # fmt: skip
    return rows


def _poll_book(quantity: str, voters: VoterList, ready: Compared, excess: float) -> dict[str, Any]:
    """What wrong marks in poll books would leave of the pairs that voted."""
    if quantity != "voted_twice" or voters.voted is None:
        return {}
    found = ready.found
    marks = voters.voted[ready.rows]
    known = float(tally(found, chosen=marks >= 0)[0].excess.sum())
    neither = float(tally(found, chosen=marks == 0)[0].excess.sum())
    # Of the people listed twice who voted at least once, those with two marks and those with one.
    voting = known - neither
    once = voting - excess
    unused = bool((voters.voted == 0).any())
    return {
        "poll_book": [[f, (excess - f * voting) / (1 - f)] for f in FALSE_MARKS] if unused else [],
        "explaining": [[f, excess / f] for f in FALSE_MARKS if f and excess > 0],
        "break_even": excess / voting if unused and excess > 0 and once > 0 else None,
    }


def _residuals(voters: VoterList, ready: Compared, here: Flags, returns: Returns) -> Floats:
    """Entries with a partner anywhere minus those by chance, per precinct; NaN where the list has none."""
    row = rows_of_places(voters, returns)
    listed = np.full(len(row) + 1, -1, dtype=np.intp)
    listed[:-1] = row
    of_entry = listed[voters.place]
    score = np.full(len(returns), np.nan)
    score[of_entry[of_entry >= 0]] = 0.0
    observed, expected = partners(ready.found, here)
    at = of_entry[ready.rows[here]]
    known = at >= 0
    np.add.at(score, at[known], (observed - expected)[known])
    return score


def _picture(quantity: str, counted: Tally, n: int) -> Picture:
    rows = _classes(counted)
    expected = np.array([row[4] for row in rows], dtype=np.float64)
    low, high = poisson_band(expected)
    names = [str(a) if a == b else f"{a} or more" if b is None else f"{a}–{b}" for a, b, *_ in rows]
    return Picture(
        figure="edge_bars",
        name=f"{METHOD}-{quantity}",
        title=SAY("title"),
        caption=SAY("caption", n=n),
        columns={
            "percent": np.array(names, dtype=str),
            "observed": np.array([row[3] for row in rows], dtype=np.int64),
            "expected": expected,
            "low": low,
            "high": high,
        },
        options={"ylabel": "pairs"},
        labels={"xlabel": SAY("people")},
    )

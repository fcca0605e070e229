"""The trace of a chain of ballots: one or two missing, the share higher, the turnout not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.carousel import _movers
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.venues import Venues, venues
from forensics.finding import Assumption, Finding, Interval
from forensics.kernels.high_counts import HighCounts, high_counts
from forensics.kernels.paired_differences import Paired, nearest_pairs, paired
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: A chain leaves at least one ballot missing; more than two are bookkeeping rather.
MISSING = (1, 2)
#: Largest difference of log ballots issued within a pair.
CALIPER = 0.25
#: Fewer pairs than this give no p-value.
FEWEST = 20
#: Level at which territories are counted (each for having looked at all), and how many are listed.
LEVEL, LISTED = 0.05, 10

SAY = Sentences(
    "chain",
    null="A ballot is carried home by accident: within a {home}, precincts where one or two are missing "
    "support {option} as do those of as many ballots issued where none is.",
    exclusion="{n:,} {n:plural:precinct|precincts} left out: a count missing, fewer than {minimum:,} "
    "registered, no named {home}, a special precinct by its venue type, or neither none nor one or two "
    "ballots missing.",
    flat="Turnout is the same in both (difference {difference:+.2f} points): a chain buys voters who come "
    "anyway, stuffing raises turnout too.",
    unknown="Whether turnout is the same in both cannot be told.",
    honest="Ballots are reported as they were counted: where protocols are made to balance, nothing is "
    "missing, and the precincts with a ballot missing are the honest ones.",
    protest="Voters who take a ballot home in protest, where support is otherwise.",
    large="Large precincts and large elections, with several papers a voter, lose a paper more easily.",
    slips="A slip in one protocol.",
)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of rows of the returns, their differences, and what they were made from."""

    returns: Returns
    venues: Venues
    option: str
    minimum: int
    home: str | None
    known: NDArray[np.bool_]
    gap: Floats
    chosen: Codes
    partner: Codes
    share: Floats
    turnout: Floats
    group: Codes
    kept: Codes
    scopes: tuple[Scope, ...]
    high: HighCounts


def pair_columns(option: str) -> tuple[str, ...]:
    """Columns that pairs are made from, besides the names of units."""
    return "registered", "issued", "ballots", f"votes_{option}", "venue_type"


def chain_findings(
    returns: Returns,
    *,
    option: str | None,
    minimum: int,
    by: str | Sequence[str | None] | None,
    confidence_level: float,
) -> list[Finding]:
    """One finding per scope, quantity ``chain``; :func:`ballot_chain` says what it holds."""
    pairs = _matched(returns, returns.option(option), max(minimum, 1))
    found: list[Finding] = []
    for level in levels_of(returns, by):
        units = returns.units(level)
        number, unit = len(units.scopes), units.codes[pairs.chosen]
        same = (unit >= 0) & (unit == units.codes[pairs.partner])
        share = paired(pairs.share[same], unit[same], number, level=confidence_level)
        turnout = paired(pairs.turnout[same], unit[same], number, level=confidence_level)
        pvalues = [
            float(p) if n >= FEWEST and math.isfinite(p) else None
            for p, n in zip(share.pvalue, share.pairs, strict=True)
        ]
        shared = adjusted(units.scopes, pvalues)
        rows = _members(units.codes, number)
        home = np.full(len(pairs.scopes), -1)
        home[pairs.group] = units.codes[pairs.kept]
        territories = _members(home, number)
        found += [
            _finding(
                pairs,
                _Result(
                    scope, level is None, i, rows[i], territories[i], share, turnout, pvalues[i], shared[i]
                ),
                confidence_level,
            )
            for i, scope in enumerate(units.scopes)
        ]
    return found


def _members(codes: Codes, number: int) -> list[Codes]:
    """Positions of each code from 0."""
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(number + 1))
    return [order[edges[i] : edges[i + 1]] for i in range(number)]


def _matched(returns: Returns, option: str, minimum: int) -> _Pairs:
    place = venues(returns)
    registered, issued = returns.counts("registered"), returns.counts("issued")
    ballots, votes = returns.counts("ballots"), returns.votes(option)
    home, homes = _movers.homes(returns)
    gap = issued - ballots
    with np.errstate(invalid="ignore", divide="ignore"):
        sound = (registered >= minimum) & (issued > 0) & (ballots > 0) & (votes >= 0) & (homes >= 0)
        sound &= ~place.special
        known = sound & ((gap == 0) | ((gap >= MISSING[0]) & (gap <= MISSING[1])))
        share, turnout = votes / ballots, issued / registered
    rows = np.flatnonzero(known)
    # In an order that does not depend on that of the rows.
    rows = rows[np.lexsort((share[rows], registered[rows], issued[rows], homes[rows]))]
    one, other = nearest_pairs(gap[rows] > 0, np.log(issued[rows]), homes[rows], caliper=CALIPER)
    chosen, partner = rows[one], rows[other]
    kept = np.flatnonzero(sound & ~np.isnan(gap))
    there, group = np.unique(homes[kept], return_inverse=True)
    lost = np.clip(gap[kept], 0, MISSING[1])
    scopes = returns.units(home).scopes
    return _Pairs(
        returns, place, option, minimum, home, known, gap, chosen, partner,
        share[chosen] - share[partner], turnout[chosen] - turnout[partner],
        group.astype(np.intp), kept, tuple(scopes[t] for t in there),
        high_counts(lost, issued[kept], group.astype(np.intp)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Result:
    """One scope: its place among the units of its level, its rows and territories."""

    scope: Scope
    national: bool
    place: int
    rows: Codes
    territories: Codes
    share: Paired
    turnout: Paired
    pvalue: float | None
    shared: float | None


def _finding(pairs: _Pairs, result: _Result, confidence_level: float) -> Finding:
    i, home = result.place, pairs.home or "nation"
    mean, half = float(result.share.mean[i]), float(result.share.half_width[i])
    turnout, wide = float(result.turnout.mean[i]), float(result.turnout.half_width[i])
    number = int(result.share.pairs[i])
    rows = result.rows
    used = rows[pairs.known[rows]]
    lost = used[pairs.gap[used] > 0]
    told = number >= 2
    flat = bool(abs(turnout) <= wide) if told else None
    return Finding(
        method="ballot_chain",
        family="carousel",
        quantity="chain",
        scope=result.scope,
        null=SAY("null", home=home, option=pairs.option),
        statistic=float(result.share.z[i]) if told else None,
        pvalue=result.pvalue,
        effect=mean if told else None,
        unit="share points between precincts that miss one or two ballots and that miss none",
        interval=Interval(mean - half, mean + half, confidence_level) if told else None,
        n=len(used),
        excluded=len(rows) - len(used),
        exclusion=SAY("exclusion", n=len(rows) - len(used), minimum=pairs.minimum, home=home)
        if len(rows) > len(used)
        else None,
        underpowered=number < FEWEST,
        assumptions=(
            Assumption(SAY("flat", difference=100 * turnout) if told else SAY("unknown"), flat),
            Assumption(SAY("honest")),
            pairs.venues.assumption(),
        ),
        innocent=(*SAY.all("protest", "large", "slips"), *pairs.venues.innocent(lost)),
        parameters={
            "option": pairs.option,
            "minimum": pairs.minimum,
            "maximum": None,
            "turnout_of": "issued",
            "share_of": "ballots",
            "missing": list(MISSING),
            "caliper": CALIPER,
            "within": pairs.home,
            "alternative": "greater",
        },
        detail={
            "pairs": number,
            "missing": len(lost),
            "turnout_difference": turnout if told else None,
            "turnout_interval": [turnout - wide, turnout + wide] if told else None,
            "turnout_flat": flat,
            **_territories(pairs, result),
            "pvalue_adjusted": result.shared,
            **pairs.venues.detail(lost),
        },
        precincts=_residual(pairs) if result.national else None,
    )


def _territories(pairs: _Pairs, result: _Result) -> dict[str, Any]:
    """Territories where more precincts miss a ballot or two than elsewhere; no test of the share."""
    pvalue = pairs.high.territory_pvalue
    tested = result.territories[~np.isnan(pvalue[result.territories])]
    # What is listed stands out among all territories, wherever they lie.
    beyond = tested[pvalue[tested] * np.count_nonzero(~np.isnan(pvalue)) <= LEVEL]
    beyond = beyond[np.lexsort((beyond, pvalue[beyond]))]
    return {
        "territories": len(tested),
        "territories_flagged": len(beyond),
        "clusters": [
            [pairs.scopes[t].key, int(pairs.high.total[t]), float(pairs.high.expected[t]), float(pvalue[t])]
            for t in beyond[:LISTED]
        ],
    }


def _residual(pairs: _Pairs) -> Floats:
    """Difference of the share from the partner, for the precincts of the pairs."""
    residual = np.full(len(pairs.returns), np.nan)
    residual[pairs.chosen] = pairs.share
    return residual

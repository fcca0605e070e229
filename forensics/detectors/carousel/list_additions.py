"""Additions to the list of voters: single precincts and whole territories beyond the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.carousel._addition_fit import (
    Fitted,
    Settings,
    clusters,
    fit,
    neighbours,
    ratio,
    territories_inside,
)
from forensics.detectors.carousel._additions import COLUMNS, GROWTH, Additions, additions
from forensics.detectors.carousel._growth_picture import growth_picture
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.registry import detector
from forensics.detectors.streams import Seed, Streams
from forensics.detectors.venues import venues
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels.concentration import dispersions
from forensics.kernels.high_counts import smallest_of_many
from forensics.messages.message import Message, Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Below this many precincts no p-value is given.
FEWEST = 100

SAY = Sentences(
    "list_additions",
    growth="Lists grow between their first and last posting in proportion to their length, as negative "
    "binomial counts, at rates that differ between units of level {home} as those of most do (log-normal): "
    "no unit lies beyond that.",
    column="Voters of the column {column} are spread in proportion to the lists, as negative binomial "
    "counts, at rates that differ between units of level {home} as those of most do (log-normal): no unit "
    "lies beyond that.",
    exclusion="{n:,} {n:plural:precinct|precincts} left out: a count missing, fewer than {minimum:,} "
    "registered, a special precinct by its venue type, or a list made up of additions altogether.",
    by_rule="Units have one precinct each that takes all transferred voters by rule: the numbers there say "
    "nothing of that precinct, and there is no p-value.",
    censored="voters_added holds increases only; where it is empty the list did not grow, and the net "
    "change is that of the two postings.",
    tail="The spread of the lower 95 % of the counts, φ = {phi:.2f}, holds for the highest too; where it "
    "does not, the flags of single precincts rank them for looking closer, and no more.",
    alone="No level has units that can be compared (two and more of at least five precincts).",
    moved="New housing, and people who moved or came of age since the list was drawn up.",
    students="Dormitories, barracks, hospitals and resorts: those who live there are added where they are.",
    errors="An old or careless list that was put right, with additions in every precinct of a town.",
    open="Where voters may vote away from home, they do so in towns, at universities and on the coast.",
)


@detector(family="carousel", needs=("registered", "|".join(COLUMNS)))
def list_additions(
    returns: Returns,
    /,
    *,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
    rate: float = 0.05,
    confidence_level: float = 0.95,
    rng: Seed = None,
    n_resamples: int = 199,
) -> Findings:
    """Voters added to the lists, supplementary lists, transfers (combined after Simes 1986).

    Null: x_i of N_i registered voters are added, negative binomial with a mean proportional to N_i;
    the rates of territories are log-normal. A bus that tours a territory raises many of its precincts:
    each territory with at least five is held against the others by its log rate, single high
    precincts capped, centre and spread of the territories read from their quartiles. The p-value is
    that of the highest of them for having looked at all (Simes).

    Parameters
    ----------
    returns : Returns
        Precinct returns with ``registered`` and any of ``voters_added``, ``registered_initial``,
        ``supplementary``, ``special_list``, ``absentee_attached`` (and ``absentee_detached``).
    minimum : int
        Smallest number of registered voters of a precinct that is used.
    by : str or sequence, optional
        Level(s); ``None`` is the nation. Territories are the lowest level with five precincts a
        unit on average; they are always compared with those of the whole returns.
    rate : float
        False discovery rate of the flags.
    confidence_level : float
        Of the interval.
    rng : int or Generator, optional
        Source of the shuffles behind ``neighbours``.
    n_resamples : int
        Number of these shuffles.

    Returns
    -------
    Findings
        One per column and scope: quantity ``voters_added`` (the growth of the list; where that
        column is missing, registered − registered_initial), ``supplementary``, ``special_list``,
        ``absentee_attached``. ``effect``: additions per 1,000 registered, its interval clustered by
        territory. ``statistic``: territories flagged. ``detail``: ``total`` (sum of the positive
        changes), ``net`` (sum of all changes; attached less detached), ``over_50``, ``over_100``
        (precincts that gained more), all over every precinct; ``dispersion`` (pooled Pearson, within
        territories), ``phi``, ``spread`` (standard deviation of the territories' log rates),
        ``flagged`` and ``flagged_voters`` (single precincts beyond the others of their territory,
        Benjamini–Hochberg over all; no p-value rests on them), ``territories`` tested,
        ``territories_flagged``, ``clusters`` ([territory, precincts, added, expected, p, adjusted
        p] of the flagged), ``pvalue_adjusted``, ``neighbours`` ({pairs, by, correlation, pvalue}:
        whether high residuals lie side by side within territories; the nation only), ``apart``
        ({special, whole_list}: [precincts, added]), ``by_rule``, ``censored``, and the venues of
        the flagged precincts. ``precincts``: x − expected from the others of the territory.

    Raises
    ------
    ConfigError
        If a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: new housing, students and soldiers, lists put right, voting away from
    home. Single precincts do lie far beyond the others in honest elections: on the supplementary
    lists of Romania 2024 nearly all of the highest, and of 2016 half of them, are universities,
    canteens and schools of university towns (the others of 2016 are villages, for which no reason is
    known); territories do not. In Hungary 2022 one precinct
    of each municipality takes all transferred voters by rule. Breaks where a territory holds an old
    town and a new estate. Blind to additions in single precincts, or spread over all territories
    alike; and hardly able to see a few dozen in each precinct of one territory where the
    territories' rates differ by a factor of two and more by themselves. In simulated elections
    none of 920 honest ones has p ≤ .05; buses with 30 voters a stop in 5 % of the territories are found
    in 14 of 15, with 60 in all, with 10 in none.

    References
    ----------
    Simes, R. (1986). Biometrika 73, 751-754. Benjamini, Y. and Hochberg, Y. (1995). JRSS B 57,
    289-300. Bühlmann, H. (1967). ASTIN Bulletin 4, 199-207 (credibility).
    """
    if not 0 < rate < 1:
        raise ConfigError(f"rate is a share between 0 and 1, both excluded, not {rate}")
    settings = Settings(max(minimum, 1), rate, confidence_level, n_resamples, Streams(rng))
    place = venues(returns)
    found: list[Finding] = []
    for listed in additions(returns):
        fitted = fit(returns, place, listed, settings)
        for level in levels_of(returns, by):
            found += _of_level(fitted, level, settings)
    return Findings(found)


@dataclass(frozen=True, slots=True)
class _Result:
    """One scope: all its rows, positions among the kept rows, and the territories within it."""

    scope: Scope
    national: bool
    every: Codes
    rows: Codes
    territories: Codes
    dispersion: float


def _of_level(fitted: Fitted, level: str | None, settings: Settings) -> list[Finding]:
    units = fitted.returns.units(level)
    number, unit = len(units.scopes), units.codes[fitted.kept]
    named = np.flatnonzero(unit >= 0)
    width = len(fitted.territories) + 1
    groups = np.unique(unit[named] * width + fitted.group[named], return_inverse=True)[1].astype(np.intp)
    x, size = (values[fitted.kept][named] for values in (fitted.listed.x, fitted.registered))
    rate = np.bincount(groups, x) / np.maximum(np.bincount(groups, size), 1.0)
    spread = dispersions(x, rate[groups] * size, group=groups, unit=unit[named], units=number)
    every, kept = _members(units.codes, number), _members(unit, number)
    territories = _members(territories_inside(fitted, unit), number)
    results = [
        _Result(scope, level is None, every[i], kept[i], territories[i], float(spread.value[i]))
        for i, scope in enumerate(units.scopes)
    ]
    pvalues = [_pvalue(fitted, result) for result in results]
    shared = adjusted([result.scope for result in results], pvalues)
    return [
        _finding(fitted, result, pvalue, value, settings)
        for result, pvalue, value in zip(results, pvalues, shared, strict=True)
    ]


def _members(codes: Codes, number: int) -> list[Codes]:
    """Positions of each code from 0."""
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(number + 1))
    return [order[edges[i] : edges[i + 1]] for i in range(number)]


def _pvalue(fitted: Fitted, result: _Result) -> float | None:
    own = fitted.high.territory_pvalue[result.territories]
    few = len(fitted.kept) < FEWEST
    return None if few or fitted.by_rule or np.isnan(own).all() else smallest_of_many(own)


def _finding(
    fitted: Fitted, result: _Result, pvalue: float | None, shared: float | None, settings: Settings
) -> Finding:
    listed, returns, level = fitted.listed, fitted.returns, settings.confidence_level
    used = fitted.kept[result.rows]
    n, excluded = len(used), len(result.every) - len(used)
    flagged = used[fitted.flagged[used]]
    added = listed.x[used]
    effect, half = ratio(added, fitted.registered[used], fitted.group[result.rows], level)
    beyond = clusters(fitted, result.territories, settings.rate)
    residual = None
    if result.national:
        residual = np.full(len(returns), np.nan)
        residual[used] = added - fitted.high.mean[result.rows]
    return Finding(
        method="list_additions",
        family="carousel",
        quantity=listed.quantity,
        scope=result.scope,
        null=_null(fitted),
        statistic=float(beyond["territories_flagged"]) if beyond["territories"] else None,
        pvalue=pvalue,
        effect=1000 * effect if n else None,
        unit="voters added per 1,000 registered",
        interval=None
        if half is None
        else Interval(1000 * max(effect - half, 0.0), 1000 * (effect + half), level),
        n=n,
        excluded=excluded,
        exclusion=SAY("exclusion", n=excluded, minimum=settings.minimum) if excluded else None,
        underpowered=len(fitted.kept) < FEWEST or not beyond["territories"],
        assumptions=tuple(_assumptions(fitted, beyond["territories"])),
        innocent=(*_innocent(fitted), *fitted.venues.innocent(flagged)),
        parameters={
            "minimum": settings.minimum,
            "maximum": None,
            "turnout_of": returns.turnout_of,
            "rate": settings.rate,
            "n_resamples": settings.n_resamples,
            "within": fitted.home,
        },
        detail={
            **_totals(listed, result.every),
            "dispersion": result.dispersion if np.isfinite(result.dispersion) else None,
            "phi": fitted.high.phi,
            "spread": fitted.high.spread,
            "flagged": len(flagged),
            "flagged_voters": int(listed.x[flagged].sum()),
            **beyond,
            "pvalue_adjusted": shared,
            "neighbours": neighbours(fitted, settings) if result.national else None,
            "apart": _apart(fitted, result.every),
            "by_rule": fitted.by_rule,
            "censored": listed.censored,
            **fitted.venues.detail(flagged),
        },
        precincts=residual,
        pictures=growth_picture(listed.quantity, added, fitted.high, result.scope)
        if result.national
        else (),
    )


def _totals(listed: Additions, every: Codes) -> dict[str, int]:
    change = listed.change[every]
    gained = change if listed.quantity == "absentee_attached" else listed.x[every]
    gained = gained[~np.isnan(gained)]
    return {
        "total": int(gained[gained > 0].sum()),
        "net": int(np.nansum(change)),
        "over_50": int(np.count_nonzero(gained > 50)),
        "over_100": int(np.count_nonzero(gained > 100)),
    }


def _apart(fitted: Fitted, every: Codes) -> dict[str, list[int]]:
    special = fitted.venues.special[every]
    kinds = {"special": special, "whole_list": fitted.whole[every] & ~special}
    x = fitted.listed.x[every]
    return {name: [int(rows.sum()), int(np.nansum(x[rows]))] for name, rows in kinds.items()}


def _null(fitted: Fitted) -> Message:
    home = fitted.home or "nation"
    if fitted.listed.quantity == GROWTH:
        return SAY("growth", home=home)
    return SAY("column", column=fitted.listed.quantity, home=home)


def _assumptions(fitted: Fitted, territories: int) -> list[Assumption]:
    told = [fitted.venues.assumption(), Assumption(SAY("tail", phi=fitted.high.phi))]
    if not territories:
        told.append(Assumption(SAY("alone"), False))
    if fitted.by_rule:
        told.append(Assumption(SAY("by_rule"), False))
    if fitted.listed.censored:
        told.append(Assumption(SAY("censored"), True))
    return told


def _innocent(fitted: Fitted) -> tuple[Message, ...]:
    first = SAY.all("by_rule") if fitted.by_rule else ()
    if fitted.listed.quantity == GROWTH:
        return (*first, *SAY.all("moved", "students", "errors"))
    return (*first, *SAY.all("open", "students"))

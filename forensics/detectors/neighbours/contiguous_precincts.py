"""Precincts of one building against each other: the same neighbourhood, divided by a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.neighbours._buildings import (
    Shared,
    compared,
    counts_of,
    paired,
    shared_buildings,
)
from forensics.detectors.neighbours._discordance import DISCORDANT, Measured, Table, excess, measure, tables
from forensics.detectors.registry import detector
from forensics.detectors.shares import Votes, looked_at
from forensics.detectors.streams import Seed, Streams
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Skipped
from forensics.kernels.buildings import apart
from forensics.kernels.cells import cells
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

METHOD = "contiguous_precincts"
#: Buildings below which a finding is underpowered.
FEWEST = 30

SAY = Sentences(
    "contiguous_precincts",
    null="Precincts of one building differ in {quantity} no more than those of calm buildings do: the half "
    "of the buildings whose precincts lie closest together says how far.",
    null_baseline="The precincts of as many buildings lie far apart in {quantity} now as then, each time "
    "against the calm half of the buildings of that election.",
    nowhere="The returns have neither buildings nor coordinates (lat, lon): nobody is known to share one.",
    alone="No two precincts of {minimum:,} registered voters or more in one building report {quantity}.",
    unmatched="{n:,} buildings have two precincts that are also in the earlier returns; the comparison "
    "needs {fewest}.",
    half="At least half of the buildings are counted honestly, and honest differences beyond theirs are "
    "rare. Clean national elections have up to twice as many as that, hence no p-value without an earlier "
    "election.",
    trusted="The earlier election was counted honestly in these buildings, with lists divided as now.",
    lists="Lists of different kinds: new blocks, dormitories, hospital wards or barracks that all belong "
    "to one of the precincts.",
    points="Buildings that are not the same: one point for a street, an estate or a village.",
    home="Voters of one list who vote at home or early, booked with one of the precincts.",
    title="Precincts of one building: {quantity}",
    caption="Each point: precincts against the others of their building ({n:,} precincts, {buildings:,} "
    "buildings); between the dashed lines: 95 % of precincts of middle size, were all as calm as half of "
    "the buildings are. Marked: buildings beyond chance (false discovery rate 5 %).",
    others="the others of the building, %",
    own="{quantity} of the precinct, %",
)


@dataclass(frozen=True, slots=True)
class _Options:
    by: tuple[str | None, ...]
    minimum: int
    largest: int
    confidence_level: float
    n_resamples: int


@detector(family="neighbours", needs=("registered", "ballots|issued|votes"))
def contiguous_precincts(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    previous: Any = None,
    minimum: int = 100,
    largest: int = 8,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 499,
    rng: Seed = 0,
) -> Findings:
    """Precincts that share a building: far apart where their lists are alike, after Cantú (2014).

    Null: precincts of one building differ only as calm buildings' do. Their counts are binomial,
    with a variance κ of honest shares on the logit scale: the one at which half of the buildings of
    like turnout (or share) lie closer together than chance gives. With ``previous``: there are as
    many buildings beyond that now as then, but for chance.

    Parameters
    ----------
    returns : Returns
        With ``building``, else with ``lat`` and ``lon``: the same coordinates are one building.
    option : str, optional
        Option whose share is looked at (by default the leader), or ``"all"``.
    previous : Returns, optional
        A trusted election of the same precincts: the baseline, without which there is no p-value.
    minimum : int
        Fewest registered voters of a precinct.
    largest : int
        More precincts than this in one place are a town's point, not a building.
    by : str or sequence, optional
        Level(s); ``None`` is the nation.
    confidence_level : float
        Of the intervals.
    n_resamples : int
        Exchanges of the two elections, building by building.
    rng : int or Generator
        Source of the exchanges.

    Returns
    -------
    Findings
        Quantities ``turnout`` and ``share`` (``share_<option>``). ``statistic``: discordant
        buildings, whose p-value is at most .05 (pairs: hypergeometric, on counts divided by the
        design effect; more precincts: χ²). ``effect``: their share beyond that of the baseline, or
        without one beyond 5 %, in points. ``pvalue``: one-sided, by exchanging the two elections
        building by building; None without a baseline. ``detail``: ``buildings``, ``pairs``,
        ``discordant``, ``share``, ``flagged`` (false discovery rate 5 %), ``dispersion`` (Pearson's
        φ under binomial counts alone), ``exact`` (share of pairs with p ≤ .05 in the hypergeometric
        test on the counts as they are), ``calm`` ([share, √κ] at either end), ``place``, ``baseline``
        ({buildings, now, then, only_now, only_then, dispersion} or None), ``venue_types``,
        ``special`` and ``proxy`` of the flagged precincts; for units ``pvalue_adjusted``.
        ``precincts``: z against the others of the building.

    Raises
    ------
    ConfigError
        If an option, a level or a parameter is unknown, or ``previous`` is no Returns.

    Notes
    -----
    Innocent explanations: lists that are not of one kind, one point for several buildings, voters
    at home booked with one precinct. Breaks where the same hand treats all precincts of a building
    alike: they then agree. Honest differences have heavier tails than normal ones: the clean
    Romanian election of 2016 has twice as many discordant buildings as chance, so that without a
    baseline the number is described, not tested.

    References
    ----------
    Cantú, F. (2014). Identifying irregularities in Mexican local elections. American Journal of
    Political Science 58, 936-951.
    """
    if previous is not None and not isinstance(previous, Returns):
        raise ConfigError(
            "previous is the Returns of the earlier election (forensics.read_returns), not "
            f"{type(previous).__name__}"
        )
    shared = shared_buildings(returns, minimum, largest)
    if shared is None:
        return Findings([Skipped(METHOD, returns.scope, SAY("nowhere"))])
    options = _Options(levels_of(returns, by), minimum, largest, confidence_level, n_resamples)
    streams = Streams(rng)
    found: list[Finding | Skipped] = []
    if returns.has(returns.turnout_of):
        found += _quantity(returns, previous, shared, None, options, streams)
    if returns.options and returns.has("ballots"):
        for votes in looked_at(returns, option):
            found += _quantity(returns, previous, shared, votes, options, streams)
    return Findings(found)


def _quantity(
    returns: Returns,
    previous: Returns | None,
    shared: Shared,
    votes: Votes | None,
    options: _Options,
    streams: Streams,
) -> list[Finding | Skipped]:
    quantity = "turnout" if votes is None else votes.quantity
    column = returns.turnout_of
    if previous is not None and not previous.has(column):
        column = "ballots"
    now = counts_of(returns, votes, column)
    data = compared(shared.code, *now)
    if data is None:
        reason = SAY("alone", minimum=options.minimum, quantity=quantity)
        return [Skipped(METHOD, returns.scope, reason)]
    measured = measure(data)
    before: tuple[Measured, Measured] | None = None
    if previous is not None:
        earlier = _earlier_counts(previous, votes, column)
        both = None if earlier is None else paired(shared.code, returns, previous, now, earlier)
        if both is None or len(both[0].blocks.size) < FEWEST:
            n = 0 if both is None else len(both[0].blocks.size)
            return [Skipped(METHOD, returns.scope, SAY("unmatched", n=n, fewest=FEWEST))]
        before = measure(both[0]), measure(both[1])
    findings: list[Finding] = []
    for level in options.by:
        units = returns.units(level)
        rows = np.bincount(units.codes[units.codes >= 0], minlength=len(units.scopes))
        of_block = measured.units(units.codes)
        against: Sequence[Table | None] = [None] * len(units.scopes)
        if before is not None:
            rng = streams.of(quantity, level or "nation")
            of_pair = before[0].units(units.codes)
            against = tables(*before, of_pair, len(units.scopes), rng, options.n_resamples)
        for i, scope in enumerate(units.scopes):
            here = of_block == i
            findings.append(
                _finding(
                    returns, shared, quantity, scope, measured, here, against[i], int(rows[i]), options
                )
            )
    values = adjusted([f.scope for f in findings], [f.pvalue for f in findings])
    residual = np.full(len(returns), np.nan)
    residual[data.rows] = apart(data.blocks, measured.kappa)
    return [
        replace(f, precincts=residual, pictures=(_picture(quantity, measured),))
        if f.scope == returns.scope
        else replace(f, detail={**f.detail, "pvalue_adjusted": value})
        for f, value in zip(findings, values, strict=True)
    ]


def _earlier_counts(previous: Returns, votes: Votes | None, column: str) -> tuple[Floats, Floats] | None:
    """The same quantity then: the option of that name, else the one that led."""
    if votes is None:
        return counts_of(previous, None, column) if previous.has(column) else None
    if not previous.has("ballots") or not previous.leader:
        return None
    name = votes.option if votes.option in previous.options else previous.leader
    return counts_of(previous, replace(votes, votes=previous.votes(name)), column)


def _finding(
    returns: Returns,
    shared: Shared,
    quantity: str,
    scope: Scope,
    measured: Measured,
    here: Flags,
    table: Table | None,
    rows: int,
    options: _Options,
) -> Finding:
    """One scope of so many rows: the buildings ``here``."""
    b, blocks = int(here.sum()), measured.data.blocks
    n = int(blocks.size[here].sum())
    discordant = int((measured.discordant & here).sum())
    beyond = excess(discordant, b, table, options.confidence_level)
    flagged = measured.data.rows[(measured.flagged & here)[blocks.block]]
    underpowered = (b if table is None else table.buildings) < FEWEST
    return Finding(
        method=METHOD,
        family="neighbours",
        quantity=quantity,
        scope=scope,
        null=SAY("null" if table is None else "null_baseline", quantity=quantity.replace("_", " of ")),
        statistic=float(discordant),
        pvalue=None if table is None or underpowered else table.pvalue,
        effect=None if beyond is None else beyond[0],
        unit="points of the buildings",
        interval=None if beyond is None else beyond[1],
        n=n,
        excluded=rows - n,
        exclusion=shared.exclusion(rows, n) if scope == returns.scope else None,
        underpowered=underpowered,
        assumptions=(Assumption(SAY("half" if table is None else "trusted"), None), *shared.assumptions()),
        innocent=(*SAY.all("lists", "points", "home"), *shared.venues.innocent(flagged)),
        parameters={
            "minimum": options.minimum,
            "largest": options.largest,
            "n_resamples": options.n_resamples,
            "discordant": DISCORDANT,
            "fewest": FEWEST,
            "turnout_of": returns.turnout_of,
            "share_of": "ballots",
            "baseline": table is not None,
        },
        detail={
            "buildings": b,
            "pairs": int((blocks.size[here] == 2).sum()),
            "discordant": discordant,
            "share": discordant / b if b else None,
            "flagged": int((measured.flagged & here).sum()),
            "dispersion": measured.dispersion(here),
            "exact": measured.rejected_pairs(here),
            "calm": measured.line(),
            "place": shared.place,
            "baseline": None if table is None else table.to_dict(),
            **shared.venues.detail(flagged),
        },
    )


def _picture(quantity: str, measured: Measured) -> Picture:
    blocks = measured.data.blocks
    x, n = (np.bincount(blocks.block, v)[blocks.block] for v in (blocks.x, blocks.n))
    others = (x - blocks.x) / (n - blocks.n)
    spread = measured.deviation()
    own, flagged = 100 * blocks.x / blocks.n, measured.flagged[blocks.block]
    # A row per precinct is not for publication; those that stand out stay apart from the others.
    into = cells((100 * others, own, flagged.astype(np.float64)))
    words = quantity.replace("_", " of ")
    return Picture(
        figure="matched_pairs",
        name=f"{METHOD}-{quantity}",
        title=SAY("title", quantity=words),
        caption=SAY("caption", n=len(blocks.n), buildings=len(blocks.size)),
        columns={
            "others": into.mean(100 * others),
            "own": into.mean(own),
            "half": into.mean(100 * 1.96 * spread),
            "flagged": into.count(flagged) > 0,
            "precincts": into.n,
            "beyond": into.count(flagged),
        },
        labels={"xlabel": SAY("others"), "ylabel": SAY("own", quantity=words)},
    )

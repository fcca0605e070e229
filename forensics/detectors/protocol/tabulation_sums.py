"""Precincts summed against the totals that were reported for their units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.protocol._rows import sign_test
from forensics.detectors.registry import detector
from forensics.finding import Finding, Findings, Skipped
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES, is_option
from forensics.tables.second import Totals

Floats = NDArray[np.float64]

#: Units listed by name where their total differs most.
LISTED = 20

SAY = Sentences(
    "tabulation_sums",
    null="What is reported in {quantity} for each {level} is the sum of its precincts.",
    null_nation="What is reported in {quantity} for the nation is the sum of its precincts.",
    exclusion="{totals:,} {n_totals:plural:total|totals} without precincts, {units:,} "
    "{n_units:plural:unit|units} without a total, {incomplete:,} with a precinct that did not report.",
    none="No {level} has both a total and precincts that all report {quantity}.",
    quantities="The totals and the returns have no count in common.",
    level="The totals hold no row for the level {level}.",
    late="The totals were published before the last protocols came in, or after corrections that the "
    "precinct file does not have.",
    special="Votes counted above the precinct (postal, electronic, abroad) that belong to no row.",
    slips="A protocol entered under the neighbouring unit: the differences of two units then cancel.",
    ordered="A recount or a court order that changed the total and not the precincts.",
)


@detector(family="protocol", tables=("totals",))
def tabulation_sums(
    returns: Returns,
    /,
    *,
    totals: Any = None,
    option: str | None = None,
    by: str | Sequence[str | None] | None = None,
) -> Findings:
    """Sum of the precincts against the totals reported above them, after Callen and Long (2015).

    Null: each reported total is the sum of its precincts. Exact, so there is no p-value and no
    interval; whether the differences lean towards the leader is a sign test in ``detail``.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    totals : Totals, DataFrame or path
        Reported totals: level columns and counts; the lowest level filled says what a row is a
        total of, a row without any is the nation's.
    option : str, optional
        Option that a difference may favour; by default the leader.
    by : str or sequence, optional
        Level(s) to compare, ``"national"`` included; by default all that the totals hold.

    Returns
    -------
    Findings
        One per level and quantity; ``quantity`` is ``<column>.<level>`` (``leader_votes.region``).
        ``statistic``: units whose total differs. ``effect``: net difference, reported minus
        summed, per 1,000 summed. ``n``: units compared. ``detail``: ``net``, ``absolute``,
        ``reported``, ``summed``, ``differing`` ([unit, reported, summed, difference] of the
        largest), ``without_precincts``, ``without_total``, ``incomplete`` (numbers of units),
        ``favour_leader`` of ``compared`` differing units (more for the leader, or less for
        another option; none for other counts) and ``sign_pvalue``.

    Raises
    ------
    ConfigError
        If an option, a level or a parameter is unknown.
    ReturnsError
        If the totals have no such columns or cannot be read.

    Notes
    -----
    Innocent explanations: totals published before the last protocols or after corrections, votes
    counted above the precinct, a protocol entered under the neighbouring unit. Breaks where the
    totals were themselves computed from the same file: they then agree whatever was counted.

    References
    ----------
    Callen, M. and Long, J. (2015). Institutional corruption and election fraud: evidence from a
    field experiment in Afghanistan. American Economic Review 105, 354-381.
    """
    returns = returns if option is None else returns.with_leader(option)
    table = Totals.read(totals)
    shared = [c for c in table.quantities if returns.has(c)]
    if not shared:
        return Findings([Skipped("tabulation_sums", returns.scope, SAY("quantities"))])
    rows = {scope: row for row, scope in enumerate(table.scopes(returns.levels))}
    present = ["national", *(returns.levels or ())]
    wanted = [level for level in present if any(scope.level == level for scope in rows)]
    if by is not None:
        levels = [by] if isinstance(by, str) else ["national" if level is None else level for level in by]
        levels_of(returns, [level for level in levels if level != "national"])
        wanted = levels
    items: list[Finding | Skipped] = []
    for level in wanted:
        at = {scope: row for scope, row in rows.items() if scope.level == level}
        if not at:
            items.append(Skipped("tabulation_sums", returns.scope, SAY("level", level=level)))
            continue
        items += [_finding(returns, table, level, at, column) for column in shared]
    return Findings(items)


def _finding(
    returns: Returns, table: Totals, level: str, rows: dict[Scope, int], column: str
) -> Finding | Skipped:
    units = returns.units(None if level == "national" else level)
    counts, known = returns.counts(column), units.codes >= 0
    codes, m = units.codes[known], len(units.scopes)
    summed = np.bincount(codes, np.nan_to_num(counts[known]), m).astype(np.float64)
    silent = np.bincount(codes, np.isnan(counts[known]), m) > 0
    cells = table.table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    reported = np.array([cells[rows[scope]] if scope in rows else np.nan for scope in units.scopes])
    here = set(units.scopes)
    without_precincts = sum(scope not in here for scope in rows)
    without_total = int(np.isnan(reported).sum())
    incomplete = int((silent & ~np.isnan(reported)).sum())
    usable = ~np.isnan(reported) & ~silent
    quantity = "leader_votes" if returns.leader and column == VOTES + returns.leader else column
    if not usable.any():
        return Skipped("tabulation_sums", returns.scope, SAY("none", level=level, quantity=quantity))
    difference = np.where(usable, reported - summed, 0.0)
    differing = np.flatnonzero(difference)
    excluded = without_precincts + without_total + incomplete
    total, net = float(summed[usable].sum()), float(difference.sum())
    return Finding(
        method="tabulation_sums",
        family="protocol",
        quantity=f"{quantity}.{level}",
        scope=returns.scope,
        null=SAY("null_nation", quantity=quantity)
        if level == "national"
        else SAY("null", quantity=quantity, level=level),
        statistic=float(len(differing)),
        effect=1000 * net / total if total > 0 else None,
        unit="per 1,000 of the sum",
        n=int(usable.sum()),
        excluded=excluded,
        exclusion=SAY(
            "exclusion", totals=without_precincts, n_totals=without_precincts, units=without_total,
            n_units=without_total, incomplete=incomplete,
        )
        if excluded
        else None,
        innocent=SAY.all("late", "special", "slips", "ordered"),
        parameters={"level": level, "column": column, "option": returns.leader},
        detail={
            "net": net,
            "absolute": float(np.abs(difference).sum()),
            "reported": float(reported[usable].sum()),
            "summed": total,
            "differing": _listed(units.scopes, reported, summed, difference, differing),
            "without_precincts": without_precincts,
            "without_total": without_total,
            "incomplete": incomplete,
            **_leaning(quantity, difference[differing]),
        },
    )  # fmt: skip


def _listed(
    scopes: tuple[Scope, ...], reported: Floats, summed: Floats, difference: Floats, rows: NDArray[np.intp]
) -> list[list[Any]]:
    order = rows[np.argsort(-np.abs(difference[rows]), kind="stable")][:LISTED]
    return [[str(scopes[i]), float(reported[i]), float(summed[i]), float(difference[i])] for i in order]


def _leaning(quantity: str, difference: Floats) -> dict[str, Any]:
    """Differing units whose total is better for the leader than the sum of its precincts."""
    if quantity == "leader_votes":
        favour = int((difference > 0).sum())
    elif is_option(quantity):
        favour = int((difference < 0).sum())
    else:
        return {"favour_leader": None, "compared": 0, "sign_pvalue": None}
    return {
        "favour_leader": favour,
        "compared": len(difference),
        "sign_pvalue": sign_test(favour, len(difference)),
    }

"""Announced totals that are exactly a rounded percentage of their own sum."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from forensics.detectors.registry import detector
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings, Skipped
from forensics.kernels.rounded import RoundedTotals, rounded_shares
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns
from forensics.tables.roles import is_option
from forensics.tables.second import Totals

#: With fewer totals than this to a rounded percentage, nearly every total is close to one.
FEWEST_IN_CELL = 10

SAY = Sentences(
    "rounded_totals",
    null="Given their sum and their percentages rounded to {decimals} {decimals:plural:decimal|decimals}, "
    "all totals with those percentages are equally likely.",
    exclusion="{n:,} {n:plural:option|options} without votes or without a total.",
    few="Fewer than two options have a total of at least one vote.",
    options="The totals have no column of votes by option.",
    published="The announcement was itself made from rounded percentages by an editor, and the exact "
    "totals were published elsewhere.",
    typed="Percentages and sum were read out, and somebody else turned them into votes.",
    searched="One announcement chosen from many because it looks round: of {vectors} such vectors one is "
    "this one, but many announcements are made.",
    small="Small sums: with few votes nearly every total is a rounded percentage.",
)


@detector(family="protocol", tables=("totals",))
def rounded_totals(returns: Returns, /, *, totals: Any = None, decimals: int = 1) -> Findings:
    """Totals that are exactly a rounded percentage of their sum, as announced in Venezuela in 2024.

    Null: given the sum S and each option's share rounded to ``decimals``, all vectors of totals
    with those shares and that sum are equally likely: the last digits are free. If every total is
    the whole number nearest to its rounded percentage of S, the p-value is 1 / (number of such
    vectors), counted exactly; if only some are, it is P(M ≥ matched) with each total spread evenly
    over the numbers of its own rounded share.

    Parameters
    ----------
    returns : Returns
        Precinct returns; only their levels are used.
    totals : Totals, DataFrame or path
        Announced totals: ``votes_<option>`` columns and, where there is more than the nation, level
        columns. Every row is tested.
    decimals : int
        Decimals of the percentages, 0 to 4.

    Returns
    -------
    Findings
        One per row of the totals, ``quantity`` ``"votes"``. ``statistic``: totals that match.
        ``effect``: matching share less the share expected by chance. ``n``: options with votes.
        ``detail``: ``sum``, ``cells`` ([column, votes, percentage, nearest, distance]),
        ``matched``, ``expected`` (matches expected by chance), ``log10_vectors``.

    Raises
    ------
    ConfigError
        If ``decimals`` is not from 0 to 4, or a parameter is unknown.
    ReturnsError
        If the totals have no such columns or cannot be read.

    Notes
    -----
    Innocent explanations: an announcement turned from percentages into votes by whoever read it
    out. Breaks with small sums (with one decimal no p-value is given below 10,000), and where one of many
    announcements was chosen because it looked round: correct for how many were looked at. Options
    without votes are left out: nought is a rounded percentage of every sum.

    References
    ----------
    The announcement of 29 July 2024: 5,150,092, 4,445,978 and 462,704 votes are 51.2, 44.2 and
    4.6 % of 10,058,774. The number of vectors is counted here by inclusion and exclusion.
    """
    if not 0 <= decimals <= 4:
        raise ConfigError(f"decimals is {decimals}; percentages are rounded to 0 to 4 decimals")
    table = Totals.read(totals)
    columns = [c for c in table.quantities if is_option(c)]
    if not columns:
        return Findings([Skipped("rounded_totals", returns.scope, SAY("options"))])
    cells = table.table[columns].to_numpy(dtype=np.float64, na_value=np.nan)
    return Findings(
        _finding(scope, dict(zip(columns, row.tolist(), strict=True)), decimals)
        for scope, row in zip(table.scopes(returns.levels), cells, strict=True)
    )


def _finding(scope: Scope, row: dict[str, float], decimals: int) -> Finding | Skipped:
    votes = {column: int(x) for column, x in row.items() if x > 0}
    if len(votes) < 2:
        return Skipped("rounded_totals", scope, SAY("few"))
    result = rounded_shares(list(votes.values()), decimals)
    expected = math.fsum(1 / cell.width for cell in result.cells)
    left_out = len(row) - len(votes)
    fewest = FEWEST_IN_CELL * 100 * 10**decimals
    underpowered = result.total < fewest
    k = len(result.cells)
    return Finding(
        method="rounded_totals",
        family="protocol",
        quantity="votes",
        scope=scope,
        null=SAY("null", decimals=decimals),
        statistic=float(result.matched),
        pvalue=None if underpowered else result.pvalue,
        effect=(result.matched - expected) / k,
        unit="share of totals",
        n=k,
        excluded=left_out,
        exclusion=SAY("exclusion", n=left_out) if left_out else None,
        underpowered=underpowered,
        innocent=(
            *SAY.all("published", "typed", "small"),
            SAY("searched", vectors=f"10^{math.log10(result.vectors):.1f}"),
        ),
        parameters={"decimals": decimals, "fewest": fewest},
        detail={
            "sum": result.total,
            "cells": _cells(votes, result),
            "matched": result.matched,
            "expected": expected,
            "log10_vectors": math.log10(result.vectors),
        },
    )


def _cells(votes: dict[str, int], result: RoundedTotals) -> list[list[Any]]:
    return [
        [column, cell.votes, cell.share, cell.nearest, cell.votes - cell.nearest]
        for column, cell in zip(votes, result.cells, strict=True)
    ]

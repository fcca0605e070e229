"""Copies of protocols that observers carried away, against the rows that were tabulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.detectors.protocol._rows import sign_test
from forensics.detectors.registry import detector
from forensics.finding import Assumption, Finding, Findings, Skipped
from forensics.messages.message import Sentences
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES
from forensics.tables.second import COPY_TYPES, Copies

Floats = NDArray[np.float64]

#: With fewer differing precincts no outcome of a two-sided sign test reaches .05.
FEWEST = 6

SAY = Sentences(
    "protocol_copies",
    null="A protocol was tabulated as it was copied; where the two differ, {quantity} are as often higher "
    "as lower.",
    exclusion="{unmatched:,} copies of no tabulated precinct, {ambiguous:,} of a key that the returns hold "
    "twice, {disagreeing:,} precincts whose copies disagree, {silent:,} where one side has no number.",
    none="No copy has a number of {quantity} to compare.",
    quantities="The copies and the returns have no count in common.",
    sample="The precincts with copies stand for the others: observers went where they could or where they "
    "expected trouble.",
    slips="Slips in copying by hand or from a photograph.",
    corrected="A protocol corrected openly after the copy was handed out, with a repeated count.",
    unsigned="Copies of a draft, or without stamp and signatures.",
)


@dataclass(frozen=True, eq=False)
class _Matched:
    """Copies with the row each belongs to: −1 no such row, −2 a key that occurs twice."""

    rows: NDArray[np.intp]
    key: tuple[str, ...]


@detector(family="protocol", tables=("copies",))
def protocol_copies(returns: Returns, /, *, copies: Any = None, option: str | None = None) -> Findings:
    """Tabulated row minus copy of its protocol, option by option, after Callen and Long (2015).

    Null: protocols are tabulated as they were copied; slips go up as often as down, so the
    number of differing precincts where the table has more is binomial with chance one half.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    copies : Copies, DataFrame or path
        Copies of protocols: precinct key (columns shared with the returns), ``copy_type``
        (wall or observer) and counts.
    option : str, optional
        Option of the first finding; by default the leader.

    Returns
    -------
    Findings
        One per count that both tables have, the leader's votes first (``leader_votes``).
        ``statistic``: precincts that differ. ``effect``: mean of tabulated minus copied, votes
        per precinct with a copy. ``pvalue``: exact sign test. ``detail``: ``matched``,
        ``unmatched``, ``ambiguous``, ``disagreeing``, ``net``, ``absolute``, ``more``, ``less``,
        ``by_type`` ({wall, observer: [precincts, differing, net]}). ``precincts``: tabulated
        minus copied.

    Raises
    ------
    ConfigError
        If an option or a parameter is unknown.
    ReturnsError
        If the copies have no such columns or cannot be read.

    Notes
    -----
    Innocent explanations: slips of copying, protocols corrected openly after a repeated count,
    drafts. Breaks where copies exist only for chosen precincts: the effect speaks of those, and
    is no estimate for the country; hence no interval. Several copies of one precinct count once,
    and not at all for a number on which they disagree.

    References
    ----------
    Callen, M. and Long, J. (2015). Institutional corruption and election fraud: evidence from a
    field experiment in Afghanistan. American Economic Review 105, 354-381.
    """
    returns = returns if option is None else returns.with_leader(option)
    table = Copies.read(copies)
    leader = None if returns.leader is None else VOTES + returns.leader
    shared = [c for c in table.quantities if returns.has(c)]
    if not shared:
        return Findings([Skipped("protocol_copies", returns.scope, SAY("quantities"))])
    matched = _match(returns, table)
    return Findings(
        _finding(returns, table, matched, column, "leader_votes" if column == leader else column)
        for column in sorted(shared, key=lambda c: (c != leader, c))
    )


def _match(returns: Returns, table: Copies) -> _Matched:
    """Join on the levels that both tables have and the precinct."""
    key = (*(c for c in returns.levels or () if c in table.table), "precinct")
    theirs, ours = (pd.MultiIndex.from_frame(_texts(frame, key)) for frame in (table.table, returns.table))
    twice = ours[ours.duplicated()].unique()
    rows = ours.drop_duplicates().get_indexer(theirs)
    first = np.flatnonzero(~ours.duplicated())
    found = np.where(rows >= 0, first[rows], -1)
    return _Matched(np.where(theirs.isin(twice), -2, found).astype(np.intp), key)


def _texts(frame: pd.DataFrame, key: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({c: frame[c].astype("str").where(frame[c].notna(), "").to_numpy() for c in key})


def _finding(
    returns: Returns, table: Copies, matched: _Matched, column: str, quantity: str
) -> Finding | Skipped:
    joined = matched.rows >= 0
    cells = table.table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    copied, disagreeing = _copied(len(returns), matched.rows, cells, joined)
    difference = returns.counts(column) - copied
    usable = ~np.isnan(difference)
    n = int(usable.sum())
    if n == 0:
        return Skipped("protocol_copies", returns.scope, SAY("none", quantity=quantity))
    more, less = int((difference[usable] > 0).sum()), int((difference[usable] < 0).sum())
    unmatched, ambiguous = int((matched.rows == -1).sum()), int((matched.rows == -2).sum())
    silent = len(np.unique(matched.rows[joined])) - disagreeing - n
    excluded = unmatched + ambiguous + disagreeing + silent
    underpowered = more + less < FEWEST
    return Finding(
        method="protocol_copies",
        family="protocol",
        quantity=quantity,
        scope=returns.scope,
        null=SAY("null", quantity=quantity),
        statistic=float(more + less),
        pvalue=None if underpowered else sign_test(more, more + less),
        effect=float(difference[usable].sum()) / n,
        unit="votes per precinct with a copy",
        n=n,
        excluded=excluded,
        exclusion=SAY(
            "exclusion", unmatched=unmatched, ambiguous=ambiguous, disagreeing=disagreeing, silent=silent
        )
        if excluded
        else None,
        underpowered=underpowered,
        assumptions=(Assumption(SAY("sample"), None),),
        innocent=SAY.all("slips", "corrected", "unsigned"),
        parameters={"column": column, "key": list(matched.key), "option": returns.leader, "fewest": FEWEST},
        detail={
            "matched": int(joined.sum()),
            "unmatched": unmatched,
            "ambiguous": ambiguous,
            "disagreeing": disagreeing,
            "net": float(difference[usable].sum()),
            "absolute": float(np.abs(difference[usable]).sum()),
            "more": more,
            "less": less,
            "by_type": {
                kind: _of_type(
                    returns, column, matched.rows, cells, joined & (table.copy_type == kind).to_numpy()
                )
                for kind in COPY_TYPES
            },
        },
        precincts=difference,
    )


def _copied(m: int, rows: NDArray[np.intp], cells: Floats, chosen: NDArray[np.bool_]) -> tuple[Floats, int]:
    """The copied number of each row, NaN without one or where copies disagree; how many disagree."""
    use = chosen & ~np.isnan(cells)
    low, high = np.full(m, np.inf), np.full(m, -np.inf)
    np.minimum.at(low, rows[use], cells[use])
    np.maximum.at(high, rows[use], cells[use])
    return np.where(low == high, low, np.nan), int((low < high).sum())


def _of_type(
    returns: Returns, column: str, rows: NDArray[np.intp], cells: Floats, chosen: NDArray[np.bool_]
) -> list[float]:
    """Precincts with copies of one type, how many of them differ, and by how much in all."""
    difference = returns.counts(column) - _copied(len(returns), rows, cells, chosen)[0]
    known = difference[~np.isnan(difference)]
    return [len(known), int((known != 0).sum()), float(known.sum())]

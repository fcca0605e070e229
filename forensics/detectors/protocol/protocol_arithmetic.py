"""Sums that a protocol must satisfy: counted, not tested, because arithmetic has no chance in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.protocol._rows import scopes, sign_test
from forensics.detectors.registry import detector
from forensics.finding import Assumption, Finding, Findings, Skipped
from forensics.messages.message import Message, Sentences
from forensics.picture import Picture
from forensics.scope import Scope
from forensics.tables.imbalance import Blank, Imbalance, Unchecked, blank_place, imbalances, leader_above
from forensics.tables.keys import Repeated, repeated_keys
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]

#: Edges of the sizes in which imbalances are shown: above the lower, up to the upper one.
SIZES = (0, 1, 5, 10, 50, 100)

SAY = Sentences(
    "protocol_arithmetic",
    null="Every protocol satisfies {formula}.",
    null_negative="No count is below zero.",
    null_keys="No two rows have the same {key}.",
    exclusion="{n:,} {n:plural:row|rows} where a term of the relation was not reported.",
    unnamed="{n:,} {n:plural:row|rows} without a precinct name.",
    no_rows="No row here reports every term of {formula}.",
    absent="The relation {formula} was not checked: there is no {columns}.",
    derived="The relation {formula} was not checked: the returns were given {made}, so it holds by "
    "construction.",
    blank_stated="Blank ballots are counted as {place}, as the profile says.",
    blank_found="Blank ballots are counted as {place}: nobody says so, but the votes add up that way on "
    "{more:,} rows and the other way on {fewer:,}.",
    slips="A slip of the pen or of the keyboard in one protocol.",
    sources="Columns taken from two source files, of which one was corrected later.",
    lists="Voters added to the list on the day, or polls that serve voters of other lists.",
    envelopes="Ballots in envelopes that were counted apart, spoilt before counting or found empty.",
    blank="Blank votes counted on the other side, or options that the source does not publish.",
    boxes="Ballots put into the box of the neighbouring precinct, or of another contest.",
    stock="Ballots handed from one commission to another during the day and booked by one of them.",
    telephone="Readings during the day are telephoned in and often mistyped.",
    carried="Voters who were handed a ballot and did not put it into the box.",
    negative="A column that the source computed as a difference of two others.",
    retyped="Numbers of precincts that lost a digit (10.110 read as 10.11), or were used twice.",
    halves="One precinct that was reported in two rows.",
    title="Protocol arithmetic: {scope}",
    caption="Share of protocols that fail each relation, of those on which it can be checked, and by how "
    "many ballots or votes in total (surplus: more than there can be; deficit: fewer).",
)  # fmt: skip


@detector(family="protocol")
def protocol_arithmetic(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    by: str | Sequence[str | None] | None = None,
) -> Findings:
    """Identities between the numbers of each protocol, negative counts, keys that occur twice.

    Null: every protocol satisfies the relation; it is exact, so there is no p-value for it and no
    interval. Whether the rows that fail stand with the leader is a sign test, kept in ``detail``.

    Parameters
    ----------
    returns : Returns
        Precinct returns; their ``identities`` are checked where the columns are there.
    option : str, optional
        Option that an imbalance may favour; by default the leader.
    by : str or sequence, optional
        Level(s) at which to count; ``None`` is the nation.

    Returns
    -------
    Findings
        One per relation and scope; ``quantity`` is the identifier of the relation,
        ``negative_counts`` or ``duplicated_keys``. ``statistic``: rows (keys) that fail.
        ``effect``: their share of the rows on which every term is known. ``detail``: ``checked``,
        ``violations``, ``surplus`` and ``deficit`` (totals, in ballots, votes or percentage
        points), ``sizes`` ([above, up to, rows] of the absolute imbalance), ``readings``
        ([column, checked, violations]), ``favour_leader`` (failing rows where the leader's share
        of the votes is above the rest of its top-level unit) of ``compared``, ``base_share`` (the
        same share among rows that do not fail), ``sign_pvalue`` (against one half) and
        ``sign_pvalue_base`` (against ``base_share``). ``precincts`` of the national finding: left
        minus right of the relation, 0 where it holds.
        A relation that cannot be checked is ``Skipped``.

    Raises
    ------
    ConfigError
        If an option, a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: open voters' lists, envelopes, blank votes, two source files, late
    corrections, mistyped readings; each finding names its own. Breaks where the source repairs
    protocols before publishing (every sum then holds, whatever was counted), and where a column
    was computed from the others: such a relation is Skipped. Honest hand bookkeeping fails far
    more often than protocols checked by software: the number of failures alone says little.

    References
    ----------
    Buzin, A. Unchecked identities of the protocol. democracy.ru/article.php?id=593.
    """
    returns = returns if option is None else returns.with_leader(option)
    found, unchecked = imbalances(returns)
    repeated = repeated_keys(returns)
    keys = _keys_as_imbalance(returns, repeated)
    above, blank = leader_above(returns), blank_place(returns)
    items: list[Finding | Skipped] = []
    picture: tuple[Picture, ...] = ()
    for scope, rows in scopes(returns, by):
        whole = len(rows) == len(returns) and scope == returns.scope
        if whole:
            picture = (_bars(found, scope),)
        for item in found:
            items.append(_finding(item, rows, scope, above, blank, returns, whole, picture))
            picture = ()
        items.append(_finding(keys, rows, scope, above, blank, returns, whole, (), repeated))
    items += [_skipped(item, returns.scope) for item in unchecked]
    return Findings(items)


def _skipped(item: Unchecked, scope: Scope) -> Skipped:
    formula = item.identity.formula
    if item.missing:
        reason = SAY("absent", formula=formula, columns=" and no ".join(item.missing))
    else:
        reason = SAY("derived", formula=formula, made=item.derived)
    return Skipped("protocol_arithmetic", scope, reason)


def _keys_as_imbalance(returns: Returns, repeated: Repeated) -> Imbalance:
    """Rows under a repeated key hold 1, others 0, rows without a precinct name NaN."""
    named = returns.table["precinct"].notna().to_numpy()
    return Imbalance(
        id="duplicated_keys",
        formula=" + ".join(repeated.columns),
        relation="=",
        columns=repeated.columns,
        values=np.where(named, (repeated.codes >= 0).astype(float), np.nan),
    )


def _finding(
    item: Imbalance,
    rows: NDArray[np.intp],
    scope: Scope,
    above: Floats,
    blank: Blank,
    returns: Returns,
    whole: bool,
    pictures: tuple[Picture, ...],
    repeated: Repeated | None = None,
) -> Finding | Skipped:
    checked, violated = item.checked[rows], item.violated[rows]
    n, left_out = int(checked.sum()), int((~checked).sum())
    if n == 0:
        return Skipped("protocol_arithmetic", scope, SAY("no_rows", formula=item.formula))
    count = int(violated.sum())
    detail: dict[str, Any] = {"checked": n, "violations": count}
    if repeated is None:
        detail |= _sizes(item, rows)
    else:
        codes = np.unique(repeated.codes[rows][violated])
        detail |= {
            "violations": len(codes),
            "rows": count,
            "identical": repeated.identical if whole else None,
        }
    detail |= _leaning(above[rows], checked, violated)
    uses_blank = "blank" in item.columns or {"votes", "valid"} <= set(item.columns)
    return Finding(
        method="protocol_arithmetic",
        family="protocol",
        quantity=item.id,
        scope=scope,
        null=_null(item),
        statistic=float(detail["violations"]),
        effect=count / n,
        unit="share of rows checked",
        n=n,
        excluded=left_out,
        exclusion=SAY("exclusion" if repeated is None else "unnamed", n=left_out) if left_out else None,
        assumptions=_assumptions(blank) if uses_blank else (),
        innocent=_innocent(item),
        parameters={
            "formula": item.formula,
            "relation": item.relation,
            "surplus": item.surplus,
            "innocent": item.innocent,
            "option": returns.leader,
            "share_of": "votes",
            **({"blank_in": blank.place} if uses_blank else {}),
        },
        detail=detail,
        precincts=item.values if whole else None,
        pictures=pictures,
    )


def _sizes(item: Imbalance, rows: NDArray[np.intp]) -> dict[str, Any]:
    values = item.oriented[rows]
    known = values[~np.isnan(values)]
    edges = (*SIZES, np.inf)
    size = np.abs(known)
    readings = [
        [column, int((~np.isnan(part[rows])).sum()), int((np.nan_to_num(part[rows]) != 0).sum())]
        for column, part in item.parts.items()
    ]
    return {
        "surplus": _total(known[known > 0]),
        "deficit": _total(known[known < 0]),
        "sizes": [
            [low, None if high == np.inf else high, int(((size > low) & (size <= high)).sum())]
            for low, high in pairwise(edges)
        ],
        "readings": readings,
    }


def _total(values: Floats) -> float:
    """Sum of absolute values; exact, so that the order of the rows changes nothing."""
    return math.fsum(np.abs(values))


def _leaning(above: Floats, checked: NDArray[np.bool_], violated: NDArray[np.bool_]) -> dict[str, Any]:
    """Whether the failing rows are rows where the leader does well, against the rows that hold."""
    told = np.abs(above) == 1
    favour, compared = int((above[violated] == 1).sum()), int(told[violated].sum())
    rest = checked & ~violated & told
    base = float((above[rest] == 1).mean()) if rest.any() else None
    return {
        "favour_leader": favour,
        "compared": compared,
        "base_share": base,
        "sign_pvalue": sign_test(favour, compared),
        "sign_pvalue_base": None if base is None else sign_test(favour, compared, base),
    }


def _null(item: Imbalance) -> Message:
    if item.id == "negative_counts":
        return SAY("null_negative")
    if item.id == "duplicated_keys":
        return SAY("null_keys", key=item.formula)
    return SAY("null", formula=item.formula)


def _assumptions(blank: Blank) -> tuple[Assumption, ...]:
    if blank.place is None:
        return ()
    if blank.stated:
        return (Assumption(SAY("blank_stated", place=blank.place), True),)
    fewer, more = sorted((blank.with_blank, blank.without_blank))
    return (Assumption(SAY("blank_found", place=blank.place, more=more, fewer=fewer), None),)


def _innocent(item: Imbalance) -> tuple[Message, ...]:
    """Explanations by what the relation is between, then those that fit any relation."""
    if item.id == "duplicated_keys":
        return SAY.all("retyped", "halves", "slips")
    if item.id == "negative_counts":
        return SAY.all("negative", "slips")
    if item.relation == "rising" or item.parts:
        return SAY.all("telephone", "carried", "slips")
    columns = set(item.columns)
    names = [
        name
        for name, present in (
            ("lists", "registered" in columns),
            ("envelopes", "invalid" in columns or {"issued", "ballots"} <= columns),
            ("blank", "votes" in columns or "invalid" in columns),
            ("boxes", {"issued", "ballots"} <= columns or "box_portable" in columns),
            ("stock", "ballots_received" in columns or "absentee_received" in columns),
        )
        if present
    ]
    return SAY.all(*names, "sources", "slips")


def _bars(found: Sequence[Imbalance], scope: Scope) -> Picture:
    """Checked rows, share that fails, and surplus and deficit of every relation."""
    checked = np.array([item.checked.sum() for item in found], dtype=np.int64)
    failed = np.array([item.violated.sum() for item in found], dtype=np.int64)
    return Picture(
        figure="imbalance_bars",
        name="protocol_arithmetic-imbalance",
        title=SAY("title", scope=str(scope)),
        caption=SAY("caption"),
        columns={
            "identity": np.array([item.id for item in found]),
            "checked": checked,
            "violations": failed,
            "share": failed / np.maximum(checked, 1),
            "surplus": np.array([_total(item.oriented[item.oriented > 0]) for item in found]),
            "deficit": np.array([_total(item.oriented[item.oriented < 0]) for item in found]),
        },
        options={"xlabel": "share of protocols that fail", "ylabel": "relation"},
    )

"""Sums that a protocol must satisfy: counted, not tested, because arithmetic has no chance in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import Additive
from forensics.detectors.protocol._rows import scopes
from forensics.detectors.protocol._tallies import Tally, added
from forensics.detectors.registry import detector
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Skipped
from forensics.messages.message import Message, Sentences
from forensics.picture import Picture
from forensics.scope import Scope
from forensics.tables.imbalance import Blank, Imbalance, Unchecked, blank_place, imbalances, leader_above
from forensics.tables.keys import Repeated, repeated_keys
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]

#: The relation that no two rows have the same key.
KEYS = "duplicated_keys"

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
    return finish(statistic(returns, option=option, by=by))


@dataclass(frozen=True, slots=True)
class _State:
    """Tallies of every scope and relation; relations without their values, but for whole returns."""

    items: tuple[Imbalance, ...]
    unchecked: tuple[Unchecked, ...]
    blank: Blank
    leader: str | None
    scope: Scope
    tallies: Mapping[tuple[Scope, str], Tally]
    #: Left minus right of each relation by row; not kept of a part.
    values: Mapping[str, Floats]


def statistic(
    returns: Returns, *, option: str | None = None, by: str | Sequence[str | None] | None = None
) -> _State:
    """What is kept of a part: a tally of each relation in each scope."""
    returns = returns if option is None else returns.with_leader(option)
    found, unchecked = imbalances(returns)
    repeated = repeated_keys(returns)
    keys = _keys_as_imbalance(returns, repeated)
    above, tallies = leader_above(returns), {}
    for scope, rows in scopes(returns, by):
        for item in found:
            tallies[scope, item.id] = Tally.of(item, rows, above)
        tallies[scope, keys.id] = Tally.of(keys, rows, above, repeated)
    items = (*found, keys)
    return _State(
        tuple(_bare(item) for item in items),
        unchecked,
        blank_place(returns),
        returns.leader,
        returns.scope,
        tallies,
        {item.id: item.values for item in items},
    )


def merge_states(states: Sequence[_State]) -> _State:
    """States of several parts as the state of the whole; scopes in order, the nation first.

    Raises
    ------
    ConfigError
        If blank ballots are counted among the valid ones in one part and not in another.
    """
    first = states[0]
    places = list(dict.fromkeys(state.blank.place for state in states))
    if len(places) > 1:
        raise ConfigError(
            "blank ballots seem to be counted among the valid ones in one part of the returns and not in "
            "another; say where they are with blank_in in a profile"
        )
    blank = replace(
        first.blank,
        with_blank=sum(state.blank.with_blank for state in states),
        without_blank=sum(state.blank.without_blank for state in states),
    )
    scopes = sorted(
        dict.fromkeys(scope for state in states for scope, _ in state.tallies),
        key=lambda scope: (len(scope.names), scope),
    )
    tallies = {
        (scope, item.id): added(
            [state.tallies[scope, item.id] for state in states if (scope, item.id) in state.tallies]
        )
        for scope in scopes
        for item in first.items
    }
    return replace(first, blank=blank, tallies=tallies, values={})


def finish(state: _State) -> Findings:
    """The findings of all scopes and relations, and the relations that could not be checked."""
    items: list[Finding | Skipped] = []
    for scope in dict.fromkeys(scope for scope, _ in state.tallies):
        pictures: tuple[Picture, ...] = ()
        if scope == state.scope:
            pictures = (_bars(state, scope),)
        for item in state.items:
            items.append(_finding(state, item, scope, pictures))
            pictures = ()
    items += [_skipped(item, state.scope) for item in state.unchecked]
    return Findings(items)


# Keys, and where the leader does well, are looked at within the units of the top level.
ADDITIVE = Additive(statistic, merge_states, finish, units=True)


def _bare(item: Imbalance) -> Imbalance:
    """The relation without its values."""
    nothing = np.empty(0)
    return replace(item, values=nothing, parts=dict.fromkeys(item.parts, nothing))


def _skipped(item: Unchecked, scope: Scope) -> Skipped:
    formula = item.identity.formula
    if item.missing:
        reason = SAY("absent", formula=formula, columns=", ".join(item.missing))
    else:
        reason = SAY("derived", formula=formula, made=item.derived)
    return Skipped("protocol_arithmetic", scope, reason)


def _keys_as_imbalance(returns: Returns, repeated: Repeated) -> Imbalance:
    """Rows under a repeated key hold 1, others 0, rows without a precinct name NaN."""
    named = returns.table["precinct"].notna().to_numpy()
    return Imbalance(
        id=KEYS,
        formula=" + ".join(repeated.columns),
        relation="=",
        columns=repeated.columns,
        values=np.where(named, (repeated.codes >= 0).astype(float), np.nan),
    )


def _finding(
    state: _State, item: Imbalance, scope: Scope, pictures: tuple[Picture, ...]
) -> Finding | Skipped:
    tally, blank = state.tallies[scope, item.id], state.blank
    if tally.checked == 0:
        return Skipped("protocol_arithmetic", scope, SAY("no_rows", formula=item.formula))
    whole, of_keys = scope == state.scope, item.id == KEYS
    detail: dict[str, Any] = {"checked": tally.checked, "violations": tally.rows}
    if of_keys:
        detail |= {
            "violations": tally.keys,
            "rows": tally.rows,
            "identical": tally.identical if whole else None,
        }
    else:
        detail |= tally.sizes_told()
    detail |= tally.leaning_told()
    uses_blank = "blank" in item.columns or {"votes", "valid"} <= set(item.columns)
    return Finding(
        method="protocol_arithmetic",
        family="protocol",
        quantity=item.id,
        scope=scope,
        null=_null(item),
        statistic=float(detail["violations"]),
        effect=tally.rows / tally.checked,
        unit="share of rows checked",
        n=tally.checked,
        excluded=tally.left_out,
        exclusion=SAY("unnamed" if of_keys else "exclusion", n=tally.left_out) if tally.left_out else None,
        assumptions=_assumptions(blank) if uses_blank else (),
        innocent=_innocent(item),
        parameters={
            "formula": item.formula,
            "relation": item.relation,
            "surplus": item.surplus,
            "innocent": item.innocent,
            "option": state.leader,
            "share_of": "votes",
            **({"blank_in": blank.place} if uses_blank else {}),
        },
        detail=detail,
        precincts=state.values.get(item.id) if whole else None,
        pictures=pictures,
    )


def _null(item: Imbalance) -> Message:
    if item.id == "negative_counts":
        return SAY("null_negative")
    if item.id == KEYS:
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
    if item.id == KEYS:
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


def _bars(state: _State, scope: Scope) -> Picture:
    """Checked rows, share that fails, and surplus and deficit of every relation."""
    ids = [item.id for item in state.items if item.id != KEYS]
    tallies = [state.tallies[scope, id] for id in ids]
    checked = np.array([tally.checked for tally in tallies], dtype=np.int64)
    failed = np.array([tally.rows for tally in tallies], dtype=np.int64)
    return Picture(
        figure="imbalance_bars",
        name="protocol_arithmetic-imbalance",
        title=SAY("title", scope=str(scope)),
        caption=SAY("caption"),
        columns={
            "identity": np.array(ids),
            "checked": checked,
            "violations": failed,
            "share": failed / np.maximum(checked, 1),
            "surplus": np.array([tally.surplus for tally in tallies]),
            "deficit": np.array([tally.deficit for tally in tallies]),
        },
        options={"xlabel": "share of protocols that fail", "ylabel": "relation"},
    )

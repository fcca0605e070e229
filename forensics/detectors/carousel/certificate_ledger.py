"""Absentee certificates from issue to use: what must balance, and how many ballots they bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import Additive, levels_of
from forensics.detectors.carousel._flow_picture import flow_picture
from forensics.detectors.carousel._ledger_sums import KIND, PARTS, Entries, LedgerSums, merge_sums
from forensics.detectors.carousel._serials import serials
from forensics.detectors.registry import detector
from forensics.detectors.venues import VenueCounts
from forensics.finding import Assumption, Finding, Findings
from forensics.kernels.ledger import crossing
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.certificates import Certificates
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: How often each certificate is supposed to be used, for the bound on reuse that is in no column.
REUSE = (1, 2, 5, 10)

SAY = Sentences(
    "certificate_ledger",
    null="Certificates can explain at most {voted:,} of {ballots:,} ballots ({share:.2%}), and {leader}'s "
    "lead is {margin:,} votes. Every certificate received was issued, left unused or lost, and no more "
    "were used than issued.",
    null_plain="Certificates can explain at most {voted:,} of {ballots:,} ballots ({share:.2%}). Every "
    "certificate received was issued, left unused or lost, and no more were used than issued.",
    exclusion="{n:,} {n:plural:precinct|precincts} that did not report certificates used.",
    whole="The returns hold every precinct, those abroad too: else certificates issued there are missing.",
    elsewhere="Certificates are used where their holders travel: units below the nation use more or fewer "
    "than they issue, and only the nation's sum must balance.",
    bound="Whoever votes on a certificate is counted as such. If not, {issued:,} certificates used "
    "{times} times each would bound the ballots at {reused:,}.",
    travel="Students, workers, soldiers and travellers use a certificate far from where it was issued.",
    handing="Certificates issued by territorial commissions or abroad may be booked in no precinct.",
    slips="Slips in one protocol: spoilt certificates booked as unused, or lines exchanged.",
)


@detector(
    family="carousel", needs=("absentee_voted", "absentee_issued|absentee_issued_territory", "ballots")
)
def certificate_ledger(
    returns: Returns,
    /,
    *,
    certificates: Any = None,
    by: str | Sequence[str | None] | None = None,
) -> Findings:
    """Conservation of absentee certificates, and the bound they set to any carousel on them.

    Null: every certificate that a commission received was issued, left unused or lost, and no more
    were used than issued. Exact, so there is no p-value and no interval. What voters on certificates
    cast is the most that a carousel recorded as such can have added: it is told before anything else.

    Parameters
    ----------
    returns : Returns
        Precinct returns with ``absentee_voted`` and ``absentee_issued`` (or the territories'
        ``absentee_issued_territory``); ``absentee_received``, ``absentee_unused`` and
        ``absentee_lost`` where known.
    certificates : Certificates, DataFrame or path, optional
        A ledger of serial numbers: ``serial``, ``issued_by``, ``used_at``.
    by : str or sequence, optional
        Level(s); ``None`` is the nation.

    Returns
    -------
    Findings
        One per scope, quantity ``certificates``: ``statistic`` is ``balance``, ``effect``
        certificates used per certificate issued. ``detail``: ``issued``, ``issued_territory``,
        ``voted``, ``received``, ``unused``, ``lost``, ``balance`` (issued by both − voted),
        ``violations`` (identities that the sums break: received = issued + unused + lost; for the
        nation also voted ≤ issued), ``used_over_issued``, ``capacity`` (ballots on certificates),
        ``capacity_share`` (of all ballots), ``capacity_margin`` (of the lead over the second
        option), ``capacity_absent`` (of those registered who did not vote), ``reuse`` ([times each
        certificate is used, ballots, share of ballots]), ``levels`` ([level, units, units that used
        more than they issued, certificates beyond] of the levels below), ``precincts`` ({received:
        precincts whose ledger does not balance, voters: precincts with more certificates used than
        ballots issued}), and the venues of those precincts. ``precincts``: how far a precinct is off.
        With a ledger of serials one more, quantity ``serials``: ``statistic`` certificates used more
        than once. ``detail``: ``used``, ``used_twice``, ``extra`` (uses beyond the first),
        ``two_places``, ``issued_twice``, ``never_issued``, ``repeated`` ([digest, uses, places]).

    Raises
    ------
    ConfigError
        If a level or a parameter is unknown.
    ReturnsError
        If the ledger of serials has no such columns or cannot be read.

    Notes
    -----
    Innocent explanations: travel (below the nation a unit may use far more than it issues),
    certificates issued by territories or abroad, slips. No national violation in Russia in 2011
    (1,647,223 issued and 149,716 by territories, 1,257,966 used) or 2016 (1,030,295 and 216,029,
    809,157): with a quarter of the certificates unused, repeated use hides in the sums, and only
    serial numbers or a look within territories can show it. Breaks where part of the country is
    missing.

    References
    ----------
    No test of this kind is published: it is bookkeeping. The counts of Russia are computed from the
    returns of its Central Election Commission as republished by dkobak/elections.
    """
    entries = Entries.of(returns)
    found: list[Finding] = [
        replace(item, precincts=entries.off) if item.scope == returns.scope else item
        for item in finish(statistic(returns), by=by).tested
    ]
    if certificates is not None:
        found.append(serials(returns, Certificates.read(certificates)))
    return Findings(found)


def statistic(returns: Returns) -> LedgerSums:
    """Sums over the precincts that share all their units."""
    return LedgerSums.of(returns, Entries.of(returns))


def finish(state: LedgerSums, *, by: str | Sequence[str | None] | None = None) -> Findings:
    """The findings of all scopes."""
    ledger = _ledger(state)
    found: list[Finding] = []
    for level in levels_of(ledger.units, by):
        units = ledger.units.units(level)
        order = np.argsort(units.codes, kind="stable")
        edges = np.searchsorted(units.codes[order], np.arange(len(units.scopes) + 1))
        for i, scope in enumerate(units.scopes):
            found.append(_finding(ledger, scope, level, order[edges[i] : edges[i + 1]]))
    return Findings(found)


ADDITIVE = Additive(statistic, merge_sums, finish)


@dataclass(frozen=True, slots=True)
class _Ledger:
    """Sums by combination of units, float64 of shape (k,)."""

    state: LedgerSums
    units: Returns
    counts: dict[str, Floats]
    votes: dict[str, Floats]
    #: Precincts with an oddity by kind of place.
    kinds: dict[str, Floats]
    #: Unit of each row at each level.
    codes: dict[str, Codes]

    @property
    def handed(self) -> Floats:
        """Certificates issued, by precincts and for them by territories."""
        return np.asarray(self.counts["issued"] + self.counts["issued_territory"])

    def total(self, name: str, rows: Codes) -> int:
        return int(self.state.column(name)[rows].sum())

    def places(self, rows: Codes) -> VenueCounts:
        """Kinds of place of the precincts with an oddity."""
        kinds = {kind: int(values[rows].sum()) for kind, values in self.kinds.items()}
        return VenueCounts(
            {kind: n for kind, n in kinds.items() if n},
            self.total("proxy", rows),
            self.total("plain", rows),
        )


def _ledger(state: LedgerSums) -> _Ledger:
    units = state.units()
    return _Ledger(
        state,
        units,
        {part: state.column(part) for part in PARTS},
        state.starting("votes:"),
        state.starting(KIND),
        {level: units.units(level).codes for level in state.levels},
    )


def _finding(ledger: _Ledger, scope: Scope, level: str | None, rows: Codes) -> Finding:
    total = {part: int(values[rows].sum()) for part, values in ledger.counts.items()}
    n = ledger.total("known:voted", rows)
    excluded = ledger.total("precincts", rows) - n
    handed = total["issued"] + total["issued_territory"]
    balance = handed - total["voted"]
    national = level is None
    nation = national and not scope.names
    broken = int(ledger.total("gap", rows) != 0) + int(nation and balance < 0)
    ballots = ledger.total("ballots", rows)
    bound = _bound(ledger, rows, total["voted"], handed, ballots)
    reused = REUSE[-1] * handed
    null = {"voted": total["voted"], "ballots": ballots, "share": bound["capacity_share"] or 0.0}
    lead = _lead(ledger, rows)
    levels = _levels(ledger, level, rows)
    places = ledger.places(rows)
    told = {part: total[part] if ledger.total(f"known:{part}", rows) else None for part in PARTS}
    return Finding(
        method="certificate_ledger",
        family="carousel",
        quantity="certificates",
        scope=scope,
        null=SAY("null", **null, leader=lead[0], margin=lead[1]) if lead else SAY("null_plain", **null),
        statistic=float(balance),
        effect=total["voted"] / handed if handed else None,
        unit="certificates used per certificate issued",
        n=n,
        excluded=excluded,
        exclusion=SAY("exclusion", n=excluded) if excluded else None,
        underpowered=n == 0,
        assumptions=(
            Assumption(SAY("bound", issued=handed, times=REUSE[-1], reused=reused)),
            Assumption(SAY("whole"), False if excluded else None)
            if nation
            else Assumption(SAY("elsewhere"), balance >= 0),
            ledger.state.venues.assumption(),
        ),
        innocent=(*SAY.all("travel", "handing", "slips"), *places.innocent()),
        parameters={"reuse": list(REUSE)},
        detail={
            "issued": total["issued"],
            "issued_territory": total["issued_territory"],
            "voted": total["voted"],
            "received": told["received"],
            "unused": told["unused"],
            "lost": told["lost"],
            "balance": balance,
            "violations": broken,
            "used_over_issued": balance < 0,
            **bound,
            "levels": levels,
            "precincts": {
                "checked": ledger.total("checked", rows),
                "received": ledger.total("unbalanced", rows),
                "voters": ledger.total("over", rows),
            },
            **places.detail(),
        },
        pictures=(flow_picture(total, balance, levels),) if national and handed else (),
    )


def _bound(ledger: _Ledger, rows: Codes, voted: int, handed: int, ballots: int) -> dict[str, Any]:
    """How many ballots certificates could explain, as a number and against what it would take."""
    lead = _lead(ledger, rows)
    absent = ledger.total("registered", rows) - ballots
    return {
        "capacity": voted,
        "capacity_share": voted / ballots if ballots else None,
        "capacity_margin": voted / lead[1] if lead and lead[1] > 0 else None,
        "capacity_absent": voted / absent if absent > 0 else None,
        "reuse": [
            [times, times * handed, times * handed / ballots if ballots else None] for times in REUSE
        ],
    }


def _lead(ledger: _Ledger, rows: Codes) -> tuple[str, int] | None:
    """The option under study, and its votes beyond those of the next (negative where it is behind)."""
    leader = ledger.state.leader
    if len(ledger.votes) < 2 or leader is None:
        return None
    votes = {name: float(values[rows].sum()) for name, values in ledger.votes.items()}
    own = votes.pop(leader)
    return leader, int(own - max(votes.values()))


def _levels(ledger: _Ledger, level: str | None, rows: Codes) -> list[list[Any]]:
    """Levels below the scope, down to the precinct, and what crossed the borders of their units."""
    names = ledger.state.levels
    below = names if level is None else names[names.index(level) + 1 :]
    issued, used = ledger.handed[rows], ledger.counts["voted"][rows]
    told: list[list[Any]] = []
    for name in below:
        codes = ledger.codes[name][rows]
        there = np.unique(codes[codes >= 0])
        if len(there) > 1:
            place = np.where(codes >= 0, np.searchsorted(there, codes), -1)
            told.append([name, len(there), *crossing(issued, used, place.astype(np.intp), len(there))])
    return [*told, ["precinct", *(ledger.total(name, rows) for name in ("precincts", "beyond", "crossed"))]]

"""What an audit found of what was planted: only a simulated election has such a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.evidence.ladder import Assessment
from forensics.finding import Findings
from forensics.scope import NATIONAL
from forensics.simulation.manipulations.registry import TABULATION
from forensics.simulation.simulated import Simulated


@dataclass(frozen=True, slots=True)
class Recovered:
    """One planted mechanism beside what the audit says where it was planted.

    Parameters
    ----------
    mechanism, where : str
        Kind, and the expression that chose the place; empty for the whole country.
    precincts, votes : int
        Rows touched, and votes that the leader gained there. For ``tabulation``: rows of the table of
        totals, and votes moved in them.
    units : tuple of (str, str, tuple of str)
        Top-level units with such precincts: name, step on the ladder, families that stand out.
    test : str
        The national test whose scores tell touched precincts from the others best; empty where none
        has scores.
    touched, others : float or None
        Share of the touched precincts, and of the others, with a positive score in it.
    differing : int or None
        For ``tabulation``: votes of the leader that the published totals of the lowest level have
        beyond or short of the sums; None where no totals were looked at.
    """

    mechanism: str
    where: str
    precincts: int
    votes: int
    units: tuple[tuple[str, str, tuple[str, ...]], ...]
    test: str = ""
    touched: float | None = None
    others: float | None = None
    differing: int | None = None


def recovered(simulated: Simulated, audit: Any) -> tuple[Recovered, ...]:
    """A row per planted mechanism and place, in the order of the specification.

    Parameters
    ----------
    simulated : Simulated
        With its truth; the audit is one of its returns.
    audit : Audit
    """
    truth = simulated.truth
    found = []
    for planted in simulated.specification.planted:
        if planted.kind == TABULATION:
            moved = simulated.totals_truth["moved"].to_numpy()
            found.append(
                Recovered(
                    TABULATION,
                    planted.where,
                    int((moved != 0).sum()),
                    int(np.abs(moved).sum()),
                    (),
                    differing=_in_totals(audit.findings),
                )
            )
            continue
        kinds = truth["planted"].str.split("+")
        rows = kinds.map(lambda names, kind=planted.kind: kind in names).to_numpy(dtype=bool)
        votes = truth.loc[rows, ["added", "moved"]].to_numpy().sum()
        units = _units(simulated.returns, rows, audit.evidence.assessment)
        found.append(
            Recovered(
                planted.kind,
                planted.where,
                int(rows.sum()),
                int(votes),
                units,
                *_told_apart(audit.findings, rows),
            )
        )
    return tuple(found)


def _units(
    returns: Any, rows: NDArray[np.bool_], assessment: tuple[Assessment, ...]
) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    top = next(iter(returns.levels or ()), None)
    if top is None:
        return ()
    units = returns.units(top)
    codes = np.unique(units.codes[rows & (units.codes >= 0)])
    by_scope = {one.scope: one for one in assessment}
    there = [by_scope[units.scopes[code]] for code in codes if units.scopes[code] in by_scope]
    return tuple(
        (str(one.scope), one.ladder, tuple(f.family for f in one.families if f.stands_out)) for one in there
    )


def _told_apart(findings: Findings, rows: NDArray[np.bool_]) -> tuple[str, float | None, float | None]:
    """The test with scores whose positive ones are most unequally spread, and both shares."""
    best: tuple[str, float | None, float | None] = ("", None, None)
    largest = 0.0
    for item in findings.select(scope=NATIONAL).tested:
        if item.precincts is None or not rows.any() or rows.all():
            continue
        known = ~np.isnan(item.precincts)
        inside, outside = known & rows, known & ~rows
        if not inside.any() or not outside.any():
            continue
        positive = item.precincts > 0
        touched, others = float(positive[inside].mean()), float(positive[outside].mean())
        if touched - others > largest:
            largest = touched - others
            best = (f"{item.method} {item.quantity}", touched, others)
    return best


def _in_totals(findings: Findings) -> int | None:
    """Absolute difference of the leader's votes at the lowest level compared."""
    looked = [
        item
        for item in findings.select(method="tabulation_sums").tested
        if item.quantity.startswith("leader_votes.")
    ]
    return int(looked[-1].detail["absolute"]) if looked else None

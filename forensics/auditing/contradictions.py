"""Precincts whose protocol contradicts itself in a way that no bookkeeping habit explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.finding import Findings
from forensics.scope import NATIONAL
from forensics.tables.imbalance import leader_above
from forensics.tables.returns import Returns

Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Contradictions:
    """One flag per row of the returns.

    Parameters
    ----------
    any : ndarray of bool, shape (n,)
        Breaks an identity without an innocent reading.
    favouring : ndarray of bool, shape (n,)
        Breaks one and stands where the option under study does better than the rest of its
        top-level unit.
    compared : ndarray of bool, shape (n,)
        Rows on which both can be told.
    """

    any: Rows
    favouring: Rows
    compared: Rows


def contradictions(returns: Returns, findings: Findings) -> Contradictions:
    """Exact contradictions of each row, from the national findings of ``protocol_arithmetic``.

    Identities that the profile marks as having an innocent reading (lists with additions, blank
    votes, envelopes, two source files), readings telephoned in during the day, and repeated keys
    are left out.
    """
    broken, checked = np.zeros(len(returns), dtype=bool), np.zeros(len(returns), dtype=bool)
    for finding in findings.select(method="protocol_arithmetic", scope=NATIONAL).tested:
        innocent = finding.parameters.get("innocent") or finding.quantity == "duplicated_keys"
        if not innocent and finding.precincts is not None:
            known = ~np.isnan(finding.precincts)
            checked |= known
            broken |= known & (finding.precincts != 0)
    above = leader_above(returns)
    compared = checked & ~np.isnan(above)
    return Contradictions(broken, broken & (above == 1), compared)

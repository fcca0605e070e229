"""Measures of who nominated: shares, presence, plurality, decision power, officers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.codings import KNOWN_BLOCS
from forensics.commissions.composition import IN_BLOC, Composition
from forensics.kernels import plurality
from forensics.kernels.plurality import Bounded
from forensics.tables.roster_columns import OFFICERS

Floats = NDArray[np.float64]
Measured = dict[str, Bounded]


def nominator_measures(composition: Composition) -> Measured:
    """What needs no coding: plurality of nominators, and a share for each of them.

    Returns
    -------
    dict of str to Bounded
        ``effective_nominators``, ``same_nominator``, and ``nominator:<name>`` (share of members),
        ``chair:<name>``, ``deputy:<name>``, ``secretary:<name>`` (0 or 1, NaN where the officer or
        its nominator is not known).
    """
    m, u = composition.m, composition.unknown_nominator
    body, names, k = composition.nominators
    measured = {
        "effective_nominators": plurality.effective_number(body, k, u, m),
        "same_nominator": plurality.same_class(body, k, u, m),
    }
    for code, label in enumerate(composition.labels):
        mine = names == code
        seats = plurality.sums(body[mine], k[mine], len(m))
        if seats.any():
            measured[f"nominator:{label}"] = plurality.share(seats, u, m)
    for role in OFFICERS:
        there, rows = composition.officer(role)
        by = rows["nominated_by"]
        for label in composition.labels:
            own = (by == label).fillna(False).to_numpy(dtype=bool)
            if own.any():
                unknown = by.isna().to_numpy()
                measured[f"{role}:{label}"] = plurality.decided(own, own | unknown).where(there)
    return measured


def bloc_measures(composition: Composition, quorum: tuple[int, int]) -> Measured:
    """What a coding says: blocs, majorities, officers, and ``bloc:<bloc>``, the share of each.

    Parameters
    ----------
    composition : Composition
        With a coding.
    quorum : (int, int)
        Share of all members that must sit.
    """
    m, unknown = composition.m, composition.unknown_bloc
    aligned, unplaced = composition.aligned
    opposition = composition.of_bloc("OPP")
    sitting = plurality.quorum(m, quorum)
    seated = m > 0
    present = plurality.reaches(opposition, unknown, np.ones(len(m))).where(seated)
    measured = {
        "incumbent_share": plurality.share(composition.of_bloc("INC"), unknown, m),
        "aligned_share": plurality.share(aligned, unplaced, m),
        "opposition_present": present,
        "no_opposition": Bounded(1 - present.value, 1 - present.high, 1 - present.low),
        "effective_blocs": plurality.effective_number_of_few(composition.blocs, unknown, m),
        "aligned_majority": plurality.reaches(aligned, unplaced, plurality.majority(m)).where(seated),
        "aligned_quorum": plurality.reaches(aligned, unplaced, sitting).where(seated),
        "opposition_blocks": plurality.reaches(opposition, unknown, m - sitting + 1).where(seated),
    }
    measured |= _officers(composition)
    for column, bloc in enumerate(KNOWN_BLOCS):
        measured[f"bloc:{bloc}"] = plurality.share(composition.blocs[:, column], unknown, m)
    whole = np.where(seated, m, np.nan)
    measured["bloc:UNK"] = Bounded(unknown / whole, np.zeros(len(m)), unknown / whole).where(seated)
    return measured


def filler_share(composition: Composition) -> Bounded:
    """Share of members that no party nominated."""
    party, unknown = composition.party_seats
    m = composition.m
    whole = np.where(m > 0, m, np.nan)
    other = m - party - unknown
    return Bounded(other / whole, other / whole, (other + unknown) / whole)


def _officers(composition: Composition) -> Measured:
    n = len(composition)
    officers = composition.officers
    body = officers["commission"].to_numpy(dtype=np.intp)
    p = officers["p_aligned"].to_numpy(dtype=np.float64)
    known = np.isfinite(p)
    number = np.bincount(body, minlength=n).astype(np.float64)
    total = plurality.sums(body[known], p[known], n)
    unplaced = np.bincount(body[~known], minlength=n).astype(np.float64)
    bloc = officers["bloc"].to_numpy(dtype=object)
    opposed = np.bincount(body[bloc == "OPP"], minlength=n) > 0
    may_be = opposed | (np.bincount(body[bloc == "UNK"], minlength=n) > 0)
    measured = {
        "leadership": plurality.share(total, unplaced, number),
        "opposition_officer": plurality.decided(opposed, may_be).where(number > 0),
    }
    for role in ("chair", "secretary"):
        there, rows = composition.officer(role)
        p_of = rows["p_aligned"].to_numpy(dtype=np.float64)
        inside = np.nan_to_num(p_of) >= IN_BLOC
        measured[f"{role}_aligned"] = plurality.decided(inside, inside | ~np.isfinite(p_of)).where(there)
    return measured

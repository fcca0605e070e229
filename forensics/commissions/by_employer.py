"""Measures of who pays the members: one employer, the chair's employer, the public."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.commissions.composition import Composition
from forensics.kernels import plurality
from forensics.kernels.plurality import Bounded
from forensics.tables.roster_columns import PUBLIC, UNEMPLOYED

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]
Measured = dict[str, Bounded]

#: Pairs of members with one employer from which the capture count speaks of one employer.
ONE_EMPLOYER = 0.25
#: Types of venues, with the type of the employer that runs them.
HOSTS = {
    "school": "school",
    "education": "school",
    "university": "university",
    "dormitory": "university",
    "health": "health",
    "care": "health",
    "military": "military",
    "culture": "culture",
    "administration": "executive",
}


@dataclass(frozen=True, eq=False)
class Employed:
    """Voting members with what is known of their employers, and the chairs of k commissions.

    Parameters
    ----------
    members : DataFrame
        Voting members: ``commission``, ``employer_id``, ``employer_type``, ``role`` …
    body : ndarray of int, shape (n,)
        Commission of each.
    chair : DataFrame
        The chair's row by commission, empty where there is none.
    same, other : ndarray of bool, shape (n,)
        Whether the member certainly works for the chair's employer, or certainly does not.
    """

    members: pd.DataFrame
    body: Codes
    chair: pd.DataFrame
    same: Flags
    other: Flags


def employed(composition: Composition) -> Employed | None:
    """Members and chairs with their employers; None where the roster says nothing of employers."""
    members = composition.roster.members
    if members is None or not members[["employer_id", "employer_type"]].notna().any(axis=None):
        return None
    chairs = members[members["role"] == "chair"].drop_duplicates("commission").set_index("commission")
    chair = chairs.reindex(range(len(composition)))
    voting = members[members["vote_right"] == "decisive"].reset_index(drop=True)
    body = voting["commission"].to_numpy(dtype=np.intp)
    own = voting["employer_id"].to_numpy(dtype=object), voting["employer_type"].to_numpy(dtype=object)
    theirs = tuple(
        chair[column].to_numpy(dtype=object)[body] for column in ("employer_id", "employer_type")
    )
    named = pd.notna(own[0]) & pd.notna(theirs[0])
    typed = pd.notna(own[1]) & pd.notna(theirs[1])
    same = named & (own[0] == theirs[0])
    idle = np.isin(own[1].astype(str), UNEMPLOYED) | np.isin(theirs[1].astype(str), UNEMPLOYED)
    other = ~same & (named | (typed & (own[1] != theirs[1])) | idle)
    return Employed(voting, body, chair, same & ~idle, other | (same & idle))


def employer_measures(composition: Composition, staff: Employed) -> Measured:
    """Plurality of employers, subordination, public dependence, the chair and the venue."""
    m = composition.m
    n = len(composition)
    body, k, u = _employers(staff, n)
    pairs = plurality.same_class(body, k, u, m)
    measured = {
        "effective_employers": plurality.effective_number(body, k, u, m),
        "same_employer": pairs,
        "one_employer": plurality.decided(pairs.low >= ONE_EMPLOYER, pairs.high >= ONE_EMPLOYER).where(
            np.isfinite(pairs.low)
        ),
        "subordination": _subordination(composition, staff),
        "public_dependence": _public(composition, staff),
        "chair_heads_venue": _venue(composition, staff),
    }
    if composition.coding is not None:
        measured["label_dependence"] = _labels(composition, staff)
    return measured


def _employers(staff: Employed, n: int) -> tuple[Codes, Floats, Floats]:
    """Commission and members of each employer that is present, and members of an unknown one.

    Whoever nobody employs is a class of one.
    """
    kind = staff.members["employer_type"]
    name = staff.members["employer_id"].copy()
    alone = kind.isin(UNEMPLOYED) & name.isna()
    name[alone] = [f"\x1f{i}" for i in range(int(alone.sum()))]
    known = name.notna().to_numpy()
    pairs = pd.DataFrame({"body": staff.body[known], "name": name[known].to_numpy()})
    counts = pairs.groupby(["body", "name"], sort=True).size()
    unknown = np.bincount(staff.body[~known], minlength=n).astype(np.float64)
    return (
        counts.index.get_level_values(0).to_numpy(dtype=np.intp),
        np.asarray(counts, dtype=np.float64),
        unknown,
    )


def _heads(staff: Employed) -> tuple[Flags, Flags]:
    """Whether the chair heads its employer for certain, and whether it may."""
    role = staff.chair["employer_role"]
    heads = (role == "head").fillna(False).to_numpy(dtype=bool)
    return heads, heads | role.isna().to_numpy()


def _subordination(composition: Composition, staff: Employed) -> Bounded:
    n = len(composition)
    ordinary = (staff.members["role"] != "chair").to_numpy()
    same = np.bincount(staff.body[ordinary & staff.same], minlength=n)
    unknown = np.bincount(staff.body[ordinary & ~staff.same & ~staff.other], minlength=n)
    others = np.bincount(staff.body[ordinary], minlength=n).astype(np.float64)
    whole = np.where(others > 0, others, np.nan)
    heads, may = _heads(staff)
    value = np.where(heads == may, same * heads / whole, np.nan)
    nobody = staff.chair["employer_id"].isna() & ~staff.chair["employer_type"].isin(UNEMPLOYED)
    value = np.where(nobody.to_numpy() & may, np.nan, value)
    chaired = staff.chair["role"].notna().to_numpy()
    return Bounded(value, same * heads / whole, (same + unknown) * may / whole).where(chaired)


def _public(composition: Composition, staff: Employed) -> Bounded:
    n = len(composition)
    kind = staff.members["employer_type"]
    public = np.bincount(staff.body[kind.isin(PUBLIC).to_numpy()], minlength=n).astype(np.float64)
    vague = (kind.isna() | (kind == "other")).to_numpy()
    unknown = np.bincount(staff.body[vague], minlength=n).astype(np.float64)
    bounded = plurality.share(public, unknown, composition.m)
    return bounded.where(np.bincount(staff.body[~vague], minlength=n) > 0)


def _venue(composition: Composition, staff: Employed) -> Bounded:
    """Whether the chair heads the institution of the venue.

    Where institutions have no identifiers the same type is taken for the same institution: the
    lower bound stays 0.
    """
    place = composition.roster.commissions
    heads, may = _heads(staff)
    employer, kind = staff.chair["employer_id"], staff.chair["employer_type"]
    venue = place["venue_id"]
    named = (employer.notna() & venue.notna()).to_numpy()
    one = (employer == venue).fillna(False).to_numpy(dtype=bool)
    host = place["venue_type"].str.casefold().map(HOSTS)
    typed = (kind.notna() & host.notna()).to_numpy() & ~named
    alike = (kind == host).fillna(False).to_numpy(dtype=bool) & typed
    low = heads & named & one
    high = may & np.where(named, one, alike)
    value = np.where(heads == may, (low | (heads & alike)).astype(np.float64), np.nan)
    value = np.where(~high, 0.0, value)
    chaired = staff.chair["role"].notna().to_numpy() & (named | typed)
    return Bounded(value, low.astype(np.float64), high.astype(np.float64)).where(chaired)


def _labels(composition: Composition, staff: Employed) -> Bounded:
    """Share of other parties' nominees who work for the chair's employer.

    Members of an unknown nominator, or of a nominator whose bloc or type is not known, may or may
    not be such nominees.
    """
    n = len(composition)
    assert composition.coding is not None
    coded = composition.coding.coded(staff.members["nominated_by"], composition.date)
    kind = staff.members["nominator_type"].fillna(coded["nominator_type"])
    party, inside = (kind == "party").to_numpy(), coded["bloc"].isin(("INC",)).to_numpy()
    unplaced = (coded["bloc"] == "UNK").to_numpy() & (party | kind.isna().to_numpy())
    certain = party & ~inside & ~unplaced

    def count(flags: Flags) -> Floats:
        return np.bincount(staff.body[flags], minlength=n).astype(np.float64)

    vague = ~staff.same & ~staff.other
    works, may_work = count(certain & staff.same), count(certain & vague)
    nominees = count(certain)
    x, y, z = (count(unplaced & flags) for flags in (staff.same, staff.other, vague))
    with np.errstate(divide="ignore", invalid="ignore"):
        low = works / (nominees + y + z)
        high = (works + may_work + x + z) / (nominees + x + z)
        value = works / nominees
    low, high = np.where(nominees + y + z > 0, low, 0.0), np.where(nominees + x + z > 0, high, 1.0)
    chair = staff.chair
    known = (chair["employer_id"].notna() | chair["employer_type"].isin(UNEMPLOYED)).to_numpy()
    value = np.where(known & (nominees > 0), value, np.nan)
    chaired = chair["role"].notna().to_numpy() & (nominees + x + y + z > 0)
    return Bounded(value, low, high).where(chaired)

"""Commissions at four levels, who sits in them, who nominated them, and where they work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.simulation.effects import at
from forensics.simulation.parameters import Roster
from forensics.simulation.precincts import Precincts

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Codes = NDArray[np.intp]

#: Blocs whose members count as aligned with the incumbent.
ALIGNED = ("INC", "SAT", "STATE")
ROLES = ("chair", "deputy", "secretary")
#: Employers of members by type, with how often.
EMPLOYERS = {"school": 0.45, "health": 0.15, "executive": 0.12, "state firm": 0.13, "private": 0.15}
#: Who employs the chair of a precinct that sits in such a place; an executive body elsewhere.
HOSTS = {
    "school": "school",
    "education": "school",
    "university": "university",
    "dormitory": "university",
    "health": "health",
    "care": "health",
}


@dataclass(frozen=True, eq=False)
class _Tree:
    """Commissions from the nation down: level, parent's number, tilt, name and row of the precinct."""

    level: Integers
    parent: Integers
    tilt: Floats
    row: Integers


def draw_roster(precincts: Precincts, roster: Roster, rng: np.random.Generator) -> pd.DataFrame:
    """Memberships of one national, the regional, the territorial and the precinct commissions.

    The composition of a commission tilts towards aligned nominators by effects of its region, its
    territory and its own. A chair heads the institution where the precinct sits (the school, the
    hospital), and part of the other members work there. Members are numbers, never persons.

    Returns
    -------
    DataFrame
        Columns of CONTRACT section 5; a precinct commission carries the levels of its precinct.
    """
    tree = _tree(precincts, roster, rng)
    commissions, seats = len(tree.level), roster.seats
    nominated = _nominated(tree.tilt, roster, rng)
    chair = np.zeros((commissions, seats), dtype=bool)
    chair[:, 0] = True
    own = rng.integers(1, 1 + commissions * seats, (commissions, seats))
    colleague = rng.random((commissions, seats)) < roster.one_employer
    employer = np.where(chair | colleague, np.arange(1, commissions + 1)[:, None], own + commissions)
    kinds = np.array(list(EMPLOYERS), dtype=object)
    weights = np.array(list(EMPLOYERS.values()))
    # Employers are numbered: first that of each commission's chair, then those of single members.
    kind = kinds[rng.choice(len(kinds), commissions * (seats + 1) + 1, p=weights / weights.sum())]
    places = _places(precincts, tree)
    venue = places.get("venue_type", np.full(commissions, "school", dtype=object))
    kind[1 : commissions + 1] = [HOSTS.get(str(v), "executive") for v in venue]
    types = np.array([n.type for n in roster.nominators], dtype=object)
    names = np.array([n.name for n in roster.nominators], dtype=object)
    role = np.array([*ROLES, *["member"] * seats][:seats], dtype=object)
    advisory = rng.random((commissions, seats)) < np.where(
        np.arange(seats) < len(ROLES), 0, roster.advisory
    )
    ids = _identifiers(tree)
    n = commissions * seats
    repeated = np.repeat(np.arange(commissions), seats)
    frame = {
        "commission_id": ids[repeated],
        "level": tree.level[repeated],
        "parent_id": _where(tree.parent >= 0, ids[tree.parent])[repeated],
        "member_id": np.array([f"m{i + 1:07d}" for i in range(n)], dtype=object),
        "role": np.tile(role, commissions),
        "vote_right": np.where(advisory, "consultative", "decisive").ravel(),
        "nominated_by": names[nominated].ravel(),
        "nominator_type": types[nominated].ravel(),
        "employer_id": np.char.add("e", employer.ravel().astype(str)),
        "employer_type": kind[employer.ravel()],
        "employer_role": np.where(chair, "head", "subordinate").ravel(),
    }
    columns = {**{c: values[repeated] for c, values in places.items()}, **frame}
    order = ["commission_id", "level", "parent_id", *places, *list(frame)[3:]]
    return pd.DataFrame({c: pd.Series(columns[c]) for c in order})


def _tree(precincts: Precincts, roster: Roster, rng: np.random.Generator) -> _Tree:
    """Nation, top units, lowest units (where there are two levels), precincts."""
    n = len(precincts)
    rows = np.arange(n)
    level, parent, tilt, row = [np.array([0])], [np.array([-1])], [np.zeros(1)], [np.array([-1])]
    above, offset = np.zeros(n, dtype=np.int64), 0
    effects = np.zeros(n)
    paths = [precincts.paths[0], precincts.paths[-1]] if len(precincts.paths) > 1 else list(precincts.paths)
    for place, codes in enumerate(paths):
        first = np.unique(codes, return_index=True)[1]
        effects = effects + rng.normal(0, at(roster.spread, place), len(first))[codes]
        level.append(np.full(len(first), place + 1))
        parent.append(above[first])
        tilt.append(effects[first])
        row.append(np.full(len(first), -1))
        offset += len(parent[-2])
        above = offset + codes
    effects = effects + rng.normal(0, roster.spread[2], n)
    parts = ((level, np.full(n, 3)), (parent, above), (tilt, effects), (row, rows))
    return _Tree(*(np.concatenate([*head, tail]) for head, tail in parts))


def _nominated(tilt: Floats, roster: Roster, rng: np.random.Generator) -> Integers:
    """Nominator of each seat, (commissions, seats): the weights' order of chance, one seat a nominator.

    Exponential races draw without replacement; nominators that may hold several seats run in
    several races.
    """
    nominators = roster.nominators
    runs = [i for i, n in enumerate(nominators) for _ in range(1 if n.single else 2)]
    # Fewer nominators than seats: all of them run again.
    runs = runs * -(-roster.seats // len(runs))
    weight = np.array([nominators[i].weight for i in runs])
    aligned = np.array([nominators[i].bloc in ALIGNED for i in runs])
    rate = weight * np.exp(np.outer(tilt, aligned))
    arrival = rng.exponential(1.0, rate.shape) / rate
    return np.asarray(np.array(runs)[np.argsort(arrival, axis=1, kind="stable")[:, : roster.seats]])


def _identifiers(tree: _Tree) -> NDArray[np.object_]:
    """``0``, ``1-03``, ``2-117``, ``3-00042``: level and number within it."""
    names = []
    for level in range(4):
        size = int((tree.level == level).sum())
        width = len(str(size))
        names += [f"{level}-{i + 1:0{width}d}" for i in range(size)] if level else ["0"] * size
    return np.array(names, dtype=object)


def _places(precincts: Precincts, tree: _Tree) -> dict[str, NDArray[np.object_]]:
    """Levels and precinct of the precinct commissions; empty for those above."""
    inside = tree.row >= 0
    places = {}
    for column in (*precincts.levels, "precinct"):
        values = precincts.frame[column].astype("str").to_numpy(dtype=object)
        places[column] = _where(inside, values[tree.row])
    if "venue_type" in precincts.frame.columns:
        venue = precincts.frame["venue_type"].astype("str").to_numpy(dtype=object)
        places["venue_type"] = np.where(inside, venue[tree.row], "administration")
    return places


def _where(kept: NDArray[np.bool_], values: NDArray[np.object_]) -> NDArray[np.object_]:
    """The values where they are kept, else nothing."""
    chosen = np.full(len(values), None, dtype=object)
    chosen[kept] = values[kept]
    return chosen


def coding_of(roster: Roster) -> pd.DataFrame:
    """Nominators and their blocs: the coding file that goes with a drawn roster."""
    return pd.DataFrame(
        {
            "nominator": [n.name for n in roster.nominators],
            "bloc": [n.bloc for n in roster.nominators],
            "p_aligned": [float(n.bloc in ALIGNED) for n in roster.nominators],
            "valid_from": None,
            "valid_to": None,
            "source": "simulated",
        }
    )


def aligned_share(roster: pd.DataFrame, coding: pd.DataFrame) -> Floats:
    """Standardised share of aligned decisive members of each precinct, float64 of shape (n,)."""
    members = roster[(roster["level"] == 3) & (roster["vote_right"] == "decisive")]
    bloc = dict(zip(coding["nominator"], coding["bloc"], strict=True))
    aligned = members["nominated_by"].map(bloc).isin(ALIGNED)
    # Identifiers are numbered in the order of the precincts.
    share = aligned.groupby(members["commission_id"], sort=True).mean().to_numpy(dtype=np.float64)
    deviation = float(share.std())
    return np.asarray((share - share.mean()) / deviation if deviation > 0 else np.zeros(len(share)))

"""Hospitals, barracks, dormitories, stations: special precincts with honest oddities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.simulation.parameters import INSTITUTIONS, Institutions
from forensics.simulation.precincts import Precincts

Floats = NDArray[np.float64]

#: Where ordinary precincts sit, with how often.
ORDINARY = {"school": 0.72, "culture": 0.14, "administration": 0.06, "education": 0.05, "university": 0.03}
#: How often each kind of institution occurs, and the median and log spread of its electorate.
KINDS = {
    "health": (0.38, 110.0, 0.7),
    "care": (0.14, 90.0, 0.6),
    "dormitory": (0.16, 450.0, 0.6),
    "military": (0.12, 350.0, 0.7),
    "prison": (0.07, 250.0, 0.7),
    "transport": (0.05, 160.0, 0.7),
    "remote": (0.08, 35.0, 0.6),
}
#: Lists made on the day, of people who are registered elsewhere.
LISTED_ON_THE_DAY = ("health", "transport")
#: Institutions that close once everybody has voted.
CLOSE_EARLY = ("health", "military", "prison", "remote")
#: Real precincts larger than this are no institutions.
LARGEST = 1200


def assigned(precincts: Precincts, institutions: Institutions, rng: np.random.Generator) -> Precincts:
    """The precincts with a ``venue_type``; invented institutions have electorates of their own size.

    Real precincts keep the venue they have, where one is known.
    """
    if "venue_type" in precincts.frame.columns:
        return precincts
    n = len(precincts)
    names, weights = list(ORDINARY), np.array(list(ORDINARY.values()))
    venue = np.array(names, dtype=object)[rng.choice(len(names), n, p=weights / weights.sum())]
    share = np.array([kind[0] for kind in KINDS.values()])
    kind = rng.choice(len(KINDS), n, p=share / share.sum())
    special = rng.random(n) < institutions.share
    if precincts.drawn:
        median, spread = (np.array([k[i] for k in KINDS.values()])[kind] for i in (1, 2))
        own = np.exp(rng.normal(np.log(median), spread)).round().clip(10, 3000).astype(np.int64)
        size = np.where(special, own, precincts.size)
    else:
        special &= precincts.size <= LARGEST
        size = precincts.size
    venue[special] = np.array(list(KINDS), dtype=object)[kind[special]]
    frame = precincts.frame.assign(venue_type=pd.array(venue.astype(str), dtype="str"))
    return replace(precincts, frame=frame, size=size)


def is_institution(precincts: Precincts, kinds: tuple[str, ...] = INSTITUTIONS) -> NDArray[np.bool_]:
    """Which precincts are institutions of some kinds, shape (n,)."""
    if "venue_type" not in precincts.frame.columns:
        return np.zeros(len(precincts), dtype=bool)
    return np.asarray(precincts.frame["venue_type"].isin(kinds).to_numpy(), dtype=bool)


def shifted(
    precincts: Precincts, logits: Floats, institutions: Institutions, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.bool_]]:
    """Logits with the institutions' own, and the precincts where everybody votes."""
    special = is_institution(precincts)
    shift = np.array([institutions.turnout, institutions.support])
    everybody = special & (rng.random(len(precincts)) < institutions.full)
    return logits + special[:, None] * shift, everybody

"""Invented lists of voters: names by Zipf's law, birthdays by season, week and name, people twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.simulation.streams import Rng, Streams

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Days = NDArray[np.datetime64]

#: Birth years of the voters, first and last.
YEARS = (1925, 2003)
DAYS = 366
#: Fashions of first names: names of one rank differ between spans of this many birth years.
FASHION_YEARS = 15
#: Names are shared by rank: share ∝ 1 / (rank + shift) ** power.
_FIRST, _FAMILY = (4.0, 1.1), (10.0, 1.0)
#: Births on a Saturday or Sunday, and by season, against the mean of the others.
WEEKEND, SEASON = 0.85, 0.06


@dataclass(frozen=True, eq=False)
class SimulatedVoters:
    """A list and its truth.

    Parameters
    ----------
    frame : DataFrame
        A row per entry: ``given_name``, ``family_name``, ``birth_date``, ``region``, ``precinct``,
        ``voted``, in random order.
    listed_twice, voted_twice : int
        People with two entries, and those of them who voted under both.
    false_marks : int
        Entries that are marked as voted and are not.
    """

    frame: pd.DataFrame
    listed_twice: int
    voted_twice: int
    false_marks: int


def voter_list(
    people: int,
    *,
    listed_twice: float = 0.0,
    voted_twice: float = 0.0,
    turnout: float = 1.0,
    false_marks: float = 0.0,
    unknown_dates: float = 0.0,
    name_days: float = 0.5,
    first_names: int = 3_000,
    family_names: int = 30_000,
    precincts: int | None = None,
    regions: int = 12,
    rng: Rng = None,
) -> SimulatedVoters:
    """Draw a list of voters in which nobody is real.

    Parameters
    ----------
    people : int
        Different people on the list.
    listed_twice : float
        Share of the people with a second entry, in another precinct.
    voted_twice : float
        Share of the people who voted under two entries; they are listed twice besides the others.
    turnout : float
        Share of the people who vote, once but for those.
    false_marks : float
        Share of the entries without a vote that are marked as voted by mistake.
    unknown_dates : float
        Share of the entries whose date of birth was not known and is written as 1 January.
    name_days : float
        How many times more often than usual a first name is given around its own day of the year.
    first_names, family_names : int
        Names there are.
    precincts : int, optional
        By default one for every 1,000 people.
    regions : int
        Regions, of equally many precincts.
    rng : Generator or int, optional
        Source of the draws.

    Returns
    -------
    SimulatedVoters

    Raises
    ------
    ConfigError
        If a share is not in [0, 1] or a number is below 1.
    """
    shares = {
        "listed_twice": listed_twice, "voted_twice": voted_twice, "turnout": turnout,
        "false_marks": false_marks, "unknown_dates": unknown_dates,
    }  # fmt: skip
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ConfigError(f"{name} is a share between 0 and 1, not {share}")
    precincts = precincts or max(2, people // 1000)
    for name, number in (("people", people), ("first_names", first_names), ("regions", regions)):
        if number < 1:
            raise ConfigError(f"{name} is a number of at least 1, not {number}")
    streams = Streams(rng)
    year = _years(people, streams("years"))
    first = _first_names(year, first_names, streams("first names"))
    family = _ranks(people, family_names, _FAMILY, streams("family names"))
    born = _born(first, year, name_days, first_names, streams("birthdays"))
    rng_unknown = streams("unknown dates")
    born = np.where(rng_unknown.random(people) < unknown_dates, born.astype("M8[Y]").astype("M8[D]"), born)
    rng_votes = streams("votes")
    both, second = _repeated(people, voted_twice, listed_twice, streams("twice"))
    person = np.concatenate([np.arange(people), both, second])
    voted = np.concatenate(
        [rng_votes.random(people) < turnout, np.ones(len(both), bool), np.zeros(len(second), bool)]
    )
    voted[both] = True
    # Of two entries either may be the one that its voter used.
    swapped = second[rng_votes.random(len(second)) < 0.5]
    entry = people + len(both) + np.searchsorted(second, swapped)
    voted[entry], voted[swapped] = voted[swapped], False
    marked = ~voted & (rng_votes.random(len(voted)) < false_marks)
    place = streams("places").integers(0, precincts, len(person))
    repeated = place[people:] == place[person[people:]]
    place[people:][repeated] = (place[people:][repeated] + 1) % precincts
    order = streams("order").permutation(len(person))
    person, place = person[order], place[order]
    frame = pd.DataFrame(
        {
            "given_name": _named("given", first[person], first_names),
            "family_name": _named("family", family[person], family_names),
            "birth_date": born[person].astype("M8[s]"),
            "region": _named("region", place * regions // precincts, regions),
            "precinct": _named("precinct", place, precincts),
            "voted": (voted | marked)[order],
        }
    )
    return SimulatedVoters(frame, len(both) + len(second), len(both), int(marked.sum()))


def _named(what: str, code: Codes, count: int) -> pd.Categorical:
    """Codes as numbered words: nobody is called that."""
    categories = pd.Index([f"{what} {i:06}" for i in range(count)], dtype="str")
    return pd.Categorical.from_codes(code, categories)


def _repeated(people: int, both: float, second: float, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """People who vote twice, and others who are only listed twice, each in order."""
    chosen = rng.permutation(people)[: round(people * both) + round(people * second)]
    return np.sort(chosen[: round(people * both)]), np.sort(chosen[round(people * both) :])


def _years(people: int, rng: np.random.Generator) -> Codes:
    """Birth years: few old people, as many of every other age."""
    years = np.arange(YEARS[0], YEARS[1] + 1)
    share = np.clip((years - YEARS[0] + 1) / 30, 0, 1)
    return np.asarray(rng.choice(years, people, p=share / share.sum()))


def _ranks(n: int, names: int, law: tuple[float, float], rng: np.random.Generator) -> Codes:
    shift, power = law
    share = 1 / (np.arange(names) + 1 + shift) ** power
    return np.searchsorted(np.cumsum(share / share.sum())[:-1], rng.random(n))


def _first_names(year: Codes, names: int, rng: np.random.Generator) -> Codes:
    """Half of the names are those of their time."""
    rank = _ranks(len(year), names, _FIRST, rng)
    fashion = (year - YEARS[0]) // FASHION_YEARS * (names // 7)
    return np.where(rng.random(len(year)) < 0.5, (rank + fashion) % names, rank)


def _born(first: Codes, year: Codes, name_days: float, names: int, rng: np.random.Generator) -> Days:
    """Dates of birth: season and days of the week of the year, then the days that suit a name."""
    count = YEARS[1] - YEARS[0] + 1
    dates = np.array([_dates(y) for y in range(YEARS[0], YEARS[1] + 1)])
    weekday = (dates.astype(np.int64) + 3) % 7
    season = 1 + SEASON * np.cos(2 * np.pi * (np.arange(DAYS) - 200) / DAYS)
    share = season * np.where(weekday >= 5, WEEKEND, 1.0)
    share[dates.astype("M8[Y]").astype(int) + 1970 != np.arange(YEARS[0], YEARS[1] + 1)[:, None]] = 0.0
    cumulative = np.cumsum(share / share.sum(axis=1, keepdims=True), axis=1)
    cumulative[:, -1] = 1.0
    flat = (cumulative + np.arange(count)[:, None]).ravel()
    favoured = rng.integers(0, DAYS, names)
    day = np.empty(len(year), dtype=np.intp)
    left = np.arange(len(year))
    while len(left):
        cohort = year[left] - YEARS[0]
        drawn = np.searchsorted(flat, rng.random(len(left)) + cohort, side="right") - cohort * DAYS
        drawn = np.clip(drawn, 0, DAYS - 1)
        apart = np.abs(drawn - favoured[first[left]])
        apart = np.minimum(apart, DAYS - apart)
        taken = rng.random(len(left)) * (1 + name_days) < 1 + name_days * np.exp(-0.5 * (apart / 7) ** 2)
        day[left[taken]] = drawn[taken]
        left = left[~taken]
    return dates[year - YEARS[0], day]


def _dates(year: int) -> Days:
    """366 dates from 1 January; in a year of 365 days the last one belongs to the next."""
    return np.arange(DAYS) + np.datetime64(f"{year}-01-01", "D")

"""Buses with people who vote for the leader at one precinct after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from forensics.simulation.manipulations.protocol import Floats, Protocol, Rows
from forensics.simulation.precincts import kilometres

#: Buses of a territory, people in a bus, precincts of a route: from, to.
BUSES, PEOPLE, ROUTE = (1, 3), (20, 40), (5, 20)
#: Hours that a stop takes, and kilometres that a bus drives in an hour.
STOP, SPEED = 0.4, 40.0
#: First departures: hours of the day.
DEPARTURE = (8.0, 12.0)
#: Hours between two stops where nobody knows where the precincts are.
UNKNOWN = 0.2


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit: row, people who vote, hour of the day, day of the election."""

    row: int
    people: int
    hour: float
    day: int


def by_certificates(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """Visitors vote on absentee certificates; about ``intensity`` votes at each stop."""
    _visit(protocol, rows, intensity, rng, columns=("absentee_voted",))


def by_lists(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """Visitors are written on the list; about ``intensity`` votes at each stop."""
    _visit(
        protocol, rows, intensity, rng, columns=("registered", "voters_added", "supplementary"), open_=True
    )


def by_impersonation(protocol: Protocol, rows: Rows, intensity: float, rng: np.random.Generator) -> None:
    """Visitors vote in the names of people who did not come, and leave no other trace."""
    _visit(protocol, rows, intensity, rng, columns=())


def _visit(
    protocol: Protocol,
    rows: Rows,
    intensity: float,
    rng: np.random.Generator,
    *,
    columns: tuple[str, ...],
    open_: bool = False,
) -> None:
    """Each stop adds its people; on a closed list no more than stayed away."""
    scale = intensity / (sum(PEOPLE) / 2)
    hours = protocol.hours
    for stop in stops(protocol, rows, rng):
        row = np.array([stop.row])
        x = np.array([round(stop.people * scale)])
        if not open_ and "registered" in protocol.columns:
            x = np.minimum(x, protocol.absent[row])
        if not x[0]:
            continue
        for column in columns:
            protocol.change(column, row, x)
        place = next(
            (i for i, (d, h, _) in enumerate(hours) if (d, h) >= (stop.day, stop.hour)), len(hours) - 1
        )
        protocol.add(row, x, when=np.array([place]))


def stops(protocol: Protocol, rows: Rows, rng: np.random.Generator) -> Iterator[Stop]:
    """The visits of all buses: each unit has its own, on routes from neighbour to neighbour."""
    unit = protocol.unit
    days = max((day for day, _, _ in protocol.hours), default=1)
    x, y = _places(protocol)
    for code in np.unique(unit[rows]):
        inside = rows[unit[rows] == code]
        for _ in range(int(rng.integers(BUSES[0], BUSES[1] + 1))):
            people = int(rng.integers(PEOPLE[0], PEOPLE[1] + 1))
            length = min(int(rng.integers(ROUTE[0], ROUTE[1] + 1)), len(inside))
            route = _route(inside, x, y, length, rng)
            hour = float(rng.uniform(*DEPARTURE))
            day = int(rng.integers(1, days + 1))
            for place, row in enumerate(route):
                if place:
                    hour += STOP + _travel(x, y, int(route[place - 1]), int(row))
                # Some of the people stay on the bus.
                yield Stop(int(row), int(rng.binomial(people, 0.95)), hour, day)


def _places(protocol: Protocol) -> tuple[Floats, Floats]:
    returns = protocol.returns
    if returns.has("lat", "lon"):
        return kilometres(returns.counts("lat"), returns.counts("lon"))
    nowhere = np.full(len(protocol), np.nan)
    return nowhere, nowhere


def _route(inside: Rows, x: Floats, y: Floats, length: int, rng: np.random.Generator) -> Rows:
    """Always on to the nearest precinct not yet visited; the next rows where places are unknown."""
    start = int(rng.integers(len(inside)))
    known = np.isfinite(x[inside])
    if not known.all():
        return np.take(inside, np.arange(start, start + length), mode="wrap")
    here, left = inside[start], np.delete(inside, start)
    route = [here]
    while len(route) < length:
        nearest = int(np.hypot(x[left] - x[here], y[left] - y[here]).argmin())
        here, left = left[nearest], np.delete(left, nearest)
        route.append(here)
    return np.array(route)


def _travel(x: Floats, y: Floats, from_: int, to: int) -> float:
    distance = float(np.hypot(x[to] - x[from_], y[to] - y[from_]))
    return distance / SPEED if np.isfinite(distance) else UNKNOWN

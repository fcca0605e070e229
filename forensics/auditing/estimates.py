"""What several methods say of one question, on the same rules of exclusion: precincts and votes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.auditing.runner import task_seed
from forensics.auditing.workers import as_finished, in_order
from forensics.detectors.registry import find_detector
from forensics.finding import Finding, Interval
from forensics.messages.message import Message, Sentences
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES
from forensics.tables.stacking import narrowed

#: Smallest lists of the rules of exclusion, in registered voters: one number, three ways to leave out.
FLOORS = (1, 100, 300)
#: What the methods look at besides votes and levels.
COLUMNS = ("registered", "issued", "ballots", "valid", "venue_type")

SAY = Sentences(
    "estimates",
    rule="Registered voters, ballots and votes for {option} are all reported, 0 < ballots ≤ registered, "
    "0 ≤ votes ≤ ballots, and at least {floor:,} {floor:plural:voter is|voters are} registered.",
    integer_percent="precincts with a whole percentage beyond chance; their votes for the option",
    resampled_density="precincts in spikes of the fine distribution",
    turnout_edge="precincts at 99 % turnout and above beyond chance",
    fingerprint="precincts with added votes, if honest ones are of one kind",
    reference_bin="votes beyond those of a reference bin, if support does not depend on turnout",
    small="Too few precincts for this method.",
    no_interval="The method gives no interval here, so that its number is not shown.",
)

Bounds = tuple[float, float] | None
Reader = Callable[[Finding], "tuple[float | None, Bounds, float | None, Bounds]"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one method says under one rule of exclusion, for the returns as a whole.

    Parameters
    ----------
    method, quantity : str
        Detector, and what it looked at.
    floor : int
        Smallest number of registered voters of the rule.
    n : int
        Precincts that the method used.
    precincts, precincts_interval : float and pair of floats, or None
        Share of precincts that depart from the method's null.
    votes, votes_interval : float and pair of floats, or None
        Votes for the option under study in them, or moved, as ``what`` says.
    what : Message
        What the two numbers count.
    reason : Message or None
        Why there is no number.
    """

    method: str
    quantity: str
    floor: int
    n: int
    precincts: float | None
    precincts_interval: Bounds
    votes: float | None
    votes_interval: Bounds
    what: Message
    reason: Message | None = None

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """JSON-ready, texts in a language."""
        return {
            "method": self.method,
            "quantity": self.quantity,
            "minimum_registered": self.floor,
            "n": self.n,
            "precincts": self.precincts,
            "precincts_interval": self.precincts_interval,
            "votes": self.votes,
            "votes_interval": self.votes_interval,
            "what": self.what.text(language),
            "reason": None if self.reason is None else self.reason.text(language),
        }


def estimates(returns: Returns, *, seed: int = 0, rules: tuple[int, ...] = FLOORS) -> tuple[Estimate, ...]:
    """The same methods on the same precincts, for each rule of exclusion.

    The literature's numbers differ by method and by what each leaves out. Here every method sees
    the same precincts, so that what differs between two rows of one rule is the method, and between
    two rules of one method the exclusions.

    Parameters
    ----------
    returns : Returns
    seed : int
        Of the audit.
    rules : tuple of int
        Smallest numbers of registered voters.

    Returns
    -------
    tuple of Estimate
        By method and quantity, then by rule; empty where turnout or votes are not reported, or
        nothing is left.

    Notes
    -----
    Each method under each rule is a task, those that take longest first, for as many workers as
    ``joblib.parallel_config`` says. They are sent what the methods look at, not the whole table.
    """
    if not (returns.options and returns.has("registered", "ballots")):
        return ()
    order = list(METHODS)
    used = narrowed(returns, (*COLUMNS, *(f"{VOTES}{option}" for option in returns.options)))
    tasks = [(id, used, floor, seed) for id in sorted(order, key=SLOWEST_FIRST.index) for floor in rules]
    told = in_order(as_finished(_under, tasks, n_jobs=None))
    found = [one for own in told for one in own]
    return tuple(sorted(found, key=lambda one: (order.index(one.method), one.quantity, one.floor)))


def _under(id: str, returns: Returns, floor: int, seed: int) -> list[Estimate]:
    """One method under one rule; nothing where it leaves no precinct."""
    rows = _consistent(returns) & (returns.counts("registered") >= floor)
    return list(_of(id, returns.part(rows), floor, seed)) if rows.any() else []


def rule(returns: Returns, floor: int) -> Message:
    """The rule of exclusion in words."""
    leader = returns.leader or ""
    return SAY("rule", option=returns.labels.get(leader, leader), floor=floor)


def _consistent(returns: Returns) -> NDArray[np.bool_]:
    registered, ballots, votes = returns.counts("registered"), returns.counts("ballots"), returns.votes()
    with np.errstate(invalid="ignore"):
        inside = (ballots > 0) & (ballots <= registered) & (votes >= 0) & (votes <= ballots)
    return np.asarray(inside, dtype=np.bool_)


def _of(id: str, part: Returns, floor: int, seed: int) -> Iterator[Estimate]:
    entry = find_detector(id)
    read, options = METHODS[id]
    parameters: dict[str, Any] = dict(options)
    if "minimum" in entry.parameters:
        parameters["minimum"] = 1
    if "rng" in entry.parameters:
        parameters["rng"] = task_seed(seed, id)
    what = SAY(id)
    for item in entry.run(part, **parameters):
        if not isinstance(item, Finding):
            yield Estimate(id, "", floor, 0, None, None, None, None, what, item.reason)
        elif item.underpowered or item.effect is None:
            failed = [one.text for one in item.assumptions if one.holds is False]
            reason = failed[0] if failed else SAY("small")
            yield Estimate(id, item.quantity, floor, item.n, None, None, None, None, what, reason)
        elif item.interval is None:
            yield Estimate(
                id, item.quantity, floor, item.n, None, None, None, None, what, SAY("no_interval")
            )
        else:
            yield Estimate(id, item.quantity, floor, item.n, *read(item), what)


def _pair(interval: Interval | None, scale: float = 1.0) -> Bounds:
    return None if interval is None else (scale * interval.low, scale * interval.high)


def _share(item: Finding) -> tuple[float | None, Bounds, float | None, Bounds]:
    return item.effect, _pair(item.interval), None, None


def _percent(item: Finding) -> tuple[float | None, Bounds, float | None, Bounds]:
    assert item.effect is not None
    return item.effect / 100, _pair(item.interval, 0.01), None, None


def _votes(item: Finding) -> tuple[float | None, Bounds, float | None, Bounds]:
    return None, None, item.effect, _pair(item.interval)


def _weighted(item: Finding) -> tuple[float | None, Bounds, float | None, Bounds]:
    votes, interval = item.detail["weighted"].get("leader", (None, None))
    return item.effect, _pair(item.interval), votes, None if interval is None else tuple(interval)


#: How the finding of each method is read, and the parameters that differ from its defaults.
METHODS: Mapping[str, tuple[Reader, Mapping[str, Any]]] = {
    "integer_percent": (_weighted, {"quantity": "either"}),
    "resampled_density": (_percent, {}),
    "turnout_edge": (_share, {}),
    "fingerprint": (_share, {"n_resamples": 50}),
    "reference_bin": (_votes, {}),
}
#: A long task that starts last is waited for.
SLOWEST_FIRST = ("fingerprint", "resampled_density", "turnout_edge", "reference_bin", "integer_percent")

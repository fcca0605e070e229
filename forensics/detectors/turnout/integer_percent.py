"""Whole percentages of turnout and share (Kobak, Shpilkin and Pshenichnikov 2016), exact null."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forensics.detectors.additive import BANDS, Additive, Sums, accumulate, merge
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.registry import detector
from forensics.detectors.shares import Votes, looked_at
from forensics.detectors.turnout._percentages import (
    Flags,
    Floats,
    Ratio,
    included_precincts,
    ratio_of,
    turnout_ratio,
)
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels.excess import Hits, hits_of, moments_of, normal_interval
from forensics.kernels.spikes import is_whole, whole_chances
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

#: Below this many precincts no p-value is given.
FEWEST = 500
#: Windows (percentage points) and floors (votes on either side) of the sweep.
WINDOWS = (0.05, 0.1, 0.2)
FLOORS = (25, 50, 100)
#: Floor of the calibrated reading.
FLOOR = 25
QUANTITIES = ("either", "share", "turnout")
SAY = Sentences(
    "integer_percent",
    either="turnout or share",
    null="Percentages of {quantity} fall within {half} points of a multiple of {period} exactly as "
    "often as binomial redraws around each precinct's own rate do (Poisson-binomial, no simulation).",
    exclusion="{n:,} precincts left out: a count missing, no ballots, fewer than {minimum:,} {of}, or a "
    "percentage above {maximum:.0%}.",
    small="The reading rests on precincts with at least {floor} on either side of each count: in smaller "
    "ones a redraw reaches 0 and 100 % too often.",
    fractions="Small precincts produce round fractions by arithmetic; that is in the null, and the size "
    "bands show it.",
    rounding="Officials who round a turnout they report by telephone, and correct the protocol to match.",
    percentages="Protocols filled in from percentages that were announced first, for whatever reason.",
    both="An excess that the runner-up, the smallest option and the invalid votes share is data handling.",
)
INNOCENT = SAY.all("fractions", "rounding", "percentages", "both")


@detector(family="turnout", needs=("ballots|issued",))
def integer_percent(
    returns: Returns,
    /,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 100,
    maximum: float = 0.99,
    period: int = 1,
    window: float = 0.1,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
) -> Findings:
    """Whole percentages of turnout and share, after Kobak, Shpilkin and Pshenichnikov (2016).

    Null: votes and turnout of each precinct vary binomially around the precinct's own rate,
    independently. The chance q that a percentage falls into the window is computed exactly, so the
    number of precincts that hit is Poisson-binomial with known mean and variance.

    Two readings are given. ``z`` uses all included precincts (the published convention), biased
    downwards where counts are small: a redraw around x reaches 0 and n, which are whole percentages.
    ``z_calibrated``, on which p-value and effect rest, has precincts with 25 votes on either side.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    quantity : {"either", "share", "turnout"}, optional
        By default all three, or those that the columns allow.
    option : str, optional
        Option whose share is looked at (default: the leader), or ``"all"``, invalid votes too.
    minimum : int
        Smallest number of registered voters (ballots, where nobody is registered).
    maximum : float
        Largest turnout and share included.
    period, window : int, float
        Multiples looked at (1, 5 or 10) and full width of the window, in points.
    by : str or sequence of str, optional
        Level(s) at which to test; ``None`` is the nation.
    confidence_level : float
        Of the intervals.

    Returns
    -------
    Findings
        One per quantity and scope. ``statistic`` z_calibrated, ``effect`` calibrated excess share of
        precincts. ``detail``: ``observed``, ``expected``, ``z``, ``z_calibrated``, ``excess``,
        ``excess_interval``, ``weighted`` ({registered, issued, leader}: [excess, interval]), ``bands``
        ([low, high, n, excess, z]), ``sweep`` ([window, floor, n, excess, z]), ``pvalue_adjusted``
        (Benjamini–Hochberg over the units of the level). ``precincts``: hit minus chance.

    Raises
    ------
    ConfigError
        If the quantity is unknown or the period does not divide 100.

    Notes
    -----
    Innocent explanations: rounding of a reported turnout without moving votes, protocols written
    from announced percentages. Breaks where counts were published as percentages, or precincts are so
    small that few percentages are possible. Blind to manipulation that avoids round numbers.

    References
    ----------
    Kobak, D., Shpilkin, S. and Pshenichnikov, M. S. (2016). Integer percentages as electoral
    falsification fingerprints. Annals of Applied Statistics 10, 54-73.
    """
    states = statistic(
        returns,
        quantity=quantity,
        option=option,
        minimum=minimum,
        maximum=maximum,
        period=period,
        window=window,
        by=by,
    )
    return finish(states, confidence_level=confidence_level)


@dataclass(frozen=True, slots=True)
class _State:
    """Sums of one quantity for each width of the window, and what they were computed with."""

    label: str
    sweeps: Mapping[float, Sums]
    scope: Scope
    parameters: Mapping[str, Any]
    #: Column that the floor of the sizes is about.
    floor_of: str
    #: Hit minus chance per precinct, NaN where left out; not kept of a part.
    residual: Floats | None


def statistic(
    returns: Returns,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 100,
    maximum: float = 0.99,
    period: int = 1,
    window: float = 0.1,
    by: str | Sequence[str | None] | None = None,
) -> tuple[_State, ...]:
    """What is kept of a part: sums for each quantity."""
    if quantity not in (None, *QUANTITIES):
        raise ConfigError(f"integer_percent looks at {', '.join(QUANTITIES)}, not at {quantity!r}")
    if period < 1 or 100 % period:
        raise ConfigError(f"period {period} does not divide 100; take 1, 2, 4, 5, 10, 20, 25 or 50")
    turnout = turnout_ratio(returns)
    options: Sequence[Votes | None] = looked_at(returns, option) if returns.options else (None,)
    states: list[_State] = []
    for place, votes in enumerate(options):
        share = ratio_of(votes.votes, returns.counts("ballots")) if votes is not None else None
        known: dict[tuple[int, float], tuple[Flags, Floats]] = {}
        included = included_precincts(returns, turnout, share, minimum, maximum)
        for name, ratios in _pairs(turnout, share):
            if quantity not in (None, name) or (place and name == "turnout"):
                continue
            label = (
                name if votes is None or name == "turnout" else name + votes.quantity.removeprefix("share")
            )
            test = _Test(
                returns,
                label,
                ratios,
                included,
                minimum,
                maximum,
                period,
                window,
                by,
                known,
            )
            states.append(test.state())
    return tuple(states)


def merge_states(states: Sequence[Sequence[_State]]) -> tuple[_State, ...]:
    """States of several parts, quantity by quantity, as the states of the whole."""
    return tuple(
        replace(
            same[0],
            sweeps={w: merge([state.sweeps[w] for state in same]) for w in same[0].sweeps},
            residual=None,
        )
        for same in zip(*states, strict=True)
    )


def finish(states: Sequence[_State], *, confidence_level: float = 0.95) -> Findings:
    """The findings of all quantities and scopes."""
    return Findings(finding for state in states for finding in _findings(state, confidence_level))


ADDITIVE = Additive(statistic, merge_states, finish)


def _pairs(turnout: Ratio | None, share: Ratio | None) -> Iterator[tuple[str, tuple[Ratio, ...]]]:
    if turnout is not None and share is not None:
        yield "either", (turnout, share)
    if share is not None:
        yield "share", (share,)
    if turnout is not None:
        yield "turnout", (turnout,)


@dataclass(frozen=True, slots=True)
class _Test:
    """One quantity: its chances and its sums."""

    returns: Returns
    label: str
    ratios: tuple[Ratio, ...]
    included: Flags
    minimum: int
    maximum: float
    period: int
    window: float
    by: str | Sequence[str | None] | None
    known: dict[tuple[int, float], tuple[Flags, Floats]]

    def chances(self, window: float) -> tuple[Floats, Floats]:
        """(hit, q) per precinct, zeros where it is not included; the percentages are independent."""
        parts = [self.chance(ratio, window) for ratio in self.ratios]
        hit = np.logical_or.reduce([hit for hit, _ in parts])
        missed = np.prod([1 - q for _, q in parts], axis=0)
        return hit.astype(np.float64), np.where(self.included, 1 - missed, 0.0)

    def chance(self, ratio: Ratio, window: float) -> tuple[Flags, Floats]:
        """The same for one percentage; remembered, because two quantities share it."""
        key = (id(ratio), window)
        if key not in self.known:
            rows = np.flatnonzero(self.included)
            x, n = ratio.x[rows], ratio.n[rows]
            hit, q = np.zeros(len(self.included), dtype=bool), np.zeros(len(self.included))
            hit[rows] = is_whole(x, n, period=self.period, window=window)
            q[rows] = whole_chances(n, x / n, period=self.period, window=window)
            self.known[key] = (hit, q)
        return self.known[key]

    def floor(self, floor: int) -> Flags:
        """Included precincts with at least ``floor`` on either side of every count."""
        keep = self.included.copy()
        for ratio in self.ratios:
            keep &= (ratio.x >= floor) & (ratio.n - ratio.x >= floor)
        return keep

    def sums(self, hit: Floats, q: Floats) -> Sums:
        moments = moments_of(hit, q)
        values: dict[str, Floats] = {
            "all": moments * self.included[:, None],
            "left_out": (~self.included).astype(np.float64),
        }
        for name in ("registered", self.returns.turnout_of, "leader"):
            weights = self._weights(name)
            if weights is not None:
                values[f"weight_{name}"] = np.stack(
                    [weights * (hit - q), weights**2 * q * (1 - q)], axis=-1
                )
        for floor in FLOORS:
            values[f"floor_{floor}"] = moments * self.floor(floor)[:, None]
        return accumulate(self.returns, self.by, values)

    def _weights(self, name: str) -> Floats | None:
        if name == "leader":
            return np.nan_to_num(self.returns.votes()) if self.returns.options else None
        return np.nan_to_num(self.returns.counts(name)) if self.returns.has(name) else None

    def state(self) -> _State:
        hit, q = self.chances(self.window)
        sweeps = {self.window: self.sums(hit, q)}
        for window in WINDOWS:
            if window != self.window:
                sweeps[window] = self.sums(*self.chances(window))
        parameters = {
            "minimum": self.minimum,
            "maximum": self.maximum,
            "period": self.period,
            "window": self.window,
            "floor": FLOOR,
            "turnout_of": self.returns.turnout_of,
            "share_of": "ballots",
        }
        floor_of = "registered" if self.returns.has("registered") else "ballots"
        residual = np.where(self.included, hit - q, np.nan)
        return _State(self.label, sweeps, self.returns.scope, parameters, floor_of, residual)


def _findings(state: _State, level: float) -> list[Finding]:
    sums = state.sweeps[state.parameters["window"]]
    readings = [hits_of(sums.total(f"floor_{FLOOR}", i)) for i in range(len(sums.scopes))]
    pvalues = [reading.pvalue if reading.n >= FEWEST else None for reading in readings]
    shared = adjusted(sums.scopes, pvalues)
    return [
        _finding(state, sums, i, scope, readings[i], pvalues[i], shared[i], level)
        for i, scope in enumerate(sums.scopes)
    ]


def _finding(
    state: _State,
    sums: Sums,
    i: int,
    scope: Scope,
    reading: Hits,
    pvalue: float | None,
    shared: float | None,
    level: float,
) -> Finding:
    plain = hits_of(sums.total("all", i))
    excluded = int(sums.total("left_out", i))
    n = reading.n
    return Finding(
        method="integer_percent",
        family="turnout",
        quantity=state.label,
        scope=scope,
        null=SAY(
            "null",
            quantity=SAY("either") if state.label == "either" else state.label,
            period=state.parameters["period"],
            half=f"{state.parameters['window'] / 2:g}",
        ),
        statistic=reading.z,
        pvalue=pvalue,
        effect=reading.excess / n if n else None,
        unit="share of precincts",
        interval=Interval(*reading.interval(level, n), level) if n else None,
        n=n,
        excluded=excluded,
        exclusion=SAY(
            "exclusion",
            n=excluded,
            minimum=state.parameters["minimum"],
            maximum=state.parameters["maximum"],
            of=state.floor_of,
        )
        if excluded
        else None,
        underpowered=n < FEWEST,
        assumptions=(Assumption(SAY("small", floor=FLOOR), True),),
        innocent=INNOCENT,
        parameters=dict(state.parameters),
        detail={
            "n": plain.n,
            "observed": plain.observed,
            "expected": plain.expected,
            "z": plain.z,
            "z_calibrated": reading.z,
            "excess": plain.excess,
            "excess_interval": list(plain.interval(level)),
            "pvalue_adjusted": shared,
            "weighted": {
                name.removeprefix("weight_"): [
                    float(pair[0]),
                    list(normal_interval(float(pair[0]), float(pair[1]) ** 0.5, level)),
                ]
                for name in sums.values
                if name.startswith("weight_")
                for pair in (sums.total(name, i),)
            },
            "bands": _bands(sums, i),
            "sweep": [
                [window, floor, swept.n, swept.excess, swept.z]
                for window, other in sorted(state.sweeps.items())
                for floor in FLOORS
                for swept in (hits_of(other.total(f"floor_{floor}", i)),)
            ],
        },
        precincts=state.residual if scope == state.scope else None,
    )


def _bands(sums: Sums, i: int) -> list[list[Any]]:
    rows = []
    for band, low in enumerate(BANDS):
        reading = hits_of(sums.values["all"][i, band])
        high = BANDS[band + 1] if band + 1 < len(BANDS) else None
        if reading.n:
            rows.append([low, high, reading.n, reading.excess, reading.z])
    return rows

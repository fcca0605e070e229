"""Seconds that every voter can have taken, from the voters of an interval and the desks there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.carousel._readings import Intervals, readings, split
from forensics.detectors.registry import detector
from forensics.detectors.venues import Venues, venues
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval, Skipped
from forensics.kernels.proportion import wilson
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Seconds of a voter at which violations are also counted.
SWEEP = (120.0, 60.0, 45.0, 30.0, 20.0)
#: Below this many precincts a finding is underpowered.
FEWEST = 20

SAY = Sentences(
    "throughput",
    null="In every interval each voter has at least {seconds:g} seconds at one of the desks of the "
    "precinct.",
    exclusion="{n:,} precincts without an interval of known length in which somebody voted, without "
    "registered voters, or special venues.",
    none="The returns have no readings of turnout through the day (columns hour_HH or turnout_pct_HH).",
    unknown="No interval between two readings of one day has a known length; give the hours of opening "
    "and closing (opens, closes).",
    desks="There is a desk for every {per_desk:,} registered voters, rounded up (the number of desks is "
    "not in the returns).",
    even="Voters come evenly through an interval: within a long one a queue may be served faster, and the "
    "seconds told are an upper bound.",
    entered="Voters of several hours entered at once: the reading before was late or too low.",
    more="More desks than the number of voters on the list asks for.",
    together="Couples and families handed their ballots together; lists signed beforehand; ballots taken "
    "to homes by several members at a time.",
    supplementary="Voters from elsewhere, for whom desks were set up and who are on no list.",
)


@detector(family="carousel", needs=("registered",), default="descriptive")
def throughput(
    returns: Returns,
    /,
    *,
    series: str | None = None,
    seconds: float = 60.0,
    per_desk: int = 500,
    opens: float | None = None,
    closes: float | None = None,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
) -> Findings:
    """Seconds per voter that readings leave (service times: Spencer and Markovits 2010).

    Null: each voter has at least ``seconds`` at one of the desks. A desk checks the document, finds
    the line, has it signed and hands the ballot out; a precinct that reports more voters than its
    desks can serve has reported voters who were not served. There is no law of chance in this, and
    no p-value.

    Parameters
    ----------
    returns : Returns
        With ``registered`` and ``hour_HH`` or ``turnout_pct_HH``.
    series : {"hour", "turnout_pct"}, optional
        Readings to look at.
    seconds : float
        Shortest time of a voter at a desk.
    per_desk : int
        Registered voters for whom there is one desk.
    opens, closes : float, optional
        Hours of opening and closing; without them the first and the last interval of a day are of
        unknown length and left out.
    by : str or sequence of str, optional
        Level(s) at which to count; ``None`` is the nation.
    confidence_level : float
        Of the interval.

    Returns
    -------
    Findings
        One per scope, quantity ``seconds_per_voter``. ``effect``: share of precincts with an
        interval below ``seconds``, with Wilson's interval; ``statistic``: their number. ``detail``:
        ``violations`` (precincts), ``intervals_below`` (precinct-intervals), ``voters_below`` (voters
        of these beyond what the desks could serve), ``quantiles`` of the seconds of the busiest
        interval ({"0.01", "0.05", "0.5"}), ``shortest``, ``sweep`` ([[seconds, precincts]]),
        ``intervals`` (labels), ``venue_types``, ``special``, ``proxy``. ``precincts``: seconds per
        voter of the busiest interval.

    Raises
    ------
    ConfigError
        If a level, a series or a parameter is unknown, or a parameter out of its range.

    Notes
    -----
    The number of desks is an assumption: seconds and thresholds scale with it. In clean elections
    0.2 % (Romania 2024, hourly) and none (Spain, Canaries 2019, four hours) of the precincts have an
    interval below 60 seconds, and 18 % and 0.5 % below the 120 seconds that are sometimes taken as
    capacity, which honest peaks therefore exceed. Shorter intervals show peaks: in simulated elections
    read every half hour 3.7 % of the precincts fall below 60 seconds, 0.2 % below 45 and none below 30,
    where a fifth of the list added within half an hour shows in 88 % of the precincts, and half of it
    in 99 % (a list of 300 and fewer stays above). Innocent explanations: late readings, more desks,
    families together, mobile boxes. Breaks where intervals are long: a burst within one is averaged
    away, so that few violations prove nothing.

    References
    ----------
    Spencer, D. M. and Markovits, Z. S. (2010). Long lines at polling stations? Observations from an
    election day field study. Election Law Journal 9, 3-17 (service times of voters).
    """
    _check(seconds, per_desk, opens, closes)
    if series not in (None, "hour", "turnout_pct"):
        raise ConfigError(f"series is hour or turnout_pct, not {series!r}")
    read = readings(returns, series)
    if read is None:
        return Findings([Skipped("throughput", returns.scope, SAY("none"))])
    intervals = read.intervals
    hours = _lengths(intervals, opens, closes)
    if not np.isfinite(hours).any():
        return Findings([Skipped("throughput", returns.scope, SAY("unknown"))])
    places, registered = venues(returns), returns.counts("registered")
    with np.errstate(invalid="ignore", divide="ignore"):
        desks = np.where((registered > 0) & ~places.special, np.ceil(registered / per_desk), np.nan)
        available = 3600 * desks[:, None] * hours
        left = np.where(intervals.steps > 0, available / intervals.steps, np.nan)
        beyond = np.where(left < seconds, intervals.steps - available / seconds, 0.0)
    busy = _Busy(
        left=left,
        busiest=np.fmin.reduce(left, axis=1),
        beyond=beyond,
        places=places,
        labels=tuple(np.array(intervals.labels)[np.isfinite(hours)].tolist()),
        parameters={
            "series": read.series.kind, "seconds": seconds, "per_desk": per_desk, "opens": opens,
            "closes": closes,
        },
        confidence_level=confidence_level,
    )  # fmt: skip
    found = []
    for level in levels_of(returns, by):
        units = returns.units(level)
        for scope, rows in zip(units.scopes, split(units.codes, len(units.scopes)), strict=True):
            found.append(busy.finding(scope, rows, national=scope == returns.scope))
    return Findings(found)


def _check(seconds: float, per_desk: int, opens: float | None, closes: float | None) -> None:
    if not seconds > 0 or not per_desk >= 1:
        raise ConfigError(f"seconds and per_desk are above 0, not {seconds} and {per_desk}")
    for name, hour in (("opens", opens), ("closes", closes)):
        if hour is not None and not 0 <= hour <= 24:
            raise ConfigError(f"{name} is an hour of the day between 0 and 24, not {hour}")


def _lengths(intervals: Intervals, opens: float | None, closes: float | None) -> Floats:
    """Hours of each interval, NaN where not known or not positive."""
    start = np.where(np.isnan(intervals.start), np.nan if opens is None else opens, intervals.start)
    end = np.where(np.isnan(intervals.end), np.nan if closes is None else closes, intervals.end)
    length = end - start
    return np.asarray(np.where(length > 0, length, np.nan))


@dataclass(frozen=True, slots=True, eq=False)
class _Busy:
    """Seconds per voter of each interval and of the busiest, and voters beyond what desks can serve."""

    left: Floats
    busiest: Floats
    beyond: Floats
    places: Venues
    labels: tuple[str, ...]
    parameters: dict[str, Any]
    confidence_level: float

    def finding(self, scope: Scope, rows: Codes, *, national: bool) -> Finding:
        """The finding of one unit."""
        seconds, level = self.parameters["seconds"], self.confidence_level
        used = rows[np.isfinite(self.busiest[rows])]
        values = self.busiest[used]
        below = used[values < seconds]
        n, number, excluded = len(used), len(below), len(rows) - len(used)
        with np.errstate(invalid="ignore"):
            intervals_below = int((self.left[used] < seconds).sum())
        quantiles = {str(q): float(np.quantile(values, q)) for q in (0.01, 0.05, 0.5)} if n else {}
        return Finding(
            method="throughput",
            family="carousel",
            quantity="seconds_per_voter",
            scope=scope,
            null=SAY("null", seconds=seconds),
            statistic=float(number),
            effect=number / n if n else None,
            unit="share of precincts",
            interval=Interval(*wilson(number, n, level), level) if n else None,
            n=n,
            excluded=excluded,
            exclusion=SAY("exclusion", n=excluded) if excluded else None,
            underpowered=n < FEWEST,
            assumptions=(
                Assumption(SAY("desks", per_desk=self.parameters["per_desk"]), None),
                Assumption(SAY("even"), None),
                self.places.assumption(),
            ),
            innocent=(
                *SAY.all("entered", "more", "together", "supplementary"),
                *self.places.innocent(below),
            ),
            parameters=self.parameters,
            detail={
                "violations": number,
                "intervals_below": intervals_below,
                "voters_below": float(self.beyond[used].sum()),
                "quantiles": quantiles,
                "shortest": float(values.min()) if n else None,
                "sweep": [[limit, int((values < limit).sum())] for limit in SWEEP],
                "intervals": list(self.labels),
                **self.places.detail(below),
            },
            precincts=self.busiest if national else None,
        )

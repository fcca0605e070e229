"""Percentages that round to a multiple of five (P05s of Hicken and Mebane)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import Additive
from forensics.detectors.digits import _classes as classes
from forensics.detectors.registry import detector
from forensics.detectors.shares import looked_at
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings
from forensics.kernels.binomial import Classify
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

#: Below this many precincts no p-value is given.
FEWEST = 300
QUANTITIES = ("turnout", "share")

SAY = Sentences(
    "percent_heaping",
    null="Percentages of {quantity} that round to a multiple of five are as frequent as binomial redraws "
    "around each precinct's own rate make them, in precincts of at least {minimum:,} {of}.",
    exclusion="{small:,} precincts below {minimum:,} {of} and {missing:,} with a missing count.",
    closed="Hospitals, barracks and other closed precincts at 100 % count as multiples of five.",
    flat="A multiple of five is only frequent or rare against a smooth curve: the toolkit's fixed .2 "
    "assumes a flat one.",
)


@detector(family="digits", needs=("ballots|issued",))
def percent_heaping(
    returns: Returns,
    /,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
) -> Findings:
    """Share of percentages that round to a multiple of five, the P05s of Hicken and Mebane (2017).

    Null: each numerator varies binomially around its precinct's own rate; the chance that its
    percentage rounds (half to even, as the toolkit does) to a multiple of five is exact per
    precinct. The window is half a point wide on either side: this is no test of spikes, for which
    see ``integer_percent``.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    quantity : {"turnout", "share"}, optional
        Both by default, those that the columns allow. A percentage above 100 counts as 100, the
        toolkit's convention.
    option : str, optional
        Option whose share is looked at (default: the leader), or ``"all"``: every option and the
        invalid votes.
    minimum : int
        Smallest denominator; the toolkit uses 0.
    by : str or sequence of str, optional
        Level(s) at which to test; ``None`` is the nation.
    confidence_level : float
        Of the interval.

    Returns
    -------
    Findings
        One per quantity and scope. ``statistic`` z, ``effect`` excess share with its interval;
        ``detail``: ``share``, ``expected``, ``z_published``, ``bands``.

    Raises
    ------
    ConfigError
        If a quantity, an option, a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: closed precincts at 100 %, small precincts, rounding of ballots issued.
    Breaks where nearly all percentages lie within a few points of each other.

    References
    ----------
    Hicken, A. and Mebane, W. R. (2017). A guide to elections forensics. University of Michigan.
    """
    states = statistic(returns, quantity=quantity, option=option, minimum=minimum, by=by)
    return finish(states, minimum=minimum, confidence_level=confidence_level)


def statistic(
    returns: Returns,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
) -> tuple[classes.ClassState, ...]:
    """What is kept of a part: a state per quantity."""
    states = []
    for name, x, n in _percentages(returns, quantity, option):
        sizes = np.where(n > 0, n, np.nan)
        states.append(
            classes.state_of(returns, name, np.fmin(x, sizes), sizes, _classify(n, minimum), 2, minimum, by)
        )
    return tuple(states)


def finish(
    states: Sequence[classes.ClassState], *, minimum: int = 100, confidence_level: float = 0.95
) -> Findings:
    """The findings of a state per quantity."""
    return classes.findings_of(states, _finding, minimum, confidence_level)


ADDITIVE = Additive(statistic, classes.merge_states, finish)


def _percentages(
    returns: Returns, quantity: str | None, option: str | None
) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    """(quantity, numerator, denominator) for each percentage looked at."""
    if quantity is not None and quantity not in QUANTITIES:
        raise ConfigError(f"percent_heaping looks at {' or '.join(QUANTITIES)}, not at {quantity!r}")
    chosen = []
    if quantity != "share" and option is None and returns.has("registered"):
        numerator = returns.counts(returns.turnout_of)
        chosen.append(("turnout", numerator, returns.counts("registered")))
    if quantity != "turnout" and returns.options and returns.has("ballots"):
        ballots = returns.counts("ballots")
        chosen += [(votes.quantity, votes.votes, ballots) for votes in looked_at(returns, option)]
    return chosen


def _classify(n: NDArray[np.float64], minimum: int) -> Classify:
    return lambda x, rows: _five(x, n[rows], minimum)


def _five(x: NDArray[np.int64], n: NDArray[np.float64], minimum: int) -> NDArray[np.intp]:
    """0 where 100x/n rounds (half to even) to a multiple of five, 1 elsewhere, 2 below the floor."""
    # The quotient is exact at a half, and 1/(2n) or more away from it else: rint ties as it should.
    fives = np.rint(100.0 * x / np.where(n > 0, n, 1.0)) / 5
    return np.where(n >= max(minimum, 1), (fives != np.rint(fives)).astype(np.intp), 2)


def _finding(state: classes.ClassState, i: int, scope: Scope, minimum: int, level: float) -> Finding:
    heap, bands = classes.heap(state, i, level)
    small = int(state.sums.total("small", i))
    missing = int(state.sums.total("missing", i))
    of = "registered" if state.quantity == "turnout" else "ballots"
    return Finding(
        method="percent_heaping",
        family="digits",
        quantity=state.quantity,
        scope=scope,
        null=SAY("null", quantity=state.quantity, minimum=minimum, of=of),
        excluded=small + missing,
        exclusion=SAY("exclusion", small=small, minimum=minimum, missing=missing, of=of)
        if small + missing
        else None,
        assumptions=classes.assumptions(state),
        innocent=(*SAY.all("closed", "flat"), *classes.INNOCENT),
        parameters={"minimum": minimum, "quantity": state.quantity, "fewest": FEWEST, "of": of},
        **classes.heap_fields(heap, bands, FEWEST, level),
    )

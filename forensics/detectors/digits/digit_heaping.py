"""Counts that end in 0 or 5 (C05s of Hicken and Mebane), against the precincts' own smooth null."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import Additive
from forensics.detectors.counted import resolve
from forensics.detectors.digits import _classes as classes
from forensics.detectors.registry import detector
from forensics.finding import Finding, Findings
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

#: Below this many counts no p-value is given.
FEWEST = 300

SAY = Sentences(
    "digit_heaping",
    tally="Tallying in fives and bundling ballots by tens make clerks report round numbers.",
)


@detector(family="digits", needs=("ballots|votes",))
def digit_heaping(
    returns: Returns,
    /,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
) -> Findings:
    """Share of counts that end in 0 or 5, the C05s of Hicken and Mebane (2017).

    Null: each count varies binomially around its precinct's own rate, which makes the share of
    round endings exactly computable (close to .2; the toolkit's fixed .2 is ``expected_published``
    with ``z_published``).

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    quantity, option : str, optional
        As in :func:`last_digit`.
    minimum : int
        Smallest count used; the toolkit uses 0.
    by : str or sequence of str, optional
        Level(s) at which to test; ``None`` is the nation.
    confidence_level : float
        Of the interval.

    Returns
    -------
    Findings
        One per quantity and scope. ``statistic`` z, ``effect`` excess share of round counts with
        its interval; ``detail``: ``share``, ``expected``, ``z_published``, ``bands``
        ([low, high, n, excess, z]).

    Raises
    ------
    ConfigError
        If a quantity, an option, a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: tallying in fives, rounding by clerks, precincts of like size. Heaping of
    *issued ballots* without heaping of votes points at the desk, not at the count. Breaks where
    counts are so small that 0 and 5 dominate: keep the floor.

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
    names = resolve(returns, quantity, option, ("leader_votes", "issued", "ballots"))

    def classify(x: NDArray[np.int64]) -> NDArray[np.intp]:
        return np.where(x >= minimum, (x % 5 != 0).astype(np.intp), 2)

    return tuple(classes.class_state(returns, name, classify, 2, minimum, by) for name in names)


def finish(
    states: Sequence[classes.ClassState], *, minimum: int = 100, confidence_level: float = 0.95
) -> Findings:
    """The findings of a state per quantity."""
    return classes.findings_of(states, _finding, minimum, confidence_level)


ADDITIVE = Additive(statistic, classes.merge_states, finish)


def _finding(state: classes.ClassState, i: int, scope: Scope, minimum: int, level: float) -> Finding:
    heap, bands = classes.heap(state, i, level)
    excluded, why = classes.exclusion(state, i, minimum)
    return Finding(
        method="digit_heaping",
        family="digits",
        quantity=state.quantity,
        scope=scope,
        null=classes.SAY("null", what=classes.SAY("ending"), quantity=state.quantity, minimum=minimum),
        exclusion=why,
        excluded=excluded,
        assumptions=classes.assumptions(state),
        innocent=(SAY("tally"), *classes.INNOCENT),
        parameters={"minimum": minimum, "quantity": state.quantity, "fewest": FEWEST},
        **classes.heap_fields(heap, bands, FEWEST, level),
    )

"""Repeated and adjacent last two digits (Beber and Scacco 2012)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

from forensics.detectors.additive import Additive
from forensics.detectors.counted import resolve
from forensics.detectors.digits import _classes as classes
from forensics.detectors.registry import detector
from forensics.finding import Finding, Findings
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

#: Below this many counts no p-value is given.
FEWEST = 1000
#: Shares of repeated, adjacent and distant pairs if the last two digits were uniform.
UNIFORM = (0.1, 0.2, 0.7)

SAY = Sentences(
    "digit_pairs",
    people="People who invent numbers avoid repeated digits and favour neighbours: 33, 55 too rare, "
    "23, 87 too frequent; honest clerks who round favour 00 and 50.",
)


@detector(family="digits", needs=("ballots|votes",), default="descriptive")
def digit_pairs(
    returns: Returns,
    /,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
) -> Findings:
    """Repeated, adjacent and distant pairs of last digits, after Beber and Scacco (2012).

    Null: each count varies binomially around its precinct's own rate; the shares of repeated
    (33), adjacent (34, 09) and distant pairs follow exactly. The published uniform null (10 %,
    20 %, 70 %) needs counts that are smooth over hundreds and is printed beside it.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    quantity, option : str, optional
        As in :func:`last_digit`.
    minimum : int
        Smallest count used; below 100 the tens digit is not free.
    by : str or sequence of str, optional
        Level(s) at which to test; ``None`` is the nation.
    confidence_level : float
        Of the interval.

    Returns
    -------
    Findings
        One per quantity and scope. ``effect``: total variation from the smooth null beyond what
        sampling gives. ``detail``: ``counts`` and ``expected`` (repeated, adjacent, distant),
        ``repeated`` and ``adjacent``: each share with the p-values of both directions, under the
        smooth and under the uniform null.

    Raises
    ------
    ConfigError
        If a quantity, an option, a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: rounding (00 is a repeated pair), precincts of like size, typing. Breaks
    when counts are small or capped at a round number; descriptive only.

    References
    ----------
    Beber, B. and Scacco, A. (2012). What the numbers say. Political Analysis 20, 211-234.
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
        gap = (x // 10 - x) % 10
        kind = np.where(gap == 0, 0, np.where((gap == 1) | (gap == 9), 1, 2))
        return np.where(x >= minimum, kind, 3).astype(np.intp)

    return tuple(classes.class_state(returns, name, classify, 3, minimum, by) for name in names)


def finish(
    states: Sequence[classes.ClassState], *, minimum: int = 100, confidence_level: float = 0.95
) -> Findings:
    """The findings of a state per quantity."""
    return classes.findings_of(states, _finding, minimum, confidence_level)


ADDITIVE = Additive(statistic, classes.merge_states, finish)


def _finding(state: classes.ClassState, i: int, scope: Scope, minimum: int, level: float) -> Finding:
    test, bands = classes.tests(state, i, level)
    observed = state.sums.total("observed", i)
    expected, moment = state.sums.total("expected", i), state.sums.total("moment", i)
    fields = classes.fields(
        state, i, test, what=classes.SAY("pairs"), minimum=minimum, fewest=FEWEST, level=level
    )
    fields["innocent"] = (*classes.INNOCENT, SAY("people"))
    return Finding(
        method="digit_pairs",
        **fields,
        detail={
            "counts": [int(count) for count in observed],
            "expected": test.expected.tolist(),
            "repeated": _tails(observed, expected, moment, 0) if test.n else None,
            "adjacent": _tails(observed, expected, moment, 1) if test.n else None,
            "bands": bands,
        },
    )


def _tails(
    observed: NDArray[np.float64], expected: NDArray[np.float64], moment: NDArray[np.float64], kind: int
) -> dict[str, Any]:
    """Share of one kind of pair and the p-values of both directions under both nulls."""
    n = int(observed.sum())
    scale = n / expected.sum()
    mean = expected[kind] * scale
    deviation = np.sqrt(max((expected[kind] - moment[kind, kind]) * scale, 0.0))
    count = int(observed[kind])
    uniform = UNIFORM[kind]
    return {
        "share": count / n,
        "expected": float(mean / n),
        "p_low": float(norm.cdf((count + 0.5 - mean) / deviation)) if deviation else None,
        "p_high": float(norm.sf((count - 0.5 - mean) / deviation)) if deviation else None,
        "p_low_uniform": float(binomtest(count, n, uniform, "less").pvalue),
        "p_high_uniform": float(binomtest(count, n, uniform, "greater").pvalue),
    }

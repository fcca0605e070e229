"""Last digits of counts (Beber and Scacco 2012), against the precincts' own smooth null."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import Additive
from forensics.detectors.counted import resolve
from forensics.detectors.digits import _classes as classes
from forensics.detectors.registry import detector
from forensics.finding import Finding, Findings
from forensics.kernels.classes import pearson
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

#: Below this many counts no p-value is given.
FEWEST = 300
UNIFORM = np.full(10, 0.1)

SAY = Sentences("last_digit", title="Last digits of {quantity}: {scope}")


@detector(family="digits", needs=("ballots|votes",))
def last_digit(
    returns: Returns,
    /,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
) -> Findings:
    """Last digits of vote and ballot counts, after Beber and Scacco (2012).

    Null: each count varies binomially around its precinct's own rate, so its last digit has an
    exactly computable distribution, close to but not quite uniform; the floor on counts is applied
    to the redraw too. The uniform null of the literature (``pvalue_uniform``) is printed beside it:
    it rejects clean elections with many small precincts, because counts just above the floor are
    more often …0 than …9.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    quantity : str, optional
        ``"leader_votes"``, ``"issued"``, ``"ballots"``, ``"valid"``, ``"invalid"`` or a
        ``votes_<option>`` column; by default the leader's votes and the ballots issued (found,
        where issued ones are not reported).
    option : str, optional
        An option's votes instead, or ``"all"``.
    minimum : int
        Smallest count used.
    by : str or sequence, optional
        Level(s) at which to test; ``None`` is the nation.
    confidence_level : float
        Of the interval.

    Returns
    -------
    Findings
        One per quantity and scope. ``effect``: total variation from the smooth null beyond what
        sampling gives, as a share of counts, with its interval. ``detail``: ``counts`` (10),
        ``mean``, ``chi2``, ``pvalue_uniform``, ``expected`` (10 shares), ``chi2_calibrated``,
        ``total_variation``, ``bands`` ([low, high, n, chi2, p]).

    Raises
    ------
    ConfigError
        If a quantity, an option, a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: rounding by clerks, precincts of like size, duplicated rows, typing from
    handwriting. Breaks when counts are capped by law at a round number of voters, and when a redraw
    hardly varies (support near 0 or 100 %): the null then follows the data and the test is
    conservative.

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
        return np.where(x >= minimum, x % 10, 10).astype(np.intp)

    return tuple(classes.class_state(returns, name, classify, 10, minimum, by) for name in names)


def finish(
    states: Sequence[classes.ClassState], *, minimum: int = 100, confidence_level: float = 0.95
) -> Findings:
    """The findings of a state per quantity."""
    return classes.findings_of(states, _finding, minimum, confidence_level)


ADDITIVE = Additive(statistic, classes.merge_states, finish)


def _finding(state: classes.ClassState, i: int, scope: Scope, minimum: int, level: float) -> Finding:
    test, bands = classes.tests(state, i, level)
    observed = state.sums.total("observed", i)
    chi2, uniform = pearson(observed, UNIFORM) if test.n else (None, None)
    fields = classes.fields(
        state, i, test, what=classes.SAY("last"), minimum=minimum, fewest=FEWEST, level=level
    )
    return Finding(
        method="last_digit",
        **fields,
        detail={
            "counts": [int(count) for count in observed],
            "mean": float(observed @ np.arange(10) / test.n) if test.n else None,
            "chi2": chi2,
            "pvalue_uniform": uniform,
            "expected": test.expected.tolist(),
            "chi2_calibrated": test.chi2,
            "total_variation": test.total_variation,
            "bands": bands,
        },
        pictures=classes.bars(
            test,
            f"last_digit-{state.quantity}",
            SAY("title", quantity=state.quantity, scope=str(scope)),
            minimum,
            "last digit",
        ),
    )

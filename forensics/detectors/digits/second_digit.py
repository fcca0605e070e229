"""Second digits of counts (Mebane 2008), with the decision on the precincts' own smooth null."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import Additive
from forensics.detectors.counted import resolve
from forensics.detectors.digits import _classes as classes
from forensics.detectors.registry import detector
from forensics.finding import Assumption, Finding, Findings
from forensics.kernels.classes import pearson
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

#: Below this many counts no p-value is given.
FEWEST = 1000
#: Benford's shares of the second digit: mean 4.18739, variance 8.25378.
BENFORD = np.array([sum(np.log10(1 + 1 / (10 * k + d)) for k in range(1, 10)) for d in range(10)])
_POWERS = 10 ** np.arange(1, 16, dtype=np.int64)

SAY = Sentences(
    "second_digit",
    title="Second digits of {quantity}: {scope}",
    benford="Second digits of honest precinct counts follow Benford's law (they need not: nothing in the "
    "making of precincts implies it).",
    strategy="Tactical voting and coalitions move second digits without any miscounting.",
)


@detector(family="digits", needs=("ballots|votes",), default="descriptive")
def second_digit(
    returns: Returns,
    /,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 10,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
) -> Findings:
    """Second digits of counts, after Mebane (2008): Benford shown, decided on the resampled null.

    Null: each count varies binomially around its precinct's own rate; the distribution of its
    second digit is computed exactly. Benford's second-digit law (mean 4.187) is printed as
    ``chi2_benford`` because the literature uses it, but no theory ties precinct counts to it: it
    rejects 71 % of clean elections with precincts of 200 to 400 voters.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    quantity, option : str, optional
        As in :func:`last_digit`.
    minimum : int
        Smallest count used; at least 10 (a count needs a second digit).
    by : str or sequence of str, optional
        Level(s) at which to test; ``None`` is the nation.
    confidence_level : float
        Of the interval.

    Returns
    -------
    Findings
        One per quantity and scope. ``effect``: total variation from the smooth null beyond what
        sampling gives. ``detail``: ``counts`` (10), ``mean``, ``chi2_benford``,
        ``pvalue_benford``, ``pvalue_resampled``, ``expected``, ``bands``.

    Raises
    ------
    ConfigError
        If a quantity, an option, a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: precincts of like size, tactical voting, rounding, duplicated rows. The
    redraw keeps the sizes and rates of the precincts, so a manipulation that moves rates smoothly
    leaves no trace here: descriptive only. Breaks when counts are capped by law at a round number.

    References
    ----------
    Mebane, W. R. (2008). Election forensics: the second-digit Benford's law test and recent
    American presidential elections. In Alvarez, Hall and Hyde, Election Fraud, 162-181.
    Deckert, J., Myagkov, M. and Ordeshook, P. C. (2011). Benford's law and the detection of
    election fraud. Political Analysis 19, 245-268.
    """
    states = statistic(returns, quantity=quantity, option=option, minimum=minimum, by=by)
    return finish(states, minimum=minimum, confidence_level=confidence_level)


def statistic(
    returns: Returns,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 10,
    by: str | Sequence[str | None] | None = None,
) -> tuple[classes.ClassState, ...]:
    """What is kept of a part: a state per quantity."""
    floor = max(minimum, 10)
    names = resolve(returns, quantity, option, ("leader_votes", "issued", "ballots"))

    def classify(x: NDArray[np.int64]) -> NDArray[np.intp]:
        power = _POWERS[np.searchsorted(_POWERS, x, side="right").clip(1) - 1] // 10
        return np.where(x >= floor, x // power % 10, 10).astype(np.intp)

    return tuple(classes.class_state(returns, name, classify, 10, floor, by) for name in names)


def finish(
    states: Sequence[classes.ClassState], *, minimum: int = 10, confidence_level: float = 0.95
) -> Findings:
    """The findings of a state per quantity."""
    return classes.findings_of(states, _finding, max(minimum, 10), confidence_level)


ADDITIVE = Additive(statistic, classes.merge_states, finish)


def _finding(state: classes.ClassState, i: int, scope: Scope, minimum: int, level: float) -> Finding:
    test, bands = classes.tests(state, i, level)
    observed = state.sums.total("observed", i)
    chi2, benford = pearson(observed, BENFORD) if test.n else (None, None)
    fields = classes.fields(
        state, i, test, what=classes.SAY("second"), minimum=minimum, fewest=FEWEST, level=level
    )
    fields["assumptions"] += (Assumption(SAY("benford"), False),)
    fields["innocent"] = (SAY("strategy"), *classes.INNOCENT)
    return Finding(
        method="second_digit",
        **fields,
        detail={
            "counts": [int(count) for count in observed],
            "mean": float(observed @ np.arange(10) / test.n) if test.n else None,
            "chi2_benford": chi2,
            "pvalue_benford": benford,
            "pvalue_resampled": fields["pvalue"],
            "expected": test.expected.tolist(),
            "total_variation": test.total_variation,
            "bands": bands,
        },
        pictures=classes.bars(
            test,
            f"second_digit-{state.quantity}",
            SAY("title", quantity=state.quantity, scope=str(scope)),
            minimum,
            "second digit",
        ),
    )

"""Share of counts outside the expected digit distribution (Medzihorsky 2015)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.counted import resolve
from forensics.detectors.digits import _classes as classes
from forensics.detectors.registry import detector
from forensics.detectors.streams import Seed, Streams
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels.classes import ClassTest
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

#: Below this many counts no p-value is given.
FEWEST = 300

SAY = Sentences(
    "digit_mixture",
    bias="Both indices are above zero by sampling alone; the mean of {n_resamples:,} multinomial draws "
    "from the expected shares is subtracted.",
)


@detector(family="digits", needs=("ballots|votes",), default="descriptive", apart=True, sampled=True)
def digit_mixture(
    returns: Returns,
    /,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 100,
    by: str | Sequence[str | None] | None = None,
    n_resamples: int = 1999,
    confidence_level: float = 0.95,
    rng: Seed = None,
) -> Findings:
    """Smallest share of counts that must leave for the last digits to fit, after Medzihorsky (2015).

    Null: last digits follow from binomial redraws around each precinct's own rate (as in
    :func:`last_digit`). ``pi_star`` = 1 − min(observed/expected) is the share of counts that would
    have to be removed, ``delta`` (half the absolute differences) the share to be reallocated; both
    exceed 0 by sampling alone, so their null mean and 95 % point are drawn and shown.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    quantity, option : str, optional
        As in :func:`last_digit`.
    minimum : int
        Smallest count used.
    by : str or sequence of str, optional
        Level(s) at which to test; ``None`` is the nation.
    n_resamples : int
        Multinomial draws, for the null and for the interval.
    confidence_level : float
        Of the interval.
    rng : Generator or int, optional
        Source of the draws.

    Returns
    -------
    Findings
        One per quantity and scope. ``statistic`` pi*, ``effect`` pi* minus its null mean, with the
        spread of a bootstrap as its interval; p-value (b + 1) / (m + 1). ``detail``: ``pi_star``,
        ``null_mean``, ``null_95``, and the same for ``delta``.

    Raises
    ------
    ConfigError
        If a quantity, an option, a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: as for :func:`last_digit`. A share of counts outside the expected
    distribution is not a share of invented counts. Breaks where ``last_digit`` does, and sees what it
    sees: descriptive.

    References
    ----------
    Medzihorsky, J. (2015). Election fraud: a latent class framework for digit-based tests.
    Political Analysis 23, 506-517.
    """
    streams = Streams(rng)
    findings = []
    for name in resolve(returns, quantity, option, ("leader_votes", "issued", "ballots")):
        state = classes.class_state(
            returns, name, lambda x: np.where(x >= minimum, x % 10, 10).astype(np.intp), 10, minimum, by
        )
        findings += [
            _finding(state, i, scope, minimum, n_resamples, confidence_level, streams)
            for i, scope in enumerate(state.sums.scopes)
        ]
    return Findings(findings)


def _indices(
    shares: NDArray[np.float64], q: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(pi*, delta) of rows of digit shares."""
    ratio = np.divide(shares, q, out=np.full_like(shares, np.inf), where=q > 0)
    return 1 - ratio.min(axis=-1), 0.5 * np.abs(shares - q).sum(axis=-1)


def _finding(
    state: classes.ClassState,
    i: int,
    scope: Scope,
    minimum: int,
    n_resamples: int,
    level: float,
    streams: Streams,
) -> Finding:
    test, _ = classes.tests(state, i, level)
    excluded, why = classes.exclusion(state, i, minimum)
    underpowered = test.n < FEWEST
    numbers = _measure(test, n_resamples, level, streams.of(state.quantity, scope.key)) if test.n else None
    return Finding(
        method="digit_mixture",
        family="digits",
        quantity=state.quantity,
        scope=scope,
        null=classes.SAY("null", what=classes.SAY("last"), quantity=state.quantity, minimum=minimum),
        statistic=numbers["pi_star"] if numbers else None,
        pvalue=numbers["pvalue"] if numbers and not underpowered else None,
        effect=numbers["pi_star"] - numbers["null_mean"] if numbers else None,
        unit="share of counts",
        interval=Interval(numbers["low"], numbers["high"], level) if numbers else None,
        n=test.n,
        excluded=excluded,
        exclusion=why,
        underpowered=underpowered,
        assumptions=(
            *classes.assumptions(state),
            Assumption(SAY("bias", n_resamples=n_resamples), True),
        ),
        innocent=classes.INNOCENT,
        parameters={"minimum": minimum, "quantity": state.quantity, "n_resamples": n_resamples},
        detail={
            key: value for key, value in (numbers or {}).items() if key not in ("low", "high", "pvalue")
        },
    )


def _measure(test: ClassTest, n_resamples: int, level: float, rng: np.random.Generator) -> dict[str, float]:
    q = test.expected
    pi, delta = (float(index) for index in _indices(test.shares, q))
    null_pi, null_delta = _indices(rng.multinomial(test.n, q, n_resamples) / test.n, q)
    drawn, _ = _indices(rng.multinomial(test.n, test.shares, n_resamples) / test.n, q)
    tail = (1 - level) / 2
    upper, lower = np.quantile(drawn, [1 - tail, tail])
    mean = float(null_pi.mean())
    return {
        "pi_star": pi,
        "pi_star_uniform": float(_indices(test.shares, np.full(10, 0.1))[0]),
        "delta_uniform": float(_indices(test.shares, np.full(10, 0.1))[1]),
        "null_mean": mean,
        "null_95": float(np.quantile(null_pi, 0.95)),
        "delta": delta,
        "delta_null_mean": float(null_delta.mean()),
        "delta_null_95": float(np.quantile(null_delta, 0.95)),
        "pvalue": float((np.sum(null_pi >= pi) + 1) / (n_resamples + 1)),
        # Draws from the observed shares carry the bias a second time: only their spread is used.
        "low": pi - mean - float(upper - drawn.mean()),
        "high": pi - mean - float(lower - drawn.mean()),
    }

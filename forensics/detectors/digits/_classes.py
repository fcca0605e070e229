"""What all digit tests share: counts in classes, redrawn exactly around their own rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import BANDS, Products, Sums, accumulate, merge
from forensics.detectors.counted import counted
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels.binomial import Classify, class_probabilities, plug_in_rate
from forensics.kernels.classes import ClassTest, class_test
from forensics.kernels.excess import Excess, excess_share
from forensics.messages.message import Message, Sentences
from forensics.picture import Picture
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]

#: Counts below this are classified once.
TABLED = 4096
#: A redraw with a smaller standard deviation than this barely leaves its own digit.
SMOOTH_DEVIATION = 3.0
#: Width of the bins in which the deviations of parts are put together, and their number.
DEVIATION_BIN, DEVIATION_BINS = 0.05, 1000

#: The toolkit's fixed expectation of round endings.
HEAP_PUBLISHED = 0.2

SAY = Sentences(
    "digits",
    null="{what} of {quantity} follow from counts that each vary by chance around the precinct's own "
    "rate (binomial redraw, the floor of {minimum:,} applied to the redraw as well).",
    last="Last digits",
    second="Second digits",
    pairs="Pairs of last digits",
    ending="Counts ending in 0 or 5",
    exclusion="{small:,} counts below {minimum:,} and {missing:,} missing or negative counts.",
    sizes="Small precincts: counts of similar size pile up on some digits without anybody's doing.",
    rounding="Rounding of ballot counts by tired clerks moves no votes.",
    copies="Rows that stand twice in the file, or precincts merged after the count.",
    typing="Numbers typed from handwriting favour some digits.",
    caption="Bars: {n:,} counts of at least {minimum:,}. Line: what redraws of the same counts around "
    "their own rates give; whiskers: 95 % of its sampling range.",
    smooth="The counts vary enough for a redraw to leave its own digit (median standard deviation "
    "{deviation:.1f}; 3 needed).",
)
INNOCENT = SAY.all("rounding", "sizes", "copies", "typing")


@dataclass(frozen=True, slots=True)
class ClassState:
    """Mergeable state of one quantity: per scope and band the sums of a :func:`class_test`."""

    quantity: str
    sums: Sums
    #: Median standard deviation of a redraw, and how many precincts lie in each bin of it.
    deviation: float
    deviations: NDArray[np.int64]


def merge_states(states: Sequence[Sequence[ClassState]]) -> tuple[ClassState, ...]:
    """States of several parts, quantity by quantity, as the states of the whole.

    The median of the deviations is told to the width of a bin.
    """
    merged = []
    for same in zip(*states, strict=True):
        bins = np.sum([state.deviations for state in same], axis=0)
        middle = np.searchsorted(np.cumsum(bins), bins.sum() / 2) if bins.any() else -0.5
        deviation = float((middle + 0.5) * DEVIATION_BIN)
        merged.append(ClassState(same[0].quantity, merge([state.sums for state in same]), deviation, bins))
    return tuple(merged)


def findings_of(states: Sequence[ClassState], finding: Callable[..., Finding], *given: Any) -> Findings:
    """``finding(state, place of the scope, scope, …)`` for each quantity and scope."""
    return Findings(
        finding(state, i, scope, *given) for state in states for i, scope in enumerate(state.sums.scopes)
    )


def class_state(
    returns: Returns,
    quantity: str,
    classify: Callable[[NDArray[np.int64]], NDArray[np.intp]],
    k: int,
    minimum: int,
    by: str | Sequence[str | None] | None,
) -> ClassState:
    """Sums of observed classes and of their exact probabilities.

    ``classify(x)`` must give k ("not counted") below ``minimum``: the floor then holds for the
    observed counts and for the redraws alike.
    """
    count = counted(returns, quantity)
    return state_of(returns, quantity, count.x, count.n, _looked_up(classify), k, minimum, by)


def _looked_up(classify: Callable[[NDArray[np.int64]], NDArray[np.intp]]) -> Classify:
    """The classes of counts, those of usual counts from a table: redraws ask for each many times."""
    table = classify(np.arange(TABLED))

    def of(x: NDArray[np.int64], _: NDArray[np.intp]) -> NDArray[np.intp]:
        return table[x] if x.max(initial=0) < TABLED else classify(x)

    return of


def state_of(
    returns: Returns,
    quantity: str,
    x: Floats,
    n: Floats,
    classify: Classify,
    k: int,
    minimum: int,
    by: str | Sequence[str | None] | None,
) -> ClassState:
    """The same for a count ``x`` and its total ``n`` (NaN or 0: left out; inf: Poisson redraw)."""
    rows = np.flatnonzero(~np.isnan(x) & (n > 0))
    known, total = x[rows], n[rows]
    endless = np.isinf(total)
    rate = np.where(endless, known + 0.5, plug_in_rate(known, np.where(endless, 0.0, total)))
    chances = np.zeros((len(returns), k))
    chances[rows] = class_probabilities(total, rate, lambda y, r: classify(y, rows[r]), k)
    observed = np.zeros((len(returns), k + 1))
    observed[rows, classify(known.astype(np.int64), rows)] = 1.0
    missing = np.ones(len(returns))
    missing[rows] = 0.0
    sums = accumulate(
        returns,
        by,
        {
            "observed": observed[:, :k],
            "expected": chances,
            "moment": Products(chances),
            "small": observed[:, k],
            "missing": missing,
        },
    )
    used = observed[rows, :k].any(axis=1)
    share = np.where(endless, 0.0, known / np.where(endless, 1.0, total))
    deviation = np.sqrt(known * (1 - share))[used]
    place = np.minimum(deviation / DEVIATION_BIN, DEVIATION_BINS - 1).astype(np.intp)
    bins = np.bincount(place, minlength=DEVIATION_BINS).astype(np.int64)
    return ClassState(quantity, sums, float(np.median(deviation)) if used.any() else 0.0, bins)


def tests(state: ClassState, scope: int, confidence_level: float) -> tuple[ClassTest, list[list[Any]]]:
    """The test of one scope, and ``[low, high, n, chi2, p]`` for each of its size bands."""
    values = state.sums.values
    whole = class_test(
        *(state.sums.total(name, scope) for name in ("observed", "expected", "moment")),
        confidence_level=confidence_level,
    )
    bands = []
    for band, low in enumerate(BANDS):
        part = class_test(*(values[name][scope, band] for name in ("observed", "expected", "moment")))
        high = BANDS[band + 1] if band + 1 < len(BANDS) else None
        if part.n:
            bands.append([low, high, part.n, part.chi2, part.pvalue])
    return whole, bands


def fields(
    state: ClassState,
    scope: int,
    test: ClassTest,
    *,
    what: Message,
    minimum: int,
    fewest: int,
    level: float,
) -> dict[str, Any]:
    """Fields of a :class:`Finding` that every test of classes fills alike.

    ``what`` is looked at, as the null calls it; below ``fewest`` counts there is no p-value.
    """
    left_out, why = exclusion(state, scope, minimum)
    return {
        "family": "digits",
        "quantity": state.quantity,
        "scope": state.sums.scopes[scope],
        "null": SAY("null", what=what, quantity=state.quantity, minimum=minimum),
        "statistic": test.chi2,
        "pvalue": None if test.n < fewest else test.pvalue,
        "effect": test.excess,
        "unit": "share of counts",
        "interval": interval(test, level),
        "n": test.n,
        "excluded": left_out,
        "exclusion": why,
        "underpowered": test.n < fewest,
        "assumptions": assumptions(state),
        "innocent": INNOCENT,
        "parameters": {"minimum": minimum, "quantity": state.quantity, "fewest": fewest},
    }


def heap(state: ClassState, scope: int, level: float) -> tuple[Excess | None, list[list[Any]]]:
    """Excess of class 0 over the rest, and ``[low, high, n, excess, z]`` for each size band."""
    values = state.sums.values

    def excess(observed: Floats, expected: Floats, moment: Floats) -> Excess | None:
        n, chance = float(observed.sum()), float(expected.sum())
        if n <= 0 or chance <= 0:
            return None
        scale = n / chance
        return excess_share(
            float(observed[0]),
            float(expected[0]) * scale,
            float(moment[0, 0]) * scale,
            n,
            confidence_level=level,
        )

    names = ("observed", "expected", "moment")
    whole = excess(*(state.sums.total(name, scope) for name in names))
    bands = []
    for band, low in enumerate(BANDS):
        part = excess(*(values[name][scope, band] for name in names))
        high = BANDS[band + 1] if band + 1 < len(BANDS) else None
        if part is not None:
            bands.append([low, high, part.n, part.excess, part.z])
    return whole, bands


def heap_fields(heap: Excess | None, bands: list[list[Any]], fewest: int, level: float) -> dict[str, Any]:
    """Fields of a :class:`Finding` that an excess share fills."""
    if heap is None:
        return {"underpowered": True, "unit": "share of precincts", "detail": {"share": None, "bands": []}}
    underpowered = heap.n < fewest
    return {
        "statistic": heap.z,
        "pvalue": None if underpowered else heap.pvalue,
        "effect": heap.excess,
        "unit": "share of precincts",
        "interval": Interval(heap.low, heap.high, level),
        "n": heap.n,
        "underpowered": underpowered,
        "detail": {
            "share": heap.share,
            "expected": heap.expected,
            "expected_published": HEAP_PUBLISHED,
            "z_published": (heap.share - HEAP_PUBLISHED)
            / (HEAP_PUBLISHED * (1 - HEAP_PUBLISHED) / heap.n) ** 0.5,
            "bands": bands,
        },
    }


def exclusion(state: ClassState, scope: int, minimum: int) -> tuple[int, Message | None]:
    """Number of precincts left out, and why."""
    small = int(state.sums.total("small", scope))
    missing = int(state.sums.total("missing", scope))
    if not small + missing:
        return 0, None
    return small + missing, SAY("exclusion", small=small, minimum=minimum, missing=missing)


def assumptions(state: ClassState) -> tuple[Assumption, ...]:
    """Whether a redraw says anything about digits here."""
    deviation = state.deviation
    return (Assumption(SAY("smooth", deviation=deviation), deviation >= SMOOTH_DEVIATION),)


def interval(test: ClassTest, level: float) -> Interval | None:
    """Interval of the excess total variation."""
    return None if test.low is None or test.high is None else Interval(test.low, test.high, level)


def bars(test: ClassTest, name: str, title: Message, minimum: int, xlabel: str) -> tuple[Picture, ...]:
    """Observed shares as bars with the exact expectation and its sampling range."""
    if not test.n:
        return ()
    half = 1.96 * np.sqrt(test.expected * (1 - test.expected) / test.n)
    return (
        Picture(
            figure="digit_bars",
            name=name,
            title=title,
            caption=SAY("caption", n=test.n, minimum=minimum),
            columns={
                "digit": np.arange(len(test.shares)),
                "observed": test.shares,
                "expected": test.expected,
                "low": test.expected - half,
                "high": test.expected + half,
            },
            options={"xlabel": xlabel, "ylabel": "share of counts"},
        ),
    )

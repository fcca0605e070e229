"""Quick count: the official result against what a random sample of precincts leads to expect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forensics.finding import Assumption, Finding, Findings, Interval, Skipped
from forensics.kernels.stepdown import holm
from forensics.messages.message import Message, Sentences
from forensics.observers.design import Design
from forensics.observers.matching import Matched
from forensics.observers.sample import Sample
from forensics.observers.weighing import POWER, Weighed, weighed
from forensics.picture import Picture
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
METHOD, FAMILY = "quick_count", "observers"
UNIT = "percentage points"

SAY = Sentences(
    "quick_count",
    null="The official result of all {frame:,} precincts is the sum of protocols like those that the "
    "observers saw: only the lots separate it from the sample.",
    title="What the sample leads to expect, and the official result",
    caption="Points with lines: estimates from {n:,} sampled precincts with {level:.0%} intervals. Upright "
    "marks: the official result of all {frame:,} precincts. Difference: official less "
    "estimated, with its interval. {null}",
    turnout="Turnout",
    share="Share of {option}",
    lots="The precincts were drawn by lots, as stated, and observers went where the lots sent them.",
    silent="The {silent:,} sampled precincts that did not report are like those of their stratum that did.",
    frame="The list that the lots were drawn from is that of the returns.",
    few="Sampled precincts that could not be reached differ from the others (remote, closed, unsafe).",
    late="Protocols corrected openly after the observers had left.",
    special="Precincts in the official result that were not on the list that the lots were drawn from, as "
    "those abroad, at sea or in hospitals.",
    copying="Slips of observers in copying or sending numbers.",
    before="Ballots that were false before they were counted: a quick count sees protocols only.",
    none="Neither the sample nor the returns have the numbers for {quantity}.",
    exclusion="{silent:,} sampled precincts without these numbers.",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A ratio of totals: what the sample saw, and what the returns say of all precincts.

    ``size``: the official ``x`` of the sampled precincts, for those that are silent.
    """

    quantity: str
    label: Message
    y: Floats
    x: Floats
    official: float | None
    of: str
    size: Floats


def quick_count(
    returns: Returns, sample: Sample, matched: Matched, design: Design, *, confidence_level: float
) -> Findings:
    """Turnout and the share of every option, each as a stratified ratio of totals.

    Null: lots alone separate the official result from the sample. It says nothing of ballots that
    were false before the count, and it is tested on precincts that reported.

    Parameters
    ----------
    returns : Returns
        Official result of every precinct of the frame.
    sample, matched, design
        What was seen, where it belongs, and how it was drawn.
    confidence_level : float

    Returns
    -------
    Findings
        ``turnout`` and ``share_<option>``. ``effect``: official less estimated, percentage points,
        with its interval; ``statistic``: t; ``pvalue``: two-sided. ``detail``: ``estimate``, ``low``,
        ``high``, ``official`` (shares), ``inside``, ``standard_error``, ``design_effect``,
        ``freedom``, ``clusters``, ``response``, ``worst`` (the estimate if precincts that did not
        report had nothing, or all), ``p_holm`` (adjusted for all quantities) and ``detectable``
        (percentage points found with power .8).

    References
    ----------
    Cochran, W. G. (1977). Sampling techniques, 3rd ed., chapters 5, 5A, 6 and 9. Wiley.
    """
    asked = list(_asked(returns, sample, matched, design))
    found = [_finding(returns, one, design, confidence_level) for one in asked]
    tested = [f for f in found if isinstance(f, Finding) and f.pvalue is not None]
    adjusted = dict(
        zip(
            [f.quantity for f in tested],
            holm(np.array([f.pvalue for f in tested], dtype=np.float64)).tolist(),
            strict=True,
        )
    )
    findings = [
        replace(f, detail={**f.detail, "p_holm": adjusted.get(f.quantity)}) if isinstance(f, Finding) else f
        for f in found
    ]
    picture = _picture(design, asked, findings, confidence_level)
    first = next((i for i, f in enumerate(findings) if isinstance(f, Finding)), None)
    if picture is not None and first is not None:
        one = findings[first]
        assert isinstance(one, Finding)
        findings[first] = replace(one, pictures=(picture,))
    return Findings(findings)


def _asked(returns: Returns, sample: Sample, matched: Matched, design: Design) -> Iterator[_Asked]:
    frame = np.ones(len(returns), dtype=bool)
    if design.frame_stratum is not None:
        # What no lot could fall on is no part of what the sample speaks of.
        frame = design.frame_stratum >= 0
    registered = sample.counts("registered")
    if returns.has("registered"):
        # The list is known beforehand for every precinct; the observers' note fills what is missing.
        known = np.full(len(sample), np.nan)
        known[matched.found] = returns.counts("registered")[matched.rows[matched.found]]
        registered = np.where(np.isnan(known), registered, known)
    official = _ratio_of(returns, "ballots", "registered", frame)
    yield _Asked("turnout", SAY("turnout"), sample.ballots, registered, official, "registered", registered)
    whole = "ballots" if np.isfinite(sample.ballots).any() and returns.has("ballots") else "valid"
    x = sample.ballots if whole == "ballots" else _valid(sample)
    size = np.full(len(sample), np.nan)
    if returns.has(whole):
        size[matched.found] = returns.counts(whole)[matched.rows[matched.found]]
    for option in sample.options:
        official = _ratio_of(returns, f"votes_{option}", whole, frame)
        label = SAY("share", option=returns.labels.get(option, option))
        yield _Asked(f"share_{option}", label, sample.counts(f"votes_{option}"), x, official, whole, size)


def _valid(sample: Sample) -> Floats:
    written = sample.counts("valid")
    votes = np.sum([sample.counts(f"votes_{o}") for o in sample.options], axis=0)
    return np.where(np.isnan(written), votes, written)


def _ratio_of(returns: Returns, part: str, whole: str, frame: NDArray[np.bool_]) -> float | None:
    """Official ratio of totals over the precincts of the frame that have both numbers."""
    if not returns.has(part):
        return None
    x = returns.counts(whole) if returns.has(whole) else returns.total_votes
    y = returns.counts(part)
    used = frame & np.isfinite(y) & np.isfinite(x)
    total = float(x[used].sum())
    return float(y[used].sum()) / total if total > 0 else None


def _finding(returns: Returns, asked: _Asked, design: Design, confidence_level: float) -> Finding | Skipped:
    found = weighed(asked.y, asked.x, design, confidence_level)
    if found is None or asked.official is None:
        return Skipped(METHOD, returns.scope, SAY("none", quantity=asked.quantity))
    test = found.test(asked.official)
    low, high = found.ratio.low, found.ratio.high
    gap = asked.official - found.ratio.value
    interval = None
    if low is not None and high is not None:
        interval = Interval(100 * (asked.official - high), 100 * (asked.official - low), confidence_level)
    detectable = found.detectable(confidence_level)
    return Finding(
        method=METHOD,
        family=FAMILY,
        quantity=asked.quantity,
        scope=returns.scope,
        null=SAY("null", frame=design.frame),
        statistic=None if test is None else test[0],
        pvalue=None if test is None else test[1],
        effect=100 * gap,
        unit=UNIT,
        interval=interval,
        n=found.n,
        excluded=found.silent,
        exclusion=SAY("exclusion", silent=found.silent) if found.silent else None,
        underpowered=test is None,
        assumptions=_assumptions(found, design),
        innocent=SAY.all("special", "few", "late", "copying", "before"),
        parameters={"design": design.kind, "share_of": asked.of, "confidence_level": confidence_level},
        detail={
            "estimate": found.ratio.value,
            "low": low,
            "high": high,
            "official": asked.official,
            "inside": None if low is None or high is None else bool(low <= asked.official <= high),
            "standard_error": found.ratio.standard_error,
            "design_effect": found.ratio.design_effect,
            "freedom": found.ratio.freedom,
            "clusters": found.clusters,
            "strata": len(design.drawn),
            "worst": _worst(asked, design) if found.silent else None,
            "response": found.n / (found.n + found.silent),
            "detectable": None if detectable is None else 100 * detectable,
            "power": POWER,
        },
    )


def _worst(asked: _Asked, design: Design) -> list[float] | None:
    """The estimate if the silent precincts had nothing, or all; their size is the official one."""
    size = np.where(np.isnan(asked.x), asked.size, asked.x)
    silent = np.isnan(asked.y) | np.isnan(asked.x)
    used = np.isfinite(size)
    if not used[silent].all():
        return None
    w = design.weight
    total, seen = float(w @ size), float(w[~silent] @ asked.y[~silent])
    return [seen / total, (seen + float(w[silent] @ size[silent])) / total] if total > 0 else None


def _assumptions(found: Weighed, design: Design) -> tuple[Assumption, ...]:
    named = [Assumption(SAY("lots")), Assumption(SAY("frame"))]
    if found.silent:
        named.append(Assumption(SAY("silent", silent=found.silent)))
    return tuple(named)


def _picture(
    design: Design, asked: list[_Asked], findings: list[Finding | Skipped], confidence_level: float
) -> Picture | None:
    """Every estimate with its interval beside the official number."""
    drawn = [(a, f) for a, f in zip(asked, findings, strict=True) if isinstance(f, Finding)]
    if not drawn:
        return None

    def column(name: str) -> Floats:
        values = [f.detail[name] for _, f in drawn]
        return 100 * np.array([np.nan if v is None else v for v in values], dtype=np.float64)

    n = max(f.n for _, f in drawn)
    return Picture(
        "quick_count",
        "quick_count",
        SAY("title"),
        SAY("caption", n=n, level=confidence_level, frame=design.frame, null=drawn[0][1].null),
        {
            "quantity": np.array([a.quantity for a, _ in drawn]),
            "estimate": column("estimate"),
            "low": column("low"),
            "high": column("high"),
            "official": column("official"),
            "n": np.array([f.n for _, f in drawn]),
        },
        labels={a.quantity: a.label for a, _ in drawn},
    )

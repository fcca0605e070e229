"""Protocols as observers saw them against the same precincts as tabulated, carried over to the country."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.finding import Assumption, Finding, Findings, Interval, Skipped
from forensics.messages.message import Sentences
from forensics.observers.design import Design
from forensics.observers.matching import Matched
from forensics.observers.quick_count import FAMILY
from forensics.observers.sample import Sample
from forensics.observers.weighing import FEWEST_CLUSTERS, weighed
from forensics.tables import roles
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
METHOD = "protocol_gap"

SAY = Sentences(
    "protocol_gap",
    null="Tabulation changed no number of the precincts' protocols.",
    null_net="Tabulation moved no {quantity} on balance: what was changed upwards was changed downwards.",
    lots="The precincts were drawn by lots, as stated.",
    slips="Slips in copying by hand or from a photograph.",
    corrected="A protocol corrected openly after the copy was handed out, with a repeated count.",
    unsigned="Copies of a draft, or without stamp and signatures.",
    exclusion="{silent:,} sampled precincts without a number on one of the two sides.",
    equal="No sampled precinct differs in {quantities}: there is nothing to carry over to the country.",
    nothing="No number stands both in the sample and in the returns.",
)


def protocol_gap(
    returns: Returns, sample: Sample, matched: Matched, design: Design, *, confidence_level: float
) -> Findings:
    """How many protocols differ, and by how many votes on balance, in all precincts of the frame.

    The difference within a precinct varies far less than the result itself, so that this estimate
    is much sharper than the quick count; it speaks of tabulation alone.

    Null: tabulation changed no number.

    Parameters
    ----------
    returns, sample, matched, design
        Tabulated numbers, what was seen, where it belongs, and how it was drawn.
    confidence_level : float

    Returns
    -------
    Findings
        ``protocols``: share of precincts with any number that differs, with an exact interval of as
        many precincts as the design is worth (of its clusters, where none differs).
        Then for each number that differs somewhere: ``effect`` is tabulated less seen per 100
        tabulated ballots; ``detail`` holds ``net`` (of the sampled precincts), ``differing``,
        ``more``, ``less`` and ``extrapolated`` with its interval (votes, all precincts).

    References
    ----------
    Cochran, W. G. (1977). Sampling techniques, 3rd ed., chapter 6. Wiley.
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data. Survey Methodology 24, 193-201.
    """
    columns = [
        c
        for c in ("ballots", "valid", "invalid", *(roles.VOTES + o for o in sample.options))
        if sample.has(c) and returns.has(c)
    ]
    if not columns:
        return Findings([Skipped(METHOD, returns.scope, SAY("nothing"))])
    official = {c: _official(returns, matched, c) for c in columns}
    differences = {c: official[c] - sample.counts(c) for c in columns}
    findings: list[Finding | Skipped] = [
        _protocols(returns, np.column_stack(list(differences.values())), design, confidence_level)
    ]
    ballots = _official(returns, matched, "ballots" if returns.has("ballots") else "valid")
    total = float(np.nansum(returns.counts("ballots" if returns.has("ballots") else "valid")))
    equal = [c for c in columns if not np.nan_to_num(differences[c]).any()]
    findings += [
        _net(returns, column, differences[column], ballots, total, design, confidence_level)
        for column in columns
        if column not in equal
    ]
    if equal:
        findings.append(Skipped(METHOD, returns.scope, SAY("equal", quantities=", ".join(equal))))
    return Findings(findings)


def _official(returns: Returns, matched: Matched, column: str) -> Floats:
    values = np.full(len(matched.rows), np.nan)
    if returns.has(column):
        values[matched.found] = returns.counts(column)[matched.rows[matched.found]]
    return values


def _protocols(
    returns: Returns, differences: NDArray[np.float64], design: Design, confidence_level: float
) -> Finding | Skipped:
    """Share of precincts with any number that differs."""
    compared = ~np.isnan(differences).all(axis=1)
    differs = np.where(compared, (np.nan_to_num(differences) != 0).any(axis=1), np.nan)
    found = weighed(differs, np.where(compared, 1.0, np.nan), design, confidence_level)
    if found is None:
        return Skipped(METHOD, returns.scope, SAY("nothing"))
    bounds = found.share(confidence_level)
    return Finding(
        method=METHOD,
        family=FAMILY,
        quantity="protocols",
        scope=returns.scope,
        null=SAY("null"),
        effect=100 * found.ratio.value,
        unit="% of precincts",
        interval=None if bounds is None else Interval(100 * bounds[0], 100 * bounds[1], confidence_level),
        n=found.n,
        excluded=found.silent,
        exclusion=SAY("exclusion", silent=found.silent) if found.silent else None,
        underpowered=found.clusters < FEWEST_CLUSTERS,
        assumptions=(Assumption(SAY("lots")),),
        innocent=SAY.all("slips", "corrected", "unsigned"),
        parameters={"design": design.kind, "confidence_level": confidence_level},
        detail={"differing": int(np.nansum(differs)), "clusters": found.clusters},
    )


def _net(
    returns: Returns,
    column: str,
    difference: Floats,
    ballots: Floats,
    total: float,
    design: Design,
    confidence_level: float,
) -> Finding | Skipped:
    found = weighed(difference, ballots, design, confidence_level)
    if found is None:
        return Skipped(METHOD, returns.scope, SAY("nothing"))
    known = difference[np.isfinite(difference)]
    test = found.test(0.0)
    low, high = found.ratio.low, found.ratio.high
    bounded = low is not None and high is not None
    return Finding(
        method=METHOD,
        family=FAMILY,
        quantity=column,
        scope=returns.scope,
        null=SAY("null_net", quantity=column),
        statistic=None if test is None else -test[0],
        pvalue=None if test is None else test[1],
        effect=100 * found.ratio.value,
        unit="per 100 ballots",
        interval=Interval(100 * low, 100 * high, confidence_level)
        if low is not None and high is not None
        else None,
        n=found.n,
        excluded=found.silent,
        exclusion=SAY("exclusion", silent=found.silent) if found.silent else None,
        underpowered=test is None,
        assumptions=(Assumption(SAY("lots")),),
        innocent=SAY.all("slips", "corrected", "unsigned"),
        parameters={"design": design.kind, "confidence_level": confidence_level},
        detail={
            "net": float(known.sum()),
            "differing": int((known != 0).sum()),
            "more": int((known > 0).sum()),
            "less": int((known < 0).sum()),
            "extrapolated": found.ratio.value * total,
            "extrapolated_interval": [low * total, high * total] if bounded else None,  # type: ignore[operator]
            "design_effect": found.ratio.design_effect,
            "clusters": found.clusters,
        },
    )

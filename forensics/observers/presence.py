"""Observed precincts against the others of the returns, and head-counts against protocols, as findings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval, Skipped
from forensics.messages.message import Message, Sentences
from forensics.observers.design import Design
from forensics.observers.matching import Matched
from forensics.observers.observed import Difference, counted_turnout, observed_difference
from forensics.observers.quick_count import FAMILY, UNIT
from forensics.observers.sample import Sample
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
METHOD, COUNTED = "observer_presence", "head_count"
#: Fewer observed precincts than this have no p-value.
FEWEST = 20

SAY = Sentences(
    "presence",
    lots="Lots alone decided where observers were sent; every precinct drawn counts as observed, "
    "reached or not.",
    spill="Observers in one precinct change nothing in another.",
    chosen="Observers chose where to go, so that their precincts and the others may differ for any reason: "
    "no effect of being observed can be told.",
    uneven="Within a stratum some precincts were more likely to be drawn than others, so that their mere "
    "difference is no effect of being observed.",
    clusters="The precincts were drawn in clusters, and which cluster the others lie in is not known.",
    strata="The strata of precincts that were not drawn are not known: name their level (--stratum LEVEL).",
    outcome="The returns have no {outcome}.",
    null_counted="Observers and protocols counted the same number of voters in the precincts observed.",
    counting="Observers who come late, leave for a while or stand at one of several doors count too few.",
    elsewhere="Voters of the protocol who never came to the station: at home, in hospital, early.",
    placement="The precincts are those that observers chose; the number is of these and of no others.",
    nothing="No precinct has a count of voters by observers, an official one and registered voters.",
)


def presence(
    returns: Returns,
    matched: Matched,
    design: Design | None,
    *,
    permutations: int,
    confidence_level: float,
    rng: np.random.Generator,
) -> Findings:
    """Turnout and the leader's share where observers were sent, less those of the other precincts.

    Null: being observed changes nothing in any precinct. Only where lots decided; after Enikolopov
    et al. (2013) and Ichino and Schündeln (2012).

    Parameters
    ----------
    returns : Returns
        All precincts of the frame.
    matched, design
        Which were drawn, and how; without a design nothing is compared.
    permutations : int
        Of the lots within strata.
    confidence_level : float
    rng : Generator

    Returns
    -------
    Findings
        ``turnout`` and ``share``: ``effect`` in percentage points with the interval of a regression
        within strata; ``pvalue`` by permuting the lots. ``detail``: ``observed``, ``p_cluster``.

    References
    ----------
    Enikolopov, R., Korovkin, V., Petrova, M., Sonin, K. and Zakharov, A. (2013). Field experiment
    estimate of electoral fraud in Russian parliamentary elections. PNAS 110, 448-452.
    Ichino, N. and Schündeln, M. (2012). Deterring or displacing electoral irregularities? Spillover
    effects of observers in a randomized field experiment in Ghana. Journal of Politics 74, 292-307.
    """
    reason = _why_not(design)
    if reason is not None or design is None or design.frame_stratum is None:
        return Findings([Skipped(METHOD, returns.scope, reason or SAY("strata"))])
    observed = np.zeros(len(returns), dtype=bool)
    observed[matched.rows[matched.found]] = True
    found: list[Finding | Skipped] = []
    for quantity, outcome in outcomes(returns):
        if not np.isfinite(outcome).any():
            found.append(Skipped(METHOD, returns.scope, SAY("outcome", outcome=quantity)))
            continue
        stratum = design.frame_stratum
        found.append(
            difference(returns, quantity, outcome, observed, stratum, permutations, confidence_level, rng)
        )
    return Findings(found)


def _why_not(design: Design | None) -> Message | None:
    if design is None:
        return SAY("chosen")
    if not design.even:
        return SAY("uneven")
    if design.clusters < len(design.cluster):
        return SAY("clusters")
    return None


def outcomes(returns: Returns) -> tuple[tuple[str, Floats], ...]:
    """Turnout and the leader's share of every precinct, NaN where the returns have neither."""
    nothing = np.full(len(returns), np.nan)
    turnout = returns.turnout if returns.has("registered") else nothing
    share = returns.share() if returns.leader is not None else nothing
    return ("turnout", turnout), ("share", share)


def difference(
    returns: Returns,
    quantity: str,
    outcome: Floats,
    observed: NDArray[np.bool_],
    stratum: NDArray[np.intp],
    permutations: int,
    confidence_level: float,
    rng: np.random.Generator,
) -> Finding | Skipped:
    """Outcome of observed precincts less that of the others of their stratum, as a finding."""
    try:
        found = observed_difference(
            outcome,
            observed,
            assignment="random",
            stratum=stratum,
            permutations=permutations,
            confidence_level=confidence_level,
            rng=rng,
        )
    except ConfigError:
        return Skipped(METHOD, returns.scope, SAY("outcome", outcome=quantity))
    return finding_of(
        METHOD, returns, quantity, found, confidence_level,
        enough=min(found.observed, found.n - found.observed) >= FEWEST,
        null=found.null,
        assumptions=(Assumption(SAY("lots")), Assumption(SAY("spill"))),
        innocent=found.innocent,
        parameters={"permutations": permutations, "option": returns.leader},
        detail={"observed": found.observed, "p_cluster": found.p_cluster},
    )  # fmt: skip


def finding_of(
    method: str,
    returns: Returns,
    quantity: str,
    found: Difference,
    confidence_level: float,
    *,
    enough: bool,
    **told: Any,
) -> Finding:
    """A difference as a finding in percentage points, without a p-value where there is not enough."""
    interval = None
    if found.interval is not None:
        low, high = found.interval
        interval = Interval(100 * low, 100 * high, confidence_level)
    return Finding(
        method=method,
        family=FAMILY,
        quantity=quantity,
        scope=returns.scope,
        pvalue=found.p_permutation if enough else None,
        effect=100 * found.value,
        unit=UNIT,
        interval=interval,
        n=found.n,
        excluded=found.left_out,
        underpowered=not enough,
        **told,
    )


def head_count(
    returns: Returns, sample: Sample, matched: Matched, design: Design | None, *, confidence_level: float
) -> Findings:
    """Official voters less those whom observers counted, by registered voters of the same precincts.

    Null: both counted the same. An interval stands only where lots drew the precincts. Cumulative
    counts by hour are compared with the official ones of the same hour.

    Parameters
    ----------
    returns, sample, matched, design
        Official numbers, what was counted, where it belongs, and how it was drawn (``None``: unknown).
    confidence_level : float

    Returns
    -------
    Findings
        ``turnout`` and ``hour_HH``, as far as both sides have them: ``effect`` in percentage points
        of the registered; ``detail``: ``official``, ``counted`` (shares), ``design_effect``.
    """
    pairs = [("turnout", _voters(returns), "voters_counted")]
    hours = [c for c in sample.table.columns if c.startswith("hour_") and returns.has(c)]
    pairs += [(hour, returns.counts(hour), hour) for hour in hours]
    registered = (
        returns.counts("registered") if returns.has("registered") else np.full(len(returns), np.nan)
    )
    found: list[Finding | Skipped] = []
    for quantity, official, column in pairs:
        if sample.has(column):
            found.append(
                _counted(
                    returns, quantity, _own(official, matched), sample.counts(column),
                    _own(registered, matched), design, confidence_level,
                )
            )  # fmt: skip
    return Findings(found)


def _voters(returns: Returns) -> Floats:
    """Voters by the protocol: ballots issued where they are known, else those in the boxes."""
    column = "issued" if returns.has("issued") else "ballots"
    return returns.counts(column) if returns.has(column) else np.full(len(returns), np.nan)


def _own(values: Floats, matched: Matched) -> Floats:
    mine = np.full(len(matched.rows), np.nan)
    mine[matched.found] = values[matched.rows[matched.found]]
    return mine


def _counted(
    returns: Returns,
    quantity: str,
    official: Floats,
    counted: Floats,
    registered: Floats,
    design: Design | None,
    confidence_level: float,
) -> Finding | Skipped:
    try:
        gap = counted_turnout(
            official,
            counted,
            registered,
            assignment="convenience" if design is None else "random",
            weight=None if design is None else design.weight,
            stratum=None if design is None else design.stratum,
            cluster=None if design is None else design.cluster,
            sampled=None if design is None else design.drawn,
            confidence_level=confidence_level,
        )
    except ConfigError:
        return Skipped(COUNTED, returns.scope, SAY("nothing"))
    low, high = gap.gap.low, gap.gap.high
    interval = None
    if design is not None and low is not None and high is not None:
        interval = Interval(100 * low, 100 * high, confidence_level)
    chosen = (Assumption(SAY("placement"), False),) if design is None else ()
    return Finding(
        method=COUNTED,
        family=FAMILY,
        quantity=quantity,
        scope=returns.scope,
        null=SAY("null_counted"),
        effect=100 * gap.gap.value,
        unit=UNIT,
        interval=interval,
        n=gap.n,
        excluded=gap.left_out,
        assumptions=chosen,
        innocent=(SAY("counting"), SAY("elsewhere")),
        parameters={"confidence_level": confidence_level, "assignment": gap.assignment},
        detail={
            "official": gap.official.value,
            "counted": gap.counted.value,
            "design_effect": gap.gap.design_effect if design is not None else None,
        },
    )

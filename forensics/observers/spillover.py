"""Two-stage lots: what observers change where they are, and in the precincts beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Skipped
from forensics.messages.message import Sentences
from forensics.observers.design import ROUNDED, Design
from forensics.observers.matching import Matched
from forensics.observers.observed import observed_difference
from forensics.observers.presence import METHOD, difference, finding_of, outcomes
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
SPILLOVER = "observer_spillover"
#: With fewer areas on either side there is no p-value.
FEWEST_AREAS = 10

SAY = Sentences(
    "spillover",
    null="Sending observers to some precincts of an area changes nothing in its other precincts.",
    lots="Lots decided to which areas observers were sent, and within them to which precincts.",
    apart="Observers in one area change nothing in another.",
    moved="What was kept away from observed precincts may have been moved to these, or observers nearby "
    "may have kept it away from these too: the sign tells which was more.",
    uneven="Within an area some precincts were more likely to be drawn than others, so that their mere "
    "difference is no effect of being observed.",
    one="Every precinct of the areas drawn was observed, or observers were sent to every area or to none, "
    "so that nothing is left to compare.",
)


def spillover(
    returns: Returns,
    matched: Matched,
    design: Design,
    *,
    areas: str,
    permutations: int,
    confidence_level: float,
    rng: np.random.Generator,
) -> Findings:
    """Effect of being observed, and that on precincts beside, after Ichino and Schündeln (2012).

    Null: observers change nothing in the precincts where they are, nor in the others of their area.

    Parameters
    ----------
    returns : Returns
        All precincts of the frame.
    matched, design
        Which precincts were drawn, and within which strata areas were.
    areas : str
        Level whose units were drawn first.
    permutations : int
        Of precincts within areas, and of areas within strata.
    confidence_level : float
    rng : Generator

    Returns
    -------
    Findings
        ``observer_presence``: observed precincts less the others of their areas. ``observer_spillover``:
        the unobserved precincts of areas with observers less those of areas without; interval
        clustered by area, ``pvalue`` by permuting areas. Percentage points of turnout and of the
        leader's share.

    Raises
    ------
    ConfigError
        If ``areas`` is no level of the returns.

    References
    ----------
    Ichino, N. and Schündeln, M. (2012). Deterring or displacing electoral irregularities? Spillover
    effects of observers in a randomized field experiment in Ghana. Journal of Politics 74, 292-307.
    """
    area = returns.units(areas).codes
    observed = np.zeros(len(returns), dtype=bool)
    observed[matched.rows[matched.found]] = True
    if not _even(design):
        return Findings([Skipped(METHOD, returns.scope, SAY("uneven"))])
    chosen = np.bincount(area[area >= 0], observed[area >= 0]) > 0
    treated = (area >= 0) & chosen[area]
    within = np.where(treated, area, -1)
    stratum = np.zeros(len(returns), dtype=np.intp)
    if design.frame_stratum is not None:
        stratum = design.frame_stratum
    found: list[Finding | Skipped] = []
    for quantity, outcome in outcomes(returns):
        one = difference(returns, quantity, outcome, observed, within, permutations, confidence_level, rng)
        if isinstance(one, Finding):
            one = replace(one, assumptions=(Assumption(SAY("lots")), Assumption(SAY("apart"))))
        found.append(one)
        beside = np.where(observed | (area < 0), np.nan, outcome)
        found.append(
            _beside(returns, quantity, beside, treated, stratum, area, permutations, confidence_level, rng)
        )
    return Findings(sorted(found, key=lambda item: item.method != METHOD))


def _even(design: Design) -> bool:
    """Whether the sampled precincts of an area had the same chance (areas are the clusters)."""
    low, high = np.full(design.clusters, np.inf), np.zeros(design.clusters)
    np.minimum.at(low, design.cluster, design.weight)
    np.maximum.at(high, design.cluster, design.weight)
    return bool((high <= low * (1 + ROUNDED)).all())


def _beside(
    returns: Returns,
    quantity: str,
    outcome: Floats,
    treated: NDArray[np.bool_],
    stratum: Codes,
    area: Codes,
    permutations: int,
    confidence_level: float,
    rng: np.random.Generator,
) -> Finding | Skipped:
    """Unobserved precincts of areas with observers against those of areas without."""
    try:
        result = observed_difference(
            outcome,
            treated,
            assignment="random",
            stratum=stratum,
            cluster=area,
            permutations=permutations,
            confidence_level=confidence_level,
            rng=rng,
        )
    except ConfigError:
        return Skipped(SPILLOVER, returns.scope, SAY("one"))
    used = np.isfinite(outcome) & (stratum >= 0)
    with_observers, without = (len(np.unique(area[used & side])) for side in (treated, ~treated))
    enough = min(with_observers, without) >= FEWEST_AREAS
    return finding_of(
        SPILLOVER, returns, quantity, result, confidence_level,
        enough=enough,
        null=SAY("null"),
        assumptions=(Assumption(SAY("lots")), Assumption(SAY("apart"))),
        innocent=SAY.all("moved"),
        parameters={"permutations": permutations, "option": returns.leader},
        detail={
            "areas_with": int(with_observers),
            "areas_without": int(without),
            "p_cluster": result.p_cluster,
        },
    )  # fmt: skip

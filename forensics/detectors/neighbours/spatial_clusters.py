"""Whether residuals of neighbouring precincts are alike (Moran 1950; Anselin 1995; Kulldorff 1997)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from forensics.detectors.additive import levels_of
from forensics.detectors.neighbours._moran import Study, moran_findings
from forensics.detectors.neighbours._places import UNIT, arrange
from forensics.detectors.neighbours._residuals import handed_in, own_residuals
from forensics.detectors.neighbours._zones import border_finding, scan_finding
from forensics.detectors.registry import detector
from forensics.detectors.streams import Seed, Streams
from forensics.errors import ConfigError
from forensics.finding import Finding, Findings, Skipped
from forensics.messages.message import Sentences
from forensics.tables.returns import Returns

#: Detectors whose residual is, under their null, independent between precincts given their counts.
INDEPENDENT = ("integer_percent",)

SAY = Sentences(
    "spatial_clusters",
    nowhere="The returns have neither coordinates (lat, lon) nor a level with two units of at least {unit} "
    "precincts, so nobody is known to be a neighbour of anybody.",
    alone="No precinct of {minimum:,} registered voters or more can be placed and has a neighbour.",
    no_map="Without coordinates (lat, lon) neighbours are the precincts of one {level}: no circle can be "
    "drawn and no border looked across.",
    no_values="No precinct that can be placed reports turnout or votes, and no residual was handed in.",
)


@detector(family="neighbours", residuals=("integer_percent:either",), apart=True)
def spatial_clusters(
    returns: Returns,
    /,
    *,
    residuals: Mapping[str, ArrayLike] | None = None,
    independent: Sequence[str] = INDEPENDENT,
    option: str | None = None,
    minimum: int = 100,
    neighbours: int = 8,
    stratum: str | None = None,
    reach: float = 5.0,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 999,
    rng: Seed = None,
) -> Findings:
    """Spatial clusters of residuals: Moran's I (1950), local Moran (1995), scan (1997), borders.

    Null, of a residual handed in by a detector in ``independent``: given its own counts a precinct's
    residual is independent of that of its neighbours, so that within a unit of the top level any order
    of the values over the map is equally likely; p-values are by permutation, (b+1)/(m+1). Turnout
    and share themselves have no null that is true anywhere: neighbours are alike in every honest
    election. Theirs, and all other residuals handed in, are described without a p-value, within the
    smallest units (of 20 precincts), so that the geography between these is not the finding.

    Parameters
    ----------
    returns : Returns
        Precinct returns with ``lat`` and ``lon``; without them, neighbours are the precincts of one
        unit of the finest level in which half of the precincts are in units of at least 8.
    residuals : mapping of str to array_like of shape (m,), optional
        Residuals of other detectors by ``"detector:quantity"``, aligned with the returns, NaN where
        a precinct has none. They are brought to one spread over ten classes of size.
    independent : sequence of str
        Names of residuals, or of their detectors, whose null makes precincts independent.
    option : str, optional
        Option whose share is looked at (default: the leader), or ``"all"``.
    minimum : int
        Smallest number of registered voters.
    neighbours : int
        Nearest precincts of the stratum that are neighbours; those as near as the last one too.
    stratum : str, optional
        Level whose units (of at least 20 precincts; smaller ones join the unit above) are the
        strata. By default the top level for tested residuals, the finest for the others.
    reach : float
        Kilometres up to which precincts on two sides of a border are compared.
    by : str or sequence of str, optional
        Level(s) for which Moran's I is given; ``None`` is the nation.
    confidence_level : float
        Of the intervals.
    n_resamples : int
        Permutations of tested residuals; of those only described at most 199.
    rng : Generator or int, optional
        Source of the permutations.

    Returns
    -------
    Findings
        Of each residual r (``turnout``, ``share``, ``integer_percent_share``, …):

        * quantity r, in every scope. ``statistic``: Moran's I (slope of the neighbours' mean on a
          precinct's own residual); ``effect``: what it is above its mean under permutation, which is
          below 0 in small strata (interval by delete-one-stratum jackknife).
          ``detail``: ``moran``, ``expected``, ``deviation``, ``z`` (against permutations),
          ``pvalue_permutation`` (the usual convention, whatever the residual), ``neighbours``,
          ``strata``, ``pvalue_adjusted``; nationally, of tested residuals, ``by_stratum`` ([level,
          strata, I, z, p]) and ``local`` (precincts that stand out by conditional permutation at a false
          discovery rate of 5 %: ``flagged``, ``high_high``, ``low_low``, ``high_low``,
          ``low_high``, ``draws``, ``venue_types``, ``special``, ``proxy``; by units where there are
          no coordinates: ``units``, ``units_high``, ``units_low``). ``precincts``: Getis–Ord G* as
          a standard deviate.
        * r_scan, nationally. ``statistic``: log likelihood ratio of the most likely circle of 3 to 60
          precincts of one stratum with high residuals (normal model; Poisson where values are 0
          and 1). ``detail``: ``ratio``, ``model``, ``zones``, ``largest``, ``precincts``,
          ``centre``, ``radius_km``, ``units``, ``cases``, ``expected_cases``.
        * r_border, nationally. ``effect``: semivariance of neighbours across borders minus that of
          pairs within units at the same distances, which is the variance between units that is no
          matter of distance (interval: jackknife over units). ``detail``: ``excess``, ``within``,
          ``deviation`` (its root), ``z``, ``pairs_across``, ``pairs_within``, ``units``,
          ``median_km``, ``borders`` ([a, b, precincts of a, of b, a − b, z], the steepest ten).

    Raises
    ------
    ConfigError
        If a number is out of its range, ``stratum`` is no level, or residuals do not fit the returns.

    Notes
    -----
    Innocent explanations: people live among their like; candidates, mayors, roads and weather are
    local; commissions are trained together, and venues stand together. Borders follow rivers, town
    limits and old frontiers.
    Why turnout and share are not tested: the usual permutation test at .05 rejects every simulated
    clean election with a spatial field, and gives Moran's I z-values of 98 and 105 in Romania 2016
    (turnout and share), 70 and 85 in Poland 2018, 66 and 88 in Bulgaria 2021. For whole percentages
    (``integer_percent``) size is .03 to .06 (Moran) and .04 to .07 (scan, borders), with
    fields and with a gradient in size; p is above .1 in Romania, Poland, Bulgaria, Sweden 2018,
    Hungary 2022, Spain 2019 and Canada 2015, and .001 in Russia 2018 (z 5 to 9, by territory). Quotas
    in 42 precincts of 1,500 close together are found in 95 % (Moran) and 100 % (scan) of elections,
    in 21 of 1,500 in 70 % and 90 %.
    Breaks when coordinates are those of towns (points shared by more than 25 precincts are left
    out), or were found by a geocoder that takes namesakes (precincts ten times farther from the
    middle of their unit than its median precinct, and 50 km, are left out). A residual whose
    spread depends on more than size is not exchangeable. Within small strata a cluster that fills
    the stratum cannot be seen: it is in the border finding.

    References
    ----------
    Moran, P. A. P. (1950). Notes on continuous stochastic phenomena. Biometrika 37, 17-23.
    Anselin, L. (1995). Local indicators of spatial association. Geographical Analysis 27, 93-115.
    Ord, J. K. and Getis, A. (1995). Local spatial autocorrelation statistics: distributional issues
    and an application. Geographical Analysis 27, 286-306.
    Kulldorff, M. (1997). A spatial scan statistic. Communications in Statistics 26, 1481-1496.
    Kulldorff, M., Huang, L. and Konty, K. (2009). A scan statistic for continuous data based on the
    normal probability model. International Journal of Health Geographics 8, 58.
    """
    _check(neighbours, reach, minimum, n_resamples)
    if stratum is not None:
        returns.unit_columns(stratum)
    levels = levels_of(returns, by)
    places = arrange(returns, minimum, stratum)
    if places is None:
        return Findings([Skipped("spatial_clusters", returns.scope, SAY("nowhere", unit=UNIT))])
    if len(places.rows) < 2:
        return Findings([Skipped("spatial_clusters", returns.scope, SAY("alone", minimum=minimum))])
    looked_at = [
        *own_residuals(returns, places, option),
        *handed_in(returns, places, residuals, independent),
    ]
    if not looked_at:
        return Findings([Skipped("spatial_clusters", returns.scope, SAY("no_values"))])
    study = Study(
        returns,
        places,
        neighbours,
        confidence_level,
        n_resamples,
        Streams(rng),
        {
            "minimum": minimum,
            "maximum": None,
            "neighbours": neighbours,
            "n_resamples": n_resamples,
            "option": option or returns.leader,
            "turnout_of": returns.turnout_of,
            "share_of": "ballots",
        },
    )
    found: list[Finding | Skipped] = []
    for residual in looked_at:
        found += moran_findings(study, residual, levels)
        if places.points is not None and None in levels and (residual.own or residual.tested):
            found.append(scan_finding(study, residual))
            if places.unit is not None:
                found.append(border_finding(study, residual, reach))
    if places.points is None:
        reason = SAY("no_map", level=places.unit_level)
        found.append(Skipped("spatial_clusters", returns.scope, reason))
    return Findings(found)


def _check(neighbours: int, reach: float, minimum: int, n_resamples: int) -> None:
    for name, value, least in (
        ("neighbours", neighbours, 1),
        ("minimum", minimum, 0),
        ("n_resamples", n_resamples, 19),
    ):
        if value < least:
            raise ConfigError(f"{name} is a number of at least {least}, not {value}")
    if not (np.isfinite(reach) and reach > 0):
        raise ConfigError(f"reach is a number of kilometres above 0, not {reach}")

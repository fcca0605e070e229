"""Spikes in the fine distribution of share and turnout (Rozenas 2017), with an exact envelope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forensics.detectors.additive import levels_of
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.registry import detector
from forensics.detectors.shares import looked_at
from forensics.detectors.streams import Seed, Streams
from forensics.detectors.turnout._density_units import Compared, Distribution, Settings, Unit
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval, Skipped
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.tables.returns import WHOLES, Returns

Floats = NDArray[np.float64]

#: A band of the share that holds more than this multiple of its prediction, or less than its inverse.
MISFIT = 2.0
QUANTITIES = ("share", "turnout")

SAY = Sentences(
    "resampled_density",
    null="Redrawing each precinct's {quantity} around its own rate (beta-binomial mixture, number of "
    "{of} kept) gives each bin of {width:g} as many precincts as observed.",
    exclusion="{n:,} precincts left out: a count missing or out of its range, or fewer than "
    "{minimum:,} {of}.",
    misfit="No band of a twentieth holds more than twice, or less than half, of what the mixture predicts.",
    fractions="Small precincts produce the same few fractions by arithmetic; that is in the null.",
    rounding="Percentages announced first and protocols filled in from them, without moving a result.",
    groups="Many precincts of one origin (barracks, hospitals, one employer) with nearly the same share.",
    misfitted="A band of the share where the mixture fits badly can look like a spike.",
    both="A spike that the runner-up, the smallest option and the invalid votes share is data handling.",
    nothing="Neither votes with {of} nor turnout with registered voters is reported.",
    title="Fine distribution of {quantity}: {scope}",
    caption="Precincts per bin of {width:g} (n = {n:,}), expected under binomial redraws around each "
    "precinct's own rate, and the envelope that a bin exceeds with chance {level:.4f}.",
    precincts="precincts",
)
INNOCENT = SAY.all("fractions", "rounding", "groups", "misfitted", "both")


@detector(family="turnout", needs=("ballots|valid|issued",), apart=True, sampled=True)
def resampled_density(
    returns: Returns,
    /,
    *,
    quantity: str | None = None,
    option: str | None = None,
    of: str = "ballots",
    minimum: int = 1,
    width: float = 0.001,
    level: float = 1 / 1001,
    n_resamples: int | None = None,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
    rng: Seed = None,
) -> Findings:
    """Spikes in the fine distribution of share and turnout, after Rozenas (2017), exact envelope.

    Null: a precinct with x of n votes is redrawn from a mixture of beta-binomials updated by that
    count, X ~ BetaBinomial(n, x + a, n − x + b). The number of redrawn shares in a bin is a sum of
    independent indicators with exactly known chances. A bin is flagged where the observed number
    exceeds the quantile at ``level``; no resample is drawn, so the result does not depend on their
    number. The flagged share is Σ(observed − mean)/n over the flagged bins.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    quantity : {"share", "turnout"}, optional
        By default both, or the one that the columns allow.
    option : str, optional
        Option whose share is looked at (default: the leader), or ``"all"``: every option and the
        invalid votes.
    of : {"ballots", "valid", "registered"}
        What a share is a share of.
    minimum : int
        Smallest denominator of the quantity (ballots, or registered voters).
    width : float
        Distance of the grid's points; bins lie around them. 1/width must be whole.
    level : float
        Pointwise level; 1/1001 is the chance to exceed the maximum of 1,000 resamples.
    n_resamples : int, optional
        Draw so many resamples and take their fixed quantile at ``level`` (not their maximum)
        instead of the exact envelope.
    by : str or sequence of str, optional
        Level(s) at which to test; ``None`` is the nation.
    confidence_level : float
        Of the intervals.
    rng : int or Generator, optional
        Source of the resamples.

    Returns
    -------
    Findings
        One per quantity and scope. ``effect`` percent of precincts flagged; ``statistic`` normal
        score of the most improbable bin; ``pvalue`` the chance that any of the bins is so improbable
        (with the level that each can attain, its count being discrete). ``detail``:
        ``percent_flagged``, ``interval``, ``percent_by_chance`` (expected under the null),
        ``percent_corrected`` and ``corrected`` (bins that pass a false discovery rate of .05),
        ``peaks`` ([share, excess precincts], largest first), ``level``, ``width``, ``literature``
        ([R, percent above the maximum of R resamples]), ``mixture`` (components, weights, a, b),
        ``misfit`` ([low, high, observed, predicted, ratio]), ``ends`` ([share, observed, expected]),
        ``pvalue_adjusted``. ``precincts``: (observed − mean)/observed of the precinct's bin where it
        is flagged, else 0; the sum is the number of flagged precincts.

    Raises
    ------
    ConfigError
        If the quantity or ``of`` is unknown, 1/width is not whole, the level is not between 0 and
        1, or so few resamples are asked for that they do not reach the level.

    Notes
    -----
    Innocent explanations: percentages that were announced first, many precincts of one origin, a
    band where the mixture fits badly (``misfit``). Blind to what makes no spike. Shares of exactly
    0 and 1 are never flagged (``ends``): closed institutions and tiny precincts belong there; the
    paper leaves out 0 only.

    The flagged share depends on the number of precincts, because a spike of a given share stands
    out of its bin by a multiple of √n standard deviations. Leader's share, Russia 2018: mean of five
    random samples 0 % of 1,000 precincts, .08 % of 2,000, .41 % of 5,000 (from 0 to .74 %), .30 % of
    10,000, .53 % of 20,000, .74 % of 50,000, and 1.13 % of all 97,698. Flagged
    shares of places of unlike size cannot be compared. By chance .02 % is flagged of 97,698 precincts
    and .1 % of 3,000: ``percent_by_chance``. The interval covers sampling and, for the scope of the whole
    returns, the parameters of the mixture (less than a tenth of the variance); its lower end leaves
    out what is flagged by chance. It does not cover spikes that stay below the envelope.

    The published rule flags above the maximum of R resamples, so its result falls with R; its
    expectation over resamples is exact too (``literature``): Russia 2011 1.92 / 1.28 / .87 % at R = 20
    / 100 / 1,000. Fixed quantiles of drawn resamples give .881 % from 1,000 and .884 % from 4,000, the
    exact envelope .899 %. Each denominator is kept, as the arithmetic of fractions requires; the paper
    redraws turnout first, which changes little: Russia 2011 1.31 against 1.27 %, Russia 2018 1.38
    against 1.34 % at R = 100. A component is not narrower than a, b ≤ e⁶ allow, so the mixture cannot
    follow a spike; redraws lie around the observed count, which makes the test conservative.

    References
    ----------
    Rozenas, A. (2017). Detecting election fraud from irregularities in vote-share distributions.
    Political Analysis 25, 41-56.
    """
    bins = _bins(width)
    if quantity not in (None, *QUANTITIES):
        raise ConfigError(f"resampled_density looks at {', '.join(QUANTITIES)}, not at {quantity!r}")
    if of not in WHOLES:
        raise ConfigError(f"a share is of {', '.join(WHOLES)}, not of {of!r}")
    if not 0 < level < 1:
        raise ConfigError(f"level is a chance between 0 and 1, both excluded, not {level}")
    if n_resamples is not None and (n_resamples + 1) * level < 1 - 1e-9:
        raise ConfigError(
            f"{n_resamples} resamples do not reach level {level:.6g}; at least {1 / level - 1:.0f} do"
        )
    settings = Settings(returns, minimum, bins, level, n_resamples, confidence_level, Streams(rng))
    levels = levels_of(returns, by)
    findings: list[Finding] = []
    for label, x, n, whole in _looked_at(returns, quantity, option, of):
        distribution = Distribution(settings, x, n)
        units = [unit for name in levels for unit in distribution.units(name)]
        pvalues = [None if unit.compared is None else unit.compared.found.pvalue for unit in units]
        shared = adjusted([unit.scope for unit in units], pvalues)
        findings += [
            _finding(distribution, label, whole, *both) for both in zip(units, shared, strict=True)
        ]
    if not findings:
        return Findings([Skipped("resampled_density", returns.scope, SAY("nothing", of=of))])
    return Findings(findings)


def _bins(width: float) -> int:
    bins = round(1 / width) if width > 0 else 0
    if bins < 2 or abs(bins * width - 1) > 1e-9:
        raise ConfigError(f"width {width} does not divide 1 into a whole number of bins, at least 2")
    return bins


def _looked_at(
    returns: Returns, quantity: str | None, option: str | None, of: str
) -> Iterator[tuple[str, Floats, Floats, str]]:
    """(quantity, counts, wholes, column of the wholes) of each distribution looked at."""
    if quantity in (None, "share") and returns.options and returns.has(of):
        for votes in looked_at(returns, option):
            yield votes.quantity, votes.votes, returns.counts(of), of
    if quantity in (None, "turnout") and returns.has("registered", returns.turnout_of):
        yield "turnout", returns.counts(returns.turnout_of), returns.counts("registered"), "registered"


def _finding(
    distribution: Distribution, label: str, whole: str, unit: Unit, shared: float | None
) -> Finding:
    settings, compared = distribution.settings, unit.compared
    interval = None if compared is None else _interval(compared, settings.confidence_level)
    found = None if compared is None else compared.found
    own = unit.scope == settings.returns.scope and compared is not None
    width = 1 / settings.bins
    return Finding(
        method="resampled_density",
        family="turnout",
        quantity=label,
        scope=unit.scope,
        null=SAY("null", quantity=label, of=whole, width=width),
        statistic=None if found is None else found.score,
        pvalue=None if found is None else found.pvalue,
        effect=None if found is None else 100 * found.share,
        unit="% of precincts",
        interval=interval,
        n=len(unit.rows),
        excluded=unit.excluded,
        exclusion=SAY("exclusion", n=unit.excluded, minimum=settings.minimum, of=whole)
        if unit.excluded
        else None,
        underpowered=found is None,
        assumptions=(Assumption(SAY("misfit"), None if compared is None else _fits(compared)),),
        innocent=INNOCENT,
        parameters={
            "minimum": settings.minimum,
            "width": width,
            "level": settings.level,
            "n_resamples": settings.n_resamples,
            "turnout_of": settings.returns.turnout_of,
            "share_of": whole if label != "turnout" else None,
        },
        detail=_detail(settings, unit, interval, shared),
        precincts=_scores(distribution, unit) if own else None,
        pictures=(_picture(settings, label, unit),) if own else (),
    )


def _interval(compared: Compared, level: float) -> Interval:
    """Normal; the lower end leaves out what is flagged by chance, which may be all there is."""
    found = compared.found
    half = float(ndtri((1 + level) / 2)) * float(np.hypot(found.deviation, compared.deviation))
    low = min(found.share, max(0.0, found.share - found.by_chance - half))
    return Interval(100 * low, 100 * (found.share + half), level)


def _fits(compared: Compared) -> bool:
    ratios = [row[-1] for row in compared.misfit if row[-1] is not None]
    return all(1 / MISFIT <= ratio <= MISFIT for ratio in ratios)


def _detail(
    settings: Settings, unit: Unit, interval: Interval | None, shared: float | None
) -> dict[str, Any]:
    compared = unit.compared
    if compared is None or interval is None:
        return {"percent_flagged": None, "peaks": [], "pvalue_adjusted": None}
    found, mixture, bins = compared.found, compared.mixture, settings.bins
    excess = compared.observed - compared.mean
    return {
        "percent_flagged": 100 * found.share,
        "interval": [interval.low, interval.high],
        "percent_by_chance": 100 * found.by_chance,
        "percent_corrected": 100 * float(excess[found.corrected].sum()) / len(unit.rows),
        "corrected": [float(b / bins) for b in np.flatnonzero(found.corrected)],
        "peaks": [
            [float(b / bins), float(excess[b])]
            for b in np.argsort(-excess, kind="stable")
            if found.flagged[b]
        ],
        "level": settings.level,
        "width": 1 / bins,
        "literature": compared.literature,
        "mixture": {
            "components": mixture.components,
            "weights": mixture.w[0].tolist(),
            "a": mixture.a[0].tolist(),
            "b": mixture.b[0].tolist(),
        },
        "misfit": compared.misfit,
        "ends": [
            [share, float(compared.observed[b]), float(compared.mean[b])]
            for share, b in ((0.0, 0), (1.0, -1))
        ],
        "pvalue_adjusted": shared,
    }


def _scores(distribution: Distribution, unit: Unit) -> Floats | None:
    """Share of a precinct's bin that is above its mean, where the bin is flagged."""
    compared = unit.compared
    if compared is None:
        return None
    excess = np.where(compared.found.flagged, compared.observed - compared.mean, 0.0)
    scores = np.full(len(distribution.keep), np.nan)
    scores[distribution.rows] = (excess / np.maximum(compared.observed, 1.0))[distribution.bin]
    return scores


def _picture(settings: Settings, label: str, unit: Unit) -> Picture:
    width, compared = 1 / settings.bins, unit.compared
    assert compared is not None
    return Picture(
        figure="density_spikes",
        name=f"resampled_density-{label}",
        title=SAY("title", quantity=label, scope=str(unit.scope)),
        caption=SAY("caption", width=width, n=len(unit.rows), level=settings.level),
        columns={
            "share": np.arange(settings.bins + 1) / settings.bins,
            "observed": compared.observed,
            "expected": compared.mean,
            "envelope": compared.found.limit,
            "flagged": compared.found.flagged,
        },
        options={"width": width, "xlabel": label},
        labels={"ylabel": SAY("precincts")},
    )

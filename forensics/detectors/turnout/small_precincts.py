"""Small precincts against large ones nearby (Jimenez, Hidalgo and Klimek 2017), size gradient removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forensics.detectors.additive import levels_of
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.registry import detector
from forensics.detectors.shares import looked_at
from forensics.detectors.streams import Seed, Streams
from forensics.detectors.turnout._neighbourhoods import (
    ALONE,
    INCOMPLETE,
    INSTITUTION,
    NEIGHBOURS,
    Neighbours,
    arrange,
    knows_institutions,
)
from forensics.detectors.turnout._size_labels import (
    Cells,
    Reading,
    Scores,
    cells_of,
    readings_of,
    scores_of,
)
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval, Skipped
from forensics.kernels import within
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Fewer small precincts than this give no p-value.
FEWEST = 100
#: Quantiles of size of the sweep.
QUANTILES = (0.1, 0.25, 0.5)
#: With the line, this many standard deviations say that size matters.
STEEP = 3.0
GRADIENTS = ("removed", "kept")
CORNERS = ("upper_right", "lower_left", "upper_left", "lower_right")

SAY = Sentences(
    "small_precincts",
    null_removed="Small and large precincts of one {neighbourhood} differ in turnout and {quantity} by "
    "chance and by a straight line in log size: size labels of what is left are permuted within each.",
    null_kept="Small and large precincts of one {neighbourhood} differ in turnout and {quantity} by chance "
    "only: size labels are permuted within each.",
    exclusion="{n:,} precincts left out: a count missing, no ballots, fewer than {minimum:,} registered, "
    "counts that exceed their total ({incomplete:,}); closed institutions ({closed:,}); neighbourhoods "
    "with fewer than {neighbours} precincts or none that differ ({alone:,} in {dropped:,} neighbourhoods).",
    alone="No precinct has at least {neighbours} others of its {minimum:,} registered or more in a unit "
    "that the returns name, so there are no neighbours to compare with.",
    venues="Closed institutions (hospitals, barracks, prisons) are known and left out.",
    no_venues="The returns do not say which precincts are closed institutions (hospitals, barracks, "
    "prisons); they are small and vote together.",
    line="What honest sizes do to turnout and {quantity} is a straight line in log size, on the logit "
    "scale.",
    exchangeable="Size is unrelated to turnout and {quantity} within a neighbourhood.",
    level="Turnout and share do not rise together towards small precincts: with the gradient kept, small "
    "precincts are {z:+.1f} standard deviations in excess in the upper right.",
    countryside="Villages beside a town vote more and vote alike: a size gradient that is no straight line "
    "remains as an excess.",
    institutions="Hospitals, care homes and seniors' residences that the returns do not mark.",
    gradient="A bias that grows steadily towards small precincts is taken for countryside and removed: "
    "nothing here speaks against it.",
    title="Small against other precincts of the same {neighbourhood}, {quantity}, {scope}",
    caption_removed="Share of precincts in each corner beyond {threshold:g} standard deviations in turnout "
    "and {quantity}, among {small:,} small and {others:,} other precincts; size gradient removed.",
    caption_kept="Share of precincts in each corner beyond {threshold:g} standard deviations in turnout "
    "and {quantity}, among {small:,} small and {others:,} other precincts; size gradient kept.",
)
INNOCENT = SAY.all("countryside", "institutions", "gradient")


@detector(family="turnout", needs=("registered", "ballots", "votes"), default="descriptive", sampled=True)
def small_precincts(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    minimum: int = 100,
    neighbourhood: str | None = None,
    quantile: float = 0.25,
    threshold: float = 1.0,
    gradient: str = "removed",
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 999,
    rng: Seed = None,
) -> Findings:
    """Small precincts against large ones nearby, after Jimenez, Hidalgo and Klimek (2017).

    Null: within a neighbourhood, turnout and share of small precincts differ from those of large
    ones by chance and by a straight line in log size (one slope per top-level unit, on the logit
    scale, with outliers capped). z of each precinct is its distance from the mean of the *other*
    precincts of its neighbourhood, divided by its model standard deviation (heterogeneity of the
    neighbourhood plus p(1−p)/N, and that of the mean). The score is +1 in the upper right corner
    (both z above ``threshold``) and −1 in the lower left one; the statistic compares the mean score
    of small and other precincts of the same neighbourhood, and p (one-sided, small precincts in
    excess in the upper right) comes from permuting the labels within neighbourhoods, (b+1)/(m+1).

    The upper right corner alone is refused: small precincts vary more, so under a z by the raw
    standard deviation their labels are not exchangeable, and such a test rejects .71 / .21 / .08 of
    honest elections at .05 (heterogeneity .1 / .2 / .4 logit; the difference .03 / .04 / .07).

    Without removing the line (``gradient="kept"``, the published null) honest countries are called
    anomalous, because villages vote more, and more alike, than the town beside them: z 11 and 14 in
    Romania 2016 and 2024, 9 in Georgia 2016, 9 in Canada 2015, 8 in Albania 2013. With the line
    removed these are −.1, 2.5, 2.2, 2.6 and −1.7. Both readings are reported; p and effect rest on
    the line removed, which is conservative where the line is straight (size .00–.04 at .05).

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    option : str, optional
        Option whose share is looked at (default: the leader), or ``"all"``: every option and the
        invalid votes.
    minimum : int
        Smallest number of registered voters.
    neighbourhood : str, optional
        Level whose units are neighbourhoods; by default the finest one in which half of the
        precincts have at least five in their unit.
    quantile : float
        Small is below this quantile of the sizes in the neighbourhood.
    threshold : float
        Where the corners begin, in standard deviations.
    gradient : {"removed", "kept"}
        What to do with the dependence on log size.
    by : str or sequence of str, optional
        Level(s) at which to test; ``None`` is the nation.
    confidence_level : float
        Of the interval.
    n_resamples : int
        Permutations.
    rng : Generator or int, optional
        Source of the permutations.

    Returns
    -------
    Findings
        One per option and scope. ``statistic`` the difference in exact permutation standard
        deviations, ``effect`` difference of the mean scores (interval: normal, at the null's
        variance). ``detail``: ``small`` and ``large`` (precincts, and in each corner:
        ``upper_right``, ``lower_left``, ``upper_left``, ``lower_right``), ``difference``, ``z``,
        ``difference_kept``, ``z_kept``, ``pvalue_kept`` (published null), ``sweep`` ([quantile,
        small, difference, z]), ``neighbourhoods``, ``dropped_neighbourhoods``, ``closed``,
        ``pvalue_adjusted``. ``precincts``: (z_t + z_v)/√2.

    Raises
    ------
    ConfigError
        If ``gradient`` is unknown, ``quantile`` not in (0, 1), ``threshold`` negative, or
        ``neighbourhood`` no level.

    Notes
    -----
    Innocent explanations: a gradient that is no straight line, and closed institutions the returns
    do not mark. Both are seen in honest elections: in Canada 2015 polls of one building (seniors'
    residences of 100–200 electors) turn out 7–9 points above their riding, and the excess vanishes
    from 300 registered on; in Poland 2018 hospitals and care homes of 100–200 turn out 15 points
    below, which bends the line and leaves small villages above it (z 3.5, the largest of twelve
    controls; 2 from 300 registered on). A p-value between .001 and .05 is therefore weak evidence:
    effects up to .025 occur without manipulation, which is why the detector is descriptive.
    Breaks when what is planted grows steadily with smallness: Russia 2011–2021 has z 45–50 before
    and −8 to −11 after the line is removed. Its excess (.09–.11) is a gradient over all sizes, as
    large as in Armenia 2012 and Georgia 2016, and this test cannot say whose gradient it is.

    References
    ----------
    Jimenez, R., Hidalgo, M. and Klimek, P. (2017). Testing for voter rigging in small polling
    stations. Science Advances 3, e1602363.
    """
    if gradient not in GRADIENTS:
        raise ConfigError(f"gradient is 'removed' or 'kept', not {gradient!r}")
    if not 0 < quantile < 1:
        raise ConfigError(f"quantile is between 0 and 1, both excluded, not {quantile}")
    if threshold < 0:
        raise ConfigError(f"threshold is a number of standard deviations of at least 0, not {threshold}")
    if neighbourhood is not None:
        returns.unit_columns(neighbourhood)
    streams = Streams(rng)
    findings: list[Finding | Skipped] = []
    for votes in looked_at(returns, option):
        rows = arrange(returns, votes.votes, minimum, neighbourhood)
        if rows is None:
            reason = SAY("alone", neighbours=NEIGHBOURS - 1, minimum=minimum)
            findings.append(Skipped("small_precincts", returns.scope, reason))
            continue
        test = _Test(
            returns, votes.quantity, rows, minimum, quantile, threshold, gradient, n_resamples,
            confidence_level, {name: scores_of(rows, name, threshold) for name in GRADIENTS},
        )  # fmt: skip
        for level in levels_of(returns, by):
            findings += test.findings(level, streams.of(votes.quantity, level))
    return Findings(findings)


@dataclass(frozen=True, slots=True)
class _Test:
    """One option: scores under both treatments, and the findings made from them."""

    returns: Returns
    quantity: str
    rows: Neighbours
    minimum: int
    quantile: float
    threshold: float
    gradient: str
    n_resamples: int
    confidence_level: float
    scores: Mapping[str, Scores]

    def findings(self, level: str | None, rng: np.random.Generator) -> list[Finding]:
        units = self.returns.units(level)
        cells = cells_of(units.codes[self.rows.used], self.rows.group, len(units.scopes))
        small = within.below_quantile(self.rows.size, self.rows.group, self.quantile)
        score = self.scores[self.gradient]
        readings = {
            name: readings_of(cells.permuted(scores, small, self.n_resamples, rng), self.n_resamples)
            for name, scores in self.scores.items()
        }
        sweep = [
            (quantile, cells.counts(labels), readings_of(cells.permuted(score, labels, 0, rng), 0))
            for quantile in QUANTILES
            for labels in (within.below_quantile(self.rows.size, self.rows.group, quantile),)
        ]
        counts = {
            "small": self._corners(cells, score, small),
            "large": self._corners(cells, score, ~small),
        }
        enough = counts["small"]["precincts"] >= FEWEST
        pvalues = [
            reading.pvalue if enough[i] else None for i, reading in enumerate(readings[self.gradient])
        ]
        shared = adjusted(units.scopes, pvalues)
        findings = []
        for i, scope in enumerate(units.scopes):
            kept = readings["kept"][i]
            detail: dict[str, Any] = {
                side: {name: int(number[i]) for name, number in table.items()}
                for side, table in counts.items()
            }
            detail |= {
                "difference": readings[self.gradient][i].difference,
                "z": readings[self.gradient][i].z,
                "difference_kept": kept.difference,
                "z_kept": kept.z,
                "pvalue_kept": kept.pvalue if enough[i] else None,
                "pvalue_adjusted": shared[i],
                "sweep": [
                    [quantile, int(number[i]), moved[i].difference, moved[i].z]
                    for quantile, number, moved in sweep
                ],
                "neighbourhoods": int((cells.unit_of_group == i).sum()),
            }
            detail |= self._left_out(units.codes == i)
            findings.append(
                self._finding(scope, readings[self.gradient][i], kept, pvalues[i], detail, score)
            )
        return findings

    def _corners(self, cells: Cells, score: Scores, keep: Flags) -> dict[str, NDArray[np.int64]]:
        """Precincts of each unit, and those in each corner."""
        t, v, edge = score.z_t, score.z_v, self.threshold
        return {
            "precincts": cells.counts(keep),
            "upper_right": cells.counts(keep & (t > edge) & (v > edge)),
            "lower_left": cells.counts(keep & (t < -edge) & (v < -edge)),
            "upper_left": cells.counts(keep & (t < -edge) & (v > edge)),
            "lower_right": cells.counts(keep & (t > edge) & (v < -edge)),
        }

    def _left_out(self, here: Flags) -> dict[str, int]:
        """Rows of a unit left out, by reason, and the neighbourhoods that went with them."""
        reason, codes = self.rows.reason[here], self.rows.codes[here]
        alone = codes[(reason == ALONE) & (codes >= 0)]
        return {
            "incomplete": int((reason == INCOMPLETE).sum()),
            "closed": int((reason == INSTITUTION).sum()),
            "alone": int((reason == ALONE).sum()),
            "dropped_neighbourhoods": len(np.unique(alone)),
        }

    def _finding(
        self,
        scope: Scope,
        reading: Reading,
        kept: Reading,
        pvalue: float | None,
        detail: dict[str, Any],
        score: Scores,
    ) -> Finding:
        n = detail["small"]["precincts"] + detail["large"]["precincts"]
        excluded = detail["incomplete"] + detail["closed"] + detail["alone"]
        why = {name: detail[name] for name in ("incomplete", "closed", "alone")}
        whole = scope == self.returns.scope
        effect, half = reading.difference, float(ndtri((1 + self.confidence_level) / 2)) * reading.deviation
        return Finding(
            method="small_precincts",
            family="turnout",
            quantity=self.quantity,
            scope=scope,
            null=SAY(f"null_{self.gradient}", quantity=self.quantity, neighbourhood=self.rows.level),
            statistic=reading.z,
            pvalue=pvalue,
            effect=effect,
            unit="difference of mean scores",
            interval=None
            if effect is None
            else Interval(effect - half, effect + half, self.confidence_level),
            n=n,
            excluded=excluded,
            exclusion=SAY(
                "exclusion",
                n=excluded,
                minimum=self.minimum,
                neighbours=NEIGHBOURS,
                dropped=detail["dropped_neighbourhoods"],
                **why,
            )
            if excluded
            else None,
            underpowered=detail["small"]["precincts"] < FEWEST,
            assumptions=self._assumptions(kept),
            innocent=INNOCENT,
            parameters={
                "minimum": self.minimum,
                "neighbourhood": self.rows.level,
                "quantile": self.quantile,
                "threshold": self.threshold,
                "gradient": self.gradient,
                "n_resamples": self.n_resamples,
                "turnout_of": self.returns.turnout_of,
                "share_of": "ballots",
            },
            detail=detail,
            precincts=self._precincts(score) if whole else None,
            pictures=(self._picture(scope, detail),) if whole else (),
        )

    def _assumptions(self, kept: Reading) -> tuple[Assumption, ...]:
        known = knows_institutions(self.returns)
        shape = (
            Assumption(SAY("line", quantity=self.quantity), None)
            if self.gradient == "removed"
            else Assumption(SAY("exchangeable", quantity=self.quantity), None)
        )
        steep = Assumption(SAY("level", z=kept.z), abs(kept.z) < STEEP) if kept.z is not None else None
        venues = Assumption(SAY("venues" if known else "no_venues"), True if known else None)
        return (shape, venues) if steep is None else (shape, steep, venues)

    def _precincts(self, score: Scores) -> Floats:
        residual = np.full(len(self.returns), np.nan)
        residual[self.rows.used] = (score.z_t + score.z_v) / 2**0.5
        return residual

    def _picture(self, scope: Scope, detail: dict[str, Any]) -> Picture:
        small, large = detail["small"], detail["large"]
        return Picture(
            figure="corners",
            name=f"small_precincts-{self.quantity}",
            title=SAY("title", neighbourhood=self.rows.level, quantity=self.quantity, scope=str(scope)),
            caption=SAY(
                f"caption_{self.gradient}",
                threshold=self.threshold,
                quantity=self.quantity,
                small=small["precincts"],
                others=large["precincts"],
            ),
            columns={
                "corner": np.array(CORNERS),
                "small": np.array([small[name] / max(small["precincts"], 1) for name in CORNERS]),
                "large": np.array([large[name] / max(large["precincts"], 1) for name in CORNERS]),
            },
            options={"ylabel": "share of precincts"},
        )

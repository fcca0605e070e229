"""Finite mixture of Mebane and others (2019): incremental and extreme manipulation, with uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.registry import detector
from forensics.detectors.shares import Votes, looked_at
from forensics.detectors.streams import Seed, Streams
from forensics.detectors.turnout._mixture_cost import cost
from forensics.detectors.turnout._mixture_fit import (
    FEWEST_OF_UNIT,
    Fitted,
    check_model,
    check_sampling,
    entropy_of,
    fit_mixture,
)
from forensics.detectors.turnout._mixture_input import FEWEST, mixture_input
from forensics.finding import Assumption, Finding, Findings, Interval, Skipped
from forensics.kernels.convergence import highest_density
from forensics.messages.message import Sentences
from forensics.posterior import Draws
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]

SAY = Sentences(
    "finite_mixture",
    null="Described, not tested: turnout and {quantity} of every precinct vary as logit-normal effects, "
    "some precincts have votes added and moved, and nothing else makes precincts differ.",
    null_binomial="Described, not tested: turnout and {quantity} of the precincts of one unit differ by "
    "binomial chance alone, some precincts have votes added and moved, and nothing else makes precincts "
    "differ.",
    exclusion="{n:,} precincts left out: a count missing, fewer than {minimum:,} registered, or counts "
    "that exceed their total.",
    few="{n:,} precincts can be used; {fewest:,} are needed.",
    level_effects="Intercepts by {levels} take up honest differences between units; without them the model "
    "has modes that put half of a clean election into the incremental class.",
    binomial="Precincts of one unit have the same turnout and support but for binomial chance: in no real "
    "election do they, and what is left over is called manipulation.",
    no_levels="The returns have no levels (or none were asked for), so honest differences between places "
    "cannot be told from manipulation: the share of incremental precincts is not reported.",
    agree="The chains agree: R-hat {rhat:.3f}, effective size {ess:,.0f} on the classes' shares, among the "
    "{chains} chains of the best mode.",
    disagree="The chains do not agree (R-hat {rhat:.3f}, effective size {ess:,.0f}, {chains} chains in "
    "the best mode): it cannot be told what the posterior is. More draws (n_draws), a longer warm-up "
    "(warm_up) or further levels (level_effects) may help; where they do not, the counts do not "
    "determine this model.",
    one_mode="All chains, half of them started with half of the precincts manipulated, reached one mode.",
    modes="The chains reached {n} modes, reported apart: the best has a log evidence {ahead:.1f} above the "
    "next (standard error {error:.1f}).",
    reproduced="The model reproduces the comet: {distance:.1%} of the precincts would have to be moved, "
    "{noise:.1%} by chance.",
    rivals="Honest precincts of {k} {k:plural:kind|kinds} predict precincts left out worse than the "
    "mixture does: by {difference:.3f} per precinct (standard error {error:.3f}).",
    rivals_better="Honest precincts of {k} {k:plural:kind|kinds} predict precincts left out as well as "
    "the mixture or better: the mixture is ahead by {difference:.3f} per precinct (standard error "
    "{error:.3f}).",
    turnout="The model's true turnout, {model:.1%}, does not exceed the official one, {official:.1%}.",
    heterogeneity="Honest precincts that differ more than one logit-normal distribution allows (town and "
    "country, hospitals, barracks, ethnic enclaves) are what the model calls incremental.",
    correlated="Turnout and support that rise together within a unit give votes added and moved where "
    "there are none.",
    specials="Precincts where everybody votes for a reason (ships, wards, camps) are what it "
    "calls extreme.",
)
INNOCENT = SAY.all("heterogeneity", "correlated", "specials")


@detector(family="turnout", needs=("registered", "valid|ballots", "votes"), default="off", cost=cost)
def finite_mixture(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    minimum: int = 1,
    by: str | Sequence[str | None] | None = None,
    model: str = "qbl",
    level_effects: str = "auto",
    chains: int = 4,
    n_draws: int = 300,
    warm_up: int = 150,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
    confidence_level: float = 0.95,
    rng: Seed = None,
) -> Findings:
    """Finite mixture of turnout and support, the model ``qbl`` of Mebane and others (2019).

    Null: there is none to test against. A precinct is of class none, incremental or extreme, with
    shares π, π₁ the largest by construction. Abstentions are Bin(N, (1 − τ)(1 − ι.m)), votes of the
    option Bin(N, ·) with a share ι.m of the abstainers added and a share ι.s of the other votes moved
    (ι below .7 in the incremental class, χ above .7 in the extreme one). τ, ν, ι and χ are
    logit-normal per precinct; intercepts are N(0, 1), variances exponential with mean .2. No p-value
    is given and the detector is off unless asked for: on 100,000 precincts it takes an hour.

    Half of the chains start with half of the precincts in the manipulated classes. Chains that end in
    different places are **modes**, reported apart with their evidence and never pooled. Where chains
    disagree within the best mode, the finding is marked underpowered and has no effect: it cannot be
    told what the posterior is.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    option : str, optional
        Option whose votes are looked at (default: the leader), or ``"all"``.
    minimum : int
        Smallest number of registered voters.
    by : str or sequence, optional
        Level(s) whose units' votes added and moved are reported too; the fit is always to all.
    model : {"qbl", "bl"}
        The published model, or its binomial variant: precincts have no effects of their own, every
        coefficient is N(0, 100), and what differs more than binomial counts do is put into the
        manipulated classes.
    level_effects : str
        Levels whose intercepts enter turnout and support: ``"auto"`` (the two highest), ``"none"``, or
        names joined by commas. Without any no share of incremental precincts is given as the effect.
    chains, n_draws, warm_up : int
        Chains, draws kept of each, iterations thrown away before.
    n_jobs : int
        Workers, a chain each; they change nothing in the result.
    progress : callable, optional
        ``progress(iterations done, iterations in all)``, of all chains.
    confidence_level : float
        Of the highest-density intervals.
    rng : Generator or int, optional
        Source of the draws.

    Returns
    -------
    Findings
        ``effect``: share of precincts in the manipulated classes, 1 − π₁, with its highest-density
        interval; of a unit, the share of its precincts. ``precincts``: posterior probability of a
        manipulated class. ``detail``: ``pi`` (three means; null without level effects or without
        convergence), ``pi_interval``, ``rhat``, ``ess``, ``ess_tail``, ``added_votes`` and
        ``moved_votes`` [mean, low, high] (Mebane's manufactured and stolen), ``modes`` (chains, π and
        log evidence with its standard error), ``turnout`` (official, the model's true one with its
        interval), ``predictive`` (comet misplaced and by chance, round percentages and the corner
        above 90 % in both, observed and replicated), ``scores`` (mean log predictive score of the
        mixture and of one to four honest kinds), ``parameters`` (posterior means).

    Raises
    ------
    ConfigError
        If an option, a level or a parameter is unknown, or a parameter out of its range.

    Notes
    -----
    Innocent explanations: honest heterogeneity of any kind, support correlated with turnout within
    units, special precincts. Breaks when one logit-normal distribution per level unit does not
    describe honest precincts: a clean country may have π₁ well below 1, and in Sweden 2018 without
    level effects the data prefer π₂ near one half by 8 units of log evidence; with intercepts of its
    municipalities all chains agree on that. A value of π₁ below .97 means that the model needs its
    other classes, not that anything was done. The published program moves a hyperparameter given all
    latent effects and underestimates its spread.

    References
    ----------
    Mebane, W. R. (2019). Evidence against fraudulent votes being decisive in the Bolivia 2019 election.
    University of Michigan. The model is that of the R package eforensics, version 0.0.4.
    """
    streams, findings = Streams(rng), Findings()
    sampling = check_sampling(chains, n_draws, warm_up, n_jobs, progress)
    for votes in looked_at(returns, option):
        findings += _findings(
            returns, votes, minimum, levels_of(returns, by), check_model(model), level_effects,
            confidence_level, sampling, streams, progress,
        )  # fmt: skip
    return findings


def _findings(
    returns: Returns,
    votes: Votes,
    minimum: int,
    by: tuple[str | None, ...],
    model: str,
    level_effects: str,
    confidence_level: float,
    sampling: dict[str, int],
    streams: Streams,
    progress: Callable[[int, int], None] | None,
) -> list[Finding | Skipped]:
    given = mixture_input(returns, votes, minimum, level_effects)
    if len(given.rows) < FEWEST:
        few = SAY("few", n=len(given.rows), fewest=FEWEST)
        return [Skipped("finite_mixture", returns.scope, few)]
    seed = entropy_of(streams.of(returns.scope.key, votes.quantity))
    reported = tuple(level for level in by if level is not None)
    fitted = fit_mixture(returns, given, reported, seed, sampling, model, progress)
    said = _Said(returns, votes, minimum, confidence_level, fitted, {"model": model, **sampling})
    found: list[Finding | Skipped] = []
    for level in by:
        if level is None:
            found.append(said.national())
        elif said.told:
            found += said.units(level)
    return found


class _Said:
    """Findings of one fit."""

    def __init__(
        self,
        returns: Returns,
        votes: Votes,
        minimum: int,
        confidence_level: float,
        fitted: Fitted,
        sampling: dict[str, str | int],
    ) -> None:
        self.returns, self.votes, self.minimum = returns, votes, minimum
        self.level, self.fitted, self.sampling = confidence_level, fitted, sampling
        self.converged = fitted.fit.converged()
        self.told = self.converged and bool(fitted.given.levels)

    def national(self) -> Finding:
        """The nation's (or the part's) finding, with everything that was measured."""
        fitted, fit = self.fitted, self.fitted.fit
        detail: dict[str, Any] = {"pi": None, "pi_interval": None, "added_votes": None, "moved_votes": None}
        detail |= fitted.detail(self.level)
        effect = interval = None
        if self.told:
            manipulated = 1 - np.concatenate([chain.pi[:, 0] for chain in fit.best])
            effect = float(manipulated.mean())
            interval = Interval(*highest_density(manipulated, self.level), self.level)
            detail |= fitted.shares(self.level)
        elif self.converged:
            # The published model has no level effects; its figures are shown as such, never as the effect.
            detail["without_levels"] = fitted.shares(self.level)
        precincts = np.full(len(self.returns), np.nan)
        if self.told:
            precincts[fitted.given.rows] = 1 - fitted.probability()[0]
        return self._finding(
            self.returns.scope, len(fitted.given.rows), effect, interval, detail,
            excluded=fitted.given.excluded, precincts=precincts if self.told else None,
            pictures=fitted.pictures(self.returns.scope, self.level, self.told),
            draws=fitted.draws() if self.told else None,
        )  # fmt: skip

    def units(self, level: str) -> list[Finding | Skipped]:
        """A finding per unit of a level: its precincts in the manipulated classes, its votes."""
        found: list[Finding | Skipped] = []
        draws = self.fitted.unit_draws(level)
        sizes = next(n for one, _, n in self.fitted.units() if one == level)
        for code, scope in enumerate(self.returns.units(level).scopes):
            n = int(sizes[code])
            if n < FEWEST_OF_UNIT:
                found.append(Skipped("finite_mixture", scope, SAY("few", n=n, fewest=FEWEST_OF_UNIT)))
                continue
            own = draws[:, code].astype(np.float64)
            share = own[:, 2] / n
            detail = {
                name: [float(own[:, k].mean()), *highest_density(own[:, k], self.level)]
                for k, name in enumerate(("added_votes", "moved_votes"))
            }
            interval = Interval(*highest_density(share, self.level), self.level)
            found.append(self._finding(scope, n, float(share.mean()), interval, detail))
        return found

    def _finding(
        self,
        scope: Scope,
        n: int,
        effect: float | None,
        interval: Interval | None,
        detail: dict[str, Any],
        *,
        excluded: int = 0,
        precincts: Floats | None = None,
        pictures: tuple[Any, ...] = (),
        draws: Draws | None = None,
    ) -> Finding:
        given = self.fitted.given
        return Finding(
            method="finite_mixture",
            family="turnout",
            quantity=self.votes.quantity,
            scope=scope,
            null=SAY(
                "null_binomial" if self.sampling["model"] == "bl" else "null", quantity=self.votes.quantity
            ),
            effect=effect,
            unit="share of precincts",
            interval=interval,
            n=n,
            excluded=excluded,
            exclusion=SAY("exclusion", n=excluded, minimum=self.minimum) if excluded else None,
            underpowered=not self.told,
            assumptions=self._assumptions(),
            innocent=INNOCENT,
            parameters={
                "minimum": self.minimum,
                "turnout_of": given.turnout_of,
                "share_of": given.turnout_of,
                "level_effects": list(given.levels),
                **{name: value for name, value in self.sampling.items() if name != "n_jobs"},
            },
            detail=detail,
            precincts=precincts,
            pictures=pictures,
            draws=draws,
        )

    def _assumptions(self) -> tuple[Assumption, ...]:
        fitted, fit = self.fitted, self.fitted.fit
        size = min(fit.bulk, fit.tail)
        chains = {"rhat": fit.rhat, "ess": size, "chains": len(fit.best)}
        levels = ", ".join(fitted.given.levels)
        found = [
            Assumption(SAY("level_effects", levels=levels), True)
            if levels
            else Assumption(SAY("no_levels"), False),
            Assumption(SAY("agree" if self.converged else "disagree", **chains), self.converged),
        ]
        if self.sampling["model"] == "bl":
            found.append(Assumption(SAY("binomial"), False))
        if len(fit.modes) == 1:
            found.append(Assumption(SAY("one_mode"), True))
        else:
            ahead, error = fitted.ahead()
            found.append(Assumption(SAY("modes", n=len(fit.modes), ahead=ahead, error=error), False))
        distance, noise = fitted.misplaced
        found.append(Assumption(SAY("reproduced", distance=distance, noise=noise), distance < 2 * noise))
        scores = fitted.scores
        k = max(scores.honest, key=lambda number: scores.honest[number])
        better = scores.difference > 2 * scores.error
        words = {"k": k, "difference": scores.difference, "error": scores.error}
        found.append(Assumption(SAY("rivals" if better else "rivals_better", **words), better))
        official, model = fitted.turnout()[0], fitted.turnout()[1]
        found.append(Assumption(SAY("turnout", model=model, official=official), model <= official))
        return tuple(found)

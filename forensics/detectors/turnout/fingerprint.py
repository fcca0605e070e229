"""Turnout–share fingerprint (Klimek, Yegorov, Hanel and Thurner 2012): stuffing as a fitted mixture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.registry import detector
from forensics.detectors.shares import Votes, looked_at
from forensics.detectors.streams import Seed, Streams
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels import fingerprint as kernel
from forensics.kernels.modes import Mode, first_mode, sound
from forensics.messages.message import Message, Sentences
from forensics.picture import Picture
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]

#: Fewer precincts than this in the fit give no estimate.
FEWEST = 2000
#: Fewer units than this are no clusters to draw from.
CLUSTERS = 20
#: The histogram may differ from the model by this share of precincts beyond sampling noise.
MISFIT = 0.1
#: Share of the resamples that must have start values for an interval to be given.
STABLE = 0.9
MOMENTS = tuple(item.name for item in fields(kernel.Start))
ESTIMATES = ("f_incremental", "f_extreme", "alpha")

SAY = Sentences(
    "fingerprint",
    null="Described, not tested: honest turnout and {quantity} follow one normal distribution each, "
    "independent of one another, and a share of precincts has votes added and switched.",
    exclusion="{n:,} precincts left out of the fit: a count missing, no ballots, fewer than {minimum:,} "
    "registered, or counts that exceed their total.",
    started="The densities of turnout and {quantity} have their first maximum above 30 % at {tau:.1%} and "
    "{nu:.1%}, and the spreads about them are defined.",
    flat="The density of {what} has no maximum above 30 %, so there is no start value and no fit.",
    edge="The density of {what} is falling at 30 % already: the published rule would start from {at:.1%}, "
    "which is no mode, so nothing is fitted.",
    tail="The first maximum of the density of {what} above 30 %, at {at:.1%}, is a bump of {height:.1%} of "
    "the highest, so nothing is fitted.",
    spread="Fewer than {n} precincts lie below both modes (or above that of {quantity}), so a spread is "
    "undefined and nothing is fitted.",
    one_kind="All honest precincts are of one kind: no urban–rural, ethnic or regional divide moves "
    "turnout and support together.",
    shifted="Affected precincts do not shift the modes; where many are affected they do, and the "
    "incremental share is understated by about a fifth.",
    reproduced="The model reproduces the histogram of votes per registered voter: {distance:.1%} of the "
    "precincts would have to be moved, {noise:.1%} by chance.",
    inside="The best alpha, {alpha:.1f}, lies inside the values tried ({low:.1f} to {high:.1f}).",
    stable="The start values are defined in {used:,} of {asked:,} resamples.",
    correlated="Turnout and support that rise together for any reason (countryside, age, local candidates) "
    "give an incremental share above 0: it is normal in most countries.",
    kinds="A country of several kinds of precincts is no single normal distribution; the remainder counts "
    "as affected.",
    half="The spread is taken from below the mode only; a distribution skewed upwards counts as affected.",
    title="Votes per registered voter and the fitted model, {quantity}, {scope}",
    caption="{n:,} precincts with at least {minimum:,} registered. Line: mixture of honest, incremental "
    "and extreme precincts at the fitted parameters.",
)
INNOCENT = SAY.all("correlated", "kinds", "half")


@detector(family="turnout", needs=("registered", "ballots", "votes"), default="off")
def fingerprint(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    minimum: int = 100,
    scaled: bool = False,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 200,
    rng: Seed = None,
) -> Findings:
    """Turnout–share fingerprint, after Klimek, Yegorov, Hanel and Thurner (2012).

    Null: there is none to test against. The model says that honest turnout and support are normal
    around τ and ν, cut to [0, 1] and independent; that in a share f_i of precincts a half-normal
    part x of the abstainers is added and x^α of the other votes is switched; and that in a share
    f_e nearly all are. ``f_incremental`` above 0 is normal for **any** country where turnout and
    support are correlated; no p-value is given, and the detector is off unless asked for.

    Moment step, as published: τ and ν are the first grid points above .3 at which the kernel
    densities of turnout and share stop rising, the spreads come from below them, θ from above. It
    uses every precinct with ballots. The fit is by maximum likelihood on the histogram of votes per
    registered voter in 100 classes: for α from .5 to 5 in steps of .1 the model is a mixture of
    three known distributions, whose weights have one optimum. (The published distance weighs each
    class by its inverse count, so that nearly empty classes decide.) The intervals are percentiles
    of a cluster bootstrap of the whole method, modes included, over the highest level with at least
    20 units, else over precincts.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    option : str, optional
        Option whose share is looked at (default: the leader), or ``"all"``: every option and the
        invalid votes.
    minimum : int
        Smallest number of registered voters in the fit (the moment step has no floor).
    scaled : bool
        Model of precincts of their real sizes: the binomial variance is taken out of the spreads
        and put back precinct by precinct, for small precincts (``minimum`` may then be 1).
    by : str or sequence of str, optional
        Level(s) at which to fit; ``None`` is the nation.
    confidence_level : float
        Of the intervals.
    n_resamples : int
        Resamples of the bootstrap.
    rng : Generator or int, optional
        Source of the resamples.

    Returns
    -------
    Findings
        One per option and scope. ``effect`` f_incremental. ``detail``: ``tau``, ``nu``,
        ``sigma_tau``, ``sigma_nu``, ``theta``, ``f_incremental``, ``f_extreme``, ``alpha`` (null
        where the start values are degenerate; the assumption that fails says what they would have
        been), ``intervals`` of each, ``n_moments``, ``n_below`` (precincts that define σ_τ),
        ``distance`` (total variation between histogram and model), ``resamples`` [used, asked],
        ``corner`` (share of precincts above 90 % in both) and ``corner_model``.

    Raises
    ------
    ConfigError
        If an option, a level or a parameter is unknown.

    Notes
    -----
    Innocent explanations: any correlation of turnout with support, several kinds of precincts, a
    skewed honest distribution. Breaks when the leader's share has no mode above 30 % (multi-party
    systems: Sweden, Bulgaria, the Canaries; said, not fitted), when the first maximum is a bump in
    a tail, or when nearly all precincts lie above 30 % (Russia 2018: ν would be .301 and σ_τ
    undefined). The moment step is biased under its own model: affected precincts shift the modes, so
    elections drawn with f_i .64, .31, .1 and 0 are read as .49, .25, .075 and 0, and the intervals,
    which hold sampling variation only, do not cover that. It depends on the model: another estimator
    of the same model gives .12 where this one gives .6 (Russia 2011), and in Uganda 2016 a wide σ_ν
    absorbs what the method found in 2011.

    References
    ----------
    Klimek, P., Yegorov, Y., Hanel, R. and Thurner, S. (2012). Statistical detection of systematic
    election irregularities. PNAS 109, 16469-16473.
    """
    streams = Streams(rng)
    clusters = {level: returns.units(level).codes for level in returns.levels or ()}
    findings = []
    for votes in looked_at(returns, option):
        rates = _rates(returns, votes, minimum)
        for level in levels_of(returns, by):
            units = returns.units(level)
            for code, scope in enumerate(units.scopes):
                rows = np.flatnonzero(units.codes == code)
                case = _Case(
                    returns, votes.quantity, scope, rows, rates, clusters, minimum, scaled, n_resamples,
                    confidence_level, streams,
                )  # fmt: skip
                findings.append(case.finding())
    return Findings(findings)


@dataclass(frozen=True, slots=True)
class _Rates:
    """Per precinct: turnout, share, votes per registered; where defined, and where fitted."""

    t: Floats
    v: Floats
    w: Floats
    registered: Floats
    known: NDArray[np.bool_]
    fitted: NDArray[np.bool_]


def _rates(returns: Returns, votes: Votes, minimum: int) -> _Rates:
    n, cast = returns.counts("registered"), returns.counts("ballots")
    with np.errstate(divide="ignore", invalid="ignore"):
        t, v, w = returns.turnout, votes.votes / cast, votes.votes / n
        known = (n > 0) & (cast > 0) & np.isfinite(t) & np.isfinite(v)
        fitted = known & (n >= minimum) & (t >= 0) & (t <= 1) & (v >= 0) & (v <= 1) & (w <= 1)
    return _Rates(t, v, w, n, known, fitted)


@dataclass(frozen=True, slots=True)
class _Case:
    """One option in one scope."""

    returns: Returns
    quantity: str
    scope: Scope
    rows: NDArray[np.intp]
    rates: _Rates
    clusters: Mapping[str, NDArray[np.intp]]
    minimum: int
    scaled: bool
    n_resamples: int
    level: float
    streams: Streams

    def finding(self) -> Finding:
        rates = self.rates
        used = self.rows[rates.known[self.rows]]
        fitted = rates.fitted[used]
        t, v, w = rates.t[used], rates.v[used], rates.w[used]
        n, excluded = int(fitted.sum()), len(self.rows) - int(fitted.sum())
        modes = first_mode(t), first_mode(v)
        start, assumption = self._start(t, v, *modes)
        assumptions = [assumption, *(Assumption(SAY(name), None) for name in ("one_kind", "shifted"))]
        detail: dict[str, Any] = dict.fromkeys((*MOMENTS, *ESTIMATES))
        detail |= {"intervals": dict.fromkeys((*MOMENTS, *ESTIMATES)), "n_moments": len(used)}
        pictures: tuple[Picture, ...] = ()
        cluster, by = self._clusters(used)
        if start is not None:
            detail |= {name: getattr(start, name) for name in MOMENTS}
            detail["n_below"] = int(((t < start.tau) & (v < start.nu)).sum())
        if start is not None and n >= FEWEST:
            size = rates.registered[used]
            shape = kernel.without_noise(start, t, v, size) if self.scaled else start
            observed = kernel.histogram(w[fitted])
            found = kernel.fit(shape, observed, size[fitted] if self.scaled else None)
            detail |= {name: getattr(found, name) for name in ESTIMATES}
            detail |= self._spread(t, v, w, fitted, cluster, size)
            detail["distance"] = found.distance
            detail["corner"] = float(((t > 0.9) & (v > 0.9))[fitted].mean())
            detail["corner_model"] = self._corner(shape, found, size[fitted])
            assumptions += _checks(found, n, *detail["resamples"])
            if self.scope == self.returns.scope:
                pictures = (self._picture(observed, found, n),)
        bounds = detail["intervals"]["f_incremental"]
        return Finding(
            method="fingerprint",
            family="turnout",
            quantity=self.quantity,
            scope=self.scope,
            null=SAY("null", quantity=self.quantity),
            effect=detail["f_incremental"],
            unit="share of precincts",
            interval=Interval(bounds[0], bounds[1], self.level) if bounds else None,
            n=n,
            excluded=excluded,
            exclusion=SAY("exclusion", n=excluded, minimum=self.minimum) if excluded else None,
            underpowered=n < FEWEST,
            assumptions=tuple(assumptions),
            innocent=INNOCENT,
            parameters={
                "minimum": self.minimum,
                "scaled": self.scaled,
                "n_resamples": self.n_resamples,
                "cluster": by,
                "turnout_of": self.returns.turnout_of,
                "share_of": "ballots",
            },
            detail=detail,
            pictures=pictures,
        )

    def _start(
        self, t: Floats, v: Floats, mode_t: Mode | None, mode_v: Mode | None
    ) -> tuple[kernel.Start | None, Assumption]:
        """Start values, or none; and the sentence that says which."""
        for what, mode in (("turnout", mode_t), (self.quantity, mode_v)):
            if mode is None or not sound(mode):
                return None, Assumption(_unsound(what, mode), False)
        assert mode_t is not None
        assert mode_v is not None
        start = kernel.start_values(t, v, mode_t.at, mode_v.at)
        if not kernel.complete(start):
            sentence = SAY("spread", n=kernel.FEWEST_BELOW, quantity=self.quantity)
            return None, Assumption(sentence, False)
        sentence = SAY("started", quantity=self.quantity, tau=start.tau, nu=start.nu)
        return start, Assumption(sentence, True)

    def _clusters(self, used: NDArray[np.intp]) -> tuple[NDArray[np.intp], str]:
        """Codes of what is drawn with replacement: the highest level with enough units."""
        for level, codes in self.clusters.items():
            found, cluster = np.unique(codes[used], return_inverse=True)
            if (found >= 0).sum() >= CLUSTERS:
                return cluster.astype(np.intp), level
        return np.arange(len(used)), "precinct"

    def _spread(
        self,
        t: Floats,
        v: Floats,
        w: Floats,
        fitted: NDArray[np.bool_],
        cluster: NDArray[np.intp],
        size: Floats,
    ) -> dict[str, Any]:
        """Percentile intervals of all parameters."""
        draws = kernel.refits(
            t, v, w, fitted, cluster, n_resamples=self.n_resamples,
            rng=self.streams.of(self.scope.key, self.quantity),
            registered=size if self.scaled else None,
        )  # fmt: skip
        names = (*MOMENTS, *ESTIMATES)
        intervals: dict[str, list[float] | None] = dict.fromkeys(names)
        if len(draws) and len(draws) >= STABLE * self.n_resamples:
            tail = (1 - self.level) / 2
            low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
            intervals = {name: [float(low[i]), float(high[i])] for i, name in enumerate(names)}
        return {"intervals": intervals, "resamples": [len(draws), self.n_resamples]}

    def _corner(self, start: kernel.Start, found: kernel.Fit, size: Floats) -> float:
        t, v = kernel.simulate(
            start, found.f_incremental, found.f_extreme, found.alpha, size,
            rng=np.random.default_rng(0), scaled=self.scaled,
        )  # fmt: skip
        return float(((t > 0.9) & (v > 0.9)).mean())

    def _picture(self, observed: Floats, found: kernel.Fit, n: int) -> Picture:
        return Picture(
            figure="fingerprint",
            name=f"fingerprint-{self.quantity}",
            title=SAY("title", quantity=self.quantity, scope=str(self.scope)),
            caption=SAY("caption", n=n, minimum=self.minimum),
            columns={
                "share_bin": np.arange(kernel.BINS) * 100 / kernel.BINS,
                "observed": observed,
                "model": found.model * n,
            },
            options={
                "width": 100 / kernel.BINS,
                "xlabel": "votes, % of registered voters",
                "ylabel": "precincts",
            },
        )


def _unsound(what: str, mode: Mode | None) -> Message:
    if mode is None:
        return SAY("flat", what=what)
    if mode.at_edge:
        return SAY("edge", what=what, at=mode.at)
    return SAY("tail", what=what, at=mode.at, height=mode.height)


def _checks(found: kernel.Fit, n: int, used: int, asked: int) -> list[Assumption]:
    """Whether the model describes the histogram, and whether resampling keeps its start values."""
    noise = float(np.sqrt(found.model * (1 - found.model) / (2 * np.pi * n)).sum())
    sentence = SAY("reproduced", distance=found.distance, noise=noise)
    low, high = float(kernel.ALPHAS[0]), float(kernel.ALPHAS[-1])
    return [
        Assumption(sentence, found.distance - noise <= MISFIT),
        Assumption(SAY("inside", alpha=found.alpha, low=low, high=high), low < found.alpha < high),
        Assumption(SAY("stable", used=used, asked=asked), used >= STABLE * asked),
    ]

"""Votes beyond what the reference bin of turnout implies (Shpilkin 2011), with the range it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import Additive, levels_of
from forensics.detectors.registry import detector
from forensics.detectors.shares import looked_at
from forensics.detectors.streams import Seed, Streams
from forensics.detectors.turnout import _bin_pictures
from forensics.detectors.turnout._bin_tables import Bins, BinTable, Settings, binned, merged
from forensics.detectors.turnout._clusters import FEWEST as FEWEST_CLUSTERS
from forensics.detectors.turnout._clusters import Clusters, Nesting, rows_of
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval, Skipped
from forensics.kernels import anomalous_votes as kernel
from forensics.kernels.anomalous_votes import BINS
from forensics.messages.message import Message, Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

#: Below this many precincts a finding is called underpowered.
FEWEST = 2000
#: The range of the sweep that is printed: references this many bins on either side.
EITHER_SIDE = 8
#: Resamples by default, for the scope of the returns and for each unit of a level.
RESAMPLES, UNIT_RESAMPLES = 999, 299
#: Share of resamples that may be undefined (nothing in the reference bin) for an interval.
UNDEFINED = 0.05

SAY = Sentences(
    "reference_bin",
    null="Votes for {option} per other ballot are the same at every turnout as in the precincts of "
    "{low}–{high} % turnout.",
    null_none="Votes for {option} per other ballot are the same at every turnout.",
    range="Reference bins from {first} to {last} % give from {low:,.0f} to {high:,.0f} votes: the range is "
    "the result, not one number in it.",
    one_bin="Only one bin of turnout can serve as the reference here, so nothing shows how the number "
    "depends on it.",
    geography="Where turnout and politics differ by place, honest elections give numbers of either sign.",
    stakes="Opponents who stay at home where they cannot win lower turnout in their own strongholds.",
    mobilisation="A party that brings its own voters to the polls has more of the votes where more come.",
    constant="Support does not depend on turnout where nothing was added. That is false in honest "
    "elections with a geography and cannot be tested here, so there is no p-value.",
    fit="The reference is the highest bin within one deviation of the lower of two Gaussians fitted to "
    "all other ballots.",
    peak="The fit of two Gaussians failed; the reference is the highest smoothed bin instead.",
    given="The reference was given, not found.",
    lone="An interval needs a level with at least {n} units to resample; there is none here.",
    empty="The reference bin holds no other ballots, so it gives no ratio.",
    sparse="An interval needs a reference bin that most resamples fill; here it is too sparse.",
    exclusion="{n:,} {n:plural:precinct|precincts} left out: a count missing or contradictory, no ballots, "
    "more ballots than voters, or fewer than {minimum:,} registered.",
)
INNOCENT = SAY.all("geography", "stakes", "mobilisation")


@detector(family="turnout", needs=("registered", "ballots", "votes"), apart=True)
def reference_bin(
    returns: Returns,
    /,
    *,
    option: str | None = None,
    reference: int | None = None,
    minimum: int = 101,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
    n_resamples: int | None = None,
    rng: Seed = None,
) -> Findings:
    """Votes beyond those implied by a reference bin of turnout, after Shpilkin (2011).

    Null: the option's votes L per other ballot O (invalid ones included) are the same at every
    turnout, so that the ratio c = L/O of one bin near the mode of O holds in all of them. It is
    false in honest elections with a geography, and there is no p-value; what is reported is a range.

    Turnout is ballots found in the boxes per registered voter. Bin b holds turnouts in
    (b, b + 1] percent, told in whole numbers. Anomalous votes are the sum of L − c·O over all bins.
    The reference is found by fitting two Gaussians to O smoothed over five bins (the last three bins
    left out): it is the highest smoothed bin within one deviation of the Gaussian with the lower
    mean. Where the fit does not settle, or that Gaussian is no peak between 0 and 100 % (at least a
    tenth as high as the highest bin), it is the highest smoothed bin, and ``detail["chosen_by"]``
    says ``"peak"``.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    option : str, optional
        Option L (default: the leader), or ``"all"``: every option and the invalid votes. For any of
        them the leader's votes are among the others, so that what the leader gains they lose.
    reference : int, optional
        Bin to use as the reference, 0 to 99, instead of the one found.
    minimum : int
        Smallest number of registered voters ("more than 100" in the literature).
    by : str or sequence of str, optional
        Level(s) at which to estimate, each unit with its own reference.
    confidence_level : float
        Of the intervals.
    n_resamples : int, optional
        Bootstrap resamples; by default 999 for the returns as a whole and 299 for each unit.
    rng : Generator or int, optional
        Source of the resamples. A scope's resamples do not depend on what else is looked at.

    Returns
    -------
    Findings
        One per option and scope, quantity ``share`` (``share_<option>``). ``effect``: anomalous
        votes. ``interval``: percentiles of a bootstrap over the units of the highest level below the
        scope with at least 20 (none: no interval, underpowered), the reference chosen anew in each
        resample, because the choice is the larger part of the method; ``interval_fixed`` holds it.
        ``detail``: ``anomalous_votes``, ``reference``, ``chosen_by`` (fit, peak, given), ``ratio``
        (c), ``sweep`` ([reference, votes] for every bin with other ballots), ``range`` (over
        references up to 8 bins on either side), ``range_bins``, ``share_of_votes`` and its
        ``share_of_votes_interval``, ``remaining_share`` (c/(1 + c)), ``fit`` ({mean, deviation}),
        ``references`` (2.5, 50 and 97.5 % points of the bins chosen in the resamples),
        ``resamples`` ({n, undefined, fit_failed}), ``clusters`` ({level, n}). ``precincts``: L − c·O.

    Raises
    ------
    ConfigError
        If ``reference`` is no bin, or ``n_resamples`` is below 1.

    Notes
    -----
    Innocent explanations: support that differs between places of high and low turnout, opponents who
    stay at home where they cannot win, mobilisation by the option itself.

    What clean elections with a geography give, in percent of the leader's votes, with the range over
    references within 8 bins: Canada 2015 +1 [−9, +10], Sweden 2018 +14 [−20, +38], Poland 2018
    −3 [−8, +4], Spain (Canaries 2019) −1 [−5, +13], Israel 2021 −5 [−28, +40], Romania 2016
    +2 [−11, +18] and 2024 +28 [+9, +28], Hungary 2022 +8 [−13, +26]; beside Russia 2011
    46 [26, 48] and 2018 18 [7, 21]. Tens of percent are therefore within what honest geography gives.

    Breaks where turnout and support share a geography, where O has no single mode (a state of two
    halves), where the mode of a unit lies near 100 % (its reference then holds what it should
    measure: large negative numbers), and in units so small that one bin decides. The resamples
    answer for chance among clusters, not for the assumption; where they often choose another bin the
    interval may leave out the estimate.

    References
    ----------
    Shpilkin, S. (2011). Mathematics of elections 2011. Troitsky Variant – Nauka 94.
    Kobak, D., Shpilkin, S. and Pshenichnikov, M. S. (2016). Statistical fingerprints of electoral
    fraud? Significance 13 (4), 20-23.
    Neretin, Y. A. (2012). On statistical researches of parliament elections in the Russian
    Federation, 04.12.2011. arXiv 1205.1461.
    """
    settings = _checked(reference, n_resamples, confidence_level)
    data = [binned(returns, votes, minimum, settings, Streams(rng)) for votes in looked_at(returns, option)]
    return _findings(data, returns, by)


def statistic(returns: Returns, *, option: str | None = None, minimum: int = 101) -> tuple[BinTable, ...]:
    """What is kept of a part: a table of bins for each option."""
    kept = []
    for votes in looked_at(returns, option):
        data = binned(returns, votes, minimum, _checked(None, None, 0.95), Streams(0))
        kept.append(BinTable.of(data))
    return tuple(kept)


def merge_states(states: Sequence[Sequence[BinTable]]) -> tuple[BinTable, ...]:
    """Tables of several parts, option by option."""
    return tuple(merged(same) for same in zip(*states, strict=True))


def finish(
    states: Sequence[BinTable],
    *,
    reference: int | None = None,
    minimum: int = 101,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
    n_resamples: int | None = None,
    rng: Seed = None,
) -> Findings:
    """The findings of all options and scopes."""
    settings, streams = _checked(reference, n_resamples, confidence_level), Streams(rng)
    found: list[Finding | Skipped] = []
    for state in states:
        data = state.bins(minimum, settings, streams)
        found += _findings([data], data.returns, by)
    return Findings(found)


ADDITIVE = Additive(statistic, merge_states, finish)


def _checked(reference: int | None, n_resamples: int | None, confidence_level: float) -> Settings:
    if reference is not None and not 0 <= reference < BINS:
        raise ConfigError(f"a reference bin is a number from 0 to {BINS - 1}, not {reference}")
    if n_resamples is not None and n_resamples < 1:
        raise ConfigError(f"n_resamples is a number of resamples of at least 1, not {n_resamples}")
    return reference, n_resamples, confidence_level


def _findings(data: Sequence[Bins], returns: Returns, by: str | Sequence[str | None] | None) -> Findings:
    nesting = Nesting(returns)
    return Findings(
        _finding(one, nesting, rows, scope, level)
        for one in data
        for level in levels_of(returns, by)
        for scope, rows in rows_of(returns, level)
    )


def _by_bin(values: Floats, bins: Integers, cluster: Integers, clusters: int) -> Floats:
    """Sums of shape (clusters, 100)."""
    sums = np.bincount(cluster * BINS + bins, values, clusters * BINS)
    return np.asarray(sums, dtype=np.float64).reshape(clusters, BINS)


def _finding(data: Bins, nesting: Nesting, rows: Integers, scope: Scope, level: str | None) -> Finding:
    kept = rows[data.bins[rows] >= 0]
    n = int(data.precincts[kept].sum())
    excluded = int(data.precincts[rows].sum()) - n
    clusters = nesting.within(kept, level, data.precincts)
    codes, number = (
        (np.zeros(len(kept), dtype=np.intp), 1) if clusters is None else (clusters.codes, clusters.n)
    )
    votes = _by_bin(data.votes[kept], data.bins[kept], codes, number)
    others = _by_bin(data.others[kept], data.bins[kept], codes, number)
    l_bin, o_bin = votes.sum(axis=0), others.sum(axis=0)
    found = kernel.reference_bins(o_bin[None])
    bin_ = int(found.bins[0]) if data.reference is None else data.reference
    chosen_by = "given" if data.reference is not None else "fit" if found.fitted[0] else "peak"
    value = float(kernel.anomalous(l_bin[None], o_bin[None], np.array([bin_]))[0])
    defined = bool(np.isfinite(value))
    bins, swept = kernel.sweep(l_bin, o_bin)
    near = np.abs(bins - bin_) <= EITHER_SIDE
    bounds = [float(swept[near].min()), float(swept[near].max())] if defined else None
    resampled = _resampled(data, scope, level, votes, others, bin_) if clusters and defined else {}
    interval = resampled.get("interval")
    ratio = float(l_bin[bin_] / o_bin[bin_]) if defined else None
    return Finding(
        method="reference_bin",
        family="turnout",
        quantity=data.option.quantity,
        scope=scope,
        null=_null(data.option.option, bin_ if defined else None),
        effect=value if defined else None,
        unit="votes",
        interval=None if interval is None else Interval(interval[0], interval[1], data.confidence_level),
        n=n,
        excluded=excluded,
        exclusion=SAY("exclusion", n=excluded, minimum=data.minimum) if excluded else None,
        underpowered=n < FEWEST or interval is None,
        assumptions=_assumptions(clusters, chosen_by, defined, resampled),
        innocent=_innocent(bounds, bins[near]),
        parameters={
            "option": data.option.option,
            "minimum": data.minimum,
            "turnout_of": "ballots",
            "share_of": "ballots",
            "reference": data.reference,
            "n_resamples": _n_resamples(data, scope),
        },
        detail={
            "anomalous_votes": value if defined else None,
            "reference": bin_ if defined else None,
            "chosen_by": chosen_by if defined else None,
            "ratio": ratio,
            "sweep": [[int(b), float(v)] for b, v in zip(bins, swept, strict=True)],
            "range": bounds,
            "range_bins": EITHER_SIDE,
            "share_of_votes": value / float(l_bin.sum()) if defined and l_bin.sum() > 0 else None,
            "share_of_votes_interval": resampled.get("share_of_votes_interval"),
            "remaining_share": None if ratio is None else ratio / (1 + ratio),
            "fit": {"mean": found.mean[0].tolist(), "deviation": found.deviation[0].tolist()},
            "interval_fixed": resampled.get("interval_fixed"),
            "references": resampled.get("references"),
            "resamples": resampled.get("resamples"),
            "clusters": None if clusters is None else {"level": clusters.level, "n": clusters.n},
        },
        precincts=_residual(data, ratio) if scope == data.returns.scope else None,
        pictures=_bin_pictures.pictures(data.option, scope, n, l_bin, o_bin, bin_, EITHER_SIDE)
        if defined and scope == data.returns.scope
        else (),
    )


def _n_resamples(data: Bins, scope: Scope) -> int:
    if data.n_resamples is not None:
        return data.n_resamples
    return RESAMPLES if scope == data.returns.scope else UNIT_RESAMPLES


def _resampled(
    data: Bins, scope: Scope, level: str | None, votes: Floats, others: Floats, bin_: int
) -> dict[str, Any]:
    """Intervals by bootstrap over clusters, from a stream that belongs to the scope alone."""
    rng = data.streams.of(scope.key, data.option.quantity)
    drawn = kernel.resample_clusters(votes, others, bin_, _n_resamples(data, scope), rng)
    chosen = drawn.fixed if data.reference is not None else drawn.chosen
    with np.errstate(divide="ignore", invalid="ignore"):
        share = chosen / drawn.votes
    bins = drawn.bins[drawn.bins >= 0]
    return {
        "interval": _percentiles(chosen, data.confidence_level),
        "interval_fixed": _percentiles(drawn.fixed, data.confidence_level),
        "share_of_votes_interval": _percentiles(share, data.confidence_level),
        "references": [int(b) for b in np.quantile(bins, [0.025, 0.5, 0.975], method="inverted_cdf")]
        if len(bins)
        else None,
        "resamples": {
            "n": len(chosen),
            "undefined": int((~np.isfinite(chosen)).sum()),
            "fit_failed": int((~drawn.fitted).sum()),
        },
    }


def _percentiles(values: Floats, level: float) -> list[float] | None:
    """Both ends, ``None`` where too many resamples have nothing in the reference bin."""
    finite = values[np.isfinite(values)]
    if len(finite) < max((1 - UNDEFINED) * len(values), 1):
        return None
    return [float(end) for end in np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])]


def _null(option: str, bin_: int | None) -> Message:
    if bin_ is None:
        return SAY("null_none", option=option)
    return SAY("null", option=option, low=bin_, high=bin_ + 1)


def _innocent(bounds: list[float] | None, bins: Integers) -> tuple[Message, ...]:
    """The range leads: whoever reads one line of the result reads how wide it is."""
    if bounds is None:
        return INNOCENT
    if len(bins) < 2:
        return SAY("one_bin"), *INNOCENT
    first, last = int(bins[0]), int(bins[-1])
    return SAY("range", first=first, last=last + 1, low=bounds[0], high=bounds[1]), *INNOCENT


def _assumptions(
    clusters: Clusters | None, chosen_by: str, defined: bool, resampled: dict[str, Any]
) -> tuple[Assumption, ...]:
    found = [Assumption(SAY("constant")), Assumption(SAY(chosen_by), chosen_by == "fit" or None)]
    if not defined:
        return found[0], Assumption(SAY("empty"), False)
    if clusters is None:
        return *found, Assumption(SAY("lone", n=FEWEST_CLUSTERS), False)
    found += clusters.assumptions()
    if resampled and resampled["interval"] is None:
        found.append(Assumption(SAY("sparse"), False))
    return tuple(found)


def _residual(data: Bins, ratio: float | None) -> Floats | None:
    if ratio is None:
        return None
    return np.where(data.bins >= 0, data.votes - ratio * data.others, np.nan)

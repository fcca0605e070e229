"""The same precincts in two rounds or elections (Myagkov, Ordeshook and Shakin 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.registry import detector
from forensics.detectors.shares import Votes, looked_at
from forensics.detectors.streams import Seed, Streams
from forensics.detectors.turnout._clusters import SAY as CLUSTERS
from forensics.detectors.turnout._clusters import Clusters, Nesting
from forensics.detectors.turnout._flow_estimates import Estimates, estimate
from forensics.detectors.turnout._flow_pictures import flow_scatter, transfer_matrix
from forensics.detectors.turnout._pairable import paired, too_few
from forensics.detectors.turnout._rounds import Rounds, side_by_side, stood_before, turnout_column
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Skipped
from forensics.messages.message import Message, Sentences
from forensics.picture import Picture
from forensics.scope import Scope
from forensics.tables.pairing import Pairs
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Below this many pairs nothing is estimated but the change of turnout.
FEWEST = 100
#: Pairs per unit of the top level from which on comparisons are made within it.
GROUPED = 50

SAY = Sentences(
    "vote_flow",
    null="No test. For precincts paired at random within {within} the slope is 0: beyond what goes with "
    "turnout within either round, votes for {option} do not follow the change of turnout.",
    null_turnout="No test: {option} did not stand in the earlier election, so only the change of turnout "
    "is described.",
    null_no_option="No test: without votes by option only the change of turnout is described.",
    no_null="How added voters vote is political geography, and no law of chance says what it should be: "
    "no p-value is given.",
    new="{option} did not stand in the earlier election.",
    none="No pair is left: counts are missing or contradictory, or fewer than {minimum:,} are registered.",
    exclusion="{n:,} precincts left out: {refused:,} whose ratio of registered voters, now to then, is "
    "outside {low:g} to {high:g}; {counts:,} with a count missing or contradictory or fewer than "
    "{minimum:,} registered; {unpaired:,} without registered voters or a pair of their own.",
    same="Precincts of the same name ({key}) and nearly the same number of voters are the same precincts.",
    noise="Counts vary binomially within a precinct; this noise is {noise:.1%} of the variance of the "
    "change of turnout, and taken out.",
    ecological="The transfer matrix is ecological, not individual: it describes precincts, and the share "
    "of voters who moved is known only to lie within the bounds.",
    alike="Voters of one option divide alike in every precinct: {outside:,} of {cells:,} estimates lie "
    "outside the bounds that the margins allow.",
    unclustered="No level below has 20 units, so no interval is given.",
    mobilisation="A campaign that brings out its own supporters gains more from added turnout than others.",
    supply="Options that stood in only one of the elections send their voters elsewhere, or home.",
    lists="Voters who moved, came of age or voted away from home are other people, not changed minds.",
    geography="Places that gained turnout may have turned to the option for one and the same reason.",
)
INNOCENT = SAY.all("mobilisation", "supply", "lists", "geography")


@detector(family="turnout", needs=("registered", "ballots|issued"), tables=("previous",))
def vote_flow(
    returns: Returns,
    /,
    *,
    previous: Any = None,
    option: str | None = None,
    previous_option: str | None = None,
    minimum: int = 100,
    tolerance: tuple[float, float] = (0.8, 1.25),
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
    n_resamples: int = 200,
    rng: Seed = None,
) -> Findings:
    """Flow of votes between two rounds, after Myagkov, Ordeshook and Shakin (2009).

    Null: none. The reference is that of precincts paired at random within a region, for which the
    slope is 0; honest elections depart from it.

    Gain on added turnout. The plain slope of the change of w (votes of the option per registered
    voter) on the change of t (turnout) is mechanical in part: both differences hold the counts of
    the first round, and of the second, so even precincts that have nothing to do with each other
    show the slope that w has on t within a round. Each round's own slope within regions is taken out
    first; what is left, Δ(w − b t), is regressed on Δt. Its covariance with Δt consists of products
    of one round's numbers with the other's only. Binomial noise is taken out of all variances.

    Transfer matrix. Shares of registered voters for each option of this round and for staying at
    home are fitted by those of the first round, by least squares weighted by registered voters, with
    0 ≤ a ≤ 1 and each first-round option adding up to one; differences between regions are left out.

    Where the option did not stand before, only the change of turnout is reported, unless
    ``previous_option`` names its predecessor.

    Parameters
    ----------
    returns : Returns
        Precinct returns of the later round or election.
    previous : Returns
        The same precincts in the earlier one.
    option : str, optional
        Option looked at (default: the leader), or ``"all"``.
    previous_option : str, optional
        What the option was called, or who stood for it, in the earlier election.
    minimum : int
        Smallest number of registered voters in either round.
    tolerance : tuple of two float
        Ratio of registered voters, now to then, within which a pair is one and the same precinct.
    by : str or sequence of str, optional
        Level(s) at which to estimate; ``None`` is the nation.
    confidence_level : float
        Of the intervals.
    n_resamples : int
        Resamples of clusters behind the intervals of the matrix.
    rng : Generator or int, optional
        Source of the resamples.

    Returns
    -------
    Findings
        One per option and scope, quantity ``share`` (or ``share_<option>``), or ``turnout`` where the
        option is new. ``effect``: ``slope_added_turnout``, or the mean change of turnout, with a
        cluster-jackknife interval. ``detail``: ``slope_added_turnout``, ``slope_plain`` (with
        ``slope_plain_interval``), ``slope_cross_section`` [before, now], ``noise_share``,
        ``turnout_change`` [mean, interval, standard deviation], ``transfer`` {from, to, share, low,
        high, bounds_low, bounds_high}, ``outside_bounds``, ``n_matched`` (same name), ``n_refused`` (of
        them, by the ratio), ``losses``, ``correlation_registered``. ``precincts``: share of registered
        voters minus the one the matrix predicts; for a new option, change of turnout around its region's.

    Raises
    ------
    ConfigError
        If ``previous`` is no Returns, an option is unknown, or a parameter is out of its range.

    Notes
    -----
    Innocent explanations: mobilisation, options that withdrew, voters who moved. Breaks where
    precincts were renumbered or redrawn: a pair needs nearly the same number of voters, and below
    70 % valid pairs nothing is said. The matrix is ecological, not individual: the bounds of Duncan
    and Davis are all that the margins prove (for lists that did not change), the estimate rests on
    voters dividing alike everywhere. The slope sees persistent manipulation only through what
    changed; no p-value is given because no null is defensible.

    References
    ----------
    Myagkov, M., Ordeshook, P. C. and Shakin, D. (2009). The Forensics of Election Fraud: Russia and
    Ukraine. Cambridge University Press.
    Duncan, O. D. and Davis, B. (1953). An alternative to ecological correlation. American
    Sociological Review 18, 665-666.
    """
    _check(previous, option, previous_option, n_resamples, confidence_level)
    levels = levels_of(returns, by)
    pairs = paired(returns, previous, tolerance)
    if isinstance(pairs, Message):
        return Findings([Skipped("vote_flow", returns.scope, pairs)])
    column = turnout_column(returns, previous) or ""
    chosen: Sequence[Votes | None] = looked_at(returns, option) if returns.options else (None,)
    streams = Streams(rng)
    nesting = Nesting(returns)
    results: list[Finding | Skipped] = []
    for place, votes in enumerate(chosen):
        before = None
        if votes is not None:
            label = returns.labels.get(votes.option, votes.option)
            before = stood_before(previous, label, votes.option)
            before = previous.option(previous_option) if previous_option else before
            if before is None and place:
                new = SAY("new", option=votes.option)
                results.append(Skipped("vote_flow", returns.scope, new))
                continue
        rounds = side_by_side(returns, previous, pairs, column, votes, before, minimum)
        flow = _Flow(
            returns, pairs, rounds, votes, before, nesting, column, minimum, tuple(tolerance),
            confidence_level, n_resamples, streams,
        )  # fmt: skip
        for level in levels:
            results += flow.findings(level)
    return Findings(results)


def _check(
    previous: Any, option: str | None, previous_option: str | None, n_resamples: int, level: float
) -> None:
    if not isinstance(previous, Returns):
        raise ConfigError(
            f"previous is the Returns of the earlier election (forensics.read_returns), not "
            f"{type(previous).__name__}"
        )
    if option == "all" and previous_option is not None:
        raise ConfigError(
            "previous_option names the predecessor of one option; give that option, not 'all'"
        )
    if n_resamples < 20:
        raise ConfigError(f"n_resamples is a number of resamples of at least 20, not {n_resamples}")
    if not 0 < level < 1:
        raise ConfigError(f"confidence_level lies between 0 and 1, both excluded, not at {level}")


@dataclass(frozen=True, slots=True)
class _Flow:
    """One option in all its scopes."""

    returns: Returns
    pairs: Pairs
    rounds: Rounds
    votes: Votes | None
    before: str | None
    nesting: Nesting
    column: str
    minimum: int
    tolerance: tuple[float, ...]
    confidence_level: float
    n_resamples: int
    streams: Streams

    def findings(self, level: str | None) -> list[Finding | Skipped]:
        """A finding for each unit, or why there is none."""
        units = self.returns.units(level)
        electorate = np.nan_to_num(self.returns.counts("registered")) > 0
        width = len(units.scopes)

        def per_unit(rows: NDArray[Any]) -> NDArray[np.intp]:
            return np.bincount(units.codes[rows] + 1, minlength=width + 1)[1:]

        candidates, kept, refused = map(per_unit, (electorate, self.pairs.rows, self.pairs.refused_rows))
        everyone = per_unit(np.arange(len(self.returns)))
        members = units.codes[self.rounds.rows]
        found: list[Finding | Skipped] = []
        for code, scope in enumerate(units.scopes):
            part = np.flatnonzero(members == code)
            lost = {
                "refused": int(refused[code]),
                "counts": int(kept[code]) - len(part),
                "unpaired": int(everyone[code] - kept[code] - refused[code]),
            }
            few = too_few(int(kept[code]), int(candidates[code]), lost["refused"])
            if level is not None and few is not None:
                found.append(Skipped("vote_flow", scope, few))
            elif not len(part):
                found.append(Skipped("vote_flow", scope, SAY("none", minimum=self.minimum)))
            else:
                found.append(self._finding(level, scope, part, lost))
        return found

    def _finding(self, level: str | None, scope: Scope, part: Codes, lost: dict[str, int]) -> Finding:
        rows = self.rounds.rows[part]
        group, within = self._groups(level, rows)
        clusters = self.nesting.within(rows, level)
        enough = len(part) >= FEWEST
        is_new = self.rounds.gain is None
        quantity = "turnout" if is_new or self.votes is None else self.votes.quantity
        found = estimate(
            self.rounds,
            part,
            group,
            None if clusters is None else clusters.codes,
            with_flow=enough,
            confidence_level=self.confidence_level,
            n_resamples=self.n_resamples,
            rng=self.streams.of(scope.key, quantity),
        )
        main = found.change if is_new else found.added
        whole = scope == self.returns.scope
        excluded = sum(lost.values())
        low, high = self.tolerance
        exclusion = SAY("exclusion", n=excluded, low=low, high=high, minimum=self.minimum, **lost)
        return Finding(
            method="vote_flow",
            family="turnout",
            quantity=quantity,
            scope=scope,
            null=self._null(within),
            effect=main.value,
            unit="share of registered voters"
            if is_new
            else "votes per added voter, beyond the cross-section",
            interval=main.interval,
            n=len(part),
            excluded=excluded,
            exclusion=exclusion if excluded else None,
            underpowered=not enough or clusters is None,
            assumptions=self._assumptions(found, clusters),
            innocent=INNOCENT,
            parameters={
                "option": self.votes.option if self.votes else None,
                "previous_option": self.before,
                "minimum": self.minimum,
                "tolerance": list(self.tolerance),
                "turnout_of": self.column,
                "share_of": "registered",
                "within": within,
                "clusters": clusters.level if clusters else None,
                "n_clusters": clusters.n if clusters else None,
                "n_resamples": self.n_resamples,
                "confidence_level": self.confidence_level,
            },
            detail=self._detail(found, len(part), lost, whole),
            precincts=self._residual(found, group, part) if whole else None,
            pictures=self._pictures(found, scope, part, group, within) if whole else (),
        )

    def _groups(self, level: str | None, rows: Codes) -> tuple[Codes, str]:
        """Units within which precincts are compared: those of the top level, if they are large enough."""
        if level is None and self.nesting.levels:
            names, codes = np.unique(self.nesting.top[rows], return_inverse=True)
            if len(rows) >= GROUPED * len(names):
                return codes.astype(np.intp), self.nesting.levels[0]
        return np.zeros(len(rows), dtype=np.intp), level or "national"

    def _null(self, within: str) -> Message:
        if self.votes is None:
            return SAY("null_no_option")
        if self.before is None:
            return SAY("null_turnout", option=self.votes.option)
        return SAY("null", option=self.votes.option, within=within)

    def _assumptions(self, found: Estimates, clusters: Clusters | None) -> tuple[Assumption, ...]:
        said = [
            Assumption(SAY("no_null"), None),
            Assumption(SAY("same", key=", ".join(self.pairs.key)), None),
        ]
        if found.noise_share is not None:
            said.append(Assumption(SAY("noise", noise=found.noise_share), None))
        if found.matrix is not None:
            outside, cells = found.matrix.outside, found.matrix.share.size
            said.append(Assumption(SAY("ecological"), None))
            alike = SAY("alike", outside=outside, cells=cells)
            said.append(Assumption(alike, False if outside else None))
        if clusters is None:
            said.append(Assumption(SAY("unclustered"), False))
        else:
            said.append(Assumption(CLUSTERS("held", level=clusters.level, n=clusters.n), None))
        return tuple(said)

    def _detail(self, found: Estimates, n: int, lost: dict[str, int], whole: bool) -> dict[str, Any]:
        pairs = self.pairs
        losses: dict[str, Any] = dict(lost)
        if whole:
            for name in ("without_registered", "duplicated", "unmatched"):
                now, then = getattr(pairs, name)
                losses |= {name: now, f"previous_{name}": then}
        return {
            **found.to_dict(self.rounds.names),
            "n_matched": n + lost["counts"] + lost["refused"],
            "n_refused": lost["refused"],
            "losses": losses,
            "key": list(pairs.key),
            "valid_share": pairs.valid_share if whole else None,
            "correlation_registered": pairs.correlation if whole else None,
        }

    def _residual(self, found: Estimates, group: Codes, part: Codes) -> Floats | None:
        """Share of registered voters minus the one that the matrix predicts, or the change of turnout."""
        rounds = self.rounds
        values = np.full(len(self.returns), np.nan)
        if found.matrix is not None:
            values[rounds.rows[part]] = rounds.y[part, 0] - rounds.x[part] @ found.matrix.share[:, 0]
            return values
        if rounds.gain is not None:
            return None
        weight, change = rounds.registered[1][part], rounds.added[part]
        mean = np.bincount(group, weight * change) / np.bincount(group, weight)
        values[rounds.rows[part]] = change - mean[group]
        return values

    def _pictures(
        self, found: Estimates, scope: Scope, part: Codes, group: Codes, within: str
    ) -> tuple[Picture, ...]:
        gained = self.rounds.gained
        if found.matrix is None or gained is None or self.votes is None:
            return ()
        name = f"vote_flow_{self.votes.quantity}"
        return (
            flow_scatter(
                self.rounds.added[part],
                gained[part],
                self.rounds.registered[1][part],
                group,
                slope=found.plain.value,
                scope=scope,
                option=self.votes.option,
                within=within,
                name=name,
            ),
            transfer_matrix(found.matrix, self.rounds.names, scope, len(part), name),
        )

"""Ballots of concurrent contests: the contest open to fewer voters cannot have more of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.carousel._contests import Pair, contests, pairs
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.registry import detector
from forensics.detectors.venues import Venues, venues
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval, Skipped
from forensics.kernels.orderings import PASSED, allowances, more_than_slips, share_interval
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Below this many precincts no p-value is given.
FEWEST = 50
#: A precinct is counted in ``over_10`` and ``over_50`` beyond these.
MANY = (0, 10, 50)

SAY = Sentences(
    "multi_ballot",
    null="Whoever votes in the contest {narrower} votes in {wider} too, so that it has no more ballots: "
    "beyond voters on its list only, errors of counting ({errors:.1%} of the ballots, Poisson) and slips "
    "of the pen (in {slips:.1%} of the protocols).",
    exclusion="{n:,} {n:plural:precinct|precincts} that did not report the ballots of both contests, or a "
    "special precinct by its venue type.",
    none="The returns have one contest only.",
    unclear="Nobody says which of {both} is open to fewer voters; name it (narrower).",
    nothing="No precinct here reports the ballots of both contests.",
    by_lists="{narrower} is the contest open to fewer voters: it has fewer registered in total.",
    told="{narrower} is the contest open to fewer voters, as was stated.",
    nested="Everybody on the list of {narrower} is on that of {wider} too; its list is longer in {n:,} "
    "{n:plural:precinct|precincts}, and so many voters are allowed for there.",
    unlisted="Everybody on the list of {narrower} is on that of {wider} too; the precincts do not report "
    "both lists.",
    votes="The ballots of {contest} are not reported; its votes stand for them.",
    mixed="Ballots of one contest put into the box of another, or counted on the wrong pile.",
    detached="Voters who moved to another precinct for one contest only, or are entitled in one only.",
    slips="A slip of the pen in one of two protocols.",
)


@dataclass(frozen=True, slots=True)
class _Compared:
    """One pair; arrays of shape (m,): narrower − wider, known or not, and what is allowed."""

    returns: Returns
    venues: Venues
    pair: Pair
    excess: Floats
    known: NDArray[np.bool_]
    allowed: Floats
    longer: NDArray[np.bool_] | None


@detector(family="carousel")
def multi_ballot(
    returns: Returns,
    /,
    *,
    narrower: str | None = None,
    errors: float = 0.002,
    slips: float = 0.005,
    by: str | Sequence[str | None] | None = None,
    confidence_level: float = 0.95,
) -> Findings:
    """Ordering of the ballots of concurrent contests, with a tolerance (Hoeffding 1956).

    Null: whoever votes in the contest that is open to fewer voters votes in the other too, so it has
    no more ballots in any precinct. Beyond that lie voters who stand on its list only (as many as
    it is longer), errors of counting (Poisson, a share ``errors`` of the ballots) and slips of the
    pen (in a share ``slips`` of the protocols): the p-value is the binomial chance of at least as
    many precincts beyond.

    Parameters
    ----------
    returns : Returns
        Precinct returns with ``ballots``, and ``<contest>_ballots`` beside ``<contest>_registered``
        or ``<contest>_votes_<option>`` of one or more concurrent contests. Where a contest has votes
        only, they stand for its ballots.
    narrower : str, optional
        The contest open to fewer voters (``"main"`` is that of the returns); by default the one
        with fewer registered in total, over the precincts that report both lists.
    errors : float
        Share of the ballots that honest counting may misplace.
    slips : float
        Share of the protocols in which a slip may put the two out of order.
    by : str or sequence of str, optional
        Level(s) at which to count; ``None`` is the nation.
    confidence_level : float
        Of the interval.

    Returns
    -------
    Findings
        One per pair of contests and scope, quantity ``<narrower>_over_<wider>``. ``statistic``:
        precincts beyond the tolerance. ``effect``: their share, with its exact interval. ``detail``:
        ``over_0``, ``over_10``, ``over_50`` (precincts where the narrower contest has more ballots
        than the wider one by more than that), ``ballots_over`` (so many too many in all) and
        ``largest``, all over special precincts too; ``beyond`` and ``beyond_ballots`` (the same beyond
        the tolerance, without them), ``narrower``, ``wider``, ``registered`` (of both lists, where both
        are reported), ``longer`` (precincts where the narrower list is longer),
        ``slips_explaining`` (the share of slips at which the number beyond is no surprise: the lower
        end of the interval),
        ``pvalue_adjusted``, and the venues of the precincts beyond. ``precincts``: narrower − wider.

    Raises
    ------
    ConfigError
        If a level, a contest or a parameter is unknown.

    Notes
    -----
    Innocent explanations: ballots on the wrong pile, voters who moved for one contest only, slips.
    In Romania 2016 the votes for the Chamber exceed the ballots for the Senate in 34 of 18,626
    precincts, by at most 7; in half of St Petersburg 2021 city ballots exceed federal ones in 29 of
    967, by up to 204. In simulated elections of 1,200 precincts whose lists nest none of 120 has a
    p-value of .05 or less, not even with a slip in one protocol in ten; 20 ballots added to the
    narrower contest in 5 % of the precincts, or 30 in 2 %, are found in 48 of 50 and more, 10 in 5 % in
    46. Breaks where lists do not nest (voters detached for one contest) and are not reported. Blind
    to papers added to both contests, or to the wider one.

    References
    ----------
    Hoeffding, W. (1956). On the distribution of the number of successes in independent trials.
    Annals of Mathematical Statistics 27, 713-721.
    """
    for name, value in (("errors", errors), ("slips", slips)):
        if not 0 <= value < 1:
            raise ConfigError(f"{name} is a share from 0 to below 1, not {value}")
    found = contests(returns)
    ordered, unclear = pairs(found, narrower)
    if len(found) < 2:
        return Findings([Skipped("multi_ballot", returns.scope, SAY("none"))])
    place = venues(returns)
    items: list[Finding | Skipped] = []
    for pair in ordered:
        compared = _compare(returns, place, pair, errors)
        for level in levels_of(returns, by):
            items += _of_level(compared, level, errors, slips, confidence_level)
    items += [Skipped("multi_ballot", returns.scope, SAY("unclear", both=both)) for both in unclear]
    return Findings(items)


def _compare(returns: Returns, place: Venues, pair: Pair, errors: float) -> _Compared:
    one, other = pair.narrower, pair.wider
    excess = one.ballots - other.ballots
    known = ~np.isnan(excess)
    allowed = allowances(np.where(known, np.maximum(other.ballots, 0.0), 0.0), errors)
    longer = None
    if one.registered is not None and other.registered is not None:
        gap = np.nan_to_num(one.registered - other.registered)
        longer = gap > 0
        allowed = allowed + np.maximum(gap, 0.0)
    return _Compared(returns, place, pair, excess, known, allowed, longer)


def _of_level(
    compared: _Compared, level: str | None, errors: float, slips: float, confidence_level: float
) -> list[Finding | Skipped]:
    units = compared.returns.units(level)
    order = np.argsort(units.codes, kind="stable")
    edges = np.searchsorted(units.codes[order], np.arange(len(units.scopes) + 1))
    every = [order[edges[i] : edges[i + 1]] for i in range(len(units.scopes))]
    reported = [rows[compared.known[rows]] for rows in every]
    pvalues = []
    for part in reported:
        rows = part[~compared.venues.special[part]]
        beyond = int(np.count_nonzero(compared.excess[rows] > compared.allowed[rows]))
        pvalues.append(more_than_slips(beyond, len(rows), slips) if len(rows) >= FEWEST else None)
    shared = adjusted(units.scopes, pvalues)
    return [
        _finding(compared, scope, level is None, rows, part, p, q, errors, slips, confidence_level)
        if len(part)
        else Skipped("multi_ballot", scope, SAY("nothing"))
        for scope, rows, part, p, q in zip(units.scopes, every, reported, pvalues, shared, strict=True)
    ]


def _finding(
    compared: _Compared,
    scope: Scope,
    national: bool,
    every: Codes,
    reported: Codes,
    pvalue: float | None,
    shared: float | None,
    errors: float,
    slips: float,
    confidence_level: float,
) -> Finding:
    rows = reported[~compared.venues.special[reported]]
    pair, excess, allowed = compared.pair, compared.excess[rows], compared.allowed[rows]
    exact = compared.excess[reported]
    names = {"narrower": pair.narrower.name, "wider": pair.wider.name}
    beyond = excess > allowed
    number, n, excluded = int(beyond.sum()), len(rows), len(every) - len(rows)
    low, high = share_interval(number, n, confidence_level) if n else (0.0, 1.0)
    return Finding(
        method="multi_ballot",
        family="carousel",
        quantity=f"{names['narrower']}_over_{names['wider']}",
        scope=scope,
        null=SAY("null", errors=errors, slips=slips, **names),
        statistic=float(number),
        pvalue=pvalue,
        effect=number / n if n else None,
        unit="share of precincts beyond the tolerance",
        interval=Interval(low, high, confidence_level) if n else None,
        n=n,
        excluded=excluded,
        exclusion=SAY("exclusion", n=excluded) if excluded else None,
        underpowered=n < FEWEST,
        assumptions=tuple(_assumptions(compared, rows)),
        innocent=(*SAY.all("mixed", "detached", "slips"), *compared.venues.innocent(rows[beyond])),
        parameters={
            "narrower": names["narrower"],
            "named": pair.told,
            "errors": errors,
            "slips": slips,
            "passed": PASSED,
        },
        detail={
            **{f"over_{k}": int(np.count_nonzero(exact > k)) for k in MANY},
            "ballots_over": int(exact[exact > 0].sum()),
            "beyond": number,
            "beyond_ballots": int((excess - allowed)[beyond].sum()),
            "largest": int(max(exact.max(), 0)),
            **names,
            "registered": _lists(pair, rows),
            "longer": None if compared.longer is None else int(compared.longer[rows].sum()),
            "slips_explaining": low,
            "pvalue_adjusted": shared,
            **compared.venues.detail(rows[beyond]),
        },
        precincts=np.where(compared.known, compared.excess, np.nan) if national else None,
    )


def _lists(pair: Pair, rows: Codes) -> list[int] | None:
    """Registered voters of the narrower and of the wider contest, over rows that report both."""
    one, other = pair.narrower.registered, pair.wider.registered
    if one is None or other is None:
        return None
    both = rows[~np.isnan(one[rows]) & ~np.isnan(other[rows])]
    return [int(one[both].sum()), int(other[both].sum())]


def _assumptions(compared: _Compared, rows: Codes) -> list[Assumption]:
    pair = compared.pair
    names = {"narrower": pair.narrower.name, "wider": pair.wider.name}
    told = [Assumption(SAY("told" if pair.told else "by_lists", narrower=pair.narrower.name))]
    if compared.longer is None:
        told.append(Assumption(SAY("unlisted", **names)))
    else:
        n = int(compared.longer[rows].sum())
        told.append(Assumption(SAY("nested", n=n, **names), n == 0))
    told += [
        Assumption(SAY("votes", contest=contest.name), True)
        for contest in (pair.narrower, pair.wider)
        if contest.of_votes
    ]
    return [*told, compared.venues.assumption()]

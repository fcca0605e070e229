"""Dip, skewness and kurtosis of turnout and share (Hartigan and Hartigan 1985; Hicken and Mebane 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.additive import levels_of
from forensics.detectors.multiplicity import adjusted
from forensics.detectors.registry import detector
from forensics.detectors.shares import looked_at
from forensics.detectors.streams import Seed, Streams
from forensics.errors import ConfigError
from forensics.finding import Assumption, Finding, Findings, Interval
from forensics.kernels.dip import dip, dip_pvalue
from forensics.kernels.heterogeneity import large_enough, logit_normal
from forensics.kernels.redrawn_shape import RedrawnShape, redrawn_shape
from forensics.kernels.shape import skewness_kurtosis
from forensics.messages.message import Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

#: Below this many precincts nothing is said, and no group has a heterogeneity of its own.
FEWEST = 30
#: Precincts smaller than this are left out in the second reading.
SMALL = 100
#: Jitters of the observed counts; the calibrated p-value is their mean.
JITTERS = 20

SAY = Sentences(
    "distribution_shape",
    null="Logit {quantity} is normal within each group of precincts (the finest unit with {fewest}) and "
    "counts are binomial; differences between groups are taken as they are.",
    exclusion="{n:,} precincts left out: a count missing, or nothing to divide by.",
    group="Within a group precincts differ smoothly, by one bell on the logit scale.",
    mixture="Towns and villages, or districts that vote differently, make two peaks without anyone's help.",
    closed="Closed stations at 100 % and small precincts stretch the tails.",
    normal="Honest turnout is not normal: skewness 0 and kurtosis 3 are no reference.",
)
INNOCENT = SAY.all("mixture", "closed", "normal")


@dataclass(frozen=True, slots=True)
class _Counted:
    """A ratio x / n per precinct and its size; several quantities are readings of it."""

    quantities: tuple[str, ...]
    x: Floats
    n: Floats
    size: Floats
    known: Flags


@detector(family="turnout", needs=("ballots|issued",), default="descriptive", apart=True, sampled=True)
def distribution_shape(
    returns: Returns,
    /,
    *,
    quantity: str | None = None,
    option: str | None = None,
    minimum: int = 0,
    by: str | Sequence[str | None] | None = None,
    n_resamples: int = 39,
    confidence_level: float = 0.95,
    rng: Seed = None,
) -> Findings:
    """Shape of turnout and share: dip (Hartigan and Hartigan 1985), skewness, kurtosis.

    Null: the logit rate is normal within groups (the finest unit of the levels with at least 30
    precincts, what is left over in the unit above), with the group's own mean and variance, and
    counts are binomial. Differences between groups are political geography and not tested: the
    departure is of the shape within them. The published null of the dip, uniform numbers without
    ties, is reported beside it.

    Parameters
    ----------
    returns : Returns
        Precinct returns.
    quantity : str, optional
        ``turnout``, ``logit_turnout`` or ``share``; by default all.
    option : str, optional
        Option whose share is looked at (default: the leader), or ``"all"``.
    minimum : int
        Smallest number of registered voters (ballots, where nobody is registered); the published
        convention is none.
    by : str or sequence of str, optional
        Level(s) at which to look; ``None`` is the nation.
    n_resamples : int
        Redraws of the whole table from the null, shared by all units; the smallest calibrated
        p-value is 1 / (n_resamples + 1).
    confidence_level : float
        Of the intervals.
    rng : Generator or int, optional
        Source of the redraws and jitters.

    Returns
    -------
    Findings
        One per quantity and scope. ``statistic`` the jittered dip, ``effect`` the jittered dip
        less its median under the null, with the interval that the null gives. ``detail``:
        ``skewness``, ``kurtosis``, ``dip``, ``dip_pvalue`` (all precincts, no jitter, uniform
        null), ``dip_jittered``, ``dip_pvalue_calibrated`` (counts with x ≤ n, jittered by
        U(−½, ½), mean over 20 jitters), ``skewness_null`` and ``kurtosis_null`` (intervals of
        redraws), ``n_calibrated``, ``without`` ({small, full, both}: [n, skewness, kurtosis,
        dip_pvalue] without precincts under 100 voters, without those at 100 %, and without
        either), ``pvalue_adjusted``.

    Raises
    ------
    ConfigError
        If the quantity is unknown.

    Notes
    -----
    Innocent explanations: town and country, districts that differ, closed stations at 100 %. Breaks
    where a group mixes two kinds of precinct: the null is then too narrow and p too small. A p-value
    here describes a shape and supports nothing by itself.

    References
    ----------
    Hartigan, J. A. and Hartigan, P. M. (1985). The dip test of unimodality. Annals of Statistics
    13, 70-84. Hicken, A. and Mebane, W. R. (2017). A guide to election forensics. USAID.
    """
    if n_resamples < 1:
        raise ConfigError(f"n_resamples is a number of redraws of at least 1, not {n_resamples}")
    streams = Streams(rng)
    bases = [base for base in _bases(returns, option, minimum) if quantity in (None, *base.quantities)]
    if not bases and quantity is None:
        return Findings()  # the registry says that there was nothing to look at
    if not bases:
        there = ", ".join(name for base in _bases(returns, option, minimum) for name in base.quantities)
        raise ConfigError(f"distribution_shape looks at {there} here, not at {quantity!r}")
    scopes, slices = _slices(returns, by)
    findings: list[Finding] = []
    for base in bases:
        calibrated, redrawn = _redrawn(returns, base, slices, n_resamples, streams.of(base.quantities[0]))
        for place, name in enumerate(base.quantities):
            if quantity not in (None, name):
                continue
            shapes = [
                _Shape(returns, base, name, scope, slices[i], calibrated[i], redrawn.get(i), place)
                for i, scope in enumerate(scopes)
            ]
            shared = adjusted(scopes, [shape.pvalue for shape in shapes])
            findings += [
                shape.finding(value, minimum, n_resamples, confidence_level)
                for shape, value in zip(shapes, shared, strict=True)
            ]
    return Findings(findings)


def _bases(returns: Returns, option: str | None, minimum: int) -> Iterator[_Counted]:
    ballots = returns.counts("ballots") if returns.has("ballots") else None
    registered = returns.counts("registered") if returns.has("registered") else None
    if registered is not None:
        yield _counted(
            ("turnout", "logit_turnout"),
            returns.counts(returns.turnout_of),
            registered,
            registered,
            minimum,
        )
    if ballots is not None and returns.options:
        size = registered if registered is not None else ballots
        for votes in looked_at(returns, option):
            yield _counted((votes.quantity,), votes.votes, ballots, size, minimum)


def _counted(names: tuple[str, ...], x: Floats, n: Floats, size: Floats, minimum: int) -> _Counted:
    with np.errstate(invalid="ignore"):
        known = (x >= 0) & (n > 0)
        if minimum > 0:
            known &= size >= minimum
    return _Counted(names, x, n, size, np.asarray(known))


def _slices(returns: Returns, by: str | Sequence[str | None] | None) -> tuple[list[Scope], list[Rows]]:
    """Every scope and its rows."""
    scopes: list[Scope] = []
    slices: list[Rows] = []
    for level in levels_of(returns, by):
        units = returns.units(level)
        order = np.argsort(units.codes, kind="stable")
        edges = np.searchsorted(units.codes[order], np.arange(len(units.scopes) + 1))
        scopes += units.scopes
        slices += [order[edges[i] : edges[i + 1]] for i in range(len(units.scopes))]
    return scopes, slices


def _redrawn(
    returns: Returns, base: _Counted, slices: list[Rows], n_resamples: int, rng: np.random.Generator
) -> tuple[list[Rows], dict[int, RedrawnShape]]:
    """Rows of each scope that can be redrawn, and the shapes of the redraws by scope."""
    usable = base.known & (base.x <= base.n)
    rows = np.flatnonzero(usable)
    levels = [returns.units(level).codes for level in returns.levels or ()]
    # Draws go to precincts in the order of their units and counts, whatever the order of the file.
    keys = (base.x, base.n, *reversed(levels))
    rows = rows[np.lexsort([key[rows] for key in keys])]
    place = np.zeros(len(usable), dtype=np.intp)
    place[rows] = np.arange(len(rows))
    inside = [place[part[usable[part]]] for part in slices]
    enough = [i for i, part in enumerate(inside) if len(part) >= FEWEST]
    if not enough:
        return inside, {}
    x, n = base.x[rows], base.n[rows]
    groups = (
        large_enough([codes[rows] for codes in levels], FEWEST)
        if levels
        else np.zeros(len(rows), dtype=np.intp)
    )
    logit = "logit_turnout" in base.quantities
    shapes = redrawn_shape(
        x, logit_normal(x, n, groups), [inside[i] for i in enough], n_resamples, JITTERS, logit, rng
    )
    return inside, dict(zip(enough, shapes, strict=True))


@dataclass(frozen=True, slots=True)
class _Shape:
    """One quantity in one scope."""

    returns: Returns
    base: _Counted
    quantity: str
    scope: Scope
    rows: Rows
    usable: Rows
    redrawn: RedrawnShape | None
    place: int

    @property
    def pvalue(self) -> float | None:
        return None if self.redrawn is None else self.redrawn.pvalue[self.place]

    def values(self, rows: Rows) -> Floats:
        x, n = self.base.x[rows], self.base.n[rows]
        if self.quantity != "logit_turnout":
            return x / n
        return np.log((x + 0.5) / (n - x + 0.5))

    def finding(
        self, shared: float | None, minimum: int, n_resamples: int, confidence_level: float
    ) -> Finding:
        base, known = self.base, self.rows[self.base.known[self.rows]]
        if self.quantity == "logit_turnout":  # a logit above 100 % is none
            known = known[base.x[known] <= base.n[known]]
        excluded, redrawn = len(self.rows) - len(known), self.redrawn
        small = base.size[known] < SMALL
        full = base.x[known] >= base.n[known]
        detail: dict[str, Any] = {"n_calibrated": len(self.usable)}
        statistic = effect = interval = None
        if len(known) >= FEWEST:
            names = ("skewness", "kurtosis", "dip", "dip_pvalue")
            detail |= dict(zip(names, _plain(self.values(known)), strict=True))
            detail["without"] = {
                name: [len(known[~drop]), *_without(self.values(known[~drop]))]
                for name, drop in (("small", small), ("full", full), ("both", small | full))
            }
        if redrawn is not None:
            tails = ((1 - confidence_level) / 2, (1 + confidence_level) / 2)
            statistic = redrawn.dip[self.place]
            low, middle, high = np.quantile(redrawn.dips[self.place], (tails[0], 0.5, tails[1]))
            effect = statistic - float(middle)
            interval = Interval(statistic - float(high), statistic - float(low), confidence_level)
            detail |= {
                "dip_jittered": statistic,
                "dip_pvalue_calibrated": redrawn.pvalue[self.place],
                "skewness_null": _quantiles(redrawn.skewness[self.place], tails),
                "kurtosis_null": _quantiles(redrawn.kurtosis[self.place], tails),
            }
        return Finding(
            method="distribution_shape",
            family="turnout",
            quantity=self.quantity,
            scope=self.scope,
            null=SAY("null", quantity=self.quantity.removeprefix("logit_"), fewest=FEWEST),
            statistic=statistic,
            pvalue=self.pvalue,
            effect=effect,
            unit="dip above the null's median",
            interval=interval,
            n=len(known),
            excluded=excluded,
            exclusion=SAY("exclusion", n=excluded) if excluded else None,
            underpowered=redrawn is None,
            assumptions=(Assumption(SAY("group"), None),),
            innocent=INNOCENT,
            parameters={
                "minimum": minimum,
                "maximum": None,
                "n_resamples": n_resamples,
                "jitters": JITTERS,
                "turnout_of": self.returns.turnout_of,
                "share_of": "ballots",
            },
            detail=detail | {"pvalue_adjusted": shared},
        )


def _plain(values: Floats) -> tuple[float | None, float | None, float, float]:
    """Skewness, kurtosis, dip and its p-value under the uniform null."""
    skewness, kurtosis = (_number(value[0]) for value in skewness_kurtosis(values))
    found = dip(values)
    return skewness, kurtosis, found.dip, dip_pvalue(found.dip, found.n, rng=0)


def _without(values: Floats) -> tuple[float | None, float | None, float | None]:
    if len(values) < FEWEST:
        return None, None, None
    skewness, kurtosis, _, pvalue = _plain(values)
    return skewness, kurtosis, pvalue


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _quantiles(values: Floats, tails: tuple[float, float]) -> list[float] | None:
    finite = values[np.isfinite(values)]
    return [float(q) for q in np.quantile(finite, tails)] if len(finite) else None

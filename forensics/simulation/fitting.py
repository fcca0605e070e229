"""A specification whose elections look like given returns, were nothing in them but heterogeneity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from forensics.errors import ConfigError
from forensics.simulation.compositions import fitted_options
from forensics.simulation.fitting_blocks import fitted_blocks
from forensics.simulation.institutions import is_institution
from forensics.simulation.moments import Component, correlation, slope_within, split_by_rate, within
from forensics.simulation.neighbours import fitted_field
from forensics.simulation.parameters import Field, Institutions, Rate, Specification
from forensics.simulation.precincts import Precincts, precincts_like, size_score
from forensics.tables import roles
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Chosen = NDArray[np.bool_]

#: Fewest precincts a specification is estimated from.
FEWEST = 30
#: The beta-binomial part of a precinct's excess variance, at least and at most.
BETA_PART = (0.05, 0.6)
#: The logit-normal parts of turnout and support are correlated by no more than this.
MOST_CORRELATED = 0.95
#: Residuals beyond this many robust standard deviations (an unlabelled hospital, a slip) are left out
#: of the moments in the rounds after the first.
EXTREME, ROUNDS = 5.0, 3
#: Median of |x| of a standard normal x.
MEDIAN_OF_NORMAL = 0.6745
#: Medians closer to 0 or 1 are not told apart from them.
EDGE = 1e-4


@dataclass(frozen=True, eq=False)
class _Logits:
    """Observed logits of one rate: value, binomial noise, and which precincts have them."""

    value: Floats
    noise: Floats
    known: Chosen


def fit(returns: Returns, /, *, rows: Chosen | None = None, anchored: bool = True) -> Specification:
    """Estimate a specification from returns, by moments with the binomial noise taken out.

    Turnout and support are those of :func:`~forensics.simulation.drawing.draw`: logit-normal with
    effects of every level, correlated, beta-binomial within the precinct, with a gradient in size
    and, where coordinates are known, a part that neighbours share. Manipulation in the rows used
    is taken for heterogeneity; ``rows`` restricts them.

    Parameters
    ----------
    returns : Returns
        Precinct returns. Without ``registered`` only the votes are modelled; without votes only
        the turnout.
    rows : ndarray of bool, shape (n,), optional
        Rows that rates and spreads are estimated from; sizes and levels are those of all rows.
    anchored : bool
        Whether the top-level units keep their own effects instead of drawing new ones.

    Returns
    -------
    Specification
        ``draw(fit(returns), like=returns)`` is a clean election with these precincts.

    Raises
    ------
    ConfigError
        If neither turnout nor votes are reported, ``rows`` does not fit, or too few rows are left.
    """
    listed = returns.has("registered") and returns.has(returns.turnout_of)
    if not listed and not returns.options:
        raise ConfigError(
            f"{returns.source.name}: neither turnout nor votes are reported, so nothing is fitted"
        )
    precincts = precincts_like(returns, "registered" if listed else "ballots")
    kept = returns.part(_kept(returns, precincts))
    used = _used(returns, kept, rows, _kept(returns, precincts))
    special = is_institution(precincts)
    turnout = _logits(kept.counts(kept.turnout_of), kept.counts("registered"), used) if listed else None
    support = _logits(kept.votes(), _whole(kept), used) if kept.options else None
    known = np.logical_and.reduce([item.known for item in (turnout, support) if item is not None])
    # A row without the name of its unit is alone in it, and says nothing about units.
    named = precincts.frame[list(precincts.levels)].notna().all(axis=1).to_numpy()
    ordinary = known & ~special & named
    if ordinary.sum() < FEWEST:
        raise ConfigError(
            f"{returns.source.name}: {int(ordinary.sum())} rows report what is fitted; {FEWEST} are needed"
        )
    model = _Model(precincts, (turnout, support), ordinary)
    rates = model.rates()
    blocks = fitted_blocks(kept, precincts, used)
    if special.any():
        blocks["institutions"] = model.institutions(special & known)
    return Specification(
        name=f"fitted to {returns.source.name}",
        turnout=rates[0],
        support=rates[1],
        correlation=model.correlations(),
        anchors=model.anchors() if anchored else {},
        field=model.field,
        options=fitted_options(kept, precincts, used),
        columns=tuple(c for c in returns.table.columns if roles.is_count(c)),
        **blocks,
    )


def _kept(returns: Returns, precincts: Precincts) -> Chosen:
    return returns.counts(precincts.fixed) > 0


def _used(returns: Returns, kept: Returns, rows: Chosen | None, mask: Chosen) -> Chosen:
    if rows is None:
        return np.ones(len(kept), dtype=bool)
    rows = np.asarray(rows)
    if rows.dtype != bool or rows.shape != (len(returns),):
        raise ConfigError(
            f"rows is a mask of {len(returns)} truth values, not {rows.dtype} of {rows.shape}"
        )
    return np.asarray(rows[mask])


def _whole(returns: Returns) -> Floats:
    """What shares of votes are shares of: valid ballots, else all votes."""
    return returns.counts("valid") if returns.has("valid") else returns.total_votes


def _logits(x: Floats, n: Floats, used: Chosen) -> _Logits:
    known = used & (n > 0) & (x >= 0) & (x <= n)
    x, n = np.where(known, x, 0.0), np.where(known, n, 0.0)
    noise = 1 / (x + 0.5) + 1 / (n - x + 0.5)
    return _Logits(np.log((x + 0.5) / (n - x + 0.5)), noise, known)


class _Model:
    """The components of turnout and support, from the precincts up to the top level."""

    def __init__(
        self, precincts: Precincts, observed: tuple[_Logits | None, _Logits | None], rows: Chosen
    ) -> None:
        self.precincts, self.observed = precincts, observed
        self.score = size_score(precincts.size)
        for _ in range(ROUNDS):
            self._estimate(rows)
            rows = rows.copy()
            rows[self.rows] = self._usual()
        self.split = [self._split(k) for k in (0, 1)]
        self.field = self._field()

    def _estimate(self, rows: Chosen) -> None:
        precincts, observed, self.rows = self.precincts, self.observed, rows
        paths = [np.unique(codes[rows], return_inverse=True)[1] for codes in precincts.paths]
        paths.insert(0, np.zeros(int(rows.sum()), dtype=np.intp))
        y, noise = self._pairs(rows)
        self.slopes = [
            slope_within(y[:, k], self.score[rows], noise[:, k], paths[-1]) if observed[k] else 0.0
            for k in (0, 1)
        ]
        y = y - np.outer(self.score[rows], self.slopes)
        # From the precincts to the nation: each level's units vary within those of the level above.
        self.components: list[Component] = [within(y, noise, paths[-1])]
        self.residual = y - self.components[0].means[paths[-1]]
        self.unit, self.noise = paths[-1], noise
        for lower, upper in zip(paths[:0:-1], paths[-2::-1], strict=True):
            first = np.unique(lower, return_index=True)[1]
            below = self.components[-1]
            self.components.append(within(below.means, below.noise, upper[first]))
        # A precinct's own mean, not a unit's: where units differ in size, the nation is its precincts.
        self.mean = y.mean(axis=0)
        self.centred = y - self.mean

    def _usual(self) -> Chosen:
        """Rows used whose residuals are not extreme: a moment is made by its outliers."""
        own = self.components[0].covariance
        usual = np.ones(len(self.residual), dtype=bool)
        for k in (0, 1):
            z = np.abs(self.residual[:, k]) / np.sqrt(self.noise[:, k] + own[k] + 1e-12)
            if self.observed[k] is not None:
                usual &= z <= EXTREME * max(float(np.median(z)) / MEDIAN_OF_NORMAL, 1e-9)
        return usual

    def _pairs(self, rows: Chosen) -> tuple[Floats, Floats]:
        """Logits (m, 2) and noise (m, 3) of some rows; zero where a rate is not observed."""
        none = np.zeros(int(rows.sum()))
        value = [item.value[rows] if item else none for item in self.observed]
        noise = [item.noise[rows] if item else none for item in self.observed]
        return np.column_stack(value), np.column_stack([*noise, none])

    def _split(self, k: int) -> tuple[float, float]:
        own = self.components[0]
        # The logit-normal part alone carries the correlation of turnout and support.
        carried = abs(correlation(own.covariance)) / MOST_CORRELATED
        bounds = (BETA_PART[0], float(np.clip(1 - carried, *BETA_PART)))
        rate = expit(own.means[self.unit, k] + self.slopes[k] * self.score[self.rows])
        left = np.maximum(1 - own.weight, 0.05)
        square = self.residual[:, k] ** 2 / left
        rate = np.clip(rate, 0.02, 0.98)
        return split_by_rate(square, self.noise[:, k], rate, float(own.covariance[k]), bounds)

    def _field(self) -> Field | None:
        places = self.precincts.places
        if places is None:
            return None
        x, y = places[0][self.rows], places[1][self.rows]
        deviations = (self.split[0][0], self.split[1][0])
        return fitted_field(x, y, self.residual, self.unit, deviations)

    def rates(self) -> tuple[Rate | None, Rate | None]:
        """Both rates; none for one that is not observed."""
        return self._rate(0), self._rate(1)

    def _rate(self, k: int) -> Rate | None:
        if self.observed[k] is None:
            return None
        deviation, concentration = self.split[k]
        if self.field is not None:
            shared = (self.field.turnout, self.field.support)[k]
            deviation = float(np.sqrt(max(deviation**2 - shared**2, 0.0)))
        units = [float(np.sqrt(c.covariance[k])) for c in self.components[:0:-1]]
        return Rate(
            median=float(np.clip(expit(self.mean[k]), EDGE, 1 - EDGE)),
            spread=(*units, deviation),
            concentration=concentration,
            gradient=self.slopes[k],
        )

    def correlations(self) -> tuple[float, ...]:
        """From the top level down to the precincts, between logits without the beta-binomial part."""
        own = self.components[0].covariance.copy()
        own[:2] = [self.split[0][0] ** 2, self.split[1][0] ** 2]
        return (*(correlation(c.covariance) for c in self.components[:0:-1]), correlation(own))

    def anchors(self) -> dict[str, tuple[float, float]]:
        """Effects of the top-level units that have rows, shrunk by what they are uncertain of."""
        if not self.precincts.levels:
            return {}
        frame = self.precincts.frame
        names = frame[self.precincts.levels[0]].astype("str").to_numpy()[self.rows]
        codes = np.unique(self.precincts.paths[0][self.rows], return_inverse=True)[1]
        first, size = np.unique(codes, return_index=True, return_counts=True)[1:]
        between = np.sum([c.covariance[:2] for c in self.components[1:]], axis=0)
        own = self.components[0].covariance[:2] + self.noise[:, :2].mean(axis=0)
        effects = np.column_stack([np.bincount(codes, self.centred[:, k]) / size for k in (0, 1)])
        effects *= between / np.maximum(between + own / size[:, None], 1e-12)
        return {
            str(names[row]): (float(effects[unit, 0]), float(effects[unit, 1]))
            for unit, row in enumerate(first)
        }

    def institutions(self, special: Chosen) -> Institutions:
        """How special precincts differ from the nation's others, and how often everybody votes there."""
        if not special.any():
            return Institutions()
        y, noise = self._pairs(special)
        full = np.zeros(len(y), dtype=bool)
        if self.observed[0] is not None:
            # Everybody voted: the logit of n out of n is as far as the noise term allows.
            full = noise[:, 0] > 2.0
        some = y[~full] if (~full).any() else y
        shift = some.mean(axis=0) - self.mean
        return Institutions(turnout=float(shift[0]), support=float(shift[1]), full=float(full.mean()))

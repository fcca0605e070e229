"""How strong an unobserved confounder must be (Cinelli and Hazlett 2020; Oster 2019), in closed form.

Every t here is the classical one: the formulas are identities of least squares. Whether a
coefficient is told from 0 is left to clustered errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]

#: Largest R² that outcome and observed and unobserved covariates may have, in units of R² (Oster 2019).
RMAX = 1.3


def partial_r2(t: float, freedom: int) -> float:
    """Share of the outcome's residual variance that the column accounts for."""
    return t * t / (t * t + freedom)


def robustness_value(t: float, freedom: int, *, q: float = 1.0, level: float | None = None) -> float:
    """Partial R² with exposure and outcome of a confounder that takes away a share q of the coefficient.

    Parameters
    ----------
    t : float
        Classical t of the coefficient.
    freedom : int
        Residual degrees of freedom.
    q : float
        1: all of it.
    level : float, optional
        Where given, the confounder only has to make the coefficient not differ from 0 at that level.
    """
    f = q * abs(t) / math.sqrt(freedom)
    if level is not None:
        f -= float(stdtrit(freedom - 1, 1 - level / 2)) / math.sqrt(freedom - 1)
    if f <= 0:
        return 0.0
    return (math.sqrt(f**4 + 4 * f**2) - f**2) / 2


def adjusted_coefficient(
    coefficient: float,
    standard_error: float,
    freedom: int,
    with_exposure: Floats | float,
    with_outcome: Floats | float,
) -> Floats:
    """The coefficient beside a confounder that draws it towards 0.

    Parameters
    ----------
    coefficient, standard_error : float
        With the classical error.
    freedom : int
    with_exposure, with_outcome : array_like
        Partial R² of the confounder with exposure (below 1) and outcome.
    """
    exposure, outcome = np.asarray(with_exposure), np.asarray(with_outcome)
    bias = standard_error * np.sqrt(outcome * exposure / (1 - exposure) * freedom)
    return np.asarray(math.copysign(1, coefficient) * (abs(coefficient) - bias))


@dataclass(frozen=True, slots=True)
class Bound:
    """A confounder ``times`` as strong as an observed covariate, and the coefficient beside it."""

    times: float
    with_exposure: float
    with_outcome: float
    adjusted: float


def benchmark(
    coefficient: float,
    standard_error: float,
    freedom: int,
    covariate_exposure: float,
    covariate_outcome: float,
    times: float = 1.0,
) -> Bound | None:
    """A confounder as strong as a covariate; ``None`` where no confounder can be so strong.

    Parameters
    ----------
    coefficient, standard_error, freedom
        As in :func:`adjusted_coefficient`.
    covariate_exposure : float
        Partial R² of the covariate with the exposure, given the other covariates.
    covariate_outcome : float
        Partial R² of the covariate with the outcome, given exposure and the other covariates.
    times : float
        How many times as strong, towards both.
    """
    if covariate_exposure >= 1 or times * covariate_exposure >= 1 or covariate_outcome >= 1:
        return None
    exposure = times * covariate_exposure / (1 - covariate_exposure)
    shared = times * covariate_exposure**2 / ((1 - times * covariate_exposure) * (1 - covariate_exposure))
    if exposure >= 1 or shared >= 1:
        return None
    steep = (math.sqrt(times) + math.sqrt(shared)) / math.sqrt(1 - shared)
    outcome = min(1.0, steep**2 * covariate_outcome / (1 - covariate_outcome))
    adjusted = adjusted_coefficient(coefficient, standard_error, freedom, exposure, outcome)
    return Bound(times, exposure, outcome, float(adjusted))


@dataclass(frozen=True, slots=True)
class Moments:
    """What Oster's (2019) bounds rest on; everything within groups.

    ``short``, ``full``: coefficient without and with the covariates; ``r2_short``, ``r2_full``: R² of
    the two; ``r2_most``: R² that the unobserved would reach; ``outcome``, ``exposure``: their
    variances; ``left``: variance of the exposure that the covariates leave.
    """

    short: float
    full: float
    r2_short: float
    r2_full: float
    r2_most: float
    outcome: float
    exposure: float
    left: float

    @property
    def _sides(self) -> tuple[Floats, Floats]:
        """Polynomials in the bias u, highest power first: delta is the first over the second."""
        moved = self.short - self.full
        v, x, t = self.outcome, self.exposure, self.left
        above = (self.r2_full - self.r2_short) * v * t + x * t * moved**2
        below = (self.r2_most - self.r2_full) * v
        cubic = t * x - t * t
        return (
            np.array([cubic, 2 * t * moved * x, above, 0.0]),
            np.array([cubic, t * moved * x, below * (x - t), below * moved * x]),
        )


def oster_delta(moments: Moments) -> float | None:
    """Selection on unobservables, relative to that on observables, that makes the coefficient 0.

    The exact solution of Oster (2019, proposition 3), not its usual approximation; ``None`` where
    covariates move neither coefficient nor R², so that they say nothing about what is unobserved.
    Negative: the unobserved would have to work against the observed.
    """
    above, below = moments._sides
    scale = np.abs(below) @ np.abs(moments.full) ** np.arange(3, -1, -1)
    bottom = float(np.polyval(below, moments.full))
    if abs(bottom) <= 1e-12 * scale or scale == 0:
        return None
    return float(np.polyval(above, moments.full)) / bottom


def oster_coefficients(moments: Moments, *, delta: float = 1.0) -> tuple[float, ...]:
    """Coefficients that selection of a strength on unobservables allows, the nearest first.

    The real roots of the cubic in the bias; where there are several the data do not choose between
    them (Oster 2019, section 3.3).
    """
    above, below = moments._sides
    every = np.roots(above - delta * below)
    real = every[np.abs(every.imag) <= 1e-9 * np.maximum(np.abs(every), 1e-300)].real
    return tuple(float(moments.full - bias) for bias in sorted(real, key=abs))

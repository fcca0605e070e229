"""Elliptical slices about a distribution of Student that stands for the posterior.

A normal distribution in its place holds chains for long where the posterior has heavier tails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture.model import Floats

Told = TypeVar("Told")

#: Degrees of freedom of the distribution that stands for the posterior.
FREEDOM = 4.0
#: Evaluations after which a slice that has shrunk to its point is given up (never seen but for points
#: at which the likelihood is not finite).
MOST = 60


@dataclass(frozen=True, slots=True)
class Reference:
    """What stands for the posterior: its mean (d,) and precision (d, d)."""

    mean: Floats
    precision: Floats

    @classmethod
    def of(cls, mean: Floats, covariance: Floats) -> Reference:
        """From mean and covariance."""
        return cls(mean, np.asarray(np.linalg.inv(covariance), np.float64))

    def given(self, x: Floats, free: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mean of some coordinates given the others, and a root of their covariance then."""
        inner = self.precision[np.ix_(free, free)]
        fixed = np.setdiff1d(np.arange(len(x)), free)
        pull = self.precision[np.ix_(free, fixed)] @ (x[fixed] - self.mean[fixed])
        root = np.linalg.inv(np.linalg.cholesky(inner)).T
        return self.mean[free] - np.linalg.solve(inner, pull), root


def elliptical(
    x: Floats,
    told: Told,
    value: float,
    mean: Floats,
    root: Floats,
    look: Callable[[Floats], tuple[float, Told]],
    rng: np.random.Generator,
) -> tuple[Floats, Told]:
    """One move that leaves density(x) ∝ exp(value(x)) as it is.

    After Murray, Adams and MacKay (2010), and Nishihara, Murray and Adams (2014) for Student's
    distribution as a mixture of normal ones: points on an ellipse through x and a draw from one of
    these are tried, on an arc that shrinks towards x until one lies above a random level.

    Parameters
    ----------
    x, told, value
        The point, what is kept of looking at it, and the log density there.
    mean, root
        Centre (d,) and root (d, d) of the scale matrix of the distribution that stands for it.
    look : callable
        ``look(point)`` gives the log density and what is kept.

    Returns
    -------
    The new point, and what was told there.
    """
    inverse, d = np.linalg.inv(root), len(x)

    def square(point: Floats) -> float:
        apart = inverse @ (point - mean)
        return float(apart @ apart)

    def excess(point: Floats, value: float) -> float:
        return value + (FREEDOM + d) / 2 * float(np.log1p(square(point) / FREEDOM))

    scale = np.sqrt((FREEDOM + square(x)) / (2 * rng.standard_gamma((FREEDOM + d) / 2)))
    other = scale * (root @ rng.standard_normal(d))
    level = excess(x, value) + np.log(rng.random())
    angle = 2 * np.pi * rng.random()
    low, high = angle - 2 * np.pi, angle
    for _ in range(MOST):
        to = mean + (x - mean) * np.cos(angle) + other * np.sin(angle)
        there, said = look(to)
        if excess(to, there) > level:
            return to, said
        del said  # What was told may be large: none is kept beside the next.
        low, high = (angle, high) if angle < 0 else (low, angle)
        angle = low + (high - low) * rng.random()
    return x, told

"""Elliptical slices about a normal distribution that stands for the posterior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_model import Floats

Told = TypeVar("Told")

#: Evaluations after which a slice that has shrunk to its point is given up (never seen but for points
#: at which the likelihood is not finite).
MOST = 60


@dataclass(frozen=True, slots=True)
class Reference:
    """Normal distribution: mean (d,), root (d, d) of its covariance, precision (d, d)."""

    mean: Floats
    root: Floats
    precision: Floats

    @classmethod
    def of(cls, mean: Floats, covariance: Floats) -> Reference:
        """From mean and covariance."""
        root, precision = np.linalg.cholesky(covariance), np.linalg.inv(covariance)
        return cls(mean, np.asarray(root, np.float64), np.asarray(precision, np.float64))

    def log_density(self, x: Floats) -> float:
        """Up to a constant."""
        apart = x - self.mean
        return -0.5 * float(apart @ self.precision @ apart)

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
    excess: float,
    mean: Floats,
    root: Floats,
    look: Callable[[Floats], tuple[float, Told]],
    rng: np.random.Generator,
) -> tuple[Floats, Told, float]:
    """One move that leaves density(x) ∝ N(x; mean, root root') exp(excess(x)) as it is.

    After Murray, Adams and MacKay (2010): points on an ellipse through x and a draw from the normal
    distribution are tried, on an arc that shrinks towards x until one lies above a random level.

    Parameters
    ----------
    x, told, excess
        The point, what is kept of looking at it, and the log of the posterior over the normal there.
    look : callable
        ``look(point)`` gives the excess and what is kept.

    Returns
    -------
    The new point, what was told there, its excess.
    """
    other = root @ rng.standard_normal(len(x))
    level = excess + np.log(rng.random())
    angle = 2 * np.pi * rng.random()
    low, high = angle - 2 * np.pi, angle
    for _ in range(MOST):
        to = mean + (x - mean) * np.cos(angle) + other * np.sin(angle)
        there, said = look(to)
        if there > level:
            return to, said, there
        low, high = (angle, high) if angle < 0 else (low, angle)
        angle = low + (high - low) * rng.random()
    return x, told, excess

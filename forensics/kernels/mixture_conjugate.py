"""Draws of an effect's mean and variance given the effects: good where these are well known."""

from __future__ import annotations

import numpy as np

from forensics.kernels.mixture_model import INTERCEPT, RATE, Floats


def draw_coefficients(
    h: Floats, design: Floats | None, variance: float, rng: np.random.Generator
) -> Floats:
    """Intercept and slopes given effects: normal, priors N(0, 1.0001) and N(0, 1).

    Parameters
    ----------
    h : ndarray of float64, shape (m,)
        Effects less the level intercepts; m may be 0 (a draw from the prior).
    design : ndarray of float64, shape (m, p), optional
    variance : float

    Returns
    -------
    ndarray of float64, shape (1 + p,)
    """
    p = 0 if design is None else design.shape[1]
    x = np.ones((len(h), 1)) if design is None else np.column_stack([np.ones(len(h)), design])
    precision = np.diag([1 / INTERCEPT, *np.ones(p)]) + x.T @ x / variance
    root = np.linalg.cholesky(precision)
    mean = np.linalg.solve(precision, x.T @ h / variance)
    return np.asarray(mean + np.linalg.solve(root.T, rng.standard_normal(1 + p)))


def draw_variance(residual: Floats, now: float, rng: np.random.Generator) -> float:
    """A variance with an exponential prior given residuals, from its present value.

    A generalised inverse Gaussian on the log scale, by an independence step from its normal
    approximation.
    """
    m, total = len(residual), float(residual @ residual)

    def log_density(x: float) -> float:
        return float((1 - 0.5 * m) * x - 0.5 * total * np.exp(-x) - RATE * np.exp(x))

    # The mode solves RATE·e² + (m/2 − 1)·e − S/2 = 0.
    half = 0.5 * m - 1
    mode = np.log((-half + np.sqrt(half * half + 2 * RATE * total)) / (2 * RATE)) if m > 2 else np.log(0.2)
    spread = 1.1 / np.sqrt(0.5 * total * np.exp(-mode) + RATE * np.exp(mode))
    here = np.log(now)
    there = mode + spread * rng.standard_normal()
    ratio = log_density(there) - log_density(here)
    ratio += 0.5 * (((there - mode) / spread) ** 2 - ((here - mode) / spread) ** 2)
    return float(np.exp(there)) if np.log(rng.random()) < ratio else now

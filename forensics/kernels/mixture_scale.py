"""Coordinates of the shared parameters in which every prior is a standard normal (but for one digit).

Ratios r = Φ(z) are uniform, variances −log Φ(−z)/5 exponential: where the counts say nothing a chain
moves in a normal distribution, and elsewhere the posterior is nearer to one than on other scales.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from forensics.kernels.mixture_model import INTERCEPT, RATE, Floats, Globals, unpack

#: Standard scores beyond this are cut: no ratio or variance is told apart there.
FARTHEST = 8.0


def globals_at(x: Floats, slopes: tuple[int, ...]) -> Globals:
    """Parameters at standard coordinates, in the order of :func:`mixture_model.pack`."""
    x = np.asarray(x, dtype=np.float64)
    places = np.r_[0:2, len(x) - 6 : len(x)]
    z = np.clip(x[places], -FARTHEST, FARTHEST)
    beta = unpack(x, slopes).beta
    return Globals(ndtr(z[:2]), beta, np.maximum(-log_ndtr(-z[2:]) / RATE, 1e-12))


def standard(at: Globals) -> Floats:
    """Standard coordinates of parameters."""
    ratios = ndtri(np.clip(at.ratios, 1e-15, 1 - 1e-15))
    # Φ(−z) = exp(−5e), from the tail in which it is exact.
    z = np.where(at.e < 0.1, ndtri(-np.expm1(-RATE * at.e)), -ndtri(np.exp(-RATE * np.minimum(at.e, 100))))
    return np.concatenate([ratios, *at.beta, z])


def log_prior(x: Floats, slopes: tuple[int, ...]) -> tuple[float, Floats]:
    """Log density of the prior over the coordinates, normalised, and its gradient."""
    precision = np.concatenate([[1.0, 1.0], *([1 / INTERCEPT] + [1.0] * p for p in slopes), np.ones(6)])
    value = -0.5 * float((precision * x * x).sum()) + 0.5 * float(np.log(precision / (2 * np.pi)).sum())
    return value, -precision * x


def slope(x: Floats, at: Globals) -> Floats:
    """Derivatives of (logits of ratios, coefficients, logarithms of variances) by the coordinates."""
    found = np.ones(len(x))
    z = np.clip(x, -FARTHEST, FARTHEST)
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    found[:2] = density[:2] / (at.ratios * ndtr(-z[:2]))
    found[-6:] = density[-6:] / (np.exp(log_ndtr(-z[-6:])) * RATE * at.e)
    return found

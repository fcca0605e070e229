"""Coordinates of the shared parameters in which every prior is a standard normal (but for one digit).

Ratios r = Φ(z) are uniform, variances −log Φ(−z)/5 exponential: where the counts say nothing a chain
moves in a normal distribution, and elsewhere the posterior is nearer to one than on other scales.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from forensics.kernels.mixture.model import INTERCEPT, RATE, Floats, Globals, unpack

#: Standard scores beyond these are cut, of ratios because no two are told apart there, of variances
#: (at 90) because the prior gives them exp(−450).
RATIO_LIMIT, VARIANCE_LIMIT = 8.0, 30.0


def globals_at(x: Floats, slopes: tuple[int, ...]) -> Globals:
    """Parameters at standard coordinates, in the order of :func:`model.pack`."""
    x = np.asarray(x, dtype=np.float64)
    ratios, z = _cut(x)
    return Globals(ndtr(ratios), unpack(x, slopes).beta, np.maximum(-log_ndtr(-z) / RATE, 1e-12))


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
    ratios, z = _cut(x)
    found[:2] = np.exp(-0.5 * ratios**2) / np.sqrt(2 * np.pi) / (at.ratios * ndtr(-ratios))
    # In logarithms: density and tail are below all numbers at the far end.
    found[-6:] = np.exp(-0.5 * z * z - 0.5 * np.log(2 * np.pi) - log_ndtr(-z)) / (RATE * at.e)
    return found


def _cut(x: Floats) -> tuple[Floats, Floats]:
    """Scores of ratios and of variances within their limits."""
    return (
        np.clip(x[:2], -RATIO_LIMIT, RATIO_LIMIT),
        np.clip(x[-6:], -VARIANCE_LIMIT, VARIANCE_LIMIT),
    )

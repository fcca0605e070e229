"""Two Gaussians fitted to many histograms at once, by damped least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Histograms handled together: their derivatives stay within a processor's cache.
CHUNK = 256
#: Relative decrease of the squared error below which a fit has settled.
SETTLED = 1e-5
#: Damping at the start, the factors by which it changes, and where a fit has nowhere left to go.
DAMPING, EASED, RAISED, STUCK = 1.0, 0.1, 8.0, 1e9
#: Two Gaussians in one place have no unique heights: without this much damping nothing can be solved.
LEAST = 1e-7
#: A Gaussian narrower than this (on the scale of x) is kept at it: it would fall between the bins.
NARROWEST = 1e-3
#: Peaks farther than this from the middle of the scale, or wider, describe nothing on it.
FARTHEST, WIDEST = 1.0, 1.0
#: Squared error, in units of the highest bin, that is rounding.
PERFECT = 1e-12


@dataclass(frozen=True, slots=True)
class TwoGaussians:
    """Fits, one per histogram.

    ``height``, ``mean``, ``deviation`` float64 of shape (m, 2), the component with the lower mean
    first; heights in units of the histogram's highest bin, deviations positive. ``settled`` bool of
    shape (m,): false where the fit ran out of iterations or the histogram is empty.
    """

    height: Floats
    mean: Floats
    deviation: Floats
    settled: Flags


def fit_two_gaussians(x: Floats, y: Floats, *, iterations: int = 60) -> TwoGaussians:
    """Least-squares fit of a sum of two unnormalised Gaussians to each row.

    The start is the published one: a peak of width .1 at the highest bin, and one of the same height
    and width .01 halfway between it and 1.

    Parameters
    ----------
    x : ndarray of float64, shape (b,)
        Middles of the bins, on the scale from 0 to 1.
    y : ndarray of float64, shape (m, b)
        Heights, not negative.
    iterations : int
        Steps tried (Levenberg and Marquardt) before a fit counts as not settled.
    """
    parts = [_fit(x, y[first : first + CHUNK], iterations) for first in range(0, len(y), CHUNK)]
    fitted = np.concatenate([fit for fit, _ in parts]) if parts else np.empty((0, 2, 3))
    settled = np.concatenate([done for _, done in parts]) if parts else np.empty(0, dtype=bool)
    order = np.argsort(fitted[:, :, 1], axis=1, kind="stable")[:, :, None]
    fitted = np.take_along_axis(fitted, order, axis=1)
    return TwoGaussians(fitted[:, :, 0], fitted[:, :, 1], np.abs(fitted[:, :, 2]), settled)


def _fit(x: Floats, y: Floats, iterations: int) -> tuple[Floats, Flags]:
    """Parameters (height, mean, deviation) of shape (m, 2, 3), and which fits settled."""
    highest = y.max(axis=1)
    y = y / np.where(highest > 0, highest, 1.0)[:, None]
    p = _start(x, y)
    settled = np.zeros(len(y), dtype=bool)
    damping = np.full(len(y), DAMPING)
    active = np.flatnonzero(highest > 0)
    error, derivative = _errors(x, y[active], p[active])
    with np.errstate(all="ignore"):
        for _ in range(iterations):
            if not len(active):
                break
            normal = derivative @ derivative.transpose(0, 2, 1)
            pull = (derivative @ error[:, :, None])[:, :, 0]
            scale = np.maximum(np.diagonal(normal, axis1=1, axis2=2), 1e-9)
            damped = normal + np.eye(6) * (damping[active, None] * scale)[:, :, None]
            step = np.linalg.solve(damped, pull[:, :, None]).reshape(-1, 2, 3)
            tried = _kept_wide(p[active] + step)
            cost = (error**2).sum(axis=1)
            new_error, new_derivative = _errors(x, y[active], tried)
            new_cost = (new_error**2).sum(axis=1)
            better = (new_cost < cost) & _within_reach(tried)
            p[active[better]] = tried[better]
            damping[active] = np.maximum(damping[active] * np.where(better, EASED, RAISED), LEAST)
            flat = better & (cost - new_cost <= SETTLED * cost)
            settled[active] = flat | (damping[active] > STUCK) | (new_cost <= PERFECT)
            error = np.where(better[:, None], new_error, error)
            derivative = np.where(better[:, None, None], new_derivative, derivative)
            keep = ~settled[active]
            active, error, derivative = active[keep], error[keep], derivative[keep]
    return p, settled


def _start(x: Floats, y: Floats) -> Floats:
    peak = x[y.argmax(axis=1)]
    p = np.ones((len(y), 2, 3))
    p[:, 0, 1], p[:, 1, 1] = peak, peak + (1 - peak) / 2
    p[:, 0, 2], p[:, 1, 2] = 0.1, 0.01
    return p


def _kept_wide(p: Floats) -> Floats:
    width = p[:, :, 2]
    p[:, :, 2] = np.where(width < 0, -1.0, 1.0) * np.maximum(np.abs(width), NARROWEST)
    return p


def _within_reach(p: Floats) -> Flags:
    """Refused steps raise the damping: a short step finds the peak that a long one jumps over."""
    near = (np.abs(p[:, :, 1] - 0.5) <= FARTHEST) & (np.abs(p[:, :, 2]) <= WIDEST)
    return np.asarray(near.all(axis=1))


def _errors(x: Floats, y: Floats, p: Floats) -> tuple[Floats, Floats]:
    """What is left unexplained (m, b), and the derivatives of the sum of Gaussians (m, 6, b)."""
    derivative = np.empty((len(p), 2, 3, len(x)))
    with np.errstate(all="ignore"):
        z = (x - p[:, :, 1, None]) / p[:, :, 2, None]
        bell = np.exp(-0.5 * z * z)
        slope = bell * z * (p[:, :, 0] / p[:, :, 2])[:, :, None]
        derivative[:, :, 0] = bell
        derivative[:, :, 1] = slope
        derivative[:, :, 2] = slope * z
        error = y - (p[:, :, 0, None] * bell).sum(axis=1)
    return error, derivative.reshape(len(p), 6, len(x))

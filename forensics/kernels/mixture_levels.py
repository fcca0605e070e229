"""Intercepts of levels (regions, districts) given the effects of precincts: one exact normal draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_model import INTERCEPT, Floats

Codes = NDArray[np.intp]


def draw_levels(
    residual: Floats, variance: float, units: tuple[Codes, ...], rng: np.random.Generator | None
) -> tuple[float, list[Floats]]:
    """National intercept and those of all levels, drawn together.

    ``residual = intercept + one intercept per level + noise``; level intercepts are N(0, 1), the
    national one N(0, 1.0001), the noise N(0, variance).

    Parameters
    ----------
    residual : ndarray of float64, shape (m,)
        Effects of precincts less their covariates.
    variance : float
    units : tuple of ndarray of intp, shape (m,)
        From the top down; nested.
    rng : Generator or None
        ``None`` gives the means in place of a draw.

    Returns
    -------
    intercept : float
    levels : list of ndarray, one number per unit of each level
    """
    parent = [np.zeros(len(residual), dtype=np.intp), *units]
    precision = np.full(len(residual), 1 / variance)
    weighted = residual * precision
    messages = []
    # Upward: what each unit's precincts say of the sum above it, its own intercept integrated out.
    codes = np.arange(len(residual))
    for depth in range(len(units), 0, -1):
        own = units[depth - 1]
        number = int(own.max()) + 1
        total, moment = _sum(own[_first(codes)], precision, number), _sum(own[_first(codes)], weighted, number)
        messages.append((total, moment, _parents(own, parent[depth - 1], number)))
        precision, weighted = total / (1 + total), moment / (1 + total)
        codes = own
    total, moment = float(precision.sum()) + 1 / INTERCEPT, float(weighted.sum())
    noise = float(rng.standard_normal()) if rng is not None else 0.0
    intercept = moment / total + noise / np.sqrt(total)
    above: Floats = np.array([intercept])
    levels = []
    for total_of, moment_of, up in reversed(messages):
        mean = (moment_of - total_of * above[up]) / (1 + total_of)
        spread = rng.standard_normal(len(mean)) / np.sqrt(1 + total_of) if rng is not None else 0.0
        levels.append(np.asarray(mean + spread))
        above = above[up] + levels[-1]
    return float(intercept), levels


def _sum(codes: Codes, values: Floats, number: int) -> Floats:
    return np.bincount(codes, values, number)


def _first(codes: Codes) -> Codes:
    """A row of each unit, in the order of the codes."""
    _, rows = np.unique(codes, return_index=True)
    return np.asarray(rows)


def _parents(own: Codes, above: Codes, number: int) -> Codes:
    """The unit above each unit."""
    up = np.zeros(number, dtype=np.intp)
    up[own] = above
    return up

"""What chosen classes and effects say of votes: added, moved, and the turnout without them."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from forensics.kernels.mixture.latents import Chosen
from forensics.kernels.mixture.model import (
    MANIPULATED,
    Counts,
    Floats,
    Globals,
    predictors,
    rate,
    shares,
    winner,
)
from forensics.kernels.mixture.sampler import State


def votes_of(counts: Counts, chosen: Chosen) -> tuple[Floats, Floats, Floats]:
    """Expected votes added and moved, and voters who truly turned out, per precinct, shape (m,).

    Added are N·ι.m·(1 − τ) ("manufactured"), moved N·ι.s·τ·(1 − ν) ("stolen"), true voters N·τ; of
    the extreme class with χ for ι, and nothing added or moved in the class without manipulation.
    """
    added, moved, voters = (np.zeros(len(counts)) for _ in range(3))
    for g, rows in enumerate(chosen.rows):
        tau, nu = expit(chosen.h[g][:2])
        n = counts.n[rows]
        voters[rows] = n * tau
        if g:
            added[rows] = n * shares(chosen.numbers[g][0], n, capped=True) * (1 - tau)
            moved[rows] = n * shares(chosen.numbers[g][1], n, capped=False) * tau * (1 - nu)
    return added, moved, voters


def replicate(state: State, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Turned out and votes of the winner of an election drawn from the model, shape (m,)."""
    return simulate(state.counts, state.at, rng, state.sums)[:2]


def simulate(
    counts: Counts, at: Globals, rng: np.random.Generator, sums: tuple[Floats, Floats] | None = None
) -> tuple[Floats, Floats, Floats]:
    """Counts that the model gives at some parameters.

    Returns
    -------
    t, w : ndarray of float64, shape (m,)
    z : ndarray of float64, shape (m,)
        Class 0, 1 or 2 of each precinct. Where the winner's probability leaves [0, 1] it is cut.
    """
    m, n = len(counts), counts.n
    zero = np.zeros(m)
    means = predictors(counts, at, sums or (zero, zero))
    z = np.minimum((rng.random(m)[:, None] > np.cumsum(at.pi)).sum(axis=1), 2)
    h = [mean + np.sqrt(e) * rng.standard_normal(m) for mean, e in zip(means, at.e, strict=True)]
    whole = n.astype(np.int64)
    im, is_ = zero.copy(), zero.copy()
    for g in (1, 2):
        _, _, added, moved = MANIPULATED[g]
        own = z == g
        im[own] = shares(rng.binomial(whole, rate(h[added], g)) / 1.0, n, capped=True)[own]
        is_[own] = shares(rng.binomial(whole, rate(h[moved], g)) / 1.0, n, capped=False)[own]
    tau, nu = (expit(h[k]) for k in range(2))
    a = rng.binomial(whole, (1 - tau) * (1 - im)).astype(np.float64)
    c0, c1, _ = winner(im, is_, a / n)
    w = rng.binomial(whole, np.clip(c0 + c1 * nu, 0, 1)).astype(np.float64)
    return n - a, w, z.astype(np.float64)

"""Honest precincts of several kinds: the rival that has no manipulation in it.

Turnout and support are normal on the logit scale, independent within a kind; kinds differ in their
means and variances. What one kind cannot describe, the finite mixture calls incremental; several
kinds may describe it as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import logit

from forensics.kernels.mixture.model import Counts, Floats, laplace, log_factor

#: Nodes of the quadrature over each effect, and the most steps of expectation and maximisation.
NODES, ITERATIONS = 7, 60
#: A step that raises the log likelihood by less than this per precinct is the last.
TOLERANCE = 1e-5
#: Smallest variance of an effect: below it a kind would be one precinct.
SMALLEST = 1e-3


@dataclass(frozen=True, slots=True)
class Kinds:
    """Weights (k,), means and variances (k, 2) of turnout and support on the logit scale."""

    weight: Floats
    mean: Floats
    variance: Floats


def log_likelihood(counts: Counts, kinds: Kinds) -> tuple[Floats, Floats, Floats]:
    """Log likelihood of each precinct in each kind, and the effects' posterior moments.

    Returns
    -------
    value : ndarray of float64, shape (k, m)
        With the kind's weight, up to the binomial coefficients of the counts.
    first, second : ndarray of float64, shape (k, 2, m)
        Posterior mean and mean square of turnout and support in each kind.
    """
    z, weight = hermegauss(NODES)
    log_weight = np.log(weight) - 0.5 * np.log(2 * np.pi) + 0.5 * z**2
    k, m = len(kinds.weight), len(counts)
    value = np.repeat(np.log(kinds.weight)[:, None], m, axis=1)
    first, second = np.empty((k, 2, m)), np.empty((k, 2, m))
    places = ((counts.t, 0.0, 1.0, 0.0), (counts.w, 0.0, 1 - counts.abstained, counts.abstained))
    for kind in range(k):
        for effect, (y, c0, c1, d0) in enumerate(places):
            mean, variance = kinds.mean[kind, effect], kinds.variance[kind, effect]
            mode, narrow = laplace(y, counts.n, c0, c1, d0, np.full(m, mean), variance, 5)
            h = mode + np.sqrt(narrow) * z[:, None]
            log = log_factor(h, y, counts.n, c0, c1, d0) - (h - mean) ** 2 / (2 * variance)
            log += 0.5 * np.log(narrow / variance) + log_weight[:, None]
            top = log.max(axis=0)
            share = np.exp(log - top)
            total = share.sum(axis=0)
            value[kind] += top + np.log(total)
            first[kind, effect] = (share * h).sum(axis=0) / total
            second[kind, effect] = (share * h * h).sum(axis=0) / total
    return value, first, second


def fit_kinds(counts: Counts, k: int) -> Kinds:
    """Maximum likelihood by expectation and maximisation, kinds started along the range of turnout."""
    turnout = (counts.t + 0.5) / (counts.n + 1)
    support = (counts.w + 0.5) / (counts.t + 1)
    h = logit(np.clip([turnout, support], 0.005, 0.995))
    order = np.argsort(h.sum(axis=0), kind="stable")
    parts = np.array_split(order, k)
    kinds = Kinds(
        np.full(k, 1 / k),
        np.array([h[:, part].mean(axis=1) for part in parts]),
        np.array([h[:, part].var(axis=1) + 0.02 for part in parts]),
    )
    before = -np.inf
    for _ in range(ITERATIONS):
        value, first, second = log_likelihood(counts, kinds)
        top = value.max(axis=0)
        share = np.exp(value - top)
        total = share.sum(axis=0)
        now = float((top + np.log(total)).sum())
        if now - before < TOLERANCE * len(counts):
            break
        before = now
        share /= total
        size = np.maximum(share.sum(axis=1), 1e-9)
        mean = np.einsum("km,kem->ke", share, first) / size[:, None]
        square = np.einsum("km,kem->ke", share, second) / size[:, None]
        kinds = Kinds(size / size.sum(), mean, np.maximum(square - mean**2, SMALLEST))
    return kinds


def scores(counts: Counts, kinds: Kinds) -> Floats:
    """Log likelihood of each precinct, shape (m,), up to the binomial coefficients."""
    value = log_likelihood(counts, kinds)[0]
    top = value.max(axis=0)
    return np.asarray(top + np.log(np.exp(value - top).sum(axis=0)))

"""Klimek's model of stuffing and switching: start values, forward simulation and fit.

Letters as in Klimek, Yegorov, Hanel and Thurner (2012): t turnout, v share of the ballots, w votes
per registered voter, τ and ν the honest modes, x how strongly a precinct is affected, α how much
less votes are switched than ballots stuffed, f_i and f_e the shares of precincts affected in part
and nearly whole.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from forensics.kernels.modes import first_mode, sound

Floats = NDArray[np.float64]

#: Width of x around 1 in the extreme class (a constant of the published model).
EXTREME_WIDTH = 0.075
#: Values of α tried; the published optima are 2.2 to 2.5.
ALPHAS: Floats = np.arange(5, 51) / 10
#: Classes of w in the fit, and share of precincts that may fall anywhere (so that none is impossible).
BINS = 100
ELSEWHERE = 1e-3
#: Fewer precincts than this below both modes define no spread.
FEWEST_BELOW = 30
POINTS = 8192
_ITERATIONS = 400
_CONVERGED = 1e-7


@dataclass(frozen=True, slots=True)
class Start:
    """Moment step. A spread that too few precincts define, or none, is ``None``."""

    tau: float
    nu: float
    sigma_tau: float | None
    sigma_nu: float | None
    theta: float | None


@dataclass(frozen=True, slots=True)
class Fit:
    """Shares of affected precincts and α that maximise the likelihood of the histogram of w.

    ``model`` holds the fitted shares of precincts per class, ``distance`` their total variation
    distance from the observed ones.
    """

    f_incremental: float
    f_extreme: float
    alpha: float
    log_likelihood: float
    model: Floats
    distance: float


def start_values(t: Floats, v: Floats, tau: float, nu: float, weights: Floats | None = None) -> Start:
    """Spreads about the modes: σ from the precincts below them, θ from those above ν.

    σ_τ² is the mean of (t−τ)² over t < τ and v < ν, σ_ν² that of (v−ν)² over v < ν, and θ the
    fourth root of the mean of (v−ν)² over v > ν, as published.
    """

    def mean(square: Floats, keep: NDArray[np.bool_]) -> float | None:
        if keep.sum() < FEWEST_BELOW:
            return None
        weight = np.ones(len(square)) if weights is None else weights
        total = float(weight[keep].sum())
        return float(square[keep] @ weight[keep]) / total if total > 0 else None

    below_t = mean((t - tau) ** 2, (t < tau) & (v < nu))
    below_v = mean((v - nu) ** 2, v < nu)
    above = mean((v - nu) ** 2, v > nu)
    return Start(
        tau,
        nu,
        None if below_t is None else below_t**0.5,
        None if below_v is None else below_v**0.5,
        None if above is None else above**0.25,
    )


def without_noise(start: Start, t: Floats, v: Floats, registered: Floats) -> Start:
    """The same spreads without the binomial variance of the precincts they were taken from.

    A spread that is all noise becomes a thousandth: honest precincts then differ by chance only.
    """
    low, left = (t < start.tau) & (v < start.nu), v < start.nu
    noise_t = start.tau * (1 - start.tau) * float(np.mean(1 / registered[low]))
    cast = np.maximum(registered[left] * t[left], 1.0)
    noise_v = start.nu * (1 - start.nu) * float(np.mean(1 / cast))

    def less(sigma: float | None, noise: float) -> float | None:
        return None if sigma is None else max(sigma**2 - noise, 1e-6) ** 0.5

    return Start(
        start.tau, start.nu, less(start.sigma_tau, noise_t), less(start.sigma_nu, noise_v), start.theta
    )


def simulate(
    start: Start,
    f_incremental: float,
    f_extreme: float,
    alpha: float,
    registered: Floats,
    *,
    rng: np.random.Generator,
    scaled: bool = False,
) -> tuple[Floats, Floats]:
    """Turnout and share (of the ballots) of one simulated election.

    Parameters
    ----------
    start : Start
        Honest part; all five defined.
    f_incremental, f_extreme, alpha : float
        Model parameters.
    registered : ndarray of float64, shape (m,)
        Precinct sizes; they matter only if ``scaled``.
    rng : Generator
    scaled : bool
        Honest counts vary binomially in each precinct beside the variation between precincts.

    Returns
    -------
    turnout, share : ndarray of float64, shape (m,)
    """
    u = rng.random((len(registered), 6))
    sizes = registered if scaled else None
    t, v = _honest(start, u, sizes)
    kind = u[:, 3]
    incremental, extreme = _strengths(start, u[:, 2])
    x = np.where(kind <= f_incremental, incremental, 0.0)
    x = np.where((kind > f_incremental) & (kind <= f_incremental + f_extreme), extreme, x)
    turnout = 1 - (1 - x) * (1 - t)
    votes = t * v + x * (1 - t) + x**alpha * (1 - v) * t
    return turnout, np.divide(votes, turnout, out=np.zeros_like(votes), where=turnout > 0)


def histogram(w: Floats, weights: Floats | None = None) -> Floats:
    """Precincts per class of w, float64 of shape (BINS,)."""
    place = np.clip((w * BINS).astype(np.intp), 0, BINS - 1)
    return np.bincount(place, weights, BINS).astype(np.float64)


def fit(start: Start, observed: Floats, sizes: Floats | None = None) -> Fit:
    """Maximum-likelihood fit of the model to a histogram of w.

    For each α of ``ALPHAS`` the model is a mixture of three known distributions (honest,
    incremental, extreme), computed on a fixed lattice of points; its two free weights have one
    optimum, found by expectation–maximisation.

    Parameters
    ----------
    start : Start
        All five defined.
    observed : ndarray of float64, shape (BINS,)
        Counts of :func:`histogram`.
    sizes : ndarray of float64, optional
        Registered voters of the precincts: given, honest counts vary binomially (scaled model).
    """
    classes = _classes(start, sizes)
    weight = np.full((len(ALPHAS), 3), 1 / 3)
    shares = observed / observed.sum()
    for _ in range(_ITERATIONS):
        total = _mixed(weight, classes)
        update = weight * (1 - ELSEWHERE) * np.einsum("akb,ab->ak", classes, shares / total)
        update /= update.sum(axis=1, keepdims=True)
        moved = float(np.abs(update - weight).max())
        weight = update
        if moved < _CONVERGED:
            break
    model = _mixed(weight, classes)
    likelihood = (observed * np.log(model)).sum(axis=1)
    best = int(likelihood.argmax())
    return Fit(
        f_incremental=_share(weight[best, 1]),
        f_extreme=_share(weight[best, 2]),
        alpha=float(ALPHAS[best]),
        log_likelihood=float(likelihood[best]),
        model=model[best],
        distance=float(0.5 * np.abs(model[best] - shares).sum()),
    )


def refits(
    t: Floats,
    v: Floats,
    w: Floats,
    in_fit: NDArray[np.bool_],
    cluster: NDArray[np.intp],
    *,
    n_resamples: int,
    rng: np.random.Generator,
    registered: Floats | None = None,
) -> Floats:
    """Cluster bootstrap of the whole method: modes, spreads and fit.

    Parameters
    ----------
    t, v, w : ndarray of float64, shape (m,)
    in_fit : ndarray of bool, shape (m,)
        Precincts whose votes are fitted; the moment step uses all.
    cluster : ndarray of int, shape (m,)
        Codes 0 … k−1 of what is drawn with replacement.
    n_resamples : int
    rng : Generator
    registered : ndarray of float64, shape (m,), optional
        Given, the scaled model is fitted.

    Returns
    -------
    ndarray of float64, shape (r, 8)
        τ, ν, σ_τ, σ_ν, θ, f_i, f_e, α of the resamples whose start values are defined, r ≤
        ``n_resamples``.
    """
    k = int(cluster.max()) + 1
    w = w[in_fit]
    sizes = None if registered is None else registered[in_fit]
    rows = []
    for _ in range(n_resamples):
        weights = rng.multinomial(k, np.full(k, 1 / k))[cluster].astype(np.float64)
        modes = first_mode(t, weights), first_mode(v, weights)
        if modes[0] is None or modes[1] is None or not all(map(sound, modes)):
            continue
        start = start_values(t, v, modes[0].at, modes[1].at, weights)
        if not complete(start):
            continue
        shape = start if registered is None else without_noise(start, t, v, registered)
        found = fit(shape, histogram(w, weights[in_fit]), sizes)
        moments = [getattr(start, item.name) for item in fields(Start)]
        rows.append([*moments, found.f_incremental, found.f_extreme, found.alpha])
    return np.array(rows, dtype=np.float64).reshape(-1, 8)


def complete(start: Start) -> bool:
    """Whether all spreads are defined and positive."""
    return all(bool(value) for value in (start.sigma_tau, start.sigma_nu, start.theta))


def _truncated(u: Floats, mean: float, deviation: float) -> Floats:
    """Normal values conditioned on [0, 1], from uniform ones."""
    low, high = ndtr(-mean / deviation), ndtr((1 - mean) / deviation)
    return np.asarray(np.clip(mean + deviation * ndtri(low + u * (high - low)), 0.0, 1.0))


def _half_normal(u: Floats, deviation: float) -> Floats:
    """|Normal| conditioned on [0, 1]."""
    return np.asarray(deviation * ndtri(0.5 + u * (ndtr(1 / deviation) - 0.5)))


def _honest(start: Start, u: Floats, sizes: Floats | None) -> tuple[Floats, Floats]:
    """Honest turnout and share at uniform points (columns 0, 1; 4, 5 for the binomial noise)."""
    assert start.sigma_tau is not None
    assert start.sigma_nu is not None
    t = _truncated(u[:, 0], start.tau, start.sigma_tau)
    v = _truncated(u[:, 1], start.nu, start.sigma_nu)
    if sizes is None:
        return t, v
    voters = np.rint(sizes * t + np.sqrt(sizes * t * (1 - t)) * ndtri(u[:, 4])).clip(0, sizes)
    votes = np.rint(voters * v + np.sqrt(voters * v * (1 - v)) * ndtri(u[:, 5])).clip(0, voters)
    return voters / sizes, np.divide(votes, voters, out=np.zeros_like(v), where=voters > 0)


def _strengths(start: Start, u: Floats) -> tuple[Floats, Floats]:
    """x of the incremental and of the extreme class."""
    assert start.theta is not None
    return _half_normal(u, start.theta), 1 - _half_normal(u, EXTREME_WIDTH)


def _lattice() -> Floats:
    """``POINTS`` evenly spread points of the open unit cube in six dimensions (Kronecker sequence)."""
    root = 1.0
    for _ in range(60):  # the root of y^7 = y + 1 gives the most even steps
        root = (1 + root) ** (1 / 7)
    steps = root ** -np.arange(1.0, 7.0)
    points = (0.5 + np.arange(POINTS)[:, None] * steps) % 1.0
    return np.asarray(points.clip(1e-12, 1 - 1e-12))


def _classes(start: Start, sizes: Floats | None) -> Floats:
    """Distributions of w in the honest, incremental and extreme class, shape (ALPHAS, 3, BINS)."""
    u = _lattice()
    if sizes is not None:
        sizes = np.sort(sizes)[(u[:, 3] * len(sizes)).astype(np.intp)]
    t, v = _honest(start, u, sizes)
    classes = np.empty((len(ALPHAS), 3, BINS))
    classes[:, 0] = histogram(t * v) / POINTS
    step = ALPHAS[1] - ALPHAS[0]
    for place, x in enumerate(_strengths(start, u[:, 2]), start=1):
        stuffed, rest = t * v + x * (1 - t), (1 - v) * t
        power, factor = x ** ALPHAS[0], x**step
        for a in range(len(ALPHAS)):
            classes[a, place] = histogram(stuffed + power * rest) / POINTS
            power = power * factor
    return classes


def _share(weight: float) -> float:
    """A weight; what expectation–maximisation sends towards zero without end is zero."""
    return float(weight) if weight > _CONVERGED else 0.0


def _mixed(weight: Floats, classes: Floats) -> Floats:
    """Model shares per class of w for each α, never zero."""
    mixed = np.einsum("ak,akb->ab", weight, classes)
    return np.asarray((1 - ELSEWHERE) * mixed + ELSEWHERE / BINS)

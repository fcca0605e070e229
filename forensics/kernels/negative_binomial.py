"""Over-dispersed counts: negative binomial with variance μ + μ²/φ, fitted without its upper tail."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import betainc, gammainc, gammaln

Floats = NDArray[np.float64]

#: Bounds of φ: below, a mean says nothing of a count; above, the counts are Poisson.
LOWEST, HIGHEST = 1e-3, 1e6
#: Counts that φ is fitted to: more would not change its second digit.
MOST = 20_000
#: Rounds of cut and fit, the change of log φ at which they end, and the farthest that one goes.
_ROUNDS, _STILL, _REACH = 20, 4e-3, 1.0
#: Means at which the cut is looked up first.
_KNOTS = 256


def trimmed_dispersion(x: Floats, mu: Floats, *, trim: float = 0.01) -> float:
    """φ by maximum likelihood from all counts but the highest, which may not be of the model.

    The counts whose upper tail probability is at most the ``trim`` quantile of all are left out,
    and the likelihood of the others is that of a count below such a cut, so that leaving out the
    tail of a count that is negative binomial does not bias φ. Of more than ``MOST`` counts every
    k-th by mean and count is used.

    Parameters
    ----------
    x : ndarray of float64, shape (m,)
        Counts ≥ 0.
    mu : ndarray of float64, shape (m,)
        Means ≥ 0; rows with a mean of 0 say nothing and are not used.
    trim : float
        Share of the counts left out, in [0, 1).

    Returns
    -------
    float
        Between ``LOWEST`` and ``HIGHEST`` (practically Poisson), the latter too if no row is left.
    """
    used = np.flatnonzero(mu > 0)
    if not len(used):
        return HIGHEST
    if len(used) > MOST:
        # Evenly by mean and count, so that the order of the rows changes nothing.
        ordered = used[np.lexsort((x[used], mu[used]))]
        used = ordered[np.linspace(0, len(ordered) - 1, MOST).round().astype(np.intp)]
    x, mu = x[used], mu[used]
    phi = _moments(x, mu)
    for _ in range(_ROUNDS):
        before, phi = phi, _cut_and_fit(x, mu, phi, trim)
        if abs(math.log(phi / before)) < _STILL:
            break
    return phi


def upper_pvalue(x: Floats, mu: Floats, phi: float | Floats) -> Floats:
    """P(X ≥ x) for X negative binomial with mean μ and variance μ + μ²/φ.

    Parameters
    ----------
    x, mu : ndarray of float64, shape (m,)
        Counts ≥ 0 and means ≥ 0; NaN where either is NaN. With a mean of 0 a positive count has
        probability 0.
    phi : float or ndarray of float64, shape (m,)
        ``inf`` is Poisson.
    """
    whole = np.ceil(x)
    positive = np.where(whole > 0, whole, 1.0)
    with np.errstate(invalid="ignore"):
        probability = mu / (mu + phi)
    finite = np.minimum(np.asarray(phi, dtype=np.float64), 1e300)
    tail = np.where(np.isinf(phi), gammainc(positive, mu), betainc(positive, finite, probability))
    tail = np.where(np.isnan(x) | np.isnan(mu), np.nan, tail)
    return np.asarray(np.where(whole <= 0, np.where(np.isnan(mu), np.nan, 1.0), tail))


def log_probability(x: Floats, mu: Floats, phi: float) -> Floats:
    """log P(X = x) up to log x!, which does not depend on φ; μ > 0."""
    return np.asarray(
        gammaln(x + phi) - gammaln(phi) + phi * np.log(phi / (phi + mu)) + x * np.log(mu / (phi + mu))
    )


def _moments(x: Floats, mu: Floats) -> float:
    """φ from Σ((x−μ)² − μ) = Σμ²/φ."""
    extra = float(((x - mu) ** 2 - mu).sum())
    return float(np.clip((mu**2).sum() / extra, LOWEST, HIGHEST)) if extra > 0 else HIGHEST


def _cut_and_fit(x: Floats, mu: Floats, phi: float, trim: float) -> float:
    if trim <= 0:
        return _most_likely(x, mu, None, (LOWEST, HIGHEST))
    tail = upper_pvalue(x, mu, phi)
    level = float(np.quantile(tail, trim))
    kept = tail > level
    cut = _largest_kept(mu[kept], phi, level)
    reach = math.exp(_REACH)
    return _most_likely(x[kept], mu[kept], cut, (max(phi / reach, LOWEST), min(phi * reach, HIGHEST)))


def _largest_kept(mu: Floats, phi: float, level: float) -> Floats:
    """Largest count whose upper tail probability exceeds ``level`` (0 always does).

    It does not fall as the mean grows: between two means that have it in common nothing is looked up.
    """
    order = np.argsort(mu, kind="stable")
    knots = np.unique(np.linspace(0, len(mu) - 1, min(len(mu), _KNOTS)).round().astype(np.intp))
    low = np.zeros(len(knots))
    high = np.ceil(mu[order[knots]] + 1)
    while (over := upper_pvalue(high, mu[order[knots]], phi) > level).any():
        high = np.where(over, 2 * high, high)
    known = _bisected(low, high, mu[order[knots]], phi, level)
    after = np.searchsorted(knots, np.arange(len(mu)))
    found = np.empty_like(mu)
    found[order] = _bisected(known[np.maximum(after - 1, 0)], known[after] + 1, mu[order], phi, level)
    return found


def _bisected(low: Floats, high: Floats, mu: Floats, phi: float, level: float) -> Floats:
    """Largest count whose tail exceeds ``level``, with that of ``low`` above it and of ``high`` not."""
    low = low.copy()
    high = high.copy()
    open_ = np.flatnonzero(high - low > 1)
    while len(open_):
        middle = np.floor((low[open_] + high[open_]) / 2)
        over = upper_pvalue(middle, mu[open_], phi) > level
        low[open_[over]] = middle[over]
        high[open_[~over]] = middle[~over]
        open_ = open_[high[open_] - low[open_] > 1]
    return low


def _most_likely(x: Floats, mu: Floats, cut: Floats | None, within: tuple[float, float]) -> float:
    def loss(log_phi: float) -> float:
        phi = math.exp(log_phi)
        value = float(log_probability(x, mu, phi).sum())
        if cut is not None:
            value -= float(np.log1p(-upper_pvalue(cut + 1, mu, phi)).sum())
        return -value

    low, high = (math.log(end) for end in within)
    best = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": _STILL / 4})
    return min(max(math.exp(float(best.x)), LOWEST), HIGHEST)

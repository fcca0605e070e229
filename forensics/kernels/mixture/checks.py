"""What a fitted mixture of beta-binomials says of the bands of the share, and how well it is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

from forensics.kernels.beta_binomial import HIGH, LOW, Cells, Mixture, log_joint

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Sizes below this are taken one by one, larger ones by classes of this ratio.
EXACT, RATIO = 20, 1.25
#: Step of the numerical scores, and the widest standard deviation of a parameter's logarithm.
STEP, WIDEST = 1e-4, 2.0


def bands(x: Integers, n: Integers, mixture: Mixture, number: int = 20) -> tuple[Floats, Floats]:
    """Precincts observed and predicted in each of ``number`` equal bands of the share.

    The mixture is one unit's. The prediction is its own, before the precinct's count is looked at: a
    redraw around the count would hide a misfit.
    """
    observed = np.bincount(_band(x, n, number), minlength=number).astype(np.float64)
    size = np.where(n < EXACT, n, EXACT + np.floor(np.log(n / EXACT) / np.log(RATIO))).astype(np.int64)
    _, class_ = np.unique(size, return_inverse=True)
    weight = np.bincount(class_)
    typical = np.rint(np.bincount(class_, n) / weight).astype(np.int64)
    w, a, b = (values[0][:, None] for values in (mixture.w, mixture.a, mixture.b))
    predicted = np.zeros(number)
    for trials, times in zip(typical, weight, strict=True):
        y = np.arange(trials + 1)
        log = gammaln(trials + 1) - gammaln(y + 1) - gammaln(trials - y + 1)
        mass = (w * np.exp(log + betaln(y + a, trials - y + b) - betaln(a, b))).sum(axis=0)
        predicted += times * np.bincount(_band(y, np.asarray(trials), number), mass, number)
    return observed, predicted


def _band(x: Integers, n: Integers, number: int) -> NDArray[np.intp]:
    return np.asarray(np.minimum(number * x // n, number - 1)).astype(np.intp)


def displaced(data: Cells, mixture: Mixture) -> Mixture:
    """One unit's mixture moved half a standard deviation both ways along each principal axis.

    Returns
    -------
    Mixture
        Of 2(3K − 1) units, plus and minus in turn; the sum over axes of the squared differences of
        any function of the mixture is its variance by the uncertainty of the parameters.
    """
    k = mixture.components
    w, a, b = mixture.w[0], mixture.a[0], mixture.b[0]
    centre = np.concatenate([np.log(w[1:] / w[0]), np.log(a), np.log(b)])

    def log_likelihood(point: Floats) -> Floats:
        joint = log_joint(data, *_parameters(point[:, None], k))
        top = joint.max(axis=0)
        return np.asarray(top + np.log(np.exp(joint - top).sum(axis=0)))

    scores = np.array(
        [
            (log_likelihood(centre + step) - log_likelihood(centre - step)) / (2 * STEP)
            for step in np.eye(len(centre)) * STEP
        ]
    )
    information = (scores * data.number) @ scores.T + np.eye(len(centre)) / WIDEST**2
    values, vectors = np.linalg.eigh(information)
    half = 0.5 * vectors / np.sqrt(values)
    points = centre[:, None] + np.stack([half, -half], axis=-1).reshape(len(centre), -1)
    w, a, b = _parameters(points, k)
    return Mixture(w.T, a.T, b.T, np.full(points.shape[1], -np.inf))


def _parameters(points: Floats, k: int) -> tuple[Floats, Floats, Floats]:
    """Weights and parameters (K, U) from log ratios of weights and logarithms (3K − 1, U)."""
    logs = np.concatenate([np.zeros((1, points.shape[1])), points[: k - 1]])
    w = np.exp(logs - logs.max(axis=0))
    rest = np.exp(np.clip(points[k - 1 :], LOW, HIGH))
    return np.maximum(w / w.sum(axis=0), 1e-12), rest[:k], rest[k:]

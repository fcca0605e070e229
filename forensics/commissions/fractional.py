"""M3: fractional logit with the means of each body beside the columns (Papke and Wooldridge 2008)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.regression import Regression
from forensics.kernels.cluster_covariance import quantile, two_sided
from forensics.messages.message import Message, Sentences

Floats = NDArray[np.float64]

SAY = Sentences(
    "fractional",
    no_share="{outcome} is no share between 0 and 1, which a fractional logit is for.",
    failed="the fractional logit did not converge.",
)


@dataclass(frozen=True, slots=True)
class Marginal:
    """Average marginal effect of the exposure, in units of the outcome."""

    coefficient: float
    standard_error: float
    interval: tuple[float, float]
    p: float


def fractional_logit(
    asked: Regression, x: Floats, *, outcome: str, confidence_level: float
) -> Marginal | Message:
    """Quasi-likelihood of a share given exposure, covariates and their means per group.

    The means stand for the groups' intercepts (as they do exactly in a linear model), which would
    be estimated with error and bias the others. Errors are shared within clusters.

    Parameters
    ----------
    asked : Regression
        Of the linear model: rows, groups and clusters.
    x : ndarray of float64, shape (m, k)
        Its columns.
    outcome : str
    confidence_level : float
    """
    y = asked.y
    if y.min() < 0 or y.max() > 1:
        return SAY("no_share", outcome=outcome)
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    scale = x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    columns = (x - x.mean(axis=0)) / scale
    size = np.bincount(asked.group)
    means = np.column_stack(
        [(np.bincount(asked.group, column) / size)[asked.group] for column in columns.T]
    )
    vary = means.std(axis=0) > 1e-9 if asked.fixed_effects else np.zeros(x.shape[1], dtype=bool)
    design = np.column_stack([columns, np.ones(len(y)), means[:, vary]])
    model = GLM(y, design, family=Binomial())
    try:
        found = model.fit(cov_type="cluster", cov_kwds={"groups": asked.cluster}, maxiter=50)
    except (np.linalg.LinAlgError, ValueError):
        return SAY("failed")
    beta, covariance = np.asarray(found.params), np.asarray(found.cov_params())
    if not (found.converged and np.isfinite(beta).all() and np.isfinite(covariance).all()):
        return SAY("failed")
    p = np.asarray(found.fittedvalues)
    slope = p * (1 - p)
    effect = beta[0] * slope.mean() / scale[0]
    gradient = beta[0] * (slope * (1 - 2 * p)) @ design / len(y)
    gradient[0] += slope.mean()
    error = math.sqrt(float(gradient @ covariance @ gradient)) / scale[0]
    freedom = asked.clusters - 1
    half = quantile(freedom, confidence_level) * error
    return Marginal(
        float(effect), float(error), (float(effect - half), float(effect + half)),
        two_sided(effect / error, freedom),
    )  # fmt: skip

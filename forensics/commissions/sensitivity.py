"""How strong what was not observed, or not labelled right, must be to change the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.inference import LEVEL, Inference, infer, influence
from forensics.commissions.material import Material
from forensics.commissions.regression import Regression
from forensics.kernels.fixed_effects import Fit, fit, left_over
from forensics.kernels.matched_pairs import matched_pairs, sign_gamma
from forensics.kernels.misclassification import (
    attenuation,
    share_attenuation,
    simex,
    true_prevalence,
)
from forensics.kernels.robustness import (
    RMAX,
    Moments,
    benchmark,
    oster_coefficients,
    oster_delta,
    partial_r2,
    robustness_value,
)

Floats = NDArray[np.float64]

#: Covariates' strengths that a confounder is compared with.
TIMES = (1.0, 2.0, 3.0)
#: Sensitivity and specificity of loyalty labels that the reference design works through.
LABELS = ((0.9, 0.9), (0.6, 0.9), (0.4, 0.95), (0.3, 0.8))
#: Refits of SIMEX at each degree of extra misclassification.
SIMEX_DRAWS = 20


def sensitivity_of(
    material: Material,
    found: Inference,
    *,
    confidence_level: float,
    members: float | None,
    stream: Callable[[str], np.random.Generator],
) -> dict[str, Any]:
    """Robustness value, benchmarks, Oster's delta, Rosenbaum's Γ, influence and mislabelling.

    Parameters
    ----------
    material : Material
    found : Inference
        Of the headline.
    confidence_level : float
    members : float, optional
        Members of a commission (harmonic mean), for shares of mislabelled members.
    stream : callable
    """
    return {
        "robustness": _robustness(found),
        "benchmarks": _benchmarks(found),
        "oster": _oster(found),
        "rosenbaum": _rosenbaum(found.regression),
        "without_one_cluster": influence(found),
        "mislabelled": _mislabelled(found, members, stream),
        "weighted": _weighted(material, found, confidence_level),
    }


def _robustness(found: Inference) -> dict[str, Any]:
    t, freedom = found.t_classical, found.fitted.freedom
    return {
        "value": robustness_value(t, freedom),
        "value_alpha": robustness_value(t, freedom, level=LEVEL),
        "alpha": LEVEL,
        "partial_r2": partial_r2(t, freedom),
        "t": t,
        "freedom": freedom,
    }


def _benchmarks(found: Inference) -> list[dict[str, Any]]:
    """The coefficient beside a confounder one, two and three times as strong as each covariate."""
    fitted, asked = found.fitted, found.regression
    error = found.errors["classical"]
    if error is None or len(asked.names) < 2:
        return []
    exposure = fit(asked.x[:, 0], asked.x[:, 1:], asked.group, asked.weight)
    result = []
    for place, name in enumerate(asked.names[1:], start=1):
        with_outcome = _partial(fitted.coefficient[place], fitted.bread[place, place], fitted)
        with_exposure = _partial(
            exposure.coefficient[place - 1], exposure.bread[place - 1, place - 1], exposure
        )
        for times in TIMES:
            bound = benchmark(found.coefficient, error, fitted.freedom, with_exposure, with_outcome, times)
            if bound is not None:
                result.append(
                    {
                        "covariate": name,
                        "times": times,
                        "with_exposure": bound.with_exposure,
                        "with_outcome": bound.with_outcome,
                        "adjusted": bound.adjusted,
                    }
                )
    return result


def _partial(coefficient: float, bread: float, fitted: Fit) -> float:
    """Partial R² of one column of a fit."""
    variance = float(fitted.weight @ fitted.residual**2) / max(fitted.freedom, 1)
    if variance <= 0:
        return 1.0
    return partial_r2(float(coefficient) / float(np.sqrt(bread * variance)), fitted.freedom)


def _oster(found: Inference) -> dict[str, Any] | None:
    """Coefficient and R² within groups, without and with the covariates, and Oster's two answers."""
    asked, fitted = found.regression, found.fitted
    if len(asked.names) < 2:
        return None
    short = fit(asked.y, asked.x[:, :1], asked.group, asked.weight)
    mass = float(fitted.weight.sum())
    moments = Moments(
        short=float(short.coefficient[0]),
        full=found.coefficient,
        r2_short=short.r_squared,
        r2_full=fitted.r_squared,
        r2_most=min(1.0, RMAX * fitted.r_squared),
        outcome=float(fitted.weight @ fitted.y**2) / mass,
        exposure=float(fitted.weight @ fitted.x[:, 0] ** 2) / mass,
        left=float(fitted.weight @ left_over(fitted, 0) ** 2) / mass,
    )
    return {
        "delta": oster_delta(moments),
        "coefficients_at_1": list(oster_coefficients(moments)),
        "coefficient_without_covariates": moments.short,
        "r2_without_covariates": moments.r2_short,
        "r2": moments.r2_full,
        "r2_max": moments.r2_most,
    }


def _rosenbaum(asked: Regression) -> dict[str, Any] | None:
    """Pairs of a higher and a lower composition within groups, alike in the covariates."""
    exposure = asked.x[:, 0]
    if _two_values(exposure):
        treated = exposure > exposure.min()
    else:
        middle = _group_median(exposure, asked.group)
        treated = exposure > middle
    covariates = asked.x[:, 1:]
    scale = covariates.std(axis=0) if covariates.shape[1] else np.ones(0)
    one, other = matched_pairs(treated, covariates / np.where(scale > 0, scale, 1.0), asked.group)
    difference = asked.y[one] - asked.y[other]
    untied = int(np.count_nonzero(difference))
    if not untied:
        return None
    positive = int((difference > 0).sum())
    more = max(positive, untied - positive)
    return {
        "gamma": sign_gamma(more, untied, level=LEVEL / 2),
        "pairs": len(one),
        "higher": positive,
        "ties": len(one) - untied,
        "level": LEVEL,
    }


def _two_values(exposure: Floats) -> bool:
    """Whether a measure takes two values only."""
    return len(np.unique(exposure)) == 2


def _group_median(values: Floats, group: NDArray[np.intp]) -> Floats:
    order = np.lexsort((values, group))
    count = np.bincount(group)
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    ordered = values[order]
    middle = (ordered[first + (count - 1) // 2] + ordered[first + count // 2]) / 2
    return np.asarray(middle[group])


def _mislabelled(
    found: Inference, members: float | None, stream: Callable[[str], np.random.Generator]
) -> list[dict[str, Any]]:
    """What the coefficient would be if labels of loyalty were wrong as often as stated."""
    asked = found.regression
    exposure = asked.x[:, 0]
    binary = _two_values(exposure) and exposure.min() == 0 and exposure.max() == 1
    labelled = float(exposure.mean())
    if exposure.min() < 0 or exposure.max() > 1:
        return []
    within = float((found.fitted.x[:, 0] ** 2).mean())

    def refitted(labels: Floats) -> float:
        x = np.column_stack([labels, asked.x[:, 1:]])
        return float(fit(asked.y, x, asked.group, asked.weight).coefficient[0])

    result = []
    for sensitivity, specificity in LABELS:
        factor: float | None = None
        corrected: float | None = None
        if binary:
            share = true_prevalence(labelled, sensitivity, specificity)
            if share is not None and 0 < share < 1:
                factor = attenuation(share, sensitivity, specificity)
                corrected = simex(
                    refitted, exposure, sensitivity, specificity,
                    draws=SIMEX_DRAWS, rng=stream(f"simex {sensitivity} {specificity}"),
                )  # fmt: skip
        elif members is not None:
            factor = share_attenuation(within, labelled, members, sensitivity, specificity)
        result.append(
            {
                "sensitivity": sensitivity,
                "specificity": specificity,
                "attenuation": factor,
                "corrected": found.coefficient / factor if factor else None,
                "simex": corrected,
            }
        )
    return result


def _weighted(material: Material, found: Inference, confidence_level: float) -> dict[str, Any] | None:
    """The headline with precincts weighted by their registered voters."""
    if not material.has("log_registered"):
        return None
    asked = found.regression
    weight = np.exp(material.column("log_registered")[asked.rows])
    if not np.isfinite(weight).all():
        return None
    again = infer(
        material,
        replace(asked, weight=weight),
        confidence_level=confidence_level,
    )
    return {
        "coefficient": again.coefficient,
        "interval": None if again.interval is None else list(again.interval),
    }

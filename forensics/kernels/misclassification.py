"""What mislabelled members do to a coefficient: attenuation, and SIMEX for a 0/1 exposure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Extra misclassification, in units of what is there, at which SIMEX refits (Küchenhoff et al. 2006).
ZETAS = (0.5, 1.0, 1.5, 2.0)


def attenuation(prevalence: float, sensitivity: float, specificity: float) -> float:
    """Factor by which labels shrink the coefficient of a 0/1 exposure: PPV + NPV − 1.

    Parameters
    ----------
    prevalence : float
        True share of the exposed, in (0, 1).
    sensitivity, specificity : float
        P(labelled | exposed) and P(not labelled | not exposed).
    """
    labelled = prevalence * sensitivity + (1 - prevalence) * (1 - specificity)
    if not 0 < labelled < 1:
        return 0.0
    ppv = prevalence * sensitivity / labelled
    npv = (1 - prevalence) * specificity / (1 - labelled)
    return ppv + npv - 1


def true_prevalence(labelled: float, sensitivity: float, specificity: float) -> float | None:
    """Share of the exposed from the share labelled (Rogan and Gladen 1978); ``None`` outside [0, 1]."""
    informed = sensitivity + specificity - 1
    if informed <= 0:
        return None
    share = (labelled + specificity - 1) / informed
    return share if 0 <= share <= 1 else None


def share_attenuation(
    variance: float, labelled: float, members: float, sensitivity: float, specificity: float
) -> float | None:
    """The same factor for the share of a commission's members, each mislabelled independently.

    Parameters
    ----------
    variance : float
        Of the labelled share (within groups, where there are intercepts).
    labelled : float
        Its mean.
    members : float
        Members of a commission (harmonic mean).
    sensitivity, specificity : float

    Returns
    -------
    float or None
        ``None`` where such labels would vary more than these do: they cannot be so wrong.
    """
    share = true_prevalence(labelled, sensitivity, specificity)
    if share is None or variance <= 0:
        return None
    noise = share * sensitivity * (1 - sensitivity) + (1 - share) * specificity * (1 - specificity)
    signal = variance - noise / members
    return signal / ((sensitivity + specificity - 1) * variance) if signal > 0 else None


def simex(
    estimate: Callable[[Floats], float],
    exposure: Floats,
    sensitivity: float,
    specificity: float,
    *,
    draws: int,
    rng: np.random.Generator,
    zetas: Sequence[float] = ZETAS,
) -> float | None:
    """A coefficient extrapolated to labels without error: MC-SIMEX with a quadratic.

    Labels are made worse by the power ζ of the misclassification matrix, the coefficient is
    estimated each time, and its course is followed back to ζ = −1.

    Parameters
    ----------
    estimate : callable
        Coefficient given the labels.
    exposure : ndarray of float64, shape (n,)
        0 or 1.
    sensitivity, specificity : float
        Their sum above 1.
    draws : int
        Refits at each ζ.
    rng : Generator
    zetas : sequence of float

    Returns
    -------
    float or None
        ``None`` where labels tell nothing.
    """
    if sensitivity + specificity <= 1:
        return None
    matrix = np.array([[specificity, 1 - sensitivity], [1 - specificity, sensitivity]])
    value, vector = np.linalg.eig(matrix)
    at, found = [0.0], [estimate(exposure)]
    labelled = exposure > 0.5
    for zeta in zetas:
        power = np.real(vector @ np.diag(value**zeta) @ np.linalg.inv(vector))
        chance = np.where(labelled, power[1, 1], power[1, 0])
        drawn = [estimate((rng.random(len(exposure)) < chance).astype(np.float64)) for _ in range(draws)]
        at.append(zeta)
        found.append(float(np.mean(drawn)))
    return float(np.polyval(np.polyfit(at, found, 2), -1.0))

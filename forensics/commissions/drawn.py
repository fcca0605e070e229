"""Outcomes that are estimates: one fit per posterior draw, combined after Rubin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.association import SAY, Association
from forensics.commissions.inference import Inference
from forensics.commissions.study import FEW_CLUSTERS
from forensics.errors import ConfigError
from forensics.kernels.cluster_covariance import crv1, crv3, detectable, two_sided
from forensics.kernels.pooling import rubin

Floats = NDArray[np.float64]


def over_draws(association: Association, found: Inference, draws: Floats) -> Association:
    """The association with the uncertainty of its outcome.

    Parameters
    ----------
    association : Association
        Of the outcome's mean.
    found : Inference
    draws : ndarray of float64, shape (m, draws)
        The outcome of the regression's rows in every draw.

    Raises
    ------
    ConfigError
        If a draw is missing.

    Notes
    -----
    The wild bootstrap and the permutations stay those of the mean: they test that there is no
    association at all, which the noise of the outcome does not bias.
    """
    if not np.isfinite(draws).all():
        rows = int((~np.isfinite(draws)).any(axis=1).sum())
        raise ConfigError(
            f"draws of {association.outcome!r} are missing in {rows:,} of the precincts whose outcome is "
            "known; give every draw of a precinct, or none"
        )
    few = found.cells.clusters < FEW_CLUSTERS
    covariance = crv3 if few and found.error == "CRV3" else crv1
    fits = [found.regression.fit(draw) for draw in draws.T]
    estimate = np.array([float(one.coefficient[0]) for one in fits])
    error = np.array([np.sqrt(covariance(one, found.cells)[0, 0]) for one in fits])
    if not np.isfinite(error).all():
        return association
    combined = rubin(
        estimate, error, found.cells.clusters - 1, confidence_level=association.confidence_level
    )
    return replace(
        association,
        coefficient=combined.value,
        standard_error=combined.standard_error,
        interval=(combined.low, combined.high),
        p_cluster=two_sided(combined.value / combined.standard_error, combined.freedom),
        mde=detectable(combined.standard_error, combined.freedom),
        notes=(*association.notes, SAY("draws", share=combined.share_between, n=len(fits))),
        detail={**association.detail, "draws": len(fits), "share_between": combined.share_between},
    )

"""From a study, scores and measures to its associations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.commissions.answering import Answer
from forensics.commissions.association import Association, Associations, NotEstimated
from forensics.commissions.families import adjusted
from forensics.commissions.inference import Inference
from forensics.commissions.material import Material, material_of
from forensics.commissions.models import Question
from forensics.commissions.study import Study
from forensics.commissions.variation import Variation, variation_of
from forensics.errors import ConfigError
from forensics.messages.message import Sentences

Floats = NDArray[np.float64]

WHY = Sentences("relating", absent="no commission has a value of {exposure} under this coding.")


def associations_of(
    scores: pd.DataFrame,
    measures: pd.DataFrame | Mapping[str, pd.DataFrame],
    study: Study,
    *,
    levels: Sequence[str],
    appointed_by: str | None = None,
    draws: Mapping[str, Floats] | None = None,
    members: float | None = None,
) -> Associations:
    """Relate outcomes of precincts to the composition of their commissions.

    Parameters
    ----------
    scores : DataFrame
        Indexed by the row numbers of the returns: level columns, outcomes (``turnout``, ``share``,
        a detector's residual by its id), ``previous:<outcome>``, covariates (``log_registered``, …),
        and places (``lat``, ``lon``, ``building``) where there are any. Frozen before rosters are
        looked at.
    measures : DataFrame or mapping of coding to DataFrame
        Indexed by the same row numbers, a column per measure, NaN where there is no roster.
    study : Study
        What is asked, declared beforehand.
    levels : sequence of str
        Level columns from the top down.
    appointed_by : str, optional
        Level whose commissions appoint; by default the first above the precinct.
    draws : mapping of outcome to ndarray of shape (n, draws), optional
        Posterior draws of estimated outcomes, in the order of the rows of ``scores``.
    members : float, optional
        Members of a commission (harmonic mean): what mislabelled members do to a share depends on it.

    Returns
    -------
    Associations
        For every pair of outcome and exposure and every coding the headline and the other models;
        what could not be estimated is in ``skipped``.

    Raises
    ------
    ConfigError
        If a level, covariate or column cannot be used, or the rows do not belong together.
    """
    material = material_of(scores, measures, levels=levels, appointed_by=appointed_by)
    _check(material, study, draws or {})
    items: list[Association] = []
    skipped: list[NotEstimated] = []
    headlines: list[Inference | None] = []
    for outcome in study.outcomes:
        for exposure in study.exposures:
            variations = _variations(material, exposure)
            for coding in material.measures:
                asked = Question(outcome, exposure, coding)
                if coding not in variations:
                    skipped.append(
                        NotEstimated(outcome, exposure, coding, "", WHY("absent", exposure=exposure))
                    )
                    continue
                answer = Answer(material, study, variations, asked, (draws or {}).get(outcome), members)
                for association, found in answer.all():
                    items.append(association)
                    headlines.append(found if association.headline else None)
                skipped += answer.skipped
    return Associations(adjusted(items, headlines), skipped, study.to_dict(), study.digest)


def _check(material: Material, study: Study, draws: Mapping[str, Floats]) -> None:
    for name in ("fixed_effects", "cluster"):
        level = getattr(study, name)
        if level is not None and level not in material.levels:
            raise ConfigError(f"{level!r} is no level; the levels are {', '.join(material.levels)}")
    for outcome in study.outcomes:
        material.column(outcome)
    # What is taken by default may be missing, and then is said to be; what was named may not.
    taken = ("log_registered",)
    asked = (*study.covariates, *study.pre_appointment, *study.satellites)
    for name in (*asked, *((study.support,) if study.support else ())):
        if name not in taken:
            material.column(name)
    for exposure in (*study.exposures, *study.officers):
        if not any(exposure in frame.columns for frame in material.measures.values()):
            for coding in material.measures:
                material.exposure(exposure, coding)
    for outcome, drawn in draws.items():
        if drawn.ndim != 2 or drawn.shape[0] != len(material) or drawn.shape[1] < 2:
            raise ConfigError(
                f"draws of {outcome!r} are of shape {drawn.shape}; they are of {len(material)} rows and at "
                "least 2 draws"
            )


def _variations(material: Material, exposure: str) -> dict[str, Variation]:
    """Where the exposure varies, by coding; codings that do not know it are left out."""
    return {
        coding: variation_of(material, material.exposure(exposure, coding))
        for coding, frame in material.measures.items()
        if exposure in frame.columns and frame[exposure].notna().any()
    }

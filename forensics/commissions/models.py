"""The linear models of the design: M0, M1, M2, M5 and M6 as regressions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.commissions.material import PREVIOUS, Material
from forensics.commissions.regression import Regression, regression
from forensics.commissions.study import Study
from forensics.commissions.variation import Variation
from forensics.messages.message import Message, Sentences

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Between the names of two columns that are multiplied.
PRODUCT = " × "
#: Measures of one commission's officers, by the class that follows the colon.
OFFICERS = ("chair", "deputy", "secretary")
#: The same under a coding, and whether the aligned blocs have the majority of votes.
ALIGNED = ("chair_aligned", "secretary_aligned")
MAJORITY = "aligned_majority"

SAY = Sentences(
    "models",
    same="M0 and M1 have the same intercepts, so they are one model.",
    no_lag="no {column}: the same precincts in the election before are not known.",
    absorbed="{exposure} is constant within each {level}: intercepts per {level} leave nothing to compare.",
    no_officers="fewer than two measures of officers under one class stand beside {exposure}.",
    no_venue="no column {column} that names the building of a precinct.",
    no_shared="no two precincts share a building.",
)


@dataclass(frozen=True, slots=True)
class Question:
    """One outcome on one exposure under one coding."""

    outcome: str
    exposure: str
    coding: str

    @property
    def key(self) -> str:
        """A name for random streams."""
        return f"{self.outcome}|{self.exposure}|{self.coding}"


def model_of(
    material: Material, study: Study, variation: Variation, asked: Question, model: str
) -> Regression | Message:
    """The regression of a linear model, or why there is none.

    Parameters
    ----------
    material : Material
    study : Study
    variation : Variation
        Of the exposure.
    asked : Question
    model : {"M0", "M1", "M2", "M5", "M6"}
        M0 an intercept per top-level unit; M1 per appointing body; M2 with the outcome and the
        support of the election before; M5 the officers and their products together; M6 an intercept
        per building.
    """
    # A level that the study names stands for that of the headline, whichever model it is.
    named = study.fixed_effects if model != "M0" or variation.model == "M0" else None
    level = named or _groups(material, variation, model)
    if model == "M0" and variation.model == "M1" and level == (study.fixed_effects or material.body):
        return SAY("same")
    if model == "M1" and variation.model != "M1" and not study.fixed_effects:
        return SAY("absorbed", exposure=asked.exposure, level=material.body)
    columns = [(asked.exposure, material.exposure(asked.exposure, asked.coding))]
    columns += [(name, material.column(name)) for name in _covariates(study, asked) if material.has(name)]
    group: Codes | None = None
    products: tuple[str, ...] = ()
    if model == "M2":
        lags = dict.fromkeys((PREVIOUS + asked.outcome, study.support or PREVIOUS + "share"))
        known = [name for name in lags if material.has(name)]
        if PREVIOUS + asked.outcome not in known:
            return SAY("no_lag", column=PREVIOUS + asked.outcome)
        columns += [(name, material.column(name)) for name in known]
    elif model == "M5":
        officers = _officers(material, study, asked)
        if len(officers) < 2:
            return SAY("no_officers", exposure=asked.exposure)
        columns[1:1] = _with_products(material, asked, officers)
        products = tuple(name for name, _ in columns if PRODUCT in name)
    elif model == "M6":
        if study.venue not in material.scores.columns:
            return SAY("no_venue", column=study.venue)
        group = _venues(material, study.venue)
        if not (np.bincount(group[group >= 0], minlength=1) > 1).any():
            return SAY("no_shared")
    return regression(
        material,
        material.column(asked.outcome),
        columns,
        fixed_effects=study.venue if model == "M6" else level,
        cluster=study.cluster or variation.cluster,
        outcome=asked.outcome,
        group=group,
        products=products,
    )


def _groups(material: Material, variation: Variation, model: str) -> str | None:
    """The level with intercepts: the top level in M0, else that of the headline."""
    if model == "M0":
        return material.top if variation.varies_by != material.top else None
    return variation.fixed_effects


def _covariates(study: Study, asked: Question) -> tuple[str, ...]:
    """The declared covariates without the outcome itself (a placebo may be one of them)."""
    return tuple(name for name in study.covariates if name not in (asked.outcome, asked.exposure))


def _officers(material: Material, study: Study, asked: Question) -> tuple[str, ...]:
    """Measures of the officers that enter together, the exposure among them."""
    frame = material.measures[asked.coding]
    if study.officers:
        named = study.officers
    else:
        office, _, kind = asked.exposure.partition(":")
        if asked.exposure in ALIGNED:
            named = (*ALIGNED, MAJORITY)
        elif office in OFFICERS and kind:
            named = (*(f"{other}:{kind}" for other in OFFICERS), MAJORITY)
        else:
            return ()
    there = [name for name in named if name in frame.columns and frame[name].notna().any()]
    return tuple(dict.fromkeys((asked.exposure, *there)))


def _with_products(
    material: Material, asked: Question, officers: tuple[str, ...]
) -> list[tuple[str, Floats]]:
    """The other officers, and products of each two of them about their means."""
    values = {name: material.exposure(name, asked.coding) for name in officers}
    columns = [(name, values[name]) for name in officers if name != asked.exposure]
    # About the means, so that the coefficient of one officer is that beside average others.
    centred = {name: v - np.nanmean(v) for name, v in values.items()}
    columns += [
        (one + PRODUCT + other, centred[one] * centred[other]) for one, other in combinations(officers, 2)
    ]
    return columns


def _venues(material: Material, column: str) -> Codes:
    """Code of the building of each row within its top-level unit, −1 where it has no name."""
    named = material.scores[column]
    codes = np.full(len(material), -1, dtype=np.intp)
    top = material.codes[material.top]
    known = (named.notna() & (named.astype("str").str.strip() != "")).to_numpy() & (top >= 0)
    if known.any():
        keys = pd.MultiIndex.from_arrays([top[known], named[known].astype("str")])
        codes[known] = pd.factorize(keys, sort=True)[0]
    return codes

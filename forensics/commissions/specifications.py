"""The specification curve: every defensible choice at once, in order of the coefficient."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.inference import Inference, infer
from forensics.commissions.material import PREVIOUS, Material
from forensics.commissions.models import Question
from forensics.commissions.regression import regression
from forensics.commissions.study import Study
from forensics.commissions.variation import Variation
from forensics.messages.message import Message

Floats = NDArray[np.float64]

#: Covariates of which all subsets are tried; more of them enter all together or not at all.
SUBSETS = 3
#: Registered voters below which a precinct is left out in one half of the specifications.
SMALL = 100
#: Share of outcomes at each end that is left out in one of the specifications.
TRIMMED = 0.01
WEIGHTS, ROWS = ("none", "registered"), ("all", f"registered >= {SMALL}", "trimmed")


@dataclass(frozen=True, slots=True)
class Specification:
    """One set of choices and what it gives."""

    coding: str
    fixed_effects: str
    covariates: tuple[str, ...]
    weights: str
    rows: str
    coefficient: float
    interval: tuple[float, float] | None
    n: int
    headline: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "coding": self.coding or None,
            "fixed_effects": self.fixed_effects or None,
            "covariates": list(self.covariates),
            "weights": self.weights,
            "rows": self.rows,
            "coefficient": self.coefficient,
            "interval": None if self.interval is None else list(self.interval),
            "n": self.n,
            "headline": self.headline,
        }


def specifications_of(
    material: Material,
    study: Study,
    variations: dict[str, Variation],
    asked: Question,
    headline: Inference,
) -> tuple[Specification, ...]:
    """Coefficients under every coding, set of intercepts, subset of covariates, weighting and rows.

    Parameters
    ----------
    material : Material
    study : Study
    variations : dict of coding to Variation
        Of this exposure; codings without the measure are absent.
    asked : Question
    headline : Inference
        Marked in the curve; its clusters are used throughout.
    """
    y = material.column(asked.outcome)
    weight = np.exp(material.column("log_registered")) if material.has("log_registered") else None
    cluster = headline.regression.cluster_level
    found = []
    for coding, variation in variations.items():
        exposure = (asked.exposure, material.exposure(asked.exposure, coding))
        for level in _levels(material, variation):
            for names in _subsets(material, study, asked):
                columns = [exposure, *((name, material.column(name)) for name in names)]
                for weights in WEIGHTS[: 1 + (weight is not None)]:
                    for rows in ROWS:
                        kept = _kept(y, weight, rows)
                        if kept is None:
                            continue
                        own = regression(
                            material,
                            y,
                            columns,
                            fixed_effects=level,
                            cluster=cluster,
                            outcome=asked.outcome,
                            weight=weight if weights == "registered" else None,
                            kept=kept,
                        )
                        if isinstance(own, Message):
                            continue
                        result = infer(material, own, confidence_level=study.confidence_level)
                        found.append(
                            Specification(
                                coding=coding,
                                fixed_effects=level or "",
                                covariates=names,
                                weights=weights,
                                rows=rows,
                                coefficient=result.coefficient,
                                interval=result.interval,
                                n=len(own.y),
                                headline=_same(own.names, headline)
                                and (coding, weights, rows) == (asked.coding, "none", "all")
                                and level == headline.regression.fixed_effects,
                            )
                        )
    return tuple(sorted(found, key=lambda item: item.coefficient))


def _levels(material: Material, variation: Variation) -> tuple[str | None, ...]:
    """One intercept, an intercept per top-level unit, one per body: those that leave something."""
    several = len(material.names[material.top]) > 1
    top = material.top if several and variation.varies_by != material.top else None
    return tuple(dict.fromkeys((None, top, variation.fixed_effects)))


def _subsets(material: Material, study: Study, asked: Question) -> list[tuple[str, ...]]:
    names = [n for n in study.covariates if material.has(n) and n != asked.outcome]
    lag = PREVIOUS + asked.outcome
    if material.has(lag):
        names.append(lag)
    if len(names) > SUBSETS:
        return [(), tuple(names)]
    return [chosen for k in range(len(names) + 1) for chosen in combinations(names, k)]


def _kept(y: Floats, registered: Floats | None, rows: str) -> NDArray[np.bool_] | None:
    if rows == ROWS[0]:
        return np.ones(len(y), dtype=bool)
    if rows == ROWS[1]:
        if registered is None:
            return None
        with np.errstate(invalid="ignore"):
            # The size comes back from its logarithm.
            return np.asarray(registered > SMALL - 0.5)
    known = y[np.isfinite(y)]
    if not len(known):
        return None
    low, high = np.quantile(known, (TRIMMED, 1 - TRIMMED))
    with np.errstate(invalid="ignore"):
        return np.asarray((y >= low) & (y <= high))


def _same(names: tuple[str, ...], headline: Inference) -> bool:
    return names == headline.regression.names

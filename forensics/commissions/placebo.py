"""Outcomes that today's composition cannot have moved: what they say about selection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forensics.commissions.inference import LEVEL, Inference, infer
from forensics.commissions.material import PREVIOUS, RESIDUAL, Material
from forensics.commissions.models import Question, model_of
from forensics.commissions.study import Study
from forensics.commissions.variation import Variation
from forensics.messages.message import Message, Sentences

#: Kinds of placebos.
PREVIOUS_ELECTION, PRE_APPOINTMENT, SATELLITE, PERMUTED = (
    "previous_election",
    "pre_appointment",
    "satellite",
    "permuted",
)

_POINTS = "{coefficient:+.2f} percentage points per unit, {low:+.2f} to {high:+.2f}; p = {p:.2g}"
_UNITS = "{coefficient:+.3g} per unit, {low:+.3g} to {high:+.3g}; p = {p:.2g}"
_SELECTION = (
    "Selection: {exposure} of today also goes with {outcome} of the election before (%s). Unless the same "
    "commissions sat then, they cannot have moved it: such commissions may have been appointed where the "
    "result was delivered, and the association of today must not be read as their effect."
)
_OTHER = (
    "Placebo: {exposure} also goes with {outcome} (%s), which these commissions cannot have moved or had "
    "no reason to move: precincts differ in more than their commissions."
)
SAY = Sentences(
    "placebo",
    selection=_SELECTION % _POINTS,
    selection_units=_SELECTION % _UNITS,
    other=_OTHER % _POINTS,
    other_units=_OTHER % _UNITS,
    held="The model holds it fixed, but not what goes with it.",
)


@dataclass(frozen=True, slots=True)
class Placebo:
    """The coefficient of an outcome that composition cannot have moved; 0 where nothing selects.

    For ``permuted`` it is the mean over permuted compositions with the middle 95 % of them;
    ``rejected`` is how often clustered errors call a permuted composition different from 0.
    ``points`` says whether the outcome is a share, so that print shows percentage points.
    """

    kind: str
    outcome: str
    coefficient: float
    interval: tuple[float, float] | None
    p: float | None
    rejected: float | None = None
    points: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The entry of ``placebo``."""
        written: dict[str, Any] = {
            "kind": self.kind,
            "coefficient": self.coefficient,
            "interval": None if self.interval is None else list(self.interval),
            "p": self.p,
            "outcome": self.outcome,
        }
        return written if self.rejected is None else written | {"rejected": self.rejected}


def placebos_of(
    material: Material,
    study: Study,
    variation: Variation,
    asked: Question,
    headline: Inference,
    stream: Callable[[str], np.random.Generator],
) -> tuple[Placebo, ...]:
    """Every placebo that these scores allow, with the model and the inference of the headline."""
    before = PREVIOUS + asked.outcome.removeprefix(RESIDUAL)
    outcomes = [(PREVIOUS_ELECTION, before)]
    outcomes += [(PRE_APPOINTMENT, name) for name in study.pre_appointment]
    outcomes += [(SATELLITE, name) for name in study.satellites]
    found: list[Placebo] = []
    for kind, name in outcomes:
        if not material.has(name) or name == asked.outcome:
            continue
        regression = model_of(material, study, variation, replace(asked, outcome=name), variation.model)
        if isinstance(regression, Message):
            continue
        result = infer(
            material,
            regression,
            confidence_level=study.confidence_level,
            wild=study.wild,
            stream=stream,
        )
        points = material.is_share(name)
        found.append(Placebo(kind, name, result.coefficient, result.interval, result.p, points=points))
    permuted = headline.over_permutations()
    if permuted is not None:
        low, high = permuted["interval"]
        found.append(
            Placebo(
                PERMUTED, asked.outcome, permuted["mean"], (low, high), None, permuted["rejected"],
                material.is_share(asked.outcome),
            )
        )  # fmt: skip
    return tuple(found)


def warning_of(
    found: tuple[Placebo, ...], asked: Question, covariates: tuple[str, ...]
) -> tuple[Message, ...]:
    """Sentences that have to stand beside the headline; empty where no placebo departs from 0.

    ``covariates`` are those of the model. The election before is held to p ≤ .05; the other placebos
    share that level between them.
    """
    others = [item for item in found if item.kind in (PRE_APPOINTMENT, SATELLITE)]
    warnings = []
    for item in found:
        limit = LEVEL if item.kind == PREVIOUS_ELECTION else LEVEL / max(len(others), 1)
        if item.p is None or item.p > limit or item.interval is None:
            continue
        name = "selection" if item.kind == PREVIOUS_ELECTION else "other"
        scale = 100 if item.points else 1
        warnings.append(
            SAY(
                name if item.points else f"{name}_units",
                exposure=asked.exposure,
                outcome=item.outcome.removeprefix(PREVIOUS),
                coefficient=scale * item.coefficient,
                low=scale * item.interval[0],
                high=scale * item.interval[1],
                p=item.p,
            )
        )
        if item.outcome in covariates:
            warnings.append(SAY("held"))
    return tuple(warnings)

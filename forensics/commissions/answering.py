"""One question in every model: the headline with everything, the others with their errors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.commissions.association import SAY, Association, NotEstimated
from forensics.commissions.association_pictures import (
    binned_scatter,
    regional_forest,
    sensitivity_contour,
    specification_curve,
)
from forensics.commissions.drawn import over_draws
from forensics.commissions.fractional import SAY as FRACTIONAL
from forensics.commissions.fractional import fractional_logit
from forensics.commissions.inference import Inference, infer
from forensics.commissions.material import Material
from forensics.commissions.missing import missing_of
from forensics.commissions.models import Question, model_of
from forensics.commissions.nearby import nearby_of
from forensics.commissions.placebo import placebos_of, warning_of
from forensics.commissions.regional import regions_of
from forensics.commissions.regression import Regression
from forensics.commissions.sensitivity import sensitivity_of
from forensics.commissions.specifications import specifications_of
from forensics.commissions.study import FEW_CLUSTERS, Study
from forensics.commissions.variation import Variation
from forensics.kernels.cluster_covariance import detectable
from forensics.messages.message import Message, Sentences

Floats = NDArray[np.float64]
Stream = Callable[[str], np.random.Generator]

WHY = Sentences("answering", constant="{exposure} is the same in all commissions.")


def stream_of(seed: int, key: str) -> Stream:
    """Random numbers by purpose: the same for a question whatever else is asked."""

    def stream(purpose: str) -> np.random.Generator:
        # Multipliers of clusters are common to all questions, so that they can be adjusted together.
        text = f"{seed}|{purpose}" if purpose.startswith("wild") else f"{seed}|{key}|{purpose}"
        return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))

    return stream


class Answer:
    """The models of one question."""

    def __init__(
        self,
        material: Material,
        study: Study,
        variations: dict[str, Variation],
        asked: Question,
        draws: Floats | None,
        members: float | None,
    ) -> None:
        self.material, self.study, self.asked = material, study, asked
        self.draws, self.members = draws, members
        self.variations, self.variation = variations, variations[asked.coding]
        self.stream = stream_of(study.seed, asked.key)
        self.skipped: list[NotEstimated] = []
        self.points = material.is_share(asked.outcome)

    def all(self) -> list[tuple[Association, Inference | None]]:
        """The headline first, with the pictures of all, then the other models in their order."""
        if self.variation.varies_by == "constant":
            self._skip("", WHY("constant", exposure=self.asked.exposure))
            return []
        first = self.variation.model
        regression = self._regression(first)
        if regression is None:
            return []
        found = self._infer(regression, permutations=self.study.permutations)
        result: list[tuple[Association, Inference | None]] = [(self._headline(found, first), found)]
        for model in self.study.models:
            if model == first:
                continue
            if model == "M3":
                association = self._fractional(regression)
            elif model == "M4":
                association = self._regional(regression)
            else:
                own = self._regression(model)
                association = None if own is None else self._plain(self._infer(own), model)
            if association is not None:
                result.append((association, None))
        return _together(result)

    def _skip(self, model: str, reason: Message) -> None:
        self.skipped.append(
            NotEstimated(self.asked.outcome, self.asked.exposure, self.asked.coding, model, reason)
        )

    def _regression(self, model: str) -> Regression | None:
        own = model_of(self.material, self.study, self.variation, self.asked, model)
        if isinstance(own, Message):
            self._skip(model, own)
            return None
        return own

    def _infer(self, own: Regression, *, permutations: int = 0) -> Inference:
        study = self.study
        return infer(
            self.material,
            own,
            confidence_level=study.confidence_level,
            wild=study.wild,
            permutations=permutations,
            stream=self.stream,
        )

    def _plain(self, found: Inference, model: str) -> Association:
        """A linear model with its errors."""
        asked, own = self.asked, found.regression
        groups = f"a {own.fixed_effects}" if own.fixed_effects else ""
        association = Association(
            outcome=asked.outcome,
            exposure=asked.exposure,
            coding=asked.coding,
            model=model,
            null=SAY("null", groups=groups, exposure=asked.exposure, outcome=asked.outcome)
            if groups
            else SAY("null_all", exposure=asked.exposure, outcome=asked.outcome),
            coefficient=found.coefficient,
            standard_error=found.standard_error,
            interval=found.interval,
            n=len(own.y),
            clusters=found.cells.clusters,
            p_cluster=found.p_cluster,
            p_wild=found.p_wild,
            p_permutation=found.p_permutation,
            mde=found.mde,
            fixed_effects=own.fixed_effects or "",
            cluster=own.cluster_level,
            error=found.error,
            deviation=float(np.sqrt((found.fitted.x[:, 0] ** 2).mean())),
            points=self.points,
            confidence_level=self.study.confidence_level,
            notes=(*_notes(found), *self._unknown()),
            detail={"errors": found.errors, "covariates": list(own.names[1:])},
        )
        if self.draws is None:
            return association
        return over_draws(association, found, self.draws[own.rows])

    def _headline(self, found: Inference, model: str) -> Association:
        material, study, asked = self.material, self.study, self.asked
        association = self._plain(found, model)
        placebo = placebos_of(material, study, self.variation, asked, found, self.stream)
        sensitivity = sensitivity_of(
            material,
            found,
            confidence_level=study.confidence_level,
            members=self.members,
            stream=self.stream,
        )
        sensitivity["missing"] = missing_of(material, found, asked, confidence_level=study.confidence_level)
        sensitivity["nearby"] = nearby_of(material, found, self.stream)
        curve = specifications_of(material, study, self.variations, asked, found)
        sensitivity["specifications"] = [item.to_dict() for item in curve]
        robustness = sensitivity["robustness"]
        notes = [*association.notes, *self._where()]
        if self.points:
            notes.append(
                SAY(
                    "typical",
                    effect=100 * association.coefficient * association.deviation,
                    deviation=association.deviation,
                    exposure=asked.exposure,
                    groups=association.fixed_effects or "the country",
                )
            )
        notes += _coverage(sensitivity["missing"], self.points)
        notes.append(SAY("robustness", value=robustness["value"], alpha=robustness["value_alpha"]))
        primary = (asked.outcome, asked.exposure) == study.primary
        first = next(iter(material.measures)) == asked.coding
        pictures = (
            binned_scatter(asked, found, self.points),
            specification_curve(asked, curve, self.points),
            sensitivity_contour(asked, found, sensitivity["benchmarks"], self.points),
        )
        return replace(
            association,
            headline=True,
            primary=primary and first,
            robustness_value=robustness["value"],
            placebo=placebo,
            warning=warning_of(placebo, asked, found.regression.names),
            notes=tuple(notes),
            detail={
                **association.detail,
                "variation": self.variation.to_dict(),
                "sensitivity": sensitivity,
            },
            pictures=tuple(picture for picture in pictures if picture is not None),
        )

    def _unknown(self) -> tuple[Message, ...]:
        """Covariates of the study that these precincts do not have."""
        absent = [name for name in self.study.covariates if not self.material.has(name)]
        return (SAY("unknown_covariates", names=", ".join(absent)),) if absent else ()

    def _plug_in(self) -> tuple[Message, ...]:
        """What a model says that does not carry the error of an estimated outcome."""
        return () if self.draws is None else (SAY("plug_in"),)

    def _where(self) -> tuple[Message, ...]:
        """What it means that composition does not vary within the appointing bodies."""
        variation, body = self.variation, self.material.body
        if variation.model == "M1":
            return ()
        words = {"exposure": self.asked.exposure, "body": body, "cluster": variation.cluster}
        if variation.fixed_effects is None:
            return (SAY("headless", exposure=self.asked.exposure, cluster=variation.cluster),)
        return (SAY("whole", groups=f"an intercept per {variation.fixed_effects}", **words),)

    def _fractional(self, linear: Regression) -> Association | None:
        if not self.points or self.material.column(self.asked.outcome)[linear.rows].min() < 0:
            self._skip("M3", FRACTIONAL("no_share", outcome=self.asked.outcome))
            return None
        found = fractional_logit(
            linear, linear.x, outcome=self.asked.outcome, confidence_level=self.study.confidence_level
        )
        if isinstance(found, Message):
            self._skip("M3", found)
            return None
        plain = self._plain(infer(self.material, linear, confidence_level=0.95), "M3")
        return replace(
            plain,
            coefficient=found.coefficient,
            standard_error=found.standard_error,
            interval=found.interval,
            p_cluster=found.p,
            mde=detectable(found.standard_error, linear.clusters - 1),
            error="CRV1",
            notes=(SAY("marginal"), *self._plug_in()),
            detail={"covariates": list(linear.names[1:])},
        )

    def _regional(self, linear: Regression) -> Association | None:
        level = self.study.confidence_level
        regions = regions_of(self.material, linear, self.asked, confidence_level=level)
        if isinstance(regions, Message):
            self._skip("M4", regions)
            return None
        plain = self._plain(infer(self.material, linear, confidence_level=level), "M4")
        pooled = regions.pooled
        words: dict[str, Any] = {"n": len(regions.names), "level": regions.level}
        return replace(
            plain,
            coefficient=pooled.mean,
            standard_error=pooled.standard_error,
            interval=regions.interval,
            p_cluster=regions.p,
            n=sum(regions.n),
            clusters=sum(regions.clusters),
            mde=detectable(pooled.standard_error, len(regions.names) - 1),
            error="random effects",
            notes=(
                SAY("pooled", tau=100 * pooled.tau, **words)
                if self.points
                else SAY("pooled_units", tau=pooled.tau, **words),
                *self._plug_in(),
            ),
            detail={"covariates": list(linear.names[1:]), "regions": regions.to_dict()},
            pictures=(regional_forest(self.asked, regions, self.points),),
        )


def _together(
    result: list[tuple[Association, Inference | None]],
) -> list[tuple[Association, Inference | None]]:
    """The models of one question: what warns of the headline warns of all, and so do their pictures."""
    headline, found = result[0]
    warning = headline.warning
    pictures = tuple(
        replace(one, notes=(*one.notes, *warning)) for item, _ in result for one in item.pictures
    )
    others = [(replace(item, warning=warning, pictures=()), own) for item, own in result[1:]]
    return [(replace(headline, pictures=pictures), found), *others]


def _coverage(missing: Mapping[str, Any], points: bool) -> tuple[Message, ...]:
    """How many commissions are not known, and whether their precincts differ."""
    if not missing["unknown"]:
        return ()
    words = {"coverage": missing["coverage"], "n": missing["unknown"]}
    interval = missing["difference_interval"]
    if interval is None or not points:
        return (SAY("coverage", **words),)
    apart = interval[0] > 0 or interval[1] < 0
    return (
        SAY("coverage", **words),
        SAY(
            "unlike" if apart else "alike",
            difference=100 * missing["difference"],
            low=100 * interval[0],
            high=100 * interval[1],
        ),
    )


def _notes(found: Inference) -> tuple[Message, ...]:
    """What was left out of a regression, and which errors lead."""
    own = found.regression
    groups = f"their {own.fixed_effects}" if own.fixed_effects else "the country"
    notes = []
    if own.left_out:
        notes.append(SAY("left_out", n=own.left_out))
    if own.alone:
        notes.append(SAY("alone", n=own.alone, groups=groups))
    if own.dropped:
        notes.append(SAY("dropped", names=", ".join(own.dropped), groups=groups))
    if found.cells.clusters < FEW_CLUSTERS:
        notes.append(SAY("few_clusters", clusters=found.cells.clusters))
    return tuple(notes)

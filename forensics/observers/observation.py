"""Observation: what a sample of observers says beside the official result, and what it cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from forensics.finding import Findings
from forensics.messages.message import Message, Sentences
from forensics.notebook import card, grid, paragraph
from forensics.observers.design import Design
from forensics.observers.matching import Matched
from forensics.observers.sample import Sample
from forensics.picture import Picture, Pictured

SCHEMA_VERSION = 1
#: Numbers of a quick count's detail that stand in the frame, and their columns there.
ESTIMATED = {
    "estimate": "estimate",
    "low": "estimate_low",
    "high": "estimate_high",
    "official": "official",
    "inside": "inside",
    "design_effect": "design_effect",
    "response": "response",
    "p_holm": "p_holm",
    "detectable": "detectable",
}

SAY = Sentences(
    "observation",
    matched="{matched:,} of {n:,} sampled precincts are in the returns, by {key}.",
    inside="{quantity}: the official {official:.2%} lies inside the interval from {low:.2%} to {high:.2%} "
    "that the sample leads to expect.",
    outside="{quantity}: the official {official:.2%} lies outside the interval from {low:.2%} to "
    "{high:.2%} that the sample leads to expect (p = {p:.2g}; {adjusted:.2g} adjusted for {k:,} "
    "quantities).",
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Observation(Pictured):
    """Result of :func:`forensics.observe`.

    Parameters
    ----------
    sample : Sample
        What was read.
    matched : Matched
        Where its precincts stand in the returns.
    design : Design or None
        How they were drawn; ``None`` where that is not known, and nothing is estimated for others.
    because : tuple of Message
        How the design is known, or why there is none.
    findings : Findings
        Quick count, tabulation, head-counts, presence; what could not be run is ``Skipped``.
    items : DataFrame
        Answers to the form, a row per question (:func:`forensics.observers.checklist.summary`).
    answers : DataFrame
        The same, a row per precinct and question: not for publication.
    study : mapping
        What was asked for, by the names of :func:`forensics.observe`: with the same sample and
        returns it gives the same numbers.
    digest : str
        Of the returns that it was compared with.
    """

    sample: Sample
    matched: Matched
    design: Design | None
    because: tuple[Message, ...]
    findings: Findings
    items: pd.DataFrame
    answers: pd.DataFrame
    study: Mapping[str, Any]
    digest: str

    _WHY_NONE: ClassVar[str] = ": nothing was estimated, and `because` says why"

    def __repr__(self) -> str:
        return f"<Observation of {len(self.sample):,} precincts: {len(self.findings.tested):,} findings>"

    def __str__(self) -> str:
        parts = [*map(str, self.because), str(self.coverage), *map(str, self.sentences), str(self.findings)]
        if len(self.items):
            parts.append(self.items.to_string(index=False))
        return "\n\n".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        """How the precincts were drawn, what that leads to expect, and the findings."""
        said = [paragraph(one) for one in (*self.because, self.coverage, *self.sentences)]
        rows = [tuple("" if pd.isna(v) else _cell(v) for v in row) for row in self.items.to_numpy(object)]
        forms = [grid(tuple(self.items.columns), rows)] if len(self.items) else []
        return card(*said, self.findings._repr_html_(), *forms)

    @property
    def coverage(self) -> Message:
        """How many of the sampled precincts were found in the returns."""
        return SAY(
            "matched",
            matched=int(self.matched.found.sum()),
            n=len(self.sample),
            key=", ".join(self.matched.key),
        )

    @property
    def sentences(self) -> tuple[Message, ...]:
        """Whether each official number lies in its interval, as a sentence; none with few clusters."""
        said = []
        tested = [f for f in self.findings.select(method="quick_count").tested if f.pvalue is not None]
        labels = {name: label for picture in self.pictures for name, label in picture.labels.items()}
        for finding in tested:
            detail = finding.detail
            numbers = {name: float(detail[name]) for name in ("official", "low", "high")}
            if detail["inside"]:
                said.append(SAY("inside", quantity=labels[finding.quantity], **numbers))
            else:
                tests = {"p": finding.pvalue, "adjusted": detail["p_holm"], "k": len(tested)}
                said.append(SAY("outside", quantity=labels[finding.quantity], **numbers, **tests))
        return tuple(said)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """What the figures draw."""
        return tuple(picture for finding in self.findings.tested for picture in finding.pictures)

    def to_frame(self) -> pd.DataFrame:
        """A row per finding with the columns of ``findings.json``, then those of a quick count."""
        frame = self.findings.to_frame()
        for name, column in ESTIMATED.items():
            frame[column] = [finding.detail.get(name) for finding in self.findings.tested]
        return frame

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The object of ``forensics observers --json``: no precinct and no person."""
        return {
            "schema_version": SCHEMA_VERSION,
            "returns": {"digest": self.digest},
            "study": dict(self.study),
            "sample": {
                "source": self.sample.source.name,
                "sha256": self.sample.source.sha256,
                "precincts": len(self.sample),
                "matched": int(self.matched.found.sum()),
                "key": list(self.matched.key),
                "steps": [step.text(language) for step in self.sample.source.steps],
            },
            "design": {
                "kind": "convenience" if self.design is None else self.design.kind,
                "strata": None if self.design is None else len(self.design.drawn),
                "clusters": None if self.design is None else self.design.clusters,
                "because": [sentence.text(language) for sentence in self.because],
            },
            "sentences": [sentence.text(language) for sentence in self.sentences],
            "findings": [finding.to_dict(language) for finding in self.findings.tested],
            "skipped": [item.to_dict(language) for item in self.findings.skipped],
            "items": [
                {name: None if pd.isna(value) else value for name, value in row.items()}
                for row in self.items.astype(object).to_dict(orient="records")
            ],
        }


def _cell(value: Any) -> str | int:
    return f"{value:.4g}" if isinstance(value, float) else value if isinstance(value, int) else str(value)

"""The evidence ladder: what the calibrated tests of a scope bear together, as *consistent with*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import fisher_exact

from forensics.auditing.contradictions import Contradictions, contradictions
from forensics.auditing.plan import leaned_on
from forensics.evidence.e_values import EVIDENCE, average, e_bh, e_value
from forensics.evidence.reading import Readings, where_measured
from forensics.finding import Finding, Findings
from forensics.messages.message import Message, Sentences
from forensics.scope import Scope

Step = Literal["none", "L0", "L1", "L2"]
#: Largest p-value with which contradictions lift a scope to L2.
CLERICAL = 0.01

SAY = Sentences(
    "ladder",
    untold="None of the tests run here is calibrated ({on}), so none is leaned on: this assessment cannot "
    "tell.",
    none="No family of the {tests:,} calibrated {tests:plural:test|tests} ({on}) goes beyond what chance "
    "gives in precincts like these{left}. That is consistent with an accurate count, and with every "
    "manipulation that these tests cannot see.",
    defects="{rows:,} {rows:plural:row|rows} break relations of the protocol that have no innocent "
    "reading, as clerical errors do; no family of the {tests:,} calibrated {tests:plural:test|tests} "
    "({on}) goes beyond what chance gives{left}. That is consistent with an accurate count that was "
    "written down with errors, and with every manipulation that these tests cannot see.",
    left="; {n:,} further {n:plural:test|tests} with a p-value {n:plural:is|are} not calibrated and left "
    "out",
    anomaly="Tests of {families} depart from their nulls beyond chance and beyond their measured error "
    "({on}): {tests}. That is consistent with manipulation and with the explanations beside each "
    "finding; the data alone do not tell which.",
    contradiction="Tests of {families} depart from their nulls beyond chance and beyond their measured "
    "error ({on}): {tests}. Where they do, protocols contradict themselves and stand with the option under "
    "study more often ({k:,} of {n:,} precincts) than elsewhere ({k_rest:,} of {n_rest:,}, p = {p:.2g}). "
    "That is consistent with manipulation, and with bookkeeping that is worse where the departures are; "
    "the data alone do not tell which.",
)
#: Families of tests within a sentence; their names in English are their identifiers.
FAMILIES = Sentences(
    "families",
    protocol="protocol",
    digits="digits",
    turnout="turnout",
    carousel="carousel",
    neighbours="neighbours",
)


@dataclass(frozen=True, slots=True)
class FamilyEvidence:
    """The e-value of one family in one scope.

    Parameters
    ----------
    family : str
    value : float
        Mean of the e-values of its calibrated tests, each after its measured inflation; 1 where
        there is none.
    threshold : float
        What e-BH asks for, over the families and scopes of the level.
    calibrated : bool
        Whether any of its tests is.
    findings : tuple of str
        Ids of the tests averaged.
    departing : tuple of str
        Those with an e-value of 20 or more.
    not_calibrated : tuple of str
        Ids of tests with a p-value that were left out.
    """

    family: str
    value: float
    threshold: float
    calibrated: bool
    findings: tuple[str, ...]
    departing: tuple[str, ...]
    not_calibrated: tuple[str, ...]

    @property
    def stands_out(self) -> bool:
        """Whether the family is evidence by itself and after e-BH."""
        return self.calibrated and self.value >= max(EVIDENCE, self.threshold)

    def to_dict(self) -> dict[str, Any]:
        """The entry under ``families``."""
        return {
            "kind": "e-value",
            "value": self.value,
            "threshold": self.threshold,
            "calibrated": self.calibrated,
            "findings": list(self.findings),
            "not_calibrated": list(self.not_calibrated),
        }


@dataclass(frozen=True, slots=True)
class Assessment:
    """Where a scope stands on the ladder, with the reasons; never a verdict and not a score.

    Parameters
    ----------
    scope : Scope
    ladder : {"none", "L0", "L1", "L2"}
    families : tuple of FamilyEvidence
    sentence : Message
        What the data are consistent with.
    n : int
        Precincts of the scope.
    contradictions : mapping
        What was compared for L2: precincts that depart and the others, how many of each contradict
        themselves in favour of the option under study, and the one-sided exact p-value.
    """

    scope: Scope
    ladder: Step
    families: tuple[FamilyEvidence, ...]
    sentence: Message
    n: int
    contradictions: Mapping[str, Any]

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The entry of ``findings.json`` under ``assessment``."""
        return {
            "scope": self.scope.to_dict(),
            "ladder": self.ladder,
            "n": self.n,
            "families": {one.family: one.to_dict() for one in self.families},
            "contradictions": dict(self.contradictions),
            "sentence": self.sentence.text(language),
        }


def assess(audit: Any, readings: Readings) -> tuple[Assessment, ...]:
    """The nation, then each top-level unit with a finding.

    Within a family the e-values of its calibrated tests (Vovk and Wang 2021) are averaged, which
    holds under any dependence; over families and scopes of a level e-BH (Wang and Ramdas 2022)
    keeps the false discovery rate at .05. Tests that are descriptive or not calibrated are left
    out. Contradictions are compared between the precincts that depart (a positive score in a test
    with an e-value of 20 or more) and the others by Fisher's exact test, which, unlike a binomial
    test against their rate, allows for that rate being estimated.

    Parameters
    ----------
    audit : Audit
    readings : Readings
        Sizes: measured on these precincts, or on the standard scenarios.
    """
    returns, findings = audit.returns, audit.findings
    exact = contradictions(returns, findings)
    levels: list[tuple[Scope, ...]] = [(returns.scope,)]
    rows = {returns.scope: np.ones(len(returns), dtype=bool)}
    top = next(iter(returns.levels or ()), None)
    if top is not None and any(item.scope.level == top for item in findings.tested):
        units = returns.units(top)
        there = [code for code, scope in enumerate(units.scopes) if scope not in rows]
        rows |= {units.scopes[code]: units.codes == code for code in there}
        levels.append(tuple(units.scopes[code] for code in there))
    on = leaned_on([item.method for item in findings.tested])
    by_scope: dict[Scope, list[Finding]] = {}
    for item in findings.tested:
        by_scope.setdefault(item.scope, []).append(item)
    found = []
    for scopes in levels:
        evidence = [
            _families(by_scope.get(scope, ()), on, readings, scope == returns.scope) for scope in scopes
        ]
        told = [one.value for group in evidence for one in group if one.calibrated]
        _, threshold = e_bh(told) if told else (0, EVIDENCE)
        for scope, group in zip(scopes, evidence, strict=True):
            families = tuple(replace(one, threshold=threshold) for one in group)
            found.append(_assessment(scope, families, findings, exact, rows[scope], by_scope, readings))
    return tuple(found)


def _families(
    findings: Sequence[Finding], on: Sequence[str], readings: Readings, national: bool
) -> list[FamilyEvidence]:
    groups: dict[str, list[Finding]] = {}
    for item in findings:
        if item.pvalue is not None and item.method in on:
            groups.setdefault(item.family, []).append(item)
    return [_family(name, items, readings, national) for name, items in groups.items()]


def _family(name: str, items: Sequence[Finding], readings: Readings, national: bool) -> FamilyEvidence:
    values: dict[str, float] = {}
    left_out = []
    for item in items:
        reading = readings.reading(item.method, item.quantity)
        if reading is None or not reading.calibrated or item.pvalue is None:
            left_out.append(item.id)
        else:
            values[item.id] = e_value(reading.corrected(item.pvalue, national=national))
    return FamilyEvidence(
        family=name,
        value=average(list(values.values())),
        threshold=EVIDENCE,
        calibrated=bool(values),
        findings=tuple(values),
        departing=tuple(id for id, value in values.items() if value >= EVIDENCE),
        not_calibrated=tuple(left_out),
    )


def _test(id: str) -> str:
    """Method and quantity of a finding's id; the name of a unit may hold anything."""
    return ":".join(id.split(":", 2)[:2])


def _assessment(
    scope: Scope,
    families: tuple[FamilyEvidence, ...],
    findings: Findings,
    exact: Contradictions,
    rows: NDArray[np.bool_],
    by_scope: Mapping[Scope, Sequence[Finding]],
    readings: Readings,
) -> Assessment:
    standing = [one for one in families if one.stands_out]
    tests = sum(len(one.findings) for one in families)
    on = where_measured(readings)
    defects = sum(_defects(item) for item in by_scope.get(scope, ()) if item.family == "protocol")
    out = sum(len(one.not_calibrated) for one in families)
    left = SAY("left", n=out) if out else ""
    compared: dict[str, Any] = {}
    step: Step
    if standing:
        departing = [id for one in standing for id in one.departing]
        compared = _compared(departing, findings, exact, rows)
        named: dict[str, Message | str] = {
            "families": _listed([one.family for one in standing]),
            "tests": ", ".join(map(_test, departing)),
            "on": on,
        }
        if compared and compared["pvalue"] <= CLERICAL:
            step = "L2"
            k, n = compared["departing"]
            k_rest, n_rest = compared["others"]
            sentence = SAY(
                "contradiction", **named, k=k, n=n, k_rest=k_rest, n_rest=n_rest, p=compared["pvalue"]
            )
        else:
            step, sentence = "L1", SAY("anomaly", **named)
    elif not tests:
        step, sentence = ("L0" if defects else "none"), SAY("untold", on=on)
    elif defects:
        step, sentence = "L0", SAY("defects", rows=defects, tests=tests, on=on, left=left)
    else:
        step, sentence = "none", SAY("none", tests=tests, on=on, left=left)
    return Assessment(scope, step, families, sentence, int(rows.sum()), compared)


def _listed(families: Sequence[str]) -> Message:
    """Families one after the other, each in the language of the sentence."""
    fields = tuple(
        (f"f{i}", FAMILIES(name) if name in FAMILIES.sources else name) for i, name in enumerate(families)
    )
    return Message("", ", ".join(f"{{{field}}}" for field, _ in fields), fields)


def _defects(item: Finding) -> int:
    """Rows that break a relation without an innocent reading; readings by telephone have one."""
    return 0 if item.parameters.get("innocent") else int(item.detail.get("violations", 0))


def _compared(
    departing: Sequence[str], findings: Findings, exact: Contradictions, rows: NDArray[np.bool_]
) -> dict[str, Any]:
    """Contradictions in favour of the option, [how many, of how many], where tests depart and elsewhere."""
    tests = set(map(_test, departing))
    flagged = np.zeros(len(rows), dtype=bool)
    scored = False
    for item in findings.tested:
        # Scores of precincts stand with the national finding only.
        if item.precincts is not None and _test(item.id) in tests:
            flagged |= item.precincts > 0
            scored = True
    known = exact.compared & rows
    inside, outside = known & flagged, known & ~flagged
    if not scored or not inside.any() or not outside.any():
        return {}
    (k, n), (k_rest, n_rest) = (
        (int((exact.favouring & part).sum()), int(part.sum())) for part in (inside, outside)
    )
    table = np.array([[k, n - k], [k_rest, n_rest - k_rest]])
    return {
        "departing": [k, n],
        "others": [k_rest, n_rest],
        "pvalue": float(fisher_exact(table, alternative="greater").pvalue),
    }

"""What the findings of an audit mean together: size and power, place, ladder, and what stays unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forensics.errors import ConfigError
from forensics.evidence.calibration import Calibration
from forensics.evidence.ladder import Assessment, assess
from forensics.evidence.reading import Reading, Readings
from forensics.evidence.references import references
from forensics.evidence.standard import standard
from forensics.evidence.visibility import Visibility, visibility
from forensics.finding import Finding


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Annotations of the findings of one audit.

    Parameters
    ----------
    calibration : Calibration or None
        Measured on these precincts; ``None``: the standard scenarios stand in.
    readings : Readings
        Where sizes and power come from.
    references : mapping of str to dict
        Place among the reference elections, by the id of the finding.
    assessment : tuple of Assessment
        The nation, then each top-level unit.
    visibility : tuple of Visibility
        Every mechanism beside the tests that ran.
    """

    calibration: Calibration | None
    readings: Readings
    references: Mapping[str, Mapping[str, Any]]
    assessment: tuple[Assessment, ...]
    visibility: tuple[Visibility, ...]

    def reading(self, finding: Finding) -> Reading | None:
        """Size and power of the test of a finding; ``None`` where it has no p-value or was not measured."""
        return reading_of(finding, self.readings)

    def annotations(self, finding: Finding) -> dict[str, Any]:
        """The keys ``calibration`` and ``reference`` of a finding in ``findings.json``."""
        return annotated(finding, self.readings, self.references)


def _fitted(calibration: Calibration) -> str:
    """What the first generator of a calibration was fitted to, as it says itself."""
    fits = calibration.generator.get("fits") or [{}]
    return str(fits[0].get("specification", {}).get("name") or "unnamed")


def reading_of(finding: Finding, readings: Readings) -> Reading | None:
    """Size and power of the test of a finding; ``None`` where it has no p-value or was not measured."""
    return None if finding.pvalue is None else readings.reading(finding.method, finding.quantity)


def annotated(
    finding: Finding, readings: Readings, references: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The keys ``calibration`` and ``reference`` of a finding in ``findings.json``."""
    reading = reading_of(finding, readings)
    told = None
    if reading is not None:
        told = reading.summary() | {"measured_on": readings.measured_on}
    return {"calibration": told, "reference": references.get(finding.id)}


def weigh(audit: Any, calibration: Calibration | None = None) -> Evidence:
    """The evidence of an audit.

    Parameters
    ----------
    audit : Audit
    calibration : Calibration, optional
        Of the same returns.

    Raises
    ------
    ConfigError
        If the calibration is of other returns.
    """
    if calibration is not None:
        measured = calibration.generator.get("digest")
        if measured != audit.returns.digest:
            raise ConfigError(
                f"{audit.returns.source.name}: the calibration given was made for returns with digest "
                f"{str(measured)[:12]} ({_fitted(calibration)}), these have {audit.returns.digest[:12]}; "
                "make one of these with forensics calibrate --out"
            )
    readings: Readings = calibration if calibration is not None else standard()
    return Evidence(
        calibration,
        readings,
        references(audit.findings.tested, name=audit.returns.source.name),
        assess(audit, readings),
        visibility(audit.findings, readings),
    )

"""What a report sets beside an audit, where it is given."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.commissions.linking import Link
from forensics.commitments.ledger import Ledger
from forensics.evidence.recovered import Recovered
from forensics.finding import Findings
from forensics.observers.observation import Observation
from forensics.report.notes import Notes


@dataclass(frozen=True, slots=True)
class Beside:
    """What a report sets beside an audit, where it is given.

    Parameters
    ----------
    link : Link, optional
        The same precincts beside a roster: the section on commissions.
    observation : Observation, optional
        The same precincts beside a quick count or an observers' sample.
    planted : tuple of Recovered
        What was planted and found, where the election is simulated and its truth known.
    ledger : Ledger, optional
        What was promised: the section on commitments.
    notes : Notes, optional
        Text of those who hand the report in.
    """

    link: Link | None = None
    observation: Observation | None = None
    planted: tuple[Recovered, ...] = ()
    ledger: Ledger | None = None
    notes: Notes | None = None

    @property
    def observed(self) -> Findings:
        """Findings of the observers' sample: what ledger and notes may refer to besides the audit's."""
        return Findings() if self.observation is None else self.observation.findings

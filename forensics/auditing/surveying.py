"""One named election through the default detectors, nationally: what a comparison of elections needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forensics.auditing.plan import leaned_on, make_plan
from forensics.auditing.runner import run_plan
from forensics.finding import Findings
from forensics.tables.at_hand import read_at_hand
from forensics.tables.returns import Returns


@dataclass(frozen=True, slots=True)
class Survey:
    """National findings of one election, and the returns they were computed from."""

    returns: Returns
    findings: Findings

    @property
    def digest(self) -> str:
        """Digest of the returns."""
        return self.returns.digest


def survey(
    names: Sequence[str],
    /,
    *,
    leader: str,
    where: str | None = None,
    seed: int = 0,
    descriptive: bool = True,
) -> Survey | None:
    """Run every detector that is on by default on the nation; None where the data are not at hand.

    Parameters
    ----------
    names : sequence of str
        Names of the data set, the preferred edition first.
    leader : str
        Option under study.
    where : str, optional
        Rows to keep.
    seed : int
        Seed of the plan.
    descriptive : bool
        Whether detectors that an assessment does not lean on are run too.

    Raises
    ------
    ReturnsError, ConfigError
        If the data are there and cannot be read, or have no such option.
    """
    returns = read_at_hand(names, leader=leader, where=where)
    if returns is None:
        return None
    plan = make_plan(returns, seed=seed, levels=())
    if not descriptive:
        ids = leaned_on([step.id for step in plan.detectors])
        plan = make_plan(returns, seed=seed, levels=(), only=ids)
    findings = run_plan(returns, plan)
    return Survey(returns, findings)

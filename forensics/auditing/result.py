"""Audit: the findings of a plan with everything a report needs beside them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forensics.auditing.estimates import Estimate, estimates
from forensics.auditing.plan import Plan
from forensics.finding import Findings
from forensics.notebook import card, paragraph
from forensics.picture import Picture, Pictured
from forensics.tables.checking import Check
from forensics.tables.returns import Returns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.posterior import Draws


#: Columns that name the election where they hold one value for all rows.
ELECTION = ("country", "election_id", "election_date")


@dataclass(frozen=True, eq=False)
class Audit(Pictured):
    """Result of an audit.

    Parameters
    ----------
    returns : Returns
        What was audited.
    plan : Plan
        What was run.
    findings : Findings
        In the order of the plan, skipped detectors among them.
    check : Check
        Structure, coverage and protocol arithmetic.
    overview : tuple of Picture
        Turnout and share as they are, before any test.
    evidence : Evidence
        What the findings mean together: size and power, place among other elections, ladder; made
        in the room ``evidence``, which stands above this one.
    previous : Returns, optional
        The election before, whose figures a report sets beside these.
    provenance : mapping
        JSON-ready: version, source, digest, plan's hash, libraries; no path, host or user.
    """

    returns: Returns
    plan: Plan
    findings: Findings
    check: Check
    overview: tuple[Picture, ...]
    provenance: Mapping[str, Any]
    evidence: Any = None
    previous: Returns | None = None

    def __repr__(self) -> str:
        return f"<Audit of {self.returns.source.name}: {len(self.returns):,} precincts, {self.findings!r}>"

    def _repr_html_(self) -> str:
        """What the findings are consistent with, then the national ones, each under its null."""
        told = self.evidence.assessment[0].sentence if self.evidence is not None else ""
        national = self.findings.select(scope=self.returns.scope)
        return card(
            paragraph(f"Audit of {self.returns.source.name}: {len(self.returns):,} precincts", strong=True),
            paragraph(told) if told else "",
            (national + self.findings.skipped)._repr_html_(),
        )

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Turnout and share as they are, then what the findings of the whole country draw."""
        national = self.findings.select(scope=self.returns.scope).tested
        return (*self.overview, *(picture for item in national for picture in item.pictures))

    @cached_property
    def estimates(self) -> tuple[Estimate, ...]:
        """Several methods on the same precincts, for some rules of exclusion: what a report compares."""
        return estimates(self.returns, seed=self.plan.seed)

    @cached_property
    def precincts(self) -> pd.DataFrame:
        """A row per precinct: row number, levels, precinct, registered voters, a column per national score.

        Restricted: it names precincts, and is never published together with composition.
        """
        known = ["registered"] if self.returns.has("registered") else []
        frame = self.returns.frame[[*(self.returns.levels or ()), "precinct", *known]]
        scores = {
            f"{finding.method}:{finding.quantity}": finding.precincts.astype(np.float64)
            for finding in self.findings.select(scope="national").tested
            if finding.precincts is not None
        }
        scored = pd.DataFrame(scores, index=frame.index)
        return pd.concat([frame, scored], axis=1).rename_axis("row").reset_index()

    @property
    def draws(self) -> dict[str, Draws]:
        """Posterior draws by the id of the finding that rests on them; of precincts restricted."""
        return {item.id: item.draws for item in self.findings.tested if item.draws is not None}

    @cached_property
    def worst_rows(self) -> pd.DataFrame:
        """The rows that break each relation most, and the repeated keys; restricted."""
        rows = [
            {"relation": entry["id"], **row} for entry in self.check.identities for row in entry["worst"]
        ]
        return pd.DataFrame(rows, columns=None if rows else ["relation", "row"])

    def to_frame(self) -> pd.DataFrame:
        """A row per finding with the columns of ``findings.json``."""
        return self.findings.to_frame()


def election_of(returns: Returns) -> str:
    """Country, name and date of the election, where the table states one of each."""
    parts = []
    for column in ELECTION:
        if column in returns.table.columns:
            values = returns.table[column].dropna().astype(str).unique()
            if len(values) == 1:
                parts.append(values[0])
    return ", ".join(parts)


def day_of(returns: Returns) -> datetime.date | None:
    """Day of the election, where the table states one and it is a date."""
    if ELECTION[-1] not in returns.table.columns:
        return None
    values = returns.table[ELECTION[-1]].dropna().astype(str).unique()
    try:
        return datetime.date.fromisoformat(values[0][:10]) if len(values) == 1 else None
    except ValueError:
        return None


def provenance_of(returns: Returns, plan: Plan) -> dict[str, Any]:
    """What the numbers were computed from, without path, host, user name or date."""
    from importlib.metadata import version
    from importlib.util import find_spec

    source = returns.source
    return {
        "version": version("forensics"),
        "schema_version": plan.schema_version,
        "source": {
            "name": source.name,
            "sha256": source.sha256,
            "profile": source.profile,
            "rows": source.rows or len(returns),
            "kept": len(returns),
            "refused": len(source.refused),
            "steps": [step.text() for step in source.steps],
        },
        "digest": returns.digest,
        "election": election_of(returns),
        "leader": returns.leader,
        "turnout_of": returns.turnout_of,
        "plan": plan.hash,
        "seed": plan.seed,
        "libraries": {name: version(name) for name in ("numpy", "pandas", "scipy", "matplotlib")}
        | ({"numba": version("numba")} if find_spec("numba") else {}),
    }

"""The timeline of a norm: annotated phases beside law, practice, dispute, answers and what was measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from forensics.commitments.days import When
from forensics.commitments.ledger import Ledger
from forensics.commitments.trajectories import FRAMEWORKS
from forensics.errors import ConfigError
from forensics.messages.message import Message, Sentences
from forensics.picture import Picture

_LANES = (
    "Law: from the day a rule began to hold. Practice: what a source reports, not what was established; "
    "discourse: days of statements. Contested and answered: days of disputes and of official responses. "
    "Records without a date are not drawn, and those with a year only stand in its middle. That two things "
    "happen at one time does not make one the cause of the other."
)
SAY = Sentences(
    "commitment_pictures",
    title="{country}: {norm}",
    plain=_LANES,
    annotated="Hatched: phases of the spiral model (Risse, Ropp and Sikkink) and of the norm life cycle "
    "(Finnemore and Sikkink) as {coders} annotated them; nothing in them is computed. " + _LANES,
)
_COLUMNS = ("lane", "label", "start", "end", "value", "low", "high")
_NUMBERS = _COLUMNS[2:]


def timeline_pictures(ledger: Ledger, beside: Picture | None = None) -> tuple[Picture, ...]:
    """One timeline per norm that has anything with a date.

    Parameters
    ----------
    ledger : Ledger
    beside : Picture, optional
        The law-practice series of elections (figure ``law_timeline`` of the commissions): its
        measures stand under the ledger's own lanes.

    Returns
    -------
    tuple of Picture
        For the figure ``law_timeline``; every phase of a framework has its row, also those that no
        analyst saw.

    Raises
    ------
    ConfigError
        If ``beside`` is a picture of another figure.
    """
    if beside is not None and beside.figure != "law_timeline":
        raise ConfigError(f"{beside.figure!r} is no series of law and practice; give one of law_timeline")
    drawn = []
    for number, norm in enumerate(ledger.norms, start=1):
        rows = [*_annotated(ledger, norm), *_recorded(ledger, norm)]
        if not rows:
            continue
        rows += _measured(beside)
        columns = {name: [row[name] for row in rows] for name in _COLUMNS}
        drawn.append(
            Picture(
                figure="law_timeline",
                name=f"ledger-{number}",
                title=SAY("title", country=ledger.name, norm=norm),
                caption=_caption(ledger, norm),
                columns={
                    name: np.array(values, dtype=np.float64 if name in _NUMBERS else None)
                    for name, values in columns.items()
                },
            )
        )
    return tuple(drawn)


def _caption(ledger: Ledger, norm: str) -> Message:
    coders = dict.fromkeys(one.coder for one in ledger.trajectories if one.norm == norm)
    return SAY("annotated", coders=", ".join(coders)) if coders else SAY("plain")


def _annotated(ledger: Ledger, norm: str) -> list[dict[str, Any]]:
    rows = []
    for framework, phases in FRAMEWORKS.items():
        own = [one for one in ledger.trajectories if one.norm == norm and one.framework == framework]
        for one in own:
            # The coder is named where several read the same history.
            of = f" ({one.coder})" if len(own) > 1 else ""
            for phase in phases:
                seen = [item for item in one.phase if item.phase == phase]
                rows += [_row(framework, phase + of, item.start, item.end) for item in seen]
                if not seen:
                    rows.append(_row(framework, phase + of, None, None))
    return rows


def _recorded(ledger: Ledger, norm: str) -> list[dict[str, Any]]:
    rows = []
    for entry in ledger.select(norm):
        for rule in entry.law:
            if rule.valid_from or rule.valid_to:
                label = f"Art. {rule.article}: {rule.rule.replace('-', ' ') or entry.id.replace('-', ' ')}"
                rows.append(_row("law", label, rule.valid_from, rule.valid_to))
        points = [
            *(("promised", one.by, one.date) for one in entry.diffusion),
            *((one.channel, one.actor, one.date) for one in entry.reconstitution),
            *(("contested", one.claimant, one.date) for one in entry.contestation),
            *(("answered", one.by, one.date) for one in entry.responses),
        ]
        rows += [_row(lane, label, date, date) for lane, label, date in points if date is not None]
    return [row for number, row in enumerate(rows) if row not in rows[:number]]


def _measured(beside: Picture | None) -> list[dict[str, Any]]:
    if beside is None:
        return []
    columns = {name: np.asarray(beside.columns[name]).tolist() for name in _COLUMNS}
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [row for row in rows if row["lane"] == "measure"]


def _row(lane: str, label: str, start: When | None, end: When | None) -> dict[str, Any]:
    return {
        "lane": lane,
        "label": label,
        "start": np.nan if start is None else start.year,
        "end": np.nan if end is None else end.year,
        "value": np.nan,
        "low": np.nan,
        "high": np.nan,
    }

"""What the figures of commissions draw: composition by level or unit, and law, practice and measure."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forensics.commissions.catalogue import CATALOGUE, measure_id
from forensics.commissions.codings import BLOCS
from forensics.commissions.disclosure import LEAST
from forensics.commissions.law import Law
from forensics.commissions.measures import Measures
from forensics.commissions.summaries import by_level, by_unit
from forensics.errors import ConfigError
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.tables.roster_columns import LEVELS, PRECINCT
from forensics.tables.rosters import Day, as_day

SAY = Sentences(
    "commission_pictures",
    INC="incumbent",
    SAT="its satellites",
    STATE="the state",
    OPP="opposition",
    CIV="civic",
    UNK="unknown",
    level="{level} commissions",
    title="Who nominated the members of commissions, under the coding {coding}",
    title_by="Who nominated the members of precinct commissions, by {by}, under the coding {coding}",
    caption="Mean shares of voting members by bloc of their nominator; n: "
    "commissions. The line below a bar runs over all shares aligned with the incumbent that the members of "
    "unknown alignment allow. Groups of fewer than {least} commissions are withheld, and with them the "
    "smallest others from which they would follow. A description: it says nothing about any person, and "
    "nominators are not employers.",
    series="Measures of precinct commissions over elections",
    series_caption="Means over precinct commissions with the bounds of unknown members, on the days of the "
    "elections.",
    timeline="Law, practice and measure",
    timeline_caption="Law: rules from the day on which they began to hold ({act}); paraphrased, some days "
    "known to the year only. Practice: what a source reports, not what was established. Measure: means "
    "over precinct commissions with the bounds of unknown members; a change of the law and a change of a "
    "measure at one time do not make one the cause of the other.",
)


def composition_picture(measures: Measures, *, by: str | None = None) -> Picture:
    """Blocs of the members at each level of commissions, or of the precinct commissions of each unit.

    Parameters
    ----------
    measures : Measures
        Under a coding.
    by : str, optional
        A level of the returns: a bar per unit instead of one per level of commissions.

    Returns
    -------
    Picture
        For the figure ``commission_composition``; groups of fewer than five commissions are
        withheld.

    Raises
    ------
    ConfigError
        If the measures were made without a coding, or ``by`` is no level.
    """
    if not measures.coding:
        raise ConfigError("without a coding of nominators there are no blocs to draw")
    table = by_level(measures) if by is None else by_unit(measures, by)
    table["group"] = (
        table["level"].map(lambda level: SAY("level", level=str(level)).text())
        if by is None
        else table["unit"]
    )
    aligned = table[table["measure"] == "aligned_share"].set_index("group")
    rows = []
    for group in aligned.index:
        own = table[table["group"] == group].set_index("measure")
        hidden = bool(aligned.loc[group, "withheld"])
        for bloc in sorted(BLOCS, key=_ORDER.index):
            column = "high" if bloc == "UNK" else "low"
            share = np.nan if hidden else float(own.loc[f"bloc:{bloc}", column])
            rows.append({
                "group": group,
                "bloc": bloc,
                "bloc_name": SAY(bloc).text(),
                "share": share,
                "low": np.nan if hidden else float(aligned.loc[group, "low"]),
                "high": np.nan if hidden else float(aligned.loc[group, "high"]),
                "commissions": np.nan if hidden else float(aligned.loc[group, "commissions"]),
            })  # fmt: skip
    frame = pd.DataFrame(rows)
    return Picture(
        figure="commission_composition",
        name="commission-composition" + (f"-by-{by}" if by else ""),
        title=SAY("title", coding=measures.coding)
        if by is None
        else SAY("title_by", by=by, coding=measures.coding),
        caption=SAY("caption", least=LEAST),
        columns={str(column): frame[column].to_numpy() for column in frame.columns},
    )


_ORDER = ("INC", "SAT", "STATE", "UNK", "CIV", "OPP")


@dataclass(frozen=True, slots=True)
class Report:
    """Something that a source reports of practice on a day; not established by having been reported."""

    day: datetime.date
    label: str
    source: str


#: Measures of a series over elections.
SHOWN = ("incumbent_share", "aligned_share", "leadership")


def series_picture(measured: Mapping[Day, Measures], *, shown: Sequence[str] = SHOWN) -> Picture | None:
    """Measures of precinct commissions over elections, to be set beside a ledger's own lanes.

    Parameters
    ----------
    measured : mapping of day to Measures
        Levels of fewer than five commissions are left out.
    shown : sequence of str
        As for :func:`timeline_picture`.

    Returns
    -------
    Picture or None
        For the figure ``law_timeline``; ``None`` where nothing may be drawn.
    """
    rows = _measured(measured, shown)
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    return Picture(
        figure="law_timeline",
        name="measure-series",
        title=SAY("series"),
        caption=SAY("series_caption"),
        columns={str(column): frame[column].to_numpy() for column in frame.columns},
    )


def timeline_picture(
    law: Law,
    measured: Mapping[Day, Measures] | None = None,
    *,
    shown: Sequence[str] = SHOWN,
    reports: Sequence[Report] = (),
    predicates: Sequence[str] | None = None,
) -> Picture:
    """Rules, reports of practice and measures along one axis of years.

    Parameters
    ----------
    law : Law
        With its rules of all days; those without a day are not drawn.
    measured : mapping of day to Measures, optional
        Of elections; levels of fewer than five commissions are left out.
    shown : sequence of str
        Measures (shares) to draw, by identifier or symbol.
    reports : sequence of Report
        Of practice.
    predicates : sequence of str, optional
        Which rules to draw; by default all that have a day.

    Raises
    ------
    ConfigError
        If a measure is no share, or nothing is left to draw.
    """
    rows: list[dict[str, object]] = []
    wanted = law.rules if predicates is None else [r for p in predicates for r in law.select(p)]
    for rule in sorted(
        (rule for rule in wanted if rule.valid_from or rule.valid_to),
        key=lambda rule: (rule.valid_from or datetime.date.min, rule.valid_to or datetime.date.max),
    ):
        label = f"Art. {rule.article}: {rule.id.replace('-', ' ')}"
        rows.append(_row("law", label, _year(rule.valid_from), _year(rule.valid_to)))
    rows += [_row("practice", report.label, _year(report.day), _year(report.day)) for report in reports]
    rows += _measured(measured or {}, shown)
    if not rows:
        raise ConfigError("no rule with a day, no report and no measure, so there is no timeline to draw")
    frame = pd.DataFrame(rows)
    return Picture(
        figure="law_timeline",
        name="law-timeline",
        title=SAY("timeline"),
        caption=SAY("timeline_caption", act=law.act),
        columns={str(column): frame[column].to_numpy() for column in frame.columns},
    )


def _measured(measured: Mapping[Day, Measures], shown: Sequence[str]) -> list[dict[str, object]]:
    """A row per measure and election, the mean of its precinct commissions with its bounds."""
    rows = []
    for name in [measure_id(name) for name in shown]:
        if name not in CATALOGUE or CATALOGUE[name].kind != "share":
            raise ConfigError(f"{name!r} is no share, so it cannot stand on a scale from 0 to 100 %")
        for day, measures in measured.items():
            table = by_level(measures)
            own = table[(table["measure"] == name) & (table["level"] == LEVELS[PRECINCT])]
            if own.empty or bool(own["withheld"].iloc[0]):
                continue
            at = _year(as_day(day))
            value, low, high = (
                float(own[c].iloc[0]) if pd.notna(own[c].iloc[0]) else np.nan
                for c in ("mean", "low", "high")
            )
            entry = CATALOGUE[name]
            label = f"{entry.id.replace('_', ' ')} ({entry.symbol})"
            rows.append(_row("measure", label, at, at, value, low, high))
    return rows


def _year(day: datetime.date | None) -> float:
    """Years with decimals, NaN for an open end."""
    if day is None:
        return np.nan
    first = datetime.date(day.year, 1, 1)
    days = (datetime.date(day.year + 1, 1, 1) - first).days
    return round(day.year + (day - first).days / days, 3)


def _row(
    lane: str,
    label: str,
    start: float,
    end: float,
    value: float = np.nan,
    low: float = np.nan,
    high: float = np.nan,
) -> dict[str, object]:
    return {
        "lane": lane,
        "label": label,
        "start": start,
        "end": end,
        "value": value,
        "low": low,
        "high": high,
    }

"""Coverage first: how much of the country the file holds, what was done to it, which identities hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from forensics.messages.message import Message, Sentences
from forensics.picture import Picture, Sheet
from forensics.report import numerals
from forensics.report.document import Coverage, Figure, Table
from forensics.report.openness import openness
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES

#: Kinds of refused rows that are listed; the others are counted.
SHOWN_REASONS = 12

SAY = Sentences(
    "report.coverage",
    extent="Extent",
    precincts="precincts",
    rows="rows in the file below the header",
    units="units of level {level}",
    total="{column}, sum of what is reported",
    refused_rows="rows refused",
    registered_zero="precincts with nobody registered",
    not_reported="precincts not reported",
    without_ballots="precincts without ballots",
    duplicates="keys that stand on more than one row",
    columns="Counts missing",
    column="column",
    missing="precincts without a value",
    of="of all precincts",
    complete="Every precinct has a value for each of the counts used: {columns}.",
    refused="Rows refused because they are no precincts",
    reason="reason",
    row_count="rows",
    more_reasons="{more:,} further {more:plural:reason|reasons} with {rows:,} {rows:plural:row|rows}.",
    identities="Identities of the protocol",
    identity="identity",
    checked="checked",
    violations="broken",
    share="of those checked",
    above="{option} above usual in",
    above_of="{k:,} of {n:,}",
    above_note="The column before the last counts the broken rows in which the option's share is above "
    "its share in the unit around them, of those where the two can be compared.",
    reading="innocent reading",
    yes="yes",
    no="no",
    unchecked="Not checked, because of absent columns ({columns}): {identity}.",
    holds_by_construction="Not checked, because it holds by construction ({columns} was derived): "
    "{identity}.",
    open_lists="An identity with an innocent reading is often broken by honest bookkeeping: open lists, "
    "envelopes, blank votes counted on either side.",
    untouched="Nothing was changed, converted or left out on reading.",
    derived="{column} was derived as {formula}.",
)


def coverage(
    returns: Returns, check: Mapping[str, Any], pictures: Sequence[Picture | Sheet], language: str
) -> Coverage:
    """The section on coverage; no precinct and no row is named in it."""

    def say(name: str, **parameters: Any) -> str:
        return SAY(name, **parameters).text(language)

    tables = [_extent(returns, check, say, language), _missing(returns, say, language)]
    if returns.source.refused:
        tables.append(_refused([item.reason for item in returns.source.refused], say, language))
    tables.append(_identities(returns, check, say, language))
    derived = [
        say("derived", column=column, formula=formula) for column, formula in returns.derived.items()
    ]
    steps = [step.text(language) for step in returns.source.steps]
    known = [text for text in derived if text not in steps]
    return Coverage(
        tuple(tables),
        (*steps, *known) or (say("untouched"),),
        tuple(figure(picture, language) for picture in pictures),
        openness(returns, language),
    )


def figure(picture: Picture | Sheet, language: str) -> Figure:
    """The place of a picture in the report."""
    title = picture.title.text(language)
    return Figure(picture.name, title, f"{title}. {picture.caption.text(language)}")


def _extent(returns: Returns, check: Mapping[str, Any], say: Any, language: str) -> Table:
    rows = [(say("precincts"), numerals.count(len(returns), language))]
    if returns.source.rows:
        rows.append((say("rows"), numerals.count(returns.source.rows, language)))
    rows.append((say("refused_rows"), numerals.count(len(returns.source.refused), language)))
    rows += [
        (say("units", level=level), numerals.count(len(returns.units(level).scopes), language))
        for level in returns.levels or ()
    ]
    rows += [
        (say("total", column=column), numerals.count(float(np.nansum(returns.counts(column))), language))
        for column in ("registered", "issued", "ballots", "valid", "invalid")
        if returns.has(column)
    ]
    gaps = check["coverage"]
    for name in ("registered_zero", "not_reported", "without_ballots"):
        if gaps.get(name) is not None:
            rows.append((say(name), numerals.count(gaps[name], language)))
    rows.append((say("duplicates"), numerals.count(check["duplicates"]["keys"], language)))
    return Table(say("extent"), ("", ""), (False, True), tuple(rows))


def _counted(returns: Returns) -> list[str]:
    names = ("registered", "issued", "ballots", "valid", "invalid")
    return [name for name in names if name in returns.table.columns] + [
        VOTES + option for option in returns.options
    ]


def _missing(returns: Returns, say: Any, language: str) -> Table:
    columns = _counted(returns)
    missing: dict[int, list[str]] = {}
    for column in columns:
        missing.setdefault(int(returns.table[column].isna().sum()), []).append(column)
    # Columns that miss as many precincts share a row: the votes of twenty options mostly do.
    rows = tuple(
        (", ".join(names), numerals.count(n, language), numerals.percent(n, len(returns), language))
        for n, names in missing.items()
        if n
    )
    notes = () if rows else (say("complete", columns=", ".join(columns)),)
    return Table(
        say("columns"), (say("column"), say("missing"), say("of")), (False, True, True), rows, notes
    )


def _refused(reasons: Sequence[Message], say: Any, language: str) -> Table:
    found = Counter(reason.text(language) for reason in reasons).most_common()
    rows = tuple((text, numerals.count(n, language)) for text, n in found[:SHOWN_REASONS])
    rest = found[SHOWN_REASONS:]
    notes = (say("more_reasons", more=len(rest), rows=sum(n for _, n in rest)),) if rest else ()
    return Table(say("refused"), (say("reason"), say("row_count")), (False, True), rows, notes)


def _identities(returns: Returns, check: Mapping[str, Any], say: Any, language: str) -> Table:
    leader = returns.labels.get(returns.leader or "", returns.leader or "–")
    rows = tuple(
        (
            entry["formula"],
            numerals.count(entry["checked"], language),
            numerals.count(entry["violations"], language),
            numerals.percent(entry["violations"], entry["checked"], language),
            say("above_of", k=entry["favour_leader"], n=entry["compared"]) if entry["compared"] else "–",
            say("yes" if entry["innocent"] else "no"),
        )
        for entry in check["identities"]
    )
    notes = [
        say("holds_by_construction", identity=entry["formula"], columns=entry["derived"])
        if entry["derived"]
        else say("unchecked", identity=entry["formula"], columns=", ".join(entry["missing"]))
        for entry in check["unchecked"]
    ]
    return Table(
        say("identities"),
        (
            *(say(name) for name in ("identity", "checked", "violations", "share")),
            say("above", option=leader),
            say("reading"),
        ),
        (False, True, True, True, True, False),
        rows,
        (say("above_note"), say("open_lists"), *notes),
    )

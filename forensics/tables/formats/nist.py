"""Election results of NIST SP 1500-100 (XML of versions 1 and 2, JSON of version 2) to rows of counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from forensics.errors import Fault, ReturnsError
from forensics.messages.message import Message, Sentences
from forensics.tables.formats._tree import Node, nodes, references, words
from forensics.tables.formats._units import LEVELS, PARTS, Unit, Units, units_of
from forensics.tables.raw import RawTable
from forensics.tables.source import Refused

PROFILE = "nist-1500-100"
ROOT = "ElectionReport"
#: The counts of one place are one row; ``registered`` and ``ballots`` are those of its unit.
HEADERS = (
    *LEVELS, "precinct", "unit", "unit_type", "contest", "contest_district", "round", "selection",
    "candidate", "party", "count_type", "votes", "registered", "ballots", "over_votes", "under_votes",
)  # fmt: skip

SAY = Sentences(
    "nist",
    numbered="The rows are the vote counts of the document in their order, {n:,} in all.",
    whole="the count is of the whole contest, not of a reporting unit",
    over="the unit {unit} lies over {n:,} {n:plural:other that reports|others that report} this contest",
    part="the count is of a {kind} within a precinct",
    seats="the count is of {kind}, not of votes",
    twins="{n:,} units have the name of another in the same place; their identifiers were added.",
    withheld="{n:,} counts are withheld to protect voters and are read as not reported.",
)


@dataclass(slots=True)
class _Count:
    """One ``VoteCounts`` on its way to a row."""

    cells: dict[str, str]
    unit: str
    contest: tuple[str, str, str]
    path: str
    reason: Message | None = None


@dataclass(slots=True)
class _Report:
    """The report with what its references point to."""

    name: str
    root: Node
    units: Units
    parties: dict[str, str]
    people: dict[str, str]
    faults: list[Fault] = field(default_factory=list)
    withheld: int = 0

    def refuse(self, path: str, given: str, allowed: str) -> None:
        self.faults.append(Fault(f"{path}: {given}", allowed))


def read(name: str, root: Node) -> RawTable:
    """Rows of counts, one per contest, selection, reporting unit and type of count.

    Parameters
    ----------
    name : str
        What errors call the file.
    root : Node
        The ``ElectionReport``.

    Returns
    -------
    RawTable
        Columns ``HEADERS``, all text; the index is the position of the ``VoteCounts`` in the
        document, counted from 1, and ``paths`` says where each stands. Counts of units over others
        that report the same contest are refused rows.

    Raises
    ------
    ReturnsError
        No election, no vote counts, or references to what is not there, each with its place.
    """
    report = _Report(
        name,
        root,
        units_of(root),
        {str(p.get("@id", "")): words(p, "Name", "Abbreviation") for p in nodes(root, "Party")},
        {str(p.get("@id", "")): words(p, "FullName", "LastName") for p in nodes(root, "Person")},
    )
    counts = [
        count
        for i, election in enumerate(nodes(root, "Election"), 1)
        for count in _election(report, election, f"Election {i}")
    ]
    if report.faults:
        raise ReturnsError(name, report.faults)
    if not counts:
        raise ReturnsError(
            name, [Fault("no VoteCounts in any Contest", "results hold the votes of contests by unit")]
        )
    _refuse_units_over_others(report, counts)
    kept = [i for i, count in enumerate(counts) if count.reason is None]
    twins = _tell_twins_apart([counts[i] for i in kept])
    index = pd.Index([i + 1 for i in kept], dtype="int64")
    cells = pd.DataFrame(
        {
            k: pd.Series([counts[i].cells.get(header, "") for i in kept], index=index, dtype="str")
            for k, header in enumerate(HEADERS)
        }
    )
    filled = [k for k, h in enumerate(HEADERS) if h not in LEVELS or bool((cells[k] != "").any())]
    steps = [SAY("numbered", n=len(counts))]
    if twins:
        steps.append(SAY("twins", n=twins))
    if report.withheld:
        steps.append(SAY("withheld", n=report.withheld))
    return RawTable(
        tuple(HEADERS[k] for k in filled),
        cells[filled].set_axis(range(len(filled)), axis=1),
        tuple(steps),
        tuple(Refused(i + 1, c.reason) for i, c in enumerate(counts) if c.reason is not None),
        paths={i + 1: counts[i].path for i in kept},
    )


def _election(report: _Report, election: Node, path: str) -> Iterator[_Count]:
    candidates = {str(c.get("@id", "")): c for c in nodes(election, "Candidate")}
    cast = _by_unit(nodes(election, "BallotCounts"), "BallotsCast")
    for i, contest in enumerate(nodes(election, "Contest"), 1):
        yield from _contest(report, contest, candidates, cast, f"{path}, Contest {i}")


def _by_unit(summaries: list[Node], field_name: str) -> dict[str, str]:
    """A summary count by unit: the total where it is given, else the sum of its parts."""
    found: dict[str, dict[str, str]] = {}
    for node in summaries:
        if value := words(node, field_name):
            found.setdefault(words(node, "GpUnitId"), {})[words(node, "Type") or "total"] = value
    return {unit: kinds.get("total") or _sum(kinds) for unit, kinds in found.items()}


def _sum(kinds: dict[str, str]) -> str:
    """The sum of counts; what is no number stays, to be refused where it is read as one."""
    try:
        return f"{sum(float(value) for value in kinds.values()):.0f}"
    except ValueError:
        return next(iter(kinds.values()))


def _contest(
    report: _Report, contest: Node, candidates: dict[str, Node], cast: dict[str, str], path: str
) -> Iterator[_Count]:
    name = words(contest, "Name", "BallotTitle") or str(contest.get("@id", ""))
    district = words(contest, "ElectionDistrictId", "ElectoralDistrictId")
    named = report.units.by_id.get(district)
    place = f"{path} ({name})"
    own = nodes(contest, "SummaryCounts", "OtherCounts")
    totals = {key: _by_unit(own, key) for key in ("BallotsCast", "Overvotes", "Undervotes")}
    for i, selection in enumerate(nodes(contest, "ContestSelection", "BallotSelection"), 1):
        here = f"{place}, ContestSelection {i}"
        option, party = _selection(report, selection, candidates, here)
        for j, count in enumerate(nodes(selection, "VoteCounts"), 1):
            spot = f"{here}, VoteCounts {j}"
            unit = words(count, "GpUnitId")
            if unit and unit not in report.units.by_id:
                report.refuse(spot, f"GpUnitId {unit!r} is no GpUnit of the report", "name one that is")
                continue
            turn = words(count, "Round")
            cells = {
                **_place(report, unit, cast, totals),
                "contest": name,
                "contest_district": named.name if named is not None else district,
                "round": turn,
                "selection": str(selection.get("@id", "")) or str(i),
                "candidate": option,
                "party": party,
                "count_type": words(count, "OtherType") or words(count, "Type") or "total",
                "votes": words(count, "Count"),
            }
            if words(count, "IsSuppressedForPrivacy").casefold() == "true":
                report.withheld += 1
                cells["votes"] = ""
            elif not cells["votes"]:
                report.refuse(spot, "no Count", "every VoteCounts has one")
            yield _Count(cells, unit, (path, name, turn), spot, _no_votes(report, unit, cells))


def _selection(report: _Report, selection: Node, candidates: dict[str, Node], path: str) -> tuple[str, str]:
    """What was chosen, as a reader of the ballot would call it, and its party."""
    ids = references(selection, "CandidateIds", "CandidateId")
    parties = references(selection, "EndorsementPartyIds", "PartyIds")
    names = []
    for one in ids:
        candidate = candidates.get(one)
        if candidate is None:
            report.refuse(path, f"CandidateIds {one!r} is no Candidate of the election", "name one that is")
            continue
        person = report.people.get(words(candidate, "PersonId"), "")
        names.append(words(candidate, "BallotName") or person or one)
        parties = parties or references(candidate, "PartyId")
    party = " / ".join(report.parties.get(one) or one for one in dict.fromkeys(parties))
    if names:
        return " / ".join(names), party
    if words(selection, "IsWriteIn").casefold() == "true":
        return "write-in", party
    return words(selection, "Selection") or party or str(selection.get("@id", "")) or "unnamed", party


def _place(
    report: _Report, unit: str, cast: dict[str, str], totals: dict[str, dict[str, str]]
) -> dict[str, str]:
    """Cells of the unit a count is of: names, and the counts that are given for it once."""
    if not unit:
        return {}
    known = report.units.by_id[unit]
    return {
        **report.units.levels(unit),
        "precinct": known.name,
        "unit": unit,
        "unit_type": known.type,
        "registered": known.registered,
        "ballots": totals["BallotsCast"].get(unit) or cast.get(unit) or _of_unit(known),
        "over_votes": totals["Overvotes"].get(unit, ""),
        "under_votes": totals["Undervotes"].get(unit, ""),
    }


def _of_unit(unit: Unit) -> str:
    """Ballots as version 1 gives them for the unit itself."""
    own = _by_unit(nodes(unit.node, "SummaryCounts"), "BallotsCast")
    return next(iter(own.values()), "") or unit.participated


def _no_votes(report: _Report, unit: str, cells: dict[str, str]) -> Message | None:
    """Why a count is no row of its own, if it is none."""
    kind = cells["count_type"]
    if kind == "seats" or "percent" in kind:
        return SAY("seats", kind=kind)
    if not unit:
        return SAY("whole")
    known = report.units.by_id[unit]
    if known.device or known.type in PARTS:
        return SAY("part", kind="device" if known.device else known.type)
    return None


def _tell_twins_apart(counts: list[_Count]) -> int:
    """Add the identifier to the names of units that only it tells apart; how many there are."""
    units: dict[tuple[str, ...], dict[str, None]] = {}
    for count in counts:
        units.setdefault(_named(count), {})[count.unit] = None
    twins = {place: several for place, several in units.items() if len(several) > 1}
    for count in counts:
        if _named(count) in twins:
            count.cells["precinct"] += f" [{count.unit}]"
    return sum(map(len, twins.values()))


def _named(count: _Count) -> tuple[str, ...]:
    return tuple(count.cells.get(column, "") for column in (*LEVELS, "precinct"))


def _refuse_units_over_others(report: _Report, counts: list[_Count]) -> None:
    """A county beside its precincts is no precinct; the precincts of one contest need not be another's."""
    reporting: dict[tuple[str, str, str], dict[str, None]] = {}
    for count in counts:
        if count.reason is None:
            reporting.setdefault(count.contest, {})[count.unit] = None
    over = {contest: report.units.over(units) for contest, units in reporting.items()}
    for count in counts:
        n = over[count.contest].get(count.unit, 0) if count.reason is None else 0
        if n:
            count.reason = SAY("over", unit=report.units.by_id[count.unit].name, n=n)
    if all(count.reason is not None for count in counts):
        raise ReturnsError(
            report.name,
            [
                Fault(
                    f"none of {len(counts):,} VoteCounts is of a precinct", "results by precinct are needed"
                )
            ],
        )

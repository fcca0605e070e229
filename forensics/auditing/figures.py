"""Which figures can be made from returns, and how: directly, or through the findings of a detector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from forensics.auditing import overview
from forensics.auditing.curves import votes_by_turnout
from forensics.auditing.forest import FEWEST_PRECINCTS, FEWEST_UNITS, MOST_UNITS, forest, natural_order
from forensics.auditing.ratios import Ratio, share_ratio, spelled, turnout_ratio
from forensics.auditing.runner import task_seed
from forensics.auditing.sources import SOURCES
from forensics.detectors.registry import Detector, find_detector
from forensics.errors import ConfigError, meant
from forensics.finding import Finding, Findings
from forensics.messages.message import Message, Sentences
from forensics.picture import Picture, Sheet
from forensics.tables.accepting import Table
from forensics.tables.returns import Returns, as_returns

#: Cells to a side of the comet of a unit: the same for all, and not finer than small units fill.
PANEL_CELLS = 50

SAY = Sentences(
    "figures",
    null="Null:",
    source="Source: {source}.",
    by="{title}, by {level}",
    panels="{units:,} units of level {level} in order of their names, on common axes; n: precincts used.",
    left="Not drawn: {few:,} {few:plural:unit|units} with fewer than {fewest} precincts, or without the "
    "counts that the figure needs.",
    comet="Turnout and share of {option}",
    turnout="Turnout in whole points",
    share="Share of {option} in whole points",
    votes_by_turnout="Votes by turnout of the precinct",
    found="{figure} ({detector}: {quantity})",
    direct="A description, no test: units differ in turnout and support without anybody's doing. Turnout "
    "is {turnout} / registered, a share is votes / ballots; precincts without the counts, or with a part "
    "greater than its total, are left out.",
    curves="A description, no test: where support depends on turnout the lines differ in shape without "
    "anybody's doing. Turnout is ballots / registered; others: all remaining ballots.",
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for, after checking."""

    figure: str
    detector: Detector | None
    quantity: str | None
    option: str | None
    parameters: Mapping[str, Any]
    seed: int


def make_picture(
    figure: str,
    returns: Returns | Table,
    /,
    *,
    by: str | None = None,
    option: str | None = None,
    quantity: str | None = None,
    detector: str | None = None,
    previous: Returns | None = None,
    rng: int = 0,
) -> Picture | Sheet:
    """What a figure draws, computed from returns.

    Parameters
    ----------
    figure : str
        Name of a figure (``forensics plot --list``).
    returns : Returns
        Precinct returns.
    by : str, optional
        A level: a page of small multiples, one panel per unit; for ``forest``, the level whose
        units are its lines (by default the top level).
    option : str, optional
        Option to look at (by default the one under study).
    quantity : str, optional
        Which of several pictures: ``turnout`` or ``share`` for ``sawtooth``, else a quantity of the
        detector's findings.
    detector : str, optional
        Whose findings, for figures that several detectors draw (``digit_bars``, ``forest``).
    previous : Returns, optional
        The same precincts in an earlier election, for detectors that compare two.
    rng : int
        Seed of what is drawn at random; the same draws as in an audit with this seed.

    Returns
    -------
    Picture or Sheet
        A sheet where ``by`` is given (but for ``forest``).

    Raises
    ------
    ConfigError
        If there is no such figure, level, option, quantity or detector, a column is missing (the
        text names it), or the detector cannot run on these returns.
    """
    if figure not in SOURCES:
        raise ConfigError(
            f"{figure!r} is no figure{meant(figure, SOURCES)}; the figures are {', '.join(SOURCES)}"
        )
    if SOURCES[figure].command:
        raise ConfigError(f"{figure} takes more than returns; forensics {SOURCES[figure].command} draws it")
    returns = as_returns(returns)
    if by is not None:
        returns.unit_columns(by)
    wanted = _wanted(figure, option, quantity, detector, previous, rng)
    if figure == "forest":
        return _forest(returns, wanted, by)
    if wanted.detector is None and option is not None:
        returns = returns.with_leader(option)
    return _single(returns, wanted) if by is None else _sheet(returns, wanted, by)


def _wanted(
    figure: str,
    option: str | None,
    quantity: str | None,
    detector: str | None,
    previous: Returns | None,
    rng: int,
) -> _Wanted:
    source = SOURCES[figure]
    direct = figure in _DIRECT and detector is None
    if direct:
        if previous is not None:
            raise ConfigError(f"{figure} shows one election; it takes no previous returns")
        if quantity is not None and (figure != "sawtooth" or quantity not in ("turnout", "share")):
            raise ConfigError(
                f"{figure} has no quantity {quantity!r}"
                + ("; it is turnout or share" if figure == "sawtooth" else "; it shows one picture")
            )
        return _Wanted(figure, None, quantity, option, {}, rng)
    if detector is not None and not source.detectors:
        raise ConfigError(f"{figure} is made from returns directly; it takes no detector")
    entry = find_detector(detector or source.detectors[0])
    parameters: dict[str, Any] = {}
    for name, value in (("option", option), ("previous", previous)):
        if value is not None:
            if name not in entry.parameters:
                raise ConfigError(f"{figure} is made by {entry.id}, which takes no {name}")
            parameters[name] = value
    return _Wanted(figure, entry, quantity, option, parameters, rng)


def _single(returns: Returns, wanted: _Wanted) -> Picture:
    if wanted.detector is not None:
        finding, picture = _found(_run(returns, wanted), wanted, returns)
        return _with_notes(picture, finding, returns)
    direct = _DIRECT[wanted.figure](returns, wanted)
    if direct is None:
        raise ConfigError(f"{returns.source.name}: {_why_not(returns, wanted)}")
    return direct


def _sheet(returns: Returns, wanted: _Wanted, by: str) -> Sheet:
    panels: list[tuple[str, int, Picture]] = []
    units = returns.units(by).scopes
    if len(units) > MOST_UNITS:
        raise ConfigError(
            f"{returns.source.name}: level {by} has {len(units):,} units, and a page of small multiples "
            f"holds at most {MOST_UNITS}; take a larger level, or some of the units with --where"
        )
    for scope, part in returns.by(by):
        if len(part) < FEWEST_PRECINCTS:
            continue
        picture: Picture | None
        if wanted.detector is None:
            n, picture = len(part), _panel(part, wanted)
        else:
            found = _pictures(_run(part, wanted), wanted)
            n, picture = (found[0][0].n, found[0][1]) if found else (0, None)
        if picture is not None and n >= FEWEST_PRECINCTS:
            panels.append((str(scope), n, picture))
    if not panels:
        raise ConfigError(f"{returns.source.name}: {_why_not(returns, wanted)}")
    panels.sort(key=lambda panel: natural_order(panel[0]))
    notes = [SAY("source", source=returns.source.name)]
    few = len(units) - len(panels)
    if few:
        notes.insert(0, SAY("left", few=few, fewest=FEWEST_PRECINCTS))
    return Sheet(
        name=f"{panels[0][2].name}-by-{by}",
        title=SAY("by", title=_title(returns, wanted), level=by),
        caption=SAY("panels", units=len(panels), level=by),
        units=tuple(unit for unit, _, _ in panels),
        n=tuple(n for _, n, _ in panels),
        pictures=tuple(picture for _, _, picture in panels),
        notes=(_meaning(returns, wanted, panels[0][2]), *notes),
    )


def _title(returns: Returns, wanted: _Wanted) -> Message:
    if wanted.detector is not None:
        return SAY(
            "found",
            figure=wanted.figure.replace("_", " "),
            detector=wanted.detector.id,
            quantity=wanted.quantity or wanted.option or returns.leader or "",
        )
    name = (wanted.quantity or "turnout") if wanted.figure == "sawtooth" else wanted.figure
    option = spelled(returns)
    return SAY(name, option=option) if "{option" in SAY.sources[name] else SAY(name)


def _meaning(returns: Returns, wanted: _Wanted, picture: Picture) -> Message:
    """What the panels count: the detector's own caption says it of the first one."""
    if wanted.detector is not None:
        return picture.caption
    if wanted.figure == "votes_by_turnout":
        return SAY("curves")
    return SAY("direct", turnout=returns.turnout_of)


def _forest(returns: Returns, wanted: _Wanted, by: str | None) -> Picture:
    assert wanted.detector is not None
    entry = wanted.detector
    if "by" not in entry.parameters:
        raise ConfigError(f"{entry.id} is not run by unit, so it has no forest")
    if by is None:
        if not returns.levels:
            raise ConfigError(f"{returns.source.name}: no levels, so there are no units for a forest")
        by = returns.levels[0]
    findings = _run(returns, wanted, by=(None, by))
    quantities = list(dict.fromkeys(item.quantity for item in findings.tested if item.scope.level == by))
    if not quantities:
        raise ConfigError(f"{returns.source.name}: {_why_not(returns, wanted, findings)}")
    quantity = wanted.quantity or quantities[0]
    if quantity not in quantities:
        raise ConfigError(
            f"{entry.id} has no quantity {quantity!r} here; the quantities are {', '.join(quantities)}"
        )
    items = findings.select(quantity=quantity)
    units = [item for item in items.tested if item.scope.level == by]
    nation = next((item for item in items.tested if item.scope == returns.scope), None)
    picture = forest(units, nation)
    if picture is None:
        raise ConfigError(
            f"{returns.source.name}: {entry.id} ({quantity}) has {len(units):,} units of level {by}; a "
            f"forest holds {FEWEST_UNITS} to {MOST_UNITS} units with a value"
        )
    return _with_notes(picture, units[0], returns)


def _run(returns: Returns, wanted: _Wanted, **levels: Any) -> Findings:
    entry = wanted.detector
    assert entry is not None
    parameters = {**wanted.parameters, **levels}
    if "rng" in entry.parameters:
        parameters["rng"] = task_seed(wanted.seed, entry.id)
    return entry.run(returns, **parameters)


def _pictures(findings: Findings, wanted: _Wanted) -> list[tuple[Finding, Picture]]:
    return [
        (item, picture)
        for item in findings.tested
        for picture in item.pictures
        if picture.figure == wanted.figure and wanted.quantity in (None, item.quantity)
    ]


def _found(findings: Findings, wanted: _Wanted, returns: Returns) -> tuple[Finding, Picture]:
    found = _pictures(findings, wanted)
    if not found:
        raise ConfigError(f"{returns.source.name}: {_why_not(returns, wanted, findings)}")
    return found[0]


def _with_notes(picture: Picture, finding: Finding, returns: Returns) -> Picture:
    """The picture with its null and its source, for standing alone."""
    notes = (SAY("null"), finding.null, *picture.notes, SAY("source", source=returns.source.name))
    return replace(picture, notes=notes)


def _why_not(returns: Returns, wanted: _Wanted, findings: Findings | None = None) -> str:
    """Why a figure cannot be made: the column that is missing, or what the detector says."""
    if wanted.detector is None:
        missing = [name for name in _needs(returns, wanted) if not _there(returns, name)]
        reason = f"no {', '.join(missing)}" if missing else "no precinct has all the counts it needs"
        return f"{wanted.figure} cannot be drawn: {reason}"
    skipped = findings.skipped if findings is not None else ()
    if skipped:
        return f"{wanted.figure} cannot be drawn: {str(skipped[0].reason).rstrip('.')}"
    tested = findings.tested if findings is not None else ()
    quantities = [item.quantity for item in tested if any(p.figure == wanted.figure for p in item.pictures)]
    given = f"; the quantities are {', '.join(dict.fromkeys(quantities))}" if quantities else ""
    return f"{wanted.detector.id} gives no {wanted.figure} here{given}"


def _needs(returns: Returns, wanted: _Wanted) -> tuple[str, ...]:
    if wanted.figure == "sawtooth":
        share = wanted.quantity == "share"
        return ("votes_<option>", "ballots") if share else (returns.turnout_of, "registered")
    return SOURCES[wanted.figure].needs


def _there(returns: Returns, name: str) -> bool:
    return bool(returns.leader) if name.startswith("votes_<") else returns.has(name)


def _ratio(returns: Returns, wanted: _Wanted) -> Ratio | None:
    return share_ratio(returns) if wanted.quantity == "share" else turnout_ratio(returns)


def _sawtooth(returns: Returns, wanted: _Wanted) -> Picture | None:
    ratio = _ratio(returns, wanted)
    if ratio is None:
        return None
    return overview.tenths(returns, ratio) or overview.points(returns, ratio)


def _panel(returns: Returns, wanted: _Wanted) -> Picture | None:
    """The picture of one unit: classes as wide as small units can fill."""
    if wanted.figure == "comet":
        return overview.comet(returns, cells=PANEL_CELLS)
    if wanted.figure == "sawtooth":
        ratio = _ratio(returns, wanted)
        return None if ratio is None else overview.points(returns, ratio)
    return _DIRECT[wanted.figure](returns, wanted)


_DIRECT: Mapping[str, Callable[[Returns, _Wanted], Picture | None]] = MappingProxyType(
    {
        "comet": lambda returns, _: overview.comet(returns),
        "fingerprint_comet": lambda returns, _: overview.fingerprint_comet(returns),
        "sawtooth": _sawtooth,
        "votes_by_turnout": lambda returns, _: votes_by_turnout(returns),
    }
)

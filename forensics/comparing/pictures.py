"""What the figures of a comparison draw: tests, units, precincts and overviews, election by election."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.auditing.forest import FEWEST_PRECINCTS, MOST_UNITS, natural_order
from forensics.comparing.beside import Beside
from forensics.comparing.documents import Entry
from forensics.comparing.elections import Election
from forensics.comparing.panel import Panel
from forensics.messages.message import Sentences
from forensics.messages.units import is_share, named
from forensics.picture import Picture, Sheet

if TYPE_CHECKING:
    import pandas as pd

#: Units of a level that are drawn at least: fewer are read from the table.
FEWEST_UNITS = 2

SAY = Sentences(
    "comparing",
    effects="{family}: the same tests in {elections:,} elections",
    effects_caption="Effect and its interval in each election, the earliest first; every test has an axis "
    "of its own, and the upright line is no departure. A mark without a line: the audit gave no interval. "
    "Hollow: parameters, unit or version differ, so the lines are not comparable. n: precincts used. A "
    "difference between elections is not tested.{left}",
    effects_left=" Not drawn: {tests:,} {tests:plural:test|tests} with an effect in fewer than two "
    "elections or of 0 in all.",
    units="{method}, {quantity}, by {level} over elections",
    units_caption="Effect ({unit}) and its interval in {units:,} units of level {level} that have one name "
    "in at least two elections, in order of the names and, within a panel, of time ({elections}); hollow: "
    "too few precincts for the test; n: precincts used where they are fewest. One axis for all.{left}",
    units_left=" Not drawn: {few:,} {few:plural:unit|units} with fewer than {fewest} precincts or no "
    "value.",
    units_many="Of {units:,} units some change by chance: the one that changed most is not the one to "
    "start from.",
    panel="Scores of the same precincts, {earlier} and {later}",
    panel_caption="Rank correlation (Spearman) of the scores of {kept:,} precincts that are in both "
    "elections, with its interval{clustered}; n: precincts with both scores. Habits of counting, sizes, "
    "the kind of place and the electorate persist in honest elections too, and give correlations above 0. "
    "No test.",
    clustered=", for which precincts of one {level} may depend on each other",
    beside_caption="One panel per election on common axes: {elections}. A description, no test: what was "
    "there in an earlier election too is not new, and what is new may be another electorate, another "
    "option or another rule. From the figures of each report{unit}.",
    beside_unit="; where an axis speaks of a unit, it is an election",
    comet="Turnout and share, election by election",
    turnout="Turnout in classes of {width:g} {width:plural:point|points}, election by election",
    share="Share of the option under study in classes of {width:g} {width:plural:point|points}, election "
    "by election",
    curves="Votes by turnout, election by election",
    digits="Last digits of {quantity}, election by election",
)


def effects(tests: Sequence[Beside], elections: Sequence[Election]) -> tuple[Picture, ...]:
    """One picture per family of tests: every election's effect, test by test."""
    found = []
    for family in dict.fromkeys(test.family for test in tests):
        mine = [test for test in tests if test.family == family]
        drawn = [test for test in mine if _drawn(test)]
        if not drawn:
            continue
        rows = [
            (test, election.short, entry)
            for test in drawn
            for election, entry in zip(elections, test.entries, strict=True)
            if entry is not None and entry.effect is not None
        ]
        left = len(mine) - len(drawn)
        found.append(
            Picture(
                figure="effects_over_elections",
                name=_stem(f"effects-{family}"),
                title=SAY("effects", family=family, elections=len(elections)),
                caption=SAY("effects_caption", left=SAY("effects_left", tests=left) if left else ""),
                columns={
                    "test": np.array([f"{test.method}: {test.quantity}" for test, _, _ in rows]),
                    "unit": np.array([_unit(entry) for _, _, entry in rows]),
                    "election": np.array([short for _, short, _ in rows]),
                    **_numbers([entry for _, _, entry in rows]),
                    "comparable": np.array([test.comparable for test, _, _ in rows]),
                },
            )
        )
    return tuple(found)


def units(tests: Sequence[Beside], elections: Sequence[Election]) -> tuple[Sheet, ...]:
    """One page of small multiples per comparable test with p-values and intervals: a panel per unit.

    What is only described is said well enough by its table.
    """
    groups: dict[tuple[str, str, str], list[Beside]] = {}
    for test in tests:
        groups.setdefault((test.method, test.quantity, test.level), []).append(test)
    found = []
    for (method, quantity, level), mine in groups.items():
        drawn = [test for test in mine if _worth_a_panel(test)]
        there = [entry for one in drawn for entry in one.there]
        spread = any(entry.interval is not None and entry.effect for entry in there)
        tested = any(entry.pvalue is not None for entry in there)
        if not (spread and tested) or not FEWEST_UNITS <= len(drawn) <= MOST_UNITS:
            continue
        drawn.sort(key=lambda test: natural_order(test.unit))
        few = len(mine) - len(drawn)
        unit = _unit(drawn[0].there[0])
        title = SAY("units", method=method, quantity=quantity, level=level)
        caption = SAY(
            "units_caption",
            unit=named(unit or "effect"),
            units=len(drawn),
            level=level,
            elections=", ".join(one.short for one in elections),
            left=SAY("units_left", few=few, fewest=FEWEST_PRECINCTS) if few else "",
        )
        name = _stem(f"units-{method}-{quantity}-by-{level}")
        found.append(
            Sheet(
                name=name,
                title=title,
                caption=caption,
                units=tuple(test.unit for test in drawn),
                n=tuple(min(entry.n for entry in test.there) for test in drawn),
                pictures=tuple(
                    Picture(
                        figure="unit_series",
                        name=name,
                        title=title,
                        caption=caption,
                        columns=_series(test, elections),
                        options={"ylabel": unit or "effect", "xlabel": ""},
                    )
                    for test in drawn
                ),
                notes=(SAY("units_many", units=len(drawn)),),
            )
        )
    return tuple(found)


def persistence(panel: Panel) -> Picture | None:
    """The rank correlations of one panel, score by score; ``None`` where there is none."""
    told = [one for one in panel.scores if one.correlation is not None and one.interval is not None]
    if not told:
        return None
    level = next((one.clustered_by for one in told if one.clustered_by), "")
    ends = [one.interval for one in told if one.interval is not None]
    return Picture(
        figure="forest",
        name=_stem(f"precincts-{panel.earlier}-{panel.later}"),
        title=SAY("panel", earlier=panel.earlier, later=panel.later),
        caption=SAY(
            "panel_caption",
            kept=panel.kept,
            clustered=SAY("clustered", level=level) if level else "",
        ),
        columns={
            "unit": np.array([one.score.replace(":", ": ") for one in told]),
            "effect": np.array([one.correlation for one in told], dtype=np.float64),
            "low": np.array([end.low for end in ends]),
            "high": np.array([end.high for end in ends]),
            "n": np.array([one.n for one in told], dtype=np.int64),
            "underpowered": np.zeros(len(told), dtype=bool),
        },
        options={"xlabel": "rank correlation of the scores"},
    )


def beside(elections: Sequence[Election]) -> tuple[Sheet, ...]:
    """Pictures of the reports' overviews, one panel per election that has them, two panels at least."""
    found = []
    for name, (figure, title, options) in _OVERVIEWS.items():
        having = [one for one in elections if name in one.tables and len(one.tables[name])]
        if len(having) < 2:
            continue
        tables = [one.tables[name] for one in having]
        width = _CLASSES[name](tables)
        said = {} if width is None else {"width": width}
        parameters: dict[str, Any] = dict(said) if title in ("turnout", "share") else {}
        if title == "digits":
            parameters["quantity"] = name.partition("-")[2]
        message = SAY(title, **parameters)
        caption = SAY(
            "beside_caption",
            elections="; ".join(f"{one.short}: {one.label}" for one in having),
            unit="" if figure == "comet" else SAY("beside_unit"),
        )
        stem = _stem(f"elections-{name}")
        pictures = tuple(
            Picture(
                figure=figure,
                name=stem,
                title=message,
                caption=caption,
                columns=_COLUMNS[figure](table, width),
                options={**options, **said},
            )
            for table in tables
        )
        n = tuple(_precincts(name, one) for one in having)
        found.append(Sheet(stem, message, caption, tuple(one.short for one in having), n, pictures))
    return tuple(found)


def missing_overviews(elections: Sequence[Election]) -> dict[str, tuple[str, ...]]:
    """Pictures that some elections lack and others have, with the elections that lack them."""
    return {
        name: lacking
        for name in _OVERVIEWS
        if (lacking := tuple(one.short for one in elections if name not in one.tables))
        # Ballots issued are looked at where they are reported, else those found.
        and (len(lacking) < len(elections) or not name.startswith("last_digit"))
    }


def scaled(entry: Entry, value: float) -> float:
    """A value in the unit that :func:`unit_text` names: shares as percentages."""
    return 100 * value if is_share(entry.unit) else value


def _unit(entry: Entry) -> str:
    share = is_share(entry.unit)
    return f"% of {entry.unit.removeprefix('share of ')}" if share else entry.unit


def _stem(name: str) -> str:
    """A file name: what a folder says is data, never a path."""
    return re.sub(r"[^\w-]+", "-", name)


def _drawn(test: Beside) -> bool:
    effects = [entry.effect for entry in test.there if entry.effect is not None]
    return len(effects) > 1 and (any(effects) or any(entry.interval for entry in test.there))


def _worth_a_panel(test: Beside) -> bool:
    there = [entry for entry in test.there if entry.effect is not None and entry.n >= FEWEST_PRECINCTS]
    return test.comparable and len(there) > 1 and len(there) == len(test.there)


def _numbers(entries: Sequence[Entry | None]) -> dict[str, np.ndarray]:
    none = (np.nan, np.nan)
    ends = [
        none if entry is None or entry.interval is None else tuple(scaled(entry, v) for v in entry.interval)
        for entry in entries
    ]
    effect = [
        np.nan if entry is None or entry.effect is None else scaled(entry, entry.effect)
        for entry in entries
    ]
    return {
        "effect": np.array(effect, dtype=np.float64),
        "low": np.array([low for low, _ in ends], dtype=np.float64),
        "high": np.array([high for _, high in ends], dtype=np.float64),
        "n": np.array([0 if entry is None else entry.n for entry in entries], dtype=np.int64),
    }


def _series(test: Beside, elections: Sequence[Election]) -> dict[str, Any]:
    return {
        "election": np.array([one.short for one in elections]),
        **_numbers(test.entries),
        "underpowered": np.array([entry is not None and entry.underpowered for entry in test.entries]),
    }


def _cell_width(tables: Sequence[pd.DataFrame]) -> float:
    """Of cells with whole lower edges in all tables, the widest: smaller ones can be added up to it."""
    return max(_step(table["turnout"], table["share"]) for table in tables)


def _class_width(tables: Sequence[pd.DataFrame]) -> float:
    return max(_step(table["low"]) for table in tables)


def _step(*edges: pd.Series) -> float:
    """The width of a cell, from edges that are multiples of it: 2, 1, 0.5 or 0.1 points."""
    tenths = np.unique(np.concatenate([np.rint(10 * column.to_numpy(np.float64)) for column in edges]))
    return float(np.gcd.reduce(tenths.astype(np.int64)) or 20) / 10


def _comet(table: pd.DataFrame, width: float | None) -> dict[str, np.ndarray]:
    """Cells of a common width; the last row and column hold exactly 100 %, and stay alone."""
    assert width is not None
    places = [
        np.floor(np.round(table[c].to_numpy(np.float64) / width, 6)) * width for c in ("turnout", "share")
    ]
    cells, where = np.unique(np.stack(places), axis=1, return_inverse=True)
    counts = np.bincount(np.ravel(where), table["precincts"].to_numpy(np.float64))
    return {"turnout": cells[0], "share": cells[1], "precincts": counts.astype(np.int64)}


def _sawtooth(table: pd.DataFrame, width: float | None) -> dict[str, np.ndarray]:
    names = ("low", "count", "expected", "expected_low", "expected_high")
    return {name: table[name].to_numpy(np.float64) for name in names if name in table.columns}


def _curves(table: pd.DataFrame, width: float | None) -> dict[str, np.ndarray]:
    names = ("turnout_bin", "leader", "others", "expected_leader")
    return {name: table[name].to_numpy(np.float64) for name in names if name in table.columns}


def _digits(table: pd.DataFrame, width: float | None) -> dict[str, np.ndarray]:
    shares = {name: table[name].to_numpy(np.float64) for name in ("observed", "expected", "low", "high")}
    return {"digit": table["digit"].to_numpy(np.int64), **shares}


def _precincts(name: str, election: Election) -> int:
    """Precincts of a panel."""
    table = election.tables[name]
    if name == "comet":
        return int(table["precincts"].sum())
    if "count" in table.columns:
        return int(table["count"].sum())
    own = election.document.scope
    test = ("reference_bin", "share") if name.startswith("reference_bin") else tuple(name.split("-", 1))
    return next(
        (
            entry.n
            for entry in election.document.findings
            if (entry.method, entry.quantity) == test and entry.scope == own
        ),
        0,
    )


_POINTS = {"ylabel": "precincts"}
_OVERVIEWS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "comet": ("comet", "comet", {"xlabel": "turnout, %", "ylabel": "share of the option under study, %"}),
    "turnout-tenths": ("sawtooth", "turnout", {"xlabel": "turnout, %", **_POINTS}),
    "turnout-points": ("sawtooth", "turnout", {"xlabel": "turnout, %", **_POINTS}),
    "share-tenths": ("sawtooth", "share", {"xlabel": "share of the option under study, %", **_POINTS}),
    "share-points": ("sawtooth", "share", {"xlabel": "share of the option under study, %", **_POINTS}),
    "reference_bin-share-curves": (
        "votes_by_turnout",
        "curves",
        {"xlabel": "turnout (ballots / registered), %", "ylabel": "ballots per point of turnout"},
    ),
    **{
        f"last_digit-{count}": ("digit_bars", "digits", {"xlabel": "last digit"})
        for count in ("leader_votes", "issued", "ballots")
    },
}
_CLASSES: Mapping[str, Any] = {
    "comet": _cell_width,
    **{
        f"{what}-{classes}": _class_width
        for what in ("turnout", "share")
        for classes in ("tenths", "points")
    },
    "reference_bin-share-curves": lambda tables: None,
    **{f"last_digit-{count}": lambda tables: None for count in ("leader_votes", "issued", "ballots")},
}
_COLUMNS: Mapping[str, Any] = {
    "comet": _comet,
    "sawtooth": _sawtooth,
    "votes_by_turnout": _curves,
    "digit_bars": _digits,
}

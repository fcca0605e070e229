"""The page of the reference elections: effects by class, and each election's own values."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

from forensics.evidence.reference_rows import CLASSES, Elections, Row

#: Method and quantities whose values are shown election by election, in the order of the columns.
MAIN = (
    ("integer_percent", ("either", "turnout", "share")),
    ("resampled_density", ("turnout", "share")),
    ("turnout_edge", ("turnout",)),
    ("last_digit", ("issued", "ballots")),
    ("turnout_share", ("share",)),
    ("reference_bin", ("share",)),
)
LEAD = """# Reference elections

Effects of the detectors on {n} real elections, nationally, by what the literature and observers hold of
each election as a whole. The page is printed by

    python -m forensics.evidence.references

from data that the project does not ship; the numbers stand in `data/reference_elections.csv`, and the
list of elections, with the rows kept and the leading option, in `data/reference_elections.toml`.

**No threshold is chosen from these tables.** A finding is placed among them by its effect, never by its z
or p-value, which grow with the number of precincts; its own election is left out. The classes are small,
are not drawn at random, and overlap: an effect that is rare among elections held clean is a reason to
look, not a judgement, and an effect that is common there is no certificate. "Held clean" is an opinion
about an election, not a measurement of its count. Several elections are of one country and are not
independent of each other, and effects of small elections vary more by chance than those of large ones: read
each with its interval.
"""


def page(rows: Sequence[Row], listed: Elections) -> str:
    """The page as Markdown; the same rows give the same bytes."""
    parts = (_lead(rows), *_elections(rows, listed), *_own(rows, listed), *_classes(rows))
    return "\n".join(parts)


def _lead(rows: Sequence[Row]) -> str:
    return LEAD.format(n=len(dict.fromkeys(row.election for row in rows)))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(header: Sequence[str], lines: Iterable[Sequence[str]], numbers: int) -> str:
    """A table whose last ``numbers`` columns are set to the right."""
    rule = ["---"] * (len(header) - numbers) + ["---:"] * numbers
    return "\n".join((_line(header), _line(rule), *map(_line, lines), ""))


def _elections(rows: Sequence[Row], listed: Elections) -> Iterator[str]:
    yield "## The elections\n"
    there = dict.fromkeys(row.election for row in rows)
    lines = [
        (item.name, item.country, str(item.year), item.class_, f"`{item.leader}`")
        for class_ in CLASSES
        for item in listed.election
        if item.class_ == class_ and item.name in there
    ]
    yield _table(("data set", "country", "year", "held", "option under study"), lines, 0)
    yield "Filters, sources and commits are in the list. Left out:\n"
    yield "\n".join(f"* `{item.name}`: {item.why}" for item in listed.left_out) + "\n"


def _own(rows: Sequence[Row], listed: Elections) -> Iterator[str]:
    yield "## Each election\n"
    yield (
        "Effects, with their intervals in brackets. A dash: the election has no such column, or too few "
        "precincts or units for an interval. `reference_bin` is in shares of the option's votes instead of "
        "votes.\n"
    )
    found = {(row.election, row.method, row.quantity): row for row in rows}
    there = dict.fromkeys(row.election for row in rows)
    for method, quantities in MAIN:
        unit = next((row.unit for row in rows if row.method == method), "")
        yield f"### `{method}` ({unit})\n"
        lines = [
            (item.name, class_, *(_cell(found.get((item.name, method, q))) for q in quantities))
            for class_ in CLASSES
            for item in listed.election
            if item.class_ == class_ and item.name in there
        ]
        yield _table(("data set", "held", *quantities), lines, len(quantities))


def _cell(row: Row | None) -> str:
    if row is None:
        return "–"
    interval = "" if row.low is None or row.high is None else f" [{_number(row.low)}, {_number(row.high)}]"
    return _number(row.effect) + interval


def _number(value: float) -> str:
    """Three significant digits, never in powers of ten; what would round to nothing is 0."""
    if abs(value) < 5e-6:
        return "0"
    return f"{float(f'{value:.3g}'):.6f}".rstrip("0").rstrip(".").replace("-", "−")


def _classes(rows: Sequence[Row]) -> Iterator[str]:
    yield "## Effects by class\n"
    yield "Median [smallest, largest] and the number of elections, for what at least two of them have.\n"
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.method, row.quantity, row.unit, row.election)):
        groups.setdefault((row.method, row.quantity, row.unit), []).append(row)
    lines = [
        (f"`{method}`", quantity, unit, *(_summary(group, class_) for class_ in CLASSES))
        for (method, quantity, unit), group in groups.items()
        if len(group) > 1
    ]
    yield _table(("method", "quantity", "unit", *CLASSES), lines, len(CLASSES))


def _summary(group: Sequence[Row], class_: str) -> str:
    effects = [row.effect for row in group if row.class_ == class_]
    if not effects:
        return "–"
    middle, low, high = statistics.median(effects), min(effects), max(effects)
    return f"{_number(middle)} [{_number(low)}, {_number(high)}], n {len(effects)}"

"""What was tested and what was found: one group per test and quantity, the nation before its units."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.auditing.forest import FEWEST_PRECINCTS, MOST_UNITS, natural_order
from forensics.finding import Finding, Findings, Skipped
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.report import numerals, writing
from forensics.report.coverage import figure
from forensics.report.document import Family, Result, Table, Tested
from forensics.report.json_text import line
from forensics.scope import Scope

SAY = Sentences(
    "report.results",
    scope="scope",
    n="n",
    outcome="outcome",
    effect="effect [interval]",
    statistic="statistic",
    p="p",
    q="q",
    effect_alone="effect",
    all_zero="The effect is 0 in each of the {units:,} units.",
    confidence="effect [{level:.0%} interval]",
    excluded="left out",
    parameters="parameters",
    units="{units:,} {units:plural:unit|units} of level {level}",
    outcome_units="{tested:,} with a p-value, {underpowered:,} underpowered; below 0.05: {low:,} by p "
    "({chance:.1f} expected if every null is true), {adjusted:,} by q",
    median="median {effect}",
    no_pvalues="{tested:,} described, {underpowered:,} underpowered",
    compared="compared with its null",
    descriptive="described, no p-value",
    underpowered="underpowered",
    per_unit="By unit of level {level}",
    unit="unit",
    bands="By size of precinct",
    low="from",
    high="below",
    excess="excess",
    z="z",
    missing="ballots missing",
    many="precincts missing more than ten",
    skipped="What could not be run",
    test="test",
    where="where",
    reason="reason",
    times="units",
    nothing_skipped="Everything in the plan could be run.",
)
#: What follows [low, high, n] in each row of ``detail["bands"]``, where it is not a statistic and p.
BANDS: Mapping[str, tuple[str, str]] = {
    "integer_percent": ("excess", "z"),
    "digit_heaping": ("excess", "z"),
    "percent_heaping": ("excess", "z"),
    "ballot_chain": ("missing", "many"),
}
#: Words for what is known of an assumption.
STATES: Mapping[bool | None, str] = {True: "holds", False: "fails", None: "unknown"}


@dataclass(frozen=True)
class Group:
    """All findings of one test and quantity; ``top`` are those of the returns' own scope."""

    method: str
    quantity: str
    top: tuple[Finding, ...]
    levels: tuple[tuple[str, tuple[Finding, ...]], ...]

    @property
    def first(self) -> Finding:
        """The finding whose null and explanations speak for the group."""
        return self.top[0] if self.top else self.levels[0][1][0]

    @property
    def anchor(self) -> str:
        """Name of the group's place in the page."""
        return re.sub(r"[^\w-]+", "-", f"{self.method}-{self.quantity}")

    @property
    def heading(self) -> str:
        """The test and what it looks at."""
        return f"{self.method}: {self.quantity}"


def groups(findings: Findings, scope: Scope) -> tuple[Group, ...]:
    """The findings by test and quantity, in the order they first occur."""
    found: dict[tuple[str, str], dict[str, list[Finding]]] = {}
    for item in findings.tested:
        level = "" if item.scope == scope else item.scope.level
        found.setdefault((item.method, item.quantity), {}).setdefault(level, []).append(item)
    return tuple(
        Group(
            method,
            quantity,
            tuple(levels.get("", ())),
            tuple((level, tuple(items)) for level, items in levels.items() if level),
        )
        for (method, quantity), levels in found.items()
    )


def tested_columns(language: str) -> tuple[str, ...]:
    """Headers of the rows that :func:`tested` makes."""
    return tuple(SAY(name).text(language) for name in ("scope", "n", "outcome", "effect", "p"))


def tested(group: Group, language: str) -> Tested:
    """The group's rows in the table of everything that was run."""
    rows = [_row(item, language) for item in group.top]
    rows += [_level_row(level, items, language) for level, items in group.levels]
    return Tested(group.anchor, group.heading, group.first.null.text(language), tuple(rows))


def _row(item: Finding, language: str) -> tuple[str, ...]:
    outcome = (
        "underpowered" if item.underpowered else "compared" if item.pvalue is not None else "descriptive"
    )
    return (
        numerals.place(item.scope, language),
        numerals.count(item.n, language),
        SAY(outcome).text(language),
        numerals.effect(item, language),
        numerals.pvalue(item.pvalue, language),
    )


def _level_row(level: str, items: Sequence[Finding], language: str) -> tuple[str, ...]:
    usable = [item for item in items if item.effect is not None and not item.underpowered]
    with_p = sum(item.pvalue is not None for item in items)
    numbers = {
        "tested": with_p or sum(not item.underpowered for item in items),
        "underpowered": sum(item.underpowered for item in items),
    }
    if with_p:
        outcome = SAY(
            "outcome_units",
            **numbers,
            low=sum(item.pvalue is not None and item.pvalue < 0.05 for item in items),
            chance=0.05 * with_p,
            adjusted=sum(q is not None and q < 0.05 for q in adjusted(items)),
        )
    else:
        outcome = SAY("no_pvalues", **numbers)
    return (
        SAY("units", units=len(items), level=level).text(language),
        numerals.count(sum(item.n for item in items), language),
        outcome.text(language),
        SAY("median", effect=numerals.median_effect(usable, language)).text(language) if usable else "–",
        "–",
    )


def adjusted(items: Sequence[Finding]) -> list[float | None]:
    """Benjamini–Hochberg adjusted p-values of one test and level; None where there is no p-value."""
    from scipy.stats import false_discovery_control

    values = [item.pvalue for item in items if item.pvalue is not None]
    if not values:
        return [None] * len(items)
    found = iter(false_discovery_control(values).tolist())
    return [None if item.pvalue is None else next(found) for item in items]


def skipped_table(skipped: Sequence[Skipped], language: str) -> Table:
    """What could not be run, with the reason; units with the same reason together."""
    found: dict[tuple[str, str, str], list[Skipped]] = {}
    for item in skipped:
        key = (item.method, item.scope.level, item.reason.text(language))
        found.setdefault(key, []).append(item)
    columns = tuple(SAY(name).text(language) for name in ("test", "where", "times", "reason"))
    rows = tuple(
        (method, level, numerals.count(len(items), language), reason)
        for (method, level, reason), items in found.items()
    )
    notes = () if rows else (SAY("nothing_skipped").text(language),)
    return Table(SAY("skipped").text(language), columns, (False, False, True, False), rows, notes)


def families(
    found: Sequence[Group],
    pictures: Mapping[str, Sequence[Picture]],
    forests: Mapping[tuple[str, str], Picture],
    summaries: Mapping[str, str],
    order: Sequence[str],
    annotated: Callable[[Finding], Sequence[tuple[str, str]]],
    language: str,
) -> tuple[Family, ...]:
    """The groups in full, family by family; ``pictures`` are listed by the group's anchor.

    ``forests`` are listed by anchor and level, where there is one; ``annotated`` gives what the
    evidence says of a finding: size, power, place.
    """
    names = list(dict.fromkeys(group.first.family for group in found))
    names.sort(key=lambda name: order.index(name) if name in order else len(order))
    return tuple(
        Family(
            name,
            writing.FAMILIES(name).text(language) if name in writing.FAMILIES.sources else name,
            tuple(
                _result(
                    group,
                    pictures.get(group.anchor, ()),
                    [forests.get((group.anchor, level)) for level, _ in group.levels],
                    summaries.get(group.method, ""),
                    annotated,
                    language,
                )
                for group in found
                if group.first.family == name
            ),
        )
        for name in names
    )


def _result(
    group: Group,
    pictures: Sequence[Picture],
    forests: Sequence[Picture | None],
    summary: str,
    annotated: Callable[[Finding], Sequence[tuple[str, str]]],
    language: str,
) -> Result:
    first = group.first
    said = remark(first, language) if group.top else writing.SAY("national_only").text(language)
    if any(item.draws is not None for item in group.top):
        said = f"{said} {writing.SAY('draws').text(language)}".strip()
    bands = first.detail.get("bands") if group.top else None
    return Result(
        anchor=f"finding-{group.anchor}",
        heading=group.heading,
        summary=summary,
        null=first.null.text(language),
        figures=tuple(figure(picture, language) for picture in pictures),
        facts=tuple(fact for item in group.top for fact in _facts(item, annotated(item), language)),
        remark=said,
        assumptions=tuple((STATES[a.holds], a.text.text(language)) for a in first.assumptions),
        innocent=tuple(sentence.text(language) for sentence in first.innocent),
        bands=_bands(group.method, bands, language) if bands else None,
        units=tuple(_units(level, items, language) for level, items in group.levels),
        forests=tuple(None if picture is None else figure(picture, language) for picture in forests),
    )


def remark(item: Finding, language: str) -> str:
    """Why a finding has no p-value; nothing where it has one."""
    if item.underpowered:
        return writing.SAY("underpowered").text(language)
    return writing.SAY("descriptive").text(language) if item.pvalue is None else ""


def _facts(item: Finding, annotated: Sequence[tuple[str, str]], language: str) -> list[tuple[str, str]]:
    if item.interval is None:
        label = SAY("effect_alone")
    else:
        label = SAY("confidence", level=item.interval.confidence_level)
    excluded = numerals.count(item.excluded, language)
    if item.exclusion is not None:
        excluded += f" ({item.exclusion.text(language).rstrip('.')})"
    facts = [
        (label.text(language), numerals.effect(item, language)),
        (
            SAY("statistic").text(language),
            "–" if item.statistic is None else numerals.number(item.statistic, language),
        ),
        (SAY("p").text(language), numerals.pvalue(item.pvalue, language)),
        (SAY("n").text(language), numerals.count(item.n, language)),
        (SAY("excluded").text(language), excluded),
        *annotated,
    ]
    if item.parameters:
        shown = "; ".join(f"{key} = {_plain(value)}" for key, value in item.parameters.items())
        facts.append((SAY("parameters").text(language), shown))
    return facts


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else line(value)


def _bands(method: str, bands: Sequence[Sequence[float | None]], language: str) -> Table:
    last = BANDS.get(method, ("statistic", "p"))
    show = (numerals.count, numerals.count, numerals.count, numerals.number)
    rows = []
    for *first, end in bands:
        cells = ["–" if v is None else f(v, language) for f, v in zip(show, first, strict=True)]
        if last[1] == "p":
            cells.append(numerals.pvalue(end, language))
        else:
            cells.append("–" if end is None else numerals.number(end, language))
        rows.append(tuple(cells))
    columns = tuple(SAY(name).text(language) for name in ("low", "high", "n", *last))
    return Table(SAY("bands").text(language), columns, (True,) * 5, tuple(rows))


def _units(level: str, items: Sequence[Finding], language: str) -> Table:
    caption = SAY("per_unit", level=level).text(language)
    with_p = any(item.pvalue is not None for item in items)
    names = ("unit", "n", "effect", "p", "q") if with_p else ("unit", "n", "effect")
    columns = tuple(SAY(name).text(language) for name in names)
    numeric = (False, *(True for _ in names[1:]))
    if not with_p and all(item.effect == 0 for item in items):
        return Table(caption, columns, numeric, (), (SAY("all_zero", units=len(items)).text(language),))
    if len(items) > MOST_UNITS:
        note = writing.SAY("many_units", units=len(items), level=level).text(language)
        return Table(caption, columns, numeric, (), (note,))
    listed = [
        (str(item.scope), item, q)
        for item, q in zip(items, adjusted(items), strict=True)
        if item.n >= FEWEST_PRECINCTS
    ]
    listed.sort(key=lambda entry: natural_order(entry[0]))
    rows = tuple(
        (
            name,
            numerals.count(item.n, language),
            numerals.effect(item, language),
            numerals.pvalue(item.pvalue, language),
            numerals.pvalue(q, language),
        )
        for name, item, q in listed
    )
    notes = [writing.SAY("units").text(language)]
    few = len(items) - len(listed)
    if few:
        notes.append(writing.SAY("few", units=few, fewest=FEWEST_PRECINCTS).text(language))
    return Table(caption, columns, numeric, tuple(row[: len(names)] for row in rows), tuple(notes))

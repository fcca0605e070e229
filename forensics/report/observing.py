"""The section on observers: what a quick count or an observers' sample says beside the returns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from forensics.finding import Finding
from forensics.messages.message import Message, Sentences
from forensics.messages.units import UNITS
from forensics.observers.agreement import METHOD as GAP
from forensics.observers.agreement import protocol_gap
from forensics.observers.observation import Observation
from forensics.observers.presence import COUNTED, head_count, presence
from forensics.observers.presence import METHOD as PRESENCE
from forensics.observers.quick_count import METHOD as QUICK
from forensics.observers.quick_count import UNIT, quick_count
from forensics.observers.spillover import SPILLOVER, spillover
from forensics.observers.weighing import POWER
from forensics.picture import Picture
from forensics.report import annex, numerals, results
from forensics.report.coverage import figure
from forensics.report.document import Compared, Method, Observers, Table

SAY = Sentences(
    "report.observers",
    lead="A sample of {n:,} precincts ({source}, sha256 {digest}) is set beside the returns. Its numbers "
    "are of this section alone: they are no part of the assessment, and its {tests:,} "
    "{tests:plural:p-value|p-values} {tests:plural:is|are} not among those counted above.",
    blind="A ballot that was false before it was counted is in the protocol that observers copy: where the "
    "official result agrees with a sample of protocols, tabulation changed nothing larger than the "
    "interval, and no more follows.",
    comparisons="{method}: what was compared",
    quantity="quantity",
    n="n",
    silent="no number",
    estimate="sample, % [interval]",
    counted="counted, %",
    official="official, %",
    effect="effect [interval]",
    effect_in="effect, {unit} [interval]",
    effect_points="effect, points [interval]",
    likewise="{null} And likewise of each other quantity of the table.",
    design_effect="design effect",
    p="p",
    holm="p (Holm)",
    detectable="detectable",
    level="Intervals of {level:.0%}. Effect: official less estimated, in percentage points. p (Holm) is "
    "adjusted for all quantities of the table. Detectable: the difference that such a sample finds with a "
    "probability of {power:.0%}.",
    level_alone="Intervals of {level:.0%}.",
    few="Where there is no p-value although others have one, there are too few precincts or "
    "clusters for it: nothing follows from its absence.",
    no_interval="Without lots there are no intervals: the numbers are of the precincts visited alone.",
    skipped="What the sample could not be asked",
    test="test",
    reason="reason",
    answers="Answers to the form",
    question="question",
    answered="answered",
    unanswered="no answer",
    yes="yes, or above 0",
    sum="sum",
    other="other words",
    share="share of all precincts [interval]",
)

SUMMARIES = Sentences(
    "report.observers.method",
    quick_count="The official result against what a random sample of precincts leads to expect (Cochran "
    "1977).",
    protocol_gap="Protocols as observers saw them against the same precincts as tabulated, carried over to "
    "all precincts (Cochran 1977; Korn and Graubard 1998).",
    head_count="Voters by the protocol less those whom observers counted, per registered voter.",
    observer_presence="Observed precincts less the others of their stratum, by permuting the lots "
    "(Enikolopov et al. 2013).",
    observer_spillover="Precincts without observers in areas with some, less those of areas without any, "
    "by permuting areas (Ichino and Schündeln 2012).",
)
#: More nulls than this are the same sentence of one quantity after the other.
MOST_NULLS = 2
#: Where the references of each method stand.
SOURCES: dict[str, Callable[..., Any]] = {
    QUICK: quick_count,
    GAP: protocol_gap,
    COUNTED: head_count,
    PRESENCE: presence,
    SPILLOVER: spillover,
}


def observers(found: Observation, named: Callable[[Picture], Picture], language: str) -> Observers:
    """The section; ``named`` gives each picture a name of its own within the report."""

    def say(name: str, **parameters: Any) -> str:
        return SAY(name, **parameters).text(language)

    source = found.sample.source
    digest = source.sha256[:12] or "–"
    tests = sum(item.pvalue is not None for item in found.findings.tested)
    said: tuple[Message, ...] = (*found.because, found.coverage, *source.steps, *found.sentences)
    labels = {name: label for picture in found.pictures for name, label in picture.labels.items()}
    drawn: list[Picture] = []
    compared, methods = [], []
    for method in dict.fromkeys(item.method for item in found.findings.tested):
        items = found.findings.select(method=method).tested
        own = tuple(named(p) for item in items for p in item.pictures if not p.restricted)
        drawn += own
        nulls = tuple(dict.fromkeys(item.null.text(language) for item in items))
        methods.append(_method(method, nulls, language))
        table = _table(method, items, labels if method == QUICK else {}, found.design is not None, language)
        compared.append(_compared(method, items, nulls, own, table, language))
    skipped = tuple((item.method, item.reason.text(language)) for item in found.findings.skipped)
    return Observers(
        notes=(
            say("lead", n=len(found.sample), source=source.name, digest=digest, tests=tests),
            say("blind"),
        ),
        steps=tuple(message.text(language) for message in said),
        results=tuple(compared),
        skipped=Table(say("skipped"), (say("test"), say("reason")), (False, False), skipped)
        if skipped
        else None,
        answers=_answers(found.items, language) if len(found.items) else None,
        methods=tuple(methods),
        pictures=tuple(drawn),
    )


def _compared(
    method: str,
    items: Sequence[Finding],
    nulls: tuple[str, ...],
    pictures: Sequence[Picture],
    table: Table,
    language: str,
) -> Compared:
    some = any(item.pvalue is not None for item in items)
    few = any(item.underpowered for item in items)
    return Compared(
        anchor=f"observers-{method}",
        heading=method,
        summary=_summary(method, language),
        nulls=nulls if len(nulls) <= MOST_NULLS else (SAY("likewise", null=nulls[0]).text(language),),
        figures=tuple(figure(picture, language) for picture in pictures),
        table=table,
        remark=results.remark(items[0], language) if not some else SAY("few").text(language) if few else "",
        assumptions=tuple(
            dict.fromkeys(
                (results.STATES[one.holds], one.text.text(language))
                for item in items
                for one in item.assumptions
            )
        ),
        innocent=tuple(dict.fromkeys(one.text(language) for item in items for one in item.innocent)),
    )


def _table(
    method: str, items: Sequence[Finding], labels: dict[str, Any], lots: bool, language: str
) -> Table:
    """A row per quantity; a column stands where any quantity has something for it."""

    def detail(item: Finding, name: str, form: str, scale: float = 1) -> str:
        value = item.detail.get(name)
        return "" if value is None else numerals.decimals(scale * value, form, language)

    def estimate(item: Finding) -> str:
        if item.detail.get("estimate") is None:
            return ""
        low, high = (detail(item, name, ".2f", 100) for name in ("low", "high"))
        between = f" {numerals.span(low, high, language)}" if low and high else ""
        return f"{detail(item, 'estimate', '.2f', 100)}{between}"

    def label(item: Finding) -> str:
        own = labels.get(item.quantity, item.quantity)
        return own.text(language) if isinstance(own, Message) else str(own)

    def holm(item: Finding) -> str:
        value = item.detail.get("p_holm")
        return "" if value is None else numerals.pvalue(value, language)

    units = dict.fromkeys(item.unit for item in items)
    points = list(units) == [UNIT]

    def effect(item: Finding) -> str:
        if len(units) > 1 or item.effect is None:
            return numerals.effect(item, language)
        ends = () if item.interval is None else (item.interval.low, item.interval.high)
        value, *between = (
            numerals.decimals(one, ".2f", language) if points else numerals.number(one, language)
            for one in (item.effect, *ends)
        )
        return f"{value} {numerals.span(between[0], between[1], language)}" if between else value

    cells: dict[str, Callable[[Finding], str]] = {
        "quantity": label,
        "estimate": estimate,
        "counted": lambda item: detail(item, "counted", ".2f", 100),
        "official": lambda item: detail(item, "official", ".2f", 100),
        "effect": effect,
        "p": lambda item: numerals.pvalue(item.pvalue, language),
        "holm": holm,
        "n": lambda item: numerals.count(item.n, language),
        "silent": lambda item: numerals.count(item.excluded, language) if item.excluded else "",
        "design_effect": lambda item: detail(item, "design_effect", ".2f"),
        "detectable": lambda item: detail(item, "detectable", ".2f"),
    }
    columns = {name: [cell(item) for item in items] for name, cell in cells.items()}
    kept = {name: column for name, column in columns.items() if any(column)}
    levels = [item.interval.confidence_level for item in items if item.interval is not None]
    notes = []
    if levels:
        level = levels[0]
        notes.append(
            SAY("level", level=level, power=POWER) if "holm" in kept else SAY("level_alone", level=level)
        )
    elif not lots:
        notes.append(SAY("no_interval"))
    heads = {name: SAY(name).text(language) for name in kept}
    if len(units) == 1:
        unit = UNITS.text(items[0].unit, language)
        heads["effect"] = (SAY("effect_points") if points else SAY("effect_in", unit=unit)).text(language)
    return Table(
        SAY("comparisons", method=method).text(language),
        tuple(heads.values()),
        tuple(name != "quantity" for name in kept),
        tuple(tuple(cell or "–" for cell in row) for row in zip(*kept.values(), strict=True)),
        tuple(note.text(language) for note in notes),
    )


def _answers(items: pd.DataFrame, language: str) -> Table:
    """What was answered to each question of the form; shares only where lots drew the precincts."""
    names = ("question", "answered", "unanswered", "yes", "sum", "other", "share")
    rows = []
    for row in items.to_dict("records"):
        numbers = [
            "–" if pd.isna(row[name]) else numerals.count(row[name], language)
            for name in ("answered", "silent", "yes", "sum", "other")
        ]
        share = "–"
        if not pd.isna(row["share"]):
            value, low, high = (
                "–" if pd.isna(row[name]) else numerals.percents(row[name], language)
                for name in ("share", "low", "high")
            )
            share = f"{value} % {numerals.span(low, high, language)}"
        rows.append((str(row["item"]), *numbers, share))
    return Table(
        SAY("answers").text(language),
        tuple(SAY(name).text(language) for name in names),
        (False, *(True,) * (len(names) - 1)),
        tuple(rows),
    )


def _summary(method: str, language: str) -> str:
    if method in SUMMARIES.sources:
        return SUMMARIES(method).text(language)
    return annex.methods({method: ()}, language)[0].summary


def _method(method: str, nulls: tuple[str, ...], language: str) -> Method:
    """The entry of the annex, with every null."""
    if method not in SOURCES:
        return annex.methods({method: nulls}, language)[0]
    written = annex.references(inspect.getdoc(SOURCES[method]) or "")
    return Method(method, _summary(method, language), nulls, written)

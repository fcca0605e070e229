"""The section on commissions: coverage, who nominated the members, and how that goes with the outcomes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import pandas as pd

from forensics.commissions.association import SAY as SENTENCES
from forensics.commissions.association import Association
from forensics.commissions.linking import Link
from forensics.commissions.summaries import over_codings
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.report import numerals
from forensics.report.coverage import figure
from forensics.report.document import Commissions, Headline, Table

SAY = Sentences(
    "report.commissions",
    lead="Commissions are not placed at random, so nothing here is an effect: composition may follow past "
    "votes, and both may follow the place. Groups of fewer than five commissions are withheld. The study "
    "was declared before the roster was joined (sha256 {digest}); its first outcome and measure are "
    "primary, and all others are adjusted for their number.",
    levels="Measures by level of commissions",
    units="Measures of precinct commissions by {level}",
    level="commissions",
    measure="measure",
    coding="coding",
    unit="unit",
    n="n",
    mean="mean",
    bounds="bounds for unknown members",
    models="Every model",
    model="model",
    question="outcome on measure",
    effect="percentage points per unit [interval]",
    effect_units="outcome per unit [interval]",
    effects="per unit of the measure [interval]",
    scales="Percentage points where the outcome is a share, its own units where it is not.",
    warned="† A placebo departs from 0: read it with the warning that stands beside its headline.",
    lower="Means of shares count members of whom the coding knows nothing, or the roster names nobody, as "
    "not of the class: they are the lower bound; the upper one counts all of them in.",
    codings="Range of the measures over all codings",
    range="least lower to greatest upper bound",
    several="codings",
    p="p by cluster",
    wild="p wild",
    permuted="p permuted",
    mde="smallest found with 80 %",
    robustness="robustness value",
    previous_election="placebo: {outcome} of the election before",
    pre_appointment="placebo: {outcome}, settled before the commissions were formed",
    satellite="placebo: {outcome}, where there was no reason to move it",
    exchanged="compositions permuted within their bodies and sizes: middle 95 %",
    clusters="{p} ({error}, {n:,} clusters: {level})",
    placebo_value="{coefficient:+.2f} [{low:+.2f}, {high:+.2f}]",
    placebo_p="{coefficient:+.2f} [{low:+.2f}, {high:+.2f}], p {p}",
    not_estimated="{n:,} {n:plural:model|models} could not be estimated; the reasons are in "
    "commissions.json.",
    withheld="{n:,} {n:plural:row|rows} withheld: fewer than five commissions, or found by subtraction.",
    on="{outcome} on {exposure}",
    headline="{outcome} on {exposure}{coding}, {model}",
    headline_warned="{outcome} on {exposure}{coding}, {model}: not to be read as an association with who "
    "sat, because a placebo departs from 0",
    under=" (coding {coding})",
    adjusted="p adjusted for the other questions (Benjamini-Hochberg)",
    stepdown="the same (Romano-Wolf)",
)


def commissions(link: Link, named: Callable[[Picture], Picture], language: str) -> Commissions:
    """The section; ``named`` gives each picture a name of its own within the report."""

    def say(name: str, **parameters: Any) -> str:
        return SAY(name, **parameters).text(language)

    found = link.associations
    composed = tuple(named(picture) for picture in link.pictures() if picture.figure == COMPOSITION)
    headlines, drawn = [], list(composed)
    for one in found.headlines:
        own = tuple(named(picture) for picture in one.pictures)
        drawn += own
        headlines.append(_headline(one, own, language))
    notes = [say("lead", digest=found.digest[:12])]
    notes += [step.text(language) for step in (*link.steps, *link.retention)]
    if found.skipped:
        notes.append(say("not_estimated", n=len(found.skipped)))
    tables = [_measures(link.levels, say("levels"), "level", language)]
    if len(link.measures) > 1:
        tables.append(_over_codings(link, language))
    if len(link.units):
        tables.append(_measures(link.units, say("units", level=link.first.levels[0]), "unit", language))
    return Commissions(
        notes=tuple(notes),
        figures=tuple(figure(picture, language) for picture in composed),
        tables=tuple(tables),
        headlines=tuple(headlines),
        models=_models(found, language),
        pictures=tuple(drawn),
    )


#: The figure of who nominated the members.
COMPOSITION = "commission_composition"


def _measures(table: pd.DataFrame, caption: str, first: str, language: str) -> Table:
    columns = tuple(
        SAY(name).text(language) for name in (first, "measure", "coding", "n", "mean", "bounds")
    )
    rows = []
    behind: list[int] = []
    held = 0
    vague = False
    for row in table.to_dict("records"):
        if row["withheld"]:
            held += 1
            continue
        if pd.isna(row["low"]):
            continue
        mean = (
            "–" if row["mean"] is None or pd.isna(row["mean"]) else numerals.number(row["mean"], language)
        )
        bounds = _bounds(row, language)
        vague |= bool(row["mean"] == row["low"] < row["high"])
        name = _named(row)
        head = row["unit"] if first == "unit" else row["level"]
        behind.append(int(row["commissions"]))
        rows.append(
            (
                str(head),
                name,
                row["coding"] or "–",
                numerals.count(row["commissions"], language),
                mean,
                bounds,
            )
        )
    notes = [SAY("withheld", n=held).text(language)] if held else []
    notes += [SAY("lower").text(language)] if vague else []
    return Table(
        caption, columns, (False, False, False, True, True, True), tuple(rows), tuple(notes), tuple(behind)
    )


def _named(row: Mapping[Hashable, Any]) -> str:
    return f"{row['measure']} ({row['symbol']})" if row["symbol"] else str(row["measure"])


def _bounds(row: Mapping[Hashable, Any], language: str) -> str:
    low, high = (numerals.number(row[name], language) for name in ("low", "high"))
    return numerals.span(low, high, language)


def _over_codings(link: Link, language: str) -> Table:
    """What no coding goes beyond."""
    table = over_codings(link.measures)
    table = table[(table["codings"] > 1) & table["low"].notna()]
    rows = tuple(
        (
            str(row["level"]),
            _named(row),
            numerals.count(row["codings"], language),
            _bounds(row, language),
        )
        for row in table.to_dict("records")
    )
    columns = tuple(SAY(name).text(language) for name in ("level", "measure", "several", "range"))
    behind = tuple(int(number) for number in table["commissions"])
    return Table(SAY("codings").text(language), columns, (False, False, True, True), rows, (), behind)


def _effect(one: Association, language: str) -> str:
    scale = 100 if one.points else 1
    text = numerals.number(scale * one.coefficient, language)
    if one.interval is None:
        return text
    low, high = (numerals.number(scale * value, language) for value in one.interval)
    return f"{text} {numerals.span(low, high, language)}"


def _headline(one: Association, pictures: tuple[Picture, ...], language: str) -> Headline:
    def say(name: str, **parameters: Any) -> str:
        return SAY(name, **parameters).text(language)

    scale = 100 if one.points else 1
    facts = [
        (say("effect" if one.points else "effect_units"), _effect(one, language)),
        (
            say("p"),
            say(
                "clusters",
                p=numerals.pvalue(one.p_cluster, language),
                error=one.error,
                n=one.clusters,
                level=one.cluster,
            ),
        ),
        (say("wild"), numerals.pvalue(one.p_wild, language)),
        (say("permuted"), numerals.pvalue(one.p_permutation, language)),
        (say("n"), numerals.count(one.n, language)),
    ]
    if one.p_bh is not None:
        facts.append((say("adjusted"), numerals.pvalue(one.p_bh, language)))
    if one.p_romano_wolf is not None:
        facts.append((say("stepdown"), numerals.pvalue(one.p_romano_wolf, language)))
    if one.mde is not None:
        facts.append((say("mde"), numerals.number(scale * one.mde, language)))
    if one.robustness_value is not None:
        facts.append(
            (say("robustness"), numerals.decimals(100 * one.robustness_value, ".1f", language) + " %")
        )
    for item in one.placebo:
        told = item.to_dict()
        low, high = told["interval"] or (None, None)
        if told["coefficient"] is None or low is None or high is None:
            continue
        own = 100 if item.points else 1
        parameters = {"coefficient": own * told["coefficient"], "low": own * low, "high": own * high}
        value = (
            say("placebo_value", **parameters)
            if told["p"] is None
            else say("placebo_p", p=numerals.pvalue(told["p"], language), **parameters)
        )
        name = "exchanged" if item.kind == "permuted" else item.kind
        facts.append((say(name, outcome=item.outcome.removeprefix("previous:")), value))
    under = say("under", coding=one.coding) if one.coding else ""
    return Headline(
        heading=say(
            "headline_warned" if one.warning else "headline",
            outcome=one.outcome,
            exposure=one.exposure,
            coding=under,
            model=one.model,
        ),
        null=one.null.text(language),
        warning=tuple(sentence.text(language) for sentence in one.warning),
        facts=tuple(facts),
        notes=tuple(sentence.text(language) for sentence in one.notes),
        innocent=tuple(sentence.text(language) for sentence in one.innocent),
        figures=tuple(figure(picture, language) for picture in pictures),
    )


def _models(found: Any, language: str) -> Table:
    columns = tuple(
        SAY(name).text(language) for name in ("question", "coding", "model", "effects", "p", "mde", "n")
    )
    rows = tuple(
        (
            SAY("on", outcome=one.outcome, exposure=one.exposure).text(language),
            one.coding or "–",
            f"{one.model} †" if one.warning else one.model,
            _effect(one, language),
            numerals.pvalue(one.p_cluster, language),
            "–" if one.mde is None else numerals.number((100 if one.points else 1) * one.mde, language),
            numerals.count(one.n, language),
        )
        for one in found
    )
    notes = [SAY("warned")] if any(one.warning for one in found) else []
    notes += [SAY("scales"), SENTENCES("ecology")]
    return Table(
        SAY("models").text(language), columns, (False, False, False, True, True, True, True), rows,
        tuple(sentence.text(language) for sentence in notes),
    )  # fmt: skip

"""The assessment on the page: the ladder and its reasons, size and place of a test, what stays unseen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from forensics.auditing.forest import FEWEST_PRECINCTS, natural_order
from forensics.evidence.ladder import FAMILIES, Assessment
from forensics.evidence.reading import Reading, where_measured
from forensics.evidence.recovered import Recovered
from forensics.evidence.visibility import NAMES, Visibility
from forensics.evidence.weighing import Evidence
from forensics.finding import Finding
from forensics.messages.message import Message, Sentences
from forensics.messages.units import UNITS
from forensics.report import numerals, writing
from forensics.report.document import Standing, Table
from forensics.simulation.manipulations.registry import TABULATION

SAY = Sentences(
    "report.assessing",
    steps="The ladder has these steps. none: nothing beyond what these precincts give by chance. L0: "
    "contradictions within protocols only, without an innocent reading, as clerical errors make them. L1: "
    "at least one family of calibrated tests departs from its nulls. L2: L1, and protocols that "
    "contradict themselves in the same precincts, in favour of the option under study and more often than "
    "elsewhere. Higher steps need evidence from outside the data. No step is a verdict, and there is no "
    "overall score.",
    here="Sizes and power were measured on simulated elections with these precincts.",
    elsewhere="Sizes and power were measured on standard scenarios, not on these precincts; forensics "
    "calibrate measures them here, and forensics audit --calibration takes them over.",
    evalue="An e-value is evidence that may be averaged over dependent tests: under the nulls it is 20 or "
    "more at most once in 20 times. A family stands out where its value reaches both 20 and the "
    "threshold, which keeps false discoveries over the families (and units) below 5 %: twenty times their "
    "number for the first, half of that for two, and so on.",
    families="Families of tests, {scope}",
    family="family",
    value="e-value",
    threshold="threshold",
    leaned="tests leaned on",
    left="not calibrated, left out",
    units="Units of level {level}",
    unit="unit",
    step="step",
    standing="families that stand out",
    size="size: p ≤ 0.05 in clean elections ({on})",
    size_value="{size} [{low}, {high}] of {n:,}{calibrated}",
    not_calibrated="; not calibrated, not leaned on",
    detectable="smallest share of precincts found with 80 % power ({kind})",
    more="more than {share:.0%}",
    place="among real elections, by effect",
    percentile="{class_}: percentile {percentile:.0f} ({n:,} {n:plural:election|elections})",
    few="{class_}: too few ({n:,})",
    planted="What was planted in this simulated election, and what was found of it",
    where="where",
    precincts="precincts (votes)",
    steps_there="steps of the units there",
    best="test that tells them apart best",
    shares="{test}: positive in {touched:.0%} of the touched precincts, in {others:.0%} of the others",
    no_scores="no test tells them apart",
    totals="tabulation_sums: {votes:,} votes of the leader differ",
    no_totals="no totals were looked at",
    everywhere="anywhere",
    mechanisms="What these columns can and cannot show",
    mechanism="mechanism",
    looked="tests run that look for it",
    outcome="what is known",
)


def standing(evidence: Evidence, language: str) -> Standing:
    """The assessment of the nation and of its units."""

    def say(name: str, **parameters: Any) -> str:
        return SAY(name, **parameters).text(language)

    if not evidence.assessment:
        return Standing("", "", (), ())
    nation, *units = evidence.assessment
    measured = "here" if evidence.calibration is not None else "elsewhere"
    return Standing(
        nation.ladder,
        nation.sentence.text(language),
        (say("steps"), say(measured), say("evalue")),
        (_families(nation, language), *((_units(units, language),) if units else ())),
    )


def _families(one: Assessment, language: str) -> Table:
    columns = tuple(SAY(name).text(language) for name in ("family", "value", "threshold", "leaned", "left"))
    rows = tuple(
        (
            _family(family.family, language),
            numerals.number(family.value, language) if family.calibrated else "–",
            numerals.number(family.threshold, language) if family.calibrated else "–",
            _tests(family.findings),
            _tests(family.not_calibrated),
        )
        for family in one.families
    )
    caption = SAY("families", scope=numerals.place(one.scope, language)).text(language)
    return Table(caption, columns, (False, True, True, False, False), rows)


def _family(name: str, language: str) -> str:
    return FAMILIES(name).text(language) if name in FAMILIES.sources else name


def _tests(ids: Iterable[str]) -> str:
    return ", ".join(id.split(":", 2)[0] + " " + id.split(":", 2)[1] for id in ids) or "–"


def _units(units: Iterable[Assessment], language: str) -> Table:
    units = tuple(units)
    columns = tuple(SAY(name).text(language) for name in ("unit", "step", "standing"))
    listed = [one for one in units if one.n >= FEWEST_PRECINCTS]
    listed.sort(key=lambda one: natural_order(str(one.scope)))
    rows = tuple(
        (
            str(one.scope),
            one.ladder,
            ", ".join(_family(f.family, language) for f in one.families if f.stands_out) or "–",
        )
        for one in listed
    )
    caption = SAY("units", level=units[0].scope.level).text(language)
    few = len(units) - len(listed)
    notes = (writing.SAY("few", units=few, fewest=FEWEST_PRECINCTS).text(language),) if few else ()
    return Table(caption, columns, (False, False, False), rows, notes)


def facts(item: Finding, evidence: Evidence, language: str) -> list[tuple[str, str]]:
    """Size, smallest detectable share and place of one national finding, those that there are."""
    found = []
    reading = evidence.reading(item)
    if reading is not None:
        found.append(_size(reading, where_measured(evidence.readings), language))
        if evidence.calibration is not None and evidence.calibration.generator.get("detectable"):
            found.append(_detectable(reading, evidence.calibration.generator["detectable"], language))
    reference = evidence.references.get(item.id)
    if reference is not None:
        told = "; ".join(_place(one, language) for one in reference["classes"])
        found.append((SAY("place").text(language), told))
    return found


def _size(reading: Reading, on: Message | str, language: str) -> tuple[str, str]:
    worst = reading.rejections
    interval = worst.interval()
    value = SAY(
        "size_value",
        size=numerals.decimals(worst.share, ".3f", language),
        low=numerals.decimals(interval.low, ".3f", language),
        high=numerals.decimals(interval.high, ".3f", language),
        n=worst.simulations,
        calibrated="" if reading.calibrated else SAY("not_calibrated").text(language),
    )
    return SAY("size", on=on).text(language), value.text(language)


def _detectable(reading: Reading, about: Mapping[str, Any], language: str) -> tuple[str, str]:
    size = f"{numerals.decimals(about['intensity'], 'g', language)} {UNITS.text(about['unit'], language)}"
    label = SAY("detectable", kind=f"{about['manipulation']}, {size}")
    share = reading.detectable_share
    if share is None:
        return label.text(language), SAY("more", share=max(about["shares"])).text(language)
    return label.text(language), numerals.decimals(100 * share, ".1f", language) + " %"


def _place(one: Mapping[str, Any], language: str) -> str:
    if one["percentile"] is None:
        return SAY("few", class_=one["class"], n=one["n"]).text(language)
    return SAY("percentile", class_=one["class"], percentile=one["percentile"], n=one["n"]).text(language)


def unseen(visible: Iterable[Visibility], language: str) -> Table:
    """Every mechanism beside what these columns can show of it."""
    columns = tuple(SAY(name).text(language) for name in ("mechanism", "looked", "outcome"))
    rows = tuple(
        (one.name.text(language), ", ".join(one.tests) or "–", one.sentence.text(language))
        for one in visible
    )
    return Table(SAY("mechanisms").text(language), columns, (False, False, False), rows)


def planted(found: Iterable[Recovered], language: str) -> Table:
    """What was planted beside what was found of it."""
    columns = tuple(
        SAY(name).text(language) for name in ("mechanism", "where", "precincts", "steps_there", "best")
    )
    rows = tuple(
        (
            NAMES(one.mechanism).text(language),
            one.where or SAY("everywhere").text(language),
            f"{numerals.count(one.precincts, language)} ({numerals.count(one.votes, language)})",
            "; ".join(_step(*unit) for unit in one.units) or "–",
            _best(one, language),
        )
        for one in found
    )
    return Table(SAY("planted").text(language), columns, (False, False, True, False, False), rows)


def _step(name: str, ladder: str, families: tuple[str, ...]) -> str:
    return f"{name}: {ladder}" + (f" ({', '.join(families)})" if families else "")


def _best(one: Recovered, language: str) -> str:
    if one.mechanism == TABULATION:
        if one.differing is None:
            return SAY("no_totals").text(language)
        return SAY("totals", votes=one.differing).text(language)
    if one.touched is None or one.others is None:
        return SAY("no_scores").text(language)
    return SAY("shares", test=one.test, touched=one.touched, others=one.others).text(language)

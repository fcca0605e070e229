"""From a comparison to its page: sections of sentences, tables and figures, before any layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forensics.auditing.forest import FEWEST_PRECINCTS, MOST_UNITS, natural_order
from forensics.comparing.beside import Beside, unit_name
from forensics.comparing.comparison import INNOCENT, LIMITS, Comparison, different_parts
from forensics.comparing.panel import Panel
from forensics.comparing.pictures import missing_overviews, units
from forensics.messages.units import UNITS
from forensics.picture import Picture, Sheet
from forensics.report import comparison_cells as cells
from forensics.report import numerals, writing
from forensics.report.annex import flat
from forensics.report.comparison_wording import HEADINGS, SAY
from forensics.report.document import Figure, Table
from forensics.scope import NATIONAL

_NONE = cells.NONE


@dataclass(frozen=True, slots=True)
class Part:
    """Figure and table of one family, test or pair of elections; a folded one is opened by the reader."""

    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """The page of a comparison in one language."""

    language: str
    title: str
    headings: Mapping[str, str]
    lead: str
    warnings: tuple[str, ...]
    elections: Table
    steps: tuple[str, ...]
    limits: tuple[str, ...]
    innocent: tuple[str, ...]
    overview: tuple[Figure, ...]
    overview_notes: tuple[str, ...]
    nulls: Table
    families: tuple[Part, ...]
    differing: Table
    alone: Table
    units_notes: tuple[str, ...]
    units: tuple[Part, ...]
    unmatched: Table
    panel_notes: tuple[str, ...]
    panels: Part
    provenance: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def comparison_page(comparison: Comparison, *, language: str = "en") -> ComparisonPage:
    """The page of a comparison; nothing in it depends on the day or the machine."""
    return _Page(comparison, language).page()


class _Page:
    def __init__(self, comparison: Comparison, language: str) -> None:
        self.of, self.language = comparison, language
        self.figures = {picture.name: self._figure(picture) for picture in comparison.pictures}

    def say(self, name: str, **parameters: Any) -> str:
        return SAY(name, **parameters).text(self.language)

    def columns(self, *names: str) -> tuple[str, ...]:
        return tuple(self.say(name) for name in names)

    def page(self) -> ComparisonPage:
        of = self.of
        title = HEADINGS("title", elections="; ".join(one.label for one in of.elections)).text(
            self.language
        )
        parts = different_parts(of.elections)
        lacking = missing_overviews(of.elections)
        named = "; ".join(f"{name} ({', '.join(which)})" for name, which in lacking.items())
        return ComparisonPage(
            language=self.language,
            title=title,
            headings={n: HEADINGS(n).text(self.language) for n in HEADINGS.sources if n != "title"},
            lead=self.say("lead"),
            warnings=(self.say("parts", parts=", ".join(parts)),) if parts else (),
            elections=self._elections(),
            steps=tuple(
                self.say("kept", election=one.short, step=str(step))
                for one in of.elections
                for step in one.document.source.get("steps", [])
            ),
            limits=tuple(text.text(self.language) for text in writing.all_of(LIMITS)),
            innocent=tuple(text.text(self.language) for text in writing.all_of(INNOCENT)),
            overview=self._starting("elections-"),
            overview_notes=(self.say("not_drawn", names=named),) if lacking else (),
            nulls=self._nulls(),
            families=self._families(),
            differing=self._differing(),
            alone=self._alone(),
            units_notes=(self.say("units_note"), self.say("matched"))
            if of.units
            else (self.say("no_units"),),
            units=self._units(),
            unmatched=self._unmatched(),
            panel_notes=self._panel_notes(),
            panels=self._panels(),
            provenance=tuple((one.label, flat(one.document.provenance)) for one in of.elections),
        )

    def _figure(self, picture: Picture | Sheet) -> Figure:
        title = picture.title.text(self.language)
        return Figure(picture.name, title, f"{title}. {picture.caption.text(self.language)}")

    def _starting(self, *prefixes: str) -> tuple[Figure, ...]:
        return tuple(figure for name, figure in self.figures.items() if name.startswith(prefixes))

    def _elections(self) -> Table:
        rows = []
        for one in self.of.elections:
            document = one.document
            first = document.assessment[0] if document.assessment else {}
            said = document.provenance
            rows.append(
                (
                    one.label,
                    one.short,
                    one.date or _NONE,
                    unit_name(document.scope) or numerals.place(NATIONAL, self.language),
                    numerals.count(float(document.source.get("kept") or 0), self.language),
                    str(said.get("leader") or _NONE),
                    str(said.get("turnout_of") or _NONE),
                    str(first.get("ladder") or _NONE),
                    document.version,
                )
            )
        names = ("election", "short", "date", "part", "precincts", "option", "turnout", "step", "version")
        dated = all(one.date for one in self.of.elections)
        notes = (self.say("ordered" if dated else "as_given"), self.say("ladder"))
        numeric = tuple(name == "precincts" for name in names)
        return Table(self.say("elections"), self.columns(*names), numeric, tuple(rows), notes)

    def _nulls(self) -> Table:
        rows = tuple((_name(test), test.there[0].null) for test in self.of.tests)
        notes = (self.say("null_note"),)
        return Table(self.say("null_caption"), self.columns("test", "null"), (False, False), rows, notes)

    def _families(self) -> tuple[Part, ...]:
        found = []
        for family in dict.fromkeys(test.family for test in self.of.tests):
            mine = [test for test in self.of.tests if test.family == family]
            rows = [
                self._row(test, place, election.short)
                for test in mine
                for place, election in enumerate(self.of.elections)
            ]
            name = (
                writing.FAMILIES(family).text(self.language)
                if family in writing.FAMILIES.sources
                else family
            )
            classes = [
                str(entry.reference["class"])
                for test in mine
                for entry in test.there
                if entry.reference and "class" in entry.reference
            ]
            columns = self.columns("test", "election", "n", "effect", "p", "size", "place", "remark")
            numeric = (False, False, True, False, True, True, True, False)
            shown = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
            table = Table(
                self.say("family", family=name),
                columns[:shown],
                numeric[:shown],
                tuple(row[:shown] for row in rows),
                (self.say("size_note"), *(self.say("place_note", class_=c) for c in classes[:1])),
            )
            figure = self.figures.get(f"effects-{family}")
            found.append(Part((figure,) if figure else (), (table,)))
        return tuple(found)

    def _row(self, test: Beside, place: int, election: str) -> tuple[str, ...]:
        entry = test.entries[place]
        if entry is None:
            return (_name(test), election, *(_NONE,) * 5, self.say("absent"))
        p = self.say("underpowered") if entry.underpowered else numerals.pvalue(entry.pvalue, self.language)
        return (
            _name(test),
            election,
            numerals.count(entry.n, self.language),
            cells.effect(entry, self.language),
            p,
            cells.size(entry, self.language),
            cells.place(entry, self.language),
            "" if test.comparable else self.say("incomparable"),
        )

    def _differing(self) -> Table:
        rows = tuple(
            (_name(test), "; ".join(item.text(self.language) for item in test.differs))
            for test in self.of.tests
            if test.differs
        )
        notes = () if rows else (self.say("all_same"),)
        return Table(self.say("differing"), self.columns("test", "what"), (False, False), rows, notes)

    def _alone(self) -> Table:
        rows = []
        for test in self.of.tests:
            names = [one.short for one in self.of.elections]
            without: dict[str, list[str]] = {}
            for name, entry, reason in zip(names, test.entries, test.reasons, strict=True):
                if entry is None:
                    without.setdefault(reason, []).append(name)
            having = [n for n, entry in zip(names, test.entries, strict=True) if entry is not None]
            rows += [
                (_name(test), ", ".join(having), ", ".join(lacking), reason)
                for reason, lacking in without.items()
            ]
        notes = () if rows else (self.say("all_there"),)
        columns = self.columns("test", "in_elections", "not_in", "why")
        return Table(self.say("alone"), columns, (False,) * 4, tuple(rows), notes)

    def _units(self) -> tuple[Part, ...]:
        drawn = {sheet.name for sheet in units(self.of.units, self.of.elections)}
        groups: dict[tuple[str, str, str], list[Beside]] = {}
        for test in self.of.units:
            groups.setdefault((test.method, test.quantity, test.level), []).append(test)
        found = []
        for (method, quantity, level), mine in groups.items():
            shown = [t for t in mine if max(entry.n for entry in t.there) >= FEWEST_PRECINCTS]
            named = f"units-{method}-{quantity}-by-{level}"
            if named not in drawn or len(shown) > MOST_UNITS:
                continue
            shown.sort(key=lambda test: natural_order(test.unit))
            rows = tuple(
                (test.unit, *(cells.alone(e, self.language) if e else _NONE for e in test.entries))
                for test in shown
            )
            columns = (self.say("unit"), *(one.short for one in self.of.elections))
            unit = cells.unit(shown[0].there[0], self.language)
            caption = self.say(
                "units",
                test=f"{method}: {quantity}",
                level=level,
                unit=unit or UNITS.text("effect", self.language),
            )
            table = Table(caption, columns, (False, *(True for _ in self.of.elections)), rows)
            found.append(Part((self.figures[named],), (table,)))
        return tuple(found)

    def _unmatched(self) -> Table:
        rows, few = [], 0
        for one, lone in zip(self.of.elections, self.of.unmatched, strict=True):
            few += sum(n < FEWEST_PRECINCTS for _, _, n in lone)
            rows += [(one.short, level, unit) for level, unit, n in lone if n >= FEWEST_PRECINCTS]
        notes = []
        if few:
            notes.append(self.say("unmatched_few", few=few, fewest=FEWEST_PRECINCTS))
        elif not rows:
            notes.append(self.say("unmatched_none"))
        caption = HEADINGS("unmatched").text(self.language)
        columns = self.columns("election", "level", "unit")
        return Table(caption, columns, (False,) * 3, tuple(rows), tuple(notes))

    def _panel_notes(self) -> tuple[str, ...]:
        by_name = any(panel.rows[0] and panel.refused is None for panel in self.of.panels)
        return (self.say("panel_note"), *((self.say("by_name"),) if by_name else ()))

    def _panels(self) -> Part:
        rows = tuple(
            (
                f"{panel.earlier}, {panel.later}",
                ", ".join(panel.key) or _NONE,
                ", ".join(numerals.count(rows, self.language) for rows in panel.rows),
                numerals.count(panel.kept, self.language),
                numerals.percent(panel.kept, min(panel.rows), self.language),
                self._outcome(panel),
            )
            for panel in self.of.panels
        )
        columns = self.columns("pair", "key", "rows", "paired", "share", "outcome")
        numeric = (False, False, True, True, True, False)
        tables = [Table(self.say("pairs"), columns, numeric, rows)]
        for panel in self.of.panels:
            if panel.reason is None:
                tables += [self._scores(panel), self._not_followed(panel)]
        return Part(self._starting("precincts-"), tuple(tables))

    def _outcome(self, panel: Panel) -> str:
        if panel.reason is not None:
            return panel.reason.text(self.language)
        text = self.say("compared")
        return f"{text}; {self.say('electorate', refused=panel.refused)}" if panel.refused else text

    def _scores(self, panel: Panel) -> Table:
        told = [one for one in panel.scores if one.interval is not None]
        rows = tuple(cells.followed(one, self.language) for one in told)
        level = next(((one.clustered_by, one.clusters) for one in told if one.clustered_by), None)
        notes = [] if rows else [self.say("no_scores")]
        if level is not None:
            notes.append(self.say("clustered", level=level[0], clusters=level[1]))
        return Table(
            self.say("scores", earlier=panel.earlier, later=panel.later),
            self.columns("score", "n", "correlation", "again", "change"),
            (False, True, True, True, True),
            rows,
            tuple(notes),
        )

    def _not_followed(self, panel: Panel) -> Table:
        """Scores without a correlation, those of one reason together."""
        found: dict[str, list[str]] = {}
        for one in panel.scores:
            if one.reason is not None:
                found.setdefault(one.reason.text(self.language), []).append(one.score.replace(":", ": "))
        rows = tuple((", ".join(scores), reason) for reason, scores in found.items())
        notes = () if rows else (self.say("all_followed"),)
        caption = self.say("not_followed", earlier=panel.earlier, later=panel.later)
        return Table(caption, self.columns("score", "why"), (False, False), rows, notes)


def _name(test: Beside) -> str:
    return f"{test.method}: {test.quantity}"

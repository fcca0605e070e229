"""Comparison: the same statistics over several elections, with what a difference can and cannot bear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forensics.auditing.forest import FEWEST_PRECINCTS
from forensics.comparing import pictures
from forensics.comparing.beside import Beside, by_unit, national, unit_name, unmatched_units
from forensics.comparing.documents import Entry
from forensics.comparing.elections import Election, in_order
from forensics.comparing.panel import Panel, Persistence, panels
from forensics.messages.message import Message, Sentences
from forensics.notebook import card, grid, paragraph
from forensics.picture import Picture, Pictured, Sheet

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
#: Columns of :meth:`Comparison.to_frame`.
COLUMNS = (
    "method", "family", "quantity", "level", "unit_name", "election", "date", "effect", "low", "high",
    "unit", "confidence_level", "n", "pvalue", "underpowered", "size", "reference_class",
    "reference_percentile", "reference_n", "option", "comparable", "differs", "reason",
)  # fmt: skip

LIMITS = Sentences(
    "comparison.limit",
    no_test="A difference between two elections is not tested. A test would need to say what chance gives "
    "between one election and the next, and no law of chance does: electorates, options, turnout, "
    "boundaries and rules change, and the precincts that persist are not independent samples.",
    overlap="Intervals are those of each election by itself. Intervals that overlap do not show that "
    "nothing changed, and intervals that do not overlap show a change of the number, not its cause.",
    before="What departs from its null in an earlier election too is not new. It may be a habit of "
    "counting or reporting, the sizes of precincts or political geography; or the same manipulation "
    "twice. The returns do not tell these apart.",
    after="What departs in one election only may be a new practice, or a new rule, another kind of "
    "election, another option under study, another turnout, or chance: over this many tests some depart "
    "by chance in each election.",
    power="A test of fewer precincts or rounder counts sees less. That it finds nothing in one election "
    "and something in another may be a difference of power: the n and the intervals say how much each "
    "could see.",
    persistence="Scores that stand in the same precincts in both elections are what persisting geography "
    "gives: hospitals and barracks, villages and dormitories, habits of one commission. Many scores also "
    "depend on the size of the precinct, and sizes persist. That is the innocent reading of a geography of "
    "anomalies, and a high correlation makes it more likely, not less. It does not exclude a practice that "
    "persists.",
    silence="Nothing here says how many votes any option would otherwise have had, and there is no score, "
    "for no election and no region.",
)

INNOCENT = Sentences(
    "comparison.innocent",
    electorate="Voters move, come of age and die, and other people vote in a presidential than in a "
    "parliamentary, local or European election.",
    turnout="Turnout moves all counts: digits, round percentages and edges of the distribution change "
    "with it in honest elections.",
    supply="Other options stood, or the option under study is another one, and support follows other "
    "lines.",
    boundaries="Precincts were merged, split or renumbered, and a name that persists may be another place.",
    rules="Rules changed: certificates, lists, hours, voting over several days, machines, who counts and "
    "how.",
    files="Another source file has other columns, roundings and errors.",
)


@dataclass(frozen=True, eq=False)
class Comparison(Pictured):
    """Several elections under the same tests.

    Parameters
    ----------
    elections : tuple of Election
        In order of time.
    tests : tuple of Beside
        Every test and quantity of the audits' own scopes.
    units : tuple of Beside
        The same in each unit that at least two elections have under one name.
    unmatched : tuple of tuple
        Of each election the units (level, name, precincts) that no other one has.
    panels : tuple of Panel
        The precincts that persist from one election to the next, in the aggregate.
    """

    elections: tuple[Election, ...]
    tests: tuple[Beside, ...]
    units: tuple[Beside, ...]
    unmatched: tuple[tuple[tuple[str, str, int], ...], ...]
    panels: tuple[Panel, ...]

    def __repr__(self) -> str:
        names = ", ".join(one.label for one in self.elections)
        return f"<Comparison of {names}: {len(self.tests):,} tests, {len(self.panels):,} panels>"

    def _repr_html_(self) -> str:
        """What a difference does not say, then the national effects side by side."""
        rows = [
            (
                f"{test.method}: {test.quantity}",
                *(_cell(entry) for entry in test.entries),
                "" if test.comparable else "not comparable",
            )
            for test in self.tests
        ]
        head = ("effect [interval]", *(one.label for one in self.elections), "")
        return card(paragraph(LIMITS("no_test")), grid(head, rows))

    @cached_property
    def pictures(self) -> tuple[Picture | Sheet, ...]:
        """What the figures draw: effects by family, units, panels of precincts, overviews."""
        found: list[Picture | Sheet] = list(pictures.effects(self.tests, self.elections))
        found += pictures.units(self.units, self.elections)
        found += [one for panel in self.panels if (one := pictures.persistence(panel)) is not None]
        found += pictures.beside(self.elections)
        return tuple(found)

    def _pictures(self) -> tuple[Picture, ...]:
        """Those of one axes; a page of many is written with ``forensics.plots.write``."""
        return tuple(one for one in self.pictures if isinstance(one, Picture))

    def to_frame(self) -> pd.DataFrame:
        """A row per test, part of the country and election; a missing finding has its reason."""
        import pandas as pd

        rows = []
        for test in (*self.tests, *self.units):
            differs = "; ".join(item.text() for item in test.differs)
            for place, (election, entry) in enumerate(zip(self.elections, test.entries, strict=True)):
                row = {
                    "method": test.method,
                    "family": test.family,
                    "quantity": test.quantity,
                    "level": test.level,
                    "unit_name": test.unit,
                    "election": election.label,
                    "date": election.date,
                    "option": test.options[place] if test.options else "",
                    "comparable": test.comparable,
                    "differs": differs,
                    "reason": test.reasons[place],
                }
                rows.append(row | ({} if entry is None else _flat(entry)))
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        return frame.astype({"n": "Int64", "reference_n": "Int64"})

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The object of ``comparison.json``."""
        return {
            "schema_version": SCHEMA_VERSION,
            "elections": [_election(one) for one in self.elections],
            "tests": [self._test(test, language) for test in self.tests],
            "units": [self._test(test, language) for test in self.units],
            "unmatched_units": [
                {"election": one.label, "level": level, "unit": unit}
                for one, units in zip(self.elections, self.unmatched, strict=True)
                for level, unit, n in units
                if n >= FEWEST_PRECINCTS
            ],
            "panels": [_panel(panel, language) for panel in self.panels],
            "not_drawn": {
                name: list(lack) for name, lack in pictures.missing_overviews(self.elections).items()
            },
            "limits": [text.text(language) for text in LIMITS.all(*LIMITS.sources)],
            "innocent": [text.text(language) for text in INNOCENT.all(*INNOCENT.sources)],
        }

    def _test(self, test: Beside, language: str) -> dict[str, Any]:
        return {
            "method": test.method,
            "family": test.family,
            "quantity": test.quantity,
            "level": test.level,
            "unit_name": test.unit,
            "comparable": test.comparable,
            "differs": [item.text(language) for item in test.differs],
            "options": list(test.options),
            "elections": [
                {"election": one.label} | ({"reason": reason} if entry is None else _told(entry))
                for one, entry, reason in zip(self.elections, test.entries, test.reasons, strict=True)
            ],
        }


def compare_elections(elections: Sequence[Election]) -> Comparison:
    """The same statistics over elections, put in order of time.

    Raises
    ------
    ConfigError
        If they are fewer than two, or two are audits of the same returns.
    """
    ordered = in_order(elections)
    tests = national(ordered)
    return Comparison(ordered, tests, by_unit(ordered), unmatched_units(ordered), panels(ordered, tests))


def different_parts(elections: Sequence[Election]) -> tuple[str, ...]:
    """The parts of the country that the audits are of, where they are not the same one."""
    parts = [unit_name(one.document.scope) or "national" for one in elections]
    return tuple(parts) if len(dict.fromkeys(part.casefold() for part in parts)) > 1 else ()


def _cell(entry: Entry | None) -> str:
    if entry is None or entry.effect is None:
        return "–"
    text = f"{pictures.scaled(entry, entry.effect):.3g}"
    if entry.interval is not None:
        low, high = (pictures.scaled(entry, value) for value in entry.interval)
        text += f" [{low:.3g}, {high:.3g}]"
    return text


def _flat(entry: Entry) -> dict[str, Any]:
    low, high = entry.interval or (None, None)
    reference = entry.reference or {}
    return {
        "effect": entry.effect,
        "low": low,
        "high": high,
        "unit": entry.unit,
        "confidence_level": entry.confidence_level,
        "n": entry.n,
        "pvalue": entry.pvalue,
        "underpowered": entry.underpowered,
        "size": (entry.calibration or {}).get("size"),
        "reference_class": reference.get("class"),
        "reference_percentile": reference.get("percentile"),
        "reference_n": reference.get("n"),
    }


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "effect": entry.effect,
        "unit": entry.unit,
        "interval": None if entry.interval is None else list(entry.interval),
        "confidence_level": entry.confidence_level,
        "n": entry.n,
        "pvalue": entry.pvalue,
        "underpowered": entry.underpowered,
        "parameters": entry.parameters,
        "size": (entry.calibration or {}).get("size"),
        "reference": entry.reference,
    }


def _election(one: Election) -> dict[str, Any]:
    document = one.document
    first = document.assessment[0] if document.assessment else {}
    return {
        "election": one.label,
        "short": one.short,
        "date": one.date or None,
        "scope": document.scope,
        "precincts": document.source.get("kept"),
        "source": document.source.get("name"),
        "steps": document.source.get("steps", []),
        "digest": document.digest,
        "plan": document.provenance.get("plan"),
        "version": document.version,
        "leader": document.provenance.get("leader"),
        "turnout_of": document.provenance.get("turnout_of"),
        "ladder": first.get("ladder"),
    }


def _panel(panel: Panel, language: str) -> dict[str, Any]:
    return {
        "earlier": panel.earlier,
        "later": panel.later,
        "key": list(panel.key),
        "rows": list(panel.rows),
        "matched": panel.matched,
        "refused": panel.refused,
        "share": panel.share,
        "reason": _text(panel.reason, language),
        "scores": [_score(one, language) for one in panel.scores],
    }


def _score(one: Persistence, language: str) -> dict[str, Any]:
    return {
        "score": one.score,
        "n": one.n,
        "correlation": one.correlation,
        "interval": None if one.interval is None else [one.interval.low, one.interval.high],
        "clustered_by": one.clustered_by or None,
        "clusters": one.clusters,
        "highest_again": one.again,
        "highest_by_chance": one.expected,
        "change": None if one.change is None else list(one.change),
        "reason": _text(one.reason, language),
    }


def _text(message: Message | None, language: str) -> str | None:
    return None if message is None else message.text(language)

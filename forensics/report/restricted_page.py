"""The annex that is not for publication, as a page: rows that contradict themselves, and highest scores."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from forensics.messages.message import Sentences
from forensics.report import numerals
from forensics.report.clicking import clickable
from forensics.report.document import AuditLike, Table
from forensics.report.rendering import fill

SAY = Sentences(
    "report.restricted_page",
    title="Restricted: rows of single precincts",
    banner="Not for publication",
    rule="A score or a contradiction of a single precinct is no finding about the people who worked there. "
    "Rows are for checking against the papers, with a right of reply before anything is released. They are "
    "never joined with the composition of commissions in anything that leaves the mission: together they "
    "point at named persons.",
    contradictions="Rows that break a relation of the protocol most",
    no_contradictions="No row breaks a relation of the protocol.",
    relation="Relation: {relation}",
    scores="Precincts with the highest scores",
    no_scores="No test of this audit scores single precincts above 0.",
    scored="The highest scores of each test, at most {most} of each",
    scores_note="A score orders the precincts within one test; scores of different tests are not compared. "
    "In any election, however clean, some precincts have the highest. All scores are in "
    "precincts.parquet.",
    test="test",
    score="score",
)
#: Precincts listed of each test: as many as a person checks against the papers.
MOST = 10
_NONE = "–"


def restricted_page(
    audit: AuditLike, images: Mapping[str, Mapping[str, bytes]] | None = None, *, language: str = "en"
) -> str:
    """The page of the restricted folder; composition is never in it.

    Parameters
    ----------
    audit : AuditLike
        Its ``worst_rows`` and ``precincts``; its returns for the lists behind the figures.
    images : mapping of str to mapping of str to bytes, optional
        Images of the report's figures by name: those whose marks lead to precincts are shown.
    language : str
        Of every sentence that has a translation.
    """
    words = {name: SAY(name).text(language) for name in SAY.sources if "{" not in SAY.sources[name]}
    return fill(
        "restricted.html.j2",
        language,
        say=words,
        relations=_relations(audit.worst_rows, language),
        scores=_scores(audit.precincts, language),
        clickable=clickable(audit, images or {}, language=language),
    )


def _relations(worst: pd.DataFrame, language: str) -> list[Table]:
    """A table per relation, of the columns that the relation is about."""
    tables = []
    for relation, rows in worst.groupby("relation", sort=False):
        shown = rows.drop(columns="relation").dropna(axis="columns", how="all")
        caption = SAY("relation", relation=str(relation)).text(language)
        tables.append(_table(caption, shown, language))
    return tables


def _scores(precincts: pd.DataFrame, language: str) -> Table | None:
    """The precincts with the highest scores above 0, test by test; of equal scores the first rows."""
    tests = [column for column in precincts.columns if ":" in str(column)]
    places = [column for column in precincts.columns if column not in tests]
    score = SAY("score").text(language)
    parts = []
    for test in tests:
        values = precincts[test]
        highest = values[values > 0].nlargest(MOST)
        part = precincts.loc[highest.index, places]
        part.insert(0, SAY("test").text(language), test)
        parts.append(part.assign(**{score: highest}))
    shown = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if not len(shown):
        return None
    note = SAY("scores_note").text(language)
    return _table(SAY("scored", most=MOST).text(language), shown, language, (note,))


def _table(caption: str, frame: pd.DataFrame, language: str, notes: tuple[str, ...] = ()) -> Table:
    numeric = tuple(pd.api.types.is_numeric_dtype(frame[column].dtype) for column in frame.columns)
    rows = tuple(
        tuple(_text(value, number, language) for value, number in zip(row, numeric, strict=True))
        for row in frame.itertuples(index=False, name=None)
    )
    return Table(caption, tuple(str(column) for column in frame.columns), numeric, rows, notes)


def _text(value: object, number: bool, language: str) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return _NONE
    if number and isinstance(value, (int, float)):
        # A row number or a count is whole, a score is not.
        return (
            numerals.count(value, language)
            if float(value).is_integer()
            else numerals.number(value, language)
        )
    return str(value)

"""The report as an object: every sentence, table and figure in its place, before any layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from forensics.auditing.estimates import Estimate
from forensics.evidence.weighing import Evidence
from forensics.finding import Findings
from forensics.picture import Picture, Sheet
from forensics.tables.returns import Returns

if TYPE_CHECKING:
    import pandas as pd


class PlanLike(Protocol):
    """What a report needs of a plan."""

    @property
    def seed(self) -> int: ...
    @property
    def hash(self) -> str: ...
    def to_toml(self) -> str: ...


class CheckLike(Protocol):
    """What a report needs of a check: the object of ``check --json``."""

    def to_dict(self) -> dict[str, Any]: ...


class AuditLike(Protocol):
    """What a report is made from; the result of an audit is one."""

    @property
    def returns(self) -> Returns: ...
    @property
    def findings(self) -> Findings: ...
    @property
    def plan(self) -> PlanLike: ...
    @property
    def provenance(self) -> Mapping[str, Any]: ...
    @property
    def check(self) -> CheckLike: ...
    @property
    def overview(self) -> tuple[Picture, ...]: ...
    @property
    def previous(self) -> Returns | None: ...
    @property
    def estimates(self) -> tuple[Estimate, ...]: ...
    @property
    def evidence(self) -> Evidence: ...
    @property
    def precincts(self) -> pd.DataFrame: ...
    @property
    def worst_rows(self) -> pd.DataFrame: ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts; the first cell of a row is its header.

    ``numeric`` says of each column whether it is set flush right; ``behind`` how many commissions
    each row tells of, in tables that tell of commissions.
    """

    caption: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    behind: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure's place in the report: its file stem, and what it says to those who cannot see it."""

    name: str
    title: str
    alt: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page that is sentences and tables."""

    notes: tuple[str, ...]
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the data cover, and what was done to them."""

    tables: tuple[Table, ...]
    steps: tuple[str, ...]
    figures: tuple[Figure, ...]
    openness: Table


@dataclass(frozen=True, slots=True)
class Standing:
    """The assessment: step and sentence of the nation, how to read them, families and units."""

    ladder: str
    sentence: str
    notes: tuple[str, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """One test of one quantity: its null, then one row per scope or level."""

    anchor: str
    heading: str
    null: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One test of one quantity in full: the nation first, then its units.

    ``forests`` has the figure of each table of ``units``, or ``None`` where there is none.
    """

    anchor: str
    heading: str
    summary: str
    null: str
    figures: tuple[Figure, ...]
    facts: tuple[tuple[str, str], ...]
    remark: str
    assumptions: tuple[tuple[str, str], ...]
    innocent: tuple[str, ...]
    bands: Table | None
    units: tuple[Table, ...]
    forests: tuple[Figure | None, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """The results of one family of detectors."""

    name: str
    heading: str
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """One answer of the study: its null, what has to stand beside the number, and the number."""

    heading: str
    null: str
    warning: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    innocent: tuple[str, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Commissions:
    """Who sat on the commissions, and how that goes with the outcomes."""

    notes: tuple[str, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    headlines: tuple[Headline, ...]
    models: Table
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """An entry of the annex, with the nulls of what was run."""

    name: str
    summary: str
    nulls: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison of an observers' sample with the returns: its nulls, then a row per quantity."""

    anchor: str
    heading: str
    summary: str
    nulls: tuple[str, ...]
    figures: tuple[Figure, ...]
    table: Table
    remark: str
    assumptions: tuple[tuple[str, str], ...]
    innocent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observers:
    """What an observers' sample says beside the returns, what it could not say, and the answers.

    ``methods`` are its entries of the annex.
    """

    notes: tuple[str, ...]
    steps: tuple[str, ...]
    results: tuple[Compared, ...]
    skipped: Table | None
    answers: Table | None
    methods: tuple[Method, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class EntrySection:
    """One entry: its heading and facts, its records, the answers, and what is linked to it.

    ``responses`` is never empty: it holds the official responses, or that none was found.
    """

    anchor: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    records: Table
    responses: tuple[str, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerSection:
    """The ledger: notes, paragraphs with their tests, timelines, entries by norm, annotations.

    ``answers`` is the heading over the official responses of an entry.
    """

    heading: str
    answers: str
    notes: tuple[str, ...]
    paragraphs: Table
    figures: tuple[Figure, ...]
    norms: tuple[tuple[str, tuple[EntrySection, ...]], ...]
    trajectories: tuple[Table, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A heading (empty where the file begins without one) and the paragraphs under it, as shown."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report in one language.

    ``pictures`` are what its figures draw, by their names; ``absent`` says why a part is missing.
    """

    language: str
    title: str
    headings: Mapping[str, str]
    lead: str
    header: tuple[tuple[str, str], ...]
    coverage: Coverage
    standing: Standing
    planted: Table | None
    tested_notes: tuple[str, ...]
    tested_columns: tuple[str, ...]
    tested: tuple[Tested, ...]
    skipped: Table
    families: tuple[Family, ...]
    observers: Observers | None
    commissions: Commissions | None
    estimates: Section
    materiality: Table | None
    limits: tuple[str, ...]
    mechanisms: Table
    explanations: Section
    ledger: LedgerSection | None
    recommendations: Section
    written: tuple[Note, ...]
    reading_notes: str
    notes: tuple[str, ...]
    methods: tuple[Method, ...]
    glossary: tuple[tuple[str, str], ...]
    dictionary: Table
    absent: Mapping[str, str]
    citation: tuple[str, ...]
    provenance: tuple[tuple[str, str], ...]
    pictures: tuple[Picture | Sheet, ...]

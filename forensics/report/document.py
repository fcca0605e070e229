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

    from forensics.commissions.linking import Link
    from forensics.commitments.ledger import Ledger
    from forensics.evidence.recovered import Recovered
    from forensics.report.ledger import LedgerSection
    from forensics.report.notes import Note, Notes


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
class Beside:
    """What a report sets beside an audit, where it is given.

    Parameters
    ----------
    link : Link, optional
        The same precincts beside a roster: the section on commissions.
    planted : tuple of Recovered
        What was planted and found, where the election is simulated and its truth known.
    ledger : Ledger, optional
        What was promised: the section on commitments.
    notes : Notes, optional
        Text of those who hand the report in.
    """

    link: Link | None = None
    planted: tuple[Recovered, ...] = ()
    ledger: Ledger | None = None
    notes: Notes | None = None


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

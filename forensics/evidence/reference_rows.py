"""The reference elections and their statistics, as the embedded files hold them."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Literal, get_args

import msgspec

from forensics.errors import ConfigError
from forensics.finding import Finding
from forensics.resources import resource

ELECTIONS, STATISTICS = "reference_elections.toml", "reference_elections.csv"
Class = Literal["clean", "contested", "manipulated"]
CLASSES: tuple[Class, ...] = get_args(Class)
#: Significant digits of every number written, and hexadecimal digits of a digest.
SIGNIFICANT, DIGEST_DIGITS = 6, 16
#: Effects in absolute numbers grow with the country: what is compared instead, with its unit. The
#: interval stands in ``detail`` under the same key with ``_interval``.
INSTEAD_OF_EFFECT = {"reference_bin": ("share_of_votes", "share of the option's votes")}


class Election(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reference election: its data set, its class, the option under study and the rows kept."""

    name: str
    country: str
    year: int
    class_: Class = msgspec.field(name="class")
    leader: str
    source: str
    where: str | None = None
    published: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Data sets that hold it, the preferred one first."""
        return (self.name, self.published) if self.published else (self.name,)


class LeftOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A data set that is in no class, and why."""

    name: str
    why: str


class Elections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list of reference elections."""

    election: tuple[Election, ...]
    left_out: tuple[LeftOut, ...] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """National statistics of one method and quantity in one election.

    ``effect``, ``low`` and ``high`` are in ``unit``; ``n`` counts precincts; ``digest`` is the
    beginning of the digest of the returns looked at; ``version`` is the library's.
    """

    election: str
    class_: Class = msgspec.field(name="class")
    method: str
    quantity: str
    effect: float
    low: float | None
    high: float | None
    unit: str
    n: int
    statistic: float | None
    pvalue: float | None
    version: str
    digest: str


COLUMNS: tuple[str, ...] = Row.__struct_encode_fields__


@cache
def elections() -> Elections:
    """The embedded list of reference elections."""
    content = tomllib.loads(resource(ELECTIONS).read_text(encoding="utf-8"))
    return msgspec.convert(content, Elections)


@cache
def reference_rows() -> tuple[Row, ...]:
    """The embedded statistics, sorted by election, method and quantity."""
    return read_rows(resource(STATISTICS).read_text(encoding="utf-8"), STATISTICS)


def read_rows(text: str, name: str) -> tuple[Row, ...]:
    """The rows of a table of reference statistics.

    Raises
    ------
    ConfigError
        If the columns are not those of :class:`Row` or a value does not fit, naming the line.
    """
    lines = csv.DictReader(io.StringIO(text))
    if tuple(lines.fieldnames or ()) != COLUMNS:
        raise ConfigError(
            f"{name}: the columns are {', '.join(lines.fieldnames or ()) or 'none'}; "
            f"a table of reference statistics has {', '.join(COLUMNS)}"
        )
    rows = []
    for line in lines:
        try:
            given = {key: None if value == "" else value for key, value in line.items()}
            rows.append(msgspec.convert(given, Row, strict=False))
        except (msgspec.ValidationError, TypeError) as error:
            raise ConfigError(
                f"{name}: line {lines.line_num} is no row of reference statistics ({error})"
            ) from error
    return tuple(rows)


def write_rows(rows: Iterable[Row]) -> str:
    """The CSV text that :func:`read_rows` reads back."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(COLUMNS)
    for row in sorted(rows, key=lambda row: (row.election, row.method, row.quantity)):
        values = msgspec.to_builtins(row)
        out.writerow([_written(values[column]) for column in COLUMNS])
    return text.getvalue()


def _written(value: Any) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def rounded(value: float | None) -> float | None:
    """The number with the significant digits that the table keeps; zero has no sign."""
    return None if value is None else float(f"{value:.{SIGNIFICANT}g}") + 0.0


def compared(finding: Finding) -> tuple[float | None, Sequence[float | None], str, str]:
    """What is compared between elections: value, interval, unit, and the key it stands under."""
    interval: Sequence[float | None]
    if finding.method in INSTEAD_OF_EFFECT:
        key, unit = INSTEAD_OF_EFFECT[finding.method]
        value = finding.detail.get(key)
        interval = finding.detail.get(f"{key}_interval") or (None, None)
        return rounded(value), tuple(map(rounded, interval)), unit, key
    interval = (None, None) if finding.interval is None else (finding.interval.low, finding.interval.high)
    return rounded(finding.effect), tuple(map(rounded, interval)), finding.unit, "effect"


def row_of(election: Election, finding: Finding, digest: str) -> Row | None:
    """The row of a national finding; None where it has no effect or too few precincts."""
    effect, (low, high), unit, _ = compared(finding)
    if effect is None or finding.underpowered:
        return None
    return Row(
        election=election.name,
        class_=election.class_,
        method=finding.method,
        quantity=finding.quantity,
        effect=effect,
        low=low,
        high=high,
        unit=unit,
        n=finding.n,
        statistic=rounded(finding.statistic),
        pvalue=rounded(finding.pvalue),
        version=finding.provenance.version,
        digest=digest[:DIGEST_DIGITS],
    )

"""What a report folder says of its audit: ``findings.json`` read back and checked."""

from __future__ import annotations

from typing import Any

import msgspec

from forensics.errors import ConfigError

#: The layout of ``findings.json`` that is understood.
SCHEMA_VERSION = 1
#: What writes the folders that are compared.
_WRITTEN = "give folders that `forensics audit --out` wrote"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One finding as ``findings.json`` holds it; what a comparison does not use is left out."""

    method: str
    family: str
    quantity: str
    scope: dict[str, str]
    null: str
    n: int
    innocent: tuple[str, ...]
    effect: float | None = None
    unit: str = ""
    interval: tuple[float, float] | None = None
    confidence_level: float | None = None
    pvalue: float | None = None
    underpowered: bool = False
    parameters: dict[str, Any] = {}
    calibration: dict[str, Any] | None = None
    reference: dict[str, Any] | None = None


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A test that could not be run, and why."""

    method: str
    scope: dict[str, str]
    reason: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The object of ``findings.json``."""

    schema_version: int
    provenance: dict[str, Any]
    findings: tuple[Entry, ...]
    skipped: tuple[Left, ...]
    assessment: tuple[dict[str, Any], ...] = ()

    @property
    def digest(self) -> str:
        """Digest of the table that was audited."""
        return str(self.provenance.get("digest", ""))

    @property
    def version(self) -> str:
        """Version of the library that made the audit."""
        return str(self.provenance.get("version", ""))

    @property
    def election(self) -> str:
        """Country, name and day of the election as the returns state them, else the source's name."""
        return str(self.provenance.get("election") or self.source.get("name", ""))

    @property
    def scope(self) -> dict[str, str]:
        """The part of the country that the audit is of: the nation, or the unit it was cut down to."""
        return dict(self.assessment[0]["scope"]) if self.assessment else {"level": "national"}

    @property
    def source(self) -> dict[str, Any]:
        """What is said of the file: name, rows, steps of reading."""
        said = self.provenance.get("source")
        return said if isinstance(said, dict) else {}


def read_document(content: bytes, place: str) -> Document:
    """The object of a ``findings.json``.

    Raises
    ------
    ConfigError
        If it is no such JSON, or of a layout that this version does not know; ``place`` is named.
    """
    try:
        version = msgspec.json.decode(content, type=_Version).schema_version
    except msgspec.MsgspecError as error:
        raise ConfigError(f"{place}: findings.json cannot be read ({error}); {_WRITTEN}") from error
    if version != SCHEMA_VERSION:
        raise ConfigError(
            f"{place}: findings.json has schema_version {version}, and only {SCHEMA_VERSION} is "
            "understood; run the audit again with this version"
        )
    try:
        document = msgspec.json.decode(content, type=Document)
        if not isinstance(document.scope, dict) or "level" not in document.scope:
            raise msgspec.ValidationError("the first assessment has no scope with a level")
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{place}: findings.json cannot be read ({error}); {_WRITTEN}") from error
    return document


class _Version(msgspec.Struct):
    schema_version: int

"""Elections to compare: report folders as they were written, named, dated and put in order."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.comparing.documents import Document, read_document
from forensics.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

#: The folder's page, numbers, provenance and restricted scores.
FINDINGS, PROVENANCE = "findings.json", "provenance.json"
SCORES = "restricted/precincts.parquet"
#: Pictures that are set side by side, with the columns that each must have.
SIDE_BY_SIDE: Mapping[str, tuple[str, ...]] = {
    "comet": ("turnout", "share", "precincts"),
    "turnout-tenths": ("low", "count"),
    "turnout-points": ("low", "count"),
    "share-tenths": ("low", "count"),
    "share-points": ("low", "count"),
    "reference_bin-share-curves": ("turnout_bin", "leader", "others"),
    **{
        f"last_digit-{count}": ("digit", "observed", "expected", "low", "high")
        for count in ("leader_votes", "issued", "ballots")
    },
}
#: Fewer are no comparison.
FEWEST = 2
_DATE = re.compile(r"\b(?:19|20)\d\d-[01]\d-[0-3]\d\b")


@dataclass(frozen=True, eq=False)
class Election:
    """One audited election.

    Parameters
    ----------
    place : str
        What an error calls it: the folder as it was given.
    title : str
        Name of the election or of its file.
    document : Document
        The object of ``findings.json``.
    tables : mapping of str to DataFrame
        Data of the pictures in ``SIDE_BY_SIDE``, those that there are.
    precincts : DataFrame or None
        The restricted scores of precincts; ``None`` where the folder was handed on without them.
    label, short : str
        What it is called in tables and in figures; unlike those of the others.
    """

    place: str
    title: str
    document: Document
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    precincts: pd.DataFrame | None = None
    label: str = ""
    short: str = ""

    @property
    def date(self) -> str:
        """Day of the election as its title states it; empty where it does not."""
        found = _DATE.search(self.title) or _DATE.search(str(self.document.source.get("name", "")))
        return found.group() if found else ""


def read_election(folder: str | Path) -> Election:
    """Read a report folder.

    Raises
    ------
    ConfigError
        If there is no such folder, it is no report folder, or one of its files cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ConfigError(
            f"{folder}: there is no such folder; give folders that `forensics audit --out` wrote"
        )
    for name in (FINDINGS, PROVENANCE):
        if not (folder / name).is_file():
            raise ConfigError(
                f"{folder}: no report folder, for it has no {name}; give folders that "
                "`forensics audit --out` wrote"
            )
    document = read_document(_bytes(folder / FINDINGS), str(folder))
    _check_provenance(folder, document)
    tables = {
        name: _table(path, columns)
        for name, columns in SIDE_BY_SIDE.items()
        if (path := folder / "figures" / f"{name}.csv").is_file()
    }
    scores = folder / SCORES
    return Election(
        place=str(folder),
        title=document.election,
        document=document,
        tables=tables,
        precincts=_scores(scores) if scores.is_file() else None,
    )


def in_order(elections: Sequence[Election]) -> tuple[Election, ...]:
    """The elections by date where all have one, else as given; each with a name of its own.

    Raises
    ------
    ConfigError
        If they are fewer than two, or two are audits of the same table.
    """
    if len(elections) < FEWEST:
        raise ConfigError(f"{len(elections)} report folder given; a comparison needs at least {FEWEST}")
    seen: dict[str, Election] = {}
    for one in elections:
        digest = one.document.digest
        if digest and digest in seen:
            raise ConfigError(
                f"{seen[digest].place} and {one.place} are audits of the same returns (digest "
                f"{digest[:12]}); give each election once"
            )
        seen[digest] = one
    if all(one.date for one in elections):
        elections = sorted(elections, key=lambda one: one.date)
    labels = _distinct([one.title or one.place for one in elections])
    return tuple(
        replace(one, label=label, short=short)
        for one, label, short in zip(elections, labels, _short(elections), strict=True)
    )


def _short(elections: Sequence[Election]) -> list[str]:
    """Year, else day, else number: what fits below the axis of a small figure."""
    dates = [one.date for one in elections]
    for names in ([date[:4] for date in dates], dates):
        if all(names) and len(set(names)) == len(names):
            return names
    return [str(number) for number in range(1, len(elections) + 1)]


def _distinct(names: Sequence[str]) -> list[str]:
    return [
        name if names.count(name) == 1 else f"{name} ({number})"
        for number, name in enumerate(names, start=1)
    ]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.parent}: {path.name} cannot be read ({error.strerror})") from error


def _check_provenance(folder: Path, document: Document) -> None:
    try:
        said: Any = json.loads(_bytes(folder / PROVENANCE))
    except ValueError as error:
        raise ConfigError(f"{folder}: {PROVENANCE} is no JSON ({error})") from error
    digest = said.get("digest", "") if isinstance(said, dict) else None
    if digest != document.digest:
        raise ConfigError(
            f"{folder}: {PROVENANCE} and {FINDINGS} are of different audits (digests "
            f"{str(digest)[:12]} and {document.digest[:12]}); write the report again"
        )


def _table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_csv(path)
        numbers = frame[list(columns)].apply(pd.to_numeric)
    except (ValueError, KeyError, OSError) as error:
        raise ConfigError(
            f"{path.parents[1]}: figures/{path.name} cannot be read ({error}); it has the columns "
            f"{', '.join(columns)}, all of numbers"
        ) from error
    return frame.assign(**{name: numbers[name] for name in columns})


def _scores(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise ConfigError(f"{path.parents[1]}: {SCORES} cannot be read ({error})") from error
    if "precinct" not in frame.columns:
        raise ConfigError(f"{path.parents[1]}: {SCORES} has no column precinct; write the report again")
    return frame

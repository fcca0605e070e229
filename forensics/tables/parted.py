"""A folder of parts that is never in memory as a whole: one part at a time, the same each time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forensics.errors import Fault, ReturnsError
from forensics.tables.files import KINDS, refuse
from forensics.tables.reading import read_returns
from forensics.tables.returns import Returns

NEEDED = "the parts of a folder have the same columns in the same order"


@dataclass(frozen=True, slots=True)
class PartFile:
    """One file of a folder, as it was when the folder was looked through."""

    path: Path
    sha256: str
    digest: str
    rows: int
    #: Rows of each unit of the top level; ``""`` where there is none.
    units: Mapping[str, int]
    #: Columns that hold at least one value.
    reported: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parted:
    """Returns in parts.

    Parameters
    ----------
    name : str
        Of the folder.
    parts : tuple of PartFile
        In the order of the names of their files.
    leader : str or None
        Option with most votes in all parts together, or the one asked for.
    levels : tuple of str
    profile, where : str or None
        What each part is read with.
    """

    name: str
    parts: tuple[PartFile, ...]
    leader: str | None
    levels: tuple[str, ...]
    profile: str | os.PathLike[str] | None
    where: str | None

    def __len__(self) -> int:
        return sum(part.rows for part in self.parts)

    @property
    def digest(self) -> str:
        """SHA-256 of the parts' contents: the same for any order of the parts and of their rows."""
        return hashlib.sha256("".join(sorted(part.digest for part in self.parts)).encode()).hexdigest()

    @property
    def sha256(self) -> str:
        """Digest of the sorted digests of the files, as for a folder that is read as one table."""
        return hashlib.sha256("".join(sorted(part.sha256 for part in self.parts)).encode()).hexdigest()

    @property
    def alike(self) -> bool:
        """Whether every part reports the same columns: else a part would be looked at in another way."""
        return len({part.reported for part in self.parts}) == 1

    @property
    def uncut(self) -> bool:
        """Whether no unit of the top level lies in several parts."""
        names = [name for part in self.parts for name in part.units]
        return len(set(names)) == len(names)

    def units(self) -> dict[str, int]:
        """Rows of each unit of the top level in all parts."""
        rows: dict[str, int] = {}
        for part in self.parts:
            for name, n in part.units.items():
                rows[name] = rows.get(name, 0) + n
        return rows

    def read(self, part: PartFile) -> Returns:
        """One part.

        Raises
        ------
        ReturnsError
            If the file is no longer what it was when the folder was looked through.
        """
        returns = _read(part.path, self.profile, self.where)
        if returns.source.sha256 != part.sha256:
            raise refuse(
                f"{self.name}/{part.path.name}",
                "the file was changed since the folder was looked through",
                "start again when nobody writes to it",
            )
        return returns.with_leader(self.leader) if self.leader else returns


def open_parts(
    folder: str | os.PathLike[str],
    /,
    *,
    profile: str | os.PathLike[str] | None = None,
    leader: str | None = None,
    where: str | None = None,
) -> Parted:
    """Look through a folder of parts, one after the other.

    Parameters
    ----------
    folder : path
        Files of one kind, each a table of returns with the same columns.
    profile, leader, where
        As for :func:`forensics.read_returns`.

    Raises
    ------
    ReturnsError
        If it is no folder of tables, a part cannot be read, or parts have different columns.
    """
    place = Path(folder)
    if not place.is_dir():
        raise refuse(place.name, "it is no folder", "returns in parts are a folder of csv or parquet files")
    files = sorted(p for p in place.iterdir() if p.is_file() and p.suffix.lower() in KINDS)
    if not files:
        raise refuse(place.name, "the folder holds no csv, tsv, xlsx or parquet file")
    votes: dict[str, float] = {}
    parts: list[PartFile] = []
    levels: tuple[str, ...] = ()
    for file in files:
        returns = _read(file, profile, where)
        if leader is not None:
            leader = returns.option(leader)
        for option in returns.options:
            votes[option] = votes.get(option, 0.0) + float(np.nansum(returns.votes(option)))
        levels = levels or tuple(returns.levels or ())
        columns = tuple(returns.table.columns)
        if parts and columns != parts[0].columns:
            given = f"{file.name} has other columns than {files[0].name}"
            raise ReturnsError(place.name, [Fault(given, NEEDED)])
        parts.append(_looked_through(file, returns, levels))
    most = min(votes, key=lambda option: (-votes[option], option), default=None)
    return Parted(place.name, tuple(parts), leader or most, levels, profile, where)


def _read(file: Path, profile: str | os.PathLike[str] | None, where: str | None) -> Returns:
    return read_returns(file, profile=profile, where=where)


def _looked_through(file: Path, returns: Returns, levels: tuple[str, ...]) -> PartFile:
    columns = tuple(returns.table.columns)
    if levels:
        names = returns.table[levels[0]].astype("str").fillna("")
        units = {str(name): int(n) for name, n in names.value_counts(sort=False).sort_index().items()}
    else:
        units = {"": len(returns)}
    return PartFile(
        file,
        returns.source.sha256,
        returns.digest,
        len(returns),
        units,
        tuple(column for column in columns if returns.has(column)),
        columns,
    )

"""A path to the bytes of its tables: one file, a zip that holds one, or a folder of parts."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from forensics.errors import ConfigError, Fault, ReturnsError
from forensics.messages.message import Message, Sentences

SAY = Sentences(
    "files",
    member="{member} was taken out of the zip.",
    parts="{n:,} files were read one below the other in the order of their names; row numbers run on "
    "through them.",
    others="{n:,} other {n:plural:file|files} in the folder {n:plural:was|were} not read: {names}.",
)
_KIND_SUFFIXES = {
    "text": (".csv", ".tsv", ".tab", ".txt"),
    "xlsx": (".xlsx", ".xlsm"),
    "parquet": (".parquet", ".pq"),
}
KINDS = {suffix: kind for kind, suffixes in _KIND_SUFFIXES.items() for suffix in suffixes}
#: What any table may be given as; returns may also be named as a data set.
TABLES = "give a csv, tsv, xlsx or parquet file, a zip that holds one of them or a folder of parts"
ALLOWED = f"{TABLES}, election results in xml or json (NIST SP 1500-100), or the name of a data set"
#: Documents that hold tables of results; who does not ask for them does not meet them.
DOCUMENT = "document"
_DOCUMENTS = dict.fromkeys((".xml", ".json"), DOCUMENT)
#: A table may be this large once it is taken out of a zip.
LARGEST_UNZIPPED = 4 * 2**30
#: Text of numbers shrinks 5 to 30 times; what shrinks far more is no table.
LARGEST_RATIO = 200
#: Below this size a high ratio does no harm.
RATIO_MATTERS_FROM = 64 * 2**20
_CHUNK = 2**20
_SHOWN_NAMES = 5


@dataclass(frozen=True, slots=True)
class Part:
    """One table's bytes, with the base name that errors say."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """What a path holds: the parts of one table, all of one kind."""

    name: str
    kind: str
    sha256: str
    parts: tuple[Part, ...]
    steps: tuple[Message, ...] = ()


def refuse(name: str, given: str, allowed: str = ALLOWED) -> ReturnsError:
    """The error for a file that cannot be read at all."""
    return ReturnsError(name, [Fault(given, allowed)])


def open_table(path: str | os.PathLike[str], *, documents: bool = False) -> Opened:
    """Read a file, the table inside a zip, or the parts of a folder.

    Parameters
    ----------
    path : path
    documents : bool
        Whether xml and json are read too; beside a table in a zip or folder they are passed over.

    Raises
    ------
    ReturnsError
        Missing, empty, of unknown kind, or a zip or folder without exactly one table.
    ConfigError
        If ``path`` is no path.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ConfigError(f"a path is needed, not {type(path).__name__}; {ALLOWED}")
    place = Path(path)
    name = place.name or place.resolve().name
    kinds = KINDS | (_DOCUMENTS if documents else {})
    try:
        if place.is_dir():
            return _open_folder(place, name, kinds)
        if not place.exists():
            raise refuse(name, "no such file")
        kind = _kind(name, kinds)
        data = whole(place, name)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise refuse(name, f"cannot be opened ({reason})") from None
    digest = hashlib.sha256(data).hexdigest()
    if not data:
        raise refuse(name, "the file is empty (0 bytes)")
    if kind == "zip":
        member, inner = _unzip(name, data, kinds)
        return Opened(
            name, _kind(member, kinds), digest, (Part(member, inner),), (SAY("member", member=member),)
        )
    return Opened(name, kind, digest, (Part(name, data),))


def whole(place: Path, name: str) -> bytes:
    """The bytes of a file that nobody wrote to in the meantime.

    Raises
    ------
    ReturnsError
        If it was written to, replaced or cut short while it was read.
    OSError
        If it cannot be read.
    """
    with place.open("rb") as file:
        before = os.fstat(file.fileno())
        data = file.read()
        after = os.fstat(file.fileno())
    if len(data) != after.st_size or not _state(before) == _state(after) == _state(place.stat()):
        raise refuse(name, "the file was changed while it was read", "read it when nobody writes to it")
    return data


def _state(stat: os.stat_result) -> tuple[int, int, int]:
    """What changes when a file is written to or replaced."""
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _kind(name: str, kinds: Mapping[str, str]) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    kind = "zip" if suffix == ".zip" else kinds.get(suffix)
    if kind is None:
        raise refuse(name, f"the suffix {suffix!r} is of no known kind of table")
    return kind


def _open_folder(place: Path, name: str, kinds: Mapping[str, str]) -> Opened:
    files = sorted(p for p in place.iterdir() if p.is_file() and not p.name.startswith((".", "_")))
    by_kind: dict[str, list[Path]] = {}
    for file in files:
        by_kind.setdefault(kinds.get(file.suffix.lower(), ""), []).append(file)
    if DOCUMENT in by_kind and any(kind not in ("", DOCUMENT) for kind in by_kind):
        by_kind.setdefault("", []).extend(by_kind.pop(DOCUMENT))
    found = [kind for kind in by_kind if kind]
    if not found:
        raise refuse(name, "the folder holds no csv, tsv, xlsx or parquet file")
    if len(found) > 1:
        raise refuse(
            name,
            f"the folder holds files of different kinds ({', '.join(sorted(found))})",
            "give a folder whose tables are all of one kind",
        )
    parts = []
    for file in by_kind[found[0]]:
        data = whole(file, f"{name}/{file.name}")
        if not data:
            raise refuse(f"{name}/{file.name}", "the file is empty (0 bytes)")
        parts.append(Part(file.name, data))
    digests = sorted(hashlib.sha256(part.data).hexdigest() for part in parts)
    steps = [SAY("parts", n=len(parts))]
    if others := by_kind.get("", []):
        shown = ", ".join(p.name for p in others[:_SHOWN_NAMES]) + (
            " …" if len(others) > _SHOWN_NAMES else ""
        )
        steps.append(SAY("others", n=len(others), names=shown))
    digest = hashlib.sha256("".join(digests).encode()).hexdigest()
    return Opened(name, found[0], digest, tuple(parts), tuple(steps))


def open_zip(name: str, data: bytes) -> zipfile.ZipFile:
    """A zip whose declared sizes are sane; also used for the zip that every xlsx is."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise refuse(name, "the file is broken: it is no readable zip", "download it again") from None
    size = sum(member.file_size for member in archive.infolist())
    if size > LARGEST_UNZIPPED:
        raise refuse(name, f"{size:,} bytes once unzipped", f"at most {LARGEST_UNZIPPED:,} bytes are read")
    if size > RATIO_MATTERS_FROM and size > LARGEST_RATIO * len(data):
        raise refuse(
            name,
            f"{len(data):,} bytes that would unzip to {size:,}",
            f"a table shrinks at most {LARGEST_RATIO} times",
        )
    return archive


def _unzip(name: str, data: bytes, kinds: Mapping[str, str]) -> tuple[str, bytes]:
    archive = open_zip(name, data)
    files = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    known = [
        (m, kinds[PurePosixPath(m.filename).suffix.lower()])
        for m in files
        if PurePosixPath(m.filename).suffix.lower() in kinds
        and not PurePosixPath(m.filename).name.startswith(".")
    ]
    # A description in json beside a table is none of its own.
    tables = [m for m, kind in known if kind != DOCUMENT] or [m for m, _ in known]
    if len(tables) != 1:
        found = ", ".join(PurePosixPath(m.filename).name for m in (tables or files)[:_SHOWN_NAMES])
        raise refuse(
            name,
            f"the zip holds {len(tables) or 'no'} tables ({found or 'it is empty'})",
            "a zip holds exactly one csv, tsv, xlsx or parquet file",
        )
    member = PurePosixPath(tables[0].filename).name
    chunks, size = [], 0
    try:
        with archive.open(tables[0]) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                # The declared size can lie, so what comes out is counted as well.
                if size > LARGEST_UNZIPPED:
                    raise refuse(
                        name,
                        f"more than {LARGEST_UNZIPPED:,} bytes once unzipped",
                        f"at most {LARGEST_UNZIPPED:,} bytes are read",
                    )
                chunks.append(chunk)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        ValueError,
        RuntimeError,
    ):
        raise refuse(
            name, f"{member} inside it is broken or encrypted", "download it again, or unzip it yourself"
        ) from None
    if not size:
        raise refuse(name, f"{member} inside it is empty (0 bytes)")
    return member, b"".join(chunks)

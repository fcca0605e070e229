"""Named real data sets as local paths, with their checksums; never a table, never a surprise download.

A name is looked up in the directories of ``FORENSICS_DATA`` (a list, separated as ``PATH`` is) and
then among the files fetched before. Only :func:`fetch` uses the network.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from forensics.errors import ConfigError
from forensics.resources import resource

VARIABLE = "FORENSICS_DATA"
SUFFIXES = (".csv", ".tsv", ".xlsx", ".parquet", ".zip", ".csv.zip", ".tsv.zip")
SHOWN_DIGITS = 12
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class RegisteredFile:
    """One published file.

    Parameters
    ----------
    url : str
        Where it is.
    sha256 : str
        What it hashes to, hexadecimal.
    bytes : int
        How large it is.
    """

    url: str
    sha256: str
    bytes: int

    @property
    def name(self) -> str:
        """The publisher's file name."""
        return PurePosixPath(unquote(urlsplit(self.url).path)).name

    @property
    def suffix(self) -> str:
        """``.csv``, ``.csv.zip`` and the like."""
        path = PurePosixPath(self.name)
        inner = PurePosixPath(path.stem).suffix if path.suffix == ".zip" else ""
        return inner + path.suffix


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named data set of the registry.

    Parameters
    ----------
    name : str
        Its name, which stands for a path wherever returns are read.
    profile : str
        The profile that reads it.
    licence : str
        What its publisher says about reuse.
    files : tuple of RegisteredFile
        One file, or the several files of one folder.
    """

    name: str
    profile: str
    licence: str
    files: tuple[RegisteredFile, ...]

    @property
    def local_name(self) -> str:
        """What it is called on disk: ``NAME`` with the suffix of its url, or the folder ``NAME``."""
        return self.name + (self.files[0].suffix if len(self.files) == 1 else "")


def list_datasets() -> tuple[Dataset, ...]:
    """The registered data sets in order of their names.

    Returns
    -------
    tuple of Dataset
        Name, profile, files with their checksums, licence.
    """
    return tuple(_registry().values())


def locate(name: str) -> Path | None:
    """Where a data set is on this machine, or None; nothing is downloaded.

    Parameters
    ----------
    name : str
        As for :func:`path`.

    Returns
    -------
    Path or None
        A file, or a folder of files.

    Raises
    ------
    ConfigError
        If the file found is not the registered one, or if the name fits several files.
    """
    if name in ("", "..") or PurePosixPath(name).name != name or os.sep in name:
        return None
    dataset = _registry().get(name)
    for directory in _directories():
        found = _registered(directory, dataset) if dataset else _by_stem(directory, name)
        if found is not None:
            return found
    return _cached(dataset) if dataset else None


def path(name: str) -> Path:
    """The local file or folder of a data set; nothing is downloaded.

    Parameters
    ----------
    name : str
        A registered name, or the stem of any file in a directory of ``FORENSICS_DATA``.

    Returns
    -------
    Path
        A file, or a folder of files; checksums were compared.

    Raises
    ------
    ConfigError
        If the name is unknown, not on this machine, ambiguous, or if its checksum differs.
    """
    found = locate(name)
    if found is not None:
        return found
    searched = ", ".join(map(str, _directories())) or "not set"
    if name in _registry():
        raise ConfigError(
            f"data set {name!r} is not on this machine ({VARIABLE} is {searched}); "
            f"run `forensics datasets fetch {name}`"
        )
    raise _unknown(name, searched)


def fetch(name: str, *, progress: Callable[[int, int], None] | None = None) -> Path:
    """The local file or folder of a registered data set, downloaded if it is not on this machine.

    Parameters
    ----------
    name : str
        A registered name.
    progress : callable, optional
        Called with the bytes received and the bytes expected while a file comes in.

    Returns
    -------
    Path
        A file, or a folder of files; checksums were compared.

    Raises
    ------
    ConfigError
        If the name is unknown, the network or the disk fails, or what arrives is not the registered file.
    """
    found = locate(name)
    if found is not None:
        return found
    dataset = _registry().get(name)
    if dataset is None:
        raise _unknown(name, ", ".join(map(str, _directories())) or "not set")
    for file, target in _targets(dataset):
        try:
            _download(file, target, progress)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"data set {name!r}: {file.name} could not be fetched from {urlsplit(file.url).hostname} "
                f"({type(error).__name__}); try again, or put {dataset.local_name} into a directory "
                f"that {VARIABLE} names"
            ) from error
    return _cache() / dataset.local_name


def profile_of(name: str) -> str | None:
    """The profile that reads a registered data set; None for any other, whose columns are canonical.

    Parameters
    ----------
    name : str
        Of the data set.

    Returns
    -------
    str or None
        Name of a shipped profile.
    """
    dataset = _registry().get(name)
    return dataset.profile if dataset else None


@cache
def _registry() -> dict[str, Dataset]:
    rows = csv.DictReader(resource("registry.csv").read_text(encoding="utf-8").splitlines())
    datasets: dict[str, Dataset] = {}
    for row in sorted(rows, key=lambda row: row["name"]):
        file = RegisteredFile(row["url"], row["sha256"], int(row["bytes"]))
        earlier = datasets[row["name"]].files if row["name"] in datasets else ()
        datasets[row["name"]] = Dataset(row["name"], row["profile"], row["licence"], (*earlier, file))
    return datasets


def _unknown(name: str, searched: str) -> ConfigError:
    return ConfigError(
        f"{name!r} is no data set; the registered ones are {', '.join(_registry())}, and any file in the "
        f"directories of {VARIABLE} ({searched}) answers to its name without the suffix"
    )


def _directories() -> tuple[Path, ...]:
    return tuple(Path(part) for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part)


def _cache() -> Path:
    import pooch  # a download library, kept out of `import forensics`

    return Path(pooch.os_cache("forensics"))


def _targets(dataset: Dataset) -> Iterator[tuple[RegisteredFile, Path]]:
    """Each registered file with its place among the fetched ones."""
    for file in dataset.files:
        yield file, _cache() / dataset.local_name / (file.name if len(dataset.files) > 1 else "")


def _cached(dataset: Dataset) -> Path | None:
    """What was fetched before, if it is whole; what is not will be fetched again."""
    whole = all(target.is_file() and _digest(target) == file.sha256 for file, target in _targets(dataset))
    return _cache() / dataset.local_name if whole else None


def _registered(directory: Path, dataset: Dataset) -> Path | None:
    """A registered data set in a directory, its checksums verified."""
    for candidate in (directory / dataset.name, directory / dataset.local_name):
        if candidate.is_dir():
            _verify_folder(candidate, dataset)
            return candidate
        if candidate.is_file() and len(dataset.files) == 1:
            _verify(candidate, dataset.files[0])
            return candidate
    return None


def _verify_folder(folder: Path, dataset: Dataset) -> None:
    """A folder may hold parts of the user's own; the publisher's files come all together and unchanged."""
    present = [file for file in dataset.files if (folder / file.name).is_file()]
    if present and len(present) < len(dataset.files):
        missing = [file.name for file in dataset.files if file not in present]
        raise ConfigError(
            f"{folder.name} holds {len(present)} of the {len(dataset.files)} registered files; "
            f"missing: {', '.join(missing)}"
        )
    for file in present:
        _verify(folder / file.name, file)


def _verify(found: Path, file: RegisteredFile) -> None:
    digest = _digest(found)
    if digest != file.sha256:
        raise ConfigError(
            f"{found} is not the registered file: expected SHA-256 {file.sha256[:SHOWN_DIGITS]}…, "
            f"found {digest[:SHOWN_DIGITS]}…"
        )


def _digest(found: Path) -> str:
    with found.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _by_stem(directory: Path, name: str) -> Path | None:
    """A file or folder that is in no registry: by its full name, else by its name without the suffix."""
    exact = directory / name
    if exact.exists():
        return exact
    found = [directory / (name + suffix) for suffix in SUFFIXES if (directory / (name + suffix)).is_file()]
    if len(found) > 1:
        raise ConfigError(
            f"{name!r} fits {' and '.join(file.name for file in found)} in {directory}; give the whole name"
        )
    return found[0] if found else None


def _download(file: RegisteredFile, target: Path, progress: Callable[[int, int], None] | None) -> None:
    """One file to its place; pooch verifies it before it gets its name, so no half ever stands there."""
    import pooch

    target.parent.mkdir(parents=True, exist_ok=True)
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # a library is silent; the progress callback is for the caller to draw
    try:
        pooch.retrieve(
            file.url,
            known_hash=f"sha256:{file.sha256}",
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(
                progressbar=_Progress(progress, file.bytes) if progress else False, chunk_size=_CHUNK
            ),
        )
    finally:
        logger.setLevel(level)


class _Progress:
    """Pooch's progress interface (total, update, reset, close) over one callback."""

    def __init__(self, callback: Callable[[int, int], None], expected: int) -> None:
        self.callback = callback
        self.expected = expected
        self.total = 0
        self.received = 0

    def update(self, received: int) -> None:
        self.received = min(self.received + received, self.expected)
        self.callback(self.received, self.expected)

    def reset(self) -> None:
        self.received = 0

    def close(self) -> None:
        self.callback(self.expected, self.expected)

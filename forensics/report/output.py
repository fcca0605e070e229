"""Folders that are handed over: the new one takes the place of the earlier one whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from forensics.auditing.workers import LostWorkersError
from forensics.errors import ConfigError

#: Where a folder is written before it takes its place; cleared by the next one, whatever ended this one.
UNFINISHED = ".unfinished"
#: The page of every folder handed over.
PAGE = "index.html"
#: By these files a folder is known to be one that was handed over: a report's, a comparison's.
MADE = {"report": "provenance.json", "comparison": "comparison.json"}
#: A plan comes first and lies where its report will.
_BEFORE = ("plan.toml",)
_FIGURES = (".svg", ".png", ".csv")
_SHOWN = ("figures", "restricted")
#: Posterior draws, and the user's own profile, that an earlier report may have had.
_EARLIER = (
    "draws/*.parquet", "restricted/*-draws.parquet", "restricted/*-precincts.parquet", "profile/*.toml",
)  # fmt: skip


@contextmanager
def replacing(out: Path, what: str, *, made: str, optional: Sequence[str] = ()) -> Iterator[Path]:
    """Yield a folder to write into, whose files take their place in ``out`` when all are written.

    Until then nothing in ``out`` is touched: a full disk, an interruption or a refused text leaves
    an earlier report as it was, and no trace of the new one. What is not a report's in somebody's
    folder stays, and is never replaced: a file of a report's name that no report wrote is refused.

    Parameters
    ----------
    out : Path
        Made if it is missing.
    what : str
        What is written, for the error.
    made : str
        File by which a folder is known to be a report's: only there are earlier files replaced, and
        earlier figures and draws removed.
    optional : sequence of str
        Files of an earlier report that the new one need not have, removed where it has not.

    Raises
    ------
    ConfigError
        If the folder cannot be made or written, or holds somebody's own files of these names.
    """
    new_folders = [folder for folder in (out, *out.parents) if not folder.exists()]
    room = out / UNFINISHED
    with told(out, what):
        try:
            shutil.rmtree(room, ignore_errors=True)
            new, old = room / "new", room / "old"
            new.mkdir(parents=True)
            yield new
            if not (out / made).is_file():
                _refuse_own(new, out, what, made)
            leaving = [out / name for name in optional]
            if (out / made).is_file():
                shown = [path for name in _SHOWN for path in sorted((out / name).glob("*"))]
                leaving += [path for path in shown if path.suffix in _FIGURES]
                leaving += [path for pattern in _EARLIER for path in sorted(out.glob(pattern))]
            _exchange(new, out, old, [path for path in leaving if path.is_file()])
        finally:
            shutil.rmtree(room, ignore_errors=True)
            for folder in new_folders:
                with suppress(OSError):  # holds the report, or something else by now
                    folder.rmdir()


def _refuse_own(new: Path, out: Path, what: str, made: str) -> None:
    """Refuse to replace files that were not written by an earlier report."""
    for path in sorted(new.rglob("*")):
        name = path.relative_to(new).as_posix()
        target = out / name
        if path.is_file() and target.exists() and name not in _BEFORE:
            if target.is_file() and target.read_bytes() == path.read_bytes():
                continue
            raise _own(out, name, what, made)


def _own(out: Path, name: str, what: str, made: str) -> ConfigError:
    return ConfigError(
        f"{out}: {name} stands there and belongs to no earlier {what} (there is no {made} beside it), so "
        f"it is not replaced; give a new folder, or that of an earlier {what}"
    )


def _exchange(new: Path, out: Path, old: Path, leaving: Sequence[Path]) -> None:
    """Move what leaves and what is replaced aside, then the new files in; all of it, or nothing."""
    paths = sorted(new.rglob("*"))
    targets = {path: out / path.relative_to(new) for path in paths if path.is_file()}
    aside = dict.fromkeys([*leaving, *(path for path in targets.values() if path.is_file())])
    moves = [*((path, old / path.relative_to(out)) for path in aside), *targets.items()]
    folders = [out / path.relative_to(new) for path in paths if path.is_dir()]
    made = [folder for folder in folders if not folder.exists()]
    tried: list[tuple[Path, Path]] = []
    try:
        for folder in folders:
            folder.mkdir(exist_ok=True)
        for source, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            tried.append((source, target))
            os.replace(source, target)
    except BaseException:
        for source, target in reversed(tried):
            with suppress(FileNotFoundError):  # the last one may not have been moved
                os.replace(target, source)
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        raise


def check_folder(out: str | Path, /, what: str = "report") -> None:
    """Refuse a folder that cannot be written, before anything is computed for it; nothing is left there.

    Parameters
    ----------
    out : path
        The folder.
    what : str
        What would be written, for the error.

    Raises
    ------
    ConfigError
        If the folder cannot be made or written, or holds somebody's own page.
    """
    with replacing(Path(out), what, made=""):
        pass
    made = MADE.get(what, MADE["report"])
    if (Path(out) / PAGE).exists() and not (Path(out) / made).is_file():
        raise _own(Path(out), PAGE, what, made)


@contextmanager
def told(out: Path, what: str) -> Iterator[None]:
    """Tell in one sentence that something cannot be written.

    Raises
    ------
    ConfigError
        In place of an OSError.
    LostWorkersError
        If workers are lost again and again.
    """
    try:
        yield
    except LostWorkersError as error:
        raise LostWorkersError(
            f"{out}: the {what} was not written, and what stood there is as it was: {error}"
        ) from error
    except OSError as error:
        reason = (os.strerror(error.errno) if error.errno else error.strerror) or type(error).__name__
        raise ConfigError(
            f"{out}: the {what} cannot be written there ({reason}), and what stood there is as it was; "
            "give a folder that can be written and has room"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8 with its own line ends, on any system."""
    path.write_bytes(text.encode("utf-8"))

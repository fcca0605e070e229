"""Folders that are handed over: what an earlier one left is cleared, what cannot be written is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.errors import ConfigError

_FIGURES = (".svg", ".png", ".csv")


def clear_figures(out: Path, *, made: str) -> None:
    """Remove the figures of an earlier report; anything else in somebody's folder is left alone.

    Parameters
    ----------
    out : Path
    made : str
        File by which a folder is known to be a report's; without it nothing is touched.
    """
    if (out / made).is_file():
        for path in sorted((out / "figures").glob("*")):
            if path.suffix in _FIGURES:
                path.unlink()


@contextmanager
def told(out: Path, what: str) -> Iterator[None]:
    """Tell in one sentence that something cannot be written.

    Raises
    ------
    ConfigError
        In place of an OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            f"{out}: the {what} cannot be written there ({reason}); give a folder that can be written"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8 with its own line ends, on any system."""
    path.write_bytes(text.encode("utf-8"))

"""What a command reads it never writes over."""

from __future__ import annotations

from pathlib import Path

from forensics import ConfigError


def keep_inputs(written: Path, *inputs: str | Path | None) -> None:
    """Refuse to write over a file that the same command reads.

    Raises
    ------
    ConfigError
        If ``written`` is one of the inputs; those that are names of data sets are no files here.
    """
    for given in inputs:
        if given is not None and written.exists() and Path(given).exists() and written.samefile(given):
            raise ConfigError(
                f"{written}: this command reads it and would write over it; name another --out"
            )

"""Embedded files by name: the wheel carries ``data/`` as ``forensics/_data``, a checkout has ``data/``."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from forensics.errors import ConfigError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def resource(name: str) -> Traversable:
    """An embedded file, to be read with ``read_text``, ``read_bytes`` or ``open``.

    Parameters
    ----------
    name : str
        Name inside ``data/``, with ``/`` between folders: ``"registry.csv"``.

    Raises
    ------
    ConfigError
        If the installation carries no such file.
    """
    root = _root()
    parts = PurePosixPath(name).parts
    inside = bool(parts) and ".." not in parts and not PurePosixPath(name).is_absolute()
    found = root.joinpath(*parts) if inside else root
    if not inside or not found.is_file():
        carried = ", ".join(sorted(entry.name for entry in root.iterdir())) if root.is_dir() else "nothing"
        raise ConfigError(f"{name!r} is no embedded file of this installation, which carries {carried}")
    return found


def _root() -> Traversable:
    """The folder of embedded files: the wheel's own, else the one beside the package."""
    carried = files("forensics") / "_data"
    return carried if carried.is_dir() else Path(__file__).resolve().parent.parent / "data"

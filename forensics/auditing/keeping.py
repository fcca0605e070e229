"""A folder that keeps the finished tasks of a long run, so that an interrupted one goes on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forensics.errors import ConfigError


def plan_hash(plan: Mapping[str, Any]) -> str:
    """Hash of everything that the numbers depend on."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


class Kept:
    """Finished tasks by name, a file each; a file is there in full or not at all.

    Parameters
    ----------
    folder : path
        Made if it is missing.
    plan : mapping
        Everything that the results depend on; written down as ``<run>.json``.
    run, tasks : str
        What is run and what it is made of, for errors (``"calibration"``, ``"batches"``).
    differs : str
        What another run may differ in, for the error.

    Raises
    ------
    ConfigError
        If the folder holds tasks of another run, or cannot be read or written.
    """

    def __init__(
        self, folder: str | Path, plan: Mapping[str, Any], *, run: str, tasks: str, differs: str
    ) -> None:
        self.folder, self.run, self.tasks = Path(folder), run, tasks
        own, name = plan_hash(plan), f"{run}.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / name
            if path.exists():
                stated = json.loads(path.read_text(encoding="utf-8")).get("hash")
                if stated != own:
                    raise ConfigError(
                        f"{self.folder}: the {tasks} there are of another {run} ({differs}); name an empty "
                        "folder, or repeat that one"
                    )
            else:
                text = json.dumps({"hash": own, "plan": plan}, sort_keys=True, indent=1) + "\n"
                self._write(path, text.encode())
        except (ValueError, AttributeError) as error:
            raise ConfigError(f"{self.folder}: {name} there is not that of {_a(run)}") from error
        except OSError as error:
            raise self._unusable(error) from error

    def read(self, name: str) -> bytes | None:
        """What a finished task left; ``None`` where it is not there."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from error

    def write(self, name: str, content: bytes) -> None:
        """Keep a finished task."""
        try:
            self._write(self.folder / name, content)
        except OSError as error:
            raise self._unusable(error) from error

    def _write(self, path: Path, content: bytes) -> None:
        # In full or not at all, whenever the process ends.
        temporary = path.with_name(f"{path.name}.part")
        try:
            temporary.write_bytes(content)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _unusable(self, error: OSError) -> ConfigError:
        reason = error.strerror or error
        return ConfigError(
            f"{self.folder}: the {self.tasks} of {_a(self.run)} cannot be kept there ({reason})"
        )


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"

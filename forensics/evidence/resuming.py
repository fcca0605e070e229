"""A folder that holds the finished batches of a calibration, so that an interrupted one goes on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forensics.errors import ConfigError
from forensics.evidence.cells import Drawn

PLAN = "calibration.json"


def plan_hash(plan: Mapping[str, Any]) -> str:
    """Hash of everything that the numbers depend on."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


class Batches:
    """Finished batches by number: one JSON-lines file each, a line per simulation.

    Raises
    ------
    ConfigError
        If the folder holds batches of another calibration, or cannot be read or written.
    """

    def __init__(self, folder: str | Path, plan: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        own = plan_hash(plan)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / PLAN
            if path.exists():
                stated = json.loads(path.read_text(encoding="utf-8")).get("hash")
                if stated != own:
                    raise ConfigError(
                        f"{self.folder}: the batches there are of another calibration (other returns, "
                        "seed, simulations, manipulations, detectors or versions); name an empty folder, "
                        "or repeat that one"
                    )
            else:
                self._write(path, json.dumps({"hash": own, "plan": plan}, sort_keys=True, indent=1) + "\n")
        except (ValueError, AttributeError) as error:
            raise ConfigError(f"{self.folder}: {PLAN} there is not that of a calibration") from error
        except OSError as error:
            raise self._unusable(error) from error

    def read(self, number: int, size: int) -> list[Drawn] | None:
        """A finished batch of so many simulations; ``None`` where it is not there in full."""
        try:
            lines = self._path(number).read_text(encoding="utf-8").splitlines()
            drawn = [[_read(entry) for entry in json.loads(line)] for line in lines]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from error
        except (ValueError, TypeError):
            return None
        return drawn if len(drawn) == size else None

    def write(self, number: int, drawn: list[Drawn]) -> None:
        """Keep a finished batch."""
        try:
            self._write(self._path(number), "".join(json.dumps(line) + "\n" for line in drawn))
        except OSError as error:
            raise self._unusable(error) from error

    def _path(self, number: int) -> Path:
        return self.folder / f"batch-{number:06d}.jsonl"

    def _write(self, path: Path, text: str) -> None:
        # A file is there in full or not at all, whenever the process ends.
        temporary = path.with_name(f"{path.name}.part")
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)

    def _unusable(self, error: OSError) -> ConfigError:
        reason = error.strerror or error
        return ConfigError(f"{self.folder}: the batches of a calibration cannot be kept there ({reason})")


def _read(entry: Any) -> tuple[str, str, str, int, int, int]:
    method, quantity, where, n, low, tail = entry
    return str(method), str(quantity), str(where), int(n), int(low), int(tail)

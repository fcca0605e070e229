"""A folder that holds the finished batches of a calibration, so that an interrupted one goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forensics.auditing.keeping import Kept
from forensics.evidence.cells import Drawn


class Batches:
    """Finished batches by number: one JSON-lines file each, a line per simulation.

    Raises
    ------
    ConfigError
        If the folder holds batches of another calibration, or cannot be read or written.
    """

    def __init__(self, folder: str | Path, plan: Mapping[str, Any]) -> None:
        self._kept = Kept(
            folder,
            plan,
            run="calibration",
            tasks="batches",
            differs="other returns, seed, simulations, manipulations, detectors or versions",
        )

    def read(self, number: int, size: int) -> list[Drawn] | None:
        """A finished batch of so many simulations; ``None`` where it is not there in full."""
        content = self._kept.read(_name(number))
        try:
            lines = [] if content is None else content.decode("utf-8").splitlines()
            drawn = [[_read(entry) for entry in json.loads(line)] for line in lines]
        except (ValueError, TypeError):
            return None
        return drawn if len(drawn) == size else None

    def write(self, number: int, drawn: list[Drawn]) -> None:
        """Keep a finished batch."""
        self._kept.write(_name(number), "".join(json.dumps(line) + "\n" for line in drawn).encode())


def _name(number: int) -> str:
    return f"batch-{number:06d}.jsonl"


def _read(entry: Any) -> tuple[str, str, str, int, int, int]:
    method, quantity, where, n, low, tail = entry
    return str(method), str(quantity), str(where), int(n), int(low), int(tail)

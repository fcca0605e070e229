"""How far chains are, told across processes: each counts its iterations in a file that one thread reads."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

#: Seconds between two looks.
PAUSE = 0.5


@dataclass(slots=True)
class Ticker:
    """Counts one chain's iterations; without a file, or on another machine, it counts for nobody."""

    path: str | None
    place: int
    _counts: np.memmap | None = None

    def __call__(self) -> None:
        """One more iteration is done."""
        if self.path is None:
            return
        if self._counts is None:
            try:
                self._counts = np.memmap(self.path, dtype=np.int64, mode="r+")
            except OSError:
                self.path = None
                return
        self._counts[self.place] += 1


@contextmanager
def watched(chains: int, total: int, told: Callable[[int, int], None] | None) -> Iterator[list[Ticker]]:
    """A ticker per chain; ``told(done, total)`` is called while they count, and once at the end.

    Parameters
    ----------
    chains : int
    total : int
        Iterations of all chains.
    told : callable, optional
        Without it nothing is counted.
    """
    if told is None:
        yield [Ticker(None, k) for k in range(chains)]
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "iterations"
        np.zeros(chains, dtype=np.int64).tofile(path)
        over = threading.Event()

        def watch() -> None:
            while not over.wait(PAUSE):
                told(min(int(np.fromfile(path, dtype=np.int64).sum()), total), total)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield [Ticker(str(path), k) for k in range(chains)]
        finally:
            over.set()
            thread.join()
    told(total, total)

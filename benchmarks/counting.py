"""CPU seconds, peak memory and the work that cannot be avoided: random draws and probabilities."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from forensics.kernels import binomial

T = TypeVar("T")
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
#: Kinds of draws that detectors use, and how one is timed.
KINDS: dict[str, Callable[[np.random.Generator, int], object]] = {
    "binomial": lambda rng, n: rng.binomial(600, 0.6, n),
    "beta": lambda rng, n: rng.beta(60.0, 40.0, n),
    "integers": lambda rng, n: rng.integers(0, 1000, n),
    "multinomial": lambda rng, n: rng.multinomial(600, [0.1] * 10, n // 10),
    "normal": lambda rng, n: rng.normal(size=n),
    "permutation": lambda rng, n: rng.permutation(n),
    "poisson": lambda rng, n: rng.poisson(40.0, n),
    "random": lambda rng, n: rng.random(n),
    "standard_normal": lambda rng, n: rng.standard_normal(n),
}
#: Numbers drawn to time one, and steps of a probability recurrence.
TIMED = 200_000


class Counting(np.random.Generator):
    """A generator that counts the numbers it gives, by kind."""

    given: dict[str, int]


def _counting(kind: str) -> Callable[..., Any]:
    plain = getattr(np.random.Generator, kind)

    def drawn(self: Counting, *args: Any, **keywords: Any) -> Any:
        out = plain(self, *args, **keywords)
        Counting.given[kind] = Counting.given.get(kind, 0) + int(np.size(out))
        return out

    return drawn


for _kind in KINDS:
    setattr(Counting, _kind, _counting(_kind))


class Clock:
    """Measures steps one after the other and writes a line of JSON for each."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.lines: list[dict[str, Any]] = []
        self.draw_cost = {kind: _cost(draw) for kind, draw in KINDS.items()}
        self.pmf_cost = _pmf_cost()
        self.pmf = 0
        Counting.given = {}

    def step(self, name: str, run: Callable[[], T], *, limit: Callable[[], float] | None = None) -> T:
        """Run a step; ``limit`` gives its physical limit where that is not draws or probabilities."""
        gc.collect()
        self.pmf = 0
        Counting.given = {}
        _reset_peak()
        start = time.process_time()
        result = run()
        seconds = time.process_time() - start
        drawn = sum(n * self.draw_cost[kind] for kind, n in Counting.given.items())
        least = limit() if limit is not None else drawn + self.pmf * self.pmf_cost
        self.lines.append(
            {
                "step": name,
                "seconds": round(seconds, 4),
                "peak_mb": _peak(),
                "draws": sum(Counting.given.values()),
                "probabilities": self.pmf,
                "limit_seconds": round(least, 4),
            }
        )
        self._write()
        return result

    def forget(self) -> None:
        """Leave out the last step: it had nothing to do here."""
        self.lines.pop()
        self._write()

    def _write(self) -> None:
        self.out.write_text("".join(json.dumps(line) + "\n" for line in self.lines))

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count draws and probabilities of what is run inside."""
        default_rng, follow = np.random.default_rng, binomial._follow

        def counting_rng(seed: Any = None) -> np.random.Generator:
            if isinstance(seed, np.random.Generator):
                return seed
            return Counting(default_rng(seed).bit_generator)

        def counting_follow(rows: Any, mode: Any, *rest: Any) -> Any:
            steps = rest[3]
            self.pmf += len(rows) * (1 + steps + min(steps, int(mode.max(initial=0))))
            return follow(rows, mode, *rest)

        np.random.default_rng = counting_rng  # type: ignore[assignment]
        binomial._follow = counting_follow
        try:
            yield
        finally:
            np.random.default_rng, binomial._follow = default_rng, follow


def _cost(draw: Callable[[np.random.Generator, int], object]) -> float:
    """CPU seconds of one number, the fastest of three tries."""
    rng, times = np.random.default_rng(1), []
    for _ in range(3):
        start = time.process_time()
        draw(rng, TIMED)
        times.append(time.process_time() - start)
    return min(times) / TIMED


def _pmf_cost() -> float:
    """CPU seconds of one step of the recurrence P(x + 1) = P(x)(a − bx)/(x + 1), and of adding it up."""
    n, steps = binomial.BLOCK, 200
    mass, x, total = np.full(n, 0.5), np.zeros(n), np.zeros(n)
    start = time.process_time()
    for _ in range(steps):
        mass *= (1.5 - 0.001 * x) / (x + 1)
        x += 1
        total += mass
    return (time.process_time() - start) / (n * steps)


def _reset_peak() -> None:
    if _RESET.exists():
        _RESET.write_text("5")


def _peak() -> int | None:
    """Most memory since the last reset, in MB, where the system tells it."""
    if not _STATUS.exists():
        return None
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024

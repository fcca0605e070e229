"""CPU seconds, peak memory and the work that cannot be avoided: random draws and probabilities."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
from scipy.special import gammaln

from forensics.kernels import beta_binomial, binomial, density, histogram, spikes

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

    def __init__(self, out: Path, only: Sequence[str] = ()) -> None:
        self.out, self.only = out, only
        self.lines: list[dict[str, Any]] = []
        self.draw_cost = {kind: _cost(draw) for kind, draw in KINDS.items()}
        self.cost = {"recurrence": _pmf_cost(), "direct": _direct_cost(), "gamma": _gamma_cost()}
        self.probabilities = dict.fromkeys(self.cost, 0)
        Counting.given = {}

    def step(self, name: str, run: Callable[[], T], *, limit: Callable[[], float] | None = None) -> T:
        """Run a step; ``limit`` gives its physical limit where that is not draws or probabilities."""
        if not self.wanted(name):
            return run()
        gc.collect()
        self.probabilities = dict.fromkeys(self.cost, 0)
        Counting.given = {}
        _reset_peak()
        start = time.process_time()
        result = run()
        seconds = time.process_time() - start
        drawn = sum(n * self.draw_cost[kind] for kind, n in Counting.given.items())
        evaluated = sum(n * self.cost[kind] for kind, n in self.probabilities.items())
        least = limit() if limit is not None else drawn + evaluated
        self.lines.append(
            {
                "step": name,
                "seconds": round(seconds, 4),
                "peak_mb": _peak(),
                "draws": sum(Counting.given.values()),
                "probabilities": sum(self.probabilities.values()),
                "limit_seconds": round(least, 4),
            }
        )
        self._write()
        return result

    def wanted(self, name: str) -> bool:
        """Whether a step is measured."""
        return not self.only or name in self.only

    def forget(self) -> None:
        """Leave out the last step: it had nothing to do here."""
        self.lines.pop()
        self._write()

    def _write(self) -> None:
        """As far as it has come."""
        self.out.write_text("".join(json.dumps(line) + "\n" for line in self.lines))

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count draws and probabilities of what is run inside."""
        default_rng = np.random.default_rng

        def counting_rng(seed: Any = None) -> np.random.Generator:
            if isinstance(seed, np.random.Generator):
                return seed
            return Counting(default_rng(seed).bit_generator)

        plain = {(module, name): getattr(module, name) for module, name, *_ in EVALUATING}
        np.random.default_rng = counting_rng  # type: ignore[assignment]
        for module, name, kind, number in EVALUATING:
            setattr(module, name, self._counting(plain[module, name], kind, number))
        try:
            yield
        finally:
            np.random.default_rng = default_rng
            for (module, name), function in plain.items():
                setattr(module, name, function)

    def _counting(
        self, function: Callable[..., Any], kind: str, number: Callable[..., int]
    ) -> Callable[..., Any]:
        def counted(*args: Any, **keywords: Any) -> Any:
            result = function(*args, **keywords)
            self.probabilities[kind] += number(result, *args)
            return result

        return counted


def _followed(_: Any, rows: Any, mode: Any, peak: Any, a: Any, b: Any, steps: int, *rest: Any) -> int:
    """Both ways from the mode."""
    return len(rows) * (1 + steps + min(steps, int(mode.max(initial=0))))


def _followed_upwards(
    _: Any, x: Any, n: Any, unit: Any, mixture: Any, low: Any, high: Any, *rest: Any
) -> int:
    """For every component of the mixture."""
    return int(mixture.w.shape[1]) * len(x) * (int((high - low).max(initial=0)) + 1)


#: Where probabilities are evaluated, how, and how many at a call: by its result and its arguments.
EVALUATING: tuple[tuple[ModuleType, str, str, Callable[..., int]], ...] = (
    (binomial, "_follow", "recurrence", _followed),
    (density, "_follow", "recurrence", _followed_upwards),
    (beta_binomial, "gammas", "gamma", lambda result, z: int(np.size(z))),
    (spikes, "_in_windows", "direct", lambda result, *args: len(result[0])),
    (histogram, "_block", "direct", lambda result, n, p, first, counts, *rest: int(counts.sum())),
)


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


def _direct_cost() -> float:
    """CPU seconds of one probability by its logarithm, which is linear in the count but for a table."""
    x, slope, rest = (
        np.arange(binomial.BLOCK) * 1.0,
        np.full(binomial.BLOCK, -1e-3),
        np.zeros(binomial.BLOCK),
    )
    rounds = 200
    start = time.process_time()
    for _ in range(rounds):
        np.exp(rest + x * slope)
    return (time.process_time() - start) / (rounds * len(x))


def _gamma_cost() -> float:
    """CPU seconds of one logarithm of the gamma function."""
    x, rounds = np.linspace(20.0, 900.0, binomial.BLOCK), 20
    start = time.process_time()
    for _ in range(rounds):
        gammaln(x)
    return (time.process_time() - start) / (rounds * len(x))


def _reset_peak() -> None:
    if _RESET.exists():
        _RESET.write_text("5")


def _peak() -> int | None:
    """Most memory since the last reset, in MB, where the system tells it."""
    if not _STATUS.exists():
        return None
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024

"""Several chains, and what they agree on: modes told apart, never pooled, with their evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import joblib
import numpy as np
from numpy.typing import NDArray

from forensics.kernels.chain_progress import watched
from forensics.kernels.convergence import bulk_size, rhat, tail_size
from forensics.kernels.mixture.binomial_chain import evidence_binomial, run_binomial_chain
from forensics.kernels.mixture.chain import Chain, run_chain
from forensics.kernels.mixture.evidence import Evidence, evidence
from forensics.kernels.mixture.model import Counts, Floats

#: The published model, and its variant without effects of precincts: how a chain is run and its
#: evidence told.
MODELS: Mapping[str, tuple[Callable[..., Chain], Callable[..., Evidence]]] = MappingProxyType(
    {"qbl": (run_chain, evidence), "bl": (run_binomial_chain, evidence_binomial)}
)
#: Chains are of different modes where the middle parts of their draws, these quantiles, do not overlap
#: in some parameter.
MIDDLE = (0.025, 0.975)
#: Convergence: largest R-hat of the classes' shares, and smallest effective size.
LEAST = (1.05, 100.0)


@dataclass(frozen=True, slots=True)
class Mode:
    """Chains that agree. ``log_evidence`` is ``None`` where all chains agree: nothing to compare."""

    chains: tuple[int, ...]
    pi: Floats
    log_evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Fit:
    """All chains and modes, best first; ``rhat``, ``bulk`` and ``tail`` of π in the first mode."""

    chains: tuple[Chain, ...]
    modes: tuple[Mode, ...]
    rhat: float
    bulk: float
    tail: float
    rhat_all: float

    @property
    def best(self) -> tuple[Chain, ...]:
        """The chains of the first mode."""
        return tuple(self.chains[k] for k in self.modes[0].chains)

    def converged(self, limits: tuple[float, float] = LEAST) -> bool:
        """Whether at least two chains share the first mode and meet the limits on π."""
        enough = min(self.bulk, self.tail) > limits[1]
        return len(self.best) > 1 and self.rhat < limits[0] and enough


def fit(
    counts: Counts,
    entropy: int,
    *,
    model: str = "qbl",
    chains: int = 4,
    warm: int = 300,
    keep: int = 1000,
    groups: tuple[NDArray[np.intp], ...] = (),
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Fit:
    """Sample the finite mixture.

    Parameters
    ----------
    counts : Counts
    entropy : int
        Seed; each chain has its own stream of it, so that workers change nothing.
    model : {"qbl", "bl"}
        Of ``MODELS``.
    chains : int
        Every second one starts contaminated.
    warm, keep : int
        Iterations of each chain thrown away and kept.
    groups : tuple of ndarray
        As for :func:`run_chain`.
    n_jobs : int
        Workers, under joblib's own configuration: a chain is one process.
    progress : callable, optional
        ``progress(iterations done, iterations in all)``, of all chains.
    """
    seeds = np.random.SeedSequence(entropy).spawn(chains + 1)
    with watched(chains, chains * (warm + keep), progress) as tickers:
        found = joblib.Parallel(n_jobs=n_jobs)(
            joblib.delayed(MODELS[model][0])(
                counts,
                k % 2 == 1,
                np.random.default_rng(seed),
                warm=warm,
                keep=keep,
                groups=groups,
                tick=tick,
            )
            for k, (seed, tick) in enumerate(zip(seeds[:chains], tickers, strict=True))
        )
    modes = _modes(counts, tuple(found), np.random.default_rng(seeds[-1]), MODELS[model][1])
    best = np.array([found[k].pi for k in modes[0].chains])
    every = np.array([chain.pi for chain in found])
    return Fit(
        tuple(found),
        modes,
        max(rhat(best[:, :, k]) for k in range(3)),
        min(bulk_size(best[:, :, k]) for k in range(3)),
        min(tail_size(best[:, :, k]) for k in range(3)),
        max(rhat(every[:, :, k]) for k in range(3)),
    )


def together(draws: list[Floats]) -> list[tuple[int, ...]]:
    """Chains grouped by whether their draws overlap in every parameter, each group in order.

    Chains belong together too where a third chain overlaps with both.

    Parameters
    ----------
    draws : list of ndarray, shape (draws, d)
    """
    low, high = (np.array([np.quantile(one, q, axis=0) for one in draws]) for q in MIDDLE)
    groups: list[list[int]] = []
    for k in range(len(draws)):
        near = [g for g in groups if any(((low[k] <= high[j]) & (low[j] <= high[k])).all() for j in g)]
        merged = sorted([k, *(j for g in near for j in g)])
        groups = [g for g in groups if g not in near] + [merged]
    return sorted(tuple(group) for group in groups)


def _modes(
    counts: Counts,
    chains: tuple[Chain, ...],
    rng: np.random.Generator,
    told: Callable[..., Evidence],
) -> tuple[Mode, ...]:
    groups = together([chain.phi for chain in chains])
    modes = []
    for group in groups:
        own = [chains[k] for k in group]
        said = None
        if len(groups) > 1:
            levels = tuple(
                tuple(
                    np.mean([chain.levels[effect][k] for chain in own], axis=0)
                    for k in range(len(counts.units))
                )
                for effect in range(2)
            )
            said = told(counts, np.concatenate([chain.phi for chain in own]), levels, rng)
        modes.append(Mode(group, np.mean([chain.pi.mean(axis=0) for chain in own], axis=0), said))
    return tuple(sorted(modes, key=lambda mode: -mode.log_evidence.value if mode.log_evidence else 0.0))

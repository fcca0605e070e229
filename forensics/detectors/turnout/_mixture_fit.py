"""A fit of the finite mixture with what is said of it: shares, votes, checks, pictures, draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.turnout import _mixture_pictures as drawn
from forensics.detectors.turnout._mixture_draws import draws_of
from forensics.detectors.turnout._mixture_input import Input
from forensics.errors import ConfigError
from forensics.kernels.convergence import highest_density
from forensics.kernels.mixture.chains import MODELS, Fit, fit
from forensics.kernels.mixture.model import EFFECTS, Counts
from forensics.kernels.mixture.predictive import Look, Scores, look, misplaced, predictive_scores
from forensics.picture import Picture
from forensics.posterior import Draws
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]

#: Precincts beyond this number are thinned for the comparison with honest kinds.
COMPARED = 2000
#: Fewest precincts of a unit whose votes added and moved are reported.
FEWEST_OF_UNIT = 20


@dataclass(frozen=True, slots=True)
class Fitted:
    """The chains and what they are compared with."""

    returns: Returns
    given: Input
    reported: tuple[str, ...]
    fit: Fit
    observed: Look
    replicated: tuple[Look, ...]
    scores: Scores

    def shares(self, level: float) -> dict[str, Any]:
        """π with intervals, votes added and moved, of the best mode."""
        pi = np.concatenate([chain.pi for chain in self.fit.best])
        totals = np.concatenate([chain.totals for chain in self.fit.best])
        return {
            "pi": pi.mean(axis=0).tolist(),
            "pi_interval": [list(highest_density(pi[:, k], level)) for k in range(3)],
            **{
                name: [float(totals[:, k].mean()), *highest_density(totals[:, k], level)]
                for k, name in enumerate(("added_votes", "moved_votes"))
            },
        }

    def detail(self, level: float) -> dict[str, Any]:
        """Convergence, modes, checks and scores."""
        fit, replicated = self.fit, self.replicated
        phi = np.concatenate([chain.phi for chain in fit.best])
        ends = np.cumsum([2, *(1 + p for p in fit.best[0].slopes)])
        official, true, interval = self.turnout(level)
        summary = ("round_turnout", "round_share", "corner")
        return {
            "rhat": _number(fit.rhat),
            "ess": fit.bulk,
            "ess_tail": fit.tail,
            "rhat_all_chains": _number(fit.rhat_all),
            "modes": [
                {
                    "chains": list(mode.chains),
                    "pi": mode.pi.tolist() if self.given.levels else [float(mode.pi[0]), None, None],
                    "log_evidence": mode.log_evidence.value if mode.log_evidence else None,
                    "error": mode.log_evidence.error if mode.log_evidence else None,
                }
                for mode in fit.modes
            ],
            "turnout": {"official": official, "model": true, "interval": interval},
            "predictive": {
                "misplaced": list(map(_number, self.misplaced)),
                **{
                    name: [
                        getattr(self.observed, name),
                        *_range([getattr(one, name) for one in replicated]),
                    ]
                    for name in summary
                },
            },
            "scores": {
                "mixture": self.scores.mixture,
                "honest": [[k, value] for k, value in self.scores.honest.items()],
                "difference": self.scores.difference,
                "error": self.scores.error,
            },
            "parameters": {
                **{name: float(phi[:, ends[g]].mean()) for g, name in enumerate(EFFECTS)},
                # The binomial variant has no variances.
                **{
                    f"variance.{name}": float(np.exp(phi[:, ends[6] + g]).mean())
                    for g, name in enumerate(EFFECTS)
                    if phi.shape[1] > ends[6]
                },
            },
        }

    @property
    def misplaced(self) -> tuple[float, float]:
        """Share of precincts to move from the replicated comet to the observed one, and by chance."""
        return misplaced(self.observed, list(self.replicated))

    def turnout(self, level: float = 0.95) -> tuple[float, float, list[float]]:
        """Official turnout, and the model's true one with its interval."""
        counts = self.given.counts
        true = np.concatenate([chain.totals[:, 2] for chain in self.fit.best]) / counts.n.sum()
        return (
            float(counts.t.sum() / counts.n.sum()),
            float(true.mean()),
            list(highest_density(true, level)),
        )

    def ahead(self) -> tuple[float, float]:
        """Log evidence of the best mode less that of the next, with its standard error."""
        first, second = (mode.log_evidence for mode in self.fit.modes[:2])
        if first is None or second is None:
            return 0.0, 0.0
        return first.value - second.value, float(np.hypot(first.error, second.error))

    def probability(self) -> Floats:
        """Mean class probabilities of the precincts used, shape (3, m)."""
        return np.asarray(np.mean([chain.probability for chain in self.fit.best], axis=0))

    def unit_draws(self, level: str) -> NDArray[np.float32]:
        """Draws (draws, units, 3) of votes added, votes moved and precincts in manipulated classes."""
        place = 1 + self.reported.index(level)
        return np.concatenate([chain.units[place] for chain in self.fit.best])

    def units(self) -> list[tuple[str, list[str], NDArray[np.int64]]]:
        """Level, names and numbers of precincts used of the units that are reported."""
        found = []
        for level in self.reported:
            units = self.returns.units(level)
            n = np.bincount(units.codes[self.given.rows] + 1, minlength=len(units.scopes) + 1)[1:]
            found.append((level, [str(unit) for unit in units.scopes], n))
        return found

    def draws(self) -> Draws:
        """Draws of the best mode: of precincts, of units and of the nation."""
        given = self.given
        return draws_of(self.fit.best, given.rows, given.counts.n, self.units(), FEWEST_OF_UNIT)

    def pictures(self, scope: Scope, level: float, told: bool) -> tuple[Picture, ...]:
        """The trace and the replicated election; classes and votes by unit where they can be told."""
        counts = self.given.counts
        made = [drawn.trace(scope, len(counts), self.fit.chains)]
        made += drawn.predictive(scope, len(counts), self.observed, self.replicated)
        if told:
            share = np.divide(counts.w, counts.t, out=np.zeros(len(counts)), where=counts.t > 0)
            made.append(drawn.classes(scope, counts.t / counts.n, share, 1 - self.probability()[0]))
            for one, names, n in self.units():
                made += drawn.by_unit(scope, one, names, n, self.unit_draws(one), level, FEWEST_OF_UNIT)
        return tuple(made)


def fit_mixture(
    returns: Returns,
    given: Input,
    reported: tuple[str, ...],
    seed: int,
    sampling: Mapping[str, int],
    model: str = "qbl",
    progress: Callable[[int, int], None] | None = None,
) -> Fitted:
    """Chains, replicated elections and the comparison with honest kinds."""
    nation = np.zeros(len(given.rows), dtype=np.intp)
    groups = (nation, *(returns.units(level).codes[given.rows] for level in reported))
    found = fit(given.counts, seed, model=model, groups=groups, progress=progress, **sampling)
    counts = given.counts
    replicated = tuple(
        look(counts.n, chain.t[k].astype(np.float64), chain.w[k].astype(np.float64))
        for chain in found.best
        for k in range(len(chain.t))
    )
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2**31,)))
    some = np.sort(rng.permutation(len(counts))[:COMPARED])
    scores = predictive_scores(Counts(counts.n[some], counts.t[some], counts.w[some]), rng, model)
    return Fitted(returns, given, reported, found, look(counts.n, counts.t, counts.w), replicated, scores)


def check_sampling(
    chains: int, n_draws: int, warm_up: int, n_jobs: int, progress: object = None
) -> dict[str, int]:
    """The numbers of a run, by the names of the sampler.

    Raises
    ------
    ConfigError
        If there are too few chains to compare, or iterations to tune.
    """
    for name, value, least in (("chains", chains, 2), ("n_draws", n_draws, 20), ("warm_up", warm_up, 20)):
        if not isinstance(value, (int, np.integer)) or value < least:
            raise ConfigError(
                f"finite_mixture: {name} is a whole number of at least {least}, not {value!r}"
            )
    if n_jobs == 0:
        raise ConfigError("finite_mixture: n_jobs is a number of workers or -1 for all, not 0")
    if progress is not None and not callable(progress):
        raise ConfigError(f"finite_mixture: progress is a function that is called, not {progress!r}")
    return {"chains": chains, "keep": n_draws, "warm": warm_up, "n_jobs": n_jobs}


def check_model(model: str) -> str:
    """The model's name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if model not in MODELS:
        raise ConfigError(f"finite_mixture: model is {' or '.join(MODELS)}, not {model!r}")
    return model


def entropy_of(rng: np.random.Generator) -> int:
    """A seed for the chains from the stream of a scope and a quantity."""
    return int(rng.integers(0, 2**63))


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _range(values: list[float]) -> list[float]:
    return [float(np.mean(values)), float(np.min(values)), float(np.max(values))]

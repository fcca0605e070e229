"""A fast deterministic fit of the finite mixture: the posterior mode with Laplace's spread.

It serves exploration and studies. Its interval is symmetric on the logit scale, and it takes the mode
where the sampler takes the mean, so it errs where the posterior is skewed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forensics.kernels.mixture.chain import first
from forensics.kernels.mixture.mode import Mode, find_mode
from forensics.kernels.mixture.model import Counts, Floats, Globals, pack, unpack
from forensics.kernels.mixture.scale import slope

#: Stream of the start: fixed, so that the fit is a function of the counts.
STREAM = 20190827


@dataclass(frozen=True, slots=True)
class Companion:
    """Mode of the posterior: parameters, shares with standard errors, class probabilities (3, m)."""

    phi: Floats
    slopes: tuple[int, ...]
    pi: Floats
    pi_error: Floats
    log_ratio: Floats
    log_ratio_error: Floats
    probability: Floats
    levels: tuple[tuple[Floats, ...], ...]
    value: float

    @property
    def at(self) -> Globals:
        """The shared parameters."""
        return unpack(self.phi, self.slopes)


def companion(counts: Counts, *, contaminated: bool = False) -> Companion:
    """Fit the mixture by its posterior mode.

    Parameters
    ----------
    counts : Counts
    contaminated : bool
        Start with half of the precincts in the manipulated classes.
    """
    return _result(find_mode(counts, first(counts, contaminated, np.random.default_rng(STREAM))))


def _result(mode: Mode) -> Companion:
    at, slopes = mode.at, mode.marginal.counts.slopes
    r, pi = at.ratios, at.pi
    by = slope(mode.x, at)[:2]
    spread = mode.covariance[:2, :2] * np.outer(by, by)
    # Derivatives of the shares by the logits of the ratios.
    by_logit = np.array([[-pi[0] * pi[1], -pi[0] * pi[2]], [pi[1] * (1 - pi[1]), -pi[1] * pi[2]],
                         [-pi[1] * pi[2], pi[2] * (1 - pi[2])]]) * (1 - r)  # fmt: skip
    error = np.sqrt(np.einsum("ij,jk,ik->i", by_logit, spread, by_logit))
    levels = () if mode.levels is None else tuple(tuple(mode.levels.intercepts(k)) for k in range(2))
    return Companion(
        pack(at), slopes, pi, error, np.log(r), (1 - r) * np.sqrt(np.diag(spread)),
        mode.likelihood.share, levels, mode.value,
    )  # fmt: skip

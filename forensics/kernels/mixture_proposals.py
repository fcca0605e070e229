"""Where the shares added and moved may lie in each precinct: tables from which candidates are drawn.

A table is frozen while a chain runs, so that a candidate's chance of being drawn does not depend on
the parameters. It needs to be near the posterior, not equal to it: weights make up the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_model import (
    MANIPULATED,
    Counts,
    Globals,
    K,
    laplace,
    log_factor,
    predictors,
    winner,
)

Floats = NDArray[np.float64]

#: Edges of the cells in which shares are looked for: finely where the class has its mass.
EDGES: dict[int, tuple[Floats, Floats]] = {
    1: (
        np.array([0, 0.01, 0.02, 0.04, 0.06, 0.09, *np.arange(0.12, 0.721, 0.04), 0.78, 1.0]),
        np.array([0, 0.02, 0.05, 0.1, *np.arange(0.16, 0.721, 0.08), 0.78, 1.0]),
    ),
    2: (
        np.array([0, 0.6, 0.68, 0.72, 0.76, 0.8, 0.84, 0.88, 0.91, 0.94, 0.96, 0.98, 1.0]),
        np.array([0, 0.6, 0.68, 0.74, 0.8, 0.86, 0.92, 0.96, 1.0]),
    ),
}
#: Part of the table that looks at the counts alone, and part spread evenly over all cells.
FLAT, EVEN = 0.25, 0.02
#: The priors of the proposals are this much wider than those of the chain.
WIDER = 1.3
#: Precincts handled at a time.
BLOCK = 2048


@dataclass(frozen=True, slots=True)
class Table:
    """One class's cells: cumulative probabilities (m, cells) and log densities per unit of area."""

    edges: tuple[Floats, Floats]
    cumulative: NDArray[np.float32]
    log_density: NDArray[np.float32]

    def draw(self, rng: np.random.Generator, j: int) -> tuple[Floats, Floats, Floats]:
        """Shares added and moved, shape (j, m), with their log density."""
        m, cells = self.cumulative.shape
        u = rng.random((j, m)).astype(np.float32) * self.cumulative[:, -1]
        cell = np.empty((j, m), dtype=np.intp)
        for slot in range(j):
            cell[slot] = (self.cumulative < u[slot][:, None]).sum(axis=1)
        np.minimum(cell, cells - 1, out=cell)
        first, second = np.divmod(cell, len(self.edges[1]) - 1)
        added, moved = (
            edges[index] + rng.random((j, m)) * np.diff(edges)[index]
            for edges, index in zip(self.edges, (first, second), strict=True)
        )
        return added, moved, self.log_density[np.arange(m), cell].astype(np.float64)

    def log_density_at(self, rows: NDArray[np.intp], place: Floats) -> Floats:
        """Log density of shares added and moved, ``place`` of shape (2, …, len(rows))."""
        first, second = (
            np.minimum(np.searchsorted(edges, values, side="right") - 1, len(edges) - 2)
            for edges, values in zip(self.edges, place, strict=True)
        )
        cell = first * (len(self.edges[1]) - 1) + second
        return np.asarray(self.log_density[rows, cell], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Frozen proposals of a block of precincts: a table per manipulated class, and wide priors."""

    counts: Counts
    tables: dict[int, Table]
    means: tuple[Floats, ...]
    variances: Floats


def propose_from(counts: Counts, at: Globals, levels: tuple[Floats, Floats]) -> Proposal:
    """The proposals of a block, built at some parameters.

    Parameters
    ----------
    levels : two ndarrays, shape (m,)
        Sums of the level intercepts of turnout and of support, per precinct.
    """
    m = len(counts)
    means = tuple(np.broadcast_to(mean, m) for mean in predictors(counts, at, levels))
    variances = WIDER * at.e + np.array([0.02, 0.02, 0.2, 0.2, 0.2, 0.2])
    tables = {g: _table(counts, g, means, variances) for g in EDGES}
    return Proposal(counts, tables, means, variances)


def _table(counts: Counts, g: int, means: tuple[Floats, ...], variances: Floats) -> Table:
    edges = EDGES[g]
    centres = [(edge[1:] + edge[:-1]) / 2 for edge in edges]
    widths = [np.diff(edge) for edge in edges]
    _, _, added, moved = MANIPULATED[g]
    n, t, w = (values[:, None] for values in (counts.n, counts.t, counts.w))
    log_m = _marginal(t, n, centres[0], 1 - centres[0], 0.0, means[0][:, None], variances[0])
    a = counts.abstained[:, None, None]
    c0, c1, d0 = winner(centres[0][:, None], centres[1], a)
    log_s = _marginal(w[..., None], n[..., None], c0, c1, d0, means[1][:, None, None], variances[1])
    prior = [
        _density(centre, g, n, means[index][:, None], variances[index])
        for centre, index in zip(centres, (added, moved), strict=True)
    ]
    flat = [np.where((centre < K) == (g == 1), 1 / (K if g == 1 else 1 - K), 1e-6) for centre in centres]
    likelihood = log_m[:, :, None] + log_s
    likelihood -= likelihood.max(axis=(1, 2), keepdims=True)
    likelihood = np.exp(likelihood)
    area = widths[0][:, None] * widths[1]
    informed = likelihood * prior[0][:, :, None] * prior[1][:, None, :] * area
    blind = likelihood * flat[0][:, None] * flat[1] * area
    even = area / area.sum()
    parts = [part / np.maximum(part.sum(axis=(1, 2), keepdims=True), 1e-200) for part in (informed, blind)]
    mass = (1 - FLAT - EVEN) * parts[0] + FLAT * parts[1] + EVEN * even
    cumulative = np.cumsum(mass.reshape(len(counts), -1), axis=1)
    # The density follows from the rounded sums, so that what is drawn and what is weighed agree.
    rounded = cumulative.astype(np.float32)
    drawn = np.diff(rounded.astype(np.float64), axis=1, prepend=0.0) / rounded[:, -1:]
    log_density = np.log(np.maximum(drawn, 1e-30) / area.ravel())
    return Table(edges, rounded, log_density.astype(np.float32))


def _marginal(
    y: Floats, n: Floats, c0: Floats, c1: Floats, d0: object, mean: Floats, variance: float
) -> Floats:
    """Laplace's log of the integral of a factor times N(h; mean, variance)."""
    mode, narrow = laplace(y, n, c0, c1, d0, mean, variance, 4)
    value = log_factor(mode, y, n, c0, c1, d0) - (mode - mean) ** 2 / (2 * variance)
    return np.asarray(value + 0.5 * np.log(narrow / variance))


def _density(share: Floats, g: int, n: Floats, mean: Floats, variance: Any) -> Floats:
    """Density of a share at the centres of cells: logit-normal, widened by the binomial draw."""
    low, width = (0.0, K) if g == 1 else (K, 1 - K)
    inner = np.clip((share - low) / width, 0.02, 0.98)
    slope = inner * (1 - inner) * width
    total = variance + share * (1 - share) / (n * slope**2)
    h = np.log(inner / (1 - inner))
    beyond = np.abs(share - low - np.clip(share - low, 0, width))
    tail = np.exp(-0.5 * beyond**2 * n / np.maximum(share * (1 - share), 1e-3))
    return np.asarray(tail * np.exp(-((h - mean) ** 2) / (2 * total)) / (np.sqrt(total) * slope))

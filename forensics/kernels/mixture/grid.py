"""Weights of the shares added and moved on a grid, as functions of an effect's mean and variance.

A number added is binomial given a rate that is logit-normal. Its expectation of any smooth function
of the share is a weighted sum of that function on a fixed grid: nodes over the effect, Gauss's nodes
of the binomial (Krawtchouk) at each, and local polynomials onto the grid. The weights hold only the
effect's mean and variance and the number of eligible, so what the counts say of each share need not
be evaluated again when these move.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture.model import CAP, Floats, K

#: Grid of an effect, and nodes of a normal in standard deviations.
EFFECT: Floats = np.arange(-7, 7.01, 0.25)
NORMAL: Floats = np.arange(-6, 6.01, 0.25)
#: Points of a local polynomial, nodes of a binomial.
TAPS, GAUSS = 6, 6
DIVISORS: Floats = np.array([np.prod([j - k for k in range(TAPS) if k != j]) for j in range(TAPS)])
#: Numbers of eligible below this are taken one by one, larger ones by classes of this ratio.
EXACT, RATIO = 30, 1.08
#: Lowest rate and width of the rates of each manipulated class.
RATES = {1: (0.0, K), 2: (K, 1 - K)}


def kinds(n: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Class of each number of eligible, and the typical number of each class."""
    key = np.where(n < EXACT, n, EXACT + np.floor(np.log(np.maximum(n, EXACT) / EXACT) / np.log(RATIO)))
    _, code = np.unique(key, return_inverse=True)
    return code.astype(np.intp), np.bincount(code, n) / np.bincount(code)


def lagrange(place: Floats, size: int) -> tuple[NDArray[np.intp], Floats]:
    """First point and weights (…, TAPS) of polynomials through the points 0, 1, … near each place."""
    start = np.clip(np.floor(place).astype(np.intp) - TAPS // 2 + 1, 0, size - TAPS)
    u = (place - start)[..., None] - np.arange(TAPS)
    before, after = np.ones(u.shape), np.ones(u.shape)
    np.cumprod(u[..., :-1], axis=-1, out=before[..., 1:])
    np.cumprod(u[..., :0:-1], axis=-1, out=after[..., -2::-1])
    weight = before * after / DIVISORS
    return start, weight


def binomial_nodes(n: Floats, mu: Floats) -> tuple[Floats, Floats]:
    """Gauss's shares and weights (…, GAUSS) of Bin(n, mu)/n, from the Krawtchouk recurrence."""
    shape = np.broadcast_shapes(np.shape(n), np.shape(mu))
    n, mu = (np.broadcast_to(values, shape)[..., None] for values in (n, mu))
    k = np.arange(GAUSS)
    # After n + 1 nodes the recurrence ends: those beyond have no weight.
    square = np.where(k[1:] <= n, k[1:] * np.maximum(n - k[1:] + 1, 0) * mu * (1 - mu), 0.0)
    matrix = np.zeros((*shape, GAUSS, GAUSS))
    matrix[..., k, k] = mu * (n - k) + k * (1 - mu)
    matrix[..., k[1:], k[:-1]] = matrix[..., k[:-1], k[1:]] = np.sqrt(square)
    values, vectors = np.linalg.eigh(matrix)
    return np.clip(values / n, 0, 1), vectors[..., 0, :] ** 2


def normal_weights(mean: Floats, variance: float) -> Floats:
    """Weights (…, len(EFFECT)) of N(mean, variance) on the grid of effects."""
    density = np.exp(-0.5 * NORMAL**2)
    density /= density.sum()
    h = mean[..., None] + np.sqrt(variance) * NORMAL
    place = np.clip((h - EFFECT[0]) / (EFFECT[1] - EFFECT[0]), 0, len(EFFECT) - 1)
    start, taps = lagrange(place, len(EFFECT))
    taps *= density[:, None]
    index = start[..., None] + np.arange(TAPS)
    index += np.arange(mean.size).reshape(mean.shape)[..., None, None] * len(EFFECT)
    found = np.bincount(index.ravel(), taps.ravel(), mean.size * len(EFFECT))
    return np.asarray(found.reshape(*mean.shape, len(EFFECT)))


@dataclass(frozen=True, slots=True)
class Grid:
    """Shares (G,), and what the grid of an effect turns into for each class and kind, (E, kinds, G)."""

    share: Floats
    smooth: dict[int, NDArray[np.float32]]

    @classmethod
    def of(cls, sizes: Floats, step: float, offset: float) -> Grid:
        """A grid even in −log(1 − share + offset), where what counts say has even width.

        Parameters
        ----------
        sizes : ndarray of float64, shape (kinds,)
            Numbers of eligible.
        step, offset : float
            A smaller offset makes the grid finer towards a share of 1.
        """
        low, high = -np.log(1 + offset), -np.log(1 - CAP + offset)
        number = max(int(np.ceil((high - low) / step)) + 1, TAPS)
        share = 1 + offset - np.exp(-np.linspace(low, high, number))
        share[0], share[-1] = 0.0, CAP
        smooth = {}
        for g, (lowest, width) in RATES.items():
            mu = lowest + width / (1 + np.exp(-EFFECT))
            nodes, weight = binomial_nodes(sizes[:, None], mu)
            place = (-np.log(1 - np.minimum(nodes, CAP) + offset) - low) * (number - 1) / (high - low)
            start, taps = lagrange(place, number)
            row = np.arange(len(sizes) * len(EFFECT)).reshape(len(sizes), -1, 1, 1)
            index = row * number + start[..., None] + np.arange(TAPS)
            table = np.bincount(index.ravel(), (weight[..., None] * taps).ravel(), row.size * number)
            table = table.reshape(len(sizes), len(EFFECT), number).transpose(1, 0, 2)
            smooth[g] = np.ascontiguousarray(table, dtype=np.float32)
        return cls(share, smooth)

    def weights(self, g: int, effect: Floats, kind: NDArray[np.intp] | None) -> NDArray[np.float32]:
        """Weights of the shares in a class.

        Parameters
        ----------
        effect : ndarray of float64
            Weights on the grid of effects: (E,), or (m, E) where precincts differ.
        kind : ndarray of intp, shape (m,), or None
            Class of each precinct's number of eligible, where precincts differ.

        Returns
        -------
        ndarray of float32, shape (kinds, G) or (m, G)
        """
        smooth, effect = self.smooth[g], effect.astype(np.float32)
        if kind is None:
            return np.asarray((effect @ smooth.reshape(len(smooth), -1)).reshape(smooth.shape[1:]))
        found = np.empty((len(effect), len(self.share)), np.float32)
        for k in np.unique(kind):
            own = kind == k
            found[own] = effect[own] @ smooth[:, k]
        return found

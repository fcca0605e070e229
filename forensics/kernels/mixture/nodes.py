"""What the counts of each precinct say at every pair of shares added and moved.

Given the two shares, turnout and support are independent, so a class is a sum over pairs of shares of
two integrals over one effect each. Their nodes (Gauss and Hermite about each integrand's mode) and the
pairs of shares that matter are frozen near the posterior; then only normal densities at the nodes and
the weights of the shares depend on the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray

from forensics.kernels.mixture.model import Counts, Floats, K, laplace, log_factor, winner

Singles = NDArray[np.float32]
Places = NDArray[np.int32]
#: Rows of the precincts in the tables of the weights of the shares added and moved, by class.
Tables = list[tuple[NDArray[np.intp], NDArray[np.intp]]]

#: Nodes of an integral over one effect, where parameters may go far and where the posterior is narrow,
#: and steps towards its mode.
NODES, FEW, STEPS = 9, 5, 6
#: Least variance of an effect for which nodes are laid out, and the least standard deviation that they
#: tell, as a share of the distance between them: effects that vary less are taken to vary as much.
NARROWEST, RESOLVED = 0.005, 0.6
#: Pairs of shares are left out where the counts are less likely than this share of their likelihood
#: without manipulation, or of the largest.
FAINT, FAINTEST = 1e-4, 1e-6
#: Standard deviations by which a number added or moved may pass its largest rate.
BEYOND = 5.0
#: Largest logarithm of a value, so that single precision holds it.
LARGEST = 80.0
#: Steps of the places of nodes, of their widths and of logarithms, which are kept as whole numbers of
#: two bytes: any place and width near the integrand's serve, if its values are taken there.
PLACE, WIDTH, DEPTH = 2.0**-11, 2.0**-12, 2.0**-11


@cache
def rule(number: int) -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss and Hermite."""
    z, w = hermegauss(number)
    return z, w


@dataclass(slots=True)
class Integrals:
    """Integrals over one effect: nodes at ``mode`` + ``width`` · z (q,), in steps; ``top`` (q,) the
    largest log of weight times factor, and in steps how far below it each node is, ``below`` (J, q)."""

    mode: NDArray[np.int16]
    width: NDArray[np.uint16]
    top: Singles
    below: NDArray[np.uint16]

    @classmethod
    def of(cls, mode: Floats, width: Floats, log_k: Floats, scale: Floats) -> Integrals:
        """From places and widths of whole steps and logarithms (J, q), relative to a scale (q,)."""
        log_k = log_k - scale
        top = np.clip(log_k.max(axis=0), -200.0, LARGEST)
        below = np.clip((top - log_k) / DEPTH, 0, np.iinfo(np.uint16).max)
        return cls(
            np.rint(mode / PLACE).astype(np.int16),
            np.rint(width / WIDTH).astype(np.uint16),
            top.astype(np.float32),
            np.rint(below).astype(np.uint16),
        )

    def __len__(self) -> int:
        return len(self.top)

    def at(self, which: NDArray[Any]) -> Integrals:
        """Some of them."""
        return Integrals(self.mode[which], self.width[which], self.top[which], self.below[:, which])

    def values(self, mean: Any, variance: float, order: int = 0) -> list[Singles]:
        """Integrals over N(mean, variance), and of (h − mean), (h − mean)² up to an order."""
        apart = self.mode * np.float32(PLACE) - np.asarray(mean, dtype=np.float32)
        width = self.width * np.float32(WIDTH)
        nodes = rule(len(self.below))[0]
        told: Any = np.float32(variance)
        least = RESOLVED * np.float32(np.diff(nodes).min())
        if len(self) and (least * width.max()) ** 2 > variance:
            told = np.maximum((least * width) ** 2, told)
        scale, depth = np.float32(-0.5) / told, np.float32(DEPTH)
        found = [np.zeros(len(self), np.float32) for _ in range(order + 1)]
        h, density, fall = np.empty((3, len(self)), np.float32)
        for z, below in zip(nodes.astype(np.float32), self.below, strict=True):
            np.multiply(width, z, out=h)
            h += apart
            np.multiply(h, h, out=density)
            density *= scale
            density += self.top
            density -= np.multiply(below, depth, out=fall)
            np.exp(density, out=density)
            found[0] += density
            for k in range(order):
                density *= h
                found[k + 1] += density
        constant = 1 / np.sqrt(np.float32(2 * np.pi) * told)
        for one in found:
            one *= constant
        return found


@dataclass(slots=True)
class Part:
    """One class in a block.

    ``rows`` (u,) precincts that have pairs of shares; ``row`` (p,) precinct of each pair (precinct,
    share added) and ``first`` (u,) each precinct's first; ``start`` (p,) first node of each pair, where
    a node is a pair with a share moved. ``added`` (p,) and ``moved`` (q,) are places in the tables of
    the shares' weights, whose rows are as long as the grid of shares.
    """

    rows: Places
    row: Places
    first: Places
    start: Places
    added: Places
    moved: Places
    t: Integrals
    w: Integrals

    def over_nodes(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values (u,) of the precincts, repeated for each of their nodes (q,)."""
        return np.repeat(values, np.diff(self.start[self.first], append=len(self.moved)))

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Nodes of each pair (p,)."""
        return np.diff(self.start, append=len(self.moved))

    @property
    def node_pair(self) -> NDArray[np.intp]:
        """Pair of each node (q,)."""
        return np.repeat(np.arange(len(self.start)), self.sizes)

    def kept(self, node: NDArray[np.bool_]) -> Part:
        """Some of the nodes (q,)."""
        pair, start = np.unique(self.node_pair[node], return_index=True)
        row = self.row[pair]
        rows, first = np.unique(row, return_index=True)
        return Part(
            rows, row, first.astype(np.int32), start.astype(np.int32),
            self.added[pair], self.moved[node], self.t.at(pair), self.w.at(node),
        )  # fmt: skip


def integrals(nodes: int, y: Floats, n: Floats, c0: Any, c1: Any, d0: Any, mean: Any, variance: Any) -> Any:
    """Mode, width (…) and log of weight times factor (J, …) of integrals over one effect, and their
    logarithms at the mean and variance given."""
    places, weights = rule(nodes)
    mode, narrow = laplace(y, n, c0, c1, d0, mean, variance, STEPS)
    mode = np.clip(np.rint(mode / PLACE), -32767, 32767) * PLACE
    width = np.clip(np.rint(np.sqrt(narrow) / WIDTH), 1, 65535) * WIDTH
    log_k = np.empty((nodes, *mode.shape))
    for k, (z, w) in enumerate(zip(places, weights, strict=True)):
        log_k[k] = log_factor(mode + width * z, y, n, c0, c1, d0) + np.log(w) + 0.5 * z * z
    log_k += np.log(width)
    h = mode + width * places.reshape(-1, *[1] * mode.ndim)
    terms = log_k - (h - mean) ** 2 / (2 * variance)
    top = np.maximum(terms.max(axis=0), -1e200)
    with np.errstate(divide="ignore"):  # what was counted is forbidden at every node
        value = top + np.log(np.exp(terms - top).sum(axis=0)) - 0.5 * np.log(2 * np.pi * variance)
    return mode, width, log_k, value


def build(
    counts: Counts,
    shares: tuple[Floats, Floats],
    tables: Tables,
    means: list[Floats | float],
    variances: list[Floats],
    nodes: int,
) -> tuple[list[Part], Floats]:
    """Nodes of a block of precincts.

    Parameters
    ----------
    shares : two ndarrays
        Grids of the shares added and moved.
    tables : list of two ndarrays of intp, shape (m,), by class
        Each precinct's row in the tables of the weights of the shares added and of those moved.
    means, variances
        Of turnout and support (others are not looked at), near the posterior; variances (m,).
    nodes : int
        Of an integral over one effect.

    Returns
    -------
    parts : list of three Part
    scale : ndarray of float64, shape (m,)
        Log likelihood that the values of the parts are relative to.
    """
    m, g_size = len(counts), len(shares[0])
    tau, nu = (np.broadcast_to(means[k], m) for k in range(2))
    n, t = counts.n[:, None], np.broadcast_to(counts.t[:, None], (m, g_size))
    wide = variances[0][:, None]
    turnout = integrals(nodes, t, n, shares[0], 1 - shares[0], 0.0, tau[:, None], wide)
    row, added, moved = np.nonzero(_possible(counts, shares, turnout[3]))

    def given(row: Any, added: Any, moved: Any) -> tuple[Any, ...]:
        c0, c1, d0 = winner(shares[0][added], shares[1][moved], counts.abstained[row])
        return counts.w[row], counts.n[row], c0, c1, d0, nu[row], variances[1][row]

    # A first look by the normal approximation, before nodes are made.
    y, size, c0, c1, d0, mean, variance = given(row, added, moved)
    mode, narrow = laplace(y, size, c0, c1, d0, mean, variance, 4)
    support = log_factor(mode, y, size, c0, c1, d0) - (mode - mean) ** 2 / (2 * variance)
    support += 0.5 * np.log(narrow / variance)
    total = turnout[3][row, added] + support
    honest = np.flatnonzero((added == 0) & (moved == 0))
    first = np.searchsorted(row, np.arange(m))
    top = np.maximum.reduceat(total, first)
    least = np.maximum(total[honest] + np.log(FAINT), top + np.log(FAINTEST))
    # Values are relative to those at the likeliest pair, so that none is beyond single precision.
    best = np.flatnonzero(total == top[row])
    best = best[np.unique(row[best], return_index=True)[1]]
    scales = turnout[3][np.arange(m), added[best]], support[best]
    kept = total > least[row]
    row, added, moved = row[kept], added[kept], moved[kept]

    one, two = (
        _within(counts.n[row], shares[0][added], g) & _within(counts.n[row], shares[1][moved], g)
        for g in (1, 2)
    )
    zero = np.zeros(m, dtype=np.intp)
    classes = (np.arange(m), zero, zero), *((row[k], added[k], moved[k]) for k in (one, two))
    parts = []
    for g, own in enumerate(classes):
        pair, start = np.unique(own[0] * g_size + own[1], return_index=True)
        pair_row, pair_added = np.divmod(pair, g_size)
        rows, first = np.unique(pair_row, return_index=True)
        mode, width, log_k = (values[..., pair_row, pair_added] for values in turnout[:3])
        at_mode, its_width, its_log_k, _ = integrals(nodes, *given(*own))
        parts.append(
            Part(
                rows=rows.astype(np.int32),
                row=pair_row.astype(np.int32),
                first=first.astype(np.int32),
                start=start.astype(np.int32),
                added=(tables[g][0][pair_row] * g_size + pair_added).astype(np.int32),
                moved=(tables[g][1][own[0]] * len(shares[1]) + own[2]).astype(np.int32),
                t=Integrals.of(mode, width, log_k, scales[0][pair_row]),
                w=Integrals.of(at_mode, its_width, its_log_k, scales[1][own[0]]),
            )
        )
    return parts, scales[0] + scales[1]


def _within(n: Floats, share: Floats, g: int) -> NDArray[np.bool_]:
    """Whether a class can have a share."""
    leak = BEYOND * np.sqrt(K * (1 - K) / n)
    return np.asarray(share <= K + leak if g == 1 else share >= K - leak)


def _possible(counts: Counts, shares: tuple[Floats, Floats], log_t: Floats) -> NDArray[np.bool_]:
    """Pairs of shares (m, G, L) that a class can have, at turnouts that are not out of the question."""
    n = counts.n[:, None]
    one, two = ([_within(n, share, g) for share in shares] for g in (1, 2))
    found = (one[0][:, :, None] & one[1][:, None, :]) | (two[0][:, :, None] & two[1][:, None, :])
    found &= (log_t > log_t.max(axis=1, keepdims=True) + np.log(1e-12))[:, :, None]
    found[:, 0, 0] = True
    return np.asarray(found)

"""Class, shares added and moved, turnout and support of every precinct, drawn given the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture.marginal import Likelihood, Marginal, Said
from forensics.kernels.mixture.model import NU, TAU, Floats, Globals
from forensics.kernels.mixture.weights import Block, Weights


@dataclass(slots=True)
class Chosen:
    """The class of every precinct (m,), and of each class: its rows, turnout and support on the logit
    scale ``h`` (2, m_g), numbers of eligible added and moved ``numbers`` (2, m_g); ``probability``
    (3, m) of the classes."""

    class_of: NDArray[np.intp]
    rows: list[NDArray[np.intp]]
    h: list[Floats]
    numbers: list[Floats]
    probability: Floats


def choose(
    marginal: Marginal,
    at: Globals,
    levels: tuple[Floats, Floats],
    said: Said,
    likelihood: Likelihood,
    rng: np.random.Generator,
) -> Chosen:
    """Draw what the likelihood integrates out.

    Shares are drawn on the grid and evenly between the points halfway to their neighbours; turnout
    and support given them from the normal distribution of their exact mean and variance.
    """
    m = len(marginal.counts)
    cumulative = np.cumsum(likelihood.share, axis=0)
    class_of = np.minimum((rng.random(m) * cumulative[-1] > cumulative).sum(axis=0), 2)
    found: list[list[tuple[Any, ...]]] = [[], [], []]
    shared: dict[Any, Any] = {}
    for block, t, w in zip(marginal.blocks, said.t, said.w, strict=True):
        weights = Weights(block, at, levels, shared)
        for g in range(3):
            own = class_of[block.rows] == g
            if g:
                # A class without pairs of shares has no probability.
                some = np.zeros(len(own), dtype=bool)
                some[block.parts[g].rows] = True
                own &= some
            rows = np.flatnonzero(own)
            pair, node = _place(block, g, rows, own, weights, t[g], w[g], rng)
            found[g].append(
                (block.rows[rows], _effects(block, g, rows, pair, node, at, levels, rng),
                 _numbers(block, g, rows, pair, node, rng))
            )  # fmt: skip
    places, h, numbers = (
        [np.concatenate([part[k] for part in parts], axis=-1) for parts in found] for k in range(3)
    )
    orders = [np.argsort(own) for own in places]
    return Chosen(
        class_of.astype(np.intp),
        [own[order] for own, order in zip(places, orders, strict=True)],
        [own[:, order] for own, order in zip(h, orders, strict=True)],
        [own[:, order] for own, order in zip(numbers, orders, strict=True)],
        likelihood.share.copy(),
    )


def _place(
    block: Block,
    g: int,
    rows: NDArray[np.intp],
    own: NDArray[np.bool_],
    weights: Weights,
    t: Any,
    w: Any,
    rng: np.random.Generator,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair and node of each precinct of a class."""
    part = block.parts[g]
    if g == 0 or not len(rows):
        return rows, rows
    # Nodes of these precincts alone: their pairs, and of each pair from its first to the next pair's.
    pairs = np.flatnonzero(own[part.row])
    begin, size = part.start[pairs], part.sizes[pairs]
    ends = np.cumsum(size)
    node = np.arange(ends[-1]) + np.repeat(begin - (ends - size), size)
    moved = weights.table(g, 1)[part.moved[node]] * w[node]
    value = np.maximum(np.repeat((weights.added(g) * t)[pairs], size) * moved, 0.0)
    cumulative = np.cumsum(value, dtype=np.float64)
    # Last node of each precinct: that of its last pair.
    last = ends[np.append(np.flatnonzero(np.diff(part.row[pairs])), len(pairs) - 1)] - 1
    before = np.concatenate([[0.0], cumulative[last[:-1]]])
    aim = before + rng.random(len(rows)) * (cumulative[last] - before)
    place = np.clip(np.searchsorted(cumulative, aim, side="right"), np.r_[0, last[:-1] + 1], last)
    return np.repeat(pairs, size)[place], node[place]


def _effects(
    block: Block,
    g: int,
    rows: NDArray[np.intp],
    pair: NDArray[np.intp],
    node: NDArray[np.intp],
    at: Globals,
    levels: tuple[Floats, Floats],
    rng: np.random.Generator,
) -> Floats:
    means, part = block.means(at, levels), block.parts[g]
    found = np.empty((2, len(rows)))
    for effect, integrals, place in ((TAU, part.t, pair), (NU, part.w, node)):
        mean = np.broadcast_to(means[effect], len(block.rows))[rows]
        values = integrals.at(place).values(mean, float(at.e[effect]), 2)
        total, first, square = (one.astype(np.float64) for one in values)
        first, square = first / np.maximum(total, 1e-37), square / np.maximum(total, 1e-37)
        width = np.sqrt(np.maximum(square - first**2, 0.0))
        found[effect] = mean + first + width * rng.standard_normal(len(rows))
    return found


def _numbers(
    block: Block,
    g: int,
    rows: NDArray[np.intp],
    pair: NDArray[np.intp],
    node: NDArray[np.intp],
    rng: np.random.Generator,
) -> Floats:
    found = np.zeros((2, len(rows)))
    if g:
        part = block.parts[g]
        for k, tables in enumerate((part.added[pair], part.moved[node])):
            share = block.grids[k].share
            place = tables % len(share)
            edges = np.concatenate([[0.0], (share[1:] + share[:-1]) / 2, share[-1:]])
            low, high = edges[place], edges[place + 1]
            found[k] = block.counts.n[rows] * (low + (high - low) * rng.random(len(rows)))
    return found

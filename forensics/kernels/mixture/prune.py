"""Nodes that no likely parameters look at are left out.

A precinct has hundreds of pairs of shares that its counts do not forbid, but at the parameters of the
posterior most of them have no weight. With many precincts the posterior is narrow, so what matters at
its edge in all directions is known beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.linalg import hadamard

from forensics.kernels.mixture.model import Floats, Globals
from forensics.kernels.mixture.weights import Block, Weights, summed

Around = Sequence[tuple[Globals, tuple[Floats, Floats]]]
#: The same with what weights share at these parameters.
Near = tuple[Globals, tuple[Floats, Floats], dict[Any, Any]]

#: Share of a precinct's likelihood below which a node is left out, and standard deviations by which all
#: coordinates lie off at once where this is looked at.
TRACE, EDGE = 1e-6, 3.0


def edges(d: int) -> Floats:
    """Directions (≥ d, d) of ±1 that are orthogonal in pairs of coordinates."""
    order = 1 << (d - 1).bit_length()
    return np.asarray(hadamard(order)[:, :d], dtype=np.float64)


def pruned(block: Block, around: Sequence[Near]) -> Block:
    """A block with the nodes whose share of the likelihood passes ``TRACE`` somewhere.

    Parameters
    ----------
    around : sequence of Near
        Where to look.
    """
    most = [np.zeros(len(part.w)) for part in block.parts]
    for at, levels, shared in around:
        t, w = block.say(at, levels)
        weights = Weights(block, at, levels, shared)
        total = at.pi[0] * t[0].astype(np.float64) * w[0]
        values = []
        for g in (1, 2):
            part = block.parts[g]
            pair = at.pi[g] * t[g].astype(np.float64) * weights.added(g)
            each = np.abs(pair[part.node_pair] * weights.moved(g) * w[g])
            if len(part.rows):
                total[part.rows] += summed(each, part.start[part.first])
            values.append((part, each))
        total = np.maximum(total, 1e-300)
        for g, (part, each) in enumerate(values, 1):
            np.maximum(most[g], each / part.over_nodes(total[part.rows]), out=most[g])
    parts = [block.parts[0], *(block.parts[g].kept(most[g] > TRACE) for g in (1, 2))]
    return replace(block, parts=parts)

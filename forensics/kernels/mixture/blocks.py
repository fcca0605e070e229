"""Precincts in blocks, each with grids of the shares added and moved as fine as its turnouts need."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from forensics.kernels.mixture.grid import Grid, kinds
from forensics.kernels.mixture.model import MANIPULATED, Counts, Floats, Globals, predictors
from forensics.kernels.mixture.nodes import NARROWEST, build
from forensics.kernels.mixture.prune import Around, Near, pruned
from forensics.kernels.mixture.weights import Block

#: By the share who abstained, up to which: steps of the grids of the shares added and moved, their
#: offset, precincts in a block. The fewer abstained, the finer: nearly all of them may be added. A step
#: is a part of the standard deviation that the counts leave for effects of the usual spread.
TIERS = (
    (0.03, (0.16, 0.24), 0.02, 128),
    (0.1, (0.22, 0.34), 0.03, 256),
    (0.2, (0.3, 0.45), 0.03, 512),
    (np.inf, (0.3, 0.45), 0.05, 512),
)
#: Widest and narrowest steps.
STEP_RANGE = (0.02, 0.1)


def freeze(
    counts: Counts,
    at: Globals,
    levels: tuple[Floats, Floats],
    around: Around,
    spread: tuple[Any, Any],
    nodes: int,
) -> list[Block]:
    """Blocks of all precincts with nodes for parameters near those given.

    Parameters
    ----------
    counts : Counts
    at : Globals
    levels : two ndarrays of float64, shape (m,)
        Sums of level intercepts of turnout and of support.
    around : sequence of parameters and levels
        If given, nodes that matter at none of these are left out (:mod:`prune`).
    spread : two numbers or ndarrays of float64, shape (m,)
        Variances of these sums: nodes lie as far apart as turnout and support may lie with them.
    nodes : int
        Of an integral over one effect.
    """
    kind, sizes = kinds(counts.n)
    middle = expit([np.mean(mean) for mean in predictors(counts, at, levels)[:2]])
    width = middle * np.sqrt(at.e[:2])
    tier = np.searchsorted([limit for limit, *_ in TIERS], counts.abstained, side="right")
    near: list[Near] = [(*one, {}) for one in around]
    blocks = []
    for which, (_, steps, offset, size) in enumerate(TIERS):
        rows = np.flatnonzero(tier == which)
        if not len(rows):
            continue
        some, code = np.unique(kind[rows], return_inverse=True)
        step = np.clip(np.array(steps) * width, *STEP_RANGE)
        added, moved = (Grid.of(sizes[some], float(one), offset) for one in step)
        for start in range(0, len(rows), size):
            own, kinds_of = rows[start : start + size], code[start : start + size]
            part = counts.part(own)
            wide = [
                max(at.e[k], NARROWEST) + np.broadcast_to(spread[k], len(counts))[own] for k in range(2)
            ]
            means = predictors(part, at, (levels[0][own], levels[1][own]))
            # Weights of a class differ by precinct where its effect has covariates, else by kind.
            each = np.arange(len(own))
            own_rows = [
                [each if counts.slopes[k] else kinds_of for k in MANIPULATED[g][2:]] for g in (1, 2)
            ]
            tables = [(each, each), *((one, two) for one, two in own_rows)]
            parts, scale = build(part, (added.share, moved.share), tables, means[:2], wide, nodes)
            block = Block(own, part, (added, moved), kinds_of, parts, scale)
            blocks.append(pruned(block, near) if near else block)
    return blocks

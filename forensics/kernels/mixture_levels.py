"""Intercepts of levels (regions, districts) given the effects of precincts: one exact normal draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.mixture_model import INTERCEPT, Codes, Floats


@dataclass(frozen=True, slots=True)
class Tree:
    """Nested levels: ``steps[0]`` is the lowest unit of each precinct, then the unit above each unit."""

    steps: tuple[Codes, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, units: tuple[Codes, ...]) -> Tree:
        """From the codes of precincts, levels from the top down; each unit within one unit above."""
        steps: list[Codes] = []
        rows: NDArray[np.intp] = np.arange(len(units[0]) if units else 0)
        for codes in reversed(units):
            steps.append(codes[rows])
            rows = np.unique(codes, return_index=True)[1]
        return cls(tuple(steps), tuple(int(codes.max()) + 1 for codes in reversed(units)))

    def sums(self, levels: list[Floats]) -> Floats:
        """Sum of the intercepts of a precinct's units, shape (m,); levels from the top down."""
        above = levels[0]
        for step, own in zip(reversed(self.steps[1:]), levels[1:], strict=True):
            above = above[step] + own
        return above[self.steps[0]]


def draw_levels(
    residual: Floats,
    variance: float | Floats,
    tree: Tree,
    rng: np.random.Generator | None,
    intercept_variance: float = INTERCEPT,
) -> tuple[float, list[Floats]]:
    """National intercept and those of all levels, drawn together.

    ``residual = intercept + one intercept per level + noise``; level intercepts are N(0, 1), the
    national one N(0, intercept_variance), by default 1.0001, the noise N(0, variance).

    Parameters
    ----------
    residual : ndarray of float64, shape (m,)
        Effects of precincts less their covariates.
    variance : float or ndarray of float64, shape (m,)
    tree : Tree
    rng : Generator or None
        ``None`` gives the means in place of a draw.

    Returns
    -------
    intercept : float
    levels : list of ndarray, one number per unit of each level, from the top down
    """
    precision: Floats = np.ones(len(residual)) / variance
    weighted = residual * precision
    messages = []
    # Upward: what each unit's precincts say of the sum above it, its own intercept integrated out.
    for step, size in zip(tree.steps, tree.sizes, strict=True):
        total, moment = np.bincount(step, precision, size), np.bincount(step, weighted, size)
        messages.append((total, moment))
        precision, weighted = total / (1 + total), moment / (1 + total)
    total_all = float(precision.sum()) + 1 / intercept_variance
    noise = float(rng.standard_normal()) if rng is not None else 0.0
    intercept = float(weighted.sum()) / total_all + noise / np.sqrt(total_all)
    levels: list[Floats] = []
    above: Floats = np.full(tree.sizes[-1] if tree.sizes else 0, intercept)
    for depth in range(len(messages) - 1, -1, -1):
        total, moment = messages[depth]
        mean = (moment - total * above) / (1 + total)
        spread = rng.standard_normal(len(mean)) / np.sqrt(1 + total) if rng is not None else 0.0
        levels.append(np.asarray(mean + spread))
        if depth:
            above = (above + levels[-1])[tree.steps[depth]]
    return intercept, levels

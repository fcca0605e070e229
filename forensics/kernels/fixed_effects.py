"""Least squares with one intercept per group: means are taken out, then the rest is regressed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Share of a column's variation (as a sum of squares) below which what is left of it is rounding.
NOTHING = 1e-10


@dataclass(frozen=True, slots=True)
class Fit:
    """A least-squares fit within groups; n rows, k columns.

    ``coefficient`` (k,); ``x`` (n, k), ``y`` (n,) and ``residual`` (n,) within groups; ``weight``
    (n,); ``bread`` (k, k), the inverse of x'Wx; ``group`` (n,), codes 0 … ``groups`` − 1.
    """

    coefficient: Floats
    x: Floats
    y: Floats
    residual: Floats
    weight: Floats
    bread: Floats
    group: Codes
    groups: int

    @property
    def freedom(self) -> int:
        """Rows less columns less groups."""
        return int(len(self.y) - self.x.shape[1] - self.groups)

    @property
    def r_squared(self) -> float:
        """Share of the variation within groups that the columns account for; 0 where there is none."""
        total = float(self.weight @ self.y**2)
        return 1 - float(self.weight @ self.residual**2) / total if total > 0 else 0.0


def demean(columns: Floats, group: Codes, weight: Floats | None = None) -> Floats:
    """Columns less their (weighted) group means.

    Parameters
    ----------
    columns : ndarray of float64, shape (n,) or (n, k)
    group : ndarray of int, shape (n,)
        Codes 0, 1, …
    weight : ndarray of float64, shape (n,), optional
        Not negative; 1 by default.
    """
    w = np.ones(len(group)) if weight is None else weight
    total = np.bincount(group, w)
    total = np.where(total > 0, total, 1.0)
    if columns.ndim == 1:
        return np.asarray(columns - (np.bincount(group, w * columns) / total)[group])
    return np.column_stack(
        [column - (np.bincount(group, w * column) / total)[group] for column in columns.T]
    ).reshape(columns.shape)


def independent(x: Floats, group: Codes, weight: Floats | None = None) -> NDArray[np.bool_]:
    """Which columns vary within groups and are no combination of the columns before them.

    Parameters
    ----------
    x : ndarray of float64, shape (n, k)
    group, weight
        As in :func:`demean`.

    Returns
    -------
    ndarray of bool, shape (k,)
    """
    root = np.ones(len(x)) if weight is None else np.sqrt(weight)
    within = demean(x, group, weight) * root[:, None]
    scale = ((x * root[:, None]) ** 2).sum(axis=0)
    kept = np.zeros(x.shape[1], dtype=bool)
    base: list[Floats] = []
    for place, column in enumerate(within.T):
        rest = column.copy()
        for _ in range(2):  # the second pass takes out the rounding of the first
            for direction in base:
                rest -= (direction @ rest) * direction
        length = float(rest @ rest)
        if length > NOTHING * max(float(column @ column), NOTHING * float(scale[place])):
            kept[place] = True
            base.append(rest / np.sqrt(length))
    return kept


def fit(y: Floats, x: Floats, group: Codes, weight: Floats | None = None) -> Fit:
    """Weighted least squares of y on x with an intercept per group.

    Parameters
    ----------
    y : ndarray of float64, shape (n,)
    x : ndarray of float64, shape (n, k)
        Columns that :func:`independent` keeps.
    group : ndarray of int, shape (n,)
        Codes 0 … g − 1, each used.
    weight : ndarray of float64, shape (n,), optional
        Not negative; 1 by default.
    """
    w = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
    inner, own = demean(x, group, w), demean(y, group, w)
    bread: Floats = np.asarray(np.linalg.inv(inner.T @ (w[:, None] * inner)), dtype=np.float64)
    coefficient = bread @ (inner.T @ (w * own))
    return Fit(
        coefficient=coefficient,
        x=inner,
        y=own,
        residual=own - inner @ coefficient,
        weight=w,
        bread=bread,
        group=group,
        groups=int(group.max(initial=-1)) + 1,
    )


def left_over(fitted: Fit, place: int) -> Floats:
    """One column within groups, less what the other columns say of it; shape (n,)."""
    others = np.delete(np.arange(fitted.x.shape[1]), place)
    column = fitted.x[:, place]
    if not len(others):
        return column
    rest = fitted.x[:, others]
    weighted = fitted.weight[:, None] * rest
    return np.asarray(column - rest @ np.linalg.solve(rest.T @ weighted, weighted.T @ column))

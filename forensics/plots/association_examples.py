"""Invented pictures of the figures that relate outcomes to commissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

Columns = dict[str, Any]


def _binned_scatter() -> tuple[Columns, Columns]:
    x = np.linspace(0.15, 0.85, 14)
    y = 61 + 4 * (x - 0.5) + 0.8 * np.sin(9 * x)
    half = 0.9 + 2 * (x - 0.5) ** 2
    return {
        "exposure": x,
        "outcome": y,
        "low": y - half,
        "high": y + half,
        "n": np.full(14, 120),
    }, {
        "slope": 4.0,
        "through_x": 0.5,
        "through_y": 61.0,
        "xlabel": "share of aligned members",
        "ylabel": "turnout, %",
    }


def _specification_curve() -> tuple[Columns, Columns]:
    place = np.arange(24)
    b = np.sort(1.4 + np.sin(5.0 * place))
    half = 0.9 + 0.3 * np.cos(place)
    return {
        "coefficient": b,
        "low": b - half,
        "high": b + half,
        "headline": place == 13,
        "coding": np.where(place % 2 == 0, "narrow", "wide"),
        "intercepts": np.array(["one", "region", "district"])[place % 3],
        "covariates": np.where(place % 4 < 2, "none", "log_registered"),
        "weights": np.full(24, "none"),
        "rows": np.where(place % 8 < 4, "all", "registered >= 100"),
    }, {"ylabel": "percentage points per unit of the share"}


def _sensitivity_contour() -> tuple[Columns, Columns]:
    grid = np.linspace(0, 0.12, 31)
    x, y = (axis.ravel() for axis in np.meshgrid(grid, grid))
    marks_x, marks_y = np.array([0.012, 0.05]), np.array([0.03, 0.02])

    def beside(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.asarray(1.6 - 32 * np.sqrt(a * b / (1 - a)))

    return {
        "with_exposure": np.concatenate([x, marks_x]),
        "with_outcome": np.concatenate([y, marks_y]),
        "coefficient": np.concatenate([beside(x, y), beside(marks_x, marks_y)]),
        "label": np.array(["grid"] * len(x) + ["log registered", "past support"]),
    }, {"coefficient": 1.6, "unit": "percentage points"}


def _shrinkage_forest() -> tuple[Columns, Columns]:
    names = ["Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Pine", "Rowan"]
    alone = 1.2 + 2.4 * np.sin(np.arange(11.0) ** 2)
    pooled = 1.2 + 0.4 * (alone - 1.2)
    half = 0.9 + 0.3 * np.cos(np.arange(11.0))
    return {
        "unit": np.array(names),
        "alone": alone,
        "pooled": pooled,
        "low": pooled - half,
        "high": pooled + half,
        "n": 300 + 90 * np.arange(11),
    }, {"mean": 1.2, "xlabel": "percentage points per unit of the share"}


ASSOCIATIONS: Mapping[str, Callable[[], tuple[Columns, Columns]]] = MappingProxyType(
    {
        "binned_scatter": _binned_scatter,
        "sensitivity_contour": _sensitivity_contour,
        "shrinkage_forest": _shrinkage_forest,
        "specification_curve": _specification_curve,
    }
)

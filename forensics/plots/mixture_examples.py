"""Invented pictures of a fitted mixture: draws of a parameter, classes in the comet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

Columns = dict[str, Any]


def _posterior_trace() -> tuple[Columns, Columns]:
    rng = np.random.default_rng(6)
    return {
        "chain": np.repeat([1, 2, 3, 4], 300),
        "draw": np.tile(np.arange(1, 301), 4),
        "contaminated": np.repeat([0, 1, 0, 1], 300),
        "value": 0.9 + 0.01 * rng.standard_normal(1200) + np.repeat([0, 0, 0, -0.03], 300),
    }, {"ylabel": "share without manipulation"}


def _class_comet() -> tuple[Columns, Columns]:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(0, 100, 5.0), np.arange(0, 100, 5.0)))
    n = np.rint(
        150 * np.exp(-(((x - 55) / 12) ** 2) - ((y - 45) / 12) ** 2)
        + 8 * np.exp(-(((x + y - 190) / 15) ** 2))
    )
    there = n > 0
    return {
        "turnout": x[there],
        "share": y[there],
        "probability": 1 / (1 + np.exp(-(x + y - 150)[there] / 8)),
        "precincts": n[there].astype(np.int64),
    }, {"width": 5.0}


MIXTURES: Mapping[str, Callable[[], tuple[Columns, Columns]]] = MappingProxyType(
    {"class_comet": _class_comet, "posterior_trace": _posterior_trace}
)

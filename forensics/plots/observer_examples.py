"""Invented pictures of the figures that are made from what observers saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

Columns = dict[str, Any]


def _quick_count() -> tuple[Columns, Columns]:
    estimate = np.array([58.2, 44.1, 31.5, 18.9])
    half = np.array([1.6, 2.1, 1.9, 1.2])
    return {
        "quantity": np.array(["turnout", "share_a", "share_b", "share_c"]),
        "estimate": estimate,
        "low": estimate - half,
        "high": estimate + half,
        "official": np.array([61.9, 47.2, 30.1, 18.0]),
        "n": np.full(4, 300),
    }, {"turnout": "Turnout", "share_a": "Share of A", "share_b": "Share of B", "share_c": "Share of C"}


OBSERVERS: Mapping[str, Callable[[], tuple[Columns, Columns]]] = MappingProxyType(
    {"quick_count": _quick_count}
)

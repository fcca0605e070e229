"""Small invented pictures of the figures of commissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

Columns = dict[str, Any]


def _commission_composition() -> tuple[Columns, Columns]:
    groups = ("regional commissions", "territorial commissions", "precinct commissions")
    blocs = ("INC", "SAT", "STATE", "UNK", "CIV", "OPP")
    names = ("incumbent", "its satellites", "the state", "unknown", "civic", "opposition")
    share = np.array([
        [0.16, 0.38, 0.12, 0.08, 0.14, 0.12],
        [0.15, 0.36, 0.14, 0.12, 0.13, 0.10],
        [0.14, 0.34, 0.18, 0.15, 0.12, 0.07],
    ])  # fmt: skip
    aligned = share[:, :3].sum(axis=1)
    return {
        "group": np.repeat(groups, 6),
        "bloc": np.tile(blocs, 3),
        "bloc_name": np.tile(names, 3),
        "share": share.ravel(),
        "low": np.repeat(aligned, 6),
        "high": np.repeat(aligned + share[:, 3], 6),
        "commissions": np.repeat([16, 208, 9840], 6),
    }, {}


def _law_timeline() -> tuple[Columns, Columns]:
    none, years = np.nan, (2004.7, 2007.6, 2012.0, 2016.2, 2021.0)
    rows: list[tuple[str, str, float, float, float, float, float]] = [
        ("spiral model", "denial", 1994.0, 1999.3, none, none, none),
        ("spiral model", "tactical concessions", 1999.3, none, none, none, none),
        ("spiral model", "prescriptive status", none, none, none, none, none),
        ("promised", "participating States", 1994.0, 1994.0, none, none, none),
        ("law", "appointed by the executive", none, 1999.3, none, none, none),
        ("law", "lots among parties", 1999.3, 2002.0, none, none, none),
        ("law", "elected by local councils", 2002.0, none, none, none, none),
        ("practice", "nominees are told which party they stand for", 2011.2, 2011.2, none, none, none),
        ("practice", "representatives without copies of protocols", 2016.2, 2016.2, none, none, none),
        ("contested", "a party", 2011.3, 2011.3, none, none, none),
        ("answered", "the commission", 2011.5, 2011.5, none, none, none),
    ]
    for i, year in enumerate(years):
        rows.append(
            ("measure", "members aligned", year, year, 0.6 + 0.05 * i, 0.55 + 0.05 * i, 0.75 + 0.05 * i)
        )
        rows.append(("measure", "label of the incumbent", year, year, 0.15, 0.13, 0.2))
    columns = ("lane", "label", "start", "end", "value", "low", "high")
    return {
        name: np.array(values) for name, values in zip(columns, zip(*rows, strict=True), strict=True)
    }, {}


#: Columns and options of each example, by figure.
COMMISSIONS: Mapping[str, Callable[[], tuple[Columns, Columns]]] = MappingProxyType(
    {"commission_composition": _commission_composition, "law_timeline": _law_timeline}
)

"""Posterior draws as tables: of units for publication, of precincts for those who check them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from forensics.finding import Finding, Findings
from forensics.kernels.convergence import highest_density_each
from forensics.posterior import Draws
from forensics.tables.returns import Returns

#: Level of the intervals where the finding has none of its own.
LEVEL = 0.95


def drawn(findings: Findings) -> Mapping[str, Finding]:
    """Findings that carry draws, by a name that can be a file's."""
    return {
        re.sub(r"[^\w-]+", "-", f"{item.method}-{item.quantity}"): item
        for item in findings.tested
        if item.draws is not None
    }


def unit_table(draws: Draws) -> pd.DataFrame:
    """A row per draw and unit.

    Returns
    -------
    DataFrame
        ``level``, ``unit`` (empty for the nation), ``n`` (precincts), ``draw`` and the quantities;
        NaN where a level has none of a quantity.
    """
    tables = []
    for level, own in draws.units.items():
        number = len(next(iter(own.values.values())))
        each = len(own.names)
        tables.append(
            pd.DataFrame(
                {
                    "level": level,
                    "unit": np.repeat(np.array(own.names, dtype=object), number),
                    "n": np.repeat(own.n, number),
                    "draw": np.tile(np.arange(number), each),
                    **{name: values.T.ravel() for name, values in own.values.items()},
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def precinct_table(returns: Returns, draws: Draws) -> pd.DataFrame:
    """A row per draw and precinct; restricted. ``row`` is the row of the returns."""
    number, each = len(draws), len(draws.rows)
    return pd.DataFrame(
        {
            "row": np.tile(returns.frame.index.to_numpy()[draws.rows], number),
            "draw": np.repeat(np.arange(number, dtype=np.int32), each),
            **{name: values.ravel() for name, values in draws.precincts.items()},
        }
    )


def summary_table(returns: Returns, finding: Finding) -> pd.DataFrame:
    """A row per precinct used; restricted.

    Returns
    -------
    DataFrame
        ``row``, levels, ``precinct``; the share of draws in each manipulated class; of every other
        quantity the mean and the highest-density interval, as ``<name>``, ``<name>_low``,
        ``<name>_high``.
    """
    draws = finding.draws
    if draws is None:
        raise ValueError(f"{finding.id} has no draws")
    level = finding.interval.confidence_level if finding.interval is not None else LEVEL
    frame = returns.frame[[*(returns.levels or ()), "precinct"]].iloc[draws.rows]
    columns: dict[str, np.ndarray] = {}
    for name, values in draws.precincts.items():
        if name == "classes":
            columns |= {
                f"probability_{kind}": (values == code).mean(axis=0)
                for code, kind in ((1, "incremental"), (2, "extreme"))
            }
            continue
        numbers = np.asarray(values, dtype=np.float64)
        low, high = highest_density_each(numbers, level)
        columns |= {name: numbers.mean(axis=0), f"{name}_low": low, f"{name}_high": high}
    told = pd.DataFrame(columns, index=frame.index)
    return pd.concat([frame, told], axis=1).rename_axis("row").reset_index()

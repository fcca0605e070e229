"""Measures summed up by level of commissions, by unit and over codings: what may be published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.commissions.catalogue import CATALOGUE, OF_NOMINATOR, PREFIXES
from forensics.commissions.disclosure import common, publishable
from forensics.commissions.measures import Measures
from forensics.errors import ConfigError
from forensics.kernels.plurality import sums
from forensics.tables.roster_columns import LEVELS, PRECINCT

#: Columns of the summaries that name a cell.
NAMES = ("level", "unit", "coding", "measure", "symbol")


def by_level(measures: Measures) -> pd.DataFrame:
    """Means over the commissions of each level, with the means of their bounds; few are withheld.

    Returns
    -------
    DataFrame
        ``level`` (national, regional, territorial, precinct), ``unit`` (empty), ``coding``,
        ``measure``, ``symbol``, ``commissions`` (those the measure is defined for), ``members``,
        ``unknown`` (members whose nominator is not known), ``mean`` (where no
        commission is undecided), ``decided`` (commissions that are), ``low``, ``high`` (means of the
        bounds), ``withheld``. Nominators that fewer than five commissions have are left out.
    """
    levels = measures.roster.commissions["level"].to_numpy()
    cells = [(name, "", levels == code) for code, name in LEVELS.items()]
    return _summary(measures, cells)


def by_unit(measures: Measures, level: str) -> pd.DataFrame:
    """The same for the precinct commissions of every unit of a level of the returns.

    Raises
    ------
    ConfigError
        If the roster was not joined to returns, or the level is none of theirs.
    """
    if measures.joined is None or measures.places is None:
        raise ConfigError("the roster was not joined to returns, so there are no units")
    if level not in measures.levels:
        raise ConfigError(f"{level!r} is no level; the levels are {', '.join(measures.levels) or 'none'}")
    unit = list(dict.fromkeys((measures.levels[0], level)))
    named = measures.places[unit].agg(" / ".join, axis=1).to_numpy(dtype=object)
    own = measures.joined.commission
    name = np.full(len(measures.value), None, dtype=object)
    name[own[own >= 0]] = named[own >= 0]
    units = sorted(dict.fromkeys(one for one in name if isinstance(one, str)), key=_natural)
    precincts = LEVELS[PRECINCT]
    return _summary(measures, [(precincts, one, name == one) for one in units], with_total=True)


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """Numbers within names in the order of numbers: 2 before 10."""
    parts = re.split(r"(\d+)", name)
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in parts)


def _summary(
    measures: Measures, cells: Sequence[tuple[str, str, NDArray[np.bool_]]], *, with_total: bool = False
) -> pd.DataFrame:
    size = measures.roster.size
    unknown = _unknown(measures)
    named = common(measures.roster.seats["nominated_by"], measures.roster.seats["commission"])
    parts = []
    for name in measures.ids:
        if name.startswith(OF_NOMINATOR) and name.partition(":")[2] not in named:
            continue
        value, low, high = (
            table[name].to_numpy(dtype=np.float64)
            for table in (measures.value, measures.low, measures.high)
        )
        rows = []
        for level, unit, inside in cells:
            used = inside & (size > 0) & np.isfinite(low)
            known = used & np.isfinite(value)
            if not (inside & (size > 0)).any():
                continue
            rows.append({
                "level": level,
                "unit": unit,
                "coding": measures.coding if _is_coded(name) else "",
                "measure": name,
                "symbol": CATALOGUE[name].symbol if name in CATALOGUE else "",
                "commissions": int(used.sum()),
                "members": int(size[used].sum()),
                "unknown": int(unknown[used].sum()),
                "decided": int(known.sum()),
                # Those that are decided are not like the others: then the bounds are all there is.
                "mean": float(value[known].mean()) if used.any() and (known == used).all() else None,
                "low": float(low[used].mean()) if used.any() else None,
                "high": float(high[used].mean()) if used.any() else None,
            })  # fmt: skip
        if rows:
            parts.append(publishable(pd.DataFrame(rows), keep=NAMES, with_total=with_total))
    if not parts:
        return pd.DataFrame(columns=[*NAMES, "commissions", "mean", "low", "high", "withheld"])
    return pd.concat(parts, ignore_index=True)


def _unknown(measures: Measures) -> NDArray[np.float64]:
    seats = measures.roster.seats
    rows = seats[seats["nominated_by"].isna()]
    return sums(
        rows["commission"].to_numpy(dtype=np.intp),
        rows["seats"].to_numpy(dtype=np.float64),
        len(measures.value),
    )


def _is_coded(name: str) -> bool:
    return name.startswith("bloc:") or (not name.startswith(PREFIXES) and CATALOGUE[name].coded)


def over_codings(several: Mapping[str, Measures]) -> pd.DataFrame:
    """By level and measure, the range of the bounds over all codings: what no coding goes beyond.

    Returns
    -------
    DataFrame
        ``level``, ``measure``, ``symbol``, ``codings`` (their number; 1 where the measure needs none),
        ``commissions`` (the fewest behind any of them),
        ``low``, ``high``: the least of the lower and the greatest of the upper bounds; missing where few
        commissions are behind.
    """
    table = pd.concat([by_level(one) for one in several.values()], ignore_index=True)
    table = table[~table["withheld"].astype(bool)]
    grouped = table.groupby(["level", "measure", "symbol"], sort=False)
    return grouped.agg(
        codings=("coding", "nunique"),
        commissions=("commissions", "min"),
        low=("low", "min"),
        high=("high", "max"),
    ).reset_index()


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A summary as JSON-ready rows: None for what is missing or withheld."""
    return list(_rows(table))


def _rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in table.to_dict("records"):
        yield {
            str(key): None
            if not isinstance(value, (str, bool)) and pd.isna(value)
            else _plain(str(key), value)
            for key, value in row.items()
        }


def _plain(key: str, value: Any) -> Any:
    if key in ("commissions", "members", "unknown", "decided", "codings"):
        return int(value)
    return value.item() if isinstance(value, np.generic) else value

"""Scores, measures and units of the same precincts side by side, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.kernels.left_out import left_out_residuals

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: ``previous:turnout`` is the same outcome of the same precincts in the election before.
PREVIOUS = "previous:"
#: ``residual:turnout`` is what the precincts of other bodies do not lead one to expect.
RESIDUAL = "residual:"
#: What the expectation of a residual rests on, where it is known.
EXPECTED_FROM = ("log_registered",)
#: Outcomes that are shares whatever their values.
SHARES = ("turnout", "share")
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Material:
    """Outcomes, compositions and units of n precincts.

    Parameters
    ----------
    scores : DataFrame
        A row per precinct of the returns, a column per outcome, covariate or place; counted and
        frozen before anybody looked at a roster.
    measures : mapping of str to DataFrame
        By coding: a column per measure, NaN where it is not known.
    levels : tuple of str
        Level columns from the top down.
    codes : mapping of str to ndarray of intp, shape (n,)
        Unit of each row by level, −1 where it has no name; a unit is (top level, level, name).
    names : mapping of str to tuple of str
        Names of the units of each level, in order of their codes.
    body : str
        The level whose commissions appoint those of the precincts.
    """

    scores: pd.DataFrame
    measures: Mapping[str, pd.DataFrame]
    levels: tuple[str, ...]
    codes: Mapping[str, Codes]
    names: Mapping[str, tuple[str, ...]]
    body: str

    def __len__(self) -> int:
        return len(self.scores)

    def column(self, name: str) -> Floats:
        """An outcome or covariate, float64 of shape (n,), NaN where it is not known.

        ``residual:<outcome>`` is made here.

        Raises
        ------
        ConfigError
            If there is no such column, or it holds no numbers.
        """
        if name.startswith(RESIDUAL) and name not in self.scores.columns:
            return self._residual(name.removeprefix(RESIDUAL))
        if name not in self.scores.columns:
            raise ConfigError(f"{name!r} is no score of these precincts; {_there(self.scores.columns)}")
        return _numbers(self.scores[name], name)

    def has(self, name: str) -> bool:
        """Whether a score of that name is there with at least one value."""
        return name in self.scores.columns and bool(self.scores[name].notna().any())

    def is_share(self, name: str) -> bool:
        """Whether an outcome is a share, so that print shows percentage points."""
        plain = name.removeprefix(RESIDUAL).removeprefix(PREVIOUS)
        # Turnout above 1 (an open list) is a share all the same.
        if plain in SHARES:
            return True
        values = self.column(name)
        known = values[np.isfinite(values)]
        return bool(len(known)) and float(np.abs(known).max()) <= 1

    def exposure(self, name: str, coding: str) -> Floats:
        """A measure under a coding, float64 of shape (n,).

        Raises
        ------
        ConfigError
            If there is no such measure.
        """
        frame = self.measures[coding]
        if name not in frame.columns:
            raise ConfigError(f"{name!r} is no measure of these commissions; {_there(_like(name, frame))}")
        return _numbers(frame[name], name)

    @cached_property
    def top(self) -> str:
        """The level with the largest units."""
        return self.levels[0]

    def _residual(self, name: str) -> Floats:
        """The outcome less its expectation from size and from the election before.

        The expectation of a precinct is fitted to the precincts of other bodies, and knows nothing
        of composition: a model that had seen its district would give part of it back.
        """
        y = self.column(name)
        used = [*EXPECTED_FROM, PREVIOUS + name]
        columns = [self.column(column) for column in used if self.has(column)]
        x = np.column_stack([np.ones(len(y)), *columns])
        known = np.isfinite(y) & np.isfinite(x).all(axis=1) & (self.codes[self.body] >= 0)
        result = np.full(len(y), np.nan)
        if known.any():
            _, body = np.unique(self.codes[self.body][known], return_inverse=True)
            result[known] = left_out_residuals(y[known], x[known], body.astype(np.intp))
        return result


def material_of(
    scores: pd.DataFrame,
    measures: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    levels: Sequence[str],
    appointed_by: str | None = None,
) -> Material:
    """Put scores and measures side by side by the row numbers of the returns.

    Parameters
    ----------
    scores : DataFrame
        Indexed by row number; with the level columns.
    measures : DataFrame or mapping of coding to DataFrame
        Indexed by row number; rows without a roster may be absent or NaN.
    levels : sequence of str
        From the top down.
    appointed_by : str, optional
        The level whose commissions appoint; by default the first above the precinct.

    Raises
    ------
    ConfigError
        If a row number occurs twice, a measure belongs to no row, there is no level, or the
        appointing level is none of them.
    """
    levels = tuple(level for level in levels if level in scores.columns)
    if not levels:
        raise ConfigError(
            "the precincts carry no level, so the body that appoints their commissions is not known"
        )
    body = appointed_by or levels[-1]
    if body not in levels:
        raise ConfigError(f"{body!r} is no level; the levels are {', '.join(levels)}")
    frames = {"": measures} if isinstance(measures, pd.DataFrame) else dict(measures)
    for frame in (scores, *frames.values()):
        if frame.index.has_duplicates:
            row = frame.index[frame.index.duplicated()][0]
            raise ConfigError(f"row {row} occurs twice; scores and measures have one row per precinct")
    for frame in frames.values():
        strange = frame.index.difference(scores.index)
        if len(strange):
            rows = ", ".join(map(str, strange[:SHOWN]))
            raise ConfigError(f"{len(strange):,} rows of the measures are no rows of the scores: {rows}")
    codes, names = {}, {}
    for level in levels:
        codes[level], names[level] = _units(scores, levels[0], level)
    aligned = {coding: frame.reindex(scores.index) for coding, frame in frames.items()}
    return Material(scores, aligned, levels, codes, names, body)


def _units(frame: pd.DataFrame, top: str, level: str) -> tuple[Codes, tuple[str, ...]]:
    columns = [top] if level == top else [top, level]
    known = frame[columns].notna().all(axis=1).to_numpy()
    keys = pd.MultiIndex.from_arrays([frame.loc[known, column].astype("str") for column in columns])
    codes = np.full(len(frame), -1, dtype=np.intp)
    if known.any():
        codes[known], unique = pd.factorize(keys, sort=True)
        return codes, tuple(" / ".join(name) for name in unique)
    return codes, ()


def _numbers(series: pd.Series, name: str) -> Floats:
    try:
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"column {name!r} holds no numbers to relate") from error
    return np.where(np.isfinite(values), values, np.nan)


def _like(name: str, frame: pd.DataFrame) -> list[str]:
    """Measures with the prefix of a name, else those that have none."""
    every = [str(column) for column in frame.select_dtypes("number").columns]
    head, colon, _ = name.rpartition(":")
    own = [column for column in every if colon and column.startswith(head + colon)]
    return own or [column for column in every if ":" not in column]


def _there(columns: Iterable[object]) -> str:
    return f"there are {', '.join(map(str, columns)) or 'none'}"

"""The precincts of an election before anyone votes: levels, names, sizes, places; real or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.simulation.parameters import Shape
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Codes = NDArray[np.intp]

#: Columns of real returns that say where a precinct is and what it is.
PLACE = ("lat", "lon", "building", "venue_type")


@dataclass(frozen=True, eq=False)
class Precincts:
    """Precincts in the order of their rows.

    Parameters
    ----------
    frame : DataFrame
        Levels, ``precinct`` and what is known of the place; the index numbers the rows.
    levels : tuple of str
        From the top down.
    size : ndarray of int64, shape (n,)
        Voters on the list or, where ``fixed`` is ``"ballots"``, ballots cast.
    fixed : str
        ``registered`` or ``ballots``: which count the sizes are.
    paths : tuple of ndarray of intp, shape (n,)
        Unit of each precinct at each level, told by its whole path from the top.
    drawn : bool
        Whether the precincts are invented.
    """

    frame: pd.DataFrame
    levels: tuple[str, ...]
    size: Integers
    fixed: str
    paths: tuple[Codes, ...]
    drawn: bool

    def __len__(self) -> int:
        return len(self.size)

    @property
    def lowest(self) -> Codes:
        """Unit of each precinct at the lowest level; all in one where there is no level."""
        return self.paths[-1] if self.paths else np.zeros(len(self), dtype=np.intp)

    @property
    def places(self) -> tuple[Floats, Floats] | None:
        """Kilometres east and north of the middle, NaN where not known; ``None`` without coordinates."""
        if not {"lat", "lon"} <= set(self.frame.columns):
            return None
        lat, lon = (self.frame[c].to_numpy(dtype=np.float64, na_value=np.nan) for c in ("lat", "lon"))
        if np.isnan(lat).all():
            return None
        return kilometres(lat, lon)


def kilometres(lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """Degrees to kilometres on a plane through the middle of the points."""
    middle = float(np.nanmean(lat))
    x = (lon - float(np.nanmean(lon))) * 111.32 * np.cos(np.radians(middle))
    return np.asarray(x), np.asarray((lat - middle) * 110.57)


def size_score(size: Integers) -> Floats:
    """Log sizes standardised over the precincts; zero where all are alike."""
    x = np.log(np.maximum(size, 1))
    deviation = float(x.std())
    return np.asarray((x - x.mean()) / deviation) if deviation > 0 else np.zeros(len(x))


def unit_paths(frame: pd.DataFrame, levels: Sequence[str]) -> tuple[Codes, ...]:
    """Codes of the units of each level, a unit told by its names from the top level down.

    A row without a name belongs to a unit of its own kind, so that it is drawn too.
    """
    paths: list[Codes] = []
    above = np.zeros(len(frame), dtype=np.intp)
    for level in levels:
        names, _ = pd.factorize(frame[level], use_na_sentinel=False)
        both = above * (int(names.max(initial=0)) + 1) + names
        above = np.unique(both, return_inverse=True)[1].astype(np.intp)
        paths.append(above)
    return tuple(paths)


def precincts_like(returns: Returns, fixed: str = "registered") -> Precincts:
    """Levels, names, places and sizes of real returns.

    Parameters
    ----------
    returns : Returns
        Rows without the fixed count have nobody who could vote and are left out.
    fixed : str
        ``registered`` or ``ballots``.

    Raises
    ------
    ConfigError
        If there are none to take over.
    """
    if not (returns.has(fixed) and (returns.counts(fixed) > 0).any()):
        what = "registered voters" if fixed == "registered" else "ballots"
        raise ConfigError(f"{returns.source.name} has no {what} to take over")
    kept = returns.counts(fixed) > 0
    levels = tuple(returns.levels or ())
    known = [c for c in PLACE if c in returns.table.columns]
    frame = returns.table.loc[kept, [*levels, "precinct", *known]]
    size = returns.counts(fixed)[kept].astype(np.int64)
    return Precincts(frame, levels, size, fixed, unit_paths(frame, levels), drawn=False)


def drawn_precincts(shape: Shape, rng: np.random.Generator) -> Precincts:
    """Invented precincts: units spread evenly over those above them, log-normal sizes."""
    n = shape.precincts
    columns: dict[str, object] = {}
    paths: list[Codes] = []
    unit = np.arange(n)
    for units, level in zip(reversed(shape.units), reversed(shape.levels), strict=True):
        unit = unit * units // (int(unit[-1]) + 1)
        width = max(2, len(str(units)))
        names = np.array([f"{level.capitalize()} {i + 1:0{width}d}" for i in range(units)])
        columns[level] = pd.Categorical.from_codes(unit, categories=names.tolist())
        paths.append(unit.astype(np.intp))
    size = np.exp(rng.normal(np.log(shape.median_registered), shape.spread, n)).round()
    frame = pd.DataFrame(
        {
            **{level: columns[level] for level in shape.levels},
            "precinct": pd.array([str(i + 1) for i in range(n)], dtype="str"),
        },
        index=pd.RangeIndex(1, n + 1),
    )
    whole = size.clip(shape.smallest, shape.largest).astype(np.int64)
    return Precincts(frame, shape.levels, whole, "registered", tuple(reversed(paths)), drawn=True)

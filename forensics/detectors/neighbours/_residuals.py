"""What is looked at on the map: own residuals of turnout and share, and those of other detectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.neighbours._places import Places
from forensics.detectors.shares import looked_at
from forensics.errors import ConfigError
from forensics.kernels.heterogeneity import logit_normal, logits
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Classes of size within which handed-in residuals are brought to one spread.
SIZE_CLASSES = 10


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """A quantity on the map.

    Parameters
    ----------
    name : str
        Its name in the findings.
    source : str
        As it was handed in, empty for the detector's own.
    tested : bool
        Whether its null makes precincts independent of each other, so that there is a p-value.
    at : ndarray of intp, shape (k,)
        Positions in :class:`Places` that have a value.
    z : ndarray of float64, shape (k,)
        Residual without its stratum's mean, in units of its standard deviation.
    level : ndarray of float64, shape (k,)
        The same with the stratum's mean: what is compared across borders.
    noise : ndarray of float64, shape (k,), or None
        Sampling variance of ``level``.
    group : ndarray of intp, shape (k,)
        Strata within which values are permuted.
    cases : ndarray of float64, shape (k,), or None
        The values as handed in, where they are nothing but 0 and 1.
    unit : str
        Of ``level``.
    """

    name: str
    source: str
    tested: bool
    at: Codes
    z: Floats
    level: Floats
    noise: Floats | None
    group: Codes
    cases: Floats | None
    unit: str

    @property
    def own(self) -> bool:
        """Whether it is the detector's own residual of turnout or share."""
        return not self.source


def own_residuals(returns: Returns, places: Places, option: str | None) -> list[Residual]:
    """Logits of turnout and of the option's share, without the mean of the stratum.

    z is (logit − mean) / √(σ² + noise), with mean and σ of the stratum and the binomial noise of the
    precinct: small precincts vary more.
    """
    wanted: list[tuple[str, Floats, Floats]] = []
    if returns.has("registered", returns.turnout_of):
        wanted.append(("turnout", returns.counts(returns.turnout_of), returns.counts("registered")))
    if returns.options and returns.has("ballots"):
        ballots = returns.counts("ballots")
        wanted += [(votes.quantity, votes.votes, ballots) for votes in looked_at(returns, option)]
    found = []
    for name, count, total in wanted:
        x, n = count[places.rows], total[places.rows]
        with np.errstate(invalid="ignore"):
            at = np.flatnonzero((n > 0) & (x >= 0) & (x <= n))
        if not len(at):
            continue
        group = _recoded(places.fine[at])
        x, n = x[at], n[at]
        level = logits(x, n)
        noise = 1 / (x + 0.5) + 1 / (n - x + 0.5)
        fitted = logit_normal(x, n, group)
        z = (level - fitted.mean) / np.sqrt(fitted.deviation**2 + noise)
        centred = _centred(z, group)
        found.append(Residual(name, "", False, at, centred, level, noise, group, None, "logit"))
    return found


def handed_in(
    returns: Returns,
    places: Places,
    residuals: Mapping[str, Any] | None,
    independent: Sequence[str],
) -> list[Residual]:
    """Residuals of other detectors, brought to one spread over sizes.

    Raises
    ------
    ConfigError
        If they are no mapping of names to one number per precinct.
    """
    found = []
    for source, values in (residuals or {}).items():
        array = _checked(source, values, len(returns))[places.rows]
        at = np.flatnonzero(np.isfinite(array))
        tested = source in independent or source.partition(":")[0] in independent
        group = _recoded((places.coarse if tested else places.fine)[at])
        level = array[at]
        if not len(at) or not np.ptp(level):
            continue
        cases = level if np.isin(level, (0.0, 1.0)).all() else None
        scaled = level / _spread(_centred(level, group), _size(returns, places.rows[at]))
        name = source.replace(":", "_")
        found.append(
            Residual(
                name, source, tested, at, _centred(scaled, group), scaled, None, group, cases,
                "standard deviations",
            )
        )  # fmt: skip
    return found


def _checked(name: str, values: Any, n: int) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"residuals {name!r} hold something that is no number: {error}") from error
    if array.shape != (n,):
        raise ConfigError(
            f"residuals {name!r} have the shape {array.shape}; there is one number for each of the "
            f"{n:,} precincts"
        )
    return array


def _size(returns: Returns, rows: Codes) -> Floats:
    column = next((c for c in ("registered", "ballots", "valid") if returns.has(c)), None)
    return np.ones(len(rows)) if column is None else np.nan_to_num(returns.counts(column)[rows])


def _spread(values: Floats, size: Floats) -> Floats:
    """Root mean square of the values of precincts of like size, shape (k,)."""
    edges = np.unique(np.quantile(size, np.linspace(0, 1, SIZE_CLASSES + 1)[1:-1]))
    place = np.searchsorted(edges, size, side="left")
    square = np.bincount(place, values**2) / np.maximum(np.bincount(place), 1)
    overall = float((values**2).mean())
    # A class in which nothing varies is left as it is.
    return np.asarray(np.sqrt(np.where(square > 1e-12 * overall, square, 1.0))[place])


def _centred(values: Floats, group: Codes) -> Floats:
    mean = np.bincount(group, values) / np.bincount(group)
    return np.asarray(values - mean[group])


def _recoded(group: Codes) -> Codes:
    return np.asarray(np.unique(group, return_inverse=True)[1], dtype=np.intp).reshape(-1)

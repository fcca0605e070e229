"""Moran's I of a residual over the nation and its units, with the precincts that stand out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import stdtrit
from scipy.stats import false_discovery_control

from forensics.detectors.multiplicity import adjusted
from forensics.detectors.neighbours._maps import pictures
from forensics.detectors.neighbours._places import Places
from forensics.detectors.neighbours._residuals import Residual
from forensics.detectors.streams import Streams
from forensics.finding import Assumption, Finding, Interval
from forensics.kernels.border import Pairs, near_pairs
from forensics.kernels.moran import conditional, getis_ord, moran, permuted, upper_pvalue
from forensics.kernels.scan import Zones, circles
from forensics.kernels.spatial import Nearby, Neighbourhood, SameUnit, nearest
from forensics.messages.message import Message, Sentences
from forensics.scope import Scope
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Made = TypeVar("Made")

#: With fewer precincts than this there is no p-value.
FEWEST = 50
#: Fewer strata than this give no interval.
FEWEST_STRATA = 10
#: False discovery rate of the precincts (or units) that are said to stand out.
RATE = 0.05
#: Draws of a tested residual's neighbours, by those of the whole map: the smallest of ten thousand
#: p-values must be able to stand out.
FINER = 100
#: Permutations of a residual that is only described: their spread is all that is told.
DESCRIBED = 199
#: Numbers shuffled at most for the units, beyond the draws of the whole map.
MOST = 30_000_000
CORNERS = ("high_high", "low_low", "high_low", "low_high")

SAY = Sentences(
    "spatial_moran",
    null="{name} of a precinct says nothing about that of its neighbours: within a {stratum} any order of "
    "the values over the map is as likely as any other.",
    no_null="No test: the {name} of neighbours is alike in every honest election, because people live "
    "among their like, so that the null of no pattern within a {stratum} is false everywhere.",
    exchangeable="Given its own counts, {name} of a precinct is independent of that of its neighbours, and "
    "varies alike in precincts of one size.",
    pattern="The {name} of neighbours has no pattern within a {stratum} of its own: false in every honest "
    "election looked at, so that no p-value is given.",
    sorting="People live among their like: neighbours are of an age, income, faith and origin, and vote "
    "alike.",
    local="What moves turnout and votes is local too: a candidate's home, a mayor, the weather, a road.",
    together="Protocols of neighbours are written by people trained together, and venues such as hospitals "
    "and barracks stand together.",
)
INNOCENT = SAY.all("sorting", "local", "together")


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """What all statistics of the map share."""

    returns: Returns
    places: Places
    neighbours: int
    confidence_level: float
    n_resamples: int
    streams: Streams
    parameters: dict[str, Any]
    # Residuals of the same precincts have the same neighbours and circles.
    known: dict[tuple[bytes, ...], Any] = field(default_factory=dict)

    def near(self, residual: Residual, group: Codes) -> Neighbourhood:
        """Neighbours of a residual's precincts: the nearest of their stratum, else those of their unit."""
        points, unit = self.places.points, self.places.unit
        if points is not None:
            key = (b"near", residual.at.tobytes(), group.tobytes())
            return self._kept(key, lambda: nearest(points[residual.at], self.neighbours, group))
        assert unit is not None
        return SameUnit(np.unique(unit[residual.at], return_inverse=True)[1].reshape(-1))

    def zones(self, residual: Residual) -> Zones:
        """Circles around the places of a residual's precincts, within its strata."""
        points = self.places.points
        assert points is not None
        key = (b"zones", residual.at.tobytes(), residual.group.tobytes())
        return self._kept(key, lambda: circles(points[residual.at], residual.group))

    def pairs(self, residual: Residual, unit: Codes, top: Codes, reach: float) -> Pairs | None:
        """Neighbours on one and on two sides of the borders of units."""
        points = self.places.points
        assert points is not None
        key = (b"pairs", residual.at.tobytes(), unit.tobytes())
        return self._kept(key, lambda: near_pairs(points[residual.at], unit, top, self.neighbours, reach))

    def _kept(self, key: tuple[bytes, ...], make: Callable[[], Made]) -> Made:
        if key not in self.known:
            self.known[key] = make()
        made: Made = self.known[key]
        return made

    def draws(self, residual: Residual) -> int:
        """Permutations of a residual; one without a test needs their spread only."""
        return self.n_resamples if residual.tested else min(self.n_resamples, DESCRIBED)

    def stratum(self, residual: Residual) -> str:
        """Level of the strata within which a residual is permuted."""
        return self.places.coarse_level if residual.tested else self.places.fine_level


def moran_findings(study: Study, residual: Residual, levels: Sequence[str | None]) -> list[Finding]:
    """A finding for the scope of the returns and for each unit of the levels."""
    near = study.near(residual, residual.group)
    cells = _cells(study, residual, levels)
    if not cells:
        return []
    drawn = _drawn(study, residual, near, cells)
    observed = _statistics(residual.z[:, None], near, cells)[:, 0]
    pvalues: list[float | None] = []
    for i, (_, rows) in enumerate(cells):
        enough = len(rows) >= FEWEST and residual.tested
        pvalues.append(upper_pvalue(float(observed[i]), drawn[i]) if enough else None)
    shared = adjusted([scope for scope, _ in cells], pvalues)
    found = []
    for i, (scope, rows) in enumerate(cells):
        finding = _finding(study, residual, near, scope, rows, float(observed[i]), drawn[i])
        detail = {**finding.detail, "pvalue_adjusted": shared[i]}
        found.append(replace(finding, pvalue=pvalues[i], detail=detail))
    if found and cells[0][0] == study.returns.scope:
        found[0] = _with_local(study, residual, near, found[0])
    return found


def _cells(study: Study, residual: Residual, levels: Sequence[str | None]) -> list[tuple[Scope, Codes]]:
    """Scopes with the positions of their precincts among those of the residual."""
    rows = study.places.rows[residual.at]
    cells = []
    for level in levels:
        units = study.returns.units(level)
        codes = units.codes[rows]
        order = np.argsort(codes, kind="stable")
        edges = np.searchsorted(codes[order], np.arange(len(units.scopes) + 1))
        cells += [(scope, order[edges[i] : edges[i + 1]]) for i, scope in enumerate(units.scopes)]
    return cells


def _statistics(block: Floats, near: Neighbourhood, cells: list[tuple[Scope, Codes]]) -> Floats:
    """I of every cell for values of shape (n, r), shape (cells, r): Σ z lag / Σ z² over its rows."""
    member = csr_array(
        (
            np.ones(sum(len(rows) for _, rows in cells)),
            (
                np.repeat(np.arange(len(cells)), [len(rows) for _, rows in cells]),
                np.concatenate([rows for _, rows in cells]),
            ),
        ),
        shape=(len(cells), len(block)),
    )
    square = np.asarray(member @ (block * block), dtype=np.float64)
    product = np.asarray(member @ (block * near.lag(block)), dtype=np.float64)
    return product / np.where(square > 0, square, 1.0)


def _drawn(
    study: Study, residual: Residual, near: Neighbourhood, cells: list[tuple[Scope, Codes]]
) -> Floats:
    rng = study.streams.of(residual.name, "moran")
    return permuted(
        lambda block: _statistics(block, near, cells),
        residual.z,
        residual.group,
        study.draws(residual),
        rng,
    )


def _finding(
    study: Study,
    residual: Residual,
    near: Neighbourhood,
    scope: Scope,
    rows: Codes,
    observed: float,
    drawn: Floats,
) -> Finding:
    n, stratum = len(rows), study.stratum(residual)
    mean, deviation = float(drawn.mean()), float(drawn.std())
    whole = scope == study.returns.scope
    total = study.places.total if whole else None
    detail: dict[str, Any] = {
        "moran": observed,
        "expected": mean,
        "deviation": deviation,
        "z": (observed - mean) / deviation if deviation > 0 else None,
        # The usual convention: right for residuals that have no pattern, never for turnout or share.
        "pvalue_permutation": upper_pvalue(observed, drawn) if n else None,
        "neighbours": float(np.median(near.number[rows])) if n else None,
        "strata": len(np.unique(residual.group[rows])),
    }
    return Finding(
        method="spatial_clusters",
        family="neighbours",
        quantity=residual.name,
        scope=scope,
        null=null_of(study, residual),
        statistic=observed if n else None,
        effect=observed - mean if n else None,
        unit="Moran's I above its mean under permutation",
        interval=_interval(residual, near, rows, mean, study.confidence_level),
        n=n,
        excluded=0 if total is None else total - n,
        exclusion=study.places.exclusion(n) if whole else None,
        underpowered=n < FEWEST,
        assumptions=assumptions_of(study, residual),
        innocent=INNOCENT,
        parameters={
            **study.parameters,
            "n_resamples": study.draws(residual),
            "stratum": stratum,
            "residual": residual.source or residual.name,
        },
        detail=detail,
    )


def null_of(study: Study, residual: Residual) -> Message:
    """The null of a residual, or that there is none."""
    name = "null" if residual.tested else "no_null"
    return SAY(name, name=residual.name, stratum=study.stratum(residual))


def assumptions_of(study: Study, residual: Residual) -> tuple[Assumption, ...]:
    """What the null rests on, of the residual and of the places."""
    stratum = study.stratum(residual)
    own = (
        Assumption(SAY("exchangeable", name=residual.name), None)
        if residual.tested
        else Assumption(SAY("pattern", name=residual.name, stratum=stratum), False)
    )
    return (own, *study.places.assumptions())


def _interval(
    residual: Residual, near: Neighbourhood, rows: Codes, mean: float, level: float
) -> Interval | None:
    """Of I − mean, by the delete-one-stratum jackknife of a ratio of sums; ``None`` for few strata."""
    if not len(rows):
        return None
    z = residual.z
    groups, place = np.unique(residual.group[rows], return_inverse=True)
    top = np.bincount(place, (z * near.lag(z))[rows])
    bottom = np.bincount(place, (z * z)[rows])
    g = len(groups)
    rest = bottom.sum() - bottom
    if g < FEWEST_STRATA or not (rest > 0).all():
        return None
    deleted = (top.sum() - top) / rest
    value = float(top.sum() / bottom.sum())
    error = float(np.sqrt((g - 1) / g * ((deleted - value) ** 2).sum()))
    half = float(stdtrit(g - 1, (1 + level) / 2)) * error
    return Interval(value - mean - half, value - mean + half, level)


def _with_local(study: Study, residual: Residual, near: Neighbourhood, finding: Finding) -> Finding:
    """The national finding with its scores and pictures; of a test, other strata and what stands out."""
    detail = dict(finding.detail)
    score = getis_ord(residual.z, near)
    precincts = np.full(len(study.returns), np.nan)
    precincts[study.places.rows[residual.at]] = score
    finding = replace(finding, detail=detail, precincts=precincts)
    if not residual.tested:
        # Neighbours are alike everywhere in turnout and votes: to ring those that are would say nothing.
        return replace(
            finding, pictures=pictures(study.places, residual, near, finding) if residual.own else ()
        )
    detail["by_stratum"] = _by_stratum(study, residual, finding)
    flagged = np.zeros(len(residual.z), dtype=np.bool_)
    if isinstance(near, Nearby):
        flagged, detail["local"] = _local(study, residual, near)
    elif isinstance(near, SameUnit):
        flagged, detail["local"] = _units(study, residual, near)
    rows = study.places.rows[residual.at[flagged]]
    detail["local"] |= study.places.venues.detail(rows)
    return replace(
        finding,
        innocent=(*finding.innocent, *study.places.venues.innocent(rows)),
        pictures=pictures(study.places, residual, near, finding, flagged, RATE),
    )


def _by_stratum(study: Study, residual: Residual, finding: Finding) -> list[list[Any]]:
    """[level, strata, I, z, p] within the coarse strata and within the fine ones."""
    detail = finding.detail
    table = [
        [study.places.coarse_level, detail["strata"], detail["moran"], detail["z"],
         detail["pvalue_permutation"]]
    ]  # fmt: skip
    group = np.unique(study.places.fine[residual.at], return_inverse=True)[1].reshape(-1)
    if study.places.fine_level != study.places.coarse_level:
        z = residual.z - (np.bincount(group, residual.z) / np.bincount(group))[group]
        near = study.near(residual, group)
        rng = study.streams.of(residual.name, "moran", "fine")
        drawn = permuted(lambda block: moran(block, near)[None], z, group, study.n_resamples, rng)[0]
        value, deviation = float(moran(z, near)), float(drawn.std())
        score = (value - float(drawn.mean())) / deviation if deviation > 0 else None
        p = upper_pvalue(value, drawn)
        table.append([study.places.fine_level, int(group.max()) + 1, value, score, p])
    return table


def _local(study: Study, residual: Residual, near: Nearby) -> tuple[NDArray[np.bool_], dict[str, Any]]:
    """Precincts whose neighbours are more alike (or unlike) than their stratum's others would be."""
    draws = FINER * (study.n_resamples + 1) - 1
    rng = study.streams.of(residual.name, "local")
    pvalues = conditional(residual.z, near, residual.group, draws, rng, first=study.n_resamples).pvalues()
    flagged = np.asarray(false_discovery_control(pvalues) <= RATE, dtype=np.bool_)
    corner = _corner(residual.z, near.lag(residual.z))
    counts = {name: int(np.count_nonzero(flagged & (corner == i))) for i, name in enumerate(CORNERS)}
    return flagged, {"flagged": int(flagged.sum()), **counts, "draws": draws, "rate": RATE}


def _corner(z: Floats, lag: Floats) -> NDArray[np.int64]:
    """Place in ``CORNERS`` of each precinct."""
    high, near_high = z >= 0, lag >= 0
    return np.where(high & near_high, 0, np.where(~high & ~near_high, 1, np.where(high, 2, 3)))


def _units(study: Study, residual: Residual, near: SameUnit) -> tuple[NDArray[np.bool_], dict[str, Any]]:
    """Units whose sum is larger or smaller than that of as many precincts of the stratum."""
    rng = study.streams.of(residual.name, "units")
    observed = near.sums(residual.z)
    # Enough for one unit alone to stand out among all.
    draws = max(study.n_resamples, min(round(4 * len(observed) / RATE), MOST // len(residual.z)))
    drawn = permuted(near.sums, residual.z, residual.group, draws, rng)
    above = (drawn >= observed[:, None] - 1e-9).sum(axis=1) + 1
    below = (drawn <= observed[:, None] + 1e-9).sum(axis=1) + 1
    pvalues = np.minimum(1.0, 2 * np.minimum(above, below) / (draws + 1))
    units = np.asarray(false_discovery_control(pvalues) <= RATE, dtype=np.bool_)
    return units[near.unit], {
        "flagged": int(units[near.unit].sum()),
        "units": len(units),
        "units_high": int(np.count_nonzero(units & (observed > 0))),
        "units_low": int(np.count_nonzero(units & (observed < 0))),
        "draws": draws,
        "rate": RATE,
    }

"""How the precincts of a sample were chosen: what is known of it decides what may be said."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.messages.message import Message, Sentences
from forensics.observers.matching import Matched
from forensics.observers.sample import PROBABILITY, WEIGHT, Sample
from forensics.tables.returns import Returns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

DESIGNS = ("given", "simple", "stratified", "convenience")
#: Probabilities within a stratum that differ by less are one (they are often written rounded).
ROUNDED = 0.02

SAY = Sentences(
    "design",
    simple="{n:,} of {frame:,} precincts were drawn with the same chance.",
    stratified="{n:,} of {frame:,} precincts were drawn with the same chance within each of {strata:,} "
    "strata.",
    given="The chances of being drawn are those that the sample states for {n:,} precincts, in {strata:,} "
    "{strata:plural:stratum|strata}.",
    clusters="They were drawn in {clusters:,} clusters.",
    undrawn="{n:,} precincts of strata from which none was drawn are no part of what is compared.",
    unknown="How likely each precinct was to be chosen is not known: the sample has neither probability "
    "nor weight, and no design was stated. Nothing can be estimated for precincts that nobody visited; "
    "what was seen can be compared with the official numbers of the same precincts. Where lots were "
    "drawn, say so: --design simple, or --design stratified --stratum LEVEL.",
    convenience="Observers chose where to go. Nothing can be estimated for precincts that nobody visited; "
    "what was seen can be compared with the official numbers of the same precincts.",
)


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A probability sample.

    Parameters
    ----------
    kind : {"given", "simple", "stratified"}
    weight : ndarray of float64, shape (n,)
        Inverse probability of inclusion.
    stratum, cluster : ndarray of intp, shape (n,)
        Codes from 0.
    drawn : ndarray of float64, shape (strata,)
        Share of each stratum's clusters that was drawn; 0 (no correction for a finite number)
        where chances differ within it.
    even : bool
        Whether all precincts of a stratum had the same chance.
    frame : int
        Precincts that the lots could fall on.
    frame_stratum : ndarray of intp, shape (rows of the returns,), or None
        Stratum of every precinct of the returns, −1 for those in none; ``None`` where it is known
        of the sample alone.
    sentences : tuple of Message
    """

    kind: str
    weight: Floats
    stratum: Codes
    cluster: Codes
    drawn: Floats
    even: bool
    frame: int
    frame_stratum: Codes | None
    sentences: tuple[Message, ...] = field(default=())

    @property
    def clusters(self) -> int:
        """How many were drawn."""
        return int(self.cluster.max(initial=-1)) + 1


def design_of(
    returns: Returns,
    sample: Sample,
    matched: Matched,
    *,
    kind: str | None,
    stratum: str | None,
    areas: str | None = None,
) -> Design | Message:
    """The design, or why there is none that allows estimates.

    Parameters
    ----------
    returns : Returns
        The frame that the sample was drawn from.
    sample, matched
        The sample and its rows in the frame.
    kind : {"given", "simple", "stratified", "convenience"}, optional
        By default ``given`` where the sample states chances, else ``convenience``.
    stratum : str, optional
        Level of the returns that strata are units of; by default the sample's own column.
    areas : str, optional
        Level whose units were drawn first, and precincts within them: they are the clusters.

    Raises
    ------
    ConfigError
        If the kind is unknown, chances are asked for that are not there or are missing for a
        precinct, or strata are needed and unknown.
    """
    if kind is not None and kind not in DESIGNS:
        raise ConfigError(f"design is {kind!r}; it is one of {', '.join(DESIGNS)}")
    stated = bool(np.isfinite(sample.weight).any())
    if kind is None and not stated:
        return SAY("unknown")
    if kind == "convenience":
        return SAY("convenience")
    kind = kind or "given"
    if areas is not None and kind != "given":
        raise ConfigError(
            f"areas={areas!r} means that precincts were drawn within areas that were drawn: state the "
            "chance of each precinct (probability or weight) in the sample, for design 'given'"
        )
    codes, frame_codes = _strata(returns, sample, matched, stratum, kind)
    cluster = _clusters(sample, codes) if areas is None else _areas(returns, sample, matched, areas, codes)
    if kind == "given":
        weight = _stated(sample)
        drawn, even = _fractions(weight, codes)
    else:
        assert frame_codes is not None
        weight, drawn = _equal(sample, codes, frame_codes, cluster)
        even = True
    n, strata = len(sample), int(codes.max()) + 1
    frame = len(returns) if frame_codes is None else int((frame_codes >= 0).sum())
    said = [SAY(kind, n=n, frame=frame, strata=strata)]
    if frame < len(returns):
        said.append(SAY("undrawn", n=len(returns) - frame))
    if int(cluster.max()) + 1 < n:
        said.append(SAY("clusters", clusters=int(cluster.max()) + 1))
    return Design(kind, weight, codes, cluster, drawn, even, frame, frame_codes, tuple(said))


def _strata(
    returns: Returns, sample: Sample, matched: Matched, level: str | None, kind: str
) -> tuple[Codes, Codes | None]:
    """Stratum of each sampled precinct and of each of the frame."""
    n = len(sample)
    if kind == "simple":
        return np.zeros(n, dtype=np.intp), np.zeros(len(returns), dtype=np.intp)
    if level is None and kind == "stratified":
        raise ConfigError(
            "design 'stratified' needs the level whose units are the strata, as stratum='region', so that "
            "the precincts of each are counted"
        )
    if level is None:
        if not sample.has("stratum"):
            return np.zeros(n, dtype=np.intp), np.zeros(len(returns), dtype=np.intp)
        return pd.factorize(sample.table["stratum"].fillna(""))[0].astype(np.intp), None
    frame_codes = returns.units(level).codes
    own = np.where(matched.found, frame_codes[matched.rows], -1)
    lost = int((own < 0).sum())
    if lost:
        raise ConfigError(
            f"{sample.source.name}: the {level} of {lost:,} sampled precincts is not known, for they are "
            "not in the returns or have none there; correct their names or leave them out"
        )
    kept, codes = np.unique(own, return_inverse=True)
    place = np.full(int(frame_codes.max()) + 2, -1, dtype=np.intp)
    place[kept] = np.arange(len(kept))
    # The last place stands for precincts without a unit.
    return codes.astype(np.intp), place[frame_codes]


def _clusters(sample: Sample, stratum: Codes) -> Codes:
    """Codes of what was drawn together: a precinct without a cluster stands alone."""
    if not sample.has("cluster"):
        return np.arange(len(sample), dtype=np.intp)
    names = sample.table["cluster"]
    own = [f"c{name}" if pd.notna(name) else f"p{i}" for i, name in enumerate(names)]
    codes = pd.factorize(np.array(own, dtype=object))[0].astype(np.intp)
    _refuse_split(sample, codes, stratum)
    return codes


def _areas(returns: Returns, sample: Sample, matched: Matched, level: str, stratum: Codes) -> Codes:
    """The units drawn first, as the clusters of the sample."""
    own = np.where(matched.found, returns.units(level).codes[matched.rows], -1)
    if (own < 0).any():
        raise ConfigError(
            f"{sample.source.name}: the {level} of {int((own < 0).sum()):,} sampled precincts is not "
            "known; correct their names or leave them out"
        )
    codes = np.unique(own, return_inverse=True)[1].astype(np.intp)
    _refuse_split(sample, codes, stratum)
    return codes


def _refuse_split(sample: Sample, cluster: Codes, stratum: Codes) -> None:
    """Clusters that lie in several strata cannot have been drawn within them."""
    if len(np.unique(cluster * (int(stratum.max()) + 1) + stratum)) > int(cluster.max()) + 1:
        raise ConfigError(
            f"{sample.source.name}: a cluster has precincts in several strata; it lies in one"
        )


def _stated(sample: Sample) -> Floats:
    missing = ~np.isfinite(sample.weight)
    if missing.any():
        row = int(str(sample.table.index[int(np.flatnonzero(missing)[0])]))
        raise ConfigError(
            f"{sample.source.name}: {int(missing.sum()):,} sampled precincts (first: row {row:,}) have "
            f"neither {PROBABILITY} nor {WEIGHT}; every precinct that was drawn has one of them"
        )
    return sample.weight


def _fractions(weight: Floats, stratum: Codes) -> tuple[Floats, bool]:
    """Share drawn of each stratum where its chances are equal, else none; and whether all are."""
    strata = int(stratum.max()) + 1
    low, high = np.full(strata, np.inf), np.zeros(strata)
    np.minimum.at(low, stratum, weight)
    np.maximum.at(high, stratum, weight)
    same = high <= low * (1 + ROUNDED)
    return np.where(same, 1 / low, 0.0), bool(same.all())


def _equal(sample: Sample, stratum: Codes, frame_stratum: Codes, cluster: Codes) -> tuple[Floats, Floats]:
    """Precincts of the frame per sampled one in each stratum; with clusters their number is not known."""
    strata = int(stratum.max()) + 1
    there = np.bincount(frame_stratum[frame_stratum >= 0], minlength=strata)
    chosen = np.bincount(stratum, minlength=strata)
    share = chosen / there
    together = int(cluster.max()) + 1 < len(sample)
    return (1 / share)[stratum], np.zeros(strata) if together else share

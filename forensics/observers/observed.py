"""Observers as a part of composition: observed against other precincts, their counts against official ones.

Where lots decided who is observed the difference is an effect of being observed; where observers
chose, it is a difference, and nothing here gives it another name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from forensics.errors import ConfigError
from forensics.kernels.cluster_covariance import cells_of, crv1, hc1, quantile, two_sided
from forensics.kernels.fixed_effects import demean, fit
from forensics.kernels.randomisation import shuffled
from forensics.kernels.seeding import generator
from forensics.kernels.survey import Ratio, ratio
from forensics.kernels.wild_bootstrap import monte_carlo
from forensics.messages.message import Message, Sentences

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]
Assignment = Literal["random", "convenience"]

ASSIGNMENTS = ("random", "convenience")
#: Permutations at once: bounds memory, changes no result.
_CHUNK = 100
#: With more strata, drawing in each costs more than shuffling all precincts.
_STRATA = 200

SAY = Sentences(
    "observed",
    null="Being observed makes no difference to the outcome of any precinct.",
    null_convenience="Observed precincts and others of the same stratum do not differ in the outcome.",
    effect="In precincts that lots chose for observation the outcome is {difference:+.2f} percentage "
    "points [{low:+.2f}, {high:+.2f}] from that of the others in their stratum (p = {p:.3g}, by "
    "permuting the lots): an effect of being observed, which may include what moved elsewhere.",
    difference="Observed precincts differ from others of their stratum by {difference:+.2f} percentage "
    "points [{low:+.2f}, {high:+.2f}]. Observers chose where to go: the difference is no effect of "
    "observation and says nothing about the precincts they did not choose.",
    placement="Observers go where they live, where they are let in, and where they expect trouble.",
    displaced="What is prevented in an observed precinct may happen in the next one.",
    gap="Official turnout in the sampled precincts is {gap:+.2f} percentage points [{low:+.2f}, "
    "{high:+.2f}] from the observers' counts (design effect {deff:.2f}).",
    gap_convenience="Official turnout in the observed precincts is {gap:+.2f} percentage points from the "
    "observers' counts. The precincts are no random sample: no interval is given for the country, and "
    "their percentages are not those of all precincts.",
    counting="Observers who come late, leave for a while or stand at one of several doors count too few.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Outcome of observed less that of other precincts, within strata.

    ``p_permutation`` is there for random assignment only.
    """

    assignment: Assignment
    null: Message
    value: float
    interval: tuple[float, float] | None
    p_cluster: float | None
    p_permutation: float | None
    n: int
    observed: int
    left_out: int
    innocent: tuple[Message, ...]

    @property
    def effect(self) -> float:
        """The difference as an effect of being observed.

        Raises
        ------
        ConfigError
            If lots did not decide who is observed.
        """
        if self.assignment != "random":
            raise ConfigError(
                "observers chose the precincts themselves, so their difference from the others is no "
                "effect of observation; take `value`, or give assignment='random' where lots were drawn"
            )
        return self.value

    @property
    def sentence(self) -> Message:
        """What may be said, in the words that the assignment allows."""
        low, high = self.interval or (np.nan, np.nan)
        numbers = {"difference": 100 * self.value, "low": 100 * low, "high": 100 * high}
        if self.assignment == "random" and self.p_permutation is not None:
            return SAY("effect", p=self.p_permutation, **numbers)
        return SAY("difference", **numbers)

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "assignment": self.assignment,
            "null": self.null.text(language),
            "difference": self.value,
            "interval": None if self.interval is None else list(self.interval),
            "p_cluster": self.p_cluster,
            "p_permutation": self.p_permutation,
            "n": self.n,
            "observed": self.observed,
            "left_out": self.left_out,
            "sentence": self.sentence.text(language),
            "innocent": [sentence.text(language) for sentence in self.innocent],
        }

    def __str__(self) -> str:
        lines = (f"null: {self.null}", str(self.sentence), *map(str, self.innocent))
        return "\n".join(lines)


def observed_difference(
    outcome: Floats,
    observed: Flags,
    *,
    assignment: Assignment,
    stratum: Codes | None = None,
    cluster: Codes | None = None,
    permutations: int = 999,
    confidence_level: float = 0.95,
    rng: np.random.Generator | int = 0,
) -> Difference:
    """Compare observed precincts with others of the same stratum.

    Parameters
    ----------
    outcome : ndarray of float64, shape (n,)
        Shares; NaN rows are left out and counted.
    observed : ndarray of bool, shape (n,)
        Where observers were.
    assignment : {"random", "convenience"}
        Whether lots decided within strata who is observed.
    stratum : ndarray of int, shape (n,), optional
        Codes within which lots were drawn (−1 is left out); one stratum by default.
    cluster : ndarray of int, shape (n,), optional
        Codes of what was drawn together (a building, a district); by default every precinct.
    permutations : int
        Of the lots, for random assignment: whole clusters change places within strata.
    confidence_level : float
        Of the interval.
    rng : Generator or int
        Source of the permutations.

    Returns
    -------
    Difference
        Observed less other precincts, in the unit of the outcome; interval and p-value where lots drew.

    Raises
    ------
    ConfigError
        If the assignment has no such name, the arrays are not of one length, nobody or everybody is
        observed in every stratum, the lots were drawn by cluster but a cluster is observed in part, or
        ``rng`` is no seed.
    """
    if assignment not in ASSIGNMENTS:
        raise ConfigError(f"assignment is {assignment!r}; it is one of {', '.join(ASSIGNMENTS)}")
    _one_length(outcome=outcome, observed=observed, stratum=stratum, cluster=cluster)
    h = np.zeros(len(outcome), dtype=np.intp) if stratum is None else stratum
    used = np.isfinite(outcome) & (h >= 0)
    y, x = outcome[used], observed[used].astype(np.float64)
    _, group = np.unique(h[used], return_inverse=True)
    units = np.arange(len(y)) if cluster is None else np.unique(cluster[used], return_inverse=True)[1]
    if len(y) < 3 or not (np.abs(demean(x, group)) > 0).any():
        raise ConfigError(
            f"{int(x.sum()):,} of {len(x):,} precincts are observed, and no stratum holds both observed "
            "and other precincts; a comparison needs both"
        )
    fitted = fit(y, x[:, None], group.astype(np.intp))
    value = float(fitted.coefficient[0])
    cells = cells_of(units.astype(np.intp), fitted.group)
    covariance = hc1(fitted) if cluster is None else crv1(fitted, cells)
    freedom = (fitted.freedom if cluster is None else cells.clusters) - 1
    error = float(np.sqrt(covariance[0, 0]))
    known = bool(np.isfinite(error)) and error > 0 and freedom > 0
    half = quantile(freedom, confidence_level) * error if known else 0.0
    random = assignment == "random"
    return Difference(
        assignment=assignment,
        null=SAY("null" if random else "null_convenience"),
        value=value,
        interval=(value - half, value + half) if known else None,
        p_cluster=two_sided(value / error, freedom) if known else None,
        p_permutation=_permuted(y, x, group, units, value, permutations, generator(rng))
        if random
        else None,
        n=len(y),
        observed=int(x.sum()),
        left_out=int((~used).sum()),
        innocent=SAY.all("displaced") if random else SAY.all("placement", "displaced"),
    )


def _one_length(**arrays: Any) -> None:
    """Refuse arrays that are not of one dimension and one length."""
    shapes = {name: np.shape(values) for name, values in arrays.items() if values is not None}
    if any(len(shape) != 1 for shape in shapes.values()) or len(set(shapes.values())) > 1:
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ConfigError(f"the arrays have shapes {told}; they are of one dimension and of one length")


def _redrawn(own: Floats, x: Floats, group: Codes, permutations: int, rng: np.random.Generator) -> Floats:
    """Sums over precincts drawn anew in each stratum, as many as were observed; shape (permutations,).

    The outcomes are centred within strata, so that the precincts that were not drawn add nothing.
    """
    sums = np.zeros(permutations)
    ends = np.cumsum(np.bincount(group))[:-1]
    for rows in np.split(np.argsort(group, kind="stable"), ends):
        mine, k = own[rows], int(x[rows].sum())
        if 0 < k < len(rows):
            sums += [
                mine[rng.choice(len(rows), k, replace=False, shuffle=False)].sum()
                for _ in range(permutations)
            ]
    return sums


def _permuted(
    y: Floats,
    x: Floats,
    group: Codes,
    units: Codes,
    value: float,
    permutations: int,
    rng: np.random.Generator,
) -> float:
    """The lots drawn again: which clusters of a stratum are observed."""
    lot = np.bincount(units, x) / np.bincount(units)
    if not np.isin(lot, (0.0, 1.0)).all():
        raise ConfigError("a cluster is observed in part, so lots cannot have been drawn by cluster")
    stratum = np.zeros(len(lot), dtype=np.intp)
    stratum[units] = group
    own = demean(y, group)
    if len(lot) == len(y) and int(group.max()) < _STRATA:
        square = float((demean(x, group) ** 2).sum())
        return monte_carlo(value, _redrawn(own, x, group, permutations, rng) / square)
    drawn = []
    for begin in range(0, permutations, _CHUNK):
        lots = np.column_stack(
            [lot[shuffled(stratum, rng)][units] for _ in range(min(_CHUNK, permutations - begin))]
        )
        centred = demean(lots, group)
        square = (centred**2).sum(axis=0)
        drawn.append(own @ centred / np.where(square > 0, square, np.nan))
    return monte_carlo(value, np.concatenate(drawn))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Official turnout less the observers' count, as shares of the registered voters."""

    assignment: Assignment
    gap: Ratio
    official: Ratio
    counted: Ratio
    n: int
    left_out: int
    innocent: tuple[Message, ...]

    @property
    def sentence(self) -> Message:
        """What may be said: an interval only where the sample was drawn by lots."""
        if self.assignment != "random" or self.gap.low is None or self.gap.high is None:
            return SAY("gap_convenience", gap=100 * self.gap.value)
        return SAY(
            "gap",
            gap=100 * self.gap.value,
            low=100 * self.gap.low,
            high=100 * self.gap.high,
            deff=self.gap.design_effect or 1.0,
        )

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """JSON-ready values; no interval for a convenience sample."""
        random = self.assignment == "random" and self.gap.low is not None
        return {
            "assignment": self.assignment,
            "gap": self.gap.value,
            "interval": [self.gap.low, self.gap.high] if random else None,
            "design_effect": self.gap.design_effect if random else None,
            "official": self.official.value,
            "counted": self.counted.value,
            "n": self.n,
            "left_out": self.left_out,
            "sentence": self.sentence.text(language),
            "innocent": [sentence.text(language) for sentence in self.innocent],
        }

    def __str__(self) -> str:
        return "\n".join(map(str, (self.sentence, *self.innocent)))


def counted_turnout(
    official: Floats,
    counted: Floats,
    registered: Floats,
    *,
    assignment: Assignment,
    weight: Floats | None = None,
    stratum: Codes | None = None,
    cluster: Codes | None = None,
    sampled: Floats | None = None,
    confidence_level: float = 0.95,
) -> Gap:
    """Observers' head-counts against official turnout in the same precincts.

    Parameters
    ----------
    official, counted, registered : ndarray of float64, shape (n,)
        Voters by the protocol, voters the observers counted, and voters on the list, of the
        observed precincts; rows with a gap in them are left out and counted.
    assignment : {"random", "convenience"}
        Whether the precincts were drawn by lots.
    weight, sampled : ndarray of float64, shape (n,), optional
        Weights of the design, and precincts drawn in the stratum; as in
        :func:`~forensics.kernels.survey.ratio`.
    stratum, cluster : ndarray of int, shape (n,), optional
        Codes of the strata, and of what was drawn together.
    confidence_level : float
        Of the interval.

    Returns
    -------
    Gap
        Official less counted, as a share of the registered voters; with an interval where lots drew.

    Raises
    ------
    ConfigError
        If the assignment has no such name, the arrays are not of one length, or no precinct has all
        three numbers.
    """
    if assignment not in ASSIGNMENTS:
        raise ConfigError(f"assignment is {assignment!r}; it is one of {', '.join(ASSIGNMENTS)}")
    _one_length(
        official=official, counted=counted, registered=registered, weight=weight, stratum=stratum,
        cluster=cluster,
    )  # fmt: skip
    used = np.isfinite(official) & np.isfinite(counted) & (registered > 0)
    if not used.any():
        raise ConfigError(
            f"none of the {len(official):,} precincts has an official number of voters, a count and "
            "registered voters"
        )

    def some(values: Floats | Codes | None) -> Any:
        return None if values is None else values[used]

    strata = some(stratum)
    shares = sampled
    if strata is not None:
        kept, strata = np.unique(strata, return_inverse=True)
        shares = None if sampled is None else sampled[kept]

    def of(y: Floats) -> Ratio:
        return ratio(
            y[used],
            registered[used],
            weight=some(weight),
            stratum=strata,
            cluster=None if cluster is None else np.unique(cluster[used], return_inverse=True)[1],
            sampled=shares,
            confidence_level=confidence_level,
        )

    return Gap(
        assignment=assignment,
        gap=of(official - counted),
        official=of(official),
        counted=of(counted),
        n=int(used.sum()),
        left_out=int((~used).sum()),
        innocent=SAY.all("counting") if assignment == "random" else SAY.all("counting", "placement"),
    )

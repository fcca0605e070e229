"""What is handed over: associations of outcomes with compositions, the null before the number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, overload

from forensics.commissions.placebo import Placebo
from forensics.messages.message import Message, Sentences
from forensics.notebook import card, listed, paragraph
from forensics.picture import Picture, Pictured

if TYPE_CHECKING:
    import pandas as pd

SAY = Sentences(
    "association",
    null="Precincts that share {groups} and differ in {exposure} do not differ in {outcome}.",
    null_all="Precincts that differ in {exposure} do not differ in {outcome}.",
    points="{coefficient:+.2f} percentage points [{low:+.2f}, {high:+.2f}] per unit of {exposure}",
    no_interval="{coefficient:+.2f} percentage points per unit of {exposure}, without an interval",
    typical="{effect:+.2f} percentage points for a typical difference of {deviation:.3f} in {exposure} "
    "within {groups}",
    mde="A true association of {mde:.2f} percentage points per unit would have been found with a "
    "probability of 80 %; below that, finding nothing says nothing.",
    mde_units="A true association of {mde:.4g} per unit would have been found with a probability of 80 %; "
    "below that, finding nothing says nothing.",
    robustness="A confounder that accounts for {value:.1%} of the residual variance of both composition "
    "and outcome would remove the association ({alpha:.1%} would make it indistinguishable from 0).",
    placement="Commissions are not placed at random: loyal members may be sent where support is weak, or "
    "rewarded where it was strong.",
    selection="Town and country, nationality, the size and kind of the precinct move both who sits on a "
    "commission and how its precinct votes.",
    labels="The nominator on paper need not be the bloc a member is loyal to: a small coefficient under "
    "such labels says almost nothing.",
    ecology="The numbers are about precincts, never about what a member did or how a voter voted.",
    whole="{exposure} does not vary within {body}: only differences between units of {cluster} are seen, "
    "with {groups} (M0 is the headline).",
    headless="{exposure} does not vary within {cluster}: it is compared across all of them, without "
    "further intercepts (M0 is the headline).",
    few_clusters="{clusters} clusters are few: the jackknife (CRV3) and the wild bootstrap lead.",
    alone="{n:,} {n:plural:precinct is|precincts are} alone in {groups} and compared with nothing.",
    left_out="{n:,} {n:plural:precinct|precincts} left out: no known members, no outcome, or no covariate.",
    coverage="Composition is known in {coverage:.1%} of the precincts; in {n:,} it is not.",
    unlike="The outcome of precincts without known members is {difference:+.2f} percentage points "
    "[{low:+.2f}, {high:+.2f}] from that of the others under the same body: what is missing is not missing "
    "by lot.",
    alike="The outcome of precincts without known members is {difference:+.2f} percentage points "
    "[{low:+.2f}, {high:+.2f}] from that of the others under the same body: no difference was found, which "
    "does not make them alike.",
    unknown_covariates="{names} is not known here, so that it is not held fixed.",
    dropped="{names} adds nothing within {groups} and was left out.",
    draws="The outcome is itself an estimate: {share:.0%} of the variance comes from its {n} draws "
    "(combined after Rubin).",
    plug_in="The outcome is itself an estimate. This model takes its mean for known: its interval is too "
    "narrow.",
    marginal="Average marginal effect of a fractional logit with the means of each body beside the "
    "columns.",
    pooled="Mean over {n} units of level {level} after partial pooling; they differ by a standard "
    "deviation of {tau:.2f} percentage points.",
    pooled_units="Mean over {n} units of level {level} after partial pooling; they differ by a standard "
    "deviation of {tau:.4g}.",
)
INNOCENT = SAY.all("placement", "selection", "labels", "ecology")

#: Headlines, and questions without an answer, that a notebook shows.
SHOWN = 6
#: Keys of an entry of ``association`` that CONTRACT names, in its order.
CONTRACT = (
    "outcome", "exposure", "coding", "model", "coefficient", "standard_error", "interval", "n",
    "clusters", "p_cluster", "p_wild", "p_permutation", "mde", "robustness_value", "placebo", "warning",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Association(Pictured):
    """One outcome on one exposure in one model; not an effect, and no verdict.

    Parameters
    ----------
    outcome, exposure, coding, model : str
        Names of what was put in relation, and ``M0`` to ``M6``.
    null : Message
        What would be true if composition had nothing to do with the outcome.
    coefficient : float
        Outcome per unit of exposure (for shares of members: from none to all); shares are 0–1.
    standard_error, interval : float, (float, float), or None
        Of the leading estimator, named by ``error``.
    n, clusters : int
        Precincts, and units that share errors.
    p_cluster, p_wild, p_permutation : float or None
        By clustered errors, wild bootstrap, and permutation at the appointing body.
    mde : float or None
        Smallest true coefficient found with a probability of 80 %.
    robustness_value : float or None
        Share of the residual variance of both that a confounder would have to explain.
    placebo : tuple of Placebo
        The same for outcomes that composition cannot have moved.
    warning : Message or None
        What has to stand beside the number wherever it is shown.
    headline, primary : bool
        The model that answers, and whether of the one declared pair.
    fixed_effects : str
        Level with an intercept per unit; empty for one intercept.
    cluster : str
        Level whose units share errors.
    error : str
        Estimator of the standard error that leads.
    deviation : float
        Standard deviation of the exposure within the groups.
    p_bh, p_romano_wolf : float or None
        Adjusted for all headlines but the primary one.
    points : bool
        Whether the outcome is a share, so that print shows percentage points.
    confidence_level : float
        Of the interval.
    notes, innocent : tuple of Message
        What to mind, and explanations that need nobody's ill will.
    pictures : tuple of Picture
        The headline carries those of all models of its question.
    detail : mapping
        ``errors``, ``variation``, ``sensitivity`` and whatever else there is, JSON-ready.
    """

    outcome: str
    exposure: str
    coding: str
    model: str
    null: Message
    coefficient: float
    standard_error: float | None
    interval: tuple[float, float] | None
    n: int
    clusters: int
    p_cluster: float | None
    p_wild: float | None = None
    p_permutation: float | None = None
    mde: float | None = None
    robustness_value: float | None = None
    placebo: tuple[Placebo, ...] = ()
    warning: tuple[Message, ...] = ()
    headline: bool = False
    primary: bool = False
    fixed_effects: str = ""
    cluster: str = ""
    error: str = "CRV1"
    deviation: float = 0.0
    p_bh: float | None = None
    p_romano_wolf: float | None = None
    points: bool = True
    confidence_level: float = 0.95
    notes: tuple[Message, ...] = ()
    innocent: tuple[Message, ...] = INNOCENT
    detail: Mapping[str, Any] = field(default_factory=dict, hash=False)
    pictures: tuple[Picture, ...] = field(default=(), compare=False)

    _WHY_NONE: ClassVar[str] = ": the headline of its question has those of every model"

    @property
    def id(self) -> str:
        """Stable identifier."""
        return ":".join((self.model, self.outcome, self.exposure, self.coding or "-"))

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The entry of ``association``: CONTRACT's keys first, in share points."""
        warning = " ".join(sentence.text(language) for sentence in self.warning)
        return {
            "outcome": self.outcome,
            "exposure": self.exposure,
            "coding": self.coding or None,
            "model": self.model,
            "coefficient": self.coefficient,
            "standard_error": self.standard_error,
            "interval": None if self.interval is None else list(self.interval),
            "n": self.n,
            "clusters": self.clusters,
            "p_cluster": self.p_cluster,
            "p_wild": self.p_wild,
            "p_permutation": self.p_permutation,
            "mde": self.mde,
            "robustness_value": self.robustness_value,
            "placebo": [item.to_dict() for item in self.placebo],
            "warning": warning or None,
            "headline": self.headline,
            "primary": self.primary,
            "null": self.null.text(language),
            "fixed_effects": self.fixed_effects or None,
            "cluster": self.cluster,
            "error": self.error,
            "confidence_level": self.confidence_level,
            "deviation": self.deviation,
            "p_bh": self.p_bh,
            "p_romano_wolf": self.p_romano_wolf,
            "notes": [sentence.text(language) for sentence in self.notes],
            "innocent": [sentence.text(language) for sentence in self.innocent],
            **self.detail,
        }

    def to_frame(self) -> pd.DataFrame:
        """One row with the plain columns of :meth:`to_dict`."""
        return Associations((self,)).to_frame()

    def __str__(self) -> str:
        lines = [
            f"null: {self.null}",
            # No number is read before what warns of it.
            *(f"warning: {sentence}" for sentence in self.warning),
            f"{self.outcome} on {self.exposure}"
            + (f" (coding {self.coding})" if self.coding else "")
            + f", {self.model}: n {self.n:,} in {self.clusters:,} clusters ({self.cluster})",
            self._effect(),
            self._pvalues(),
        ]
        if self.mde is not None:
            told = SAY("mde", mde=100 * self.mde) if self.points else SAY("mde_units", mde=self.mde)
            lines.append(str(told))
        lines += [str(sentence) for sentence in self.notes]
        lines.append(f"innocent explanations: {' '.join(map(str, self.innocent))}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Null, warnings and the numbers after them, for a notebook."""
        asked = f"{self.outcome} on {self.exposure}" + (f" (coding {self.coding})" if self.coding else "")
        return card(
            paragraph(self.null, label="Null"),
            *(paragraph(sentence, label="Warning") for sentence in self.warning),
            paragraph(f"{asked}, {self.model}: n {self.n:,} in {self.clusters:,} clusters"),
            paragraph(self._effect(), strong=True),
            paragraph(self._pvalues()),
            *(paragraph(sentence, faint=True) for sentence in self.notes),
            paragraph(" ".join(map(str, self.innocent)), label="Innocent explanations", faint=True),
        )

    def _effect(self) -> str:
        scale = 100 if self.points else 1
        if not self.points:
            ends = "" if self.interval is None else f" [{self.interval[0]:+.4g}, {self.interval[1]:+.4g}]"
            return f"{self.coefficient:+.4g}{ends} per unit of {self.exposure}"
        if self.interval is None:
            return str(SAY("no_interval", coefficient=scale * self.coefficient, exposure=self.exposure))
        return str(
            SAY(
                "points",
                coefficient=scale * self.coefficient,
                low=scale * self.interval[0],
                high=scale * self.interval[1],
                exposure=self.exposure,
            )
        )

    def _pvalues(self) -> str:
        known = (
            (self.error, self.p_cluster),
            ("wild bootstrap", self.p_wild),
            ("permuted compositions", self.p_permutation),
            ("adjusted for the other questions, Benjamini-Hochberg", self.p_bh),
            ("the same, Romano-Wolf", self.p_romano_wolf),
        )
        return (
            "; ".join(f"p {value:.3g} ({name})" for name, value in known if value is not None)
            or "no p-value"
        )


@dataclass(frozen=True, slots=True)
class NotEstimated:
    """A question that could not be answered, and why."""

    outcome: str
    exposure: str
    coding: str
    model: str
    reason: Message

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The entry of ``skipped``."""
        return {
            "outcome": self.outcome,
            "exposure": self.exposure,
            "coding": self.coding or None,
            "model": self.model,
            "reason": self.reason.text(language),
        }

    def __str__(self) -> str:
        return f"{self.model} of {self.outcome} on {self.exposure}: not estimated. {self.reason}"


class Associations(Sequence[Association]):
    """All associations of one study, with what could not be estimated and the declared study.

    Parameters
    ----------
    items : sequence of Association
        In the order of the study.
    skipped : sequence of NotEstimated
        What could not be estimated, and why.
    study : mapping, optional
        The declared study.
    digest : str
        Of the returns.
    """

    def __init__(
        self,
        items: Sequence[Association] = (),
        skipped: Sequence[NotEstimated] = (),
        study: Mapping[str, Any] | None = None,
        digest: str = "",
    ) -> None:
        self._items = tuple(items)
        self.skipped = tuple(skipped)
        self.study = dict(study or {})
        self.digest = digest

    @overload
    def __getitem__(self, index: int) -> Association: ...
    @overload
    def __getitem__(self, index: slice) -> Associations: ...
    def __getitem__(self, index: int | slice) -> Association | Associations:
        if isinstance(index, slice):
            return Associations(self._items[index], self.skipped, self.study, self.digest)
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Association]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"<Associations: {len(self):,}, {len(self.skipped):,} not estimated>"

    def __str__(self) -> str:
        return "\n\n".join(str(item) for item in (*self._items, *self.skipped))

    def _repr_html_(self) -> str:
        """The headlines, each with its null before its number, and what could not be estimated."""
        return card(
            paragraph(repr(self)[1:-1], strong=True),
            *(item._repr_html_() for item in self.headlines[:SHOWN]),
            *listed([str(item) for item in self.skipped], SHOWN, "skipped has all of them"),
        )

    @property
    def headlines(self) -> tuple[Association, ...]:
        """The answers, without the other models."""
        return tuple(item for item in self._items if item.headline)

    @property
    def primary(self) -> Association | None:
        """The headline of the one declared pair, under the first coding."""
        return next((item for item in self._items if item.primary), None)

    def only(self, **wanted: str) -> Association:
        """The one association that has the ``wanted`` outcome, exposure, coding or model.

        Raises
        ------
        LookupError
            If none or several have them.
        """
        found = [i for i in self._items if all(getattr(i, name) == v for name, v in wanted.items())]
        if len(found) == 1:
            return found[0]
        there = ", ".join(item.id for item in (found or self._items)[:8]) or "none"
        raise LookupError(f"{len(found)} associations answer, not one; there are: {there}")

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``association`` and ``skipped`` of CONTRACT section 6, and the study with its hash."""
        return {
            "study": {**self.study, "sha256": self.digest},
            "association": [item.to_dict(language) for item in self._items],
            "skipped": [item.to_dict(language) for item in self.skipped],
        }

    def to_frame(self) -> pd.DataFrame:
        """A row per association with the plain keys of CONTRACT; the interval spread out."""
        import pandas as pd

        rows = []
        for item in self._items:
            row = item.to_dict()
            low, high = row["interval"] or (None, None)
            plain = {key: row[key] for key in CONTRACT if key not in ("interval", "placebo")}
            rows.append({**plain, "low": low, "high": high, "headline": item.headline})
        columns = [key for key in CONTRACT if key not in ("interval", "placebo")]
        return pd.DataFrame(rows, columns=[*columns, "low", "high", "headline"])

"""What a detector says: findings with their null first, and 'cannot tell' as a value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, overload

from forensics.messages.message import Message
from forensics.messages.typesetting import plain
from forensics.notebook import Across, bounds, card, grid, listed, number, paragraph
from forensics.picture import Picture, Pictured
from forensics.scope import NATIONAL, Scope

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from forensics.posterior import Draws

#: Keys of a finding in ``findings.json``, in the order written (CONTRACT section 3).
COLUMNS = (
    "id", "method", "family", "scope", "quantity", "null", "statistic", "pvalue", "effect", "unit",
    "interval", "confidence_level", "n", "excluded", "exclusion", "underpowered", "assumptions",
    "innocent", "parameters", "detail",
)  # fmt: skip
_SPREAD = {"scope": ("level", "scope"), "interval": ("low", "high")}
#: Columns of :meth:`Findings.to_frame`: the same, with scope and interval spread out.
FRAME_COLUMNS = tuple(name for key in COLUMNS for name in _SPREAD.get(key, (key,)))
#: Findings that an error lists, and skipped detectors beside them.
LISTED, LISTED_SKIPPED = 8, 3
#: Findings that a notebook shows of many, and skipped detectors.
SHOWN, SHOWN_SKIPPED = 30, 6
#: Columns of the findings in a notebook.
_HEAD = ("what", "where", "effect", "unit", "statistic", "p", "n")


@dataclass(frozen=True, slots=True)
class Interval:
    """Closed interval, ``low <= high``.

    Parameters
    ----------
    low, high, confidence_level : float
        Finite ends in the unit of the effect, and the level in (0, 1).

    Raises
    ------
    ValueError
        If the ends are not finite or not in order, or the level is not in (0, 1).
    """

    low: float
    high: float
    confidence_level: float = 0.95

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError(f"interval [{self.low}, {self.high}] is not an ordered pair of finite numbers")
        if not 0 < self.confidence_level < 1:
            raise ValueError(f"confidence level {self.confidence_level} is not in (0, 1)")


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something the null rests on, and whether it holds here (``None``: unknown)."""

    text: Message
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a number was computed from: digest of the data, seed, version of the library."""

    digest: str = ""
    seed: int | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A detector that could not run here, and why.

    Parameters
    ----------
    method, scope, reason : str, Scope, Message
        Identifier of the detector, the nation or unit, and the reason as a sentence.
    """

    method: str
    scope: Scope
    reason: Message

    def __str__(self) -> str:
        return f"{self.method} ({self.scope}): skipped. {self.reason}"

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The entry of ``findings.json`` under ``skipped``."""
        return {
            "method": self.method,
            "scope": self.scope.to_dict(),
            "reason": self.reason.text(language),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Pictured):
    """A departure from a stated null, measured in one scope; not a verdict.

    Parameters
    ----------
    method, family : str
        Identifier of the detector and of its family.
    quantity : str
        What was looked at (``"leader_votes"``, ``"issued"``, ``"turnout"``, …).
    null : Message
        What would be true if nothing but chance were at work, as a sentence.
    innocent : tuple of Message
        Explanations that need no manipulation; never empty.
    scope : Scope
        The nation or one unit.
    statistic, pvalue, effect : float or None
        ``None`` where there is none; never NaN. The p-value is the calibrated one where two exist.
    unit, interval : str, Interval or None
        Of the effect.
    n, excluded, exclusion : int, int, Message or None
        Precincts (or units) used and left out, and why.
    underpowered : bool
        Below the method's minimum: no p-value is given.
    assumptions : tuple of Assumption
        What the null rests on, and whether it holds here.
    parameters, detail, provenance : mapping, mapping, Provenance
        Everything needed to recompute and to draw; digest of the data, seed and version.
    precincts : ndarray of float64, shape (rows of the returns,), optional
        Residual or score per precinct, NaN where the precinct was left out.
    pictures : tuple of Picture
        Exactly what the figures of this finding draw.
    draws : Draws, optional
        Posterior draws of what a model says of precincts and units.

    Raises
    ------
    ValueError
        If a number is not finite, a p-value lies outside [0, 1] or stands on an underpowered finding,
        or there is no innocent explanation.
    """

    method: str
    family: str
    quantity: str
    null: Message
    innocent: tuple[Message, ...]
    scope: Scope = NATIONAL
    statistic: float | None = None
    pvalue: float | None = None
    effect: float | None = None
    unit: str = ""
    interval: Interval | None = None
    n: int = 0
    excluded: int = 0
    exclusion: Message | None = None
    underpowered: bool = False
    assumptions: tuple[Assumption, ...] = ()
    # Mappings have no hash and arrays no truth value: the rest tells findings apart.
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    detail: Mapping[str, Any] = field(default_factory=dict, hash=False)
    provenance: Provenance = field(default_factory=Provenance)
    precincts: NDArray[np.float64] | None = field(default=None, compare=False)
    pictures: tuple[Picture, ...] = field(default=(), compare=False)
    draws: Draws | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in ("statistic", "pvalue", "effect"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{self.method}: {name} is {value}; use None where there is none")
        if self.pvalue is not None and not 0 <= self.pvalue <= 1:
            raise ValueError(f"{self.method}: p-value {self.pvalue} is not in [0, 1]")
        if self.underpowered and self.pvalue is not None:
            raise ValueError(f"{self.method}: an underpowered finding has no p-value")
        if not self.innocent:
            raise ValueError(f"{self.method}: a finding states its innocent explanations")

    @property
    def id(self) -> str:
        """Stable identifier: method, quantity and scope."""
        return f"{self.method}:{self.quantity}:{self.scope.key}"

    def __str__(self) -> str:
        used = f"n {self.n:,}"
        if self.excluded:
            used += f", {self.excluded:,} left out"
        if self.underpowered:
            used += " (underpowered)"
        lines = (
            f"null: {self.null}",
            f"{self.method}, {self.quantity}, {self.scope}: {used}",
            "; ".join(self._numbers()),
            f"innocent explanations: {' '.join(map(str, self.innocent))}",
        )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The four lines of the print, the null first, for a notebook."""
        return card(
            paragraph(self.null, label="Null"),
            grid(_HEAD, [self._cells()]),
            paragraph(" ".join(map(str, self.innocent)), label="Innocent explanations", faint=True),
        )

    def _cells(self) -> tuple[str | int, ...]:
        effect = number(self.effect)
        if self.interval is not None:
            effect += bounds((self.interval.low, self.interval.high))
        return (
            f"{self.method}: {self.quantity}",
            str(self.scope),
            effect,
            self.unit,
            number(self.statistic),
            "underpowered" if self.underpowered else number(self.pvalue, 3),
            self.n,
        )

    def _numbers(self) -> Iterator[str]:
        """Effect with its interval, statistic and p-value, those that there are."""
        if self.effect is not None:
            effect = f"effect {plain(self.effect)} {self.unit}".rstrip()
            if self.interval is not None:
                effect += f" [{plain(self.interval.low)}, {plain(self.interval.high)}]"
            yield effect
        if self.statistic is not None:
            yield f"statistic {plain(self.statistic)}"
        yield "no p-value" if self.pvalue is None else f"p {self.pvalue:.3g}"

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The finding as ``findings.json`` writes it, in the order of ``COLUMNS``."""
        interval = self.interval
        return {
            "id": self.id,
            "method": self.method,
            "family": self.family,
            "scope": self.scope.to_dict(),
            "quantity": self.quantity,
            "null": self.null.text(language),
            "statistic": self.statistic,
            "pvalue": self.pvalue,
            "effect": self.effect,
            "unit": self.unit,
            "interval": None if interval is None else [interval.low, interval.high],
            "confidence_level": None if interval is None else interval.confidence_level,
            "n": self.n,
            "excluded": self.excluded,
            "exclusion": None if self.exclusion is None else self.exclusion.text(language),
            "underpowered": self.underpowered,
            "assumptions": [{"text": a.text.text(language), "holds": a.holds} for a in self.assumptions],
            "innocent": [sentence.text(language) for sentence in self.innocent],
            "parameters": dict(self.parameters),
            "detail": dict(self.detail),
        }

    def to_frame(self) -> pd.DataFrame:
        """One row with the columns of ``findings.json``."""
        return Findings((self,)).to_frame()


class Findings(Sequence[Finding | Skipped]):
    """What a detector returns: findings over quantities and scopes, and what was skipped.

    Parameters
    ----------
    items : iterable of Finding or Skipped
        In the order in which they are shown.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[Finding | Skipped] = ()) -> None:
        self._items = tuple(items)

    @overload
    def __getitem__(self, index: int) -> Finding | Skipped: ...
    @overload
    def __getitem__(self, index: slice) -> Findings: ...
    def __getitem__(self, index: int | slice) -> Finding | Skipped | Findings:
        if isinstance(index, slice):
            return Findings(self._items[index])
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Finding | Skipped]:
        return iter(self._items)

    def __add__(self, other: Iterable[Finding | Skipped]) -> Findings:
        return Findings((*self._items, *other))

    def __repr__(self) -> str:
        return f"<Findings: {len(self.tested):,} findings, {len(self.skipped):,} skipped>"

    def __str__(self) -> str:
        return "\n\n".join(str(item) for item in self._items)

    def _repr_html_(self) -> str:
        """Findings under the null they share, with its innocent explanations, and what was skipped."""
        rows: list[tuple[str | int, ...] | Across] = []
        before = None
        for item in self.tested[:SHOWN]:
            if (item.null, item.innocent) != before:
                rows.append(
                    Across(
                        str(item.null), "Null", " ".join(map(str, item.innocent)), "innocent explanations"
                    )
                )
            before = (item.null, item.innocent)
            rows.append(item._cells())
        left = len(self.tested) - SHOWN
        return card(
            paragraph(f"{len(self.tested):,} findings, {len(self.skipped):,} skipped", strong=True),
            grid(_HEAD, rows) if rows else "",
            paragraph(f"and {left:,} more: to_frame() has all of them", faint=True) if left > 0 else "",
            *listed([str(item) for item in self.skipped], SHOWN_SKIPPED, "skipped has all of them"),
        )

    @property
    def tested(self) -> tuple[Finding, ...]:
        """The findings, without what was skipped."""
        return tuple(item for item in self._items if isinstance(item, Finding))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What could not be run, with the reason."""
        return tuple(item for item in self._items if isinstance(item, Skipped))

    def select(
        self,
        *,
        method: str | None = None,
        quantity: str | None = None,
        scope: Scope | str | None = None,
    ) -> Findings:
        """Findings of ``method``, ``quantity`` and ``scope`` (a :class:`Scope`, or its level or key)."""
        return Findings(
            item
            for item in self.tested
            if method in (None, item.method)
            and quantity in (None, item.quantity)
            and (scope is None or scope in (item.scope, item.scope.level, item.scope.key, str(item.scope)))
        )

    def only(
        self,
        *,
        method: str | None = None,
        quantity: str | None = None,
        scope: Scope | str | None = None,
    ) -> Finding:
        """The one finding of ``method``, ``quantity`` and ``scope``, as :meth:`select` takes them.

        Raises
        ------
        LookupError
            If none or several do; the text lists what there is.
        """
        found = self.select(method=method, quantity=quantity, scope=scope).tested
        if len(found) == 1:
            return found[0]
        there = ", ".join(item.id for item in (found or self.tested)[:LISTED]) or "none"
        skipped = "".join(f"; {item}" for item in self.skipped[:LISTED_SKIPPED])
        raise LookupError(f"{len(found)} findings answer, not one; there are: {there}{skipped}")

    def with_provenance(self, provenance: Provenance) -> Findings:
        """The same findings, each with the ``provenance`` that it was computed from."""
        return Findings(
            replace(item, provenance=provenance) if isinstance(item, Finding) else item
            for item in self._items
        )

    def to_frame(self, language: str = "en") -> pd.DataFrame:
        """A row per finding, with the columns of ``findings.json``; scope and interval spread out."""
        import pandas as pd

        rows = []
        for item in self.tested:
            row = item.to_dict(language)
            low, high = row.pop("interval") or (None, None)
            scope = row.pop("scope")
            row |= {"level": scope["level"], "scope": str(item.scope), "low": low, "high": high}
            rows.append(row)
        return pd.DataFrame(rows, columns=list(FRAME_COLUMNS))

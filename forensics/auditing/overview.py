"""The first look: turnout and share of every precinct, described and not tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forensics.messages.message import Message, Sentences
from forensics.picture import Picture
from forensics.tables.returns import Returns
from forensics.tables.roles import VOTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

#: In a smaller precinct few percentages are possible at all, and round ones are common by arithmetic.
FEWEST_FOR_TENTHS = 100
#: From how many precincts on the cells of the comet are one point, and half a point, wide.
CELLS = ((20_000, 200), (2_000, 100), (0, 50))

SAY = Sentences(
    "overview",
    comet="Turnout and share of {option}: {scope}",
    comet_caption="Each cell counts precincts by turnout ({turnout} / registered) and by the share of "
    "{option} (votes / ballots); the last row and column hold exactly 100 %. {n:,} precincts; left "
    "out: {excluded:,} (a count missing or negative, a zero total, or a part greater than its total). "
    "A description, no test. Regions that differ in turnout and support make such clouds long or double "
    "without anybody's doing. Source: {source}.",
    turnout="Turnout in classes of {width:g} {width:plural:point|points}: {scope}",
    share="Share of {option} in classes of {width:g} {width:plural:point|points}: {scope}",
    tenths_caption="Precincts by {part} / {whole} in percent; a class holds its lower edge, the last one "
    "exactly 100 %. {n:,} precincts with {whole} of at least {minimum:,}; left out: {small:,} "
    "smaller and {excluded:,} without a percentage (a count missing or negative, a zero total, or a "
    "part greater than its total). A description, no test: fractions of whole numbers meet round "
    "percentages more often than their neighbours by arithmetic alone, the more so the smaller the "
    "precincts. Source: {source}.",
    points_caption="Precincts by {part} / {whole} in percent; a class holds its lower edge, the last one "
    "exactly 100 %. {n:,} precincts; left out: {excluded:,} (a count missing or negative, a zero total, or "
    "a part greater than its total). A description, no test: very small precincts reach 0, 50 and 100 % by "
    "arithmetic alone. Source: {source}.",
)


@dataclass(frozen=True, slots=True)
class _Ratio:
    """A part and its whole, int64 of shape (n,); ``usable`` where the percentage exists."""

    name: str
    part_of: str
    whole_of: str
    part: Counts
    whole: Counts
    usable: NDArray[np.bool_]

    def classes(self, k: int) -> Counts:
        """Index of the class, 0..k: ``part / whole`` of exactly j/k is in class j, at any size."""
        # Whole-number division: 0.29 * 100 is 28.999… in floating point.
        return self.part[self.usable] * k // self.whole[self.usable]


def overview(returns: Returns) -> tuple[Picture, ...]:
    """Comet, turnout and share histograms (classes of 0.1 and of 1 point).

    Parameters
    ----------
    returns : Returns
        Whatever is missing (registered, ballots, votes) leaves its pictures out.

    Returns
    -------
    tuple of Picture
        ``comet``, ``turnout-tenths``, ``turnout-points``, ``share-tenths``, ``share-points``: those
        whose counts exist. Classes hold their lower edge; the last holds exactly 100 %.
    """
    turnout = _ratio(returns, "turnout", returns.turnout_of, "registered")
    share = _ratio(returns, "share", VOTES + returns.leader, "ballots") if returns.leader else None
    pictures = []
    if turnout is not None and share is not None:
        pictures.append(_comet(returns, turnout, share))
    for ratio in (turnout, share):
        if ratio is not None:
            pictures += [_tenths(returns, ratio), _points(returns, ratio)]
    return tuple(picture for picture in pictures if picture is not None)


def _ratio(returns: Returns, name: str, part_of: str, whole_of: str) -> _Ratio | None:
    if not returns.has(part_of, whole_of):
        return None
    part, whole = returns.counts(part_of), returns.counts(whole_of)
    usable = (part >= 0) & (whole > 0) & (part <= whole)
    if not usable.any():
        return None
    return _Ratio(
        name,
        part_of,
        whole_of,
        np.where(usable, part, 0).astype(np.int64),
        np.where(usable, whole, 1).astype(np.int64),
        usable,
    )


def _option(returns: Returns) -> str:
    return returns.labels.get(returns.leader or "", returns.leader or "")


def _comet(returns: Returns, turnout: _Ratio, share: _Ratio) -> Picture | None:
    both = turnout.usable & share.usable
    n = int(both.sum())
    if not n:
        return None
    k = next(cells for fewest, cells in CELLS if n >= fewest)
    cell = (turnout.part[both] * k // turnout.whole[both]) * (k + 1) + (
        share.part[both] * k // share.whole[both]
    )
    where, precincts = np.unique(cell, return_counts=True)
    option = _option(returns)
    return Picture(
        figure="comet",
        name="comet",
        title=SAY("comet", option=option, scope=str(returns.scope)),
        caption=SAY(
            "comet_caption",
            turnout=turnout.part_of,
            option=option,
            n=n,
            excluded=len(returns) - n,
            source=returns.source.name,
        ),
        columns={
            "turnout": (where // (k + 1)) * 100 / k,
            "share": (where % (k + 1)) * 100 / k,
            "precincts": precincts.astype(np.int64),
        },
        options={"width": 100 / k, "xlabel": "turnout, %", "ylabel": f"share of {option}, %"},
    )


def _tenths(returns: Returns, ratio: _Ratio) -> Picture | None:
    large = ratio.whole >= FEWEST_FOR_TENTHS
    used = _Ratio(ratio.name, ratio.part_of, ratio.whole_of, ratio.part, ratio.whole, ratio.usable & large)
    n, usable = int(used.usable.sum()), int(ratio.usable.sum())
    if not n:
        return None
    caption = SAY(
        "tenths_caption",
        part=_column(returns, ratio.part_of),
        whole=ratio.whole_of,
        n=n,
        minimum=FEWEST_FOR_TENTHS,
        small=usable - n,
        excluded=len(returns) - usable,
        source=returns.source.name,
    )
    return _histogram(returns, used, 1000, "tenths", caption)


def _points(returns: Returns, ratio: _Ratio) -> Picture:
    n = int(ratio.usable.sum())
    caption = SAY(
        "points_caption",
        part=_column(returns, ratio.part_of),
        whole=ratio.whole_of,
        n=n,
        excluded=len(returns) - n,
        source=returns.source.name,
    )
    return _histogram(returns, ratio, 100, "points", caption)


def _histogram(returns: Returns, ratio: _Ratio, k: int, classes: str, caption: Message) -> Picture:
    option = _option(returns)
    said = {"option": option} if ratio.name == "share" else {}
    label = f"share of {option}, %" if ratio.name == "share" else "turnout, %"
    return Picture(
        figure="sawtooth",
        name=f"{ratio.name}-{classes}",
        title=SAY(ratio.name, width=100 / k, scope=str(returns.scope), **said),
        caption=caption,
        columns={
            "low": np.arange(k + 1) * 100 / k,
            "count": np.bincount(ratio.classes(k), minlength=k + 1).astype(np.int64),
        },
        options={"width": 100 / k, "xlabel": label, "ylabel": "precincts"},
    )


def _column(returns: Returns, column: str) -> str:
    """How a caption names a column: the option's own spelling for votes."""
    return f"votes for {_option(returns)}" if column.startswith(VOTES) else column

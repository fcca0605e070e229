"""The first look: turnout and share of every precinct, described and not tested."""

from __future__ import annotations

import numpy as np

from forensics.auditing.ratios import Ratio, column_text, share_ratio, spelled, turnout_ratio
from forensics.kernels.histogram import expected_histogram
from forensics.messages.message import Message, Sentences
from forensics.picture import Picture
from forensics.tables.returns import Returns

#: In a smaller precinct few percentages are possible at all, and round ones are common by arithmetic.
FEWEST_FOR_TENTHS = 100
#: From how many precincts on the cells of the comet are one point, and half a point, wide.
CELLS = ((20_000, 200), (2_000, 100), (0, 50))
#: From how many precincts on the margins of the comet are in tenths of a point.
FEWEST_FOR_MARGINS = 5_000
#: Half of a normal 95 % band in standard deviations.
BAND = 1.959964

SAY = Sentences(
    "overview",
    comet="Turnout and share of {option}: {scope}",
    comet_caption="Each cell counts precincts by turnout ({turnout} / registered) and by the share of "
    "{option} (votes / ballots); the last row and column hold exactly 100 %. {n:,} precincts; left "
    "out: {excluded:,} (a count missing or negative, a zero total, or a part greater than its total). "
    "A description, no test. Regions that differ in turnout and support make such clouds long or double "
    "without anybody's doing. Source: {source}.",
    margins_caption="Cells count precincts by turnout ({turnout} / registered) and by the share of "
    "{option} (votes / ballots); the histograms are in classes of {margin:g} "
    "{margin:plural:point|points}, multiples of 5 % dark. "
    "{n:,} precincts with at least {minimum:,} registered and {minimum:,} ballots; left out: "
    "{excluded:,}. A description, no test: round percentages are common in small precincts by arithmetic "
    "alone, and regions that differ in turnout and support make such clouds long or double without "
    "anybody's doing. Source: {source}.",
    turnout="Turnout in classes of {width:g} {width:plural:point|points}: {scope}",
    share="Share of {option} in classes of {width:g} {width:plural:point|points}: {scope}",
    tenths_caption="Precincts by {part} / {whole} in percent; a class holds its lower edge, the last one "
    "exactly 100 %. {n:,} precincts with {whole} of at least {minimum:,}; left out: {small:,} "
    "smaller and {excluded:,} without a percentage (a count missing or negative, a zero total, or a "
    "part greater than its total). Line and band: what binomial redraws around each precinct's own "
    "percentage give (exact; 95 % of each class by itself); at 0 and 100 % nothing can vary. A "
    "description, no test: fractions of whole numbers meet round percentages more often than their "
    "neighbours by arithmetic alone, and the line contains that. Source: {source}.",
    of="share of {option}, %",
    by="turnout ({part} / registered), %",
    turnout_label="turnout, %",
    points_caption="Precincts by {part} / {whole} in percent; a class holds its lower edge, the last one "
    "exactly 100 %. {n:,} precincts; left out: {excluded:,} (a count missing or negative, a zero total, or "
    "a part greater than its total). A description, no test: very small precincts reach 0, 50 and 100 % by "
    "arithmetic alone. Source: {source}.",
)


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
    ratios = (turnout_ratio(returns), share_ratio(returns))
    pictures = [comet(returns)]
    for ratio in ratios:
        if ratio is not None:
            pictures += [tenths(returns, ratio), points(returns, ratio)]
    return tuple(picture for picture in pictures if picture is not None)


def comet(returns: Returns, *, cells: int | None = None) -> Picture | None:
    """Precincts by turnout and share, ``cells`` to a side; ``None`` where no precinct has both."""
    turnout, share = turnout_ratio(returns), share_ratio(returns)
    if turnout is None or share is None or not (turnout.usable & share.usable).any():
        return None
    both = turnout.usable & share.usable
    n = int(both.sum())
    k = cells or next(cells for fewest, cells in CELLS if n >= fewest)
    option = spelled(returns)
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
        columns=_cells(turnout.only(both), share.only(both), k),
        options={"width": 100 / k, "xlabel": "turnout, %"},
        labels={"ylabel": SAY("of", option=option)},
    )


def _cells(turnout: Ratio, share: Ratio, k: int) -> dict[str, np.ndarray]:
    cell = turnout.classes(k) * (k + 1) + share.classes(k)
    where, precincts = np.unique(cell, return_counts=True)
    return {
        "turnout": (where // (k + 1)) * 100 / k,
        "share": (where % (k + 1)) * 100 / k,
        "precincts": precincts.astype(np.int64),
    }


def fingerprint_comet(returns: Returns) -> Picture | None:
    """The comet of all but the smallest precincts, with the histogram of each side as further rows."""
    turnout, share = turnout_ratio(returns), share_ratio(returns)
    if turnout is None or share is None:
        return None
    keep = turnout.usable & share.usable
    keep &= (turnout.whole >= FEWEST_FOR_TENTHS) & (share.whole >= FEWEST_FOR_TENTHS)
    n = int(keep.sum())
    if not n:
        return None
    turnout, share = turnout.only(keep), share.only(keep)
    k = next(cells for fewest, cells in CELLS if n >= fewest)
    fine = 1000 if n >= FEWEST_FOR_MARGINS else 100
    columns = _cells(turnout, share, k)
    edges, none = np.arange(fine + 1) * 100 / fine, np.full(fine + 1, np.nan)
    counts = [np.bincount(ratio.classes(fine), minlength=fine + 1) for ratio in (turnout, share)]
    option = spelled(returns)
    return Picture(
        figure="fingerprint_comet",
        name="fingerprint-comet",
        title=SAY("comet", option=option, scope=str(returns.scope)),
        caption=SAY(
            "margins_caption",
            turnout=turnout.part_of,
            option=option,
            margin=100 / fine,
            n=n,
            minimum=FEWEST_FOR_TENTHS,
            excluded=len(returns) - n,
            source=returns.source.name,
        ),
        columns={
            "turnout": np.concatenate([columns["turnout"], edges, none]),
            "share": np.concatenate([columns["share"], none, edges]),
            "precincts": np.concatenate([columns["precincts"], *counts]),
        },
        options={
            "width": 100 / k,
            "margin": 100 / fine,
        },
        labels={"xlabel": SAY("by", part=turnout.part_of), "ylabel": SAY("of", option=option)},
    )


def tenths(returns: Returns, ratio: Ratio) -> Picture | None:
    """Histogram in tenths of a point with its exact binomial expectation; not of small precincts."""
    used = ratio.only(ratio.whole >= FEWEST_FOR_TENTHS)
    n, usable = int(used.usable.sum()), int(ratio.usable.sum())
    if not n:
        return None
    caption = SAY(
        "tenths_caption",
        part=column_text(returns, ratio.part_of),
        whole=ratio.whole_of,
        n=n,
        minimum=FEWEST_FOR_TENTHS,
        small=usable - n,
        excluded=len(returns) - usable,
        source=returns.source.name,
    )
    whole = used.whole[used.usable]
    mean, variance = expected_histogram(whole, used.part[used.usable] / whole, 1000)
    half = BAND * np.sqrt(variance)
    expected = {
        "expected": mean,
        "expected_low": np.maximum(mean - half, 0),
        "expected_high": mean + half,
    }
    return _histogram(returns, used, 1000, "tenths", caption, expected)


def points(returns: Returns, ratio: Ratio) -> Picture:
    """Histogram in whole points, of every precinct that has the percentage."""
    n = int(ratio.usable.sum())
    caption = SAY(
        "points_caption",
        part=column_text(returns, ratio.part_of),
        whole=ratio.whole_of,
        n=n,
        excluded=len(returns) - n,
        source=returns.source.name,
    )
    return _histogram(returns, ratio, 100, "points", caption, {})


def _histogram(
    returns: Returns,
    ratio: Ratio,
    k: int,
    classes: str,
    caption: Message,
    expected: dict[str, np.ndarray],
) -> Picture:
    option = spelled(returns)
    said = {"option": option} if ratio.name == "share" else {}
    label = SAY("of", option=option) if ratio.name == "share" else SAY("turnout_label")
    return Picture(
        figure="sawtooth",
        name=f"{ratio.name}-{classes}",
        title=SAY(ratio.name, width=100 / k, scope=str(returns.scope), **said),
        caption=caption,
        columns={
            "low": np.arange(k + 1) * 100 / k,
            "count": np.bincount(ratio.classes(k), minlength=k + 1).astype(np.int64),
            **expected,
        },
        options={"width": 100 / k, "ylabel": "precincts"},
        labels={"xlabel": label},
    )

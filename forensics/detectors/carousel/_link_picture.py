"""What the figure of the pooled and the within-territory slope draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.messages.message import Sentences
from forensics.picture import Picture

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Where the weight is cut into the points of a line: twentieths, the last of them finer.
CUTS = (*(i / 20 for i in range(1, 20)), 0.97, 0.985, 0.995)
POOLED, WITHIN = "pooled", "within"

SAY = Sentences(
    "link_picture",
    title="Support for {option} and voters from elsewhere",
    caption="Each point: a twentieth of the ballots issued (the last one in four), by the share of voters "
    "from elsewhere; n = {n:,} precincts. Pooled: as reported; within {home}: both shares less their mean "
    "in the precinct's {home}, plus the overall mean. Lines: weighted least squares.",
    flat="Each point: a twentieth of the ballots issued (the last one in four), by the share of voters "
    "from elsewhere; n = {n:,} precincts. Line: weighted least squares.",
    xlabel="voters from elsewhere, % of ballots issued",
    ylabel="share of {option}, % of ballots",
)


def link_picture(
    a: Floats, y: Floats, w: Floats, home: Codes, *, name: str, option: str, home_level: str | None
) -> tuple[Picture, ...]:
    """Points and slopes, pooled and within homes.

    Parameters
    ----------
    a, y, w : ndarray of float64, shape (m,)
        Shares of movers, shares of votes, weights > 0.
    home : ndarray of intp, shape (m,)
        Unit of each row within which it is compared.
    name : str
        File name stem.
    option, home_level : str
        Whose votes, and what a home is (``None``: one home for all, so one line).
    """
    mean_a, mean_y = float(w @ a / w.sum()), float(w @ y / w.sum())
    series = {POOLED: (a, y)}
    if home_level is not None:
        mass = np.maximum(np.bincount(home, w), 1e-300)
        own = [v - (np.bincount(home, w * v) / mass)[home] for v in (a, y)]
        series[WITHIN] = (own[0] + mean_a, own[1] + mean_y)
    columns: dict[str, list[Floats]] = {"voters": [], "share": [], "weight": []}
    names: list[str] = []
    options: dict[str, float | str] = {
        "mean_voters": 100 * mean_a,
        "mean_share": 100 * mean_y,
        "home": home_level or "",
    }
    for label, (x, v) in series.items():
        centred = x - mean_a
        options[f"slope_{label}"] = float((w * centred * (v - mean_y)).sum() / (w * centred**2).sum())
        weight, *points = _points(x, v, w)
        for column, values in zip(columns, (100 * points[0], 100 * points[1], weight), strict=True):
            columns[column].append(values)
        names += [label] * len(weight)
    caption = SAY("caption", n=len(a), home=home_level) if home_level else None
    return (
        Picture(
            figure="slope_within",
            name=name,
            title=SAY("title", option=option),
            caption=caption or SAY("flat", n=len(a)),
            columns={"series": np.array(names)} | {c: np.concatenate(v) for c, v in columns.items()},
            options=options,
            labels={"xlabel": SAY("xlabel"), "ylabel": SAY("ylabel", option=option)},
        ),
    )


def _points(x: Floats, y: Floats, w: Floats) -> tuple[Floats, Floats, Floats]:
    """Weight, mean x and mean y of the slices in order of x."""
    order = np.lexsort((y, w, x))
    place = np.cumsum(w[order]) - w[order] / 2
    _, part = np.unique(np.searchsorted(CUTS, place / w.sum()), return_inverse=True)
    weight = np.bincount(part, w[order]).astype(np.float64)
    return (
        weight,
        np.bincount(part, w[order] * x[order]) / weight,
        np.bincount(part, w[order] * y[order]) / weight,
    )

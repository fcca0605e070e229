"""What the figures of two rounds draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.detectors.turnout._flow_estimates import Matrix
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Most points of the scatter; beyond it precincts are counted in squares.
POINTS = 2000
#: Side of the smallest squares, a share of registered voters.
SIDE = 0.005

SAY = Sentences(
    "flow_pictures",
    scatter="Gain of {option} on added turnout: {scope}",
    turnout="change of turnout, points",
    gain="change of votes per registered voter, points",
    scatter_caption="Change of turnout and of the votes for {option} between two elections, both per "
    "registered voter and around the mean of {within} (n = {n:,} precincts; one point may stand for many). "
    "The line is the plain slope, binomial noise removed. Both changes hold the counts of either round, so "
    "points lean upwards even where precincts are paired at random.",
    matrix="Transfer of votes: {scope}",
    matrix_caption="Shares of each option of the earlier election (and of its non-voters) that went to "
    "each of the later one; constrained least squares over {n:,} precincts. Ecological, not individual: "
    "the bounds are what the margins prove, the intervals rest on voters dividing alike everywhere.",
)


def flow_scatter(
    added: Floats,
    gained: Floats,
    registered: Floats,
    group: Codes,
    *,
    slope: float | None,
    scope: Scope,
    option: str,
    within: str,
    name: str,
) -> Picture:
    """Changes of turnout and share around their group's mean, in squares where there are many.

    Parameters
    ----------
    added, gained, registered : ndarray of float64, shape (n,)
    group : ndarray of intp, shape (n,)
    slope : float or None
        Plain slope, for the line.
    """
    t, w = (_around(change, registered, group) for change in (added, gained))
    t, w, weight = _squares(t, w, registered)
    return Picture(
        figure="flow_scatter",
        name=f"{name}_scatter",
        title=SAY("scatter", option=option, scope=str(scope)),
        caption=SAY("scatter_caption", option=option, within=within, n=len(added)),
        columns={"delta_turnout": t, "delta_share": w, "weight": weight},
        options={} if slope is None else {"slope": slope},
        labels={"xlabel": SAY("turnout"), "ylabel": SAY("gain")},
    )


def transfer_matrix(
    matrix: Matrix, names: tuple[tuple[str, ...], tuple[str, ...]], scope: Scope, n: int, name: str
) -> Picture:
    """A row per cell of the matrix; ``low`` and ``high`` are NaN where there is no interval."""
    k, j = matrix.share.shape
    blank = np.full((k, j), np.nan)
    return Picture(
        figure="transfer_matrix",
        name=f"{name}_transfer",
        title=SAY("matrix", scope=str(scope)),
        caption=SAY("matrix_caption", n=n),
        columns={
            "from": np.repeat(np.array(names[0]), j),
            "to": np.tile(np.array(names[1]), k),
            "share": matrix.share.ravel(),
            "low": (blank if matrix.low is None else matrix.low).ravel(),
            "high": (blank if matrix.high is None else matrix.high).ravel(),
            "bounds_low": matrix.bounds.low.ravel(),
            "bounds_high": matrix.bounds.high.ravel(),
        },
    )


def _around(values: Floats, weight: Floats, group: Codes) -> Floats:
    mean = np.bincount(group, weight * values) / np.maximum(np.bincount(group, weight), 1.0)
    return np.asarray(values - mean[group])


def _squares(t: Floats, w: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """The points, or the centres of the smallest squares of which at most ``POINTS`` are filled."""
    side = SIDE
    points = np.column_stack([t, w, weight])
    while len(points) > POINTS:
        cells = np.round(np.column_stack([t, w]) / side).astype(np.int64)
        filled, inverse = np.unique(cells, axis=0, return_inverse=True)
        points = np.column_stack([filled * side, np.bincount(inverse.ravel(), weight)])
        side *= 2
    return points[:, 0], points[:, 1], points[:, 2]

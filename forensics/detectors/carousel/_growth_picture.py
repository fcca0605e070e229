"""What the figure of list additions draws: precincts that gained at least so many, and the null."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forensics.kernels.high_counts import HighCounts
from forensics.kernels.negative_binomial import upper_pvalue
from forensics.messages.message import Sentences
from forensics.picture import Picture
from forensics.scope import Scope

Floats = NDArray[np.float64]

#: Points of the curve: most of them at the low counts, where most precincts are.
POINTS = 40
#: Means, evenly through their order, that stand for those of all precincts.
MEANS = 2_000
#: Half of a normal 95 % band in standard deviations.
BAND = 1.959964

SAY = Sentences(
    "growth_picture",
    title="Precincts by {quantity}: {scope}",
    caption="Precincts with at least so many voters added, both axes logarithmic; n = {n:,}. Expected: "
    "negative binomial with the rate of the precinct's territory and φ = {phi:.2f}, fitted without the "
    "highest counts; band: 95 % of each point by itself.",
    voters_added="voters added",
    xlabel="voters added, at least",
    ylabel="precincts",
)


def growth_picture(quantity: str, x: Floats, high: HighCounts, scope: Scope) -> tuple[Picture, ...]:
    """The curve of exceedances of all counts fitted, or nothing where nobody was added.

    Parameters
    ----------
    quantity : str
    x : ndarray of float64, shape (m,)
        Counts in the order of ``high.mean``.
    high : HighCounts
    scope : Scope
    """
    most = int(x.max(initial=0))
    if most < 1:
        return ()
    at = np.unique(np.rint(np.geomspace(1, most, POINTS)))
    mean = np.sort(high.mean)[np.linspace(0, len(x) - 1, min(len(x), MEANS)).round().astype(np.intp)]
    chance = np.stack([upper_pvalue(np.full_like(mean, v), mean, high.phi) for v in at])
    expected = len(x) * chance.mean(axis=1)
    half = BAND * np.sqrt(len(x) * (chance * (1 - chance)).mean(axis=1))
    return (
        Picture(
            figure="exceedances",
            name=f"list_additions-{quantity}",
            title=SAY(
                "title", quantity=SAY(quantity) if quantity in SAY.sources else quantity, scope=str(scope)
            ),
            caption=SAY("caption", n=len(x), phi=high.phi),
            columns={
                "at_least": at.astype(np.int64),
                "observed": (x >= at[:, None]).sum(axis=1).astype(np.int64),
                "expected": expected,
                "low": np.maximum(expected - half, 0.0),
                "high": expected + half,
            },
            labels={"xlabel": SAY("xlabel"), "ylabel": SAY("ylabel")},
        ),
    )

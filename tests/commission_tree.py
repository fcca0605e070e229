"""A tree of commissions like that of the reference design, with no association between the two."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Regions, districts and precincts (commissions.md, 3.4), and the spreads of the outcome.
REGIONS, DISTRICTS, PRECINCTS = 16, 208, 9840
SPREAD = {"region": 0.06, "district": 0.05, "precinct": 0.10}
LEVELS = ("region", "district")


def tree(rng, by, *, regions=REGIONS, districts=DISTRICTS, precincts=PRECINCTS, slope=0.0):
    """Scores and measures of an election in which composition varies by precinct, mixed, or district.

    Where it is mixed, half of its variance lies between districts.
    """
    extra = rng.integers(0, districts, precincts - 2 * districts)
    district = np.sort(np.concatenate([np.repeat(np.arange(districts), 2), extra]))
    region = district * regions // districts
    own, shared = rng.normal(size=precincts), rng.normal(size=districts)[district]
    bloc = {"precinct": own, "mixed": np.sqrt(0.5) * (own + shared), "district": shared}[by]
    bloc = 0.5 + 0.15 * bloc
    turnout = (
        0.6
        + rng.normal(0, SPREAD["region"], regions)[region]
        + rng.normal(0, SPREAD["district"], districts)[district]
        + rng.normal(0, SPREAD["precinct"], precincts)
        + slope * bloc
    )
    scores = pd.DataFrame(
        {
            "region": np.char.add("r", region.astype(str)),
            "district": np.char.add("d", district.astype(str)),
            "turnout": turnout,
            "log_registered": rng.normal(6.8, 0.6, precincts),
        }
    )
    return scores, pd.DataFrame({"bloc": bloc})


def rewarded(rng, *, slope=0.0, delivery=0.5, **size):
    """The same, but today's composition rewards what the precinct delivered before; true effect ``slope``.

    What a precinct delivers persists: a share of its own deviation stays from one election to the next.
    """
    scores, _ = tree(rng, "precinct", **size)
    n = len(scores)
    lasting = rng.normal(0, 0.07, n)
    before = scores["turnout"] + lasting + rng.normal(0, 0.05, n)
    reward = (before - before.groupby(scores["district"]).transform("mean")) / before.std()
    bloc = 0.5 + 0.15 * (delivery * reward + np.sqrt(1 - delivery**2) * rng.normal(size=n))
    scores["previous:turnout"] = before
    scores["turnout"] = scores["turnout"] + lasting + slope * bloc + rng.normal(0, 0.05, n)
    return scores, pd.DataFrame({"bloc": bloc})

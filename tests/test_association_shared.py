"""St Petersburg: compositions of three elections related to turnout and share, against statsmodels."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import statsmodels.api as sm

import forensics
from forensics.commissions.measures import measure
from forensics.commissions.relating import associations_of
from forensics.commissions.study import Study
from forensics.tables.rosters import read_roster

#: The acceptance: coefficients and clustered errors as another program gives them.
COEFFICIENT, ERROR = 1e-8, 1e-6
EXPOSURES = ("chair:united_russia", "nominator:united_russia")


def _related(folder, returns_name, roster_name):
    returns = forensics.read_returns(folder / "returns" / f"{returns_name}.parquet")
    measures = measure(read_roster(folder / "rosters" / f"{roster_name}.csv"), returns).frame
    levels = tuple(returns.levels)
    scores = returns.frame[list(levels)].copy()
    scores["turnout"], scores["share"] = returns.turnout, returns.share()
    with np.errstate(divide="ignore"):
        scores["log_registered"] = np.log(returns.counts("registered"))
    scores = scores.replace([np.inf, -np.inf], np.nan)
    city = scores["region"].isin(scores["region"][measures[EXPOSURES[0]].notna()].unique())
    study = Study(
        outcomes=("turnout", "share"), exposures=EXPOSURES, models=("M0", "M3"), permutations=99, wild=99
    )
    scores, measures = scores[city], measures[city]
    return associations_of(scores, measures, study, levels=levels), scores, measures


@pytest.mark.shared
@pytest.mark.parametrize(
    ("returns_name", "roster_name", "rows"),
    [
        ("ru2016_duma", "ru2016_spb", 1864),
        ("ru2018_president", "ru2018_spb", 1880),
        ("ru2021_spb_odd", "ru2021_spb_odd", 960),
    ],
)
def test_whatever_the_result_it_is_reported_with_what_would_have_been_found(
    shared_data, returns_name, roster_name, rows
):
    found, scores, measures = _related(shared_data, returns_name, roster_name)
    assert len(found.headlines) == 4
    json.dumps(found.to_dict(), allow_nan=False)
    for item in found.headlines:
        assert item.model == "M1"
        assert item.cluster == "territory"
        assert 0.95 * rows <= item.n <= rows
        assert item.interval[0] < item.coefficient < item.interval[1]
        assert item.mde > 0
        assert 0 < item.p_permutation <= 1
        assert 0 < item.p_wild <= 1
        # Territories are compared with themselves: so does statsmodels, with an indicator for each.
        used = measures[item.exposure].notna() & scores[item.outcome].notna()
        used &= scores["log_registered"].notna()
        group = np.unique(scores["territory"][used].astype(str), return_inverse=True)[1]
        x = np.column_stack([measures[item.exposure][used], scores["log_registered"][used]])
        design = np.column_stack([x, np.eye(group.max() + 1)[group]])
        model = sm.OLS(scores[item.outcome][used].to_numpy(dtype=float), design)
        theirs = model.fit(cov_type="cluster", cov_kwds={"groups": group})
        assert item.coefficient == pytest.approx(theirs.params[0], abs=COEFFICIENT)
        # The documented factor counts two columns and one for all territories; statsmodels counts all.
        n = item.n
        convention = math.sqrt((n - design.shape[1]) / (n - 3))
        assert item.detail["errors"]["CRV1"] == pytest.approx(theirs.bse[0] * convention, abs=ERROR)

"""Associations of outcomes with compositions: models, levels, placebos and what is handed over."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from commission_tree import LEVELS, rewarded, tree

from forensics.commissions.association import CONTRACT
from forensics.commissions.material import material_of
from forensics.commissions.relating import associations_of
from forensics.commissions.study import Study
from forensics.commissions.variation import variation_of
from forensics.errors import ConfigError

#: Coefficients as another program gives them.
COEFFICIENT = 1e-8
SMALL = {"regions": 4, "districts": 40, "precincts": 1200}
FEW = {"permutations": 49, "wild": 99}
QUIET = {"permutations": 0, "wild": 0}


def _study(**changes):
    return Study(**({"outcomes": ("turnout",), "exposures": ("bloc",), **FEW} | changes))


def _related(scores, measures, **changes):
    return associations_of(scores, measures, _study(**changes), levels=LEVELS)


def _before(scores, seed=9):
    rng = np.random.default_rng(seed)
    return scores.assign(
        **{
            "previous:turnout": scores["turnout"] + rng.normal(0, 0.1, len(scores)),
            "previous:share": rng.random(len(scores)),
            "building": [f"b{i // 2}" if i % 5 else "" for i in range(len(scores))],
        }
    )


def _with_indicators(scores, measures, group, columns):
    x = np.column_stack([measures["bloc"], *(scores[c] for c in columns)])
    group = pd.factorize(group)[0]
    return sm.OLS(scores["turnout"].to_numpy(), np.column_stack([x, np.eye(group.max() + 1)[group]])).fit()


def test_models_are_those_of_statsmodels_with_an_indicator_per_unit():
    scores, measures = tree(np.random.default_rng(1), "mixed", slope=0.1, **SMALL)
    scores = _before(scores)
    found = _related(scores, measures, **QUIET)
    size, lags = ["log_registered"], ["previous:turnout", "previous:share"]
    for model, group, columns in (
        ("M0", scores["region"], size),
        ("M1", scores["district"], size),
        ("M2", scores["district"], size + lags),
    ):
        theirs = _with_indicators(scores, measures, group, columns)
        item = found.only(model=model)
        assert item.coefficient == pytest.approx(theirs.params[0], abs=COEFFICIENT)
        assert item.detail["errors"]["classical"] == pytest.approx(theirs.bse[0], abs=COEFFICIENT)
        assert item.clusters == 40
    housed = scores["building"] != ""
    both = scores["region"] + scores["building"]
    shared = housed & (both.groupby(both).transform("size") > 1)
    theirs = _with_indicators(scores[shared], measures[shared], both[shared], size)
    item = found.only(model="M6")
    assert item.coefficient == pytest.approx(theirs.params[0], abs=COEFFICIENT)
    assert item.n == shared.sum()
    assert [str(s.reason) for s in found.skipped if s.model == "M5"] != []


def test_the_entry_is_that_of_the_contract_and_plain_json():
    scores, measures = tree(np.random.default_rng(1), "mixed", **SMALL)
    found = _related(_before(scores), measures, satellites=("previous:share",))
    written = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    first = written["association"][0]
    assert tuple(first)[: len(CONTRACT)] == CONTRACT
    assert first["model"] == "M1"
    assert first["headline"]
    assert first["primary"]
    assert first["coding"] is None
    assert first["mde"] > 0
    assert [p["kind"] for p in first["placebo"]] == [
        "previous_election", "pre_appointment", "satellite", "permuted",
    ]  # fmt: skip
    assert all({"kind", "coefficient", "interval", "p"} <= set(p) for p in first["placebo"])
    assert len(first["interval"]) == 2
    assert first["warning"] is None or isinstance(first["warning"], str)
    for key in (
        "robustness",
        "benchmarks",
        "oster",
        "rosenbaum",
        "mislabelled",
        "missing",
        "specifications",
    ):
        assert key in first["sensitivity"]
    assert sum(s["headline"] for s in first["sensitivity"]["specifications"]) == 1
    assert written["study"]["sha256"] == _study(satellites=("previous:share",)).digest
    frame = found.to_frame()
    assert len(frame) == len(found)
    assert frame["headline"].sum() == 1


def test_print_has_the_null_first_and_percentage_points():
    scores, measures = tree(np.random.default_rng(1), "precinct", slope=0.2, **SMALL)
    item = _related(scores, measures).primary
    lines = str(item).splitlines()
    assert lines[0] == "null: Precincts that share a district and differ in bloc do not differ in turnout."
    assert f"{100 * item.coefficient:+.2f} percentage points [" in lines[2]
    assert "would have been found with a probability of 80 %" in str(item)
    assert lines[-1].startswith("innocent explanations: ")
    assert abs(item.coefficient - 0.2) < 4 * item.standard_error


@pytest.mark.parametrize(
    ("by", "varies", "model", "effects", "cluster"),
    [
        ("precinct", "precinct", "M1", "district", "district"),
        ("mixed", "mixed", "M1", "district", "district"),
        ("district", "district", "M0", "region", "district"),
        ("region", "region", "M0", None, "region"),
        ("nation", "constant", "M0", None, "district"),
    ],
)
def test_the_level_of_composition_decides_the_headline(by, varies, model, effects, cluster):
    scores, measures = tree(np.random.default_rng(1), by if by in ("mixed", "district") else "precinct")
    if by == "region":
        measures["bloc"] = scores["region"].str[1:].astype(float) / 16
    elif by == "nation":
        measures["bloc"] = 0.3
    material = material_of(scores, measures, levels=LEVELS)
    found = variation_of(material, material.exposure("bloc", ""))
    assert (found.varies_by, found.model, found.fixed_effects, found.cluster) == (
        varies, model, effects, cluster,
    )  # fmt: skip


def test_composition_by_district_is_answered_by_m0_which_says_so():
    scores, measures = tree(np.random.default_rng(1), "district", **SMALL)
    found = _related(scores, measures)
    item = found.primary
    assert (item.model, item.fixed_effects, item.cluster, item.clusters) == ("M0", "region", "district", 40)
    assert "bloc does not vary within district" in str(item)
    reasons = {s.model: str(s.reason) for s in found.skipped}
    assert "leave nothing to compare" in reasons["M1"]
    assert 0 < item.p_permutation <= 1


def test_a_study_may_name_intercepts_and_clusters():
    scores, measures = tree(np.random.default_rng(1), "mixed", **SMALL)
    found = _related(scores, measures, fixed_effects="region", cluster="region", **QUIET)
    assert (found.primary.fixed_effects, found.primary.cluster) == ("region", "region")
    theirs = _with_indicators(scores, measures, scores["region"], ["log_registered"])
    assert found.primary.coefficient == pytest.approx(theirs.params[0], abs=COEFFICIENT)
    assert "M0 and M1 have the same intercepts" in str(found.skipped[0])
    assert found.primary.error == "CRV3"


def test_few_clusters_are_led_by_the_jackknife_and_the_wild_bootstrap():
    scores, measures = tree(np.random.default_rng(1), "mixed", regions=3, districts=12, precincts=400)
    item = _related(scores, measures).primary
    assert item.error == "CRV3"
    assert item.standard_error == item.detail["errors"]["CRV3"]
    assert "12 clusters are few" in str(item)


def test_composition_by_region_has_region_clusters_and_no_intercepts():
    scores, measures = tree(np.random.default_rng(1), "precinct", **SMALL)
    measures["bloc"] = scores["region"].str[1:].astype(float) / 4
    item = _related(scores, measures).primary
    assert (item.model, item.fixed_effects, item.clusters) == ("M0", "", 4)
    assert item.p_permutation >= 2 / 50  # few orders of four regions, each with its mirror image


def test_the_same_numbers_whatever_else_is_asked_and_in_whatever_order():
    scores, measures = tree(np.random.default_rng(1), "mixed", **SMALL)
    measures["other"] = np.random.default_rng(2).random(len(measures))
    one = _related(scores, measures).primary
    more = _related(scores, measures, exposures=("bloc", "other"), models=()).primary
    assert more.to_dict() == one.to_dict()
    order = np.random.default_rng(3).permutation(len(scores))
    turned = _related(scores.iloc[order], measures.iloc[order]).primary
    assert turned.coefficient == pytest.approx(one.coefficient, abs=COEFFICIENT)
    assert turned.standard_error == pytest.approx(one.standard_error, abs=COEFFICIENT)
    assert turned.p_wild == one.p_wild


def test_one_pair_is_primary_and_the_rest_adjusted():
    scores, measures = tree(np.random.default_rng(1), "mixed", **SMALL)
    rng = np.random.default_rng(2)
    measures["noise"], measures["strong"] = rng.random(1200), scores["turnout"] + rng.random(1200) / 5
    found = _related(scores, measures, exposures=("bloc", "noise", "strong"), models=())
    first, noise, strong = found.headlines
    assert first.primary
    assert (first.p_bh, first.p_romano_wolf) == (None, None)
    assert noise.p_bh >= noise.p_cluster
    assert noise.p_romano_wolf > 0.05
    assert strong.p_romano_wolf == 1 / 100  # the smallest that 99 draws allow
    assert strong.p_bh < 1e-6


def test_selection_by_past_delivery_is_detected_and_warned_of():
    scores, measures = rewarded(np.random.default_rng(4))
    item = _related(scores, measures, models=()).primary
    previous = next(p for p in item.placebo if p.kind == "previous_election")
    assert previous.p < 1e-6
    # The true effect is 0, and the headline alone would have claimed one.
    assert item.p_cluster < 0.05
    assert "Selection: bloc of today also goes with turnout of the election before" in str(item)
    assert "must not be read as their effect" in item.to_dict()["warning"]
    clean, composition = tree(np.random.default_rng(4), "precinct", **SMALL)
    quiet = _related(_before(clean), composition, models=(), pre_appointment=()).primary
    assert quiet.warning == ()


def test_what_warns_of_the_headline_warns_of_all_its_models_and_figures():
    scores, measures = rewarded(np.random.default_rng(4), **SMALL)
    found = _related(scores, measures, models=("M0", "M2", "M4"), **QUIET)
    assert {item.model for item in found} == {"M0", "M1", "M2", "M4"}
    assert all("Selection" in item.to_dict()["warning"] for item in found)
    assert str(found.primary).splitlines()[1].startswith("warning: Selection")
    drawn = [picture.figure for picture in found.primary.pictures]
    assert drawn == ["binned_scatter", "specification_curve", "sensitivity_contour", "shrinkage_forest"]
    assert all("must not be read as their effect" in picture.legend() for picture in found.primary.pictures)


def test_print_has_the_units_of_the_outcome():
    scores, measures = tree(np.random.default_rng(1), "mixed", **SMALL)
    scores["minutes"] = 100 * scores["turnout"]
    found = _related(scores, measures, outcomes=("minutes",), models=("M4",), **QUIET)
    assert "percentage points" not in str(found)
    assert "would have been found with a probability of 80 %" in str(found.primary)
    placebo = {item.kind: item.points for item in found.primary.placebo}
    assert placebo == {"pre_appointment": False}


@pytest.mark.parametrize("name", ["covariates", "satellites", "pre_appointment", "officers"])
def test_a_column_that_is_named_and_not_there_is_refused(name):
    scores, measures = tree(np.random.default_rng(1), "mixed", **SMALL)
    with pytest.raises(ConfigError, match=r"'altitude' is no (score|measure) of these"):
        _related(scores, measures, **QUIET | {name: ("altitude",)})
    # What is taken by default may be missing, which is said.
    found = _related(scores.drop(columns="log_registered"), measures, models=(), **QUIET)
    assert "log_registered is not known here, so that it is not held fixed" in str(found.primary)


def test_draws_of_an_estimated_outcome_widen_the_interval():
    scores, measures = tree(np.random.default_rng(1), "mixed", **SMALL)
    plain = _related(scores, measures, models=()).primary
    noise = np.random.default_rng(5).normal(0, 0.15, (1200, 20))
    draws = {"turnout": scores["turnout"].to_numpy()[:, None] + noise}
    found = associations_of(scores, measures, _study(models=()), levels=LEVELS, draws=draws).primary
    assert found.standard_error > 1.2 * plain.standard_error
    assert found.detail["share_between"] > 0.2
    draws["turnout"][5, 3] = np.nan
    with pytest.raises(ConfigError, match="missing in 1 of the precincts"):
        associations_of(scores, measures, _study(models=()), levels=LEVELS, draws=draws)


def test_precincts_without_a_roster_are_coverage():
    rng = np.random.default_rng(1)
    scores, measures = tree(rng, "precinct", slope=0.1, **SMALL)
    hidden = rng.random(1200) < 0.15
    scores.loc[hidden, "turnout"] += 0.1
    measures.loc[hidden, "bloc"] = np.nan
    item = _related(scores, measures, models=()).primary
    missing = item.detail["sensitivity"]["missing"]
    assert missing["unknown"] == hidden.sum()
    assert missing["coverage"] == pytest.approx(1 - hidden.mean())
    assert missing["difference_interval"][0] < 0.1 < missing["difference_interval"][1]
    low, high = missing["bounds"]
    assert low < missing["contrast"] < high
    assert abs(missing["reweighted"]["coefficient"] - item.coefficient) < 2 * item.standard_error
    assert "what is missing is not missing by lot" in str(item)
    scores.loc[hidden, "turnout"] -= 0.1
    missing = _related(scores, measures, models=(), **QUIET).primary
    assert "no difference was found, which does not make them alike" in str(missing)


def test_statsmodels_is_imported_when_the_fractional_logit_needs_it():
    code = (
        "import sys; sys.path.insert(0, 'tests'); import numpy as np; from commission_tree import *;"
        "from forensics.commissions.relating import associations_of;"
        "from forensics.commissions.study import Study;"
        "s, m = tree(np.random.default_rng(1), 'mixed', regions=4, districts=40, precincts=900);"
        "s['turnout'] = s['turnout'].clip(0, 1);"
        "S = lambda *models: Study(outcomes=('turnout',), exposures=('bloc',), models=models,"
        " permutations=9, wild=9);"
        "associations_of(s, m, S('M0', 'M4', 'M5'), levels=LEVELS);"
        "assert not any(n.split('.')[0] == 'statsmodels' for n in sys.modules), 'too early';"
        "associations_of(s, m, S('M3'), levels=LEVELS);"
        "assert 'statsmodels' in sys.modules"
    )
    root = __file__.rsplit("/", 2)[0]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)

"""The other models and checks of an association: M3 to M5, places, residuals, figures, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from commission_tree import LEVELS, tree
from matplotlib.figure import Figure

import forensics
from forensics.commissions.material import material_of
from forensics.commissions.relating import associations_of
from forensics.commissions.study import Study
from forensics.errors import ConfigError
from forensics.kernels.pooling import partial_pooling
from forensics.plots import drawing

SMALL = {"regions": 6, "districts": 60, "precincts": 1800}
QUIET = {"permutations": 0, "wild": 0}


def _study(**changes):
    return Study(**({"outcomes": ("turnout",), "exposures": ("bloc",), **QUIET} | changes))


def _tree(by="mixed", slope=0.1, seed=1):
    scores, measures = tree(np.random.default_rng(seed), by, slope=slope, **SMALL)
    scores["turnout"] = scores["turnout"].clip(0.01, 0.99)
    return scores, measures


def _related(scores, measures, **changes):
    return associations_of(scores, measures, _study(**changes), levels=LEVELS)


def test_the_fractional_logit_is_near_the_linear_model_where_shares_are_in_the_middle():
    scores, measures = _tree()
    found = _related(scores, measures, models=("M3",))
    linear, logit = found.only(model="M1"), found.only(model="M3")
    assert logit.coefficient == pytest.approx(linear.coefficient, rel=0.05)
    assert logit.standard_error == pytest.approx(linear.standard_error, rel=0.15)
    scores["turnout"] += 0.5
    skipped = _related(scores, measures, models=("M3",)).skipped
    assert "is no share between 0 and 1" in str(skipped[0])


def test_the_fractional_logit_is_that_of_its_formula():
    scores, measures = _tree("precinct")
    scores["region"] = "r"
    item = _related(scores, measures, models=("M3",), covariates=(), fixed_effects="region").only(
        model="M3"
    )
    x = sm.add_constant(measures["bloc"].to_numpy())
    theirs = sm.GLM(scores["turnout"].to_numpy(), x, family=sm.families.Binomial()).fit()
    p = theirs.predict(x)
    assert item.coefficient == pytest.approx(theirs.params[1] * (p * (1 - p)).mean(), rel=1e-6)


def test_regions_are_fitted_alone_and_pooled():
    scores, measures = _tree()
    item = _related(scores, measures, models=("M4",)).only(model="M4")
    regions = item.detail["regions"]
    assert [unit["unit"] for unit in regions["units"]] == [f"r{i}" for i in range(6)]
    inside = scores["region"] == "r2"
    alone = _related(scores[inside], measures[inside], models=()).primary
    assert regions["units"][2]["coefficient"] == pytest.approx(alone.coefficient)
    # Ten districts are few: the jackknife.
    assert regions["units"][2]["standard_error"] == pytest.approx(alone.detail["errors"]["CRV3"])
    pooled = partial_pooling(
        np.array([unit["coefficient"] for unit in regions["units"]]),
        np.array([unit["standard_error"] for unit in regions["units"]]),
    )
    assert item.coefficient == pytest.approx(pooled.mean)
    assert regions["tau"] == pytest.approx(pooled.tau)


def test_regions_that_differ_are_shrunk_less():
    scores, measures = _tree(slope=0.0)
    differ = scores["region"].str[1:].astype(int) - 2.5
    scores["turnout"] += 0.3 * differ * (measures["bloc"] - 0.5)
    item = _related(scores, measures, models=("M4",)).only(model="M4")
    regions = item.detail["regions"]
    # The true slopes are −.75, −.45, …, .75: a standard deviation of .56.
    assert regions["tau"] == pytest.approx(0.56, rel=0.3)
    assert min(unit["weight"] for unit in regions["units"]) > 0.9


def test_officers_enter_jointly():
    rng = np.random.default_rng(3)
    scores, _ = tree(rng, "precinct", **SMALL)
    chair, secretary = (rng.random((2, 1800)) < 0.5).astype(float)
    scores["turnout"] += 0.05 * chair + 0.03 * secretary
    measures = scores[[]].assign(**{"chair:a": chair, "secretary:a": secretary})
    found = _related(scores, measures, exposures=("chair:a",), models=("M5",))
    item = found.only(model="M5")
    assert item.detail["covariates"] == ["secretary:a", "log_registered", "chair:a × secretary:a"]
    assert item.coefficient == pytest.approx(0.05, abs=4 * item.standard_error)
    # Both offices never of one party: the product says nothing that the two do not.
    measures["secretary:a"] = secretary * (1 - chair)
    alone = _related(scores, measures, exposures=("chair:a",), models=("M5",)).only(model="M5")
    assert "chair:a × secretary:a" not in alone.detail["covariates"]
    assert "adds nothing" in str(alone)


def test_a_residual_is_what_the_other_districts_do_not_lead_to_expect():
    scores, measures = _tree()
    material = material_of(scores, measures, levels=LEVELS)
    found = material.column("residual:turnout")
    own = (scores["district"] == "d7").to_numpy()
    x = sm.add_constant(scores["log_registered"].to_numpy())
    refit = sm.OLS(scores["turnout"][~own].to_numpy(), x[~own]).fit()
    assert found[own] == pytest.approx(scores["turnout"][own] - refit.predict(x[own]))
    item = _related(scores, measures, outcomes=("residual:turnout",), models=()).primary
    assert item.coefficient == pytest.approx(0.1, abs=4 * item.standard_error)


def test_places_give_errors_by_distance_and_residuals_of_neighbours():
    rng = np.random.default_rng(2)
    scores, measures = _tree()
    district = scores["district"].str[1:].astype(int).to_numpy()
    scores["lat"] = 50 + district / 10 + rng.normal(0, 0.01, len(scores))
    scores["lon"] = 70 + rng.normal(0, 0.05, len(scores))
    # A patch of each district is higher: near precincts share what the model does not see.
    scores["turnout"] += 0.3 * (scores["lon"] > 70.05)
    scores.loc[:4, "lat"] = np.nan
    nearby = _related(scores, measures, models=()).primary.detail["sensitivity"]["nearby"]
    assert nearby["n"] == len(scores) - 5
    assert [entry["cutoff"] for entry in nearby["conley"]] == [5, 20, 50, 100]
    assert nearby["moran"]["statistic"] > 0.1
    assert nearby["moran"]["p"] == 1 / 200
    beside = nearby["neighbours"]
    assert abs(beside["coefficient"]) < 4 * beside["standard_error"]
    del scores["lat"]
    assert _related(scores, measures, models=()).primary.detail["sensitivity"]["nearby"] is None


def test_codings_stand_side_by_side():
    scores, measures = _tree()
    other = measures * 0.5 + 0.1
    found = _related(scores, {"wide": measures, "narrow": other, "blind": measures * np.nan}, models=())
    assert [item.coding for item in found] == ["wide", "narrow"]
    assert [item.primary for item in found] == [True, False]
    assert found[1].coefficient == pytest.approx(2 * found[0].coefficient)
    assert [(s.coding, str(s.reason)) for s in found.skipped] == [
        ("blind", "no commission has a value of bloc under this coding.")
    ]
    curve = found[0].detail["sensitivity"]["specifications"]
    assert {entry["coding"] for entry in curve} == {"wide", "narrow"}


@pytest.mark.parametrize("style", ["screen", "grey"])
def test_every_figure_can_be_drawn(style):
    scores, measures = _tree()
    found = _related(scores, measures, models=("M4",))
    pictures = [picture for item in found for picture in item.pictures]
    assert [picture.figure for picture in pictures] == [
        "binned_scatter", "specification_curve", "sensitivity_contour", "shrinkage_forest",
    ]  # fmt: skip
    for picture in pictures:
        assert drawing.images(picture, ("png",), dpi=50, style=style)["png"].startswith(b"\x89PNG")
        ax = Figure().add_subplot()
        assert drawing.draw(picture, ax) is ax
    # Twenty bins of equal numbers, none below five commissions.
    assert pictures[0].columns["n"].min() >= 5


def test_returns_alone_do_not_make_these_figures():
    for figure in ("binned_scatter", "specification_curve", "sensitivity_contour", "shrinkage_forest"):
        assert forensics.figure_sources()[figure].needs == ("a roster",)
        with pytest.raises(ConfigError, match="takes more than returns; forensics commissions draws it"):
            forensics.make_picture(figure, forensics.demo_returns())


def test_nothing_to_compare_is_said():
    scores, measures = _tree()
    measures["same"] = 0.2
    measures["size"] = 2 * scores["log_registered"]
    found = _related(scores, measures, exposures=("same", "size"))
    assert len(found) == 0
    reasons = [str(s.reason) for s in found.skipped]
    assert reasons[0] == "same is the same in all commissions."
    assert "size is a combination of the covariates log_registered" in reasons[1]
    few = _related(scores.iloc[:20], measures.iloc[:20])
    assert "at least 30 are needed" in str(few.skipped[0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outcomes": ()}, "no outcomes; an association needs at least one"),
        ({"exposures": ("bloc", "bloc")}, "exposures are named twice"),
        ({"models": ("M9",)}, "'M9' is no model; the models are M0, M1"),
        ({"wild": -1}, "wild is -1; it is 0 or more"),
        ({"confidence_level": 95}, "confidence level 95 is not in"),
        ({"outcomes": ("speed",)}, "'speed' is no score of these precincts; there are region"),
        ({"exposures": ("speed",)}, "'speed' is no measure of these commissions; there are bloc"),
        ({"cluster": "town"}, "'town' is no level; the levels are region, district"),
        ({"outcomes": ("region",)}, "column 'region' holds no numbers"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes, words):
    scores, measures = _tree()
    with pytest.raises(ConfigError, match=words):
        _related(scores, measures, **changes)


def test_tables_that_do_not_belong_together_are_refused():
    scores, measures = _tree()
    with pytest.raises(ConfigError, match="2 rows of the measures are no rows of the scores: 1800, 1801"):
        material_of(scores, measures.set_axis(range(2, 1802)), levels=LEVELS)
    with pytest.raises(ConfigError, match="row 0 occurs twice"):
        material_of(scores, measures.set_axis([0] * 1800), levels=LEVELS)
    with pytest.raises(ConfigError, match="carry no level"):
        material_of(scores, measures, levels=())
    with pytest.raises(ConfigError, match="'town' is no level"):
        material_of(scores, measures, levels=LEVELS, appointed_by="town")

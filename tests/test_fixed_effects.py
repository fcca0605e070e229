"""Least squares within groups and its covariances, against statsmodels, refits and pyfixest.

The last is an oracle where it is installed; what it gave once is written down."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from forensics.kernels.cluster_covariance import (
    cells_of,
    classical,
    correction,
    crv1,
    crv3,
    detectable,
    hc1,
    without_one,
)
from forensics.kernels.fixed_effects import demean, fit, independent, left_over

#: The acceptance of this part: coefficients and clustered errors as other programs give them.
COEFFICIENT, ERROR = 1e-8, 1e-6
REGIONS, DISTRICTS = 6, 30


def _drawn(seed=1, n=600):
    rng = np.random.default_rng(seed)
    district = rng.integers(0, DISTRICTS, n)
    district[:DISTRICTS] = np.arange(DISTRICTS)
    region = district // (DISTRICTS // REGIONS)
    shared = rng.normal(size=(DISTRICTS, 2))
    x = np.column_stack([rng.normal(size=n) + shared[district, 0], rng.normal(size=n)])
    y = 0.3 * x[:, 0] + 0.2 * x[:, 1] + shared[district, 1] + rng.normal(size=n)
    return y, x, region, district, rng.integers(1, 50, n).astype(float)


def _errors(covariance):
    return np.sqrt(np.diag(covariance))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("level", ["district", "region", "none"])
def test_everything_is_that_of_statsmodels_with_an_indicator_per_group(weighted, level):
    y, x, region, district, weight = _drawn()
    group = {"district": district, "region": region, "none": np.zeros(len(y), dtype=int)}[level]
    w = weight if weighted else None
    found, cells = fit(y, x, group, w), cells_of(district, group)
    design = np.column_stack([x, np.eye(group.max() + 1)[group]])
    model = sm.WLS(y, design, 1.0 if w is None else w)
    plain, robust = model.fit(), model.fit(cov_type="HC1")
    clustered = model.fit(cov_type="cluster", cov_kwds={"groups": district})
    assert found.coefficient == pytest.approx(plain.params[:2], abs=COEFFICIENT)
    assert _errors(classical(found)) == pytest.approx(plain.bse[:2], abs=COEFFICIENT)
    assert _errors(hc1(found)) == pytest.approx(robust.bse[:2], abs=COEFFICIENT)
    # statsmodels counts every column of the design, groups nested in clusters too.
    g, n = DISTRICTS, len(y)
    theirs = g / (g - 1) * (n - 1) / (n - design.shape[1])
    ours = clustered.bse[:2] * math.sqrt(correction(found, cells) / theirs)
    assert _errors(crv1(found, cells)) == pytest.approx(ours, abs=ERROR)
    assert found.freedom == plain.df_resid


@pytest.mark.parametrize("level", ["district", "region", "crossed"])
def test_crv3_is_the_jackknife_by_refits(level):
    y, x, region, district, weight = _drawn(seed=2)
    group = {"district": district, "region": region, "crossed": np.arange(len(y)) % 9}[level]
    found, cells = fit(y, x, group, weight), cells_of(district, group)
    assert cells.nested == (level == "district")
    design = np.column_stack([x, np.eye(group.max() + 1)[group]])
    refits = np.array(
        [
            sm.WLS(y[keep], design[keep][:, design[keep].any(axis=0)], weight[keep]).fit().params[:2]
            for keep in (district != d for d in range(DISTRICTS))
        ]
    )
    assert without_one(found, cells) == pytest.approx(refits, abs=COEFFICIENT)
    distance = refits - found.coefficient
    jackknife = (DISTRICTS - 1) / DISTRICTS * distance.T @ distance
    assert crv3(found, cells) == pytest.approx(jackknife, abs=COEFFICIENT)


def _written_down():
    """Rows that no random number makes: 120 in 12 districts of 4 regions."""
    i = np.arange(120)
    district = i * 7 % 12

    def part(step):
        return i * step % 1.0

    x = part(0.6180339887) + 0.3 * np.cos(district)
    z = part(0.4142135624)
    y = 0.4 * x - 0.2 * z + 0.5 * np.sin(3 * district) + 0.8 * part(0.7320508076)
    return y, np.column_stack([x, z]), district // 3, district, 1 + i * 5 % 9.0


# feols("y ~ x + z | level") of pyfixest 0.60.0 (Python 3.11, numpy 2.4.6, pandas 3.1.1) on those rows:
# coefficients, errors under CRV1 by district, errors under "hetero"; then, where it has them, under CRV3
# without its factors, times (G - 1)/G as documented.
PYFIXEST = {
    ("district", False): (
        (0.390887038029, -0.184277297741), (0.0729775241657, 0.0891413987069),
        (0.0775401880269, 0.105367569064), (0.07198958, 0.09825343),
    ),
    ("district", True): (
        (0.406930355968, -0.347908642862), (0.0874036955057, 0.0580153138948),
        (0.0864121716675, 0.099053917087), None,
    ),
    ("region", False): (
        (0.577769310187, -0.299994447805), (0.0787415097237, 0.222523897265),
        (0.102978167153, 0.193644953401), (0.11826174, 0.37624248),
    ),
    ("region", True): (
        (0.707301887579, -0.490850972911), (0.098957170487, 0.188450419814),
        (0.118265587029, 0.212397065439), None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("level", "weighted"), list(PYFIXEST))
def test_the_numbers_that_pyfixest_gave(level, weighted):
    y, x, region, district, weight = _written_down()
    group = {"district": district, "region": region}[level]
    found, cells = fit(y, x, group, weight if weighted else None), cells_of(district, group)
    coefficient, clustered, hetero, jackknife = PYFIXEST[level, weighted]
    assert found.coefficient == pytest.approx(coefficient, abs=COEFFICIENT)
    assert _errors(crv1(found, cells)) == pytest.approx(clustered, abs=ERROR)
    assert _errors(hc1(found)) == pytest.approx(hetero, abs=ERROR)
    if jackknife is not None:
        assert _errors(crv3(found, cells)) == pytest.approx(jackknife, abs=ERROR)


# Its own use of pandas is out of date.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("level", ["district", "region"])
def test_everything_is_that_of_pyfixest(weighted, level):
    pyfixest = pytest.importorskip(
        "pyfixest", reason="pyfixest, an oracle for one-way effects, is not here"
    )
    y, x, region, district, weight = _drawn(seed=3)
    frame = pd.DataFrame(
        {"y": y, "x": x[:, 0], "z": x[:, 1], "district": district, "region": region, "w": weight}
    )
    group = frame[level].to_numpy()
    w = weight if weighted else None
    found, cells = fit(y, x, group, w), cells_of(district, group)

    def theirs(vcov, **more):
        model = pyfixest.feols(
            f"y ~ x + z | {level}", frame, vcov=vcov, weights="w" if weighted else None, **more
        )
        return model.coef().to_numpy(), model.se().to_numpy()

    coefficient, error = theirs({"CRV1": "district"})
    assert found.coefficient == pytest.approx(coefficient, abs=COEFFICIENT)
    assert _errors(crv1(found, cells)) == pytest.approx(error, abs=ERROR)
    assert _errors(hc1(found)) == pytest.approx(theirs("hetero")[1], abs=ERROR)
    if not weighted:
        # Without their factors: the sum of squares that the jackknife takes (G − 1)/G of.
        raw = theirs({"CRV3": "district"}, ssc=pyfixest.ssc(k_adj=False, G_adj=False))[1]
        assert _errors(crv3(found, cells)) == pytest.approx(
            raw * math.sqrt((DISTRICTS - 1) / DISTRICTS), abs=ERROR
        )


def test_columns_without_variation_of_their_own_are_named():
    _, x, _, district, weight = _drawn()
    columns = np.column_stack([x, district * 2.0, x @ [1.0, -3.0], np.zeros(len(x)), x[:, 0] ** 2])
    assert independent(columns, district, weight).tolist() == [True, True, False, False, False, True]
    # A level far from 0 is no variation.
    assert not independent(1e7 + 0 * x[:, :1], district)[0]


def test_a_single_cluster_or_one_that_holds_everything_has_no_error():
    y, x, _, district, _ = _drawn()
    one = np.zeros(len(y), dtype=int)
    found = fit(y, x, one)
    assert np.isnan(crv1(found, cells_of(one, one))).all()
    assert np.isnan(crv3(found, cells_of(one, one))).all()
    only = np.where(district == 0, x[:, 0], 0.0)[:, None]
    held = fit(y, only, one)
    assert np.isnan(crv3(held, cells_of(district, one))).all()


def test_what_is_left_of_a_column_is_a_residual():
    y, x, region, _, weight = _drawn()
    found = fit(y, x, region, weight)
    rest = left_over(found, 0)
    assert weight @ (rest * found.x[:, 1]) == pytest.approx(0, abs=COEFFICIENT)
    # Frisch, Waugh and Lovell: the coefficient is that of the outcome on what is left.
    assert weight @ (rest * y) / (weight @ rest**2) == pytest.approx(found.coefficient[0], abs=COEFFICIENT)
    assert demean(y, region, weight) == pytest.approx(found.y)


def test_detectable_effect_is_about_two_point_eight_errors():
    # Bloom (1995): 2.80 standard errors for a two-sided test at .05 with power .8, many degrees of freedom.
    assert detectable(1.0, 1e6) == pytest.approx(2.80, abs=0.005)

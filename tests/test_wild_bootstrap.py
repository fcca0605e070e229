"""Wild bootstrap and randomisation inference, against refits of every draw."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from forensics.kernels.cluster_covariance import cells_of
from forensics.kernels.fixed_effects import fit
from forensics.kernels.randomisation import Exchange, bands, randomise, shuffled
from forensics.kernels.wild_bootstrap import FEW, SIX, monte_carlo, multipliers, wild_statistics

#: Two ways of summing the same numbers.
ROUNDING = 1e-8


def _drawn(seed=1, n=300, districts=20):
    rng = np.random.default_rng(seed)
    district = np.sort(rng.integers(0, districts, n))
    district[:districts] = np.arange(districts)
    shared = rng.normal(size=(districts, 2))
    x = np.column_stack([rng.normal(size=n) + shared[district, 0], rng.normal(size=n)])
    return shared[district, 1] + rng.normal(size=n), x, district // 5, district, rng


def _t(y, design, weight, district):
    """t of the first coefficient with the plain sandwich over clusters, without a factor."""
    model = sm.WLS(y, design, weight).fit()
    cov = model.get_robustcov_results("cluster", groups=district, use_correction=False)
    return cov.params[0] / cov.bse[0]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("level", ["district", "region", "crossed"])
def test_every_draw_is_a_refit(weighted, level):
    y, x, region, district, rng = _drawn()
    group = {"district": district, "region": region, "crossed": np.arange(len(y)) % 7}[level]
    weight = rng.integers(1, 9, len(y)).astype(float) if weighted else np.ones(len(y))
    drawn = multipliers(20, 12, rng)
    t, statistics = wild_statistics(fit(y, x, group, weight), cells_of(district, group), 0, drawn)
    design = np.column_stack([x, np.eye(group.max() + 1)[group]])
    assert t == pytest.approx(_t(y, design, weight, district), abs=ROUNDING)
    restricted = sm.WLS(y, design[:, 1:], weight).fit()
    again = [
        _t(restricted.fittedvalues + restricted.resid * v[district], design, weight, district)
        for v in drawn.T
    ]
    assert statistics == pytest.approx(np.array(again), abs=ROUNDING)


def test_multipliers_have_mean_zero_and_variance_one():
    assert SIX.mean() == pytest.approx(0)
    assert (SIX**2).mean() == pytest.approx(1)
    rng = np.random.default_rng(1)
    assert np.unique(multipliers(FEW, 400, rng)).tolist() == [-1, 1]
    assert len(np.unique(multipliers(FEW - 1, 400, rng))) == 6


def test_monte_carlo_counts_the_observed():
    assert monte_carlo(2.0, np.array([-3.0, 1.0, 2.0, np.nan])) == pytest.approx(3 / 5)


def test_permutations_stay_within_strata():
    rng = np.random.default_rng(1)
    stratum = rng.integers(0, 7, 60)
    drawn = shuffled(stratum, rng)
    assert sorted(drawn) == list(range(60))
    assert (stratum[drawn] == stratum).all()
    # All 3! orders of a stratum of three come about equally often: 600 each, sd 22.
    orders = [tuple(shuffled(np.zeros(3, dtype=int), rng)) for _ in range(3600)]
    counts = [orders.count(order) for order in dict.fromkeys(orders)]
    assert len(counts) == 6
    assert max(abs(count - 600) for count in counts) < 5 * 22


def test_bands_are_of_like_size_within_bodies():
    rng = np.random.default_rng(1)
    body, size = np.repeat([0, 1, 2], [30, 4, 11]), rng.random(45)
    band = bands(size, body)
    for b, cut in ((0, 3), (1, 1), (2, 2)):
        own = band[body == b]
        assert len(np.unique(own)) == cut
        order = np.argsort(size[body == b])
        assert (np.diff(own[order]) >= 0).all()
    assert len(np.unique(band)) == 6


@pytest.mark.parametrize("level", ["district", "region"])
def test_every_permutation_is_a_refit(level):
    y, x, region, district, rng = _drawn(seed=4)
    group = district if level == "district" else region
    between = np.array([region[district == d][0] for d in range(20)])
    exchange = Exchange(district, between, bands(rng.random(len(y)), district))
    found = fit(y, x, group)
    seed = 11
    result = randomise(
        found, cells_of(district, group), 0, x[:, 0], exchange, permutations=6,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    mean = np.bincount(district, x[:, 0]) / np.bincount(district)
    for place in range(6):
        between_, within = shuffled(between, rng), shuffled(exchange.within, rng)
        composition = mean[between_][district] + (x[:, 0] - mean[district])[within]
        design = np.column_stack([composition, x[:, 1], np.eye(group.max() + 1)[group]])
        refit = sm.OLS(y, design).fit()
        assert result.coefficient[place] == pytest.approx(refit.params[0], abs=ROUNDING)
        assert result.statistic[place] == pytest.approx(_t(y, design, 1.0, district), abs=ROUNDING)
    assert result.movable == len(y)


def test_composition_of_the_body_moves_only_between_bodies():
    y, x, region, district, rng = _drawn(seed=5)
    constant = rng.normal(size=20)[district]
    alone = Exchange(district, np.arange(20), np.arange(len(y)))
    found = fit(y, np.column_stack([constant, x[:, 1]]), region)
    still = randomise(
        found, cells_of(district, region), 0, constant, alone, permutations=3, rng=np.random.default_rng(1)
    )
    assert still.movable == 0
    assert still.coefficient == pytest.approx(found.coefficient[0], abs=ROUNDING)

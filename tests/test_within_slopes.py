"""Slopes within groups against statsmodels and by hand; permutations against all of them."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray

from forensics.kernels.concentration import dispersions, means_by_group, share_curve
from forensics.kernels.within_slopes import (
    contributions,
    gathered,
    permute_within,
    size_cells,
    slopes,
    uneven_score,
)

RELATIVE = 1e-8


def data(m: int = 240, groups: int = 12, seed: int = 5) -> dict[str, Any]:
    """Groups of unequal size, of three units; support, turnout and movers that differ by group."""
    rng = np.random.default_rng(seed)
    group = np.sort(np.concatenate([np.arange(groups), rng.integers(0, groups, m - groups)]))
    n = rng.integers(100, 2000, m).astype(float)
    w = np.rint(n * rng.uniform(0.3, 0.9, m))
    x = rng.poisson(n * 0.02 * rng.gamma(2, 0.5, m)).astype(float)
    y = 0.4 + 0.02 * group + 0.3 * x / w + rng.normal(0, 0.05, m)
    return {"a": x / w, "y": y, "w": w, "x": x, "z": x / n, "n": n, "group": group, "unit": group % 3}


def fitted(d: dict[str, Any], **changes: Any) -> Any:
    chosen = {"cluster": d["group"], "units": int(d["unit"].max()) + 1} | changes
    arrays = (d[name] for name in "aywxz")
    return slopes(*arrays, group=d["group"], unit=d["unit"], **chosen)


def dummies(group: NDArray[np.int64]) -> NDArray[np.float64]:
    return (group[:, None] == np.unique(group)).astype(float)


@pytest.mark.parametrize("unit", [0, 1, 2])
def test_slopes_and_clustered_errors_are_those_of_statsmodels(unit: int) -> None:
    d = data()
    found = fitted(d)
    own = d["unit"] == unit
    a, y, w, group = (d[name][own] for name in ("a", "y", "w", "group"))
    n, g = len(a), len(np.unique(group))

    def errors(design: NDArray[np.float64], columns: int) -> tuple[float, float]:
        model = sm.WLS(y, design, weights=w).fit(
            cov_type="cluster", cov_kwds={"groups": group, "use_correction": False}
        )
        factor = g / (g - 1) * (n - 1) / (n - columns)
        return float(model.params[0]), float(np.sqrt(model.cov_params()[0, 0] * factor))

    expected = errors(np.column_stack([a, np.ones(n)]), 2)
    assert (found.pooled[unit], found.se_pooled[unit]) == pytest.approx(expected, rel=RELATIVE)
    expected = errors(np.column_stack([a, dummies(group)]), 1)
    assert (found.within[unit], found.se_within[unit]) == pytest.approx(expected, rel=RELATIVE)
    assert (found.rows[unit], found.clusters[unit]) == (n, g)


def test_the_instrument_by_hand() -> None:
    d = data() | {"unit": np.zeros(240, dtype=np.intp)}
    found = fitted(d)
    design, weight = dummies(d["group"]), d["w"]
    # Both stages written out: two-stage least squares with the weights' roots.
    root = np.sqrt(weight)[:, None]
    instruments = np.column_stack([d["z"], design]) * root
    regressors = np.column_stack([d["a"], design]) * root
    projected = instruments @ np.linalg.lstsq(instruments, regressors, rcond=None)[0]
    slope = np.linalg.lstsq(projected, d["y"] * root[:, 0], rcond=None)[0]
    assert found.difference[0] == pytest.approx(slope[0], rel=1e-6)
    came = np.bincount(d["group"], d["x"])
    others = float(came @ slope[1:] / came.sum())
    assert found.others[0] == pytest.approx(others, rel=1e-6)
    assert found.movers[0] == pytest.approx(others + slope[0], rel=1e-6)


@pytest.mark.parametrize("by_row", [False, True])
def test_the_interval_of_the_support_covers_it(by_row: bool) -> None:
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        group = np.repeat(np.arange(40), 12)
        n = rng.integers(200, 1500, len(group)).astype(float)
        turnout = np.clip(0.6 + rng.normal(0, 0.08, len(group)), 0.2, 0.95)
        came = np.rint(n * turnout)
        x = np.minimum(rng.poisson(n * 0.03 * rng.gamma(1.5, 1 / 1.5, len(group))), came)
        # Others: 45 % and more where turnout is high, visitors 80 %.
        p = 0.45 + 0.4 * (turnout - 0.6) + rng.normal(0, 0.04, len(group))
        y = (rng.binomial((came - x).astype(int), p) + rng.binomial(x.astype(int), 0.8)) / came
        cluster = np.arange(len(group)) if by_row else group
        found = slopes(
            x / came,
            y,
            came,
            x.astype(float),
            x / n,
            group=group,
            unit=np.zeros_like(group),
            cluster=cluster,
            units=1,
        )
        covered += abs(found.movers[0] - 0.8) <= 2 * found.se_movers[0]
    # 2 standard errors: .95; below 180 of 200 has probability .001 (binomial).
    assert covered >= 180


def test_a_unit_without_variation_has_no_slope() -> None:
    d = data()
    d["a"] = np.where(d["unit"] == 1, 0.02, d["a"])
    found = fitted(d)
    assert np.isnan([found.pooled[1], found.within[1], found.se_within[1]]).all()
    assert np.isfinite([found.within[0], found.within[2]]).all()
    empty = fitted(d, units=5)
    assert np.isnan(empty.within[3:]).all()
    assert empty.rows.tolist()[3:] == [0, 0]


def test_permutations_against_all_of_them() -> None:
    rng = np.random.default_rng(1)
    cell = np.array([0, 0, 0, 1, 1, 1, 1, 2])
    score, y = rng.normal(size=8), rng.normal(size=8)
    inside = [cell == c for c in range(3)]
    a, b = (sum((v - v[own].mean()) * own for own in inside) for v in (score, y))
    sums, every = [], []
    for first, second in product(permutations(range(3)), permutations(range(3, 7))):
        products = a * b[[*first, *second, 7]]
        sums.append(products.sum())
        every.append(products.sum() / np.sqrt((products**2).sum()))
    own = (a * b).sum() / np.sqrt(((a * b) ** 2).sum())
    one = np.zeros(8, dtype=np.intp)
    found = gathered(permute_within(score, y, cell=cell, group=one, n_resamples=4000, rng=rng), one[:1], 1)
    assert found.statistic[0] == pytest.approx(own, rel=RELATIVE)
    assert found.variance[0] == pytest.approx(np.var(sums), rel=RELATIVE)
    # Monte-Carlo error of 4,000 draws: three standard deviations.
    error = 3 * np.sqrt(0.25 / 4000)
    assert found.above[0] / 4000 == pytest.approx(np.mean(np.array(every) >= own - 1e-12), abs=error)
    far = np.abs(every) >= abs(own) - 1e-12
    assert found.beyond[0] / 4000 == pytest.approx(np.mean(far), abs=error)
    assert contributions(score, y, cell).sum() == pytest.approx(own, rel=RELATIVE)


def test_groups_gather_into_units() -> None:
    d = data()
    cell = size_cells(d["n"], d["group"])
    score = uneven_score(d["x"], d["n"], d["w"], d["group"])
    draws = permute_within(
        score, d["y"], cell=cell, group=d["group"], n_resamples=99, rng=np.random.default_rng(2)
    )
    by_unit = gathered(draws, np.arange(12) % 3, 4)
    whole = gathered(draws, np.zeros(12, dtype=np.intp), 1)
    assert by_unit.variance.sum() == pytest.approx(whole.variance[0], rel=RELATIVE)
    for unit in range(3):
        own = d["unit"] == unit
        alone = contributions(score[own], d["y"][own], np.unique(cell[own], return_inverse=True)[1])
        assert by_unit.statistic[unit] == pytest.approx(alone.sum(), rel=RELATIVE)
    assert (by_unit.statistic[3], by_unit.variance[3]) == (0, 0)  # a unit without rows


def test_the_permutation_keeps_its_size_where_small_rows_vary_more() -> None:
    rng = np.random.default_rng(6)
    cell, hits = np.repeat(np.arange(60), 6), 0
    one = np.zeros(len(cell), dtype=np.intp)
    for _ in range(200):
        # Independent, but a tenth of the rows vary four times as much in both.
        scale = np.where(rng.random(len(cell)) < 0.1, 4.0, 1.0)
        score, y = scale * rng.normal(size=len(cell)), scale * rng.normal(size=len(cell))
        draws = permute_within(score, y, cell=cell, group=one, n_resamples=99, rng=rng)
        hits += (gathered(draws, one[:1], 1).above[0] + 1) / 100 <= 0.05
    # 200 tests at .05: 10 are expected, more than 20 has probability .001 (binomial).
    assert hits <= 20


def test_cells_hold_sizes_of_a_group() -> None:
    rng = np.random.default_rng(3)
    group, size = rng.integers(0, 6, 400), rng.integers(100, 160, 400).astype(float)
    cell = size_cells(size, group)
    for c in np.unique(cell):
        own = cell == c
        assert len(np.unique(group[own])) == 1
        others = (group == group[own][0]) & ~own
        inside = (size[others] >= size[own].min()) & (size[others] <= size[own].max())
        assert not inside.any()
    order = rng.permutation(400)
    assert (size_cells(size[order], group[order]) == cell[order]).all()


def test_the_score_depends_on_movers_only_and_sums_to_nothing_within_groups() -> None:
    d = data()
    score = uneven_score(d["x"], d["n"], d["w"], d["group"])
    assert np.bincount(d["group"], score) == pytest.approx(np.zeros(12), abs=1e-9)


def test_dispersion_by_hand() -> None:
    group, unit = np.array([0, 0, 0, 1, 1, 2, 3, 3]), np.array([0, 0, 0, 0, 0, 0, 1, 1])
    n, x = np.full(8, 100.0), np.array([1.0, 2, 3, 0, 8, 5, 0, 0])
    mu = means_by_group(x, n, group)
    assert mu.tolist() == [2, 2, 2, 4, 4, 5, 0, 0]
    found = dispersions(x, mu, group=group, unit=unit, units=2)
    # (1 + 0 + 1)/2 + (16 + 16)/4 = 9 over (3 − 1) + (2 − 1); a group of one, or without x, says nothing.
    assert found.value[0] == pytest.approx(3.0, rel=RELATIVE)
    assert (found.rows[0], found.groups[0]) == (5, 2)
    assert np.isnan(found.value[1])


def test_dispersion_of_poisson_counts_is_one() -> None:
    rng = np.random.default_rng(4)
    group, n = np.repeat(np.arange(200), 30), rng.integers(100, 3000, 6000).astype(float)
    x = rng.poisson(n * 0.01 * np.repeat(rng.gamma(3, 1 / 3, 200), 30)).astype(float)
    mu = means_by_group(x, n, group)
    unit = np.zeros(6000, dtype=np.intp)
    found = dispersions(x, mu, group=group, unit=unit, units=1)
    assert abs(found.value[0] - 1) < 2 * found.half_width[0]
    assert found.half_width[0] < 0.1


def test_the_curve_of_shares() -> None:
    x, n = np.array([1.0, 6, 3]), np.array([50.0, 20, 30])
    at = np.array([0.0, 0.2, 0.5, 1.0])
    # Highest rates first: 6 of 10 in 20 %, then 3 in 30 %, then 1 in 50 %.
    assert share_curve(x, n, at) == pytest.approx([0, 0.6, 0.9, 1.0], rel=RELATIVE)

"""The scan statistic and the excess across borders, against brute force and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.kernels import border, scan

#: Sums of a few hundred terms in another order.
EXACT = 1e-9
SIZES = (3, 5, 8)


def election(seed: int = 1, n: int = 240) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, groups of different sizes, and values without the mean of their group."""
    rng = np.random.default_rng(seed)
    group = np.sort(rng.integers(0, 5, n))
    y = rng.gamma(1, size=n)
    return rng.normal(0, 10, (n, 2)), group, y - (np.bincount(group, y) / np.bincount(group))[group]


def circles_by_hand(points: np.ndarray, group: np.ndarray) -> list[np.ndarray]:
    found = []
    for i in range(len(points)):
        same = np.flatnonzero(group == group[i])
        order = same[np.argsort(np.linalg.norm(points[same] - points[i], axis=1))]
        found += [order[:size] for size in SIZES if size <= len(same) // 2]
    return found


def test_the_normal_ratio_is_that_of_two_means() -> None:
    points, group, y = election()
    best, inside = 0.0, np.zeros(0)
    whole = ((y - y.mean()) ** 2).sum()
    for circle in circles_by_hand(points, group):
        rest = np.setdiff1d(np.arange(len(y)), circle)
        if y[circle].mean() > y[rest].mean():
            # Kulldorff, Huang and Konty (2009): −n/2 ln of the residual sums of squares.
            squares = sum(((y[part] - y[part].mean()) ** 2).sum() for part in (circle, rest))
            ratio = len(y) / 2 * np.log(whole / squares)
            if ratio > best:
                best, inside = ratio, circle
    zones = scan.circles(points, group, SIZES)
    found = scan.best_zone(y, zones)
    assert found.ratio == pytest.approx(best, rel=EXACT)
    assert zones.inside(found.place, found.size).tolist() == sorted(inside.tolist())
    assert scan.best_ratios(y[:, None], zones)[0] == pytest.approx(best, rel=EXACT)
    far = np.linalg.norm(points[inside] - points[zones.centre[found.place]], axis=1).max()
    assert zones.radius[found.place, found.size] == pytest.approx(far, rel=EXACT)


def test_the_poisson_ratio_is_kulldorffs() -> None:
    points, group, _ = election(2)
    rng = np.random.default_rng(3)
    cases = (rng.random(len(group)) < 0.2).astype(np.float64)
    expected = (np.bincount(group, cases) / np.bincount(group))[group]
    total = cases.sum()
    ratios = [0.0]
    for circle in circles_by_hand(points, group):
        c, mu = cases[circle].sum(), expected[circle].sum()
        if c > mu:
            ratios.append(c * np.log(c / mu) + (total - c) * np.log((total - c) / (total - mu)))
    zones = scan.circles(points, group, SIZES)
    assert scan.best_zone(cases, zones, expected).ratio == pytest.approx(max(ratios), rel=EXACT)
    # 10 cases of 100 where 4 were expected: 10 ln 2.5 + 90 ln(90/96) = 3.3545.
    by_hand = 10 * np.log(10 / 4) + 90 * np.log(90 / 96)
    assert by_hand == pytest.approx(3.3545, abs=1e-4)
    one = scan._poisson(np.array([[10.0]]), np.array([[4.0]]), np.array([100.0]))
    assert one[0, 0] == pytest.approx(by_hand, rel=EXACT)


def test_circles_stay_in_their_group_and_below_half_of_it() -> None:
    points, group, _ = election(4, 60)
    points[20:26] = points[20]  # one place
    group[20:26] = group[20]
    zones = scan.circles(points, group)
    size = np.bincount(group)
    for place in range(len(zones.centre)):
        for step in range(zones.number.shape[1]):
            rows = zones.inside(place, step)
            assert zones.centre[place] in rows
            assert set(group[rows]) == {group[zones.centre[place]]}
            assert len(rows) == zones.number[place, step]
            assert len(rows) == 1 or len(rows) <= size[group[rows[0]]] / 2


def test_a_planted_cluster_is_the_best_zone() -> None:
    points, group, y = election(5)
    group[:] = 0
    near = np.argsort(np.linalg.norm(points - points[50], axis=1))[:8]
    y[near] += 6
    zones = scan.circles(points, group, SIZES)
    found = scan.best_zone(y, zones)
    assert zones.inside(found.place, found.size).tolist() == sorted(near.tolist())


def test_nothing_high_is_no_cluster() -> None:
    points, group, _ = election(6)
    zones = scan.circles(points, group, SIZES)
    flat = np.zeros(len(group))
    assert scan.best_zone(flat, zones).ratio == 0.0
    assert scan.best_zone(flat, zones, flat).ratio == 0.0


def two_units(jump: float, seed: int = 7, n: int = 900) -> tuple[np.ndarray, ...]:
    """Nine units on a square, a smooth field over all of them, every unit with a level of its own."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 30, (n, 2))
    unit = (points[:, 0] // 10 * 3 + points[:, 1] // 10).astype(np.intp)
    smooth = 0.5 * np.sin(points[:, 0] / 7) + 0.5 * np.cos(points[:, 1] / 9)
    return points, unit, smooth + rng.normal(0, 0.3, n) + jump * rng.normal(0, 1, 9)[unit]


def test_the_excess_is_the_difference_of_the_semivariances() -> None:
    points, unit, y = two_units(0.5)
    pairs = border.near_pairs(points, unit, np.zeros_like(unit), 8, 5.0)
    assert pairs is not None
    found = border.excess_across(y, pairs, unit)
    gamma = 0.5 * (y[pairs.one] - y[pairs.other]) ** 2
    total, weight = 0.0, 0
    for code in np.unique(pairs.distance_class[pairs.distance_class >= 0]):
        here = pairs.distance_class == code
        across = here & pairs.across
        total += across.sum() * (gamma[across].mean() - gamma[here & ~pairs.across].mean())
        weight += across.sum()
    assert found.value == pytest.approx(total / weight, rel=EXACT)
    form = border.quadratic_form(pairs, len(y))
    assert y @ (form @ y) == pytest.approx(found.value, rel=EXACT)
    assert float(pairs.weight @ gamma) == pytest.approx(found.value, rel=EXACT)
    assert (pairs.distance <= 5.0).all()
    assert (pairs.one < pairs.other).all()


def test_the_jackknife_leaves_out_all_pairs_of_a_unit() -> None:
    points, unit, y = two_units(0.5)
    pairs = border.near_pairs(points, unit, np.zeros_like(unit), 8, 5.0)
    assert pairs is not None
    gamma = 0.5 * (y[pairs.one] - y[pairs.other]) ** 2
    deleted = []
    for left in range(9):
        keep = (unit[pairs.one] != left) & (unit[pairs.other] != left)
        total, weight = 0.0, 0
        for code in np.unique(pairs.distance_class[pairs.distance_class >= 0]):
            across = keep & pairs.across & (pairs.distance_class == code)
            within = keep & ~pairs.across & (pairs.distance_class == code)
            total += across.sum() * (gamma[across].mean() - gamma[within].mean())
            weight += across.sum()
        deleted.append(total / weight)
    error = np.sqrt(8 / 9 * ((np.array(deleted) - np.mean(deleted)) ** 2).sum())
    assert border.excess_across(y, pairs, unit).standard_error == pytest.approx(error, rel=EXACT)


def test_a_smooth_field_has_no_excess_and_levels_of_units_have_theirs() -> None:
    smooth, levels = [], []
    for seed in range(20):
        for jump, found in ((0.0, smooth), (0.6, levels)):
            points, unit, y = two_units(jump, seed)
            pairs = border.near_pairs(points, unit, np.zeros_like(unit), 8, 5.0)
            assert pairs is not None
            found.append(border.excess_across(y, pairs, unit).value)
    # Twenty elections; the variance between units is .36, drawn from nine units each.
    assert abs(np.mean(smooth)) <= 4 * np.std(smooth) / np.sqrt(20) + 0.002
    assert np.mean(levels) == pytest.approx(0.36, abs=4 * np.std(levels) / np.sqrt(20))


def test_the_steepest_border_is_listed_first() -> None:
    points, unit, y = two_units(0.0)
    y[unit == 4] += 2
    pairs = border.near_pairs(points, unit, np.zeros_like(unit), 8, 5.0)
    assert pairs is not None
    found = border.jumps(y, pairs, unit)
    assert all(4 in (jump.a, jump.b) for jump in found[:4])
    for jump in found[:4]:
        assert (jump.difference > 1.5) if jump.a == 4 else (jump.difference < -1.5)
        assert abs(jump.z) > 5
        assert min(jump.rows) >= border.FEWEST_ROWS


def test_without_a_border_there_are_no_pairs() -> None:
    points, unit, _ = two_units(0.0)
    assert border.near_pairs(points, np.zeros_like(unit), np.zeros_like(unit), 8, 5.0) is None
    # Units of different top units are not compared.
    assert border.near_pairs(points, unit, unit, 8, 5.0) is None
    assert border.near_pairs(points, unit, np.zeros_like(unit), 8, 1e-6) is None

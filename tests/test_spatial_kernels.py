"""Neighbours, Moran's I, local Moran and G*, against esda and libpysal and against brute force."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from forensics.kernels import moran, spatial

#: Agreement asked for with esda.
ESDA = 1e-9
#: Standard errors by which two Monte-Carlo p-values may differ.
ERRORS = 4.5
N = 300


def points(seed: int = 1, n: int = N) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 10, (n, 2))


def field(place: np.ndarray, seed: int = 2) -> np.ndarray:
    """Values with a pattern in them, skewed as residuals are."""
    return np.random.default_rng(seed).gamma(1, size=len(place)) + 0.4 * np.sin(place[:, 0] / 5)


def lists(near: spatial.Nearby) -> dict[int, list[int]]:
    return {
        i: near.indices[near.indptr[i] : near.indptr[i + 1]].tolist() for i in range(len(near.indptr) - 1)
    }


@pytest.fixture(scope="module")
def oracle() -> Any:
    """The esda package; importing it warns of what it will change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("libpysal", reason="the oracle of the weights is not installed")
        return pytest.importorskip("esda", reason="the oracle of Moran's I is not installed")


def weights_of(near: spatial.Nearby, transform: str = "r") -> Any:
    from libpysal.weights import W

    weights = W(lists(near), silence_warnings=True)
    weights.transform = transform
    return weights


def test_the_nearest_are_those_of_libpysal(oracle: Any) -> None:
    from libpysal.weights import KNN, DistanceBand

    place = points()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of islands and of parts that are not connected
        theirs = {k: KNN(place, k).neighbors for k in (1, 8)}
        band = DistanceBand(place, 3.0).neighbors
    pairs = [(spatial.nearest(place, k), theirs[k]) for k in (1, 8)]
    for near, neighbours in (*pairs, (spatial.within_distance(place, 3.0), band)):
        assert {i: set(j) for i, j in lists(near).items()} == {i: set(j) for i, j in neighbours.items()}


@pytest.mark.parametrize("islands", [False, True])
def test_moran_is_that_of_esda(oracle: Any, islands: bool) -> None:
    place = points()
    # A radius leaves some points without a neighbour.
    near = spatial.within_distance(place, 1.5) if islands else spatial.nearest(place, 8)
    assert (near.number == 0).any() == islands
    y = field(place)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = oracle.Moran(y, weights_of(near), permutations=0)
        local = oracle.Moran_Local(y, weights_of(near), permutations=0)
    assert float(moran.moran(y, near)) == pytest.approx(theirs.I, rel=ESDA, abs=ESDA)
    np.testing.assert_allclose(moran.local_moran(y, near), local.Is, rtol=ESDA, atol=ESDA)


def test_getis_ord_is_that_of_esda(oracle: Any) -> None:
    place = points()
    near = spatial.nearest(place, 6)
    y = field(place) + 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Binary weights: esda's variance under row-standardised ones leaves S1 out.
        theirs = oracle.G_Local(y, weights_of(near, "b"), transform="B", star=True, permutations=0)
    np.testing.assert_allclose(moran.getis_ord(y, near), theirs.Zs, rtol=ESDA, atol=ESDA)


def test_permutation_pvalues_are_those_of_esda(oracle: Any) -> None:
    place, m = points(), 4999
    near, y = spatial.nearest(place, 8), field(place)
    one = np.zeros(N, dtype=np.intp)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = oracle.Moran(y, weights_of(near), permutations=m)
        local = oracle.Moran_Local(y, weights_of(near), permutations=m, n_jobs=1, seed=3)
    drawn = moran.permuted(lambda b: moran.moran(b, near)[None], y, one, m, np.random.default_rng(4))[0]
    p = moran.upper_pvalue(float(moran.moran(y, near)), drawn)
    assert abs(p - theirs.p_sim) <= ERRORS * np.sqrt(2 * p * (1 - p) / m) + 2 / m
    # The exact randomisation mean and deviation of Cliff and Ord.
    assert abs(drawn.mean() - theirs.EI) <= ERRORS * theirs.seI_rand / np.sqrt(m)
    assert drawn.std() == pytest.approx(theirs.seI_rand, rel=ERRORS / np.sqrt(2 * m))
    found = moran.conditional(y, near, one, m, np.random.default_rng(5))
    folded = (np.minimum(found.above, found.below) + 1) / (m + 1)
    error = np.sqrt(2 * folded * (1 - folded) / m) + 1 / m
    assert (np.abs(folded - local.p_sim) <= ERRORS * error).all()


def test_conditional_draws_hold_the_row_and_stay_in_its_group() -> None:
    rng = np.random.default_rng(6)
    place, group = points(7), rng.integers(0, 6, N)
    near = spatial.nearest(place, 5, group)
    y = field(place) + 2.0 * group
    found = moran.conditional(y, near, group, 9999, rng)
    for i in (0, 17, 101):
        pool = np.setdiff1d(np.flatnonzero(group == group[i]), [i])
        chosen = np.argsort(rng.random((9999, len(pool))), axis=1)[:, : near.number[i]]
        observed = y[lists(near)[i]].sum()
        share = (y[pool][chosen].sum(axis=1) >= observed - 1e-9).mean()
        error = ERRORS * np.sqrt(2 * max(share * (1 - share), 1e-4) / 9999)
        assert abs(found.above[i] / 9999 - share) <= error
        assert (found.above[i] + found.below[i]) >= 9999


def test_draws_go_on_where_few_are_beyond() -> None:
    rng = np.random.default_rng(8)
    place = points(9)
    near, one = spatial.nearest(place, 8), np.zeros(N, dtype=np.intp)
    y = rng.normal(size=N)
    y[lists(near)[0]] += 4
    found = moran.conditional(y, near, one, 99_999, rng, first=999)
    assert sorted(set(found.drawn.tolist())) == [999, 9999, 99_999]
    least = np.minimum(found.above, found.below)
    assert (least[found.drawn < 99_999] >= moran.FEW).all()
    assert found.pvalues()[0] < 1e-3
    # Uniform under the null, as they are with all draws at once.
    whole = moran.conditional(y, near, one, 9999, np.random.default_rng(10)).pvalues()
    assert np.abs(found.pvalues() - whole).max() < 0.1


def test_a_full_neighbourhood_has_one_draw() -> None:
    y = np.array([3.0, 1.0, 2.0, 7.0])
    near = spatial.nearest(np.arange(4.0)[:, None], 3)
    found = moran.conditional(y, near, np.zeros(4, dtype=np.intp), 50, np.random.default_rng(0))
    assert found.above.tolist() == found.below.tolist() == [50] * 4
    assert found.pvalues().tolist() == [1.0] * 4


def test_rows_as_near_as_the_last_are_all_neighbours() -> None:
    # Four at one place, one at distance 1, two at distance 2 on both sides.
    place = np.array([[0.0], [0.0], [0.0], [0.0], [1.0], [2.0], [-2.0]])
    assert sorted(lists(spatial.nearest(place, 2))[0]) == [1, 2, 3]
    assert sorted(lists(spatial.nearest(place, 4))[0]) == [1, 2, 3, 4]
    assert sorted(lists(spatial.nearest(place, 5))[0]) == [1, 2, 3, 4, 5, 6]
    assert spatial.busiest(place) == 4


def test_neighbours_do_not_depend_on_the_order_of_the_rows() -> None:
    place = np.round(points(11), 0)  # many ties
    order = np.random.default_rng(12).permutation(N)
    one, other = lists(spatial.nearest(place, 4)), lists(spatial.nearest(place[order], 4))
    assert {i: set(j) for i, j in one.items()} == {
        int(order[i]): {int(order[k]) for k in j} for i, j in other.items()
    }


def test_units_as_neighbourhoods() -> None:
    unit = np.array([0, 1, 0, 1, 0, 2])
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    near = spatial.SameUnit(unit)
    assert near.number.tolist() == [2, 1, 2, 1, 2, 0]
    assert near.lag(y).tolist() == [4.0, 4.0, 3.0, 2.0, 2.0, 0.0]
    assert near.lag(np.stack([y, 2 * y], axis=1))[:, 1].tolist() == [8.0, 8.0, 6.0, 4.0, 4.0, 0.0]
    assert near.sums(y).tolist() == [9.0, 6.0, 6.0]


def test_chords_are_distances() -> None:
    # One degree of a meridian: 2π 6371/360 = 111.19 km; St Petersburg to Moscow about 634 km.
    place = spatial.on_sphere(
        np.array([59.0, 60.0, 59.9343, 55.7558]), np.array([30.0, 30.0, 30.3351, 37.6173])
    )
    assert np.linalg.norm(place[0] - place[1]) == pytest.approx(111.19, abs=0.01)
    assert np.linalg.norm(place[2] - place[3]) == pytest.approx(633, abs=2)


def test_values_change_places_within_groups_only() -> None:
    group = np.repeat([0, 1, 2], [5, 1, 10])
    y = np.arange(16.0)
    blocks = list(moran.shuffles(y, group, 40, np.random.default_rng(0)))
    drawn = np.concatenate(blocks, axis=1)
    assert drawn.shape == (16, 40)
    for code in range(3):
        rows = group == code
        assert (np.sort(drawn[rows], axis=0) == y[rows][:, None]).all()
    assert not (drawn == y[:, None]).all()


def test_geocoding_to_a_namesake_is_seen() -> None:
    rng = np.random.default_rng(13)
    lat, lon = 50 + rng.normal(0, 0.1, 60), 20 + rng.normal(0, 0.1, 60)
    lat[7] += 5
    group = np.repeat([0, 1], 30)
    assert np.flatnonzero(spatial.misplaced(spatial.on_sphere(lat, lon), group)).tolist() == [7]


def test_nothing_varies_and_nothing_is_found() -> None:
    near = spatial.nearest(points(14, 30), 3)
    flat = np.full(30, 2.0)
    assert float(moran.moran(flat, near)) == 0.0
    assert moran.local_moran(flat, near).tolist() == [0.0] * 30
    assert moran.getis_ord(flat, near).tolist() == [0.0] * 30
    assert moran.upper_pvalue(0.0, np.zeros(19)) == 1.0

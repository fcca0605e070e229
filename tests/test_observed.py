"""Observers as composition: lots allow an effect, choices do not; samples have a design effect."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from forensics.errors import ConfigError
from forensics.kernels.survey import ratio
from forensics.observers.observed import counted_turnout, observed_difference

ROUNDING = 1e-10


def _city(effect, seed=1, n=600, chosen=0.2):
    """Precincts in strata, one in five observed by lots."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 20, n)
    observed = rng.random(n) < chosen
    outcome = 0.4 + 0.1 * rng.normal(size=20)[stratum] + 0.08 * rng.normal(size=n) + effect * observed
    return outcome, observed, stratum


def test_a_planted_effect_of_being_observed_is_found():
    outcome, observed, stratum = _city(-0.06)
    found = observed_difference(outcome, observed, assignment="random", stratum=stratum, rng=1)
    assert found.interval[0] < -0.06 < found.interval[1]
    assert found.p_permutation < 0.01
    assert found.effect == found.value
    assert "lots" in str(found.sentence)
    assert "effect of being observed" in str(found)
    # The coefficient of an indicator is the difference of means weighted by n₁n₀/n of the strata.
    parts = [
        (outcome[(stratum == s) & observed].mean() - outcome[(stratum == s) & ~observed].mean(),
         observed[stratum == s].sum() * (~observed[stratum == s]).sum() / (stratum == s).sum())
        for s in range(20)
    ]  # fmt: skip
    value = sum(d * w for d, w in parts) / sum(w for _, w in parts)
    assert found.value == pytest.approx(value, abs=ROUNDING)


def test_what_observers_chose_is_no_effect():
    outcome, observed, stratum = _city(-0.06)
    found = observed_difference(outcome, observed, assignment="convenience", stratum=stratum)
    assert found.p_permutation is None
    with pytest.raises(ConfigError, match="observers chose the precincts themselves"):
        _ = found.effect
    assert "is no effect" in str(found.sentence)
    assert "caused" not in str(found)
    assert found.to_dict()["p_permutation"] is None


def test_lots_drawn_again_agree_with_all_that_there_are():
    rng = np.random.default_rng(4)
    outcome, stratum = rng.normal(size=11), np.repeat([0, 1], [6, 5])
    observed = np.isin(np.arange(11), [0, 3, 7, 8])
    own = outcome - np.array([outcome[stratum == s].mean() for s in (0, 1)])[stratum]
    pairs = itertools.product(itertools.combinations(range(6), 2), itertools.combinations(range(6, 11), 2))
    every = np.array([own[[*a, *b]].sum() for a, b in pairs])  # 15 times 10 ways
    exact = (np.abs(every) >= abs(own[observed].sum()) - ROUNDING).mean()
    draws = 4000
    found = observed_difference(
        outcome, observed, assignment="random", stratum=stratum, permutations=draws, rng=1
    )
    # Four standard errors of a share of so many draws.
    assert found.p_permutation == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / draws))


def test_permuted_lots_hold_their_level():
    rejected = 0
    for seed in range(200):
        outcome, observed, stratum = _city(0.0, seed=seed, n=150)
        found = observed_difference(
            outcome, observed, assignment="random", stratum=stratum, permutations=99, rng=seed
        )
        rejected += found.p_permutation <= 0.05
    # Bin(200, .05): P(X ≤ 3 or X ≥ 18) < .02.
    assert 3 < rejected < 18


def test_lots_by_building_move_together():
    outcome, _, _ = _city(0.0)
    building = np.arange(600) // 3
    observed = (building % 4) == 0
    found = observed_difference(outcome, observed, assignment="random", cluster=building, rng=2)
    assert 0 < found.p_permutation <= 1
    with pytest.raises(ConfigError, match="observed in part"):
        observed_difference(outcome, np.arange(600) % 4 == 0, assignment="random", cluster=building)


def test_rows_without_outcome_are_counted():
    outcome, observed, stratum = _city(0.0)
    outcome[:7], stratum[7:10] = np.nan, -1
    found = observed_difference(outcome, observed, assignment="random", stratum=stratum, permutations=9)
    assert (found.n, found.left_out) == (590, 10)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"assignment": "lots"}, "assignment is 'lots'; it is one of random, convenience"),
        ({"observed": np.ones(600, dtype=bool)}, "no stratum holds both observed"),
    ],
)
def test_what_cannot_be_compared_is_refused(changes, words):
    outcome, observed, _ = _city(0.0)
    arguments = {"observed": observed, "assignment": "random"} | changes
    with pytest.raises(ConfigError, match=words):
        observed_difference(outcome, **arguments)


def _sample(n=156, seed=1):
    """Observed precincts in which turnout was added: 156 as in Moscow 2011."""
    rng = np.random.default_rng(seed)
    registered = rng.integers(800, 2800, n).astype(float)
    counted = rng.binomial(registered.astype(int), 0.45).astype(float)
    return registered, counted, counted + np.rint(registered * rng.uniform(0, 0.2, n)), rng


def test_counts_against_protocols():
    registered, counted, official, _ = _sample()
    found = counted_turnout(official, counted, registered, assignment="random")
    assert found.gap.value == pytest.approx((official - counted).sum() / registered.sum())
    assert found.gap.low < 0.10 < found.gap.high  # the mean of U(0, .2)
    assert found.official.value - found.counted.value == pytest.approx(found.gap.value)
    assert "design effect" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["interval"] is not None
    chosen = counted_turnout(official, counted, registered, assignment="convenience")
    assert chosen.to_dict()["interval"] is None
    assert "no random sample" in str(chosen)
    official[:6] = np.nan
    assert counted_turnout(official, counted, registered, assignment="random").left_out == 6
    with pytest.raises(ConfigError, match="none of the 3 precincts"):
        counted_turnout(np.full(3, np.nan), np.ones(3), np.ones(3), assignment="random")


def test_a_ratio_has_the_textbook_variance():
    registered, counted, *_ = _sample()
    found = ratio(counted, registered)
    n, r = len(counted), counted.sum() / registered.sum()
    # Cochran (1977), (6.9): s² of the residuals over n and the squared mean of x.
    variance = ((counted - r * registered) ** 2).sum() / (n - 1) / n / registered.mean() ** 2
    assert found.standard_error**2 == pytest.approx(variance)
    assert found.design_effect == pytest.approx(1)
    half = ratio(counted, registered, sampled=np.array([0.5]))
    assert half.standard_error**2 == pytest.approx(variance / 2)


def test_strata_and_clusters():
    registered, counted, _, rng = _sample(240)
    stratum = np.repeat([0, 1, 2], 80)
    district = np.arange(240) // 8
    counted = np.rint(counted * (1 + 0.2 * rng.normal(size=30)[district])).clip(0)
    found = ratio(counted, registered, stratum=stratum, cluster=district)
    z = (counted - found.value * registered) / registered.sum()
    totals = np.bincount(district, z)
    by_hand = sum(10 / 9 * ((part - part.mean()) ** 2).sum() for part in totals.reshape(3, 10))
    assert found.standard_error**2 == pytest.approx(by_hand)
    assert found.design_effect > 2
    assert found.freedom == 27
    lonely = ratio(counted, registered, stratum=np.where(district == 29, 3, stratum), cluster=district)
    assert lonely.alone == 1
    assert lonely.standard_error > 0
    assert ratio(counted, registered, cluster=np.zeros(240, dtype=int)).low is None


def test_intervals_cover():
    rng = np.random.default_rng(5)
    size = rng.integers(300, 2500, 4000).astype(float)
    votes = np.rint(size * (0.5 + 0.1 * rng.normal(size=80)[np.arange(4000) // 50]).clip(0.1, 0.9))
    truth = votes.sum() / size.sum()
    covered = 0
    for _ in range(300):
        drawn = rng.choice(80, 24, replace=False)
        rows = np.flatnonzero(np.isin(np.arange(4000) // 50, drawn))
        found = ratio(votes[rows], size[rows], cluster=rows // 50, sampled=np.array([24 / 80]))
        covered += found.low <= truth <= found.high
    # Bin(300, .95) lies in [270, 297] with probability .999; the ratio is slightly biased.
    assert 270 <= covered <= 297


@pytest.mark.parametrize("rng", [-1, 1.5, True, "a"])
def test_what_is_no_seed_is_refused_in_a_sentence(rng: object) -> None:
    values, seen = np.linspace(0, 1, 8), np.arange(8) % 2 == 0
    with pytest.raises(ConfigError, match="a seed is a whole number from 0 on"):
        observed_difference(values, seen, assignment="random", rng=rng)


def test_arrays_of_several_lengths_are_refused_in_a_sentence() -> None:
    with pytest.raises(ConfigError, match=r"outcome \(3,\), observed \(2,\)"):
        observed_difference(np.ones(3), np.ones(2, dtype=bool), assignment="random")
    with pytest.raises(ConfigError, match=r"counted \(2,\)"):
        counted_turnout(np.ones(3), np.ones(2), np.ones(3), assignment="random")

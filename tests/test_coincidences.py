"""Shared birthdays of namesakes: published values, brute force, and no bias from names or repeats."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from forensics.errors import ConfigError
from forensics.kernels.birthdays import DAYS, cohorts, heaps, shared_birthday
from forensics.kernels.coincidences import People, name_bootstrap, namesakes, partners, tally
from forensics.simulation.voters import voter_list

# methods.md, C10: exact birth dates of 64 cohorts are about 23,400 equally likely days.
EXACT_DATES = 64 * 365.25
ROUNDED = 0.005
EXACT = 1e-12
# Three standard deviations of a mean of z-values of so many simulations.
REPEATS = 30
BIAS = 3 / REPEATS**0.5


@pytest.mark.parametrize(
    ("n", "days", "chance"),
    [
        (180, EXACT_DATES, 0.50),  # McDonald and Levitt 2008, as cited in methods.md, C10
        (460, EXACT_DATES, 0.99),
        (23, 365, 0.5073),  # Feller, An Introduction to Probability Theory, volume I, II.3
        (2, 365, 1 / 365),
        (1, 365, 0.0),
        (366, 365, 1.0),
    ],
)
def test_the_chance_of_a_shared_birthday(n: int, days: float, chance: float) -> None:
    assert shared_birthday(n, days) == pytest.approx(chance, abs=ROUNDED)


def drawn(n: int, seed: int, firsts: int = 4, families: int = 3, years: int = 3) -> People:
    rng = np.random.default_rng(seed)
    year = 1950 + rng.integers(0, years, n)
    return People(
        rng.integers(0, firsts, n),
        rng.integers(0, families, n),
        year,
        cohorts(year, 1).code,
        rng.integers(0, DAYS, n),
    )


def pairs_by_hand(people: People) -> tuple[int, dict[tuple[int, int, int], list[int]]]:
    """Pairs of one name and birthday, and the records of each name and year."""
    groups: dict[tuple[int, int, int], list[int]] = {}
    for i, key in enumerate(
        zip(people.first.tolist(), people.family.tolist(), people.year.tolist(), strict=True)
    ):
        groups.setdefault(key, []).append(i)
    same = [
        people.day[i] == people.day[j]
        for rows in groups.values()
        for i, j in itertools.combinations(rows, 2)
    ]
    return int(np.sum(same)), groups


def test_pairs_and_groups_against_a_loop_over_all_pairs() -> None:
    people = drawn(600, 1)
    observed, groups = pairs_by_hand(people)
    found = namesakes(people)
    counted, _ = tally(found)
    assert observed > 10
    assert counted.observed.sum() == observed
    assert sorted(counted.people.tolist()) == sorted(len(rows) for rows in groups.values() if len(rows) > 1)
    touching, by_chance = partners(found, np.ones(len(found.rows), dtype=bool))
    assert touching.sum() == 2 * observed
    assert by_chance.sum() == pytest.approx(2 * counted.expected.sum(), rel=EXACT)


def test_the_cohorts_square_is_the_share_of_pairs_of_different_names() -> None:
    people = drawn(400, 2, years=1)
    found = namesakes(people, weight=1e15)  # first names weigh nothing
    name = people.first * 3 + people.family
    same = [
        people.day[i] == people.day[j]
        for i, j in itertools.combinations(range(400), 2)
        if name[i] != name[j]
    ]
    assert found.chance == pytest.approx(np.full(12, np.mean(same)), rel=1e-9)


def test_one_name_alone_is_compared_with_days_of_equal_chance() -> None:
    n = 40
    alone = People(*(np.zeros(n, dtype=np.intp) for _ in range(4)), np.arange(n))
    assert namesakes(alone).chance.tolist() == [1 / 365.25]


def test_nobody_and_nobody_alike() -> None:
    nobody = People(*(np.empty(0, dtype=np.intp) for _ in range(5)))
    assert tally(namesakes(nobody))[0].observed.sum() == 0
    different = People(np.arange(5), np.arange(5), np.arange(5), np.zeros(5, dtype=np.intp), np.arange(5))
    found = namesakes(different)
    assert len(found.rows) == len(found.chance) == 0
    assert (
        name_bootstrap(np.empty(0), np.empty(0, dtype=np.intp), np.random.default_rng(1), 3).tolist()
        == [0] * 3
    )


def test_pairs_within_parts_and_of_some_records() -> None:
    people = drawn(500, 3)
    found = namesakes(people)
    rng = np.random.default_rng(4)
    part, chosen = rng.integers(-1, 3, len(found.rows)), rng.random(len(found.rows)) < 0.6
    counted, entry = tally(found, chosen=chosen, part=part)
    expected = [
        sum(
            found.cell[i] == found.cell[j]
            for i, j in itertools.combinations(np.flatnonzero(chosen & (part == p)).tolist(), 2)
        )
        for p in range(3)
    ]
    assert np.bincount(entry % 3, counted.observed).tolist() == expected


def frame_as_people(people: int, **options: float) -> tuple[People, int]:
    made = voter_list(people, first_names=60, family_names=300, **options)  # type: ignore[arg-type]
    born = made.frame["birth_date"].dt
    year = born.year.to_numpy().astype(np.intp)
    first_of_year = np.array([0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335])
    day = first_of_year[born.month.to_numpy() - 1] + born.day.to_numpy() - 1
    codes = (made.frame[c].cat.codes.to_numpy().astype(np.intp) for c in ("given_name", "family_name"))
    return People(*codes, year, cohorts(year, 1000).code, day), made.voted_twice


@pytest.mark.parametrize("planted", [0.0, 0.002])
def test_no_bias_from_seasons_weekends_and_name_days(planted: float) -> None:
    # Names are given three times as often around their own day: p_d differs between first names.
    z = []
    for seed in range(REPEATS):
        people, twice = frame_as_people(40_000, name_days=2.0, voted_twice=planted, rng=seed)
        counted, _ = tally(namesakes(people))
        z.append((counted.excess.sum() - twice) / np.sqrt(counted.expected.sum()))
    assert abs(np.mean(z)) < BIAS
    assert 0.7 < np.std(z) < 1.4


def test_birthdays_of_the_year_alone_miss_name_days() -> None:
    # The same without the first names' own days: too few coincidences are expected.
    people, _ = frame_as_people(300_000, name_days=4.0, rng=1)
    with_names, without = (tally(namesakes(people, weight=w))[0].expected.sum() for w in (100.0, 1e15))
    assert with_names > 1.2 * without


def test_the_bootstrap_has_the_variance_of_independent_names() -> None:
    rng = np.random.default_rng(6)
    excess = rng.poisson(0.3, 5000) - 0.3
    drawn_sums = name_bootstrap(excess, np.arange(5000), rng, 20_000)
    assert drawn_sums.mean() == pytest.approx(excess.sum(), abs=4 * drawn_sums.std() / 20_000**0.5)
    assert drawn_sums.std() == pytest.approx(np.sqrt((excess**2).sum()), rel=0.03)  # 4 / sqrt(2 × 20,000)


def test_years_with_few_births_are_one_cohort() -> None:
    year = np.array([1950] * 5 + [1951] * 2 + [1990] * 4 + [1920])
    found = cohorts(year, 4)
    assert found.years.tolist() == [[1950, 1950], [1990, 1990], [1920, 1951]]
    assert found.code.tolist() == [0] * 5 + [2] * 2 + [1] * 4 + [2]


def test_a_heap_is_a_day_far_beyond_the_usual() -> None:
    rng = np.random.default_rng(7)
    day = np.concatenate([rng.integers(0, DAYS, 8000), np.zeros(200, dtype=int), np.full(40, 59)])
    found = heaps(np.zeros(len(day), dtype=np.intp), day, 1)
    assert np.flatnonzero(found.heaped[0]).tolist() == [0]  # 40 on the other day are under twice the usual
    assert found.ratio(np.array([0]))[0] > 8
    few = heaps(np.zeros(60, dtype=np.intp), np.repeat(np.arange(20), 3), 1)
    assert not few.heaped.any()


def test_a_list_that_cannot_be_drawn() -> None:
    with pytest.raises(ConfigError, match="turnout is a share between 0 and 1, not 2"):
        voter_list(10, turnout=2)
    with pytest.raises(ConfigError, match="people is a number of at least 1, not 0"):
        voter_list(0)


def test_the_truth_of_a_drawn_list() -> None:
    made = voter_list(4000, voted_twice=0.01, listed_twice=0.05, turnout=0.5, false_marks=0.1, rng=3)
    people = made.frame.groupby(["given_name", "family_name", "birth_date"], observed=True)["voted"]
    assert len(made.frame) == 4000 + 40 + 200
    assert (made.listed_twice, made.voted_twice) == (240, 40)
    both = people.sum()[people.size() == 2]
    unused = int((~made.frame["voted"]).sum()) + made.false_marks
    assert 40 <= (both == 2).sum() <= 40 + made.false_marks
    assert made.false_marks == pytest.approx(0.1 * unused, abs=4 * (0.09 * unused) ** 0.5)

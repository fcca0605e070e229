"""Streams by key: what is drawn for one scope does not depend on what was drawn for another."""

from __future__ import annotations

import numpy as np
import pytest

import forensics
from forensics.detectors.streams import Streams


def test_the_same_key_gives_the_same_draws_whatever_came_before():
    streams = Streams(7)
    first = streams.of("region=North", "share").random(3)
    streams.of("national").random(1000)
    assert streams.of("region=North", "share").random(3).tolist() == first.tolist()
    assert Streams(7).of("region=North", "share").random(3).tolist() == first.tolist()


def test_other_keys_and_other_seeds_give_other_draws():
    draws = {
        tuple(Streams(seed).of(*keys).random(2))
        for seed in (1, 2)
        for keys in (("a",), ("b",), ("a", "b"), ("ab",))
    }
    assert len(draws) == 8


def test_a_generator_is_asked_once():
    generator = np.random.default_rng(3)
    streams = Streams(generator)
    assert streams.of("a").random() == streams.of("a").random()
    assert Streams(np.random.default_rng(3)).of("a").random() == streams.of("a").random()
    assert Streams(generator).of("a").random() != streams.of("a").random()


def test_without_a_seed_no_two_runs_are_alike():
    assert Streams(None).of("a").random() != Streams(None).of("a").random()


@pytest.mark.parametrize(
    "method",
    ["digit_mixture", "reference_bin", "small_precincts", "distribution_shape", "resampled_density"],
)
def test_another_level_changes_no_number_of_the_nation(method):
    returns = forensics.simulation.clean(n=900, rng=5)
    run = forensics.find_detector(method).run
    alone = [finding.to_dict() for finding in run(returns, rng=4).tested]
    together = [
        f.to_dict() for f in run(returns, rng=4, by=("region", None)).select(scope="national").tested
    ]
    for a, b in zip(alone, together, strict=True):
        assert (a["pvalue"], a["interval"]) == (b["pvalue"], b["interval"])

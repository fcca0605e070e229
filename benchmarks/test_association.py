"""Permutations and wild draws on a tree of 9,840 precincts and 208 clusters: at most 10 s on two cores."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from forensics.commissions.answering import stream_of
from forensics.commissions.inference import infer
from forensics.commissions.material import material_of
from forensics.commissions.models import Question, model_of
from forensics.commissions.relating import associations_of
from forensics.commissions.study import Study
from forensics.commissions.variation import variation_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from commission_tree import LEVELS, tree

STUDY = Study(outcomes=("turnout",), exposures=("bloc",), permutations=500, wild=999)


def test_500_permutations_and_999_wild_draws(benchmark):
    material = material_of(*tree(np.random.default_rng(1), "mixed"), levels=LEVELS)
    variation = variation_of(material, material.exposure("bloc", ""))
    asked = Question("turnout", "bloc", "")
    regression = model_of(material, STUDY, variation, asked, "M1")
    found = benchmark(
        lambda: infer(
            material, regression, confidence_level=0.95, wild=999, permutations=500, stream=stream_of(1, "")
        )
    )
    assert found.p_permutation is not None


def test_one_question_in_every_model(benchmark):
    scores, measures = tree(np.random.default_rng(1), "mixed")
    scores["turnout"] = scores["turnout"].clip(0, 1)
    found = benchmark(lambda: associations_of(scores, measures, STUDY, levels=LEVELS))
    assert found.primary is not None

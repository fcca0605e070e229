"""500 permutations of a composition within its bodies: ours and a loop in Python, in one run."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from forensics.commissions.answering import stream_of
from forensics.commissions.inference import infer
from forensics.commissions.material import material_of
from forensics.commissions.models import Question, model_of
from forensics.commissions.study import Study
from forensics.commissions.variation import variation_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from commission_tree import LEVELS, tree

STUDY = Study(outcomes=("turnout",), exposures=("bloc",), permutations=500, wild=9)
PERMUTATIONS, TIMED = 500, 10


def _loop(outcome, composition, bodies, permutations, rng):
    """Shuffle within each body, fit with a dummy per body, keep the clustered t."""
    rows = [np.flatnonzero(bodies == body) for body in np.unique(bodies)]
    dummies = (bodies[:, None] == np.unique(bodies)).astype(float)
    found = []
    for _ in range(permutations):
        shuffled = composition.copy()
        for some in rows:
            shuffled[some] = rng.permutation(composition[some])
        design = np.column_stack([shuffled, dummies])
        coefficient, *_ = np.linalg.lstsq(design, outcome, rcond=None)
        left = outcome - design @ coefficient
        own = shuffled - dummies @ np.linalg.lstsq(dummies, shuffled, rcond=None)[0]
        scores = np.array([own[some] @ left[some] for some in rows])
        found.append(coefficient[0] / np.sqrt((scores**2).sum()) * (own @ own))
    return found


def test_500_permutations_against_a_loop(benchmark):
    scores, measures = tree(np.random.default_rng(1), "mixed")
    material = material_of(scores, measures, levels=LEVELS)
    variation = variation_of(material, material.exposure("bloc", ""))
    regression = model_of(material, STUDY, variation, Question("turnout", "bloc", ""), "M1")

    def ours():
        return infer(
            material,
            regression,
            confidence_level=0.95,
            wild=9,
            permutations=PERMUTATIONS,
            stream=stream_of(1, ""),
        )

    start = time.process_time()
    found = benchmark.pedantic(ours, rounds=1, iterations=1)
    seconds = time.process_time() - start
    assert found.p_permutation is not None
    rng, n = np.random.default_rng(2), 9840
    bodies = np.arange(n) % 208
    start = time.process_time()
    _loop(rng.normal(size=n), rng.normal(size=n), bodies, TIMED, rng)
    theirs = (time.process_time() - start) * PERMUTATIONS / TIMED
    benchmark.extra_info["CPU time of the loop over ours"] = round(theirs / seconds, 1)
    assert theirs > seconds

"""What the toolkit promises not to do: see what leaves no trace, judge by Benford.

That neither order nor names change a number is held by tests/test_house_rules.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import forensics
from forensics.evidence.cells import SHARE, Cell, run_batch
from forensics.evidence.fits import WHOLE
from forensics.evidence.reading import Reading, Rejections
from forensics.evidence.tally import Tally
from forensics.evidence.visibility import visibility
from forensics.simulation import Specification, clean, draw, fit
from forensics.simulation.parameters import Rate, Shape

#: Benford's law for the first digit.
BENFORD = np.log10(1 + 1 / np.arange(1, 10))
#: Detectors that are quick enough to be run on many elections here.
QUICK = ("digit_heaping", "last_digit", "percent_heaping", "integer_percent", "turnout_edge")
SIMULATIONS = 60


@pytest.fixture(scope="module")
def election() -> forensics.Returns:
    """Registered voters, ballots and votes of 1,500 precincts; no column that a carousel would move.

    Every precinct has room for a bus: where one fills a small precinct to its last voter, turnout_edge
    sees that (it rejects 13 of 60 such elections with precincts from 74 voters on).
    """
    shape = Shape(levels=("region", "district"), units=(10, 60), precincts=1500, smallest=600)
    rate = Rate(median=0.6, spread=(0.2, 0.15, 0.2))
    columns = ("registered", "ballots", "valid", "invalid", "votes_leader", "votes_second")
    return draw(Specification(shape=shape, turnout=rate, support=rate, columns=columns), rng=11).returns


def test_impersonation_without_further_columns_is_not_detected_and_is_said_so(election):
    cell = Cell(WHOLE, "carousel_impersonation", 30.0, SHARE, QUICK, SIMULATIONS)
    tally = Tally()
    tally.add(cell, run_batch(election, fit(election), cell, range(SIMULATIONS), 1))
    # The elections of a cell without a mechanism are what sizes are told from: here every test is
    # given the size of an exact one, so that only its power is in question.
    exact = {"whole": Rejections(50, 1000, 10)}
    known = {
        (one.method, one.quantity): replace(one, clean=exact, calibrated=True)
        for one in (
            tally.reading(test, len(QUICK), ["carousel_impersonation"]) for test in tally.tests(QUICK)
        )
    }
    assert len(known) >= len(QUICK)
    for test, one in known.items():
        ((intensity, power),) = one.power["carousel_impersonation"]
        assert intensity == 30
        # Not significantly above 5 %, allowing for the number of tests.
        seen = Rejections(round(power * SIMULATIONS), SIMULATIONS)
        assert seen.lower(0.05 / len(known)) <= 0.05, (test, power)

    class Known:
        measured_on = "these precincts"

        def reading(self, method: str, quantity: str) -> Reading | None:
            return known.get((method, quantity))

    findings = forensics.audit(election, levels=()).findings
    (told,) = visibility(findings, Known(), ["carousel_impersonation"])
    assert not told.visible
    assert str(told.sentence).startswith("Not detectable with these data")


def first_digits(counts: np.ndarray) -> np.ndarray:
    """How often each digit 1 to 9 leads."""
    positive = counts[counts > 0].astype(np.int64)
    leading = positive // 10 ** np.floor(np.log10(positive)).astype(np.int64)
    return np.bincount(leading, minlength=10)[1:10]


def rejects(counts: np.ndarray) -> float:
    digits = first_digits(counts)
    return float(stats.chisquare(digits, BENFORD * digits.sum()).pvalue)


@pytest.mark.parametrize("seed", range(5))
def test_benford_for_the_first_digit_would_reject_clean_elections(seed):
    returns = clean(n=2000, rng=seed)
    assert rejects(returns.counts("ballots")) < 1e-6
    with pytest.raises(forensics.ConfigError, match=r"[Bb]enford"):
        forensics.run_detector("first_digit", returns)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["se2018_riksdag", "pl2018_sejmik", "ca2015_federal"])
def test_benford_for_the_first_digit_would_reject_real_elections_held_clean(shared_data, name):
    returns = forensics.read_returns(shared_data / "returns" / f"{name}.parquet")
    assert rejects(np.nan_to_num(returns.votes())) < 1e-6

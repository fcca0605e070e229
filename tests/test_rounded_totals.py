"""Totals that are rounded percentages of their own sum: exact numbers, checked by enumeration."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.detectors.protocol.rounded_totals import rounded_totals
from forensics.errors import ConfigError
from forensics.kernels.rounded import matches_at_least, rounded_shares, vectors_with_sum
from forensics.tables.returns import Returns

# The announcement of 29 July 2024 (../shared/data/README.md): 51.2, 44.2 and 4.6 % of the sum.
ANNOUNCED = {"votes_maduro": 5_150_092, "votes_gonzalez": 4_445_978, "votes_others": 462_704}
# Counted by two nested loops over the cells of the first two totals (the third is what is left).
ANNOUNCED_VECTORS = 75_882_581
RELATIVE = 1e-12


def returns() -> Returns:
    return Returns(
        pd.DataFrame({"region": ["r"], "precinct": [1], "votes_maduro": [3], "votes_gonzalez": [2]})
    )


def enumerate_vectors(votes: tuple[int, ...], decimals: int) -> tuple[int, int]:
    """All vectors with the same rounded shares and sum, and how many hold only nearest numbers.

    Shares are rounded as decimal fractions by their distance to each possible percentage, not by
    the formula under test; vectors are counted one by one.
    """
    total, units = sum(votes), 100 * 10**decimals

    def rounded(x: int) -> int:
        return math.floor(units * x / total + 0.5)

    shares = [rounded(x) for x in votes]
    fitting = [[x for x in range(total + 1) if rounded(x) == share] for share in shares]
    nearest = [math.floor(share * total / units + 0.5) for share in shares]
    vectors = [v for v in itertools.product(*fitting) if sum(v) == total]
    return len(vectors), sum(list(v) == nearest for v in vectors)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=2, max_size=4), st.sampled_from([0, 1]))
def test_the_number_of_vectors_is_that_of_enumeration(votes: list[int], decimals: int) -> None:
    result = rounded_shares(votes, decimals)
    vectors, matching = enumerate_vectors(tuple(votes), decimals)
    assert result.vectors == vectors
    assert matching <= 1
    if result.matched == len(votes):
        assert result.pvalue == matching / vectors


def test_a_small_case_by_hand() -> None:
    # 1000 votes, whole percentages: 512, 442, 46 are 51, 44 and 5 %; each cell has ten numbers.
    result = rounded_shares([512, 442, 46], 0)
    assert [(c.share, c.low, c.high, c.nearest) for c in result.cells] == [
        (51.0, 505, 514, 510), (44.0, 435, 444, 440), (5.0, 45, 54, 50),
    ]  # fmt: skip
    # The cells begin at 505 + 435 + 45 = 985: offsets of 0 … 9 each that sum to 15.
    assert result.vectors == sum(0 <= 15 - i - j <= 9 for i in range(10) for j in range(10)) == 73
    assert rounded_shares([510, 440, 50], 0).pvalue == 1 / 73


@pytest.mark.parametrize(("widths", "target"), [((3, 5, 2), 4), ((7, 7, 7, 1), 9), ((4, 4), 40), ((6,), 5)])
def test_vectors_with_sum_by_enumeration(widths: tuple[int, ...], target: int) -> None:
    every = itertools.product(*(range(w) for w in widths))
    assert vectors_with_sum(widths, target) == sum(sum(v) == target for v in every)


def test_tail_of_unequal_chances() -> None:
    # One or both of 1/2 and 1/3: 1 - 1/2 · 2/3.
    assert matches_at_least([1 / 2, 1 / 3], 1) == pytest.approx(2 / 3)
    assert matches_at_least([1 / 2, 1 / 3], 2) == pytest.approx(1 / 6)
    assert matches_at_least([1 / 2, 1 / 3], 0) == 1.0


def test_the_announced_vectors_counted_in_another_way() -> None:
    total = sum(ANNOUNCED.values())
    low, high = zip(*[(c.low, c.high) for c in rounded_shares(list(ANNOUNCED.values())).cells], strict=True)
    first = np.arange(low[0], high[0] + 1)
    # For each first total, the second totals that leave a third one inside its cell.
    lowest = np.maximum(low[1], total - first - high[2])
    highest = np.minimum(high[1], total - first - low[2])
    assert int(np.maximum(highest - lowest + 1, 0).sum()) == ANNOUNCED_VECTORS


def test_the_announcement() -> None:
    found = rounded_totals(returns(), totals=pd.DataFrame([ANNOUNCED])).only(quantity="votes")
    assert found.statistic == 3.0
    assert [cell[2] for cell in found.detail["cells"]] == [51.2, 44.2, 4.6]
    assert found.detail["sum"] == 10_058_774
    assert found.pvalue == pytest.approx(1 / ANNOUNCED_VECTORS, rel=RELATIVE)
    assert found.detail["log10_vectors"] == pytest.approx(math.log10(ANNOUNCED_VECTORS))


def test_one_vote_off_and_the_tail_of_fewer_matches() -> None:
    totals = {**ANNOUNCED, "votes_maduro": 5_150_093, "votes_others": 462_703}
    found = rounded_totals(returns(), totals=pd.DataFrame([totals])).only(quantity="votes")
    assert found.statistic == 1.0
    # Widths of the three cells: 10,059, 10,059 and 10,058 numbers; one match among three.
    assert found.pvalue == pytest.approx(1 - (1 - 1 / 10_059) ** 2 * (1 - 1 / 10_058), rel=1e-6)


def test_free_totals_are_silent_as_often_as_they_should_be() -> None:
    rng = np.random.default_rng(3)
    votes = rng.integers(100_000, 900_000, size=(400, 4))
    totals = pd.DataFrame(votes, columns=[f"votes_{c}" for c in "abcd"]).assign(
        region=[f"r{i}" for i in range(400)]
    )
    findings = rounded_totals(returns(), totals=totals).tested
    assert len(findings) == 400
    # A match has a chance of 1/w of about 1/2,000; 400 × 4 cells give .8 matches on average.
    assert sum(f.statistic or 0 for f in findings) <= 5
    assert sum(f.pvalue is not None and f.pvalue < 1e-4 for f in findings) == 0


def test_small_sums_and_single_options_are_not_tested() -> None:
    small = pd.DataFrame({"votes_a": [510], "votes_b": [440], "votes_c": [50]})
    found = rounded_totals(returns(), totals=small).only(quantity="votes")
    assert found.underpowered
    assert found.pvalue is None
    assert found.parameters["fewest"] == 10_000
    alone = pd.DataFrame({"votes_a": [51_000], "votes_b": [0]})
    assert "Fewer than two options" in str(rounded_totals(returns(), totals=alone).skipped[0].reason)
    without = pd.DataFrame({"ballots": [51_000]})
    assert "no column of votes" in str(rounded_totals(returns(), totals=without).skipped[0].reason)
    assert "No table of totals" in str(rounded_totals(returns()).skipped[0].reason)
    with pytest.raises(ConfigError, match="decimals is 7"):
        rounded_totals(returns(), totals=small, decimals=7)


def test_options_without_votes_are_left_out() -> None:
    totals = pd.DataFrame([{**ANNOUNCED, "votes_nobody": 0}])
    found = rounded_totals(returns(), totals=totals).only(quantity="votes")
    assert (found.n, found.excluded, found.statistic) == (3, 1, 3.0)


@settings(max_examples=20, deadline=None)
@given(st.permutations(list(ANNOUNCED)), st.sampled_from(["x", "the list"]))
def test_the_order_and_the_names_of_options_change_nothing(order: list[str], name: str) -> None:
    totals = pd.DataFrame([ANNOUNCED])[order].rename(columns={"votes_maduro": f"votes_{name}"})
    found = rounded_totals(returns(), totals=totals).only(quantity="votes")
    assert found.pvalue == 1 / ANNOUNCED_VECTORS
    assert found.statistic == 3.0


@pytest.mark.shared
def test_the_tally_sheets_published_by_the_opposition_are_no_rounded_percentages(shared_data: Path) -> None:
    frame = pd.read_parquet(shared_data / "returns" / "ve2024_president_actas.parquet")
    votes = [c for c in frame.columns if c.startswith("votes_")]
    totals = pd.concat(
        [frame[votes].sum().to_frame().T, frame.groupby("region", as_index=False)[votes].sum()]
    )
    findings = rounded_totals(Returns(frame), totals=totals.reset_index(drop=True))
    national = findings.only(scope="national")
    assert national.statistic == 0
    assert len(findings.select(scope="region")) == 24
    # 25 announcements looked at: none reaches the share of one in 25 tested at .01.
    assert min(f.pvalue for f in findings.tested if f.pvalue is not None) > 0.01 / 25

"""Venue types: what is special, what only looks so, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import forensics
from forensics.detectors.venues import SPECIAL, venues
from forensics.tables.returns import Returns

TYPES = ["school", "Health ", None, "unknown", "transport", "hospital", "university"]


def returns(types: list[str | None] | None) -> Returns:
    frame = pd.DataFrame(
        {
            "precinct": range(7),
            "registered": [1000, 150, 299, 300, 200, 100, 0],
            "ballots": [960, 150, 285, 300, 189, 95, 10],
        }
    )
    return Returns(frame if types is None else frame.assign(venue_type=types))


def test_special_precincts_by_their_words() -> None:
    found = venues(returns(TYPES))
    assert found.known
    assert found.types.tolist() == ["school", "health", "", "", "transport", "health", "university"]
    assert found.special.tolist() == [False, True, False, False, True, True, False]
    assert found.assumption().holds is True


def test_the_proxy_is_shown_and_clears_nothing() -> None:
    found = venues(returns(None))
    # 285/299 ≥ .95 and 95/100 ≥ .95 count; 300 registered, and 189/200, do not.
    assert found.proxy.tolist() == [False, True, True, False, False, True, False]
    assert not found.special.any()
    assert not found.known
    assert found.assumption().holds is None
    assert "3 look like one" in str(found.assumption().text)


def test_explanations_go_with_the_rows() -> None:
    found = venues(returns(TYPES))
    assert found.innocent(np.array([0])) == ()
    assert found.innocent(np.array([1, 4])) == (SPECIAL["health"], SPECIAL["transport"])
    (only,) = found.innocent(np.array([2, 3]))
    assert "1 of these precincts" in str(only)
    assert "students" in str(found.innocent(found.types == "university")[0])


def test_counts_among_rows() -> None:
    rows = np.array([1, 2, 4, 5])
    expected = {"venue_types": {"unknown": 1, "health": 2, "transport": 1}, "special": 3, "proxy": 3}
    assert venues(returns(TYPES)).detail(rows) == expected
    mask = np.zeros(7, dtype=bool)
    assert venues(returns(TYPES)).detail(mask) == {"venue_types": {}, "special": 0, "proxy": 0}


def test_without_registered_nothing_looks_special() -> None:
    frame = pd.DataFrame({"precinct": [1, 2], "ballots": [5, 6], "votes_a": [1, 2]})
    assert not venues(Returns(frame)).proxy.any()


@pytest.mark.shared
def test_a_real_column(shared_data: Path) -> None:
    real = forensics.read_returns(shared_data / "returns" / "ru2021_spb_odd.parquet")
    found = venues(real)
    assert found.known
    # Value counts of the file: consulate 3, embassy 1; hospital 2, neuropsychiatry 2.
    assert found.detail(found.special)["venue_types"] == {"embassy": 4, "health": 4}

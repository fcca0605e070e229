"""Additive states and the counts they are made of: parts merge to the whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forensics.detectors.additive import BANDS, accumulate, levels_of, merge, size_bands
from forensics.detectors.counted import counted, resolve
from forensics.errors import ConfigError
from forensics.scope import NATIONAL
from forensics.simulation import clean
from forensics.tables.returns import Returns


def returns(**columns):
    base = {"precinct": ["1", "2", "3"], "region": ["A", "B", None], "ballots": [50, 300, 5000]}
    return Returns(pd.DataFrame(base | columns, index=[1, 2, 3]))


@pytest.mark.parametrize("width", [(), (3,), (2, 4)])
def test_states_of_parts_merge_to_the_state_of_the_whole(width):
    whole = clean(n=200, rng=2)
    # Whole numbers add up exactly in any order.
    values = np.random.default_rng(1).integers(0, 99, (200, *width)).astype(np.float64)
    levels = (None, "region", "district")
    state = accumulate(whole, levels, {"x": values})
    cuts = [np.arange(0, 70), np.arange(70, 71), np.arange(71, 200)]
    parts = [accumulate(whole.part(rows), levels, {"x": values[rows]}) for rows in cuts]
    for order in (parts, parts[::-1]):
        merged = merge(order)
        assert merged.scopes == state.scopes
        np.testing.assert_array_equal(merged.values["x"], state.values["x"])
    assert state.scopes[0] == NATIONAL
    np.testing.assert_array_equal(state.total("x", 0), values.sum(axis=0))


def test_sums_are_by_size_band_and_leave_out_rows_without_a_unit():
    state = accumulate(returns(), (None, "region"), {"n": np.ones(3)})
    bands = [BANDS.index(0), BANDS.index(250), len(BANDS) - 1]
    assert state.values["n"][0].nonzero()[0].tolist() == bands
    assert [float(state.total("n", i)) for i in range(3)] == [3.0, 1.0, 1.0]


def test_size_is_registered_voters_else_ballots():
    assert size_bands(returns(registered=[100, 99, None])).tolist() == [1, 0, 0]
    assert size_bands(returns()).tolist() == [0, 2, 5]
    assert size_bands(returns(ballots=[-5, 0, 250])).tolist() == [0, 0, 2]
    only_votes = Returns(pd.DataFrame({"precinct": ["1"], "votes_x": [900]}))
    assert size_bands(only_votes).tolist() == [0]


def test_levels_are_one_or_several_and_known():
    assert levels_of(returns(), None) == (None,)
    assert levels_of(returns(), "region") == ("region",)
    assert levels_of(returns(), [None, "region"]) == (None, "region")
    with pytest.raises(ConfigError, match="'oblast' is no level"):
        levels_of(returns(), "oblast")


FULL = {"registered": [100, 400, 9000], "issued": [60, 310, 5000], "votes_red": [9, 8, 7], "votes_blue": 1}
DEFAULT = ("leader_votes", "issued", "ballots")


@pytest.mark.parametrize(
    ("given", "columns", "found"),
    [
        ({}, FULL, ("leader_votes", "issued")),
        ({}, {"votes_red": 1}, ("leader_votes", "ballots")),
        ({}, {}, ("ballots",)),
        ({"quantity": "ballots"}, FULL, ("ballots",)),
        ({"quantity": "votes_blue"}, FULL, ("votes_blue",)),
        ({"option": "all"}, FULL, ("votes_red", "votes_blue")),
        ({"option": "red"}, FULL, ("leader_votes",)),
        ({"option": "blu"}, FULL, ("votes_blue",)),
    ],
)
def test_quantities_are_those_asked_for_or_those_there_are(given, columns, found):
    given = {"quantity": None, "option": None} | given
    assert resolve(returns(**columns), given["quantity"], given["option"], DEFAULT) == found


@pytest.mark.parametrize(
    ("given", "columns", "said"),
    [
        (
            {"quantity": "turnout"},
            FULL,
            "'turnout' is no count .* the counts are leader_votes, issued, ballots",
        ),
        ({"quantity": "leader_votes"}, {}, "'leader_votes' is no count .* the counts are ballots"),
        ({"quantity": "valid"}, FULL, "'valid' is no count"),
        ({"option": "all"}, {}, "'all' is no option; the options are none"),
        ({"option": "green"}, FULL, "'green' is no option"),
    ],
)
def test_what_is_no_count_here_is_refused(given, columns, said):
    given = {"quantity": None, "option": None} | given
    with pytest.raises(ConfigError, match=said):
        resolve(returns(**columns), given["quantity"], given["option"], DEFAULT)


def test_a_count_has_the_total_it_is_a_part_of():
    count = counted(returns(**FULL), "issued")
    assert (count.quantity, count.total) == ("issued", "registered")
    assert count.x.tolist() == [60, 310, 5000]
    assert count.n.tolist() == [100, 400, 9000]
    assert counted(returns(**FULL), "leader_votes").total == "ballots"
    assert counted(returns(), "ballots").total == ""


def test_a_total_that_cannot_hold_its_count_is_no_bound():
    odd = returns(registered=[100, 0, None], issued=[120, 5, 7])
    assert np.isinf(counted(odd, "issued").n).all()
    negative = counted(returns(registered=[100, 400, 9000], issued=[-1, None, 7]), "issued")
    np.testing.assert_array_equal(negative.x, [np.nan, np.nan, 7])

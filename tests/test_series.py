"""Readings of the day: which columns they are, when they were taken, and that the simulator draws them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forensics.errors import ConfigError
from forensics.simulation import draw, fit, read_specification, write_specification
from forensics.simulation.parameters import Hours, Rate, Shape, Specification
from forensics.tables.returns import Returns
from forensics.tables.series import Moment, hour_column, moment_of, read_series

HALF_HOURS = tuple(8 + i / 2 for i in range(1, 25))


def half_hourly(**hours: float) -> Specification:
    """Invented precincts with a reading every half hour."""
    return Specification(
        shape=Shape(units=(4, 20), precincts=400),
        turnout=Rate(median=0.6),
        support=Rate(median=0.5),
        hours=Hours(hours=HALF_HOURS, profile=(1.0,) * 24, **hours),
    )


@pytest.mark.parametrize(
    ("column", "moment"),
    [
        ("hour_08", Moment("hour", 1, 8.0)),
        ("hour_0830", Moment("hour", 1, 8.5)),
        ("hour_d3_20", Moment("hour", 3, 20.0)),
        ("sup_d2_1945", Moment("sup", 2, 19.75)),
        ("turnout_pct_12", Moment("turnout_pct", 1, 12.0)),
        ("reg_d1_15", Moment("reg", 1, 15.0)),
        ("mobile_07", Moment("mobile", 1, 7.0)),
        ("mobile", None),
        ("hour_8", None),
        ("hour_", None),
        ("x_hour_08", None),
    ],
)
def test_a_column_says_what_it_reads_and_when(column: str, moment: Moment | None) -> None:
    assert moment_of(column) == moment


@pytest.mark.parametrize("hour", [0.0, 8.0, 8.5, 12.25, 23.75, 24.0])
def test_the_name_of_an_hour_is_read_back(hour: float) -> None:
    assert moment_of(hour_column(hour)) == Moment("hour", 1, hour)


def test_readings_come_in_the_order_of_time_and_without_empty_columns() -> None:
    table = pd.DataFrame(
        {
            "precinct": ["a", "b"],
            "ballots": [9, 9],
            "hour_d2_10": [7, pd.NA],
            "hour_d1_20": [5, 6],
            "hour_d1_0930": [1, 2],
            "hour_d2_20": [pd.NA, pd.NA],
        }
    )
    series = read_series(Returns(table), "hour")
    assert series is not None
    assert series.columns == ("hour_d1_0930", "hour_d1_20", "hour_d2_10")
    assert (series.days, series.hour.tolist()) == ((1, 2), [9.5, 20.0, 10.0])
    np.testing.assert_array_equal(series.values, [[1, 5, 7], [2, 6, np.nan]])
    assert read_series(Returns(table), "sup") is None


def test_half_hours_are_counts_and_are_checked_like_hours() -> None:
    from forensics.tables.imbalance import imbalances

    table = pd.DataFrame({"precinct": ["a"], "ballots": [9], "hour_0830": [8], "hour_09": [7]})
    found, _ = imbalances(Returns(table))
    (falls,) = (item for item in found if item.id == "hour_never_falls")
    assert falls.values.tolist() == [-1.0]


def test_the_simulator_draws_half_hours_and_writes_them_back() -> None:
    specification = half_hourly()
    returns = draw(specification, rng=1).returns
    series = read_series(returns, "hour")
    assert series is not None
    assert series.hour.tolist() == list(HALF_HOURS)
    assert series.columns[:2] == ("hour_0830", "hour_09")
    np.testing.assert_array_equal(series.values[:, -1], returns.counts("ballots"))
    assert (np.diff(series.values, axis=1) >= 0).all()
    assert read_specification(write_specification(specification)) == specification


def test_large_precincts_vote_later_where_there_is_a_gradient() -> None:
    returns = draw(half_hourly(gradient=0.4, concentration=2000.0), rng=1).returns
    series = read_series(returns, "hour")
    assert series is not None
    size = returns.counts("registered")
    by_noon = series.values[:, HALF_HOURS.index(12.0)] / series.values[:, -1]
    large, small = size > np.quantile(size, 0.8), size < np.quantile(size, 0.2)
    # A third of the day at even hours; a tilt of e^(±.4) per deviation, sizes about 1.4 of them out.
    assert by_noon[small].mean() - by_noon[large].mean() > 0.15


def test_no_gradient_leaves_the_draws_as_they_were() -> None:
    one, two = (draw(half_hourly(**g), rng=3).returns for g in ({}, {"gradient": 0.0}))
    assert one.digest == two.digest


def test_a_reading_between_two_minutes_is_refused() -> None:
    with pytest.raises(ConfigError, match="whole minute"):
        draw(Specification(turnout=Rate(median=0.5), hours=Hours(hours=(8.123, 9.0), profile=(1.0, 1.0))))


def test_half_hours_are_fitted() -> None:
    fitted = fit(draw(half_hourly(concentration=150.0), rng=2).returns)
    assert fitted.hours is not None
    assert fitted.hours.hours == HALF_HOURS
    # Units vary too (Dirichlet 400), which the fit counts as the precincts' own: 1/150 + 1/400 = 1/109.
    assert fitted.hours.concentration == pytest.approx(109, rel=0.15)

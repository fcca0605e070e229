"""Whole percentages: the exact null against the published Monte Carlo, clean and doctored elections."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

import forensics
from forensics.kernels import compiled, spikes
from forensics.kernels.spikes import is_whole, whole_chances

#: Mass beyond five standard deviations is left out by design.
CHANCE_TOLERANCE = 1e-6
#: Expectations of the issue's reference table are printed with two decimals.
EXPECTED_TOLERANCE = 0.1
Z_TOLERANCE = 0.011
#: The published excess comes from 1,000 replicates: standard error 112 / sqrt(1000) = 3.5.
PUBLISHED_TOLERANCE = 11.0
ORDINARY = 'poll_type == "ordinary" and merge_with == "" and void_poll == 0'
#: Elections held to be clean or contested with a credible count, with their leader where it is named.
CLEAN = {
    "ca2015_federal": None,
    "se2018_riksdag": None,
    "pl2018_sejmik": "pis",
    "es2019_cabildos_canarias": None,
    "il2021_knesset24": None,
    "ro2016_senate": None,
    "ro2024_europarl": None,
    "bg2021jul_parliament": None,
    "hu2022_parliament_list": None,
    "ge2016_parliament": None,
    "al2013_parliament": None,
    "am2018_parliament": None,
}


def _read(folder, name, leader=None):
    where = ORDINARY if name.startswith("ca") else None
    return forensics.read_returns(folder / "returns" / f"{name}.parquet", leader=leader, where=where)


@given(
    st.lists(st.tuples(st.integers(1, 3000), st.floats(0.001, 0.999)), min_size=1, max_size=10),
    st.sampled_from([(1, 0.1), (5, 0.1), (10, 0.2), (1, 0.05)]),
)
@settings(max_examples=50, deadline=None)
def test_chances_are_sums_of_binomial_probabilities(pairs, shape):
    period, window = shape
    n = np.array([size for size, _ in pairs])
    p = np.array([rate for _, rate in pairs])
    found = whole_chances(n, p, period=period, window=window)
    for q, size, rate in zip(found, n, p, strict=True):
        counts = np.arange(size + 1)
        hit = is_whole(counts, np.full_like(counts, size), period=period, window=window)
        assert q == pytest.approx(binom.pmf(counts, size, rate)[hit].sum(), abs=CHANCE_TOLERANCE)


def test_the_loop_that_is_compiled_gives_the_same_chances(monkeypatch):
    rng = np.random.default_rng(2)
    n, p = rng.integers(1, 2500, 60), rng.uniform(0.01, 0.99, 60)
    monkeypatch.setattr(spikes, "window_loop", lambda: None)
    arrays = whole_chances(n, p)
    monkeypatch.setattr(spikes, "window_loop", lambda: compiled._loop)
    assert whole_chances(n, p).tolist() == arrays.tolist()


def test_the_edge_of_the_window_is_exact():
    # 621 of 2,000 is 31.05 %: exactly half a window above 31, lost by floating-point arithmetic.
    assert is_whole(np.array([621]), np.array([2000]))[0]
    assert not is_whole(np.array([622]), np.array([2000]))[0]


def test_a_rate_of_zero_or_one_cannot_leave_its_whole_percentage():
    assert whole_chances(np.array([50, 50]), np.array([0.0, 1.0])).tolist() == [1.0, 1.0]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "n", "observed", "expected", "z", "published"),
    # Exact values computed independently; published excess (either, share, turnout) of Kobak,
    # Shpilkin and Pshenichnikov's code with 1,000 replicates.
    [
        ("ru2011_duma", 86_718, 17_803, 16_800.43, 8.74, (1003.477, 767.136, 449.325)),
        ("ru2016_duma", 90_357, 19_068, 17_570.16, 12.79, (1502.391, 837.195, 1151.623)),
        ("ru2018_president", 91_152, 19_271, 17_562.40, 14.56, (1708.839, 859.010, 1296.186)),
        # The published code loses one precinct at exactly 31.05 % to floating point.
        ("ru2021_duma", 90_821, 18_880, 17_567.60, 11.20, (1309.768, 824.159, 783.370)),
    ],
)
def test_russian_elections(shared_data, name, n, observed, expected, z, published):
    found = forensics.integer_percent(_read(shared_data, name))
    either = found.only(quantity="either").detail
    assert (either["n"], either["observed"]) == (n, observed)
    assert either["expected"] == pytest.approx(expected, abs=EXPECTED_TOLERANCE)
    assert either["z"] == pytest.approx(z, abs=Z_TOLERANCE)
    for quantity, excess in zip(("either", "share", "turnout"), published, strict=True):
        assert found.only(quantity=quantity).detail["excess"] == pytest.approx(
            excess, abs=PUBLISHED_TOLERANCE
        )
    assert max(found.only(quantity=q).detail["z_calibrated"] for q in ("share", "turnout")) >= 6


@pytest.mark.shared
def test_tatarstan_2018(shared_data):
    found = forensics.integer_percent(
        _read(shared_data, "ru2018_president"), quantity="either", by="region"
    )
    detail = next(f.detail for f in found.tested if "Татарстан" in str(f.scope))
    assert detail["excess"] == pytest.approx(234.2, abs=0.1)
    assert detail["z"] == pytest.approx(12.5, abs=0.05)


@pytest.mark.shared
def test_clean_and_credible_elections_keep_still(shared_data):
    values = []
    for name, leader in CLEAN.items():
        found = forensics.integer_percent(_read(shared_data, name, leader))
        values += [abs(found.only(quantity=q).detail["z_calibrated"]) for q in ("share", "turnout")]
    assert len(values) == 24
    # Of 24 standard normals at most one lies beyond 2.5 with probability .96, none beyond 3.3 with .98.
    assert sum(value > 2.5 for value in values) <= 1
    assert max(values) <= 3.3


@pytest.mark.shared
def test_half_of_st_petersburg_2021_shows_nothing(shared_data):
    found = forensics.integer_percent(_read(shared_data, "ru2021_spb_odd"))
    assert all(abs(finding.detail["z_calibrated"]) < 2 for finding in found.tested)


@pytest.mark.shared
def test_without_registered_voters_only_the_share_is_looked_at(shared_data):
    found = forensics.integer_percent(_read(shared_data, "ve2024_president_actas"))
    assert [finding.quantity for finding in found] == ["share"]


@pytest.mark.parametrize("structure", ["regions", "gradient"])
def test_size_on_clean_elections(structure):
    rng = np.random.default_rng(16)
    pvalues = []
    for _ in range(100):
        found = forensics.integer_percent(forensics.simulation.clean(n=1500, structure=structure, rng=rng))
        pvalues += [finding.pvalue for finding in found.tested if finding.quantity == "either"]
    rejected = sum(p <= 0.05 for p in pvalues)
    # Exact binomial: more than this many of 100 rejections at .05 has probability below .001.
    assert rejected <= binom.ppf(0.999, len(pvalues), 0.05)


def _rounded(share_of_precincts, rng):
    """A clean election in which some precincts report the nearest count to a whole turnout, and the
    share of precincts that hit a whole percentage because of it."""
    frame = forensics.simulation.clean(n=4000, rng=rng).frame
    issued, registered = (frame[c].to_numpy(dtype=np.int64) for c in ("issued", "registered"))
    chosen = rng.random(len(frame)) < share_of_precincts
    rounded = np.where(chosen, np.rint(np.rint(100 * issued / registered) * registered / 100), issued)
    added = is_whole(rounded.astype(np.int64), registered).mean() - is_whole(issued, registered).mean()
    return forensics.Returns(frame.assign(issued=rounded.astype(np.int64)), leader="leader"), added


def test_power_rises_with_planted_rounding():
    rng = np.random.default_rng(8)
    effects = []
    for share in (0.0, 0.05, 0.2, 0.5):
        returns, added = _rounded(share, rng)
        found = forensics.integer_percent(returns, quantity="turnout").only()
        # The plug-in null contains part of the spike: the excess is found, a little too small.
        assert found.interval.low <= added
        assert found.interval.high >= 0.85 * added
        effects.append(found.effect)
    assert found.pvalue < 1e-6
    assert effects == sorted(effects)


def test_residuals_add_up_to_the_excess_and_align_with_the_rows():
    returns = forensics.simulation.clean(n=1500, rng=2)
    found = forensics.integer_percent(returns, quantity="turnout").only()
    assert len(found.precincts) == len(returns)
    assert np.nansum(found.precincts) == pytest.approx(found.detail["excess"], abs=1e-9)
    assert np.isnan(found.precincts).sum() == found.excluded


def test_levels_bands_and_sweep_are_consistent():
    returns = forensics.simulation.clean(n=2500, rng=6)
    found = forensics.integer_percent(returns, quantity="either", by=(None, "region"))
    national = found.only(scope="national").detail
    regions = [finding.detail for finding in found.select(scope="region").tested]
    assert sum(detail["observed"] for detail in regions) == national["observed"]
    assert sum(band[2] for band in national["bands"]) == national["n"]
    assert [row[:2] for row in national["sweep"]] == [
        [w, f] for w in (0.05, 0.1, 0.2) for f in (25, 50, 100)
    ]
    adjusted = [detail["pvalue_adjusted"] for detail in regions]
    raw = [finding.pvalue for finding in found.select(scope="region").tested]
    assert all(a is None if p is None else a >= p for a, p in zip(adjusted, raw, strict=True))


def test_every_option_and_the_invalid_votes():
    found = forensics.integer_percent(forensics.simulation.clean(n=800, rng=3), option="all")
    quantities = [finding.quantity for finding in found]
    assert quantities.count("turnout") == 1
    assert "share_second" in quantities
    assert "share_invalid" in quantities


def test_order_of_rows_and_names_of_options_change_nothing():
    returns = forensics.simulation.clean(n=900, rng=4)
    frame = returns.frame
    other = forensics.Returns(
        frame.rename(columns={"votes_leader": "votes_z"}).sample(frac=1, random_state=2), leader="z"
    )
    for a, b in zip(forensics.integer_percent(returns), forensics.integer_percent(other), strict=True):
        assert a.quantity == b.quantity
        assert a.statistic == pytest.approx(b.statistic, rel=1e-9)


def test_few_precincts_are_underpowered():
    found = forensics.integer_percent(forensics.simulation.clean(n=200, rng=1))
    assert all(finding.underpowered and finding.pvalue is None for finding in found.tested)


def test_skipped_without_ballots():
    frame = pd.DataFrame({"precinct": ["1"], "votes_a": [3]})
    assert forensics.integer_percent(forensics.Returns(frame)).skipped


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [({"period": 3}, "does not divide 100"), ({"quantity": "issued"}, "looks at either, share, turnout")],
)
def test_unusable_parameters_are_said(parameters, sentence):
    with pytest.raises(forensics.ConfigError, match=sentence):
        forensics.integer_percent(forensics.simulation.clean(n=50, rng=1), **parameters)

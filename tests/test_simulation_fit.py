"""Fitted specifications: parameters come back, and real precincts get elections that look like theirs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forensics.errors import ConfigError
from forensics.simulation import Specification, draw, fit, manipulate
from forensics.simulation.parameters import (
    Accounting,
    Certificates,
    Field,
    Hours,
    Institutions,
    Lists,
    Options,
    Places,
    Rate,
    Shape,
)
from forensics.tables.returns import Returns

TRUE = Specification(
    turnout=Rate(median=0.62, spread=(0.35, 0.25, 0.3), concentration=120, gradient=-0.2),
    support=Rate(median=0.45, spread=(0.5, 0.2, 0.35), concentration=200, gradient=0.15),
    correlation=(0.4, -0.3, 0.5),
    shape=Shape(units=(40, 400), precincts=8000),
    invalid=0.02,
    carried_off=0.001,
    accounting=Accounting(),
    certificates=Certificates(dispersion=1.2),
    lists=Lists(added=0.01, dispersion=2.0),
    hours=Hours(concentration=80.0),
)
#: 40 regions give a standard deviation to 1/√80 = .11 of itself, 400 districts to .035: three of each.
REGIONS, DISTRICTS, PRECINCTS = 0.35, 0.11, 0.04
#: A correlation of 40 pairs has a standard error of about .15, of 360 .05.
CORRELATIONS = (0.45, 0.15, 0.06)
#: Quantiles of turnout and share at which drawn and real elections are compared.
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@pytest.fixture(scope="module")
def fitted():
    return fit(draw(TRUE, rng=1).returns)


def total(rate):
    """Standard deviation of a precinct's logit within its district, beta-binomial part included."""
    h = 1 / (rate.median * (1 - rate.median))
    return np.sqrt(rate.spread[-1] ** 2 + h / (rate.concentration + 1))


@pytest.mark.parametrize("which", ["turnout", "support"])
def test_rates_come_back(fitted, which):
    true, found = getattr(TRUE, which), getattr(fitted, which)
    # The median of 40 regions with this spread: its standard error on the logit scale, over 4.
    assert found.median == pytest.approx(true.median, abs=3 * true.spread[0] / np.sqrt(40) / 4)
    assert found.gradient == pytest.approx(true.gradient, abs=0.02)
    assert found.spread[0] == pytest.approx(true.spread[0], rel=REGIONS)
    assert found.spread[1] == pytest.approx(true.spread[1], rel=DISTRICTS)
    assert total(found) == pytest.approx(total(true), rel=PRECINCTS)
    # Constant and rate-dependent parts are told apart roughly: over seeds 1/(c + 1) varies by .003.
    assert 1 / (found.concentration + 1) == pytest.approx(1 / (true.concentration + 1), abs=2 * 0.003)


def test_correlations_come_back(fitted):
    for found, true, error in zip(fitted.correlation, TRUE.correlation, CORRELATIONS, strict=True):
        assert found == pytest.approx(true, abs=error)


def test_the_rest_comes_back(fitted):
    assert fitted.invalid == pytest.approx(TRUE.invalid, rel=0.02)
    assert fitted.invalid_concentration == pytest.approx(TRUE.invalid_concentration, rel=0.2)
    assert fitted.carried_off == pytest.approx(TRUE.carried_off, rel=0.1)
    shares = np.array(fitted.options.others)
    # 400 districts with concentration 40 put a share to sqrt(.25 / 41 / 400) = .004.
    np.testing.assert_allclose(shares / shares.sum(), TRUE.options.others, atol=0.016)
    assert fitted.options.between_precincts == pytest.approx(40, rel=0.1)
    assert fitted.options.between_units == pytest.approx(40, rel=0.2)
    assert fitted.lists.added == pytest.approx(0.01, rel=0.1)
    assert fitted.lists.dispersion == pytest.approx(2.0, rel=0.2)
    assert fitted.certificates.issued == pytest.approx(TRUE.certificates.issued, rel=0.1)
    assert fitted.certificates.used == pytest.approx(TRUE.certificates.used, rel=0.1)
    assert fitted.accounting.outside == pytest.approx(TRUE.accounting.outside, rel=0.05)
    np.testing.assert_allclose(fitted.hours.profile, TRUE.hours.profile, atol=0.01)
    # The districts' own days (concentration 400) come on top of the precincts'.
    assert fitted.hours.concentration == pytest.approx(1 / (1 / 80 + 1 / 400), rel=0.15)
    assert fitted.clerical is None


def test_a_fit_of_a_fit_is_the_same_election_again(fitted):
    real = draw(TRUE, rng=1).returns
    again = fit(draw(fitted, like=real, rng=2).returns)
    assert again.turnout.median == pytest.approx(fitted.turnout.median, abs=0.01)
    assert total(again.support) == pytest.approx(total(fitted.support), rel=PRECINCTS)
    assert draw(fitted, like=real, rng=2).returns.table.columns.sort_values().tolist() == sorted(
        real.table.columns
    )


def test_rows_choose_what_is_fitted_and_sizes_stay():
    election = draw(TRUE.replaced(turnout=Rate(median=0.5, spread=(0.1, 0.1, 0.2))), rng=3).returns
    stuffed, truth = manipulate(election, "stuffing", share=0.3, intensity=0.3, rng=4)
    untouched = (truth["kind"] == "").to_numpy()
    whole, part = fit(stuffed), fit(stuffed, rows=untouched)
    # Stuffed by .3 of the list on the logit scale at .5: the spread at least doubles.
    assert total(whole.turnout) > 1.5 * total(part.turnout)
    assert part.turnout.median == pytest.approx(0.5, abs=0.02)
    drawn = draw(part, like=stuffed, rng=5).returns
    np.testing.assert_array_equal(drawn.counts("registered"), stuffed.counts("registered"))


def test_a_field_and_institutions_are_found():
    true = Specification(
        turnout=Rate(median=0.6, spread=(0.2, 0.1, 0.1), concentration=1000),
        support=Rate(median=0.5, spread=(0.2, 0.1, 0.1), concentration=1000),
        shape=Shape(units=(10, 40), precincts=4000),
        places=Places(shared=0.0),
        field=Field(turnout=0.4, support=0.4, shortest=10.0, longest=100.0),
        institutions=Institutions(share=0.05),
    )
    found = fit(draw(true, rng=1).returns)
    # Neighbours a few kilometres apart share most of a field whose shortest wave is 10 km.
    assert 0.15 < found.field.turnout < 0.45
    assert found.institutions.full == pytest.approx(0.4, abs=0.15)
    assert found.institutions.turnout > 0.5
    without = fit(draw(true.replaced(field=None), rng=1).returns)
    assert without.field is None or without.field.turnout < 0.06


def test_votes_alone_and_turnout_alone():
    full = draw(TRUE, rng=6).returns
    sheets = Returns(full.frame.drop(columns=["registered", "issued"]))
    votes = fit(sheets)
    assert votes.turnout is None
    assert votes.support.median == pytest.approx(TRUE.support.median, abs=0.07)
    assert draw(votes, like=sheets, rng=1).returns.has("votes_leader", "ballots")
    counted = Returns(full.frame[["region", "precinct", "registered", "ballots"]])
    turnout = fit(counted)
    assert turnout.support is None
    drawn = draw(turnout, like=counted, rng=1).returns
    assert drawn.options == ()
    assert set(drawn.table.columns) == set(counted.table.columns)


def test_two_options_and_one():
    full = draw(TRUE.replaced(options=Options(names=("yes", "no"), others=(1.0,))), rng=6).returns
    assert fit(full).options.names[1:] == ("no",) or fit(full).options.names[1:] == ("yes",)
    one = Returns(full.frame.drop(columns="votes_no"))
    drawn = draw(fit(one), like=one, rng=1).returns
    assert drawn.options == ("yes",)


def test_what_cannot_be_fitted_is_refused():
    few = draw(TRUE.replaced(shape=Shape(precincts=20, units=(2, 4))), rng=1).returns
    with pytest.raises(ConfigError, match="20 rows report what is fitted; 30 are needed"):
        fit(few)
    with pytest.raises(ConfigError, match="rows is a mask of 20 truth values"):
        fit(few, rows=np.ones(3, dtype=bool))
    silent = Returns(pd.DataFrame({"precinct": ["1", "2"], "ballots": [5, 6]}))
    with pytest.raises(ConfigError, match="neither turnout nor votes are reported"):
        fit(silent)


#: Widest gap, in share points, between a region's quantile and the mean of three drawn elections'.
GAPS = {"se2018_riksdag": 0.05, "pl2018_sejmik": 0.07}


@pytest.mark.shared
@pytest.mark.parametrize("name", GAPS)
def test_real_precincts_get_elections_that_look_like_theirs(shared_data, name):
    real = Returns(pd.read_parquet(shared_data / "returns" / f"{name}.parquet"))
    real = real.where("registered > 0")
    specification = fit(real)
    drawn = [draw(specification, like=real, rng=seed).returns for seed in range(3)]
    for quantity in ("turnout", "share"):
        gaps = []
        for place, (_, part) in enumerate(real.by("region")):
            if len(part) < 100:
                continue
            looks = [[r for _, r in one.by("region")][place] for one in drawn]
            of_real = np.nanquantile(_values(part, quantity), QUANTILES)
            of_drawn = np.mean([np.nanquantile(_values(p, quantity), QUANTILES) for p in looks], axis=0)
            gaps.append(np.abs(of_real - of_drawn))
        assert len(gaps) >= 10
        assert np.mean(gaps) < GAPS[name] / 2
        assert np.median(gaps, axis=0).max() < GAPS[name]


def _values(returns, quantity):
    return returns.turnout if quantity == "turnout" else returns.share(of="valid")

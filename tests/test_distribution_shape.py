"""Shape of turnout and share: published figures, size on clean elections, planted second peaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forensics
from forensics.detectors.turnout.distribution_shape import distribution_shape
from forensics.errors import ConfigError
from forensics.kernels.heterogeneity import large_enough, logit_normal
from forensics.kernels.shape import skewness_kurtosis
from forensics.simulation import clean

# Published with three decimals; the p-value is from a simulated table.
PRINTED, SIMULATED = 0.0006, 0.005


@pytest.mark.shared
@pytest.mark.parametrize(
    ("prefecture", "skewness", "kurtosis", "pvalue"),
    # Hicken and Mebane (2017), table 1: turnout in Albania 2013.
    [("BERAT", 0.261, 3.474, 0.651), ("DIBER", 1.685, 4.954, 0.0), ("DURRES", 1.354, 3.211, 0.0)],
)
def test_published_shapes(
    shared_data: Path, prefecture: str, skewness: float, kurtosis: float, pvalue: float
) -> None:
    returns = forensics.read_returns(shared_data / "returns" / "al2013_parliament.parquet")
    part = returns.where(f'region == "{prefecture}"')
    detail = distribution_shape(part, n_resamples=19, rng=1).only(quantity="turnout").detail
    assert detail["skewness"] == pytest.approx(skewness, abs=PRINTED)
    assert detail["kurtosis"] == pytest.approx(kurtosis, abs=PRINTED)
    assert detail["dip_pvalue"] == pytest.approx(pvalue, abs=SIMULATED)
    assert detail["dip_pvalue_calibrated"] != detail["dip_pvalue"]


@pytest.mark.shared
def test_a_real_file_without_registered_has_a_share_only(shared_data: Path) -> None:
    # Tally sheets of Venezuela 2024: no registered voters; without the ballots too there is nothing.
    returns = forensics.read_returns(shared_data / "returns" / "ve2024_president_actas.parquet")
    part = returns.part(np.arange(2000))
    findings = distribution_shape(part, n_resamples=9, rng=1)
    assert [finding.quantity for finding in findings.tested] == ["share"]
    frame = part.frame.drop(columns=["ballots", "valid", "invalid"])
    assert distribution_shape(forensics.Returns(frame, levels=returns.levels), rng=1).skipped


def sizes(structure: str, elections: int) -> dict[str, float]:
    """Share of clean elections with p ≤ .05, by quantity."""
    pvalues: dict[str, list[float]] = {}
    for seed in range(elections):
        returns = clean(n=600, structure=structure, rng=seed)
        for finding in distribution_shape(returns, n_resamples=19, rng=seed).tested:
            assert finding.pvalue is not None
            pvalues.setdefault(finding.quantity, []).append(finding.pvalue)
    return {name: float(np.mean(np.array(found) <= 0.05)) for name, found in pvalues.items()}


@pytest.mark.parametrize("structure", ["regions", "gradient"])
def test_clean_elections_are_rarely_called_odd(structure: str) -> None:
    # 20 elections at a size of .05: more than 4 has probability .003 (binomial).
    assert max(sizes(structure, 20).values()) <= 4 / 20


@pytest.mark.slow
@pytest.mark.parametrize("structure", ["regions", "gradient"])
def test_size_on_many_clean_elections(structure: str) -> None:
    for size in sizes(structure, 1000).values():
        # Upper 95 % bound of a binomial share.
        assert size + 1.96 * np.sqrt(size * (1 - size) / 1000) <= 0.07


def test_a_planted_second_peak_is_seen() -> None:
    returns = clean(n=1500, rng=8)
    frame = returns.frame
    lifted = np.random.default_rng(8).random(len(frame)) < 0.4
    counts = (frame["registered"] * 0.93).astype("int64")
    for column in ("issued", "ballots"):
        frame[column] = frame[column].where(~lifted, counts)
    planted = forensics.Returns(frame, levels=returns.levels, leader="leader")
    plain, changed = (
        distribution_shape(r, rng=1, quantity="turnout").only(quantity="turnout")
        for r in (returns, planted)
    )
    assert plain.pvalue is not None
    assert plain.pvalue > 0.05 >= (changed.pvalue or 0)
    assert changed.effect is not None
    assert plain.effect is not None
    assert changed.effect > 10 * abs(plain.effect)
    assert changed.interval is not None
    assert changed.interval.low > 0


def test_few_precincts_are_refused() -> None:
    returns = clean(n=25, rng=2)
    for finding in distribution_shape(returns, rng=1).tested:
        assert finding.underpowered
        assert finding.pvalue is None
        assert "dip" not in finding.detail
    by_region = distribution_shape(clean(n=200, rng=2), by=[None, "region"], rng=1, n_resamples=9)
    small = [finding for finding in by_region.tested if finding.n < 30]
    assert small
    assert all(finding.underpowered for finding in small)


def test_needs_counts() -> None:
    returns = clean(n=50, rng=2)
    frame = returns.frame[["region", "precinct", "registered", "valid"]]
    assert distribution_shape(forensics.Returns(frame)).skipped


def test_order_of_rows_and_names_of_options_do_not_matter() -> None:
    returns = clean(n=300, rng=5)
    frame = returns.frame.iloc[::-1].rename(columns={"votes_leader": "votes_x"})
    other = forensics.Returns(frame, levels=returns.levels, leader="x")
    for name in ("turnout", "logit_turnout", "share"):
        one, two = (
            distribution_shape(r, n_resamples=9, rng=3).only(quantity=name).detail for r in (returns, other)
        )
        for key in ("skewness", "kurtosis", "dip", "dip_pvalue"):
            assert one[key] == pytest.approx(two[key], rel=1e-9)


def test_small_and_full_precincts_are_left_out_in_the_second_reading() -> None:
    returns = clean(n=800, rng=7)
    detail = distribution_shape(returns, rng=1, n_resamples=9).only(quantity="turnout").detail
    registered = returns.counts("registered")
    assert detail["without"]["small"][0] == int((registered >= 100).sum())
    assert detail["without"]["full"][0] == int((returns.turnout < 1).sum())


def test_more_ballots_than_voters_are_in_the_published_shape_only() -> None:
    returns = clean(n=300, rng=7)
    frame = returns.frame
    frame.loc[frame.index[0], "issued"] = frame.loc[frame.index[0], "registered"] + 50
    detail = distribution_shape(forensics.Returns(frame, levels=returns.levels), rng=1, n_resamples=9)
    assert detail.only(quantity="turnout").detail["n_calibrated"] == 299
    assert detail.only(quantity="turnout").n == 300
    assert detail.only(quantity="logit_turnout").n == 299


def test_unknown_quantity_is_refused() -> None:
    with pytest.raises(ConfigError, match="looks at"):
        distribution_shape(clean(n=50, rng=1), quantity="weather")


def test_moments_are_those_of_their_definition() -> None:
    x = np.random.default_rng(1).gamma(2.0, size=500)
    skewness, kurtosis = skewness_kurtosis(np.concatenate([x, x[:40]]), np.array([0, 500]))
    off = x - x.mean()
    assert skewness[0] == pytest.approx((off**3).mean() / (off**2).mean() ** 1.5)
    assert kurtosis[0] == pytest.approx((off**4).mean() / (off**2).mean() ** 2)
    assert np.isnan(skewness_kurtosis(np.full(5, 0.2))[0][0])


def test_heterogeneity_finds_what_was_drawn() -> None:
    rng = np.random.default_rng(2)
    groups = np.repeat([0, 1], 4000)
    n = rng.integers(300, 2000, 8000).astype(float)
    theta = np.where(groups == 0, 0.2, 1.5) + np.where(groups == 0, 0.3, 0.5) * rng.standard_normal(8000)
    x = rng.binomial(n.astype(int), 1 / (1 + np.exp(-theta))).astype(float)
    model = logit_normal(x, n, groups)
    # Standard errors: σ/√4000 = .008 of a mean, σ/√8000 = .006 of a deviation; four of them.
    assert model.mean[0] == pytest.approx(0.2, abs=0.03)
    assert model.mean[-1] == pytest.approx(1.5, abs=0.03)
    assert model.deviation[0] == pytest.approx(0.3, abs=0.025)
    assert model.deviation[-1] == pytest.approx(0.5, abs=0.025)


def test_groups_are_the_finest_that_are_large_enough() -> None:
    region = np.array([0] * 8 + [1] * 4)
    district = np.array([0] * 5 + [1] * 3 + [2] * 2 + [-1] * 2)
    groups = large_enough([region, district], 4)
    assert len(set(groups[:5])) == len(set(groups[5:8])) == len(set(groups[8:])) == 1
    assert len(set(groups)) == 3

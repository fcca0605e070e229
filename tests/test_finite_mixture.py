"""The detector finite_mixture: what it says, what it withholds, and where it is skipped."""

from __future__ import annotations

import json

import pytest
from mixture_returns import election

from forensics.detectors.registry import find_detector
from forensics.detectors.turnout.finite_mixture import finite_mixture
from forensics.errors import ConfigError
from forensics.finding import Skipped
from forensics.tables.returns import Returns

#: Short chains: what they say of the posterior is not looked at here.
SHORT = {"chains": 2, "n_draws": 20, "warm_up": 20}


def test_off_unless_asked_for() -> None:
    entry = find_detector("finite_mixture")
    assert entry.default == "off"
    assert entry.family == "turnout"


def test_short_chains_cannot_tell() -> None:
    returns = election(120, (0.2, 0.1), 3)
    found = finite_mixture(returns, rng=1, **SHORT)
    finding = found.only(scope="national")
    # Forty draws in all are fewer than the hundred that are asked of the effective size.
    assert finding.underpowered
    assert finding.effect is None
    assert finding.pvalue is None
    assert finding.precincts is None
    assert finding.detail["pi"] is None
    assert finding.detail["added_votes"] is None
    assert finding.detail["ess"] > 0
    assert "cannot be told" in str(finding.assumptions[1].text)
    assert finding.assumptions[1].holds is False
    figures = [picture.figure for picture in finding.pictures]
    assert figures == ["posterior_trace", "comet", "comet", "sawtooth", "sawtooth"]
    json.dumps(finding.to_dict(), allow_nan=False)


def test_too_few_precincts_and_unknown_levels() -> None:
    (skipped,) = finite_mixture(election(40, (0.2, 0.1), 3), **SHORT)
    assert isinstance(skipped, Skipped)
    assert "100 are needed" in str(skipped.reason)
    with pytest.raises(ConfigError, match="'county' is no level; level_effects is auto, none, or"):
        finite_mixture(election(120, (0.2, 0.1), 3), level_effects="county", **SHORT)
    for name, value in (("chains", 1), ("n_draws", 2.5), ("warm_up", 0)):
        with pytest.raises(ConfigError, match=f"{name} is a whole number of at least"):
            finite_mixture(election(120, (0.2, 0.1), 3), **{**SHORT, name: value})


def test_impossible_counts_are_left_out_and_said() -> None:
    returns = election(120, (0.2, 0.1), 4)
    frame = returns.frame.copy()
    frame.loc[frame.index[:3], "ballots"] = 99999
    spoilt = Returns(frame, leader="a")
    finding = finite_mixture(spoilt, rng=1, **SHORT).only(scope="national")
    assert (finding.n, finding.excluded) == (117, 3)
    assert finding.exclusion is not None


@pytest.mark.slow
def test_a_planted_election_is_found_and_told_by_region() -> None:
    found = finite_mixture(election(300, (0.2, 0.1), 6), by=(None, "region"), rng=3)
    finding = found.only(scope="national")
    assert not finding.underpowered
    assert finding.interval is not None
    # Planted: (.2 + .1)/1.3 of the precincts in the manipulated classes.
    assert finding.interval.low < 0.3 / 1.3 < finding.interval.high
    assert finding.detail["rhat"] < 1.05
    assert finding.detail["added_votes"][1] > 0
    assert len(found.select(scope="region").tested) == 3
    assert "class_comet" in [picture.figure for picture in finding.pictures]


@pytest.mark.slow
def test_without_levels_the_incremental_share_is_withheld() -> None:
    finding = finite_mixture(election(200, (0.2, 0.1), 7, levels=False), rng=3).only(scope="national")
    assert finding.effect is None
    assert finding.underpowered
    assert finding.detail["pi"] is None
    assert finding.assumptions[0].holds is False

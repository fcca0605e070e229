"""Posterior draws on their way: from a finding to the audit, the report folder, and an association."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commission_tree import tree

import forensics
from forensics.auditing.posteriors import precinct_table, summary_table, unit_table
from forensics.auditing.result import Audit
from forensics.commissions.relating import associations_of
from forensics.commissions.study import Study
from forensics.finding import Finding, Findings, Interval
from forensics.kernels.chain_progress import watched
from forensics.kernels.convergence import highest_density, highest_density_each
from forensics.messages.message import Sentences
from forensics.posterior import Draws, UnitDraws
from forensics.report.verifying import differences
from forensics.simulation import Simulated, Specification, draw
from forensics.simulation.parameters import Rate, Roster, Shape

SAY = Sentences("test_posterior", null="Nothing but chance.", innocent="Chance.")
QUICK = {"permutations": 0, "wild": 0, "models": ()}
#: Simulated elections, those whose interval must hold the truth (of intervals of 95 % fewer than 88 of
#: 100 do once in 400 runs), and most that may where the uncertainty is left out.
ELECTIONS, HOLDING, PLUG_IN = 100, 88, 60


def finding(returns: forensics.Returns, number: int = 60) -> Finding:
    """A model's finding about all precincts but the first three; draws share a common factor."""
    rng = np.random.default_rng(8)
    rows = np.arange(3, len(returns))
    chance = rng.beta(0.3, 1.0, len(rows))
    common = rng.normal(1, 0.2, number)[:, None]
    classes = (rng.random((number, len(rows))) < chance).astype(np.int8)
    added = (30 * classes * np.maximum(common, 0)).astype(np.float32)
    precincts = {"classes": classes, "added": added, "moved": np.zeros_like(added)}
    registered = returns.counts("registered")[rows]
    outcomes = {
        "manipulated": (classes > 0).astype(np.float32),
        "added": (added / registered).astype(np.float32),
    }
    scores = np.full(len(returns), np.nan)
    scores[rows] = classes.mean(axis=0)
    units = {
        "national": UnitDraws(("",), np.array([len(rows)]), {"added": added.sum(axis=1, keepdims=True)}),
        "region": UnitDraws(("A", "B"), np.array([30, 40]), {"added": added[:, :2]}),
    }
    return Finding(
        method="finite_mixture", family="turnout", quantity="share",
        null=SAY("null"), innocent=(SAY("innocent"),), effect=0.2, interval=Interval(0.1, 0.3, 0.9),
        n=len(rows), precincts=scores, draws=Draws(rows, precincts, outcomes, units),
    )  # fmt: skip


@pytest.fixture(scope="module")
def election() -> Simulated:
    """400 precincts of 40 districts with their commissions, clean."""
    rate = Rate(median=0.6, spread=(0.2, 0.15, 0.25))
    shape = Shape(levels=("region", "district"), units=(6, 40), precincts=400)
    return draw(Specification(shape=shape, turnout=rate, support=rate, roster=Roster()), rng=4)


@pytest.fixture(scope="module")
def audit(election: Simulated) -> Audit:
    returns = election.returns
    found = forensics.audit(returns, plan=forensics.make_plan(returns, only=["last_digit"]))
    return replace(found, findings=Findings([*found.findings, finding(returns)]))


def test_tables_hold_every_draw(audit: Audit) -> None:
    item = audit.findings.only(method="finite_mixture")
    assert list(audit.draws) == ["finite_mixture:share:national"]
    assert item.draws is not None
    units = unit_table(item.draws)
    assert list(units.columns) == ["level", "unit", "n", "draw", "added"]
    of_b = units[(units.level == "region") & (units.unit == "B")]
    assert of_b.added.to_numpy() == pytest.approx(item.draws.precincts["added"][:, 1])
    precincts = precinct_table(audit.returns, item.draws)
    assert len(precincts) == 60 * (len(audit.returns) - 3)
    assert not precincts.row.isin(audit.returns.frame.index[:3]).any()
    summary = summary_table(audit.returns, item).set_index("row")
    row = audit.returns.frame.index[10]
    own = precincts[precincts.row == row]
    assert summary.loc[row, "added"] == pytest.approx(own.added.mean())
    # The finding's own level of .9.
    low, high = highest_density(own.added.to_numpy(), 0.9)
    assert summary.loc[row, ["added_low", "added_high"]].tolist() == pytest.approx([low, high])
    assert summary.loc[row, "probability_incremental"] == pytest.approx((own.classes == 1).mean())


def test_intervals_of_many_columns_are_those_of_each() -> None:
    draws = np.random.default_rng(2).gamma(1.5, size=(200, 7))
    low, high = highest_density_each(draws, 0.8)
    for k in range(7):
        assert (low[k], high[k]) == highest_density(draws[:, k], 0.8)


def test_the_folder_keeps_draws_where_they_belong_and_verify_knows_them(
    audit: Audit, tmp_path: Path
) -> None:
    out = tmp_path / "report"
    forensics.write_report(audit, out=out)
    public = pd.read_parquet(out / "draws/finite_mixture-share.parquet")
    assert "row" not in public.columns
    assert "precinct" not in public.columns
    assert len(pd.read_parquet(out / "restricted/finite_mixture-share-draws.parquet"))
    said = json.loads((out / "provenance.json").read_text())["draws"]
    assert said["draws/finite_mixture-share.parquet"]["draws_of_precincts"] == 60
    assert "in the folder draws" in (out / "index.html").read_text()
    assert differences(out, audit) == {}
    public.loc[0, "added"] += 1
    public.to_parquet(out / "draws/finite_mixture-share.parquet", index=False)
    (out / "restricted/finite_mixture-share-draws.parquet").unlink()
    found = {name: str(text) for name, text in differences(out, audit).items()}
    assert found == {
        "draws/finite_mixture-share.parquet": "the draws differ in added",
        "restricted/finite_mixture-share-draws.parquet": "the folder has no such file",
    }
    # A later report without draws leaves none behind.
    forensics.write_report(replace(audit, findings=audit.findings[:1]), out=out)
    assert not list(out.rglob("*finite_mixture*"))


def test_an_association_with_draws_is_wider_than_with_their_mean(election: Simulated, audit: Audit) -> None:
    outcomes = ("finite_mixture", "finite_mixture:added")

    def related(subject: Audit) -> forensics.Link:
        return forensics.associate(
            subject, election.roster, coding=election.coding, outcomes=outcomes, rng=1, **QUICK
        )

    # A finding whose draws are all the same: what a plug-in would use.
    item = audit.findings.only(method="finite_mixture")
    assert item.draws is not None
    still = {
        name: np.repeat(v.mean(axis=0, keepdims=True), 60, axis=0)
        for name, v in item.draws.outcomes.items()
    }
    fixed = replace(item, draws=replace(item.draws, outcomes=still))
    plain = related(replace(audit, findings=Findings([fixed])))
    for wide, narrow in zip(related(audit).associations, plain.associations, strict=True):
        assert wide.detail["draws"] == 60
        assert narrow.detail["share_between"] == pytest.approx(0, abs=1e-9)
        assert wide.standard_error > 1.1 * narrow.standard_error
        assert "combined after Rubin" in str(wide)
        # The first three precincts have no draws.
        assert wide.n <= len(audit.returns) - 3


@pytest.mark.slow
def test_intervals_hold_the_truth_where_those_of_the_mean_do_not() -> None:
    """An outcome known up to a factor that all precincts share, as votes added are by a model's rate.

    The factor is N(1, .2²) and the data say nothing of it; the truth is a slope of .5.
    """
    study = Study(
        outcomes=("turnout",), exposures=("bloc",), models=(), permutations=0, wild=0, pre_appointment=()
    )
    holding = {"draws": 0, "mean": 0}
    for seed in range(ELECTIONS):
        rng = np.random.default_rng([seed, 3])
        scores, measures = tree(rng, "precinct", regions=4, districts=40, precincts=800, slope=0.5)
        seen = scores["turnout"].to_numpy() / rng.normal(1, 0.2)
        draws = {"turnout": seen[:, None] * rng.normal(1, 0.2, (1, 60))}
        scores["turnout"] = seen
        for name, given in (("draws", draws), ("mean", None)):
            found = associations_of(scores, measures, study, levels=("region", "district"), draws=given)
            low, high = found.primary.interval
            holding[name] += low <= 0.5 <= high
    assert holding["draws"] >= HOLDING
    assert holding["mean"] <= PLUG_IN


def test_iterations_are_told_while_they_are_counted() -> None:
    told: list[tuple[int, int]] = []
    with watched(2, 30, lambda done, total: told.append((done, total))) as tickers:
        for _ in range(10):
            tickers[1]()
    assert told[-1] == (30, 30)
    with watched(2, 30, None) as silent:
        silent[0]()
    assert len(silent) == 2

"""What a fit of the finite mixture costs is told before it starts, and why it gave nothing after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from mixture_returns import election

from forensics.cli.main import main
from forensics.detectors.registry import all_detectors, find_detector


def run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    assert not end.value.code


def test_the_cost_grows_with_what_is_asked_for() -> None:
    cost = find_detector("finite_mixture").cost
    assert cost is not None
    returns = election(120, (0.2, 0.1), 1)
    said = cost(returns, chains=3, n_draws=200, warm_up=100, n_jobs=2)
    assert "1 fit of 3 chains with 300 iterations each on 120 precincts" in str(said)
    words = dict(said.parameters)
    # Three chains on two workers take two rounds.
    assert words["wall"] == pytest.approx(words["minutes"] * 2 / 3)
    assert dict(cost(returns, option="all").parameters)["fits"] == 2
    without = dict(cost(returns, level_effects="none").parameters)
    assert without["minutes"] < dict(cost(returns).parameters)["minutes"]
    assert without == dict(cost(election(120, (0.2, 0.1), 1, levels=False)).parameters)
    assert dict(cost(returns, model="bl").parameters)["minutes"] < dict(cost(returns).parameters)["minutes"]


def test_a_run_that_is_skipped_costs_nothing() -> None:
    cost = find_detector("finite_mixture").cost
    assert cost is not None
    assert cost(election(120, (0.2, 0.1), 1), minimum=10**6) is None
    assert cost(election(99, (0.2, 0.1), 1)) is None
    assert dict(cost(election(120, (0.2, 0.1), 1)).parameters)["n"] == 120


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("chains=0", "chains is a whole number of at least 2, not 0"),
        ("n_draws=many", "n_draws is a number (by default 300), not 'many'"),
        ("model=qbx", "model is qbl or bl, not 'qbx'"),
        ("level_effects=canton", "'canton' is no level"),
        ("option=Nobody", "'Nobody' is no option"),
        ("nodes=4", "finite_mixture has no parameter 'nodes'"),
    ],
)
def test_a_wrong_parameter_is_told_before_any_cost(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], pair: str, said: str
) -> None:
    path = tmp_path / "returns.csv"
    election(110, (0.2, 0.1), 1).frame.to_csv(path, index=False)
    with pytest.raises(SystemExit) as end:
        main(["run", "finite_mixture", str(path), f"--set={pair}"])
    assert end.value.code == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("forensics: ")
    assert said in line


def test_only_what_takes_minutes_says_what_it_costs() -> None:
    assert [entry.id for entry in all_detectors() if entry.cost is not None] == ["finite_mixture"]


def test_the_command_tells_the_cost_first_and_the_reason_last(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "returns.csv"
    election(110, (0.2, 0.1), 1).frame.to_csv(path, index=False)
    short = [f"--set={pair}" for pair in ("model=bl", "chains=2", "n_draws=20", "warm_up=20")]
    run("run", "finite_mixture", str(path), *short, "--jobs", "2", "--seed", "1")
    said = capfd.readouterr()
    assert said.err.startswith("finite_mixture: 1 fit of 2 chains with 40 iterations each on 110 precincts")
    assert said.out.startswith("null: Described, not tested")
    assert "does not hold: Precincts of one unit have the same turnout" in said.out

"""``forensics run``."""

from __future__ import annotations

from typing import Any

import click

import forensics
from forensics import ConfigError
from forensics.cli.options import (
    open_previous,
    open_returns,
    open_tables,
    reads_returns,
    settings,
    takes_previous,
    takes_tables,
)
from forensics.cli.progress import progress_bar, tell_cost
from forensics.cli.summary import print_reasons


@click.command(epilog="Example: forensics run last_digit returns.csv --by region --set minimum=50 --json")
@click.argument("detector", metavar="DETECTOR")
@reads_returns
@click.option("--by", metavar="LEVEL", help="One finding per unit of a level, instead of the nation.")
@click.option("--option", metavar="OPTION", help="Option to look at, or all.")
@click.option(
    "--set", "pairs", metavar="NAME=VALUE", multiple=True, help="A parameter of the detector. Repeatable."
)
@takes_tables
@takes_previous
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything drawn.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Workers.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(
    detector: str,
    returns: str,
    profile: str | None,
    leader: str | None,
    where: str | None,
    by: str | None,
    option: str | None,
    pairs: tuple[str, ...],
    tables: tuple[str, ...],
    previous: str | None,
    seed: int,
    jobs: int,
    as_json: bool,
) -> None:
    """Run one DETECTOR on RETURNS (`forensics detectors` lists them).

    duplicate_voters takes a list of voters in the place of RETURNS, or RETURNS and --with voters=FILE.
    """
    entry = forensics.find_detector(detector)
    parameters = settings(pairs) | open_tables(tables)
    for name, value in (("by", by), ("option", option), ("previous", previous)):
        if value is not None:
            if name not in entry.parameters:
                raise ConfigError(
                    f"{detector} takes no --{name}; its parameters are {', '.join(entry.parameters)}"
                )
            parameters[name] = value
    parameters |= open_previous(previous, profile, where)
    if entry.first and entry.first not in parameters:
        data = _open_first(entry, returns, profile or leader or where)
    else:
        data = open_returns(returns, profile, leader, where)
    if "n_jobs" in entry.parameters:
        parameters = {"n_jobs": jobs} | parameters
    tell_cost((detector,), data, **parameters)
    with progress_bar(detector, quiet="progress" not in entry.parameters) as progress:
        if progress is not None:
            parameters["progress"] = lambda done, total: progress(done, total, "iterations")
        findings = forensics.run_detector(detector, data, seed=seed, **parameters)
    if as_json:
        click.echo(forensics.findings_json(findings), nl=False)
    else:
        click.echo(str(findings))
        print_reasons(findings)


def _open_first(entry: Any, path: str, for_returns: str | None) -> Any:
    """The second table that a detector takes in the place of returns."""
    if for_returns:
        raise ConfigError(
            f"{entry.id} takes a table of {entry.first} here, and --profile, --leader and --where are for "
            f"returns; give the returns and --with {entry.first}=FILE"
        )
    return forensics.read_table(entry.first, path)

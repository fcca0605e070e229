"""``forensics plan``."""

from __future__ import annotations

from pathlib import Path

import click

import forensics
from forensics import ConfigError
from forensics.cli.options import open_returns, reads_returns, takes_levels


@click.command(epilog="Example: forensics plan returns.csv --seed 2018 --out plan.toml")
@reads_returns
@takes_levels
@click.option("--also", metavar="ID", multiple=True, help="A detector that is off by default. Repeatable.")
@click.option(
    "--only", metavar="ID", multiple=True, help="These detectors instead of the default ones. Repeatable."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything drawn.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="File to write; it must not exist."
)
def command(
    returns: str,
    profile: str | None,
    leader: str | None,
    where: str | None,
    levels: tuple[str, ...],
    also: tuple[str, ...],
    only: tuple[str, ...],
    seed: int,
    out: Path,
) -> None:
    """Freeze and hash what will be run on RETURNS, before anyone looks at a result.

    Publish the hash; `forensics audit RETURNS --plan FILE` refuses a plan that was changed.
    """
    data = open_returns(returns, profile, leader, where)
    plan = forensics.make_plan(data, seed=seed, levels=levels or None, also=also, only=only or None)
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(plan.to_toml())
    except FileExistsError as error:
        raise ConfigError(
            f"{out.name} exists already; a frozen plan is not overwritten, choose another name"
        ) from error
    except OSError as error:
        raise ConfigError(f"{out.name}: the plan cannot be written ({error.strerror})") from error
    click.echo(f"{len(plan.detectors)} detectors frozen; hash {plan.hash}")

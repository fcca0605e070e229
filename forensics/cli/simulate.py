"""``forensics simulate``."""

from __future__ import annotations

from pathlib import Path

import click

import forensics
from forensics import ConfigError


@click.command(
    epilog="Example: forensics simulate --out election   |   forensics simulate --spec mine.toml --out e"
)
@click.option(
    "--spec",
    type=click.Path(path_type=Path),
    help="TOML file that says what is drawn and planted; by default the demonstration election's.",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Folder of the election's files."
)
@click.option("--like", metavar="RETURNS", help="Take sizes, names and levels over from these returns.")
@click.option("--profile", metavar="P", help="Profile of --like.")
@click.option(
    "--fit",
    "fitted",
    is_flag=True,
    help="Estimate the specification from --like: a clean election like it.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of the draws; by default the specification's."
)
def command(
    spec: Path | None, out: Path, like: str | None, profile: str | None, fitted: bool, seed: int | None
) -> None:
    """Draw an election and write returns.parquet, roster.csv, truth.parquet, totals.csv.

    The truth has the rows of the returns: rates behind the counts, what was planted, and every
    count that was changed. Nothing here describes a real election.
    """
    if fitted and (like is None or spec is not None):
        raise ConfigError("--fit estimates the specification from --like RETURNS; it takes no --spec")
    if profile is not None and like is None:
        raise ConfigError("--profile says how --like RETURNS are read; give both")
    returns = forensics.read_returns(like, profile=profile) if like else None
    if fitted and returns is not None:
        specification = forensics.simulation.fit(returns)
    elif spec is None:
        specification = forensics.simulation.embedded()
    else:
        try:
            specification = forensics.simulation.read_specification(_text(spec))
        except ConfigError as error:
            raise ConfigError(f"{spec}: {error}") from error
    election = forensics.simulation.draw(specification, like=returns, rng=seed)
    for path in forensics.simulation.write_simulated(election, out):
        click.echo(path)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise ConfigError(f"{path}: the specification cannot be read ({reason})") from error

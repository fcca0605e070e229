"""``forensics check``."""

from __future__ import annotations

import sys

import click

import forensics
from forensics.cli.options import open_returns, reads_returns
from forensics.cli.summary import print_check


@click.command(
    epilog="Example: forensics check returns.csv   |   forensics check unknown.csv --profile draft"
)
@reads_returns
@click.option("--strict", is_flag=True, help="Exit with 1 if an exact contradiction is found.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    returns: str, profile: str | None, leader: str | None, where: str | None, strict: bool, as_json: bool
) -> None:
    """Structure, coverage and protocol arithmetic of RETURNS: the first thing to run.

    With --profile draft, proposes a profile (TOML on stdout) for a file nobody has seen.
    """
    if profile == "draft" and (as_json or strict):
        raise forensics.ConfigError(
            f"--profile draft prints a profile (TOML), and {'--json' if as_json else '--strict'} is about "
            "returns that are read; leave one of them out"
        )
    if profile == "draft":
        click.echo(forensics.draft_profile(returns), nl=False)
        return
    result = forensics.check(open_returns(returns, profile, leader, where))
    if as_json:
        click.echo(forensics.to_json(result.to_dict()), nl=False)
    else:
        print_check(result)
    if strict and result.contradictions:
        sys.exit(1)

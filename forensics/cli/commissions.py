"""``forensics commissions``."""

from __future__ import annotations

from typing import Any

import click

import forensics
from forensics.cli.options import open_previous, open_returns, reads_returns, takes_previous
from forensics.cli.progress import tell_cost
from forensics.cli.summary import print_link


@click.command(
    epilog="Example: forensics commissions returns.csv roster.csv --coding blocs.csv --outcome turnout "
    "--exposure nominator:meeting_work --json"
)
@reads_returns
@click.argument("roster", metavar="ROSTER")
@click.option(
    "--coding",
    "codings",
    metavar="FILE",
    multiple=True,
    help="Nominators and their blocs: a file, or the name of a shipped coding. Repeatable: every result "
    "is shown under each.",
)
@click.option(
    "--outcome",
    "outcomes",
    metavar="OUTCOME",
    multiple=True,
    help="turnout, share, residual:<outcome>, or a detector with scores of precincts; the first is "
    "primary (default: turnout, share). Repeatable.",
)
@click.option(
    "--exposure",
    "exposures",
    metavar="EXPOSURE",
    multiple=True,
    help="A measure, nominator:<name> or chair:<name>; the first is primary (default: the first usual "
    "measure that varies here). Repeatable.",
)
@click.option("--fixed-effects", metavar="LEVEL", help="Level with an intercept per unit.")
@click.option("--cluster", metavar="LEVEL", help="Level whose units share errors.")
@click.option("--appointed-by", metavar="LEVEL", help="Level whose commissions appoint the precincts'.")
@click.option(
    "--covariate",
    "covariates",
    metavar="NAME",
    multiple=True,
    help="Fixed before the vote (default: log_registered). Repeatable.",
)
@click.option("--permutations", type=click.IntRange(min=0), default=500, show_default=True)
@click.option("--alias", metavar="FILE", help="Spellings: column, roster value, returns value.")
@click.option("--law", metavar="FILE", help="Dated rules: a file, or the name of a shipped one.")
@click.option(
    "--date", metavar="YYYY-MM-DD", help="Day of the election, for dated memberships and codings."
)
@takes_previous
@click.option(
    "--before",
    metavar="ROSTER",
    help="The same commissions at an earlier election, a row per membership: which chairs stayed.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything drawn.")
@click.option("--json", "as_json", is_flag=True, help="Print machine-readable output on stdout.")
def command(
    returns: str,
    profile: str | None,
    leader: str | None,
    where: str | None,
    roster: str,
    codings: tuple[str, ...],
    outcomes: tuple[str, ...],
    exposures: tuple[str, ...],
    fixed_effects: str | None,
    cluster: str | None,
    appointed_by: str | None,
    covariates: tuple[str, ...],
    permutations: int,
    alias: str | None,
    law: str | None,
    date: str | None,
    previous: str | None,
    before: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Relate what the precincts of RETURNS reported to who sat on their commissions, after ROSTER.

    An association, never an effect. Coefficients are share points (0 to 1) in JSON and percentage
    points in print; the smallest association that would have been found stands beside each.
    """
    data = open_returns(returns, profile, leader, where)
    tell_cost(dict.fromkeys(outcome.partition(":")[0] for outcome in outcomes), data)
    given: dict[str, Any] = {"outcomes": outcomes, "exposures": exposures, "covariates": covariates}
    link = forensics.associate(
        data,
        roster,
        coding=codings or None,
        alias=alias,
        law=law,
        date=date,
        before=before,
        appointed_by=appointed_by,
        fixed_effects=fixed_effects,
        cluster=cluster,
        permutations=permutations,
        rng=seed,
        **open_previous(previous, profile, where),
        **{name: values for name, values in given.items() if values},
    )
    if as_json:
        click.echo(forensics.to_json(link.to_dict()), nl=False)
    else:
        print_link(link)

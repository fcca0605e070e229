"""``forensics verify``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import forensics
from forensics.cli.options import open_tables, takes_previous, takes_tables


@click.command(epilog="Example: forensics verify reports/russia-2018 --returns russia-2018")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--returns",
    metavar="RETURNS",
    help="The returns of the plan; by default the name that the plan states.",
)
@click.option("--roster", metavar="FILE", help="The roster of the audit, where it had one.")
@click.option("--coding", "codings", metavar="FILE", multiple=True, help="Its codings. Repeatable.")
@click.option("--before", metavar="ROSTER", help="Its roster of an earlier election.")
@click.option("--observers", metavar="SAMPLE", help="Its quick count or observers' sample.")
@takes_tables
@takes_previous
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Workers.")
def command(
    folder: Path,
    returns: str | None,
    roster: str | None,
    codings: tuple[str, ...],
    before: str | None,
    observers: str | None,
    tables: tuple[str, ...],
    previous: str | None,
    jobs: int,
) -> None:
    """Run the report folder DIR again from its plan; exit 1 if a number differs.

    CSV and JSON are compared byte by byte, parquet by content; figures are not compared.
    """
    opened = open_tables(tables)
    if previous is not None:
        opened["previous"] = previous
    found = forensics.verify(
        folder,
        returns=returns,
        roster=roster,
        coding=codings or None,
        before=before,
        observers=observers,
        n_jobs=jobs,
        **opened,
    )
    for name, difference in found.items():
        click.echo(f"{name}: {difference}")
    if found:
        sys.exit(1)
    click.echo(f"{folder.name}: every table and every number is reproduced")

"""``forensics datasets``."""

from __future__ import annotations

import json

import click

import forensics
from forensics.cli.progress import progress_bar


@click.group(name="datasets")
def command() -> None:
    """Named real data sets; FORENSICS_DATA is a list of folders where they may lie already."""


@command.command("list", epilog="Example: forensics datasets list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_(as_json: bool) -> None:
    """Names, profiles and licences, and which data are at hand."""
    rows = [
        {
            "name": dataset.name,
            "profile": dataset.profile,
            "at_hand": forensics.datasets.locate(dataset.name) is not None,
            "licence": dataset.licence,
        }
        for dataset in forensics.datasets.list_datasets()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for row in rows:
        place = "at hand" if row["at_hand"] else "to fetch"
        click.echo(f"{row['name']:22} {row['profile']:17} {place:9} {row['licence']}")


@command.command(epilog="Example: forensics datasets path russia-2018")
@click.argument("name")
def path(name: str) -> None:
    """Where NAME lies on this machine; nothing is downloaded."""
    click.echo(str(forensics.datasets.path(name)))


@command.command(epilog="Example: forensics datasets fetch russia-2018")
@click.argument("name")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def fetch(name: str, quiet: bool) -> None:
    """Download NAME, check its checksum, and print where it lies."""
    with progress_bar("fetch", quiet=quiet) as progress:
        update = None if progress is None else (lambda done, total: progress(done, total, name))
        found = forensics.datasets.fetch(name, progress=update)
    click.echo(str(found))

"""``forensics detectors``."""

from __future__ import annotations

import json

import click

import forensics


@click.command(epilog="Example: forensics detectors --json")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def command(as_json: bool) -> None:
    """List the detectors: identifier, family, default, needs, and one line each."""
    entries = forensics.all_detectors()
    if as_json:
        click.echo(json.dumps([entry.to_dict() for entry in entries], indent=1, ensure_ascii=False))
        return
    family = ""
    for entry in entries:
        if entry.family != family:
            family = entry.family
            click.echo(f"\n{family}")
        needs = (
            ", ".join((*entry.needs, *(f"table {name}" for name in entry.tables)))
            or "nothing beyond counts"
        )
        click.echo(f"  {entry.id}  [{entry.default}]  {entry.summary}\n      needs: {needs}")

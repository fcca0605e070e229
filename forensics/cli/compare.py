"""``forensics compare``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

import forensics
from forensics.cli.options import takes_language


@click.command(epilog="Example: forensics compare reports/2016 reports/2018 --out reports/2016-2018")
@click.argument("folders", metavar="DIR DIR ...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the comparison; without it only a summary is printed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print comparison.json on stdout.")
@takes_language
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Workers that draw.")
@click.option("--quiet", is_flag=True, help="No summary.")
def command(
    folders: tuple[Path, ...], out: Path | None, as_json: bool, lang: str, jobs: int, quiet: bool
) -> None:
    """Set the report folders DIR of several elections side by side.

    Each DIR is what `forensics audit --out DIR` wrote. No difference between elections is tested, and no
    precinct is named: precincts that persist are followed in the aggregate.
    """
    if out is not None:
        forensics.check_folder(out, what="comparison")
    comparison = forensics.compare(folders)
    if out is not None:
        forensics.write_comparison(comparison, out=out, language=lang, n_jobs=jobs)
    if as_json:
        click.echo(forensics.to_json(comparison.to_dict(lang)), nl=False)
    elif not quiet:
        _print(comparison, out)


def _print(comparison: Any, out: Path | None) -> None:
    """National effects, a column per election, and how far precincts could be followed."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 120)
    for one in comparison.elections:
        console.print(f"{one.short}: {one.label}")
    table = Table("test", *(one.short for one in comparison.elections), "", box=None, pad_edge=False)
    for test in comparison.tests:
        marks = "" if test.comparable else "not comparable"
        table.add_row(f"{test.method}: {test.quantity}", *map(_effect, test.entries), marks)
    console.print(table)
    for panel in comparison.panels:
        pair = f"{panel.earlier}, {panel.later}"
        told = f"{panel.kept:,} of {min(panel.rows):,} precincts persist"
        console.print(f"{pair}: {panel.reason or told}")
    console.print("Effects with their intervals; a difference between elections is not tested.")
    if out is not None:
        console.print(f"comparison: {out / 'index.html'}")


def _effect(entry: Any) -> str:
    if entry is None or entry.effect is None:
        return "–"
    span = "" if entry.interval is None else " [{:.3g}, {:.3g}]".format(*entry.interval)
    return f"{entry.effect:.3g}{span}"

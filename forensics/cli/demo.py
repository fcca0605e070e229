"""``forensics demo``."""

from __future__ import annotations

from pathlib import Path

import click

import forensics
from forensics.cli.options import takes_language
from forensics.cli.progress import progress_bar
from forensics.cli.summary import print_audit, print_link, print_report


@click.command(epilog="Example: forensics demo --out reports/demo")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the report; without it only a summary is printed.",
)
@takes_language
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Workers.")
@click.option("--quiet", is_flag=True, help="No progress bar, no summary.")
def command(out: Path | None, lang: str, jobs: int, quiet: bool) -> None:
    """The whole road on the embedded demonstration election: no network, about half a minute.

    The election is invented: 16 regions, 208 districts and 9,840 precincts with a few planted
    departures. Its numbers say nothing about any country.
    """
    if out is not None:
        forensics.check_folder(out)
    election = forensics.demo_election()
    with progress_bar("demo", quiet=quiet) as progress:
        result = forensics.audit(
            election.returns, rng=1, n_jobs=jobs, progress=progress, totals=election.totals
        )
    assert election.roster is not None  # the embedded specification has one
    link = forensics.associate(result, election.roster, coding=election.coding, rng=1)
    if out is not None:
        forensics.write_report(result, link, out=out, simulated=election, language=lang, n_jobs=jobs)
    if not quiet:
        print_audit(result)
        print_link(link)
        if out is not None:
            print_report(out)

"""``forensics parts``."""

from __future__ import annotations

import click

import forensics
from forensics.cli.options import reads_returns, takes_levels
from forensics.cli.progress import progress_bar


@click.command(epilog="Example: forensics parts election/ --jobs 2 --most 100000 --json")
@reads_returns
@takes_levels
@click.option("--only", metavar="ID", multiple=True, help="These detectors only. Repeatable.")
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=100_000,
    show_default=True,
    help="Precincts of the sample for detectors that are not additive.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything drawn.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Workers.")
@click.option("--json", "as_json", is_flag=True, help="Print findings.json on stdout.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def command(
    returns: str,
    profile: str | None,
    leader: str | None,
    where: str | None,
    levels: tuple[str, ...],
    only: tuple[str, ...],
    most: int,
    seed: int,
    jobs: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run detectors on RETURNS, a folder of parts that need not fit into memory together.

    Additive detectors see every precinct; others are run on a sample and say so, or are skipped and
    say that they need the whole table.
    """
    with progress_bar("parts", quiet=quiet or as_json) as progress:
        findings = forensics.audit_parts(
            returns,
            profile=profile,
            leader=leader,
            where=where,
            levels=levels or None,
            only=only or None,
            rng=seed,
            most=most,
            n_jobs=jobs,
            progress=progress,
        )
    if as_json:
        click.echo(forensics.findings_json(findings), nl=False)
        return
    for item in findings.select(scope="national").tested:
        sample = item.parameters.get("sample")
        of = f" (sample of {sample['of']:,})" if sample else ""
        p = "none" if item.pvalue is None else f"{item.pvalue:.3g}"
        effect = "none" if item.effect is None else f"{item.effect:.3g} {item.unit}"
        click.echo(f"{item.method:<20} {item.quantity:<14} n {item.n:,}{of}; effect {effect}; p {p}")
    for skipped in findings.skipped:
        click.echo(f"skipped {skipped.method}: {skipped.reason}")

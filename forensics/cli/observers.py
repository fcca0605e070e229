"""``forensics observers``."""

from __future__ import annotations

from pathlib import Path

import click

import forensics
from forensics.cli.inputs import keep_inputs
from forensics.cli.options import open_returns, reads_returns, takes_design, takes_language
from forensics.cli.summary import print_observation


@click.command(
    epilog="Example: forensics observers quick-count.csv returns.csv --design stratified --stratum region"
)
@click.argument("sample", metavar="SAMPLE")
@reads_returns
@takes_design
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Level of the intervals.")
@click.option("--permutations", type=click.IntRange(min=1), default=999, show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Figure to write: .png, .svg or .pdf, its data beside it.",
)
@takes_language
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything drawn.")
@click.option("--json", "as_json", is_flag=True, help="Print machine-readable output on stdout.")
def command(
    sample: str,
    returns: str,
    profile: str | None,
    leader: str | None,
    where: str | None,
    design: str | None,
    stratum: str | None,
    areas: str | None,
    confidence: float,
    permutations: int,
    out: Path | None,
    lang: str,
    seed: int,
    as_json: bool,
) -> None:
    """Put a quick count or an observers' SAMPLE beside the official RETURNS.

    SAMPLE has a row per precinct drawn or visited (`forensics schema observers`). Without known
    chances of being drawn nothing is estimated for precincts that nobody visited.
    """
    if out is not None:
        keep_inputs(out.with_suffix(".csv"), sample, returns)
        forensics.plots.check_target(out)
    found = forensics.observe(
        open_returns(returns, profile, leader, where),
        sample,
        design=design,
        stratum=stratum,
        areas=areas,
        confidence_level=confidence,
        permutations=permutations,
        rng=seed,
    )
    if out is not None:
        if not found.pictures:
            raise forensics.ConfigError(
                f"nothing was estimated, so there is nothing to draw: {found.because[0]}"
            )
        for path in forensics.plots.write(found.pictures[0], out, language=lang):
            click.echo(str(path), err=as_json)
    if as_json:
        click.echo(forensics.to_json(found.to_dict(lang)), nl=False)
    else:
        print_observation(found)

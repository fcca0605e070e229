"""``forensics observers``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

import forensics
from forensics.cli.options import open_returns, reads_returns, takes_language


@click.command(
    epilog="Example: forensics observers quick-count.csv returns.csv --design stratified --stratum region"
)
@click.argument("sample", metavar="SAMPLE")
@reads_returns
@click.option(
    "--design",
    metavar="D",
    help="How precincts were drawn: given (by the sample's column probability or weight), simple, "
    "stratified, or convenience.",
)
@click.option("--stratum", metavar="LEVEL", help="Level whose units are the strata.")
@click.option(
    "--areas", metavar="LEVEL", help="Level whose units were drawn first, precincts within them after."
)
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
        _print(found)


def _print(found: Any) -> None:
    """What the sample says, a null per method first, and what could not be said."""
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 120)
    for sentence in (*found.because, found.coverage, *found.sentences):
        console.print(str(sentence))
    methods = dict.fromkeys(finding.method for finding in found.findings.tested)
    for method in methods:
        findings = found.findings.select(method=method).tested
        nulls = dict.fromkeys(str(finding.null) for finding in findings[:1])
        console.print(f"\n{method}. Null: {' '.join(nulls)}")
        table = Table(
            "quantity", "n", "effect [interval]", "unit", "p", "p (Holm)", box=None, pad_edge=False
        )
        for finding in findings:
            span = finding.interval
            bounds = f" [{span.low:+.3g}, {span.high:+.3g}]" if span else ""
            p = "none" if finding.pvalue is None else f"{finding.pvalue:.4f}"
            effect = f"{finding.effect:+.3g}{bounds}"
            adjusted = finding.detail.get("p_holm")
            holm = "" if adjusted is None else f"{adjusted:.4f}"
            table.add_row(finding.quantity, f"{finding.n:,}", effect, finding.unit, p, holm)
        console.print(table)
        console.print(f"Innocent explanations: {' '.join(map(str, findings[0].innocent))}")
    for skipped in found.findings.skipped:
        console.print(f"\nskipped {skipped.method}: {skipped.reason}")
    if len(found.items):
        console.print("\nAnswers to the form:")
        console.print(found.items.to_string(index=False, na_rep=""))

"""``forensics audit``."""

from __future__ import annotations

from pathlib import Path

import click

import forensics
from forensics import ConfigError
from forensics.cli.options import (
    open_previous,
    open_returns,
    open_tables,
    reads_returns,
    takes_design,
    takes_language,
    takes_levels,
    takes_previous,
    takes_tables,
)
from forensics.cli.progress import progress_bar, tell_cost
from forensics.cli.summary import print_audit, print_link, print_observation, print_reasons, print_report


@click.command(
    epilog="Example: forensics audit returns.csv --profile russia-cec --out reports/2018 --seed 1"
)
@reads_returns
@click.option("--plan", metavar="FILE", help="A plan made by `forensics plan`; else one is frozen now.")
@takes_levels
@click.option("--also", metavar="ID", multiple=True, help="A detector that is off by default. Repeatable.")
@takes_tables
@takes_previous
@click.option(
    "--calibration",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Sizes measured on these precincts, as `forensics calibrate --out` writes them.",
)
@click.option("--roster", metavar="FILE", help="Members of commissions: their relation to the returns.")
@click.option(
    "--coding",
    "codings",
    metavar="FILE",
    multiple=True,
    help="Nominators and their blocs: a file, or the name of a shipped coding. Repeatable.",
)
@click.option("--before", metavar="ROSTER", help="Roster of an earlier election: who stayed on.")
@click.option(
    "--observers",
    metavar="SAMPLE",
    help="A quick count or an observers' sample of these precincts: what it says beside the returns.",
)
@takes_design
@click.option(
    "--ledger",
    metavar="FILE",
    help="What was promised: a ledger file, or the name of a shipped one. Needs --out.",
)
@click.option(
    "--notes",
    metavar="FILE",
    help="Your own text for the report (.md, .txt or .toml); its numbers are references to findings. "
    "Needs --out.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything drawn.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Workers.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the report; without it only a summary is printed.",
)
@takes_language
@click.option(
    "--transliterate",
    metavar="SCHEME",
    help="Latin letters beside names in Cyrillic on an English page: bgn-ru, bgn-kk, iso-9 or kk-2021. "
    "Needs --out.",
)
@click.option("--pdf", is_flag=True, help="Also report.pdf in the folder (needs forensics[pdf]).")
@click.option("--docx", is_flag=True, help="Also report.docx, to be edited (needs forensics[docx]).")
@click.option(
    "--resume",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder that keeps finished detectors; the same command goes on from there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print findings.json on stdout.")
@click.option("--quiet", is_flag=True, help="No progress bar, no summary.")
def command(
    returns: str,
    profile: str | None,
    leader: str | None,
    where: str | None,
    plan: str | None,
    levels: tuple[str, ...],
    also: tuple[str, ...],
    tables: tuple[str, ...],
    previous: str | None,
    calibration: Path | None,
    roster: str | None,
    codings: tuple[str, ...],
    before: str | None,
    observers: str | None,
    design: str | None,
    stratum: str | None,
    areas: str | None,
    ledger: str | None,
    notes: str | None,
    seed: int,
    jobs: int,
    out: Path | None,
    lang: str,
    transliterate: str | None,
    pdf: bool,
    docx: bool,
    resume: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run every applicable detector on RETURNS, nationally and per level; write the report folder."""
    if codings and roster is None:
        raise ConfigError("--coding says how members were nominated; name the members with --roster")
    if before and roster is None:
        raise ConfigError("--before is compared with the roster of this election; name that with --roster")
    if observers is None and (design or stratum or areas):
        raise ConfigError(
            "--design, --stratum and --areas say how an observers' sample was drawn; name it with "
            "--observers"
        )
    formats = tuple(name for name, asked in (("pdf", pdf), ("docx", docx)) if asked)
    for name, given in (
        *((each, True) for each in formats),
        ("ledger", ledger),
        ("notes", notes),
        ("transliterate", transliterate),
    ):
        if given and out is None:
            raise ConfigError(f"--{name} is for the report's folder; say where that goes with --out")
    forensics.check_formats(formats)
    if out is not None:
        forensics.check_folder(out)
    if transliterate is not None:
        forensics.check_scheme(transliterate, lang)
    # Before anything is run: what is refused in them is refused at once.
    promised = None if ledger is None else forensics.read_ledger(ledger)
    written = None if notes is None else forensics.read_notes(notes)
    frozen = forensics.read_plan(plan) if plan else None
    if frozen is not None and (levels or also):
        raise ConfigError(
            "--plan already says which levels and detectors are run; leave out --by and --also"
        )
    if frozen is not None:
        profile, where = profile or frozen.returns.profile or None, where or frozen.returns.where or None
    opened = open_tables(tables) | open_previous(previous, profile, where)
    data = open_returns(returns, profile, leader, where)
    seen = None
    if observers is not None:
        seen = forensics.observe(data, observers, design=design, stratum=stratum, areas=areas, rng=seed)
    frozen = frozen or forensics.make_plan(data, seed=seed, levels=levels or None, also=also)
    for step in frozen.detectors:
        tell_cost((step.id,), data, quiet=quiet, **({"n_jobs": jobs} | step.parameters))
    with progress_bar("audit", quiet=quiet or as_json) as progress:
        result = forensics.audit(
            data,
            plan=frozen,
            calibration=calibration,
            n_jobs=jobs,
            progress=progress,
            resume=resume,
            **opened,
        )
    link = None
    if roster is not None:
        link = forensics.associate(
            result, roster, coding=codings or None, previous=opened.get("previous"), before=before, rng=seed
        )
    if out is not None:
        forensics.write_report(
            result,
            link,
            out=out,
            observation=seen,
            ledger=promised,
            notes=written,
            language=lang,
            n_jobs=jobs,
            formats=formats,
            transliterate=transliterate,
        )
    if as_json:
        click.echo(forensics.findings_json(result, language=lang), nl=False)
    elif not quiet:
        print_audit(result)
        for step in frozen.detectors:
            # What took minutes and gave nothing says why.
            if forensics.find_detector(step.id).cost is not None:
                print_reasons(result.findings.select(method=step.id, scope="national"))
        if link is not None:
            print_link(link)
        if seen is not None:
            print_observation(seen)
        if out is not None:
            print_report(out)

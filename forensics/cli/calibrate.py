"""``forensics calibrate``."""

from __future__ import annotations

from pathlib import Path

import click

import forensics
from forensics import ConfigError
from forensics.cli.inputs import keep_inputs
from forensics.cli.options import open_returns, reads_returns
from forensics.cli.progress import progress_bar


@click.command(
    epilog="Example: forensics calibrate returns.csv --profile russia-cec --simulations 200 --jobs 2 "
    "--resume batches --json"
)
@reads_returns
@click.option(
    "--simulations",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Clean elections per generator; power is told from a quarter as many.",
)
@click.option(
    "--most",
    type=click.IntRange(min=1),
    help="Clean elections at most, for tests whose size is still open (default: eight times as many).",
)
@click.option(
    "--detector", "detectors", metavar="ID", multiple=True, help="Only this detector. Repeatable."
)
@click.option(
    "--manipulation",
    "manipulations",
    metavar="KIND",
    multiple=True,
    help="Only this mechanism; the first is the one of the smallest detectable share. Repeatable.",
)
@click.option("--no-power", is_flag=True, help="Clean elections only: size, no power.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything drawn.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Workers.")
@click.option(
    "--resume",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder that keeps finished batches; the same command goes on from there.",
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the JSON to a file, for `forensics audit --calibration FILE`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print machine-readable output on stdout.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def command(
    returns: str,
    profile: str | None,
    leader: str | None,
    where: str | None,
    simulations: int,
    most: int | None,
    detectors: tuple[str, ...],
    manipulations: tuple[str, ...],
    no_power: bool,
    seed: int,
    jobs: int,
    resume: Path | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """How often each test fires on clean elections with the precincts of RETURNS, and on doctored ones.

    A test that fires on more than 8 % of clean elections, or may do so for all that the simulations
    show, is not calibrated here. Tests that the simulations leave open are followed for more of them.
    """
    if no_power and manipulations:
        raise ConfigError("--no-power plants nothing, and --manipulation says what is planted; give one")
    if out is not None:
        keep_inputs(out, returns)
        _check_file(out)
    data = open_returns(returns, profile, leader, where)
    with progress_bar("calibrate", quiet=quiet) as progress:
        known = forensics.calibrate(
            data,
            simulations=simulations,
            most=most,
            detectors=detectors or None,
            manipulations=() if no_power else (manipulations or None),
            rng=seed,
            n_jobs=jobs,
            progress=progress,
            resume=resume,
        )
    if out is not None:
        try:
            out.write_text(forensics.to_json(known.to_dict()), encoding="utf-8", newline="\n")
        except OSError as error:
            raise _unwritable(out, error) from error
    if as_json:
        click.echo(forensics.to_json(known.to_dict()), nl=False)
    else:
        _print(known)


def _check_file(out: Path) -> None:
    """Refuse a file that cannot be written before hours are spent on what it would hold."""
    there = out.exists()
    try:
        out.open("ab").close()
        if not there:
            out.unlink()
    except OSError as error:
        raise _unwritable(out, error) from error


def _unwritable(out: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{out}: the calibration cannot be written ({error.strerror}); name a file in a folder that exists"
    )


def _print(known: forensics.Calibration) -> None:
    """A line per test: size with its interval, whether it may be leant on, what it would have found."""
    click.echo(
        f"share of p <= {known.generator['alpha']} in {known.simulations:,} clean elections per generator, "
        "more for tests that these leave open"
    )
    click.echo(
        f"{'detector':<22} {'quantity':<14} {'size':>6}  {'95 % interval':<15} {'elections':>9}  "
        f"{'calibrated':<11} detectable"
    )
    for one in known.readings:
        size = one.rejections
        interval = size.interval()
        share = "-" if one.detectable_share is None else f"{100 * one.detectable_share:.1f} %"
        between = f"{interval.low:.3f} to {interval.high:.3f}"
        click.echo(
            f"{one.method:<22} {one.quantity:<14} {size.share:>6.3f}  {between:<15} "
            f"{size.simulations:>9,}  "
            f"{'yes' if one.calibrated else 'no':<11} {share}"
        )
    if not known.readings:
        silent = ", ".join(known.generator["without_pvalue"]) or "none"
        click.echo(f"no test gave a p-value in elections like these (run without one: {silent})")
    told = known.generator["detectable"]
    if told:
        click.echo(
            f"detectable: share of precincts with {told['manipulation']} "
            f"({told['intensity']:g} {told['unit']}) that is found "
            f"in 80 % of {known.generator['power_simulations']:,} elections"
        )

"""The command line: one file per command, loaded when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from typing import cast

import click

from forensics import ForensicsError

#: Commands in the order of ``--help``, with their one line; the module is ``cli/<name>.py``.
COMMANDS = {
    "demo": "The whole road on the embedded demonstration election.",
    "check": "Structure, coverage and protocol arithmetic; the first thing to run.",
    "audit": "Every applicable detector, nationally and per level, and the report folder.",
    "parts": "Detectors on a folder of parts larger than memory, a part at a time.",
    "plan": "Freeze and hash what will be run, before anyone looks.",
    "run": "One detector.",
    "plot": "One figure ready for print, with its data beside it; --list shows all.",
    "detectors": "Identifiers, families, needs, defaults.",
    "simulate": "A simulated election with its truth: returns, commissions, totals.",
    "calibrate": "Size and power of every test on simulated elections with these precincts.",
    "commissions": "Who sat on the commissions, and how that goes with what they reported.",
    "observers": "A quick count or observers' sample against the official result.",
    "compare": "The same statistics over several elections' report folders.",
    "schema": "Columns of returns, rosters, codings and observers' samples.",
    "datasets": "Named real data sets: list, path, fetch.",
    "verify": "Run a report folder again from its plan and compare.",
}


class _Commands(click.Group):
    """A group whose commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return cast("click.Command", importlib.import_module(f"forensics.cli.{cmd_name}").command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"forensics {version('forensics')}")
        ctx.exit()


def _print_citation(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        import forensics

        click.echo(forensics.cite())
        ctx.exit()


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
@click.option(
    "--cite",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_citation,
    help="Show how to cite the toolkit, and the sources of its methods.",
)
def cli() -> None:
    """Election forensics on precinct returns: every number with its null, no score, no verdict.

    RETURNS is a csv, tsv, xlsx, parquet or zip file, a folder of parts, or the name of a data set.
    Start with `forensics check RETURNS`, then `forensics audit RETURNS --out DIR`.
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line; the exit status is 0, 1, 2 or 130 (CONTRACT section 1)."""
    try:
        status = cli.main(args, prog_name="forensics", standalone_mode=False)
        # Here, where a full disk is still an error that can be told.
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("forensics: interrupted; nothing further was written", err=True)
        sys.exit(130)
    except ForensicsError as error:
        click.echo(f"forensics: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of our output (head, less) went away: not an error of ours.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        click.echo(
            f"forensics: {error.filename or 'the output'} cannot be written ({error.strerror})", err=True
        )
        # What is still held back would be tried, and complained of, once more.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    sys.exit(status if isinstance(status, int) else 0)

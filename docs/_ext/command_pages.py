"""The page of commands, from the command line itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from rst import heading, table

from forensics.cli.main import COMMANDS, cli


def pages(root: Path) -> dict[str, str]:
    """One page of all commands, by path."""
    top = click.Context(cli, info_name="forensics")
    lines = [
        heading("Commands"),
        "Every command prints this text with ``--help``. The exit status is 0 where the work was done",
        "(finding an anomaly is no error), 1 where ``verify`` found differences or ``check --strict``",
        "found contradictions, 2 for bad input, and 130 if interrupted.",
        "",
    ]
    overview = ((f"`forensics {name}`_", text) for name, text in COMMANDS.items())
    lines.append(table(("command", "does"), overview))
    for name in COMMANDS:
        command = cli.get_command(top, name)
        assert command is not None
        lines += _command(command, f"forensics {name}", 1)
    return {"generated/commands.rst": "\n".join(lines)}


def _command(command: click.Command, name: str, depth: int) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield heading(name, depth)
    usage = command.get_usage(context).removeprefix("Usage: ")
    yield f".. code-block:: text\n\n   {' '.join(usage.split())}\n"
    for paragraph in (command.help or "").strip().split("\n\n"):
        yield " ".join(_quoted(paragraph).split()) + "\n"
    rows = []
    for option in command.get_params(context):
        record = option.get_help_record(context)
        if record is not None and "--help" not in option.opts:
            rows.append((f"``{record[0]}``", _quoted(record[1]) or "–"))
    yield table(("option", "meaning"), rows)
    if command.epilog:
        yield "Example:\n"
        examples = command.epilog.removeprefix("Example: ").split("   |   ")
        yield ".. code-block:: console\n\n" + "\n".join(f"   $ {one.strip()}" for one in examples) + "\n"
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            inner = command.get_command(context, each)
            assert inner is not None
            yield from _command(inner, f"{name} {each}", depth + 1)


def _quoted(text: str) -> str:
    """Help text as inline markup: commands in backquotes, stars and bars as they are."""
    parts = text.replace("\\", "\\\\").replace("*", r"\*").replace("|", r"\|").split("`")
    return "``".join(parts)

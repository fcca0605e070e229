"""A progress bar on stderr, where stderr is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click

import forensics
from forensics import ConfigError


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Callable[[int, int, str], None] | None]:
    """Yield a callback ``(done, total, label)``; ``None`` when nothing is to be drawn."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def update(done: int, total: int, label: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{title}: {label}")

        yield update


def tell_cost(ids: Iterable[str], returns: Any, *, quiet: bool = False, **parameters: Any) -> None:
    """Say on stderr what detectors that take minutes will cost, before they start."""
    for id in () if quiet else ids:
        try:
            cost = forensics.find_detector(id).cost
        except ConfigError:
            continue  # what is no detector is told by what is asked for it
        said = None if cost is None else cost(returns, **parameters)
        if said is not None:
            click.echo(str(said), err=True)

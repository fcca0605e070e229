"""Tasks on joblib's workers: each has its result in the end, whatever happens to a worker."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from typing import Any

import joblib

from forensics.errors import ConfigError, ForensicsError

#: How often tasks are given to fresh workers after one was lost.
FRESH = 2
# What dask.distributed raises, which need not be installed: a task that outlived no worker.
_BY_NAME = ("KilledWorker",)
_BEGUN = (-1, None)


def check_workers(n_jobs: int | None) -> None:
    """Refuse a number of workers that is none.

    Raises
    ------
    ConfigError
        If ``n_jobs`` is 0.
    """
    if n_jobs == 0:
        raise ConfigError("n_jobs is a number of workers, or -1 for one a core; it is not 0")


class LostWorkersError(ForensicsError):
    """Workers were ended from outside again and again."""


def as_finished(
    function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], *, n_jobs: int | None = 1
) -> Generator[tuple[int, Any], None, None]:
    """Give tasks to workers; yield the place of each with ``function(*task)``, as they are finished.

    Workers begin at once, before the first result is asked for. joblib's own configuration
    (``joblib.parallel_config``) decides where they run. A worker that is killed takes its tasks and
    the data lent to it along: what has not been yielded by then is given to fresh workers, so that a
    task may be run twice and must give the same both times.

    Parameters
    ----------
    function : callable
    tasks : sequence of tuple
        Arguments of each call.
    n_jobs : int or None
        Workers; ``None`` for as many as joblib's configuration says.

    Raises
    ------
    LostWorkersError
        If workers are lost again and again.
    """
    check_workers(n_jobs)
    coming = _finished(function, tasks, n_jobs)
    next(coming)
    return coming


def in_order(finished: Iterable[tuple[int, Any]]) -> list[Any]:
    """All results of :func:`as_finished`, in the order of their tasks."""
    return [result for _, result in sorted(finished, key=lambda one: one[0])]


def _finished(
    function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], n_jobs: int | None
) -> Generator[tuple[int, Any], None, None]:
    """First a yield that says that workers have begun, then the results."""
    left, lost = dict(enumerate(tasks)), 0
    if not left:
        yield _BEGUN
    while left:
        parallel = joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")
        # A task is one argument: large arguments of their own would be lent to a single worker of a dask
        # cluster, and when that one is killed nothing ever comes back, not even an error.
        results = parallel(joblib.delayed(_numbered)(function, i, task) for i, task in list(left.items()))
        try:
            if not lost:
                yield _BEGUN
            for place, result in results:
                del left[place]
                yield place, result
        except Exception as error:
            if not _is_lost(error):
                raise
            lost += 1
            if lost > FRESH:
                raise LostWorkersError(
                    f"workers were ended from outside {lost} times, with {len(left):,} of {len(tasks):,} "
                    "tasks still to do; memory is the usual reason: give fewer workers, and a folder with "
                    "resume, which keeps what is finished"
                ) from error
        finally:
            with warnings.catch_warnings():
                # Interrupted: that tasks under way are cancelled is what was asked for.
                warnings.simplefilter("ignore", UserWarning)
                results.close()


def _numbered(function: Callable[..., Any], place: int, task: tuple[Any, ...]) -> tuple[int, Any]:
    return place, function(*task)


def _is_lost(error: Exception) -> bool:
    """Whether a worker is gone: an error of the task itself is raised as it is."""
    return isinstance(error, (BrokenExecutor, CancelledError)) or type(error).__name__ in _BY_NAME

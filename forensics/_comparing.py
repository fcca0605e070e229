"""Several elections put beside each other: the part of the face that speaks of more than one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from forensics.auditing.result import Audit
from forensics.comparing.comparison import Comparison, compare_elections
from forensics.comparing.documents import read_document
from forensics.comparing.elections import SIDE_BY_SIDE, Election, read_election
from forensics.report.comparison_folder import write_comparison_folder
from forensics.report.composing import compose
from forensics.report.folder import audit_document
from forensics.report.json_text import dumps


def compare(elections: Sequence[Audit | str | os.PathLike[str]], /) -> Comparison:
    """Set the same statistics of several elections side by side.

    No difference is tested: no law of chance says what one election and the next have in common.
    Where parameters, units or versions differ, effects are marked as not comparable. Precincts are
    paired by name; how far the scores of a test stand in the same precincts is told in the aggregate,
    by a rank correlation with its interval, because a geography that persists is the innocent reading
    of a geography of anomalies.

    Parameters
    ----------
    elections : sequence of Audit or path
        Two or more audits, or folders that :func:`forensics.write_report` or ``forensics audit --out``
        wrote. A folder without ``restricted/`` is compared too, but for its precincts.

    Returns
    -------
    Comparison
        ``tests``, ``units``, ``panels``, ``pictures``; ``to_frame()``, ``to_dict()``. In order of the
        elections' dates where all are stated.

    Raises
    ------
    ConfigError
        If they are fewer than two, a folder is no report or cannot be read, or two are audits of the
        same returns.

    Examples
    --------
    >>> import forensics
    >>> audits = [
    ...     forensics.audit(forensics.simulation.clean(n=400, rng=seed), levels=[], rng=1)
    ...     for seed in (1, 2)
    ... ]
    >>> beside = forensics.compare(audits)
    >>> len(beside.tests) > 10
    True
    """
    if isinstance(elections, (str, os.PathLike, Audit)):
        elections = [elections]
    read = [
        _audited(one, number) if isinstance(one, Audit) else read_election(Path(one))
        for number, one in enumerate(elections, start=1)
    ]
    return compare_elections(read)


def write_comparison(
    comparison: Comparison, /, *, out: str | os.PathLike[str], language: str = "en", n_jobs: int = 1
) -> Path:
    """Write the folder of a comparison and return the path of its page.

    The folder holds ``index.html``, ``comparison.json``, ``comparison.csv`` and ``figures/``; nothing
    in it names a precinct.

    Parameters
    ----------
    comparison : Comparison
        What :func:`compare` gave.
    out : path
        Folder.
    language : {"en", "ru", "kk"}
        Of sentences and numbers.
    n_jobs : int
        Workers that draw.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ConfigError
        If there is no catalogue of the language, or the folder holds something else.
    """
    return write_comparison_folder(comparison, Path(out), language=language, n_jobs=n_jobs)


def _audited(audit: Audit, number: int) -> Election:
    """An audit as its report folder would be read."""
    place = f"audit {number} ({audit.returns.source.name})"
    page = compose(audit)
    tables = {picture.name: picture.to_frame() for picture in page.pictures if picture.name in SIDE_BY_SIDE}
    document = read_document(dumps(audit_document(audit)).encode("utf-8"), place)
    return Election(
        place=place,
        title=document.election,
        document=document,
        tables=tables,
        precincts=audit.precincts,
    )

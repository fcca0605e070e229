"""The files of a simulated election."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forensics.errors import ConfigError
from forensics.simulation.simulated import Simulated
from forensics.simulation.specification import write_specification


def write_simulated(simulated: Simulated, folder: str | Path) -> tuple[Path, ...]:
    """Write an election and its truth, and return the paths.

    ``returns.parquet``, ``truth.parquet`` (the levels and precinct, then the truth of each row),
    ``totals.csv``, ``totals_truth.csv``, ``specification.toml``, and ``roster.csv`` with
    ``coding.csv`` where the election has commissions. The same election gives the same bytes.

    Parameters
    ----------
    simulated : Simulated
        What to write.
    folder : path
        Made where it is missing.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    ConfigError
        If the folder cannot be written, or holds tables of these names that no simulation wrote.
    """
    folder = Path(folder)
    returns = simulated.returns
    keys = [*(returns.levels or ()), "precinct"]
    truth = pd.concat([returns.frame[keys], simulated.truth], axis=1)
    totals, totals_truth = simulated.totals, simulated.totals_truth
    named = pd.concat([totals[list(returns.levels or ())], totals_truth], axis=1)
    tables = {"totals.csv": totals, "totals_truth.csv": named}
    if simulated.roster is not None and simulated.coding is not None:
        tables |= {"roster.csv": simulated.roster, "coding.csv": simulated.coding}
    names = ("returns.parquet", "truth.parquet", *tables, "specification.toml")
    own = [name for name in names if (folder / name).exists()]
    if own and not (folder / "truth.parquet").exists():
        raise ConfigError(
            f"{folder}: {', '.join(own)} stands there and no simulation wrote it (there is no "
            "truth.parquet), so it is not replaced; give a new folder, or that of an earlier simulation"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        returns.frame.to_parquet(folder / "returns.parquet", index=False)
        truth.to_parquet(folder / "truth.parquet", index=False)
        for name, table in tables.items():
            table.to_csv(folder / name, index=False, lineterminator="\n", encoding="utf-8")
        text = write_specification(simulated.specification)
        (folder / "specification.toml").write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError(f"{folder}: the folder cannot be written ({error.strerror or error})") from error
    return tuple(folder / name for name in names)

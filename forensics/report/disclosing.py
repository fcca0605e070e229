"""The last look before a report is handed out: no cell that tells of fewer than five commissions."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.commissions.disclosure import LEAST
from forensics.errors import ConfigError
from forensics.report.document import Table


def refuse_small_cells(tables: Iterable[Table]) -> None:
    """Stop the build at a row that tells of one to four commissions.

    What is few is blanked out where the tables are made; this is the second lock, for tables that
    somebody adds and forgets to blank out.

    Raises
    ------
    ConfigError
        Naming the table and the row; or if a table does not say how many commissions each row has.
    """
    for table in tables:
        if len(table.behind) != len(table.rows):
            raise ConfigError(
                f"table {table.caption!r} tells of commissions and says of {len(table.behind)} of its "
                f"{len(table.rows)} rows how many; every row needs its number, so that small ones are seen"
            )
        for row, number in zip(table.rows, table.behind, strict=True):
            if 0 < number < LEAST:
                raise ConfigError(
                    f"table {table.caption!r}, row {row[0]!r} tells of {number} "
                    f"{'commission' if number == 1 else 'commissions'}; a published cell tells of at "
                    f"least {LEAST}"
                )

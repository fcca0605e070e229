"""A published cell tells of five commissions at least: the second lock."""

from __future__ import annotations

import pytest

from forensics.errors import ConfigError
from forensics.report.disclosing import refuse_small_cells
from forensics.report.document import Table


def table(*behind: int, rows: int | None = None) -> Table:
    number = len(behind) if rows is None else rows
    return Table(
        "By region",
        ("unit", "mean"),
        (False, True),
        tuple((f"R{i}", ".5") for i in range(number)),
        (),
        behind,
    )


@pytest.mark.parametrize("few", [1, 4])
def test_a_cell_of_few_commissions_stops_the_build(few: int) -> None:
    with pytest.raises(ConfigError, match=rf"'By region', row 'R1' tells of {few} commission"):
        refuse_small_cells([table(9, few)])


def test_five_and_none_do_not() -> None:
    refuse_small_cells([table(5, 0, 17), table()])


def test_a_row_without_its_number_stops_it_too() -> None:
    with pytest.raises(ConfigError, match="says of 1 of its 2 rows how many"):
        refuse_small_cells([table(9, rows=2)])

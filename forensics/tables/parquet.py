"""Parquet parts: columns of the stored types that a table of returns can hold."""

from __future__ import annotations

import io
import re

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from forensics.errors import Fault, ReturnsError
from forensics.messages.message import Sentences
from forensics.tables.files import Part, refuse
from forensics.tables.raw import RawTable

SAY = Sentences("parquet", index="The stored row index was left out.")
_INDEX = re.compile(r"__index_level_\d+__")


def read_parquet(part: Part) -> RawTable:
    """Read one parquet file; rows are numbered 1 … n.

    Raises
    ------
    ReturnsError
        If the file is not parquet, or a column is neither numbers, text nor dates.
    """
    try:
        table = pq.ParquetFile(io.BytesIO(part.data)).read()
    except (pa.ArrowException, OSError, ValueError):
        raise refuse(
            part.name, "the file is no readable parquet file", "write it again, or give a csv file"
        ) from None
    kept = [i for i, name in enumerate(table.column_names) if not _INDEX.fullmatch(name)]
    faults, columns = [], {}
    for position, i in enumerate(kept):
        column, name = table.column(i), table.column_names[i]
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_decimal(column.type):
            column = column.cast(pa.float64())
        if _is_plain(column.type):
            columns[position] = column.to_pandas()
        else:
            faults.append(
                Fault(f"{column.type} values", "columns hold numbers, text or dates", column=name)
            )
    if faults:
        raise ReturnsError(part.name, faults)
    cells = pd.DataFrame(columns, index=None, copy=False)
    cells.index = pd.RangeIndex(1, table.num_rows + 1)
    steps = (SAY("index"),) if len(kept) < table.num_columns else ()
    return RawTable(tuple(table.column_names[i] for i in kept), cells, steps)


def _is_plain(kind: pa.DataType) -> bool:
    kinds = pa.types
    return any(
        test(kind)
        for test in (
            kinds.is_integer,
            kinds.is_floating,
            kinds.is_string,
            kinds.is_large_string,
            kinds.is_string_view,
            kinds.is_boolean,
            kinds.is_null,
            kinds.is_date,
            kinds.is_timestamp,
            kinds.is_time,
        )
    )

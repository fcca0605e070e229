"""Tables that are already in memory: pandas, anything that speaks Arrow, arrays by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

from forensics.errors import ConfigError

ALLOWED = (
    "a pandas or polars DataFrame, an Arrow table, a structured array, or a mapping of names to arrays of "
    "one length"
)

#: Types of whole numbers, by their names in pandas; Arrow's are the same in small letters.
WHOLE = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")


class Arrow(Protocol):
    """Whatever hands its columns over through the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


#: What :func:`as_frame` takes.
Table = pd.DataFrame | Arrow | np.ndarray[Any, Any] | Mapping[str, Any]


def is_table(value: object) -> bool:
    """Whether a value is of one of the kinds that :func:`as_frame` takes."""
    return (
        isinstance(value, (pd.DataFrame, np.ndarray, Mapping))
        or hasattr(value, "__arrow_c_stream__")
        or any(callable(getattr(value, method, None)) for method in ("to_pandas", "collect"))
    )


def unpacked(value: Any) -> Any:
    """A table in memory as a DataFrame; a path, or anything else, as it is."""
    return as_frame(value) if is_table(value) else value


def as_frame(value: Any, name: str = "frame") -> pd.DataFrame:
    """A table in memory as a DataFrame; missing values stay missing, and nothing is shared for writing.

    Rows of a table without an index are numbered from 1, as those of a file are.

    Parameters
    ----------
    value : DataFrame, Arrow table, structured array, or mapping of str to array
        Anything with the Arrow PyCapsule interface (polars, pyarrow, duckdb) or a method
        ``to_pandas``; arrays have shape (n,).
    name : str
        What an error calls the table.

    Raises
    ------
    ConfigError
        If it is none of these, its columns differ in length, or an array has no names.
    """
    if isinstance(value, pd.DataFrame):
        return value
    if hasattr(value, "__arrow_c_stream__"):
        return _of_arrow(value)
    if callable(getattr(value, "to_pandas", None)):
        frame = value.to_pandas()
        if isinstance(frame, pd.DataFrame):
            return frame
    if callable(getattr(value, "collect", None)):
        raise ConfigError(
            f"{name}: {type(value).__name__} holds no rows yet; collect it first, and give {ALLOWED}"
        )
    if isinstance(value, np.ndarray):
        if value.dtype.names is None:
            raise ConfigError(
                f"{name}: an array of {value.dtype} of shape {value.shape} has no names of columns; give "
                f"{ALLOWED}"
            )
        value = {field: value[field] for field in value.dtype.names}
    if isinstance(value, Mapping):
        return _of_arrays(value, name)
    raise ConfigError(f"{name}: a table is {ALLOWED}, not {type(value).__name__}")


def _of_arrow(value: Any) -> pd.DataFrame:
    import pyarrow as pa

    # polars' own method gives texts in a layout that every pyarrow knows.
    table = value.to_arrow() if callable(getattr(value, "to_arrow", None)) else pa.table(value)
    for i, field in enumerate(table.schema):
        column, kind = table.column(i), field.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_string_view(kind):
            column = column.cast(pa.large_string())
        elif pa.types.is_decimal(kind):
            column = column.cast(pa.float64())
        table = table.set_column(i, field.name, column)
    # Whole numbers with gaps stay whole.
    nullable = {getattr(pa, kind.lower())(): pd.api.types.pandas_dtype(kind) for kind in WHOLE}
    frame = table.to_pandas(types_mapper=nullable.get)
    return cast(pd.DataFrame, frame.set_axis(range(1, len(frame) + 1), axis=0))


def _of_arrays(columns: Mapping[Any, Any], name: str) -> pd.DataFrame:
    arrays = {str(key): _column(value, str(key), name) for key, value in columns.items()}
    lengths = {key: len(values) for key, values in arrays.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key!r} {length:,}" for key, length in lengths.items())
        raise ConfigError(f"{name}: the columns of a table have one length, not {told}")
    frame = pd.DataFrame(arrays)
    return frame.set_axis(range(1, len(frame) + 1), axis=0)


def _column(value: Any, key: str, name: str) -> pd.Series:
    """One column; masked values are missing, and texts of bytes are read as UTF-8."""
    if isinstance(value, pd.Series):
        return value.reset_index(drop=True)
    masked = np.ma.getmaskarray(value) if isinstance(value, np.ma.MaskedArray) else None
    array = np.asarray(value)
    if array.ndim != 1:
        raise ConfigError(f"{name}: column {key!r} has shape {array.shape}; a column has shape (n,)")
    if array.dtype.kind == "S":
        try:
            array = np.char.decode(array, "utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"{name}: column {key!r} holds bytes that are no UTF-8 text; decode it first"
            ) from error
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    values = pd.Series(array.copy())
    return values if masked is None else values.where(~masked)

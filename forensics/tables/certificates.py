"""A ledger of absentee certificates by serial number: which were issued, and where each was used."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forensics.errors import ConfigError, Fault, ReturnsError
from forensics.tables.accepting import unpacked
from forensics.tables.counts import parse_names
from forensics.tables.header import Record
from forensics.tables.opening import open_frame
from forensics.tables.source import Source

COLUMNS = ("serial", "issued_by", "used_at")
FRAME = Source("frame")
#: Bytes of a hashed serial: 64 bits, so that a hundred million certificates hardly collide.
_SIZE = 8

Codes = NDArray[np.intp]
Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False, repr=False)
class Certificates:
    """Entries of a ledger of certificates; arrays of shape (m,), the serial numbers hashed.

    An entry may be the issue of a certificate, a use of it, or both.

    Parameters
    ----------
    serial : ndarray of intp
        Number of the entry's certificate among ``hashes``.
    hashes : ndarray of str, shape (k,)
        Keyed digests of the serial numbers. The key is made from all entries, so the same ledger
        gives the same digests, and without the ledger they cannot be tried out.
    issued_by, used_at : ndarray of str
        Commissions, ``""`` where the entry names none.
    blank : int
        Entries without a serial number, which are left out.
    source : Source
        Provenance.
    """

    serial: Codes
    hashes: Texts
    issued_by: Texts
    used_at: Texts
    blank: int
    source: Source

    @classmethod
    def read(cls, table: str | os.PathLike[str] | pd.DataFrame | Certificates) -> Self:
        """The ledger from a csv, tsv, xlsx or parquet file or a frame; one of this kind as it is.

        Parameters
        ----------
        table : path, DataFrame or Certificates
            Columns ``serial`` and ``used_at``, and where known ``issued_by``; others are not read.

        Raises
        ------
        ReturnsError
            If the file cannot be read, a column is missing or named twice, or no row has a serial
            number. No error quotes a cell.
        ConfigError
            If something else is given.
        """
        if isinstance(table, cls):
            return table
        table = unpacked(table)
        if isinstance(table, pd.DataFrame):
            return cls._of(table, FRAME)
        if isinstance(table, (str, os.PathLike)):
            return cls._of(*open_frame(table, _score))
        raise ConfigError(
            f"certificates are read from a path or a DataFrame, not from {type(table).__name__}"
        )

    @classmethod
    def _of(cls, frame: pd.DataFrame, source: Source) -> Self:
        names = [str(column).strip() for column in frame.columns]
        faults = [
            Fault("named twice", "every column has a name of its own", column=column)
            for column in COLUMNS
            if names.count(column) > 1
        ]
        faults += [
            Fault("no such column", "a ledger of certificates has serial and used_at", column=column)
            for column in ("serial", "used_at")
            if column not in names
        ]
        if faults:
            raise ReturnsError(source.name, faults)
        cells = {c: _words(frame.iloc[:, names.index(c)]) for c in COLUMNS if c in names}
        cells.setdefault("issued_by", np.full(len(frame), "", dtype=object))
        known = cells["serial"] != ""
        if not known.any():
            fault = Fault("no serial number", "at least one row has one", column="serial")
            raise ReturnsError(source.name, [fault])
        kept = {column: values[known] for column, values in cells.items()}
        key = _key(kept)
        code, plain = pd.factorize(pd.Series(kept["serial"]).str.casefold())
        digests = [
            hashlib.blake2b(serial.encode(), key=key, digest_size=_SIZE).hexdigest() for serial in plain
        ]
        # In the order of the digests: neither the rows' order nor the serials' shows.
        order = np.argsort(np.array(digests))
        rank = np.empty(len(order), dtype=np.intp)
        rank[order] = np.arange(len(order))
        return cls(
            serial=rank[code],
            hashes=np.array(digests, dtype=object)[order],
            issued_by=kept["issued_by"],
            used_at=kept["used_at"],
            blank=int((~known).sum()),
            source=source,
        )

    def __repr__(self) -> str:
        return f"<Certificates {self.source.name}: {len(self):,} entries>"

    def __len__(self) -> int:
        return len(self.serial)


def _score(record: Record) -> int:
    """How many of a row's cells are headers of a ledger."""
    return sum(cell.strip() in COLUMNS for cell in record)


def _words(values: pd.Series) -> Texts:
    """Cells as text without outer and repeated spaces; ``""`` where missing."""
    named = parse_names(values.reset_index(drop=True)).astype("str").fillna("")
    return named.str.split().str.join(" ").to_numpy(dtype=object)


def _key(cells: dict[str, Texts]) -> bytes:
    """32 bytes that depend on every entry and not on the order of the rows."""
    rows = pd.util.hash_pandas_object(pd.DataFrame(cells), index=False).to_numpy()
    content = hashlib.sha256(np.sort(rows).tobytes())
    content.update("\n".join(sorted(cells["serial"])).encode())
    return content.digest()

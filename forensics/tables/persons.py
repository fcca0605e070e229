"""Identifiers of persons, made unreadable before anything else sees them."""

from __future__ import annotations

import hashlib
import secrets
from typing import NoReturn

import pandas as pd

#: Bytes of a hashed identifier: 96 bits, so that ten million persons do not collide.
_SIZE = 12


class Salt:
    """Random bytes that stay in this process: they are neither printed nor stored.

    Two rosters whose persons are to be compared (who was chair before, who is chair now) are read
    with one salt; no result depends on which bytes it holds, only on which identifiers are equal.

    Raises
    ------
    TypeError
        If it is to be stored: a salt cannot be pickled.
    """

    __slots__ = ("__key", "mark")

    def __init__(self) -> None:
        self.__key = secrets.token_bytes(32)
        #: Tells salts apart; says nothing about the bytes.
        self.mark = secrets.token_hex(8)

    def __repr__(self) -> str:
        return "<Salt>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a salt is not stored")

    def hashed(self, identifiers: pd.Series) -> pd.Series:
        """Keyed digests of ``identifiers``, text of the same rows; a missing one stays missing.

        Case and repeated spaces do not tell persons apart.
        """
        digests = {
            person: hashlib.blake2b(
                " ".join(person.casefold().split()).encode(), key=self.__key, digest_size=_SIZE
            ).hexdigest()
            for person in identifiers.dropna().astype("str").unique()
        }
        return pd.Series(
            [None if pd.isna(person) else digests[str(person)] for person in identifiers],
            index=identifiers.index,
            dtype="str",
            name=identifiers.name,
        )

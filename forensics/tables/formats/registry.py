"""Which kinds of documents are read: the modules of this folder whose names begin with no underscore.

A module offers ``ROOT``, the name of the document's outermost element; ``PROFILE``, the shipped
profile under which its rows are read; and ``read(name, root)``, which gives the rows as a table.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Protocol, cast

from forensics.tables.files import Part, refuse
from forensics.tables.formats._tree import Node, tree
from forensics.tables.raw import RawTable


class Format(Protocol):
    """What a module of this folder offers."""

    ROOT: str
    PROFILE: str

    def read(self, name: str, root: Node) -> RawTable: ...


@functools.cache
def formats() -> tuple[Format, ...]:
    """Every format there is, in the order of their names."""
    package = importlib.import_module("forensics.tables.formats")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(
        cast("Format", importlib.import_module(f"{package.__name__}.{name}"))
        for name in names
        if not name.startswith("_") and name != "registry"
    )


def read_document(part: Part) -> tuple[RawTable, str]:
    """The rows of an XML or JSON document, and the profile that they are read with.

    Raises
    ------
    ReturnsError
        If the document cannot be read or is of no known format.
    """
    name, root = tree(part)
    for one in formats():
        if name == one.ROOT:
            return one.read(part.name, root), one.PROFILE
    known = ", ".join(one.ROOT for one in formats())
    raise refuse(
        part.name,
        f"its outermost part is {name or 'an object without an @type'}, no known format of results",
        f"documents are read whose outermost part is {known} (NIST SP 1500-100)",
    )

"""XML and JSON to one tree of plain values; whatever makes a document dangerous is refused."""

from __future__ import annotations

import codecs
import re
from typing import Any
from xml.parsers import expat

import msgspec

from forensics.tables.files import Part, refuse

#: A tree takes some ten times the memory of its text.
LARGEST = 512 * 2**20
#: Results are nested about ten deep.
DEEPEST = 64
#: The declaration of a document's encoding, and the bytes that it stands within.
_DECLARED = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][\w.-]*)["']""")
_HEAD = 200
_AGAIN = "save or download it again"
_TYPE = "http://www.w3.org/2001/XMLSchema-instance type"
#: Attributes that JSON writes as keys of their own; version 1 spells the first with a small letter.
_ATTRIBUTES = {"ObjectId": "@id", "objectId": "@id", _TYPE: "@type"}

#: A mapping of an element's children by name, each a list; the JSON form may leave out the list.
Node = dict[str, Any]


def tree(part: Part) -> tuple[str, Node]:
    """Name of the root (its ``@type`` in JSON) and the root itself.

    A document type declaration is refused: the published schemas have none, and without one there
    is no entity that could grow, read another file or reach the network. Hence the parser of the
    standard library is enough.

    Raises
    ------
    ReturnsError
        If the document is too large or too deep, is broken, or holds a document type declaration.
    """
    if len(part.data) > LARGEST:
        raise refuse(
            part.name, f"a document of {len(part.data):,} bytes", f"at most {LARGEST:,} bytes are read"
        )
    if part.data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] in (b"{", b"["):
        return _json(part)
    return _Elements(part.name).read(part.data)


def _json(part: Part) -> tuple[str, Node]:
    try:
        root = msgspec.json.decode(part.data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise refuse(part.name, f"the file is no readable JSON ({error})", _AGAIN) from None
    except RecursionError:
        raise refuse(part.name, "the document is nested too deep", f"at most {DEEPEST} deep") from None
    if not isinstance(root, dict):
        raise refuse(part.name, "the document is a list or a value", "its outermost part is an object")
    return str(root.get("@type", "")).rpartition(".")[2], root


def _encoding(data: bytes) -> str | None:
    """UTF-8 where the document declares it by another of its names, such as ``utf_8`` or ``UTF8``."""
    declared = _DECLARED.match(data[:_HEAD])
    if declared is None:
        return None
    try:
        known = codecs.lookup(declared[1].decode("ascii")).name
    except LookupError:
        return None
    return "utf-8" if known == "utf-8" else None


class _Elements:
    """Elements as they open and close, to a tree."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.open: list[tuple[str, Node, list[str]]] = []
        self.root: tuple[str, Node] | None = None

    def read(self, data: bytes) -> tuple[str, Node]:
        parser = expat.ParserCreate(_encoding(data), namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise refuse(self.name, f"the file is no readable XML ({error})", _AGAIN) from None
        except (ValueError, LookupError) as error:
            raise refuse(self.name, f"the file is no readable XML ({error})", _AGAIN) from None
        if self.root is None:
            raise refuse(self.name, "the document has no element", _AGAIN)
        return self.root

    def _doctype(self, *_: Any) -> None:
        raise refuse(
            self.name, "the document declares a document type", "results are written without one: remove it"
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= DEEPEST:
            raise refuse(self.name, "the document is nested too deep", f"at most {DEEPEST} deep")
        node: Node = {_ATTRIBUTES[key]: value for key, value in attributes.items() if key in _ATTRIBUTES}
        self.open.append((tag.rpartition(" ")[2], node, []))

    def _text(self, text: str) -> None:
        self.open[-1][2].append(text)

    def _end(self, _: str) -> None:
        tag, node, texts = self.open.pop()
        if not self.open:
            self.root = (tag, node)
            return
        value: Any = node or "".join(texts).strip()
        self.open[-1][1].setdefault(tag, []).append(value)


def many(node: Node, *names: str) -> list[Any]:
    """Children of any of the names, taken out of the collections that version 1 puts them into."""
    found: list[Any] = []
    for name in names:
        inside = [holder for holder in _listed(node, f"{name}Collection") if isinstance(holder, dict)]
        found += [*_listed(node, name), *(one for holder in inside for one in _listed(holder, name))]
    return found


def nodes(node: Node, *names: str) -> list[Node]:
    """Children that have children themselves."""
    return [child for child in many(node, *names) if isinstance(child, dict)]


def words(node: Node, *names: str) -> str:
    """Text of the first such child that has any, in the document's first language."""
    for child in many(node, *names):
        if isinstance(child, dict):
            said = words(child, "Text", "Content")
            if said:
                return said
        elif child is not None and str(child).strip():
            return " ".join(str(child).split())
    return ""


def references(node: Node, *names: str) -> list[str]:
    """Identifiers that a child lists: apart by spaces in XML, as a list in JSON."""
    return [one for child in many(node, *names) if isinstance(child, str) for one in child.split()]


def _listed(node: Node, name: str) -> list[Any]:
    value = node.get(name)
    return [] if value is None else value if isinstance(value, list) else [value]

"""Bytes to text: which encoding a delimited file is written in."""

from __future__ import annotations

import codecs
import re

from forensics.errors import ConfigError
from forensics.messages.message import Message, Sentences
from forensics.tables.files import refuse

SAY = Sentences("decoding", decoded="The text was decoded as {encoding}.")
ALLOWED = 'save it as utf-8, or name its encoding in a profile (encoding = "cp1251")'
#: Share of Cyrillic among the letters of words with high bytes above which a text is cp1251.
CYRILLIC_SHARE = 0.6
#: A text whose multi-byte characters are nearly all sound is utf-8 with damage, not another encoding.
DAMAGED_SHARE = 0.05
_SAMPLE = 2**20
_WORD = re.compile(r"[^\W\d_]+")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(name: str, data: bytes, encoding: str | None = None) -> tuple[str, str, Message]:
    """Text, the name of its encoding, and the sentence that records it.

    Raises
    ------
    ReturnsError
        If the bytes are no text of that encoding, or no text at all.
    ConfigError
        If there is no such encoding.
    """
    chosen = encoding or _detect(name, data)
    try:
        text = data.decode(chosen)
    except LookupError:
        raise ConfigError(f"{name}: {encoding!r} is no known encoding; utf-8, cp1251, cp1252 are") from None
    except UnicodeError as error:
        raise refuse(name, f"its bytes are no {chosen} text ({_place(data, error)})", ALLOWED) from None
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise refuse(name, "the file holds zero bytes, so it is no text", ALLOWED)
    return text, chosen, SAY("decoded", encoding=chosen)


def _detect(name: str, data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        sample = data[max(0, error.start - _SAMPLE // 2) : error.start + _SAMPLE // 2]
        broken = sample.decode("utf-8", "replace")
        sound = sum(ord(c) > 127 and c != "\ufffd" for c in broken)
        if broken.count("\ufffd") < DAMAGED_SHARE * sound:
            raise refuse(name, f"the text is utf-8 with damage ({_place(data, error)})", ALLOWED) from None
        return "cp1251" if _cyrillic_share(sample) > CYRILLIC_SHARE else "cp1252"
    return "utf-8"


def _cyrillic_share(sample: bytes) -> float:
    """In Cyrillic text whole words are high bytes; in Western text they stand between ASCII letters."""
    words = [w for w in _WORD.findall(sample.decode("cp1251", "replace")) if not w.isascii()]
    letters = sum(map(len, words))
    return sum("Ѐ" <= c <= "ӿ" for w in words for c in w) / letters if letters else 0.0


def _place(data: bytes, error: UnicodeError) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return str(error)
    line = data.count(b"\n", 0, error.start) + 1
    return f"line {line:,}, byte 0x{data[error.start]:02x}" if error.start < len(data) else f"line {line:,}"

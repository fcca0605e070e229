"""``--where``: comparisons of columns with values, joined by and / or / not / in.

A parser of its own: names are limited to the table's columns and nothing is evaluated as code.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forensics.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[+-]?\d+(?:\.\d+)?(?![\w.]))
      | "(?P<double>[^"]*)" | '(?P<single>[^']*)'
      | `(?P<quoted>[^`]+)`
      | (?P<op><=|>=|==|!=|<|>|=)
      | (?P<mark>[()\[\],])
      | (?P<name>[^\W\d]\w*)
    )""",
    re.VERBOSE,
)
_WORDS = {"and", "or", "not", "in"}
_OPERATORS: dict[str, Callable[..., Any]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
#: Columns that an error lists.
SHOWN_COLUMNS = 12
FORM = 'write comparisons such as registered >= 100 and region != "Abroad"'


def compile_where(expression: str, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows of the frame for which the expression holds, as booleans of shape (n,).

    A comparison with a missing value is false, so that ``not`` before it is true. Numbers compare
    as numbers, and text beside a number as the number it spells; text that spells none is unequal to
    every number. ``not in`` is ``!=`` with each of the list. Text is quoted; a column whose name
    has spaces stands in backquotes.

    Raises
    ------
    ConfigError
        If the expression is not of that form or names no column.
    """
    return _Parser(expression, frame).parse()


class _Parser:
    def __init__(self, expression: str, frame: pd.DataFrame) -> None:
        self.expression = expression
        self.frame = frame
        self.tokens = self._tokens()
        self.position = 0

    def _error(self, what: str) -> ConfigError:
        return ConfigError(f"--where {self.expression!r}: {what}; {FORM}")

    def _tokens(self) -> list[tuple[str, str]]:
        tokens, position, text = [], 0, self.expression.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._error(f"cannot read {text[position:].strip()[:20]!r}")
            kind = str(match.lastgroup)
            value = match[kind]
            if kind == "name" and value.lower() in _WORDS:
                kind, value = "word", value.lower()
            tokens.append((kind, value))
            position = match.end()
        return tokens

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def _take(self, *wanted: tuple[str, str]) -> bool:
        if self._peek() in wanted:
            self.position += 1
            return True
        return False

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self.position += 1
        return token

    def parse(self) -> NDArray[np.bool_]:
        if not self.tokens:
            raise self._error("it is empty")
        try:
            result = self._either()
        except RecursionError:
            raise ConfigError(
                f"--where {self.expression[:40]!r}…: it is nested too deeply; {FORM}"
            ) from None
        if self._peek()[0] != "end":
            raise self._error(f"and, or, or the end is expected, not {_shown(*self._peek())}")
        return result

    def _either(self) -> NDArray[np.bool_]:
        result = self._both()
        while self._take(("word", "or")):
            result = result | self._both()
        return result

    def _both(self) -> NDArray[np.bool_]:
        result = self._one()
        while self._take(("word", "and")):
            result = result & self._one()
        return result

    def _one(self) -> NDArray[np.bool_]:
        if self._take(("word", "not")):
            return ~self._one()
        if self._take(("mark", "(")):
            result = self._either()
            if not self._take(("mark", ")")):
                raise self._error("a bracket is not closed")
            return result
        return self._comparison()

    def _column(self, name: str) -> pd.Series:
        if name not in self.frame.columns:
            near = difflib.get_close_matches(name, map(str, self.frame.columns), n=3)
            hint = f", did you mean {' or '.join(near)}" if near else ""
            known = ", ".join(map(str, self.frame.columns[:SHOWN_COLUMNS]))
            raise ConfigError(
                f"--where {self.expression!r}: {name!r} is no column{hint} (text stands in quotes); "
                f"the columns are {known}" + (" …" if len(self.frame.columns) > SHOWN_COLUMNS else "")
            )
        return self.frame[name]

    def _value(self) -> Any:
        kind, value = self._next()
        if kind == "number":
            return float(value)
        if kind in ("double", "single"):
            return value
        if kind in ("name", "quoted"):
            return self._column(value)
        raise self._error(f"a value is expected, not {_shown(kind, value)}")

    def _comparison(self) -> NDArray[np.bool_]:
        kind, name = self._next()
        if kind not in ("name", "quoted"):
            raise self._error(f"a column is expected, not {_shown(kind, name)}")
        left = self._column(name)
        negated = self._take(("word", "not"))
        if self._take(("word", "in")):
            values = self._list()
            if negated:
                unlike = [self._compare(left, "!=", value) for value in values]
                return np.asarray(np.all(unlike, axis=0), dtype=np.bool_)
            alike = [self._compare(left, "==", value) for value in values]
            return np.asarray(np.any(alike, axis=0), dtype=np.bool_)
        kind, sign = self._next()
        if kind != "op" or negated:
            raise self._error(f"a comparison is expected after {name!r}")
        return self._compare(left, sign, self._value())

    def _compare(self, left: pd.Series, sign: str, right: Any) -> NDArray[np.bool_]:
        if isinstance(right, str) and _is_numeric(left) and _number(right) is None:
            raise self._error(f"{left.name!r} holds numbers and {right!r} is none")
        return _compare(left, sign, right)

    def _list(self) -> list[Any]:
        if not self._take(("mark", "("), ("mark", "[")):
            raise self._error("in is followed by a list in brackets")
        values = [self._value()]
        while self._take(("mark", ",")):
            values.append(self._value())
        if not self._take(("mark", ")"), ("mark", "]")):
            raise self._error("a list is not closed")
        return values


def _shown(kind: str, value: str) -> str:
    return "the end" if kind == "end" else repr(value)


def _compare(left: pd.Series, sign: str, right: Any) -> NDArray[np.bool_]:
    """Missing on either side is false; numbers compare as numbers, everything else as text."""
    known = left.notna().to_numpy()
    if isinstance(right, pd.Series):
        known = known & right.notna().to_numpy()
    convert: Callable[[Any], Any] = _numbers if _is_numeric(left) or _is_numeric(right) else _texts
    # NaN is unequal to everything: text that spells no number differs from every number.
    with np.errstate(invalid="ignore"):
        return np.asarray(_OPERATORS[sign](convert(left), convert(right)), dtype=bool) & known


def _is_numeric(value: Any) -> bool:
    if isinstance(value, pd.Series):
        return pd.api.types.is_numeric_dtype(value.dtype) and not pd.api.types.is_bool_dtype(value.dtype)
    return isinstance(value, float)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _numbers(value: Any) -> NDArray[np.float64] | float:
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        return float(value)
    if pd.api.types.is_bool_dtype(value.dtype) or _is_numeric(value):
        return np.asarray(value.to_numpy(dtype=np.float64, na_value=np.nan))
    texts = value.astype("str").str.strip()
    return np.asarray(pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))


def _texts(value: Any) -> NDArray[np.object_] | str:
    if isinstance(value, str):
        return value
    return np.asarray(value.astype("str").where(value.notna(), "").to_numpy(dtype=object))

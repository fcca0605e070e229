"""``--where``: comparisons of columns with values, joined by and / or / not / in.

A parser of its own: names are limited to the table's columns and nothing is evaluated as code.
"""

from __future__ import annotations

import difflib
import re
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
FORM = 'write comparisons such as registered >= 100 and region != "Abroad"'


def compile_where(expression: str, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows of the frame for which the expression holds, as booleans of shape (n,).

    A comparison with a missing value is false. Text is quoted; a column whose name has spaces
    stands in backquotes.

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
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "the end")

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
        result = self._either()
        if self._peek()[0] != "end":
            raise self._error(f"{self._peek()[1]!r} is not expected there")
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
            known = ", ".join(map(str, self.frame.columns[:12]))
            raise ConfigError(
                f"--where {self.expression!r}: {name!r} is no column{hint}; the columns are {known}"
                + (" …" if len(self.frame.columns) > 12 else "")
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
        raise self._error(f"a value is expected where {value!r} stands")

    def _comparison(self) -> NDArray[np.bool_]:
        kind, name = self._next()
        if kind not in ("name", "quoted"):
            raise self._error(f"a column is expected where {name!r} stands")
        left = self._column(name)
        negated = self._take(("word", "not"))
        if self._take(("word", "in")):
            found = np.logical_or.reduce([_compare(left, "==", value) for value in self._list()])
            return ~found & left.notna().to_numpy() if negated else found
        kind, operator = self._next()
        if kind != "op" or negated:
            raise self._error(f"a comparison is expected after {name!r}")
        return _compare(left, operator, self._value())

    def _list(self) -> list[Any]:
        if not self._take(("mark", "("), ("mark", "[")):
            raise self._error("in is followed by a list in brackets")
        values = [self._value()]
        while self._take(("mark", ",")):
            values.append(self._value())
        if not self._take(("mark", ")"), ("mark", "]")):
            raise self._error("a list is not closed")
        return values


def _compare(left: pd.Series, operator: str, right: Any) -> NDArray[np.bool_]:
    """Missing on either side is false; numbers compare as numbers, everything else as text."""
    other = right if isinstance(right, pd.Series) else pd.Series([right] * 1)
    as_number = (_numeric(left) and _numeric(other)) or isinstance(right, float)
    if as_number:
        a, b = _numbers(left), _numbers(other)
    else:
        a, b = left.astype("str").to_numpy(dtype=object), other.astype("str").to_numpy(dtype=object)
    known = left.notna().to_numpy() & (other.notna().to_numpy() if len(other) == len(left) else True)
    if as_number:
        known = known & ~np.isnan(a) & ~np.isnan(b)
    else:
        a, b = np.where(left.notna(), a, ""), np.where(other.notna(), b, "")
    compare = {
        "==": np.equal,
        "=": np.equal,
        "!=": np.not_equal,
        "<": np.less,
        "<=": np.less_equal,
        ">": np.greater,
        ">=": np.greater_equal,
    }[operator]
    with np.errstate(invalid="ignore"):
        return np.asarray(compare(a, b), dtype=bool) & known


def _numeric(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values.dtype)


def _numbers(values: pd.Series) -> NDArray[np.float64]:
    texts = values if _numeric(values) else values.astype("str")
    return pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)

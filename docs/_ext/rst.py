"""Small pieces of reStructuredText."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MARKS = "=-~"


def heading(text: str, depth: int = 0) -> str:
    """A heading; depth 0 is the page's own."""
    return f"{text}\n{MARKS[depth] * len(text)}\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], css: str = "") -> str:
    """A table whose cells are inline markup; nothing where there are no rows."""
    lines = [".. list-table::", "   :header-rows: 1"]
    lines += [f"   :class: {css}"] if css else []
    lines.append("")
    body = [header, *rows]
    if len(body) == 1:
        return ""
    for row in body:
        for i, cell in enumerate(row):
            lines.append(f"   {'* -' if i == 0 else '  -'} {cell}".rstrip())
    return "\n".join(lines) + "\n"


def indented(text: str, by: int = 3) -> str:
    """The same lines, further in."""
    return "\n".join(" " * by + line if line.strip() else "" for line in text.splitlines())


def number(value: float | None, digits: int = 3) -> str:
    """A number of few digits, with a true minus sign; a dash where there is none."""
    if value is None:
        return "–"
    if value and abs(value) < 1e-4:
        mantissa, _, power = f"{value:.1e}".partition("e")
        return f"{mantissa.replace('-', '−')} · 10 :sup:`{int(power)}`".replace("`-", "`−")
    whole = abs(value) >= 10**digits
    text = f"{value:,.0f}" if whole else f"{value:.{digits}g}"
    return text.replace("-", "−")

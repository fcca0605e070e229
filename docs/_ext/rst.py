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


def number(value: float) -> str:
    """Three significant digits, never in powers of ten; what would round to nothing is 0."""
    if abs(value) < 5e-6:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace("-", "−")
    return f"{float(f'{value:.3g}'):.6f}".rstrip("0").rstrip(".").replace("-", "−")


def probability(value: float | None) -> str:
    """A p-value, small ones as a power of ten."""
    if value is None:
        return "no p-value"
    if not value:
        return "p below 10\\ :sup:`−300`"
    if value >= 1e-4:
        return f"p {value:.2g}"
    mantissa, _, power = f"{value:.1e}".partition("e")
    return f"p {mantissa} · 10\\ :sup:`−{-int(power)}`"

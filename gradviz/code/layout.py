"""Lines of Python and JavaScript as formatters leave them: broken where they would be too long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

WIDTH = 88


def bracketed(before: str, items: Sequence[str], after: str, indent: str = "", comma: str = ",") -> list[str]:
    """``before item, item after`` on one line, on three, or on one line an item.

    >>> bracketed("def f(", ["x=-2.0", "y=5.0"], "):")
    ['def f(x=-2.0, y=5.0):']
    """
    line = indent + before + ", ".join(items) + after
    if len(line) <= WIDTH or not items:
        return [line]
    inner = indent + "    "
    middle = inner + ", ".join(items)
    if len(middle) <= WIDTH and before.startswith(("def ", "function ", "forward(")):
        return [indent + before, middle, indent + after]
    return [indent + before.rstrip(), *(f"{inner}{item}{comma}" for item in items), indent + after.lstrip()]


def indented(lines: Iterable[str], by: int = 1) -> list[str]:
    """Lines further in; empty ones stay empty."""
    return ["    " * by + line if line else "" for line in lines]


def document(parts: Iterable[Sequence[str]], gap: int = 2) -> str:
    """Parts of a file with empty lines between them."""
    return ("\n" * (gap + 1)).join("\n".join(part) for part in parts if part) + "\n"

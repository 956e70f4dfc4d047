"""Lines of Python and JavaScript as formatters leave them: broken where they would be too long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

WIDTH = 88


def bracketed(before: str, items: Sequence[str], after: str, depth: int = 0) -> list[str]:
    """``before item, item after`` on one line, on three, or on one line an item, to stand ``depth`` levels in.

    >>> bracketed("def f(", ["x=-2.0", "y=5.0"], "):")
    ['def f(x=-2.0, y=5.0):']
    """
    line = before + ", ".join(items) + after
    room = WIDTH - 4 * depth
    if len(line) <= room or not items:
        return [line]
    middle = "    " + ", ".join(items)
    if len(middle) <= room and before.startswith(("def ", "function ", "forward(")):
        return [before, middle, after]
    return expanded(before, items, after)


def expanded(before: str, items: Sequence[str], after: str) -> list[str]:
    """One line an item; formatters leave it so."""
    return [before.rstrip(), *(f"    {item}," for item in items), after.lstrip()]


def fitted(lines: Iterable[str], depth: int = 1) -> list[str]:
    """Statements that will stand ``depth`` levels in: a call that is too long gets a line for its arguments.

    >>> fitted(["q = x + y"])
    ['q = x + y']
    """
    found: list[str] = []
    for line in lines:
        call = _CALL.fullmatch(line) if len(line) + 4 * depth > WIDTH else None
        arguments = _arguments(call[2]) if call else None
        if call is None or arguments is None:
            found.append(line)
        elif len(call[2]) + 4 * depth + 4 <= WIDTH:
            found += [call[1], f"    {call[2]}", ")"]
        else:
            found += [call[1], *(f"    {argument}," for argument in arguments), ")"]
    return found


_CALL = re.compile(r"(\w+ \+?= [\w.]+\()(.*)\)")


def _arguments(text: str) -> list[str] | None:
    """The arguments of a call; None where the text is more than one call."""
    depth, start, found = 0, 0, []
    for at, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if depth < 0:
            return None
        if c == "," and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()]


def indented(lines: Iterable[str], by: int = 1) -> list[str]:
    """Lines further in; empty ones stay empty."""
    return ["    " * by + line if line else "" for line in lines]


def document(parts: Iterable[Sequence[str]], gap: int = 2) -> str:
    """Parts of a file with empty lines between them."""
    return ("\n" * (gap + 1)).join("\n".join(part) for part in parts if part) + "\n"

"""Decimal commas: ``0,5`` in homework from countries that write it so.

A comma between digits may also part a list or thousands. It is a decimal comma only where nothing speaks against it,
such as a number with a point in the same text (``POINTED``); elsewhere the number is not read.
"""

from __future__ import annotations

import re

COMMA = re.compile(r"([0-9]+),([0-9]+)(?![0-9]|[.,][0-9])")
POINTED = re.compile(r"[0-9]\.[0-9]")
_LISTED = re.compile(r"[^\W\d]\w*\s*,\s*[^\W\d]\w*\s*\)?\s*=[^=\n]*$")
_CALL = re.compile(r"(?:[\w}'′\]]|\\right\s*)$")
_SIGN_BEFORE = re.compile(r"(?:[-+*/·×−]|\\(?:cdot|times))\s*$")
_SIGN_BEHIND = re.compile(r"\s*(?:[-+*/·×−^]|\\(?:cdot|times))")


def with_point(text: str, at: int, end: int) -> re.Match[str] | None:
    """The number with a decimal comma that begins at ``at``, or None.

    >>> with_point("w = 0,5 x", 4, 9)[0]
    '0,5'
    >>> [with_point(text, text.index("1"), len(text)) for text in ("max(1,5)", "x, y = 1,5", "1,500", "(1,5)")]
    [None, None, None, None]
    >>> with_point("(1,5 - t)^2", 1, 11)[0]
    '1,5'
    """
    found = COMMA.match(text, at, end)
    if found is None or text[at - 1 : at] in (".", ",") or (len(found[2]) == 3 and found[1].strip("0")):
        return None
    line = text[text.rfind("\n", 0, at) + 1 : at]
    if _LISTED.search(line):
        return None
    opened = _innermost(line)
    if opened is None:
        return found
    before = line[:opened].rstrip()
    computed = _SIGN_BEFORE.search(before) or _SIGN_BEHIND.match(text, found.end(), end) or line[opened + 1 :].strip()
    if line[opened] != "(" or (_CALL.search(before) and not _SIGN_BEFORE.search(before)) or not computed:
        return None  # an argument, a pair, an entry
    return found


def _innermost(line: str) -> int | None:
    """Where the innermost bracket opens that is not closed."""
    closed = 0
    for at in range(len(line) - 1, -1, -1):
        if line[at] in ")]}":
            closed += 1
        elif line[at] in "([{":
            if not closed:
                return at
            closed -= 1
    return None

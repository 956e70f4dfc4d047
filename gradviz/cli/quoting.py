"""Command lines ready to paste: double quotes, which bash, zsh, PowerShell and cmd all read."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BARE = re.compile(r"[\w./:=@+-]+")
_LONGEST = 400  # a word longer than this is not repeated in a hint


def quoted(word: str) -> str:
    r"""One word as it is typed in a shell.

    >>> print(quoted("x=-2"), quoted("x*y"), quoted("it costs $5"), quoted("x" * 900))
    x=-2 "x*y" 'it costs $5' SOURCE
    """
    if len(word) > _LONGEST:
        return "SOURCE"
    if _BARE.fullmatch(word):
        return word
    if not set(word) & set('"$`\\!'):
        return f'"{word}"'
    return "'" + word.replace("'", "'\"'\"'") + "'"


def line(words: Sequence[str]) -> str:
    """A command line.

    >>> print(line(["gradviz", "show", "x + y", "x=1"]))
    gradviz show "x + y" x=1
    """
    return " ".join(quoted(word) for word in words)

"""Names that a program can carry: the source's own where possible, always valid, never twice."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

_JAVASCRIPT = """
    gradients arguments await boolean break byte case catch char class const continue debugger default delete do double
    else enum eval export extends false final finally float for function goto if implements import in instanceof
    int interface let long native new null package private protected public return short static super switch
    synchronized this throw throws transient true try typeof undefined var void volatile while with yield
    each Infinity NaN Math Number Object Array console
"""
PYTHON = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "ctx", "cls", "np", "jnp", "each", "gradients"}
)
JAVASCRIPT = frozenset(_JAVASCRIPT.split())


def identifier(text: str) -> str:
    """A name as letters, digits and underscores, in the form that Python itself would read it (NFKC).

    >>> identifier("w[0,1]"), identifier("2nd loss"), identifier("σ"), identifier("'; print(1)")
    ('w_0_1', '_2nd_loss', 'σ', 'print_1')
    """
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"[^0-9A-Za-z_\u0080-\U0010ffff]+", "_", text)
    text = "".join(c if f"a{c}".isidentifier() else "_" for c in text)
    text = text.strip("_") or "_"
    return text if text.isidentifier() else f"_{text}"


class Names:
    """Hands out names, each once, in the order in which they are asked for.

    >>> names = Names({"lambda", "math"})
    >>> [names.fresh(wanted) for wanted in ("x", "lambda", "w[0]", "w_0", "math")]
    ['x', 'lambda_', 'w_0', 'w_0_2', 'math_']
    """

    def __init__(self, reserved: Iterable[str]) -> None:
        self._reserved = frozenset(reserved)
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def fresh(self, wanted: str) -> str:
        """The wanted name made valid; ``_2``, ``_3`` … where it is taken."""
        stem = identifier(wanted)
        if stem in self._reserved:
            stem += "_"
        found, times = stem, self._next.get(stem, 1)
        while found in self._taken or found in self._reserved:
            times += 1
            found = f"{stem}_{times}"
        self._next[stem] = times
        self._taken.add(found)
        return found

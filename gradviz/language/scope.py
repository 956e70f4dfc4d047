"""Which words are variables and which are functions: the symbol table that steers the grammar.

A name assigned or given a value *anywhere* is that name in the whole source and wins over built-in functions
and constants. The grammar asks nothing else about names, so other readers (LaTeX, homework) bring their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from gradviz.gates import GATES
from gradviz.language.tokens import Token

CONSTANTS = {"e": math.e, "pi": math.pi, "π": math.pi}

#: Words that the gate table and the library do not have.
_ALSO = {**dict.fromkeys(("sigma", "sig", "sigm", "logistic"), "sigmoid"), "size": "size"}


@dataclass(frozen=True, slots=True)
class Names:
    """What is known about words before the first expression is read.

    Args:
        declared: assigned, given a value, or listed in a header.
        used: seen as a plain word, never directly before a bracket.
        headed: defined with a header, ``f(x) =``; they are nodes all the same, not functions.
    """

    declared: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    headed: frozenset[str] = frozenset()

    def is_variable(self, word: str) -> bool:
        """Whether ``word(…)`` is a product."""
        return word in self.declared or (word in CONSTANTS or (word in self.used and function_named(word) is None))

    def is_function(self, word: str) -> bool:
        """Whether ``word(…)`` is a call."""
        return word not in self.declared and function_named(word) is not None

    def is_constant(self, word: str) -> bool:
        """Whether the word is e or π here."""
        return word in CONSTANTS and word not in self.declared


def function_named(word: str) -> str | None:
    """The gate or library function a word calls, under its own name, or None.

    >>> function_named("ln"), function_named("σ"), function_named("mse"), function_named("x")
    ('log', 'sigmoid', 'mse', None)
    """
    from gradviz.language.library import LIBRARY

    if word in LIBRARY or (word in GATES and word != "copy"):
        return word
    if word in _ALSO:
        return _ALSO[word]
    return next((row.name for row in GATES.values() if word in row.spellings), None)


def function_words() -> list[str]:
    """Every word that calls a function, for "did you mean"."""
    from gradviz.language.library import LIBRARY

    words = [word for row in GATES.values() if row.name != "copy" for word in (row.name, *row.spellings)]
    return [*words, *LIBRARY, *_ALSO]


def survey(lines: list[list[Token]], given: Iterable[str] = ()) -> Names:
    """The symbol table of a source: left sides, headers, given names, and words used without a bracket."""
    declared = set(given)
    used: set[str] = set()
    headed: set[str] = set()
    for line in lines:
        head = heading(line)
        if head is not None:
            declared.update(token.text for token in line[: head - 1] if token.kind == "name")
            if head > 2:
                headed.add(line[0].text)
        for token, after in pairwise(line):
            if token.kind == "name" and after.text != "(":
                used.add(token.text)
    return Names(frozenset(declared), frozenset(used), frozenset(headed))


def heading(line: list[Token]) -> int | None:
    """How many tokens the left side takes, its ``=`` included: ``q =``, ``f(x, y) =``; None without one."""
    if line[0].kind != "name":
        return None
    if line[1].text == "=":
        return 2
    if line[1].text != "(":
        return None
    at = 2
    while line[at].kind == "name" and line[at + 1].text == ",":
        at += 2
    if line[at].kind == "name" and line[at + 1].text == ")" and line[at + 2].text == "=":
        return at + 3
    return None

"""The indices of a letter in LaTeX: below, above, and primes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradviz.language.letters import slug
from gradviz.language.macros import closing

if TYPE_CHECKING:
    from gradviz.language.latex import Lexer


_ENTRY = re.compile(r"\[([0-9]{1,3})\]")


@dataclass(frozen=True, slots=True)
class Scripts:
    """Indices of a letter: below, above (its place in the text), primes, and where they begin and end."""

    below: str
    above: tuple[int, int] | None
    primes: int
    start: int
    stop: int


def scripts(lexer: Lexer, at: int, end: int) -> Scripts:
    """The indices that follow a letter in LaTeX."""
    text, start = lexer.text, at
    below, above, primes = "", None, 0
    while at < end:
        c = text[at]
        if c in "'′’":
            primes, at = primes + 1, at + 1
        elif c == "_" and not below:
            inner, at = lexer.argument(at + 1, end)
            below = plain(lexer, text[slice(*inner)])
        elif c == "^" and above is None:
            inner, stop = lexer.argument(at + 1, end)
            said = text[slice(*inner)].strip()
            if said.replace(r"\prime", "'").replace(" ", "").strip("'") == "":
                primes += max(1, said.count("'") + said.count(r"\prime"))
            else:
                above = inner
            at = stop
        else:
            ahead = at
            while ahead < end and text[ahead] in " \t":
                ahead += 1
            if ahead > at and text[ahead : ahead + 1] in ("_", "^") and ahead < end:
                at = ahead
                continue
            break
    return Scripts(below, above, primes, start, at)


def plain(lexer: Lexer, raw: str) -> str:
    """An index without its LaTeX: ``{\\text{true}}`` is true; summation letters become their numbers."""
    said = re.sub(r"\\(?:text|mathrm|textrm|mathit|mathbf|operatorname)\b\s*", "", raw)
    said = said.replace(r"\prime", "'").replace("\\", "")
    said = re.sub(r"[{}\s,()\[\]]", "", said)
    if lexer.index:
        said = re.sub(r"[A-Za-z]", lambda m: str(lexer.index.get(m[0], m[0])), said)
    return slug(said)


def plain_scripts(lexer: Lexer, at: int, stop: int, end: int) -> Scripts:
    """Indices in braces (``w_{11}``) and primes after a plain word; ``^`` stays a power."""
    text = lexer.text
    below, primes = "", 0
    if stop > at + 1 and text[stop - 1] == "_" and text[stop : stop + 1] == "{":
        close = closing(text, stop, end)
        if close is not None:
            below, stop = text[stop + 1 : close], close + 1
    elif (entry := _ENTRY.match(text, stop, end)) and not below:
        word = text[at:stop]
        known = any(lexer.letters.find(f"{name}_{entry[1]}") for name in (word, word[1:]) if name)
        below, stop = (entry[1], entry.end()) if known else ("", stop)
    start = stop
    while stop < end and text[stop] in "'′’":
        primes, stop = primes + 1, stop + 1
    return Scripts(slug(below), None, primes, start, stop)

"""``name=value`` arguments of a command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from gradviz.errors import GradvizError, Place
from gradviz.language import layout
from gradviz.language.arrays import entry_name, to_lists
from gradviz.language.constants import constant
from gradviz.language.given import split_entry
from gradviz.language.grammar import Parser
from gradviz.language.mistakes import left_over
from gradviz.language.scope import Names
from gradviz.language.source import Source, Span, read_source
from gradviz.language.tokens import tokenize

#: Where the next ``name=`` of the same argument begins.
_NEXT = re.compile(r"[,，;；]\s*(?=[^\W\d]\w*\s*(?:\[[\d\s,\]\[]*\]\s*)?[=＝](?![=＝]))")
_ONE = re.compile(r"\s*(?P<name>[^=＝]*?)\s*[=＝]\s*(?P<value>.*?)\s*", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*\s*(?:\[[\d\s,\]\[]+\])?")


def read_values(
    words: Sequence[str], load: Callable[[str], Any] | None = None
) -> dict[str, float | list[Any] | tuple[str, str] | Any]:
    """The values in arguments such as ``x=-2``, ``"x=-2, y=pi/4"``, ``W=[[1,2],[3,4]]``, ``W=@file.npy``.

    Args:
        words: the arguments as the shell gave them.
        load: reads a file of ``name=@file``; without it the value is ``("@", path)``.

    Raises:
        GradvizError: no ``name=value``, no constant expression, or a name twice.

    >>> read_values(["x=-2, y=1/2", "W=[[1,2],[3,4]]", "V=@v.npy"])
    {'x': -2.0, 'y': 0.5, 'W': [[1.0, 2.0], [3.0, 4.0]], 'V': ('@', 'v.npy')}
    """
    found: dict[str, Any] = {}
    for at, word in enumerate(words):
        read_source(word, "values")
        start = 0
        for comma in [*_NEXT.finditer(word), None]:
            span = (start, comma.start() if comma else len(word))
            if word[slice(*span)].strip() or not found:
                name, value = _one(words, at, span, load)
                if name in found:
                    raise GradvizError(
                        f"{name} is given twice", place=Place(word, *span, "values"), expected="one value a name"
                    )
                found[name] = value
            start = comma.end() if comma else len(word)
    return found


def _one(words: Sequence[str], at: int, span: Span, load: Callable[[str], Any] | None) -> tuple[str, Any]:
    word = words[at]
    part = word[slice(*span)]
    source = Source(word, "values")
    pair = _ONE.fullmatch(part)
    if pair is None or not pair["name"] or not pair["value"]:
        _torn(words, at, source, span)
    if _NAME.fullmatch(pair["name"]) is None:
        source.fail(f"{pair['name']!r} is not a name", span, expected="name=value, such as x=-2")
    name = entry_name(*split_entry(pair["name"]))
    if pair["value"].startswith("@"):
        path = pair["value"][1:].strip()
        if not path:
            source.fail("there is no file name after @", span, hint=f"{name}=@file.npy")
        return name, load(path) if load is not None else ("@", path)
    return name, _constant(Source(pair["value"], f"value of {name}"))


def _constant(source: Source) -> Any:
    """The number or nested lists that a value spells."""
    lines = layout.statements(source, tokenize(source))
    if len(lines) != 1:
        whole = (0, len(source.text))
        source.fail("this is not one value", whole, expected="a number such as -2, 1/2, pi/4, or [1, 2]")
    parser = Parser(source, lines[0], Names(), 0, [])
    expression = parser.parse()
    if parser.now.kind != "end":
        left_over(source, lines[0], parser.at)
    return to_lists(constant(expression, source))


def _torn(words: Sequence[str], at: int, source: Source, span: Span) -> NoReturn:
    """Not of the form name=value; most often the shell took ``x = 3`` apart."""
    joined = words[at]
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    if joined == "=" and before and after:
        hint: str | None = f"{before}={after}"
    elif joined.endswith("=") and after:
        hint = joined + after
    elif joined.startswith("=") and before:
        hint = before + joined
    elif after == "=" and at + 2 < len(words):
        hint = f"{joined}={words[at + 2]}"
    elif after.startswith("=") and len(after) > 1:
        hint = joined + after
    elif _NAME.fullmatch(joined):
        hint = f"{joined}=1"
    else:
        hint = None
    spaces = " without spaces around =" if hint and "=" in (joined[-1:], joined[:1], after[:1]) else ""
    source.fail(
        f"{source.text[slice(*span)].strip()!r} is not name=value",
        span,
        expected=f"name=value{spaces}, such as x=-2",
        hint=hint,
    )

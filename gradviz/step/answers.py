"""A typed answer: a decimal, a fraction or a formula, read by the language and computed in floats, never executed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gradviz.errors import GradvizError
from gradviz.language.arrays import Array, entry_name
from gradviz.language.constants import Floats
from gradviz.language.elaborate import Elaborator
from gradviz.language.program import parse
from gradviz.language.source import Source
from gradviz.language.syntax import Expression, Name, names_in
from gradviz.passes import Trace

_LONGEST = 500
_COMMA = re.compile(r"([-+−]?\d+),(\d+)")
_WORDS = {"inf": math.inf, "∞": math.inf, "infinity": math.inf, "nan": math.nan}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was typed.

    Args:
        number: its value.
        formula: as a function of a trace, where names stand in it; else None.
    """

    number: float
    formula: Callable[[Trace], float] | None = None


def read(text: str, trace: Trace, known: frozenset[str]) -> Answer:
    """Read an answer.

    Args:
        text: a number (``-2``, ``0,5``, ``1/3``, ``1e-3``), a formula (``q*z``), or one with its left side (``x = 3``).
        trace: where the names get their values.
        known: the names that may be used: what is not known yet cannot be part of an answer.

    Raises:
        GradvizError: it does not read, or uses a name that is not known.

    >>> from gradviz import graph
    >>> trace = graph("f = x * y").trace(x=3, y=4)
    >>> read("-1/4", trace, frozenset()).number, read("2y", trace, frozenset({"x", "y"})).number
    (-0.25, 8.0)
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise GradvizError(f"an answer of {len(text):,} characters is not read", expected="a number or a short formula")
    bare = text.lower().lstrip("+-−")
    if bare in _WORDS:
        return Answer(-_WORDS[bare] if text[0] in "-−" else _WORDS[bare])
    comma = _COMMA.fullmatch(text)
    program = parse(f"{comma[1]}.{comma[2]}" if comma else text, known, origin=None)
    expression = program.statements[-1].expression
    if len(program.statements) > 1:
        raise GradvizError("this is more than one statement", expected="a number or a formula")
    words = {used for used in names_in(expression) if not program.names.is_constant(used)}

    def value(of: Trace) -> float:
        return _value(expression, program.source, _numbers(of, known))

    number = value(trace)
    return Answer(number, value if words else None)


def _numbers(trace: Trace, known: frozenset[str]) -> dict[str, float]:
    names = trace.graph.names
    return {names[i]: float(v) for i, v in enumerate(trace.values) if names[i] in known}


def _value(expression: Expression, source: Source, numbers: Mapping[str, float]) -> float:
    found = Elaborator(Floats(), _Scope(source, numbers), source).build(expression)
    if isinstance(found, Array):
        source.fail("this is a vector, and a single number is asked for", expression.span)
    return float(found)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What names mean in an answer: the numbers that are known."""

    source: Source
    numbers: Mapping[str, float]

    def variable(self, name: Name) -> float | None:
        from gradviz.language.scope import CONSTANTS

        if name.name in self.numbers:
            return self.numbers[name.name]
        if name.name in CONSTANTS:
            return None
        shown = ", ".join(list(self.numbers)[:12]) or "no names"
        self.source.fail(f"{name.name} is nothing that is known here", name.span, expected=f"numbers, or {shown}")

    def entry(self, name: Name, position: tuple[int, ...]) -> float | None:
        return self.numbers.get(entry_name(name.name, position))

"""Numbers from constant expressions: ``pi/4``, ``1e-3``, ``exp(2)``, in floats and by IEEE rules."""

from __future__ import annotations

from collections.abc import Sequence

from gradviz.gates import GATES
from gradviz.language.arrays import Array
from gradviz.language.elaborate import Elaborator
from gradviz.language.scope import CONSTANTS
from gradviz.language.source import Source, Span
from gradviz.language.syntax import Expression, Name, Number


class Floats:
    """A target that computes at once: its scalars are floats."""

    def const(self, value: float, text: str, span: Span | None) -> float:
        """The number."""
        return value

    def gate(self, name: str, operands: Sequence[float], span: Span | None) -> float:
        """The gate's value."""
        return GATES[name].value(*operands)

    def call(self, function: str, arguments: Sequence[float], output: float, first: float) -> None:
        """Nothing to remember."""

    def number(self, node: float) -> float:
        """The number itself."""
        return node


class _OnlyConstants:
    def __init__(self, source: Source) -> None:
        self.source = source

    def variable(self, name: Name) -> float:
        if name.name not in CONSTANTS:
            self.source.fail(
                f"{name.name} is a name, and here a number is needed",
                name.span,
                expected="a number such as -2, 1/2, pi/4, 1e-3, or [1, 2]",
            )
        return CONSTANTS[name.name]

    def entry(self, name: Name, position: tuple[int, ...]) -> None:
        return None


def constant(expression: Expression, source: Source) -> float | Array[float]:
    """The value of an expression without names.

    Raises:
        GradvizError: it uses a name.
    """
    if isinstance(expression, Number):
        return expression.value
    return Elaborator(Floats(), _OnlyConstants(source), source).build(expression)

"""Expressions -> nodes: vectors are taken apart into scalars, library functions into gates.

It builds on whatever offers ``const``, ``gate`` and ``call``: a Draft (for a Graph), plain floats, Values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, Protocol, TypeVar, runtime_checkable

from gradviz.errors import GradvizError
from gradviz.gates import GATES
from gradviz.language.arrays import Array, Shape, describe, shape_of, stack
from gradviz.language.scope import CONSTANTS
from gradviz.language.source import Source, Span
from gradviz.language.syntax import (
    COMPARISONS,
    Binary,
    Call,
    Expression,
    Index,
    Name,
    Number,
    Transpose,
    Unary,
    Vector,
    unparse,
)
from gradviz.language.walk import Walk, run

H = TypeVar("H")
H_co = TypeVar("H_co", covariant=True)
H_contra = TypeVar("H_contra", contravariant=True)

_GATE_OF = {"+": "add", "-": "sub", "*": "mul", "/": "div", "^": "pow"} | COMPARISONS
_REDUCING = ("sum", "max", "min")


class Target(Protocol[H]):
    """What expressions are built on; H is its handle of a scalar."""

    def const(self, value: float, text: str, span: Span | None) -> H:
        """A literal number."""

    def gate(self, name: str, operands: Sequence[H], span: Span | None) -> H:
        """A gate on earlier scalars."""

    def call(self, function: str, arguments: Sequence[H], output: H, first: H) -> None:
        """Everything from ``first`` to ``output`` was one use of a library function."""


@runtime_checkable
class KnowsNumbers(Protocol[H_contra]):
    """A target that can say the number of a scalar already: a literal, an input with a value."""

    def number(self, node: H_contra) -> float | None:
        """The number, or None where it is not known."""


@dataclass(frozen=True, slots=True)
class Position:
    """A whole number that picks an entry; it is spelling, never a node."""

    index: int


class Scope(Protocol[H_co]):
    """Where names get their meaning."""

    def variable(self, name: Name) -> H_co | Array[Any] | Position | None:
        """What the name stands for; None for the constants e and π."""

    def entry(self, name: Name, position: tuple[int, ...]) -> H_co | None:
        """An entry of a vector of which only single entries are known, or None to look at the whole."""


class Elaborator(Generic[H]):
    """Builds expressions on a target.

    Args:
        target: what gets the nodes.
        scope: what names mean.
        source: the text errors point into; None when there is none.
        site: inside a library function, its name and the place of its call.
        nested: whether the expressions are those of a library text.
    """

    def __init__(
        self,
        target: Target[H],
        scope: Scope[H],
        source: Source | None,
        site: tuple[str, Span] | None = None,
        *,
        nested: bool = False,
    ) -> None:
        self.target = target
        self.scope = scope
        self.source = source
        self.site = site
        self.nested = nested
        self.first: H | None = None  # the first node built here

    def build(self, expression: Expression) -> H | Array[H]:
        """The scalar or array of an expression."""
        found: H | Array[H] = run(self.walk(expression))
        return found

    def fail(self, message: str, span: Span, *, hint: str | None = None) -> NoReturn:
        """Raise an error that points at the user's text, also from inside a library function."""
        if self.site is not None:
            message, span = f"{self.site[0]}: {message}", self.site[1]
        if self.source is None:
            raise GradvizError(message, hint=hint)
        self.source.fail(message, span, hint=hint)

    def walk(self, expression: Expression) -> Walk[Any]:
        """The walker behind ``build``."""
        span = expression.span
        match expression:
            case Number(value=value, text=text):
                return self.const(value, text, span)
            case Name():
                found = self.scope.variable(expression)
                if found is None:
                    return self.const(CONSTANTS[expression.name], expression.name, span)
                if isinstance(found, Position):
                    self.fail(f"{expression.name} can only stand in [ ] here", span)
                return found
            case Unary(operand=operand):
                inner = yield self.walk(operand)
                return self.gate("neg", (inner,), span)
            case Binary(op=op, left=left, right=right):
                a = yield self.walk(left)
                b = yield self.walk(right)
                return self.matmul(a, b, span) if op == "@" else self.gate(_GATE_OF[op], (a, b), span)
            case Call():
                return (yield self._call(expression))
            case Vector(items=items):
                parts = []
                for item in items:
                    parts.append((yield self.walk(item)))
                return self.stacked(parts, span)
            case Index():
                return (yield self._index(expression))
            case Transpose(base=base):
                inner = yield self.walk(base)
                if not isinstance(inner, Array):
                    self.fail("only a matrix has a transpose .T", span)
                return inner.transposed()
        raise AssertionError(expression)

    def const(self, value: float, text: str, span: Span) -> H:
        """A constant node."""
        return self.built(self.target.const(value, text, self._place(span)))

    def built(self, node: H) -> H:
        if self.first is None:
            self.first = node
        return node

    def _place(self, span: Span) -> Span | None:
        if self.source is None:
            return None
        return self.site[1] if self.site is not None else span

    def gate(self, name: str, operands: Sequence[H | Array[H]], span: Span) -> H | Array[H]:
        """A gate on scalars, or entry by entry on arrays of one shape (scalars go with each entry)."""
        arrays = [operand for operand in operands if isinstance(operand, Array)]
        if not arrays:
            return self._scalar_gate(name, operands, span)  # type: ignore[arg-type]
        shape = arrays[0].shape
        for other in arrays:
            if other.shape != shape:
                self._unequal(name, shape, other.shape, span)
        size = len(arrays[0].entries)
        columns = [o.entries if isinstance(o, Array) else (o,) * size for o in operands]
        entries = tuple(self._scalar_gate(name, entry, span) for entry in zip(*columns, strict=True))
        return Array(shape, entries)

    def _scalar_gate(self, name: str, operands: Sequence[H], span: Span) -> H:
        return self.built(self.target.gate(name, operands, self._place(span)))

    def _unequal(self, name: str, a: Shape, b: Shape, span: Span) -> NoReturn:
        hint = None
        if name == "mul" and len(a) + len(b) > 2 and a[-1] == b[0]:
            hint = "@ for the matrix product"
        self.fail(
            f"the shapes of these operands differ: {describe(a)} and {describe(b)}",
            span,
            hint=hint or "equal shapes, or a single number with a vector",
        )

    def stacked(self, parts: list[H | Array[H]], span: Span) -> Array[H]:
        """The vector of these parts."""
        found = stack(parts)
        if found is None:
            shapes = list(dict.fromkeys(describe(shape_of(part)) for part in parts))
            self.fail(
                f"the parts of this vector have different shapes: {' and '.join(shapes[:2])}",
                span,
                hint="rows of equal length: [[1, 2], [3, 4]]",
            )
        return found

    def matmul(self, a: H | Array[H], b: H | Array[H], span: Span) -> H | Array[H]:
        """``a @ b`` for vectors and matrices: every entry is a sum of products."""
        left, right = shape_of(a), shape_of(b)
        if not (isinstance(a, Array) and isinstance(b, Array)):
            self.fail(f"@ multiplies vectors and matrices, not {describe(left)} and {describe(right)}", span, hint="*")
        if max(len(left), len(right)) > 2 or left[-1] != right[0]:
            hint = None
            if len(left) == 2 and left[0] == right[0]:
                hint = "the transpose of the first: W.T @ x"
            elif len(right) == 2 and left[-1] == right[1]:
                hint = "the other order, or the transpose of the second: a @ b.T"
            self.fail(f"@ does not fit {describe(left)} and {describe(right)}", span, hint=hint)
        rows = [a] if len(left) == 1 else [a.part((r,)) for r in range(left[0])]
        turned = b.transposed()
        columns = [b] if len(right) == 1 else [turned.part((c,)) for c in range(right[1])]
        entries = tuple(self._dot(row, column, span) for row in rows for column in columns)
        shape = left[:-1] + right[1:]
        return Array(shape, entries) if shape else entries[0]

    def _dot(self, a: Any, b: Any, span: Span) -> H:
        terms = [self._scalar_gate("mul", pair, span) for pair in zip(a.entries, b.entries, strict=True)]
        return terms[0] if len(terms) == 1 else self._scalar_gate("sum", terms, span)

    def _index(self, expression: Index) -> Walk[Any]:
        base: Expression = expression
        levels: list[Expression] = []
        while isinstance(base, Index):
            levels[:0] = base.indices
            base = base.base
        position = tuple(self.whole_number(level, "an index") for level in levels)
        if isinstance(base, Name) and (entry := self.scope.entry(base, position)) is not None:
            return entry
        whole = yield self.walk(base)
        shape = shape_of(whole)
        if not isinstance(whole, Array) or len(position) > len(shape):
            self.fail(f"this is {describe(shape)}: it has no such entry", expression.span)
        for index, extent in zip(position, shape, strict=False):
            if index >= extent:
                last = f"the last one is [{extent - 1}]" if extent > 1 else "the only one is [0]"
                self.fail(f"there is no entry [{index}]: entries are counted from 0, and {last}", expression.span)
        return whole.part(position)

    def whole_number(self, expression: Expression, what: str) -> int:
        """The number of an index, which must be written in place: it is spelling, not a node."""
        if isinstance(expression, Number) and expression.value >= 0 and expression.value.is_integer():
            return int(expression.value)
        if isinstance(expression, Name) and self.site is not None:
            found = self.scope.variable(expression)
            if isinstance(found, Position):
                return found.index
        typed = unparse(expression)
        if isinstance(expression, Number) and expression.value < 0:
            self.fail(f"{what} counts from 0, and {typed} is below", expression.span, hint="[0] for the first entry")
        self.fail(
            f"{what} is a whole number written in place, such as 0; this is {typed if len(typed) < 40 else 'not'}",
            expression.span,
        )

    def _call(self, call: Call) -> Walk[Any]:
        from gradviz.language import library

        function, span = call.function, call.span
        row = library.LIBRARY.get(function)
        arguments: list[Any] = []
        for slot, argument in enumerate(call.arguments):
            if row is not None and slot < len(row.parameters) and row.parameters[slot] in row.positions:
                arguments.append(Position(self.whole_number(argument, f"the last argument of {function}")))
            else:
                arguments.append((yield self.walk(argument)))
        if row is not None:
            return (yield library.expand(self, row, arguments, span))
        if function == "size":
            self.check_count(function, len(arguments), 1, 1, span)
            count = len(arguments[0].entries) if isinstance(arguments[0], Array) else 1
            return self.const(float(count), str(count), span)
        return self.gate_call(function, arguments, span)

    def gate_call(self, function: str, arguments: list[Any], span: Span) -> Any:
        """A gate called by name: defaults are filled in; sum, max and min of one vector reduce it."""
        row = GATES[function]
        if row.arity is None:
            if not arguments:
                self.fail(f"{function}() needs something to work on", span, hint=f"{function}(a, b)")
            if len(arguments) == 1 and isinstance(arguments[0], Array):
                return self._scalar_gate(function, arguments[0].entries, span)
            if len(arguments) == 1 and not self.nested:
                self.needs_vector(function, span)
            return self.gate(function, arguments, span)
        self.check_count(function, len(arguments), row.arity - len(row.defaults), row.arity, span)
        for value in row.defaults[len(arguments) - row.arity :] if len(arguments) < row.arity else ():
            arguments.append(self.const(value, f"{value:g}", span))
        return self.gate(function, arguments, span)

    def needs_vector(self, function: str, span: Span) -> NoReturn:
        """Raise the error for ``softmax(z)`` where z is one number (or has no value yet)."""
        self.fail(
            f"{function} works on a vector, and this is a single number",
            span,
            hint=f"{function}([a, b, c]), or values for a whole vector: z = [1, 2, 3]",
        )

    def check_count(self, function: str, got: int, least: int, most: int, span: Span) -> None:
        if least <= got <= most:
            return
        wanted = f"{least}" if least == most else f"{least} or {most}" if most == least + 1 else f"{least} to {most}"
        names = ", ".join("abcdefgh"[:least])
        self.fail(
            f"{function} takes {wanted} argument{'s' if most > 1 else ''}, not {got}",
            span,
            hint=f"{function}({names})",
        )

"""What was written, as a tree: gate structure exactly as typed, a span on every node.

Two trees are equal when they say the same, wherever it stands: spans do not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from gradviz.language.scope import Names
from gradviz.language.source import Source, Span
from gradviz.language.walk import Walk, run


@dataclass(frozen=True, slots=True)
class Expression:
    """What every node has: its place in the source."""

    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """A literal; a minus directly before it belongs to it."""

    text: str
    value: float


@dataclass(frozen=True, slots=True)
class Name(Expression):
    """A variable, or one of the constants e and π."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    """``-x``."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    """``left op right`` with op one of + - * / ^ @ and the comparisons."""

    op: str
    left: Expression
    right: Expression
    implicit: bool = field(default=False, compare=False)  # written without a sign: 2x


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """``function(arguments)``; ``|x|`` is abs and ``√x`` is sqrt."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Vector(Expression):
    """``[a, b]``; a matrix is a vector of rows."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Index(Expression):
    """``base[0]``, ``base[0, 1]``."""

    base: Expression
    indices: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Transpose(Expression):
    """``W.T``."""

    base: Expression


@dataclass(frozen=True, slots=True)
class Derivative(Expression):
    """``∂of/∂by`` in homework: the derivative of a node, or of a formula in its place, over all paths."""

    of: Expression
    by: Name


@dataclass(frozen=True, slots=True)
class Prime(Expression):
    """``σ'(z)`` in homework: the derivative of a function of one variable, at the argument."""

    function: str
    argument: Expression


@dataclass(frozen=True, slots=True)
class Statement:
    """One line: an expression, with the name it gets and the header ``f(x, y) =`` if there is one."""

    expression: Expression
    span: Span = field(compare=False)
    name: str | None = None
    name_span: Span = field(default=(0, 0), compare=False)
    header: tuple[Name, ...] | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A whole source.

    Args:
        source: the text.
        statements: in the order written.
        names: which words were read as variables.
        notes: what a reader should know about a spelling that could be read otherwise.
    """

    source: Source = field(compare=False)
    statements: tuple[Statement, ...]
    names: Names = field(compare=False)
    notes: tuple[tuple[Span, str], ...] = field(default=(), compare=False)


COMPARISONS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}

#: How tightly each infix sign binds; the higher the tighter.
BINDING = dict.fromkeys(COMPARISONS, 10) | {"+": 20, "-": 20, "*": 30, "/": 30, "@": 30, "^": 50}
MINUS = 40
ATOM = 60


def children(expression: Expression) -> tuple[Expression, ...]:
    """The parts of a node, left to right."""
    match expression:
        case Unary(operand=part) | Transpose(base=part):
            return (part,)
        case Binary(left=left, right=right):
            return (left, right)
        case Call(arguments=parts) | Vector(items=parts):
            return parts
        case Index(base=base, indices=indices):
            return (base, *indices)
        case Derivative(of=of, by=by):
            return (of, by)
        case Prime(argument=part):
            return (part,)
    return ()


def rebuilt(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The same node with changed parts; a derivative stays by a name.

    >>> x = Name((0, 1), "x")
    >>> unparse(rebuilt(Binary((0, 3), "*", x, x), lambda part: Number(part.span, "2", 2.0)))
    '2*2'
    """
    made: dict[str, Any] = {}
    for each in fields(expression):
        part = getattr(expression, each.name)
        if isinstance(part, Expression):
            changed = change(part)
            made[each.name] = changed if each.name != "by" or isinstance(changed, Name) else part
        elif isinstance(part, tuple) and part and isinstance(part[0], Expression):
            made[each.name] = tuple(change(one) for one in part)
    return replace(expression, **made) if made else expression


def names_in(expression: Expression) -> dict[str, Span]:
    """Every name the expression uses and its first place, in reading order."""
    found: dict[str, Span] = {}
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            found.setdefault(node.name, node.span)
        waiting.extend(reversed(children(node)))
    return found


def unparse(tree: Expression | Statement | Program) -> str:
    """Text that reads back as the same tree, with no more brackets than needed.

    >>> from gradviz.language import parse
    >>> unparse(parse("f = (x+y)z; g = 2f²"))
    'f = (x + y)*z\\ng = 2*f^2'
    """
    if isinstance(tree, Program):
        return "\n".join(unparse(statement) for statement in tree.statements)
    if isinstance(tree, Statement):
        left = tree.name or ""
        if tree.header is not None:
            left += "(" + ", ".join(argument.name for argument in tree.header) + ")"
        return (f"{left} = " if left else "") + unparse(tree.expression)
    parts: list[str] = []
    run(_write(tree, 0, parts))
    return "".join(parts)


def _binding(expression: Expression) -> int:
    match expression:
        case Binary(op=op):
            return BINDING[op]
        case Unary():
            return MINUS
        case Number(text=text) if text.startswith("-"):
            return MINUS
        case Derivative():
            return BINDING["/"]
    return ATOM


def _write(tree: Expression, least: int, out: list[str]) -> Walk[None]:
    if _binding(tree) < least:
        out.append("(")
        yield _write(tree, 0, out)
        out.append(")")
        return
    match tree:
        case Number(text=text) | Name(name=text):
            out.append(text)
        case Unary(operand=operand):
            out.append("-")
            # -(2) is a gate, -2 is a number; -(-x) reads better than --x
            bare = not isinstance(operand, Number | Unary)
            yield _write(operand, MINUS if bare else ATOM + 1, out)
        case Binary(op=op, left=left, right=right):
            own = BINDING[op]
            yield _write(left, own + (op == "^" or op in COMPARISONS), out)
            out.append(op if own >= BINDING["*"] else f" {op} ")
            yield _write(right, own if op == "^" else own + 1, out)
        case Call(function=function, arguments=parts):
            out.append(function)
            yield _list(parts, "()", out)
        case Vector(items=parts):
            yield _list(parts, "[]", out)
        case Index(base=base, indices=indices):
            yield _write(base, ATOM + isinstance(base, Number), out)
            yield _list(indices, "[]", out)
        case Transpose(base=base):
            yield _write(base, ATOM + isinstance(base, Number), out)
            out.append(".T")
        case Derivative(of=Name(name=of), by=by):
            out.append(f"∂{of}/∂{by.name}")
        case Derivative(of=of, by=by):
            out.append(f"∂/∂{by.name} (")
            yield _write(of, 0, out)
            out.append(")")
        case Prime(function=function, argument=part):
            out.append(f"{function}'(")
            yield _write(part, 0, out)
            out.append(")")


def _list(parts: tuple[Expression, ...], brackets: str, out: list[str]) -> Walk[None]:
    out.append(brackets[0])
    for position, part in enumerate(parts):
        if position:
            out.append(", ")
        yield _write(part, 0, out)
    out.append(brackets[1])

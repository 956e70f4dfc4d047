"""A gate's formulas for one place in a program: operands put in, constants folded, contributions formed.

Only what changes no number is simplified: ``1.0 * g`` is ``g`` and ``b - 1`` with b = 3 is 2, but ``0 * g`` stays,
because it is nan for an infinite g.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

from gradviz import formulas
from gradviz.formulas import read

Term = ast.expr

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: formulas.ieee_divide,
    ast.Pow: formulas.ieee_power,
}
_COMPARE: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def number(value: float) -> ast.Constant:
    """A number as a term."""
    return ast.Constant(float(value))


def name(text: str) -> ast.Name:
    """A name as a term."""
    return ast.Name(text)


def negated(term: Term) -> Term:
    """Minus a term; two minus signs are none."""
    match term:
        case ast.Constant(value=int() | float() as value):
            return number(-value)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return inner
    return ast.UnaryOp(ast.USub(), term)


def binary(op: ast.operator, left: Term, right: Term) -> Term:
    """``left op right``, folded where both are numbers and shortened where that changes nothing."""
    first, second = _number(left), _number(right)
    if first is not None and second is not None:
        return number(_ARITHMETIC[type(op)](first, second))
    match op:
        case ast.Mult() if first == 1:
            return right
        case ast.Mult() | ast.Div() | ast.Pow() if second == 1:
            return left
        case ast.Mult() if first == -1:
            return negated(right)
        case ast.Mult() if second == -1:
            return negated(left)
        case ast.Add() if first == 0:
            return right
        case ast.Add() | ast.Sub() if second == 0:
            return left
    return ast.BinOp(left, op, right)


def chosen(test: Term, yes: Term, no: Term) -> Term:
    """``yes if test else no``; decided here where the test compares two numbers."""
    if isinstance(test, ast.Compare):
        first, second = _number(test.left), _number(test.comparators[0])
        if first is not None and second is not None:
            return yes if _COMPARE[type(test.ops[0])](first, second) else no
    return ast.IfExp(test, yes, no)


def filled(formula: str, operands: Mapping[str, Term], args: Sequence[Term] = ()) -> Term:
    """A formula of the table with terms in the place of its operands (``args`` for a gate of any number).

    >>> ast.unparse(filled("b * a ** (b - 1)", {"a": name("x"), "b": number(3)}))
    '3.0 * x ** 2.0'
    """

    def fill(node: Term) -> Term:
        match node:
            case ast.Constant(value=int() | float() as value):
                return number(value)
            case ast.Name(id=own):
                return operands[own]
            case ast.UnaryOp(operand=inner):
                return negated(fill(inner))
            case ast.BinOp(left=left, op=op, right=right):
                return binary(op, fill(left), fill(right))
            case ast.IfExp(test=ast.Compare(left=left, ops=ops, comparators=[right]), body=yes, orelse=no):
                return chosen(ast.Compare(fill(left), ops, [fill(right)]), fill(yes), fill(no))
            case ast.Call(func=ast.Name(id="largest" | "smallest" | "total" as function)):
                return ast.Call(ast.Name(function), list(args), []) if len(args) > 1 else args[0]
            case ast.Call(func=ast.Name(id="count"), args=[_, value]):
                return ast.Call(ast.Name("count"), [fill(value), *args], [])
            case ast.Call(func=ast.Name(id=function), args=inner):
                return ast.Call(ast.Name(function), [fill(i) for i in inner], [])
        raise ValueError(f"not part of the formula language: {ast.unparse(node)}")

    return fill(read(formula))


def contribution(local: Term, upstream: Term, *, selects: bool) -> Term | None:
    """What flows back along an edge; None for nothing at all.

    A routing gate (``selects``) hands on nothing where its local derivative is 0, whatever the upstream
    gradient is: 0 times an infinite one would be nan.

    >>> ast.unparse(contribution(filled("1 if a > 0 else 0", {"a": name("x")}), name("df"), selects=True))
    'df if x > 0.0 else 0.0'
    """
    if selects and _number(local) == 0:
        return None
    return _times(local, upstream, selects)


def _times(local: Term, upstream: Term, selects: bool) -> Term:
    if isinstance(local, ast.IfExp):
        yes, no = _times(local.body, upstream, selects), _times(local.orelse, upstream, selects)
        return ast.IfExp(local.test, yes, no)
    product = binary(ast.Mult(), local, upstream)
    if not selects or _never_zero(local):
        return product
    if _number(local) == 0:
        return local
    return ast.IfExp(ast.Compare(local, [ast.NotEq()], [number(0)]), product, number(0))


def _never_zero(local: Term) -> bool:
    """A number but 0, or a share of several winners, 1/k."""
    match local:
        case ast.BinOp(left=ast.Constant(value=float(one)), op=ast.Div(), right=ast.Call(func=ast.Name(id="count"))):
            return one != 0
    value = _number(local)
    return value is not None and value != 0


def _number(term: Term) -> float | None:
    match term:
        case ast.Constant(value=int() | float() as value):
            return value
    return None


def size(term: Term) -> int:
    """How many operations a term has."""
    return sum(isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call | ast.IfExp) for node in ast.walk(term))

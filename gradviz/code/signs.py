"""Which signs a term can have: whether a division can meet 0, an exp overflow, a log leave its domain.

A sign is a set of three possibilities, as bits; nan is always possible beside them and harms nothing here. Only
where Python could raise does generated code need a guard, so that ``1.0 / (1.0 + e)`` of a positive e stays plain.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_

from gradviz.code.terms import Term
from gradviz.formulas import PRIMITIVES

NEGATIVE, ZERO, POSITIVE = 1, 2, 4
ANY = NEGATIVE | ZERO | POSITIVE

#: Functions whose results have certain signs, or the signs of their argument (None).
_FUNCTIONS: dict[str, int | None] = {
    **dict.fromkeys(("exp", "cosh", "acos"), ZERO | POSITIVE),  # exp can underflow to 0
    **dict.fromkeys(("tanh", "sinh", "asin", "atan", "expm1", "log1p", "sqrt"), None),
    "count": POSITIVE,
}


def of_number(value: float) -> int:
    """The sign of a number."""
    return POSITIVE if value > 0 else NEGATIVE if value < 0 else ZERO if value == 0 else ANY


def sign(term: Term, known: Mapping[str, int], row: Callable[[str, list[int]], int]) -> int:
    """The possible signs of a term.

    Args:
        term: what is looked at.
        known: the possible signs of names; others can have any.
        row: the signs of another row's gate for operands of these signs.

    >>> from gradviz.code.terms import filled, name
    >>> sign(filled("1 + exp(a)", {"a": name("x")}), {}, lambda row, operands: ANY) == POSITIVE
    True
    """
    match term:
        case ast.Constant(value=int() | float() as value):
            return of_number(value)
        case ast.Name(id=own):
            return known.get(own, ANY)
        case ast.UnaryOp(operand=inner):
            return _turned(sign(inner, known, row))
        case ast.BinOp(left=left, op=op, right=right):
            if isinstance(op, ast.Mult) and isinstance(left, ast.Name) and ast.dump(left) == ast.dump(right):
                return ZERO | POSITIVE
            return _binary(op, sign(left, known, row), sign(right, known, row))
        case ast.IfExp(test=test, body=yes, orelse=no):
            if_so, if_not = narrowed(test, known)
            return sign(yes, if_so, row) | sign(no, if_not, row)
        case ast.Call(func=ast.Name(id=function), args=inner):
            signs = [sign(i, known, row) for i in inner]
            if function in ("largest", "smallest"):
                return _extreme(signs, POSITIVE if function == "largest" else NEGATIVE)
            if function == "total":
                return reduce(_sum, signs)
            if function in _FUNCTIONS:
                return _FUNCTIONS[function] or signs[0] | ZERO
            return ANY if function in PRIMITIVES else row(function, signs)
    return ANY


def narrowed(test: Term, known: Mapping[str, int]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """What is known where a comparison of a name with 0 holds, and where it does not."""
    match test:
        case ast.Compare(left=ast.Name(id=own), ops=[op], comparators=[ast.Constant(value=0.0)]):
            before = known.get(own, ANY)
            holds = _HOLDS[type(op)]
            return {**known, own: before & holds}, {**known, own: before & ~holds & ANY}
    return known, known


_HOLDS: dict[type[ast.cmpop], int] = {
    ast.Lt: NEGATIVE,
    ast.LtE: NEGATIVE | ZERO,
    ast.Gt: POSITIVE,
    ast.GtE: POSITIVE | ZERO,
    ast.Eq: ZERO,
    ast.NotEq: NEGATIVE | POSITIVE,
}


def _turned(signs: int) -> int:
    return signs & ZERO | (POSITIVE if signs & NEGATIVE else 0) | (NEGATIVE if signs & POSITIVE else 0)


def _binary(op: ast.operator, left: int, right: int) -> int:
    match op:
        case ast.Add():
            return _sum(left, right)
        case ast.Sub():
            return _sum(left, _turned(right))
        case ast.Mult() | ast.Div():
            same = left & right & (NEGATIVE | POSITIVE) != 0
            other = _turned(left) & right & (NEGATIVE | POSITIVE) != 0
            return ZERO | (POSITIVE if same else 0) | (NEGATIVE if other else 0)  # a product can underflow
        case ast.Pow() if not left & NEGATIVE:
            return ZERO | POSITIVE
    return ANY


def _sum(left: int, right: int) -> int:
    """Numbers of one sign add up to that sign; only two zeros are zero."""
    both = left | right
    if both & NEGATIVE and both & POSITIVE:
        return ANY
    return both if left & ZERO and right & ZERO else both & ~ZERO


def _extreme(signs: list[int], winning: int) -> int:
    """Of the largest: positive where one can be, not positive only where none must be."""
    if any(one == winning for one in signs):
        return winning
    losing = _turned(winning)
    must = all(one & losing for one in signs)
    rest = reduce(or_, signs)
    return rest if must else rest & ~losing

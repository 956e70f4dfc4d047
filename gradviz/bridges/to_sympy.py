"""Graphs as SymPy expressions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from gradviz import formulas
from gradviz.bridges import SYMPY, library
from gradviz.errors import GradvizError
from gradviz.gates import CONST, GATES, INPUT, Gate
from gradviz.graph import Graph
from gradviz.language.expand import expand

_DEEPEST = 400  # SymPy walks its trees by recursion


def to_sympy(graph: Graph) -> Any:
    """The output as a SymPy expression in real symbols called as the inputs are.

    Gates that SymPy has no function for (sigmoid, relu, …) are written out in their textbook form. SymPy simplifies
    some things on its own (``x + x`` becomes ``2*x``), so it is the function that is kept, not the gates.

    Raises:
        EnvironmentFailure: SymPy is not installed: ``pip install "gradviz[sympy]"``.
        GradvizError: a gate that SymPy cannot say, or a graph too deep for it.

    >>> from gradviz import graph
    >>> to_sympy(graph("f = sigmoid(x) * y^2"))  # doctest: +SKIP
    y**2/(1 + exp(-x))
    """
    sympy = library("sympy")
    unknown = frozenset(row.name for row in GATES.values() if row.textbook and _function(sympy, row) is None)
    graph = expand(graph, unknown)
    _check_depth(graph)
    built: list[Any] = []
    for i, row in enumerate(graph.gates):
        if not graph.reaches[i] and row is not INPUT:
            built.append(None)  # not needed
        elif row is INPUT:
            built.append(sympy.Symbol(graph.names[i], real=True))
        elif row is CONST:
            built.append(_number(sympy, graph.data[i] or 0.0, graph.given[i]))
        else:
            built.append(_applied(sympy, row, [built[j] for j in graph.operands(i)]))
    result = built[graph.output]
    return _as_number(sympy, result)


def _check_depth(graph: Graph) -> None:
    depths: list[int] = []
    for i in range(len(graph)):
        depths.append(1 + max((depths[j] for j in graph.operands(i)), default=0))
    if depths[graph.output] > _DEEPEST:
        raise GradvizError(
            f"the graph is {depths[graph.output]} gates deep, and SymPy works by recursion",
            expected=f"at most {_DEEPEST}",
            hint="graph.gradient() differentiates it here",
        )


def _function(sympy: Any, row: Gate) -> Callable[..., Any] | None:
    """SymPy's function that is this gate: by a name of the table, or one of the exceptions."""
    renamed = [theirs for theirs, ours in SYMPY.items() if ours == row.name]
    for word in (*renamed, row.name, *row.spellings, *row.numpy):
        found = getattr(sympy, word, None)
        if isinstance(found, type) and issubclass(found, sympy.Basic):
            return found
    return _OWN.get(row.name) or (_PLAIN.get(row.name))


#: Gates that are an operator in SymPy, or two functions.
_PLAIN: dict[str, Callable[..., Any]] = {
    "sub": lambda a, b: a - b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "copy": lambda a: a,
    "sum": lambda *a: sum(a[1:], a[0]),
    "square": lambda a: a**2,
    "reciprocal": lambda a: 1 / a,
    "sqrt": lambda a: library("sympy").sqrt(a),
}
#: Gates on truth values: a comparison in the middle of arithmetic is 1 or 0.
_OWN: dict[str, Callable[..., Any]] = {
    "where": lambda test, yes, no: library("sympy").Piecewise((yes, _test(test)), (no, True)),
}


def _applied(sympy: Any, row: Gate, operands: Sequence[Any]) -> Any:
    function = _function(sympy, row) or _written_out(sympy, row)
    if row.name != "where":
        operands = [_as_number(sympy, operand) for operand in operands]
    return function(*operands)


def _written_out(sympy: Any, row: Gate) -> Callable[..., Any]:
    """A row that has neither a function in SymPy nor a textbook form: its formula, on symbols."""
    if "==" in row.formula or "!=" in row.formula:
        raise GradvizError(
            f"SymPy has no function for the gate {row.name}",
            hint="a textbook form in its row (gradviz.gates.Gate(…, textbook=…)) would be written out",
        )
    names = {name: getattr(sympy, name) for name in formulas.PRIMITIVES if hasattr(sympy, name)}
    names |= {"expm1": lambda a: sympy.exp(a) - 1, "log1p": lambda a: sympy.log(1 + a)}
    names |= {"largest": lambda args: sympy.Max(*args), "smallest": lambda args: sympy.Min(*args)}
    names |= {"total": lambda args: sympy.Add(*args), "number_": lambda number: _number(sympy, number, None)}
    names |= {"where_": lambda test, yes, no: sympy.Piecewise((yes, test), (no, True))}
    dialect = formulas.Dialect(names, power="({} ** {})", choose="where_({}, {}, {})", literal="number_({})")
    return formulas.compile_function(
        row.operand_names,
        (row.formula,),
        dialect,
        lambda name: _function(sympy, GATES[name]) or _written_out(sympy, GATES[name]),
    )


def _test(found: Any) -> Any:
    sympy = library("sympy")
    return found if _is_test(sympy, found) else sympy.Ne(found, 0)


def _is_test(sympy: Any, found: Any) -> bool:
    return isinstance(found, sympy.logic.boolalg.Boolean) and not found.is_Symbol  # a Symbol may stand for both


def _as_number(sympy: Any, found: Any) -> Any:
    """A comparison as the number 1 or 0."""
    if _is_test(sympy, found):
        return sympy.Piecewise((1, found), (0, True))
    return found


def _number(sympy: Any, number: float, name: str | None) -> Any:
    named = {"e": sympy.E, "pi": sympy.pi, "π": sympy.pi}.get(name or "")
    if named is not None and math.isclose(float(named), number):
        return named
    if math.isinf(number) or number != number:
        return sympy.nan if number != number else sympy.oo if number > 0 else -sympy.oo
    numerator, denominator = number.as_integer_ratio()
    if denominator <= 1024 and abs(numerator) < 2**53:  # 0.5 is ½; 0.1 stays the float that it is
        return sympy.Rational(numerator, denominator)
    return sympy.Float(number)

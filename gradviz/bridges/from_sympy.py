"""SymPy expressions as graphs."""

from __future__ import annotations

import math
from typing import Any

from gradviz.bridges import SYMPY, library, row_called
from gradviz.draft import Draft
from gradviz.errors import GradvizError
from gradviz.graph import Graph
from gradviz.inputs import assign


def from_sympy(expression: Any, **values: Any) -> Graph:
    """The Graph of a SymPy expression: its symbols are the inputs, in the order of their names.

    Args:
        expression: real, with functions that are gates (``Piecewise``, ``Max``, ``sign``, ``Heaviside`` among them).
        **values: numbers for the symbols.

    Raises:
        EnvironmentFailure: SymPy is not installed: ``pip install "gradviz[sympy]"``.
        GradvizError: something in it is not made of gates (an integral, a complex number, …).

    >>> import sympy  # doctest: +SKIP
    >>> from_sympy(sympy.sympify("x*exp(-y)"), x=1, y=0).trace()["y"].grad  # doctest: +SKIP
    -1.0
    """
    sympy = library("sympy")
    try:
        expression = sympy.sympify(expression) if not isinstance(expression, str) else None
    except (sympy.SympifyError, TypeError):
        expression = None
    if not isinstance(expression, sympy.Basic) or isinstance(expression, sympy.MatrixBase):
        raise GradvizError(
            "from_sympy takes one SymPy expression",
            expected="such as sympy.sin(x) * y; an entry of a matrix, not the whole",
            hint="gradviz.graph(text) reads a text",
        )
    builder = _Builder(sympy)
    for symbol in sorted(expression.free_symbols, key=str):
        builder.done[symbol] = builder.draft.input(str(symbol), None)
    try:
        graph = builder.draft.graph(builder.of(expression))
    except RecursionError:
        raise GradvizError("the expression is too deep for SymPy's recursion") from None
    return _with_numbers(graph, values) if values else graph


def _with_numbers(graph: Graph, values: dict[str, Any]) -> Graph:
    from dataclasses import replace

    missing = {name: 0.0 for name in graph.inputs if name not in values}
    data, _ = assign(graph, {**missing, **values})
    filled = [None if name in missing else number for name, number in zip(graph.names, data, strict=True)]
    return replace(graph, data=tuple(filled))


class _Builder:
    """Builds a SymPy tree into a draft: every shared part once, and only what is needed."""

    def __init__(self, sympy: Any) -> None:
        self.sympy = sympy
        self.draft = Draft()
        self.done: dict[Any, int] = {}

    def add(self, part: Any) -> None:
        """One node of the tree, and those that it needs."""
        sympy = self.sympy
        if part in (sympy.true, sympy.false):
            self.done[part] = self.const(1.0 if part == sympy.true else 0.0)
        elif part.is_number and not part.atoms(sympy.Function, sympy.Integral, sympy.Sum):
            self.done[part] = self.number(part)
        elif part.is_Add:
            self.done[part] = self.sum(part)
        elif part.is_Mul:
            self.done[part] = self.product(part)
        elif part.is_Pow:
            self.done[part] = self.power(part)
        elif part.is_Piecewise:
            self.done[part] = self.pieces(part)
        else:
            self.done[part] = self.function(part)

    def const(self, number: float) -> int:
        """A literal."""
        return self.draft.const(
            number, str(int(number)) if number.is_integer() and abs(number) < 1e16 else repr(number)
        )

    def number(self, part: Any) -> int:
        """A number without symbols: π, 3/4, √2."""
        if part.is_real is False or part.has(self.sympy.I):
            raise GradvizError(f"{part} is not real, and Values are")
        if part == self.sympy.pi or part == self.sympy.E:
            return self.draft.const(float(part), "pi" if part == self.sympy.pi else "e")
        return self.const(float(part))

    def gate(self, name: str, *operands: int) -> int:
        """A gate of the table."""
        return self.draft.gate(name, operands)

    def sum(self, part: Any) -> int:
        """a + b - c: terms with a minus are subtracted."""
        total: int | None = None
        for term in sorted(part.as_ordered_terms(), key=lambda t: t.could_extract_minus_sign()):
            minus = total is not None and term.could_extract_minus_sign()
            node = self.of(-term) if minus else self.of(term)
            total = node if total is None else self.gate("sub" if minus else "add", total, node)
        assert total is not None
        return total

    def of(self, part: Any) -> int:
        """The node of an expression, built now where it is not there yet (-term, a denominator)."""
        if part not in self.done:
            self.add(part)
        return self.done[part]

    def product(self, part: Any) -> int:
        """a b / c, with a sign in front as a gate of its own."""
        if part.args[0].is_number and part.args[0].is_negative and part.args[0].is_Rational:
            return self.gate("neg", self.of(-part))
        above, below = [], []
        for factor in part.args:
            if factor.is_Pow and factor.exp.is_number and factor.exp.is_negative:
                below.append(self.sympy.Pow(factor.base, -factor.exp))
            elif factor.is_Rational and not factor.is_Integer and factor.p == 1:
                below.append(self.sympy.Integer(factor.q))
            else:
                above.append(factor)
        nodes = [self.of(factor) for factor in above] or [self.const(1.0)]
        out = nodes[0]
        for node in nodes[1:]:
            out = self.gate("mul", out, node)
        for factor in below:
            out = self.gate("div", out, self.of(factor))
        return out

    def power(self, part: Any) -> int:
        """Powers: √x, 1/x, eˣ and the rest."""
        base, exponent = part.base, part.exp
        if exponent == self.sympy.Rational(1, 2):
            return self.gate("sqrt", self.of(base))
        if exponent.is_number and exponent.is_negative:
            return self.gate("div", self.const(1.0), self.of(self.sympy.Pow(base, -exponent)))
        if base == self.sympy.E:
            return self.gate("exp", self.of(exponent))
        return self.gate("pow", self.of(base), self.of(exponent))

    def pieces(self, part: Any) -> int:
        """A Piecewise as a chain of ``where``; outside all of its conditions it is nan, as in SymPy."""
        out: int | None = None
        for value, condition in reversed(part.args):
            if out is None and condition == self.sympy.true:
                out = self.of(value)
                continue
            out = self.const(math.nan) if out is None else out
            out = self.gate("where", self.of(condition), self.of(value), out)
        assert out is not None
        return out

    def function(self, part: Any) -> int:
        """Any other node: a function that is a gate, or one that is made of some."""
        sympy, name = self.sympy, type(part).__name__
        row = row_called(name, SYMPY)
        made = row is not None or isinstance(part, sympy.logic.boolalg.Boolean) or name in ("sign", "Heaviside")
        if not made:
            rewritten = _in_known_terms(sympy, part)
            if rewritten is None:
                raise _unknown(part, name)
            return self.of(rewritten)
        operands = [self.of(argument) for argument in part.args]
        if isinstance(part, sympy.And):
            return self.gate("min", *operands)
        if isinstance(part, sympy.Or):
            return self.gate("max", *operands)
        if isinstance(part, sympy.Not):
            return self.gate("sub", self.const(1.0), operands[0])
        if name in ("sign", "Heaviside"):
            low, here = (-1.0, 0.0) if name == "sign" else (0.0, float(part.args[1]))
            x, zero = operands[0], self.const(0.0)
            rest = self.gate("where", self.gate("lt", x, zero), self.const(low), self.const(here))
            return self.gate("where", self.gate("gt", x, zero), self.const(1.0), rest)
        if row is None or row.arity not in (None, len(operands)):
            raise _unknown(part, name)
        return self.draft.gate(row, operands)


def _unknown(part: Any, name: str) -> GradvizError:
    return GradvizError(
        f"{part} is not made of gates: there is none for {name}",
        expected="arithmetic, Piecewise, and functions such as exp, log, sin, tanh, Abs, Max",
        hint="expression.doit() first" if name in ("Derivative", "Integral", "Sum", "Limit") else None,
    )


def _in_known_terms(sympy: Any, part: Any) -> Any | None:
    """sec, coth, … as SymPy itself writes them in other functions."""
    if not isinstance(part, sympy.Function):
        return None
    for target in (sympy.cos, sympy.sin, sympy.exp):
        found = part.rewrite(target)
        if found != part and not found.has(type(part), sympy.I) and not found.atoms(sympy.Integral, sympy.Sum):
            return found
    return None

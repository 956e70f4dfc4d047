"""The gradient as a Graph, built from the table's partials.

A partial's formula is read as the table reads it, and its tree is evaluated over symbols: one more compiler of the
same AST, beside floats, blocks and many digits. So nothing is written a second time for a gate, and a row that is added
at run time can be differentiated like any other. What comes out are gates again: it can be printed, drawn,
evaluated, and differentiated as often as one likes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from functools import cache

from gradviz import formulas
from gradviz.calculus.simplify import Simplifier
from gradviz.errors import GradvizError
from gradviz.gates import GATES, Gate
from gradviz.graph import Graph

_read = cache(formulas.read)

_ARITHMETIC: dict[type, str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow"}
_COMPARE: dict[type, str] = {
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne",
}  # fmt: skip
_VARIADIC = {"largest": "max", "smallest": "min", "total": "sum"}


class Calculus(Simplifier):
    """A graph that grows by its derivatives.

    >>> from gradviz import graph
    >>> c = Calculus(graph("f = x * sin(x)"))
    >>> x, f = c.source.id("x"), c.source.output
    >>> c.derivative(c.derivative(f, x), x) in range(len(c))
    True
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self._assumed: dict[int, float] = {}  # tests that are known to hold, or not, where we are
        self._locals: dict[tuple[int, int], int] = {}

    def derivative(self, output: int, node: int) -> int:
        """d output / d node; a node of its own, or 0."""
        return self.adjoints(output, (node,)).get(node, self.const(0))

    def adjoints(self, output: int, targets: Sequence[int]) -> dict[int, int]:
        """The derivative of the output with respect to every node on the way to the targets: the backward
        pass of ``passes.py``, on symbols. A node that is not in it has the derivative 0."""
        on_the_way = self.above(targets, output)
        found = {output: self.const(1)}
        for i in range(output, -1, -1):
            upstream = found.get(i)
            if upstream is None:
                continue
            for slot, j in enumerate(self.operands[i]):
                if on_the_way[j]:
                    share = self.share(upstream, i, slot)
                    found[j] = share if j not in found else self.plus(found[j], share)
        return found

    def share(self, upstream: int, node: int, slot: int) -> int:
        """What a gate hands back to one of its operands."""
        local = self.local(node, slot)
        return self.select(upstream, local) if self.gates[node].selects else self.times(local, upstream)

    def local(self, node: int, slot: int) -> int:
        """The local derivative of a gate in one of its operands, from its row."""
        if (node, slot) not in self._locals:
            row, operands = self.gates[node], self.operands[node]
            names: dict[str, int] = {"out": node, "a": operands[slot if row.arity is None else 0]}
            if row.arity is not None:
                names.update(zip("abc", operands, strict=False))
            formula = row.partials[0 if row.arity is None else slot]
            self._locals[node, slot] = self._value(_read(formula), names, operands)
        return self._locals[node, slot]

    def _value(self, tree: ast.expr, names: dict[str, int], args: Sequence[int]) -> int:
        """A formula of the table on symbols."""
        match tree:
            case ast.Constant(value=int() | float() as number):
                return self.const(number)
            case ast.Name(id=name):
                return names[name]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self.negated(self._value(inner, names, args))
            case ast.BinOp(left=left, op=op, right=right):
                pair = self._value(left, names, args), self._value(right, names, args)
                return self.gate(GATES[_ARITHMETIC[type(op)]], pair)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                a, b = self._value(left, names, args), self._value(right, names, args)
                test = self.compare(GATES[_COMPARE[type(op)]], a, b)
                return self.const(self._assumed[test]) if test in self._assumed else test
            case ast.IfExp(test=test_tree, body=yes, orelse=no):
                test = self._value(test_tree, names, args)
                known = self.number(test)
                if known is not None:
                    return self._value(yes if known else no, names, args)
                return self.where(test, self._given(test, 1, yes, names, args), self._given(test, 0, no, names, args))
            case ast.Call(func=ast.Name(id=name), args=[ast.Name(id="args"), *rest]):
                if name == "count":
                    return self._count(args, self._value(rest[0], names, args))
                return self.gate(GATES[_VARIADIC[name]], args)
            case ast.Call(func=ast.Name(id=name), args=parts):
                operands = [self._value(part, names, args) for part in parts]
                if name == "expm1":
                    return self.minus(self.gate(GATES["exp"], operands), self.const(1))
                return self.gate(GATES[name], operands)
        raise AssertionError(ast.unparse(tree))

    def _given(self, test: int, holds: float, tree: ast.expr, names: dict[str, int], args: Sequence[int]) -> int:
        """A branch, where the outcome of its test is known."""
        self._assumed[test] = holds
        try:
            return self._value(tree, names, args)
        finally:
            del self._assumed[test]

    def _count(self, args: Sequence[int], value: int) -> int:
        """How many of the arguments have the value: a sum of comparisons."""
        total = self.const(0)
        for a in args:
            test = self.compare(GATES["eq"], a, value)
            total = self.plus(total, self.const(self._assumed[test]) if test in self._assumed else test)
        return total


# --- what a Graph offers ----------------------------------------------------------------------------------


def gradient(graph: Graph, wrt: str | int | Iterable[str | int] | None = None) -> Graph | dict[str, Graph]:
    """See ``Graph.gradient``, which is how to call it."""
    if wrt is None:
        names = list(graph.inputs)
        if not names:
            raise GradvizError(
                "this graph has no input to differentiate by", expected="a name in it", hint='f = x^2, and wrt="x"'
            )
        if len(names) == 1:
            return gradient(graph, names[0])
        return _gradients(graph, names)
    if isinstance(wrt, (str, int)):
        [found] = _gradients(graph, [wrt]).values()
        return found
    return _gradients(graph, list(wrt))


def _gradients(graph: Graph, wrt: Sequence[str | int]) -> dict[str, Graph]:
    targets = [target(graph, name) for name in wrt]
    symbols = Calculus(graph)
    found = symbols.adjoints(graph.output, targets)
    taken = set(graph.names)
    graphs = {}
    for node in targets:
        adjoint = found.get(node, symbols.const(0))
        called = fresh(derivative_name(graph, graph.names[node]), taken)
        names = {adjoint: called} if adjoint >= len(graph) else {}
        graphs[graph.names[node]] = symbols.graph([adjoint], names)[0]
    return graphs


def target(graph: Graph, name: str | int) -> int:
    """The node to differentiate by.

    Raises:
        GradvizError: there is none of that name, or it is a literal number.
    """
    node = graph.id(name)
    if graph.gates[node].name == "const":
        raise GradvizError(
            f"{graph.names[node]} is a literal number, and there is no derivative by a number",
            expected="an input or a computed node",
        )
    return node


def derivative_name(graph: Graph, by: str) -> str:
    """``df_dx``, with ``p[0]`` as ``p0``: a word that the language reads as one name."""
    output = graph.names[graph.output] if graph.given[graph.output] else ""
    return f"d{word(output)}_d{word(by)}"


def word(name: str) -> str:
    """A name as part of a longer one.

    >>> word("W[0,1]"), word("x")
    ('W0_1', 'x')
    """
    return re.sub(r"\W+", "_", name.replace("[", "")).strip("_")


def fresh(name: str, taken: set[str]) -> str:
    """A name that is not in use; from now on it is.

    >>> fresh("t", {"t", "t_2"})
    't_3'
    """
    found, times = name, 1
    while found in taken:
        times += 1
        found = f"{name}_{times}"
    taken.add(found)
    return found


def steps(graph: Graph) -> list[Gate]:
    """The gates on the way to the output through which no gradient passes: comparisons."""
    return [row for i, row in enumerate(graph.gates) if graph.reaches[i] and row.name in _COMPARE.values()]

"""Graph -> formulas: nodes as expressions of the language, in the reader's own names.

What is used in several places and long gets a line of its own (``let``), so that a formula is never longer than the
graph behind it is large. The trees are those of ``language.syntax``: ``unparse`` writes them, ``latex`` sets them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from gradviz.errors import GradvizError
from gradviz.gates import CONST, GATES, INPUT, Gate, Pattern
from gradviz.graph import Graph
from gradviz.language.scope import CONSTANTS
from gradviz.language.syntax import (
    Binary,
    Call,
    Expression,
    Name,
    Number,
    Unary,
    Vector,
    unparse,
)

#: The most characters that formulas may have.
MAX_FORMULA = 10_000
_SHORT = 100  # characters: a formula up to here needs no let lines
_WORTH = 12  # characters: what is shorter is written again
_DEEP = 50  # brackets in brackets: beyond, a let line, for the language reads 200
_NOWHERE = (0, 0)
_LITERAL = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Formulas:
    """Some nodes as expressions, and the lines to read before them."""

    expressions: tuple[Expression, ...]
    lets: tuple[tuple[str, Expression], ...] = ()

    def texts(self) -> list[str]:
        """The expressions in the language."""
        return [unparse(expression) for expression in self.expressions]

    def let_texts(self) -> list[tuple[str, str]]:
        """The let lines in the language."""
        return [(name, unparse(expression)) for name, expression in self.lets]


def formula(graph: Graph, node: str | int | None = None) -> str:
    """A node of a graph (the output, where none is named) as one expression in the inputs.

    Raises:
        GradvizError: it would have more than 10,000 characters.

    >>> from gradviz import graph
    >>> formula(graph("q = x + y; f = q * q").gradient("x"))
    '2*(x + y)'
    """
    leaves = [i for i, row in enumerate(graph.gates) if row is INPUT]
    root = graph.output if node is None else graph.id(node)
    return Notation(graph, leaves).formulas([root], lets=False).texts()[0]


def gate_formula(graph: Graph, node: int) -> str:
    """A gate on its operands as they are called: ``q*z``."""
    names = graph.names
    parts: list[Expression] = [
        constant(names[j], graph.data[j] or 0.0) if graph.gates[j] is CONST else Name(_NOWHERE, names[j])
        for j in graph.operands(node)
    ]
    return unparse(applied(graph.gates[node], parts, frozenset()))


class Notation:
    """How the nodes of a graph are written.

    Args:
        graph: where they stand.
        named: the nodes that are written by their name; else all that a person named.
    """

    def __init__(self, graph: Graph, named: Collection[int] | None = None) -> None:
        if named is None:
            named = [i for i, own in enumerate(graph.given) if own is not None and graph.gates[i] is not CONST]
        self.graph, self.named = graph, frozenset(named)
        self.variables = frozenset(name.partition("[")[0] for name in graph.names)

    def formulas(self, roots: Sequence[int], *, called: Mapping[int, str] | None = None, lets: bool = True) -> Formulas:
        """Nodes as expressions.

        Args:
            roots: their ids.
            called: good names for let lines.
            lets: whether there may be let lines.

        Raises:
            GradvizError: all together would have more than 10,000 characters, or the source calls a variable as a
                function is called that is needed here.
        """
        return _Writer(self, roots, dict(called or {}), lets).write()


class _Writer:
    def __init__(self, notation: Notation, roots: Sequence[int], called: dict[int, str], lets: bool) -> None:
        self.graph, self.named, self.variables = notation.graph, notation.named, notation.variables
        self.roots, self.called = roots, called
        self.taken: set[str] = set()
        self.numbers = count(1)
        self.needed, self.uses = self._uses()
        self.lets: dict[int, str] = {}
        lengths = self._lengths()
        if lets and max((lengths[root] for root in roots), default=0) > _SHORT:
            self.taken.update(self.graph.names)
            lengths = self._lengths(choose=True)
        total = sum(lengths[i] for i in {*roots, *self.lets})
        if total > 3 * MAX_FORMULA:  # an estimate that is at most a few times too high
            raise too_long(total, about=True)

    def _uses(self) -> tuple[list[int], dict[int, int]]:
        """The nodes that have to be written, operands first, and in how many places each stands."""
        uses: dict[int, int] = {}
        waiting = list(self.roots)
        for root in self.roots:
            uses[root] = uses.get(root, 0) + 1
        seen: set[int] = set()
        while waiting:
            i = waiting.pop()
            if i in seen or i in self.named:
                continue
            seen.add(i)
            for j in self.graph.operands(i):
                uses[j] = uses.get(j, 0) + 1
                waiting.append(j)
        return sorted(seen), uses

    def _lengths(self, *, choose: bool = False) -> dict[int, int]:
        """About how many characters each node takes; with ``choose`` let lines are chosen on the way."""
        graph, names = self.graph, self.graph.names
        inline: dict[int, int] = {i: len(names[i]) for i in self.uses if i in self.named}
        depth: dict[int, int] = {}
        for i in self.needed:
            operands = graph.operands(i)
            parts = [len(self.lets[j]) if j in self.lets else inline[j] for j in operands]
            row = graph.gates[i]
            own = 5 if row.infix and len(operands) == 2 else 4 + len(row.name)
            inline[i] = min(sum(parts) + own, 10**12) if operands else len(names[i])
            depth[i] = 1 + max((0 if j in self.lets else depth.get(j, 0) for j in operands), default=0)
            again = self.uses[i] > 1 and inline[i] >= _WORTH
            if choose and operands and (again or depth[i] > _DEEP):
                self.lets[i] = self._let_name(i)
        return inline

    def _let_name(self, node: int) -> str:
        wanted = self.called.get(node)
        if wanted is not None and wanted not in self.taken:
            name = wanted
        else:
            name = next(name for number in self.numbers if (name := f"t{number}") not in self.taken)
        self.taken.add(name)
        return name

    def write(self) -> Formulas:
        trees: dict[int, Expression] = {}
        lines: list[tuple[str, Expression]] = []
        graph = self.graph
        for i in self.uses:
            if i in self.named:
                trees[i] = Name(_NOWHERE, graph.names[i])
        for i in self.needed:
            row = graph.gates[i]
            if row is CONST:
                trees[i] = constant(graph.names[i], graph.data[i] or 0.0)
            elif not graph.operands(i):
                trees[i] = Name(_NOWHERE, graph.names[i])
            else:
                trees[i] = applied(row, [trees[j] for j in graph.operands(i)], self.variables)
            if i in self.lets:
                lines.append((self.lets[i], trees[i]))
                trees[i] = Name(_NOWHERE, self.lets[i])
        found = Formulas(tuple(trees[root] for root in self.roots), tuple(lines))
        total = sum(map(len, found.texts())) + sum(len(a) + len(b) for a, b in found.let_texts())
        if total > MAX_FORMULA:
            raise too_long(total)
        return found


def too_long(characters: int, *, about: bool = False) -> GradvizError:
    """The error for a formula that nobody would read."""
    size = "millions of" if characters >= 2_000_000 else f"{'about ' if about else ''}{characters:,}"
    return GradvizError(
        f"written out this would have {size} characters, and nobody reads more than {MAX_FORMULA:,}",
        expected="a smaller graph, or names for its parts: q = x + y",
        hint="--wrt NAME for one derivative alone, or gradviz show for its number",
    )


def constant(text: str, value: float) -> Expression:
    """A literal number, as it was written where that reads back."""
    if text in CONSTANTS or _LITERAL.fullmatch(text):
        return Name(_NOWHERE, text) if text in CONSTANTS else Number(_NOWHERE, text, value)
    top, slash, below = text.partition("/")
    if slash and _LITERAL.fullmatch(top) and _LITERAL.fullmatch(below):
        return Binary(_NOWHERE, "/", Number(_NOWHERE, top, float(top)), Number(_NOWHERE, below, float(below)))
    if value != value or value in (float("inf"), float("-inf")):
        raise GradvizError(f"a constant in this graph is {value}, and a formula has no sign for it")
    return Number(_NOWHERE, repr(value), value)


def applied(row: Gate, operands: Sequence[Expression], variables: frozenset[str]) -> Expression:
    """A gate on expressions, as the language writes it."""
    if row.pattern is Pattern.COPIES:
        return operands[0]
    sign = "^" if row.infix == "**" else row.infix
    if sign == "-" and len(operands) == 1:
        return minus(operands[0])
    if sign is not None and len(operands) == 2:
        return chained(sign, operands[0], operands[1])
    arguments = (Vector(_NOWHERE, tuple(operands)),) if row.arity is None and len(operands) == 1 else tuple(operands)
    return Call(_NOWHERE, spelling(row, variables), arguments)


def chained(sign: str, left: Expression, right: Expression) -> Expression:
    """``left sign right``, a product or sum on the right without its brackets: ``a*(b*c)`` is ``a*b*c``."""
    alike = {"*": "*/", "+": "+-"}.get(sign, "")
    spine: list[Binary] = []
    while isinstance(right, Binary) and right.op in alike:
        spine.append(right)
        right = right.left
    found = Binary(_NOWHERE, sign, left, right)
    for part in reversed(spine):
        found = Binary(_NOWHERE, part.op, found, part.right)
    return found


def minus(expression: Expression) -> Expression:
    """``-x``; a product gets its minus at the first factor: ``-2*x``, ``-x/y``."""
    spine: list[Binary] = []
    while isinstance(expression, Binary) and expression.op in ("*", "/"):
        spine.append(expression)
        expression = expression.left
    if isinstance(expression, Number) and not expression.text.startswith("-"):
        found: Expression = Number(_NOWHERE, f"-{expression.text}", -expression.value)
    else:
        found = Unary(_NOWHERE, expression)
    for product in reversed(spine):
        found = Binary(_NOWHERE, product.op, found, product.right)
    return found


def spelling(row: Gate, variables: frozenset[str]) -> str:
    """A word that calls the gate, and that no variable has.

    Raises:
        GradvizError: the variables have all of them.
    """
    for name in (row.name, *row.spellings):
        if name not in variables and GATES.get(name, row) is row:
            return name
    raise GradvizError(
        f"the derivative needs the function {row.name}, and here {row.name} is a variable",
        expected="another name for the variable",
        hint=f"{row.name}_1 instead of {row.name}",
    )

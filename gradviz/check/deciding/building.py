"""Trees of two sides -> the tapes that are run.

Names become nodes of the problem, ∂a/∂b a leaf for the backward pass over it; a formula that is differentiated in
place (``∂/∂y (y − t)²``) is built into the problem first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from gradviz.check.deciding.sides import Derived, NotDecidable, Sides
from gradviz.draft import Draft
from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import CONST, GATES, INPUT, Gate
from gradviz.graph import Graph, Tape, listed
from gradviz.language.arrays import Array
from gradviz.language.elaborate import Elaborator
from gradviz.language.scope import CONSTANTS, function_named
from gradviz.language.syntax import Binary, Derivative, Expression, Name, Number, Prime, children, unparse
from gradviz.language.walk import Walk


class _Base:
    """The problem, growing by what the sides need. Also the target on which formulas in place are built."""

    def __init__(self, graph: Graph | None, free: Sequence[str]) -> None:
        self.draft = Draft(graph.text if graph else None)
        if graph is not None:
            tape = graph.tape
            self.draft.tape = Tape(list(tape.gates), list(tape.first), list(tape.second), dict(tape.more))
            self.draft.names, self.draft.data = list(graph.given), list(graph.data)
            self.draft.spans = list(graph.spans) or [None] * len(graph)
            self.draft.calls = list(graph.calls)
        self.ids = (
            {
                name: i
                for i, name in enumerate(graph.names)
                if graph.given[i] is not None and graph.gates[i] is not CONST
            }
            if graph
            else {}
        )
        for letter in free:
            if letter not in self.ids:
                self.ids[letter] = self.draft.input(letter, None)

    def find(self, word: str) -> int | Array[int] | None:
        """A node, or the vector of the entries ``z[0]``, ``z[1]`` …; None for the constants e and π."""
        if word in self.ids:
            return self.ids[word]
        entries = [(tuple(map(int, m[1].split(","))), i) for name, i in self.ids.items() if (m := _entry(word, name))]
        if entries:
            shape = tuple(max(each) + 1 for each in zip(*(position for position, _ in entries), strict=True))
            return Array(shape, tuple(i for _, i in sorted(entries)))
        if word in CONSTANTS:
            return None
        known = list(self.ids)
        raise GradvizError(
            f"{word!r} is no name of this problem",
            expected="one of " + listed(known) if known else "a name of the problem",
            hint=did_you_mean(word, known),
        )

    def const(self, value: float, text: str, span: Any) -> int:
        return self.draft.const(value, text)

    def gate(self, name: str, operands: Sequence[int], span: Any) -> int:
        return self.draft.gate(name, operands)

    def call(self, function: str, arguments: Sequence[int], output: int, first: int) -> None:
        """Nothing to remember."""


def _entry(word: str, name: str) -> re.Match[str] | None:
    return re.fullmatch(re.escape(word) + r"\[(\d+(?:,\d+)*)\]", name)


class _Upper:
    """The target for the gates of the sides: every distinct gate once."""

    def __init__(self, base: _Base) -> None:
        self.base = base
        self.tape = Tape([], [], [], {})
        self.known: dict[Any, int] = {}
        self.nodes: dict[int, int] = {}
        self.derivatives: dict[int, Derived] = {}
        self.literals: dict[int, tuple[float, str]] = {}

    def node(self, key: Any, row: Gate, operands: Sequence[int] = ()) -> int:
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = len(self.tape.gates)
            self.tape.append(row, operands)
        return found

    def const(self, value: float, text: str, span: Any) -> int:
        found = self.node(("literal", text), CONST)
        self.literals[found] = value, text
        return found

    def gate(self, name: str, operands: Sequence[int], span: Any) -> int:
        return self.row(GATES[name], operands)

    def row(self, row: Gate, operands: Sequence[int]) -> int:
        return self.node((row.name, *operands), row, operands)

    def call(self, function: str, arguments: Sequence[int], output: int, first: int) -> None:
        """Nothing to remember."""

    def leaf(self, i: int) -> int:
        found = self.node(("node", i), INPUT)
        self.nodes[found] = i
        return found

    def derivative(self, of: int, by: int) -> int:
        if of != by and not _behind(self.base.draft.tape, of)[by]:
            return self.const(0.0, "0", None)  # it does not depend on it
        found = self.node(("derivative", of, by), INPUT)
        self.derivatives[found] = Derived(of, by)
        return found


@dataclass
class _Names:
    """What names mean: nodes of the base, wrapped for the target."""

    base: _Base
    wrap: Any

    def variable(self, name: Name) -> Any:
        found = self.base.find(name.name)
        if isinstance(found, Array):
            return Array(found.shape, tuple(self.wrap(i) for i in found.entries))
        return None if found is None else self.wrap(found)

    def entry(self, name: Name, position: tuple[int, ...]) -> Any:
        i = self.base.ids.get(f"{name.name}[{','.join(map(str, position))}]")
        return None if i is None else self.wrap(i)


class _Below(Elaborator[int]):
    """Builds a formula that is differentiated, into the base."""

    def walk(self, expression: Expression) -> Walk[Any]:
        if isinstance(expression, Derivative):
            raise NotDecidable("a derivative of a derivative is not checked here; a person has to look at it")
        if isinstance(expression, Prime):
            raise NotDecidable("a derivative of σ′ and the like is not checked here; a person has to look at it")
        return (yield from super().walk(expression))


class _Above(Elaborator[int]):
    """Builds a side."""

    def walk(self, expression: Expression) -> Walk[Any]:
        if isinstance(expression, Derivative):
            return self._derivative(expression)
        if isinstance(expression, Prime):
            return (yield self._prime(expression))
        return (yield from super().walk(expression))

    @property
    def upper(self) -> _Upper:
        assert isinstance(self.target, _Upper)
        return self.target

    def _derivative(self, expression: Derivative) -> int:
        base = self.upper.base
        below = _Below(base, _Names(base, lambda i: i), None)
        of, by = below.build(expression.of), below.build(expression.by)
        if isinstance(of, Array) or isinstance(by, Array):
            raise NotDecidable("matrix calculus is not checked here: write the derivative by each entry")
        if base.draft.tape.gates[by] is CONST:
            raise GradvizError(f"there is no derivative by the number {unparse(expression.by)}")
        if base.draft.tape.gates[of] is not CONST and of < by and _behind(base.draft.tape, by)[of]:
            raise NotDecidable(
                f"{unparse(expression.of)} does not depend on {unparse(expression.by)}; are the two turned round?"
            )
        return self.upper.derivative(of, by)

    def _prime(self, expression: Prime) -> Walk[Any]:
        word = expression.function
        base = self.upper.base
        if word in base.ids:
            argument = expression.argument
            if isinstance(argument, Name) and isinstance(base.find(argument.name), int):
                return self._derivative(Derivative(expression.span, Name(expression.span, word), argument))
            raise NotDecidable(f"{word}′ is known at its own input only; say what it is there, or a person has to look")
        row = GATES.get(function_named(word) or "")
        if row is None or row.arity not in (1, 2) or (row.arity == 2 and not row.defaults):
            raise NotDecidable(
                f"{word} is no function of one variable that is known here, so {word}′ cannot be checked"
            )
        inner = yield self.walk(expression.argument)
        if isinstance(inner, Array):
            return Array(inner.shape, tuple(self._slope(row, entry) for entry in inner.entries))
        return self._slope(row, inner)

    def _slope(self, row: Gate, inner: int) -> int:
        operands = [inner, *(self.upper.const(value, f"{value:g}", None) for value in row.defaults)]
        out = self.upper.row(row, operands)
        return self.upper.row(slope(row), (out, *operands))


@cache
def slope(row: Gate) -> Gate:
    """The local derivative of a gate as a gate of its own, on (out, its operands).

    >>> slope(GATES["sigmoid"]).value(0.5, 0.0)
    0.25
    """
    names = dict(zip(("out", "a", "b"), "abc", strict=True))
    text = re.sub(r"\b(out|a|b)\b", lambda found: names[found[0]], row.partials[0])
    return Gate(f"{row.name}′", f"{row.glyph}′", text, ("0",) * (len(row.operand_names.split(",")) + 1),
                arity=(row.arity or 1) + 1)  # fmt: skip


def _behind(tape: Tape, node: int) -> bytearray:
    marks = bytearray(len(tape.gates))
    marks[node] = 1
    for i in range(node, -1, -1):
        if marks[i]:
            for j in tape.of(i):
                marks[j] = 1
    return marks


def _constant(tree: Expression, base: _Base) -> bool:
    """A number, or e: what stands in its exponent is no order but a value, ``e^0 / S``."""
    return isinstance(tree, Number) or (isinstance(tree, Name) and tree.name not in base.ids)


def sides(left: Expression, right: Expression, graph: Graph | None, free: Iterable[str] = ()) -> Sides:
    """Read two sides against a problem.

    Args:
        left, right: trees; names are nodes of the problem, or free letters.
        graph: the problem; None for an identity in free letters.
        free: letters that stand for any number, as in ``σ'(a) = σ(a)(1 − σ(a))``.

    Raises:
        GradvizError: a name that is neither; shapes that do not fit.
        NotDecidable: something that is out of reach here.
    """
    letters = tuple(dict.fromkeys(free))
    base = _Base(graph, letters)
    upper = _Upper(base)
    roots: list[int] = []
    for side in (left, right):
        built = _Above(upper, _Names(base, upper.leaf), None).build(side)
        if isinstance(built, Array):
            raise NotDecidable("matrix calculus is not checked here: this side is a vector, write its entries")
        roots.append(built)
    typed: dict[int, str] = {}
    exponents, bases = set[int](), set[int]()
    waiting: list[tuple[Expression, bool]] = [(left, False), (right, False)]
    while waiting:
        node, exponent = waiting.pop()
        if isinstance(node, Number) and (i := upper.known.get(("literal", node.text))) is not None:
            typed.setdefault(i, node.text)
            (exponents if exponent else bases).add(i)
        if not isinstance(node, Derivative):
            power = isinstance(node, Binary) and node.op == "^" and not _constant(node.left, base)
            waiting += [(part, exponent or (power and k == 1)) for k, part in enumerate(children(node))]
    left_root, right_root = roots
    return Sides(
        base=base.draft.graph(graph.output if graph is not None else 0),
        free=letters,
        tape=upper.tape,
        nodes=upper.nodes,
        derivatives=upper.derivatives,
        literals=upper.literals,
        typed=typed,
        exponents=exponents - bases,
        left=left_root,
        right=right_root,
    )


def read_side(text: str, names: Iterable[str]) -> Expression:
    """One side from a text, for which the names are known."""
    from gradviz.language import parse

    program = parse(text, names)
    if len(program.statements) != 1 or program.statements[0].name is not None:
        raise GradvizError(f"a side is one expression, not {text!r}", expected="such as z*(1 - z)")
    return program.statements[0].expression

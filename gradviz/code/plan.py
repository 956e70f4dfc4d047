"""Plan: the lines of a program over a graph, forward and backward, spelled for one target.

One printer for all targets: a line's text comes from the row of its gate. Equal gates over equal kinds of
operands share one template, so that long programs are written quickly.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from gradviz.code import signs
from gradviz.code.identifiers import Names
from gradviz.code.spelling import Spelling, Writer, inline, row_signs, slope_parameters
from gradviz.code.terms import Term, contribution, filled, name, number
from gradviz.formulas import read
from gradviz.gates import CONST, INPUT, Gate
from gradviz.graph import Graph

_HOLE = re.compile("\x01(\\w+)\x02")


class Forward(NamedTuple):
    """A line that computes a node."""

    node: int
    target: str
    text: str


class Backward(NamedTuple):
    """A line that gives a node its gradient, or adds to it."""

    node: int  # the node that receives
    gate: Gate | None  # the gate that hands on, at its first line
    target: str
    adds: bool
    bare: bool  # the text is another gradient or a number: what is added to must not change it
    text: str
    values: tuple[int, ...]  # nodes whose values the text reads


class _Text(NamedTuple):
    """A text with holes for names: literal parts and hole labels in turn."""

    parts: tuple[str, ...]

    def fill(self, names: dict[str, str]) -> str:
        return "".join(names[p] if i % 2 else p for i, p in enumerate(self.parts))

    @property
    def holes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.parts[1::2]))


class Template(NamedTuple):
    forward: _Text
    backward: tuple[_Text | None, ...]
    sign: int


@dataclass(frozen=True, eq=False)
class Plan:
    """What there is to write: the graph, the target's spelling, and names that the target reserves."""

    graph: Graph
    spelling: Spelling
    reserved: frozenset[str]

    @cached_property
    def needed(self) -> list[int]:
        """The nodes to compute: those that reach the output, and every input."""
        graph = self.graph
        return [i for i, row in enumerate(graph.gates) if graph.reaches[i] or row is INPUT]

    @cached_property
    def inputs(self) -> list[int]:
        """The inputs, in order."""
        return [i for i in self.needed if self.graph.gates[i] is INPUT]

    @cached_property
    def _templates(self) -> tuple[dict[int, Template], dict[str, str]]:
        """The template of every inner node, and the helpers that they call."""
        graph, templates = self.graph, _Templates(self.spelling)
        known: dict[int, int] = {}
        found: dict[int, Template] = {}
        for i in self.needed:
            row = graph.gates[i]
            if row is INPUT:
                known[i] = signs.ANY
            elif row is not CONST:
                kinds = tuple(_kind(graph, j, known) for j in graph.tape.of(i))
                found[i] = templates.of(row, kinds)
                known[i] = found[i].sign
        return found, templates.helpers

    @property
    def templates(self) -> dict[int, Template]:
        """The texts of every inner node."""
        return self._templates[0]

    @property
    def helpers(self) -> dict[str, str]:
        """The small functions that the program calls: name and source, in order."""
        return self._templates[1]

    @cached_property
    def names(self) -> dict[int, str]:
        """The variable of every node."""
        return self._names[0]

    @cached_property
    def grads(self) -> dict[int, str]:
        """The variable of every gradient."""
        return self._names[1]

    @cached_property
    def _names(self) -> tuple[dict[int, str], dict[int, str]]:
        names = Names({*self.reserved, *self.helpers})
        own = {i: n for i, n in enumerate(self.graph.names) if self.graph.gates[i] is not CONST}
        variables = {i: names.fresh(own[i]) for i in self.needed if i in own}
        return variables, {i: names.fresh("d" + own[i]) for i in variables}

    @property
    def function(self) -> str:
        """The name of the program's function: the output's."""
        return self.names.get(self.graph.output, "constant")

    @cached_property
    def forward(self) -> list[Forward]:
        """One line a gate, operands before users."""
        names, templates = self.names, self.templates
        return [Forward(i, names[i], t.forward.fill(self._filling(i))) for i, t in templates.items()]

    def _filling(self, node: int) -> dict[str, str]:
        names = self.names
        fill = {f"a{slot}": names[j] for slot, j in enumerate(self.graph.tape.of(node)) if j in names}
        fill["out"], fill["g"] = names[node], self.grads[node]
        return fill

    @cached_property
    def backward(self) -> list[Backward]:
        """The gradients, last gate first: the first contribution of a node sets, later ones add."""
        graph, grads = self.graph, self.grads
        started: set[int] = {graph.output}
        lines: list[Backward] = []

        def nothing_yet(node: int) -> None:
            if node not in started:
                started.add(node)
                lines.append(Backward(node, None, grads[node], False, True, ZERO, ()))

        for i, template in reversed(self.templates.items()):
            if graph.constant[i]:
                continue
            nothing_yet(i)
            fill, row = self._filling(i), graph.gates[i]
            ids = graph.tape.of(i)
            first: Gate | None = row
            for j, text in zip(ids, template.backward, strict=True):
                if text is None or graph.constant[j]:
                    continue
                reads = tuple(i if hole == "out" else ids[int(hole[1:])] for hole in text.holes if hole != "g")
                bare = not any(text.parts[::2])
                lines.append(Backward(j, first, grads[j], j in started, bare, text.fill(fill), reads))
                started.add(j)
                first = None
        for j in self.inputs:
            nothing_yet(j)
        return lines

    def saved(self, lines: Iterable[Backward]) -> list[int]:
        """The nodes whose values these lines read, in order."""
        return sorted({j for line in lines for j in line.values})


#: The text of a gradient to which nothing contributes; each target has its own.
ZERO = "\x00"


class _Templates:
    """The texts of gates over kinds of operands, each made once."""

    def __init__(self, spelling: Spelling) -> None:
        self.spelling = spelling
        self.helpers: dict[str, str] = {}
        self._made: dict[tuple[Gate, str], Template] = {}

    def of(self, row: Gate, kinds: tuple[int | float, ...]) -> Template:
        """The template of a gate; a kind is a number (float) or the possible signs of a variable (int)."""
        key = (row, repr(kinds))
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._make(row, kinds)
        return found

    def _make(self, row: Gate, kinds: Sequence[int | float]) -> Template:
        terms = [number(k) if isinstance(k, float) else name(f"\x01a{slot}\x02") for slot, k in enumerate(kinds)]
        known = {f"\x01a{slot}\x02": k for slot, k in enumerate(kinds) if isinstance(k, int)}
        value = _value(row, terms)
        sign = signs.sign(value, known, row_signs)
        out = name("\x01out\x02")
        writer = Writer(self.spelling, {**known, out.id: sign})
        writer.helpers = self.helpers
        forward = _text(self._forward(writer, row, value, terms))
        backward = tuple(self._backward(writer, row, slot, terms, out) for slot in range(len(terms)))
        return Template(forward, backward, sign)

    def _forward(self, writer: Writer, row: Gate, value: Term, terms: Sequence[Term]) -> str:
        spelling = self.spelling
        if isinstance(value, ast.Constant):
            return writer.lifted(value)
        if row.name in spelling.native:
            texts = [writer.lifted(term) for term in terms]
            return spelling.native[row.name].format(args=", ".join(texts), **dict(zip("abc", texts, strict=False)))
        if spelling.gate is not None and _bends(row):
            return f"{spelling.gate(writer, row, len(terms))}({', '.join(map(writer.lifted, terms))})"
        if row.arity is None or inline(value):
            return writer.text(value)
        return f"{writer.row(row.name)}({', '.join(map(writer.text, terms))})"

    def _backward(self, writer: Writer, row: Gate, slot: int, terms: Sequence[Term], out: Term) -> _Text | None:
        operands = {**dict(zip("abc", terms, strict=False)), "out": out}
        if row.arity is None:
            operands["a"] = terms[slot]
        local = filled(row.partials[0 if row.arity is None else slot], operands, terms)
        upstream = name("\x01g\x02")
        if row.arity is not None and not inline(local):
            read_names = slope_parameters(row.name, slot)
            given_to = ", ".join(writer.lifted(operands[parameter]) for parameter in read_names)
            local = name(f"{writer.slope(row.name, slot)}({given_to})")
        given = contribution(local, upstream, selects=row.selects)
        return None if given is None else _text(writer.text(given))


def _bends(row: Gate) -> bool:
    """Whether the derivative of a row is more than what the rules of calculus make of its formula.

    Frameworks know powers, comparisons and the largest of several themselves.
    """
    if row.infix or row.formula in ("largest(args)", "smallest(args)", "total(args)"):
        return False
    texts = (row.formula, *row.partials)
    return row.kink is not None or row.selects or any(" if " in t for t in texts) or not inline(read(row.formula))


def _value(row: Gate, terms: Sequence[Term]) -> Term:
    return filled(row.formula, dict(zip("abc", terms, strict=False)), terms)


def _text(text: str) -> _Text:
    return _Text(tuple(_HOLE.split(text)))


def _kind(graph: Graph, node: int, known: dict[int, int]) -> int | float:
    data = graph.data[node]
    return float(data) if graph.gates[node] is CONST and data is not None else known[node]

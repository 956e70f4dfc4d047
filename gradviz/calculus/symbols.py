"""Symbols: a graph that grows, each expression in it once.

New nodes stand after those of the graph it began with, so ids stay what they were and operands stand before their
users. Asking for a gate on the same operands again gives the same node (hash-consing): what is shared stays shared,
and a derivative is never larger than a few times the graph. The rules that make expressions shorter are in
``simplify.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import gcd

from gradviz.draft import Draft
from gradviz.errors import GradvizError
from gradviz.gates import CONST, INPUT, Gate
from gradviz.graph import Graph

Ratio = tuple[float, float]  # a constant factor p/q, q > 0: 1/2 stays 1/2

#: The most nodes that derivatives may add.
MOST_NEW = 10_000_000

_WHOLE = 2.0**53  # up to here every whole number is a float
_CLOSE = 8 * 2.0**-53


class Symbols:
    """A graph that grows.

    >>> from gradviz import graph
    >>> s = Symbols(graph("f = x * y"))
    >>> from gradviz.gates import gate
    >>> s.node(gate("mul"), (1, 0)) == s.node(gate("mul"), (0, 1)) == 2
    True
    """

    def __init__(self, graph: Graph) -> None:
        self.source = graph
        self.gates: list[Gate] = list(graph.gates)
        self.operands: list[Sequence[int]] = [graph.operands(i) for i in range(len(graph))]
        self.given: list[str | None] = list(graph.given)
        self.data: list[float | None] = list(graph.data)
        self.ratios: dict[int, Ratio] = {}
        self._numbers: dict[Ratio, int] = {}
        self._known: dict[tuple[str, Sequence[int]], int] = {}
        for i, row in enumerate(self.gates):
            if row is CONST:
                number = self.data[i]
                assert number is not None
                self.ratios[i] = reduced(number, 1.0)
                self._numbers.setdefault(self.ratios[i], i)
            elif self.operands[i]:
                self._known.setdefault(_key(row, self.operands[i]), i)

    def __len__(self) -> int:
        return len(self.gates)

    def atom(self, node: int) -> bool:
        """Whether the node is written by its name: a rule never looks inside.

        The output is one only where its gate has a name: a slope is ``f*(1 - f)``, but ``-1/x^2`` and not ``-f/x``.
        """
        if not self.operands[node]:
            return True
        return self.given[node] is not None and (node != self.source.output or self.gates[node].infix is None)

    def number(self, node: int) -> float | None:
        """The number of a constant; None for everything else."""
        return self.data[node] if self.gates[node] is CONST else None

    def is_number(self, node: int, number: float) -> bool:
        """Whether the node is this constant."""
        return self.gates[node] is CONST and self.data[node] == number

    def const(self, number: float, of: float = 1.0) -> int:
        """The constant ``number / of``."""
        ratio = reduced(number, of)
        if ratio not in self._numbers:
            p, q = ratio
            text = plain(p) if q == 1 else f"{plain(p)}/{plain(q)}"
            self._numbers[ratio] = self._new(CONST, (), text, p / q)
            self.ratios[self._numbers[ratio]] = ratio
        return self._numbers[ratio]

    def node(self, row: Gate, operands: Sequence[int]) -> int:
        """The gate on these operands, as it stands: the one that is there already, or a new one."""
        key = _key(row, operands)
        if key not in self._known:
            self._known[key] = self._new(row, tuple(operands), None, None)
        return self._known[key]

    def _new(self, row: Gate, operands: Sequence[int], name: str | None, data: float | None) -> int:
        if len(self.gates) - len(self.source) > MOST_NEW:
            raise GradvizError(
                f"this derivative has more than {MOST_NEW:,} nodes", expected="a lower order, or a smaller graph"
            )
        self.gates.append(row)
        self.operands.append(operands)
        self.given.append(name)
        self.data.append(data)
        return len(self.gates) - 1

    def graph(self, outputs: Sequence[int], names: Mapping[int, str] | None = None) -> tuple[Graph, dict[int, int]]:
        """The Graph of some nodes (the last is its output), and the ids that the nodes have there.

        All inputs of the graph it began with stay, so that it takes the same numbers. ``names`` are for nodes
        that have none.
        """
        needed = self.behind(outputs)
        draft = Draft()
        ids: dict[int, int] = {}
        known = self.source.names
        for i, row in enumerate(self.gates):
            name = self.given[i]
            if name is not None and i < len(known):
                name = known[i]  # the second w is w_2, also where the first is not needed
            if row is INPUT:
                ids[i] = draft.input(known[i], self.data[i])
            elif needed[i] and row is CONST:
                number = self.data[i]
                assert number is not None
                ids[i] = draft.const(number, name or plain(number))
            elif needed[i]:
                if name is None and names:
                    name = names.get(i)
                ids[i] = draft.gate(row, [ids[j] for j in self.operands[i]], name=name)
        return draft.graph(ids[outputs[-1]]), ids

    def whole(self) -> Graph:
        """All nodes as a Graph, under their own ids, with the names that they have in the graph it began with."""
        draft = Draft()
        names = [*self.source.names, *self.given[len(self.source) :]]
        for name, row, operands, data in zip(names, self.gates, self.operands, self.data, strict=True):
            if row is INPUT:
                draft.input(name, data)
            elif data is not None:
                draft.const(data, name or plain(data))
            else:
                draft.gate(row, operands, name=name)
        return draft.graph(len(self) - 1)

    def behind(self, outputs: Iterable[int]) -> bytearray:
        """For every node 1 if one of the outputs depends on it, or is it."""
        marks = bytearray(len(self))
        for output in outputs:
            marks[output] = 1
        for i in range(len(self) - 1, -1, -1):
            if marks[i]:
                for j in self.operands[i]:
                    marks[j] = 1
        return marks

    def above(self, nodes: Iterable[int], last: int) -> bytearray:
        """For every node up to ``last`` 1 if it depends on one of ``nodes``, or is one."""
        marks = bytearray(len(self))
        for node in nodes:
            marks[node] = 1
        for i in range(last + 1):
            if not marks[i]:
                for j in self.operands[i]:
                    if marks[j]:
                        marks[i] = 1
                        break
        return marks


def _key(row: Gate, operands: Sequence[int]) -> tuple[str, Sequence[int]]:
    return row.name, tuple(sorted(operands) if row.commutes else operands)


def reduced(p: float, q: float) -> Ratio:
    """p/q in its shortest form: whole numbers without common divisors, else one decimal where it is short.

    >>> reduced(2.0, 4.0), reduced(0.1, 2.0), reduced(3.0, -1.0)
    ((1.0, 2.0), (0.05, 1.0), (-3.0, 1.0))
    """
    if q < 0:
        p, q = -p, -q
    p, q = tidy(p) + 0.0, tidy(q)  # + 0.0: never -0
    if q == 1:
        return p, q
    if p.is_integer() and q.is_integer() and max(abs(p), q) < _WHOLE:
        common = gcd(int(p), int(q)) or 1
        return p / common, q / common
    whole = tidy(p / q)
    return (whole, 1.0) if len(repr(whole)) <= 8 or p / q * q == p else (p, q)


def tidy(number: float) -> float:
    """The short decimal that was meant, where arithmetic left a last digit: 0.1 · 3 is 0.3.

    >>> tidy(0.1 * 3), tidy(1 / 3) == 1 / 3
    (0.3, True)
    """
    short = float(f"{number:.12g}")
    return short if abs(short - number) <= _CLOSE * abs(number) else number


def plain(number: float) -> str:
    """A number as the language writes it.

    >>> plain(2.0), plain(0.5), plain(1e300)
    ('2', '0.5', '1e+300')
    """
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

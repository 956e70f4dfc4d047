"""What a picture shows; how it shows it is the business of the painters.

A View is plain data: one Cell for every node that stays visible, in topological order, each with
its ordered Ports. Values and gradients are already formatted text; what is hidden is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Literal

from gradviz.draw.options import Options
from gradviz.draw.spelling import bracketed, folded_glyph, raised, typeset
from gradviz.explain import local_symbol
from gradviz.gates import CONST, COPY, INPUT, Pattern
from gradviz.graph import Graph, LibraryCall
from gradviz.noise import Shown, tidy
from gradviz.nonfinite import first_nonfinite
from gradviz.numerals import Numerals
from gradviz.passes import Trace

Kind = Literal["input", "const", "gate", "copy", "box"]
Mark = Literal["nonfinite", "tie"]


@dataclass(frozen=True, slots=True)
class Port:
    """One operand slot of a cell: where it is fed from and what flows back along it."""

    source: int  # index in View.cells of the cell that feeds this slot
    slot: int  # position among the gate's operands
    share: str | None = None  # the gradient contribution along this edge, as text
    local: str | None = None  # the local derivative, as text (only with --locals)


@dataclass(frozen=True, slots=True)
class Cell:
    """One visible node."""

    node: int  # id in the Graph
    key: str  # stable and unique: the name, or v1, v2, …
    kind: Kind  # "copy" is a plain renaming c = x; "box" a folded library function
    glyph: str  # what the gate's circle says: "×", "exp", "×−1"; "" for inputs and constants
    name: str | None = None  # what the user wrote; automatic names are never shown
    value: str | None = None  # None: nothing to show (hidden, or not computed)
    grad: str | None = None  # None: nothing to show (hidden, or not computed)
    ports: tuple[Port, ...] = ()
    mark: Mark | None = None  # the first gate that gave inf or nan; a max/min at a tie
    pattern: str = ""  # "distributor", "swapper", "router", … for the legend
    ordered: bool = False  # the order of the operands matters: a − b is not b − a


@dataclass(frozen=True, slots=True)
class View:
    """Everything a painter needs: cells in topological order, and which is the output."""

    cells: tuple[Cell, ...]
    output: int  # index in cells

    @property
    def branches(self) -> list[list[tuple[int, int]]]:
        """For every cell, the (cell, port) places that it feeds, in order: more than one is a fork."""
        feeds: list[list[tuple[int, int]]] = [[] for _ in self.cells]
        for i, cell in enumerate(self.cells):
            for k, port in enumerate(cell.ports):
                feeds[port.source].append((i, k))
        return feeds


def view(graph: Graph, trace: Trace | None, options: Options) -> View:
    """The visible part of a graph, with the numbers of a trace (None: structure and names only).

    >>> from gradviz import graph
    >>> g = graph("f = (x + y) * z", x=-2, y=5, z=-4)
    >>> [(c.key, c.glyph, c.value, c.grad) for c in view(g, g.trace(), Options()).cells]
    [('x', '', '-2', '-4'), ('y', '', '5', '-4'), ('v1', '+', '3', '-4'), ('z', '', '-4', '3'), ('f', '×', '-12', '1')]
    """
    return _Shown(graph, trace, options).view()


def size(graph: Graph, options: Options) -> int:
    """How many cells the view will have: known long before their numbers are."""
    shown = _Shown(graph, None, options)
    return len(shown.main) + len(shown.literals)


class _Shown:
    """Decides, node by node, what is drawn."""

    def __init__(self, graph: Graph, trace: Trace | None, options: Options) -> None:
        self.graph, self.trace, self.options = graph, trace and trace.shown, options
        self.numerals = options.numerals
        self.boxes = {call.output: call for call in folded_calls(graph, options.expanded)}
        self.inside = {i for call in self.boxes.values() for i in call.inside if i != call.output}
        self.main = [i for i in range(len(graph)) if graph.reaches[i] and i not in self.inside and not self._literal(i)]
        self.folded = {i: self._folded_slots(i) for i in self.main}
        self.literals = {
            j
            for i in self.main
            for slot, j in enumerate(graph.operands(i) if i not in self.boxes else ())
            if self._literal(j) and slot not in self.folded[i]
        }
        self.values = trace is not None and options.hide not in ("values", "all")
        self.grads = trace is not None and trace.gradients is not None and options.hide not in ("grads", "all")
        trouble = first_nonfinite(trace) if trace is not None and options.hide == "none" else None
        owner = {i: call.output for call in self.boxes.values() for i in call.inside}
        self.trouble = None if trouble is None else owner.get(trouble.node, trouble.node)
        self.shares = self._shares() if self.grads else {}

    def _literal(self, i: int) -> bool:
        """Whether a node is shown as one literal number: a constant, or an expression of constants (1/2)."""
        graph = self.graph
        return bool(graph.constant[i]) and i != graph.output and (graph.gates[i] is CONST or graph.given[i] is None)

    def _folded_slots(self, i: int) -> tuple[int, ...]:
        """The operands that go into the gate's own glyph: ``+1``, ``1/x``, ``x²``."""
        operands = self.graph.operands(i)
        constants = tuple(slot for slot, j in enumerate(operands) if self._literal(j))
        return constants if folded_glyph(self.graph.gates[i], constants, len(operands)) else ()

    def _shares(self) -> dict[tuple[int, int, int], float]:
        """The contribution along every visible edge: (drawn consumer, operand, slot). What crosses the side of
        a folded box is added up per argument."""
        assert self.trace is not None
        owner = {i: call.output for call in self.boxes.values() for i in call.inside}
        shares: dict[tuple[int, int, int], float] = {}
        for event in self.trace.events:
            consumer = owner.get(event.node, event.node)
            if consumer in self.boxes and owner.get(event.operand) == consumer:
                continue
            key = (consumer, event.operand, -1 if consumer in self.boxes else event.slot)
            shares[key] = shares.get(key, 0.0) + event.contribution
        if not isinstance(self.trace, Shown):
            return shares
        return {key: tidy(share, self.trace.noise[key[1]]) for key, share in shares.items()}

    def view(self) -> View:
        graph = self.graph
        place: dict[int, int] = {}
        cells: list[Cell] = []
        for i in sorted({*self.main, *self.literals}):
            place[i] = len(cells)
            cells.append(self._cell(i, place))
        return View(tuple(cells), place[graph.output])

    def _cell(self, i: int, place: dict[int, int]) -> Cell:
        graph, trace = self.graph, self.trace
        row, name = graph.gates[i], graph.given[i]
        if self._literal(i):
            mark: Mark | None = None if isfinite(self.constants[i]) or self.options.hide != "none" else "nonfinite"
            return Cell(i, f"{graph.names[i]}-{i}", "const", "", self._spelled(i), mark=mark)
        kind: Kind = "input" if row is INPUT else "box" if i in self.boxes else "copy" if row is COPY else "gate"
        return Cell(
            i,
            graph.names[i],
            kind,
            "" if kind in ("input", "copy") else self._glyph(i),
            name,
            self.numerals.text(trace.values[i]) if trace is not None and self.values else None,
            self.numerals.text(trace.gradients[i])
            if trace is not None and trace.gradients is not None and self.grads
            else None,
            tuple(self._ports(i, place)),
            self._mark(i),
            "" if kind in ("input", "box") else row.pattern.value,
            kind == "gate" and not row.commutes,
        )

    def _ports(self, i: int, place: dict[int, int]) -> Iterable[Port]:
        graph = self.graph
        if i in self.boxes:
            sources = [j for j in dict.fromkeys(self._crossing(self.boxes[i])) if j in place]
            for slot, j in enumerate(sources):
                yield Port(place[j], slot, self._share(i, j, -1))
            return
        for slot, j in enumerate(graph.operands(i)):
            if j in place:
                constant = bool(graph.constant[j])
                yield Port(place[j], slot, None if constant else self._share(i, j, slot), self._local(i, slot))

    def _crossing(self, call: LibraryCall) -> Iterable[int]:
        """What a box reads: its arguments in order, then anything else that crosses its side."""
        graph = self.graph
        reads = [j for i in sorted(call.inside) for j in graph.operands(i) if j not in call.inside]
        return [j for j in (*call.arguments, *reads) if j in reads and not graph.constant[j]]

    def _share(self, i: int, j: int, slot: int) -> str | None:
        share = self.shares.get((i, j, slot))
        return None if share is None else self.numerals.text(share)

    def _local(self, i: int, slot: int) -> str | None:
        graph, trace = self.graph, self.trace
        j = graph.operands(i)[slot]
        if not self.options.locals or graph.constant[j]:
            return None
        if trace is None or not self.values or not self.grads:
            return f"∂{graph.names[i]}/∂{graph.names[j]}" if graph.given[i] and graph.given[j] else None
        values = [trace.values[k] for k in graph.operands(i)]
        number = self.numerals.text(graph.gates[i].locals(trace.values[i], *values)[slot])
        symbol = local_symbol(trace, i, slot)
        names = {graph.names[k] for k in (i, *graph.operands(i)) if not graph.given[k] and not graph.constant[k]}
        if not any(c.isalpha() for c in symbol) or any(n in symbol for n in names):
            return number  # "2 = 2" says nothing
        return f"{symbol} = {number}"

    def _mark(self, i: int) -> Mark | None:
        graph, trace = self.graph, self.trace
        absorbed = [graph.operands(i)[slot] for slot in self.folded[i]]
        if i == self.trouble or not all(isfinite(self.constants[j]) for j in absorbed):
            return "nonfinite"
        if trace is None or self.options.hide != "none" or graph.gates[i].kink is None or i in self.boxes:
            return None
        tie = graph.gates[i].at_kink(trace.values[i], *[trace.values[j] for j in graph.operands(i)])
        return "tie" if tie else None

    def _glyph(self, i: int) -> str:
        graph = self.graph
        if i in self.boxes:
            return self.boxes[i].function
        operands = graph.operands(i)
        constants = self.folded[i]
        template = folded_glyph(graph.gates[i], constants, len(operands))
        if template is None:
            return graph.gates[i].glyph
        return raised(template.format(*[bracketed(self._spelled(operands[k]), template) for k in constants]))

    def _spelled(self, i: int) -> str:
        """A constant as it was written, where that is short."""
        graph = self.graph
        if graph.gates[i] is CONST:
            return typeset(graph.names[i])
        span = graph.spans[i] if graph.spans else None
        if span is not None and graph.text is not None and span[1] - span[0] <= 8:
            return typeset(graph.text[span[0] : span[1]])
        return self.numerals.text(self.constants[i])

    @cached_property
    def constants(self) -> dict[int, float]:
        """The numbers of all constant nodes: known also where no values were given."""
        graph, numbers = self.graph, dict[int, float]()
        for i, row in enumerate(graph.gates):
            if graph.constant[i]:
                data = graph.data[i]
                numbers[i] = row.value(*[numbers[j] for j in graph.operands(i)]) if data is None else data
        return numbers


def folded_calls(graph: Graph, expanded: frozenset[str]) -> list[LibraryCall]:
    """The library functions drawn as one box: not expanded, and nothing inside is used outside.

    Where one stands inside another, the outer one is the box.
    """
    if not graph.calls or "all" in expanded:
        return []
    users: dict[int, set[int]] = {}
    for i in range(len(graph)):
        for j in graph.operands(i):
            users.setdefault(j, set()).add(i)
    chosen: list[LibraryCall] = []
    covered: set[int] = set()
    for call in sorted(graph.calls, key=lambda c: (-len(c.inside), c.output)):
        hidden = call.inside - {call.output}
        private = all(users.get(i, set()) <= call.inside and graph.output != i for i in hidden)
        if call.function not in expanded and private and hidden and not call.inside & covered:
            chosen.append(call)
            covered |= call.inside
    return chosen


def patterns(view: View) -> list[Pattern]:
    """The gate patterns that occur in a picture, in the order of the table: its legend."""
    shown = {cell.pattern for cell in view.cells}
    if any(len(branches) > 1 for branches in view.branches):
        shown.add(Pattern.COPIES.value)
    return [pattern for pattern in Pattern if pattern.value in shown and pattern is not Pattern.NONE]


__all__ = ["Cell", "Numerals", "Port", "View", "folded_calls", "patterns", "size", "view"]

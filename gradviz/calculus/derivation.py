"""Derivatives of any order with their formulas, and the chain rule spelled out gate by gate.

All sentences are templates with named fields and stand together, so that they can be translated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

from gradviz.calculus.adjoints import Calculus, derivative_name, target
from gradviz.calculus.notation import Formulas, Notation
from gradviz.errors import GradvizError
from gradviz.gates import CONST
from gradviz.graph import Graph
from gradviz.numerals import superscript

#: The most derivatives that are made at once.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Derivative:
    """One derivative of the output.

    Args:
        by: the ids of the nodes it is taken by; several for a higher order.
        symbol: its node in the symbols of the derivation.
        value: its number; None without numbers.
    """

    by: tuple[int, ...]
    symbol: int
    value: float | None


class Derivation:
    """Derivatives of a graph's output, of one order.

    Args:
        graph: what is differentiated.
        wrt: names (or ids) of nodes; all inputs where it is None.
        order: 1 for first derivatives, 2 for all second partials, …

    Raises:
        GradvizError: an unknown name, an order below 1, more than 1,000 derivatives.

    >>> from gradviz import graph
    >>> d = Derivation(graph("f = x^2 * y", x=3, y=1), order=2)
    >>> [(d.label(one), d.formulas(one).texts()[0], one.value) for one in d]
    [('d²f/dx²', '2*y', 2.0), ('d²f/dxdy', '2*x', 6.0), ('d²f/dy²', '0', 0.0)]
    """

    def __init__(self, graph: Graph, wrt: Sequence[str | int] | None = None, order: int = 1) -> None:
        if order < 1:
            raise GradvizError(
                f"order {order} is no derivative" + (": order 0 is the function itself" if order == 0 else ""),
                expected="a whole number from 1 on",
                hint="--order 1",
            )
        self.graph, self.order = graph, order
        self.targets = [target(graph, name) for name in (_expanded(graph, wrt) if wrt is not None else graph.inputs)]
        self.targets = list(dict.fromkeys(self.targets))
        if not self.targets:
            raise GradvizError("the source has no input to differentiate by", expected="a name in it: f = x^2")
        ways = 1
        for k in range(order):  # how many combinations there are
            ways = ways * (len(self.targets) + k) // (k + 1)
            if ways > MOST:
                raise GradvizError(
                    f"there are more than {MOST:,} derivatives of order {order} by {len(self.targets):,} names",
                    expected="fewer names",
                    hint=f"--wrt {graph.names[self.targets[0]]}",
                )
        self.symbols = Calculus(graph)
        self.adjoints = self.symbols.adjoints(graph.output, self.targets)
        self.derivatives = self._made()

    def __iter__(self) -> Iterator[Derivative]:
        return iter(self.derivatives)

    def _made(self) -> list[Derivative]:
        zero = self.symbols.const(0)
        found: dict[tuple[int, ...], int] = {(node,): self.adjoints.get(node, zero) for node in self.targets}
        for length in range(2, self.order + 1):
            last = found
            found = {}
            for by in combinations_with_replacement(self.targets, length):
                if by[:-1] in last and by not in found:
                    rest = [node for node in self.targets if self.targets.index(node) >= self.targets.index(by[-2])]
                    adjoints = self.symbols.adjoints(last[by[:-1]], rest)
                    found.update({(*by[:-1], node): adjoints.get(node, zero) for node in rest})
        values = self._values(found)
        return [Derivative(by, symbol, value) for (by, symbol), value in zip(found.items(), values, strict=True)]

    def _values(self, found: dict[tuple[int, ...], int]) -> list[float | None]:
        if self.graph.missing:
            return [None] * len(found)
        if self.order == 1:  # what the backward pass says is what everybody sees
            trace = self.graph.trace()
            return [trace[by[0]].grad for by in found]
        graph, ids = self.symbols.graph(list(found.values()))
        values = graph.trace(backward=False).values
        return [values[ids[symbol]] for symbol in found.values()]

    # Formulas

    @cached_property
    def _notation(self) -> Notation:
        graph = self.graph
        named = [i for i, own in enumerate(graph.given) if own is not None and graph.gates[i] is not CONST]
        return Notation(self.symbols.whole(), named)

    def formulas(self, *some: Derivative) -> Formulas:
        """The formulas of these derivatives in the source's own names, and the let lines they share."""
        graph, named = self.graph, self._notation.named
        called = {
            symbol: derivative_name(graph, graph.names[node])
            for node, symbol in self.adjoints.items()
            if node in named and node != graph.output
        }
        return self._notation.formulas([one.symbol for one in some], called=called)

    def label(self, one: Derivative) -> str:
        """``df/dx``, ``d²f/dxdy``; ``d/dx`` where the output has no name."""
        output = self.graph.names[self.graph.output] if self.graph.given[self.graph.output] else ""
        above = "d" + (superscript(str(self.order)) if self.order > 1 else "") + output
        return above + "/" + "".join(f"d{name}{power}" for name, power in self._powers(one, superscript))

    def latex_label(self, one: Derivative) -> str:
        r"""``\frac{\partial f}{\partial x}``; a plain d where there is only one name."""
        from gradviz.calculus.latex import latex_name

        d = "d" if len(self.graph.inputs) == 1 and len(self.targets) == 1 else r"\partial"
        space = " " if d != "d" else ""
        output = latex_name(self.graph.names[self.graph.output]) if self.graph.given[self.graph.output] else ""
        power = f"^{{{self.order}}}" if self.order > 1 else ""
        below = [f"{d}{space}{latex_name(name)}{p}" for name, p in self._powers(one, lambda n: f"^{{{n}}}")]
        return rf"\frac{{{d}{power}{space}{output}}}{{{' '.join(below)}}}".replace(" }", "}")

    def _powers(self, one: Derivative, raised: Callable[[str], str]) -> Iterator[tuple[str, str]]:
        for node in dict.fromkeys(one.by):
            times = one.by.count(node)
            yield self.graph.names[node], raised(str(times)) if times > 1 else ""

    # Why a derivative is 0

    def why_zero(self, one: Derivative) -> str | None:
        """Why the derivative is 0 everywhere; None where it is not, or where that shows."""
        graph = self.graph
        if self.order > 1 or not self.symbols.is_number(one.symbol, 0):
            return None
        [node] = one.by
        name, output = graph.names[node], graph.names[graph.output]
        if not graph.reaches[node]:
            return NOT_REACHED.format(output=output, name=name)
        on_the_way = self.symbols.above([node], graph.output)
        blocked = [
            i
            for i in range(graph.output + 1)
            if graph.reaches[i] and on_the_way[i] and _stops(self.symbols, i, on_the_way)
        ]
        if not blocked:
            return CANCELS.format(output=output, name=name)
        gate = graph.gates[blocked[0]]
        return STEP.format(label=self.label(one), gate=gate.glyph or gate.name, node=graph.names[blocked[0]], name=name)


NOT_REACHED = "{output} does not depend on {name}, so the derivative is 0"
CANCELS = "what {name} contributes to {output} cancels, so the derivative is 0"
STEP = (
    "{label} is 0: the {gate} gate at {node} is flat in what comes from {name} (a nudge does not move it), "
    "so no gradient passes"
)


def _stops(symbols: Calculus, node: int, on_the_way: Sequence[int]) -> bool:
    """Whether a gate hands nothing back on some edge that leads to the node asked for."""
    return any(
        on_the_way[j] and symbols.is_number(symbols.local(node, slot), 0)
        for slot, j in enumerate(symbols.operands[node])
    )


def _expanded(graph: Graph, wrt: Sequence[str | int]) -> list[str | int]:
    """The names, and for a vector's name those of its entries."""
    found: list[str | int] = []
    known = set(graph.names)
    for name in wrt:
        entries = [n for n in graph.names if isinstance(name, str) and n.startswith(f"{name}[")]
        found += entries if entries and name not in known else [name]
    return found

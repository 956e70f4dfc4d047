"""Gates written out in their textbook form: σ into ×−1, exp, +1 and 1/x."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradviz.draft import Draft
from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import CONST, GATES, INPUT, Gate
from gradviz.graph import Graph
from gradviz.language.elaborate import Elaborator
from gradviz.language.library import LIBRARY, Bindings
from gradviz.language.program import parse
from gradviz.language.source import Span


def expand(graph: Graph, names: frozenset[str]) -> Graph:
    """The graph with the named gates (or "all" that have one) replaced by their textbook forms.

    Library functions are gates already: naming one here only stops it from being folded, so it changes nothing.

    Raises:
        GradvizError: a name that is neither a library function nor a gate with a textbook form.

    >>> from gradviz import graph
    >>> [node.gate for node in expand(graph("f = sigmoid(x)"), frozenset({"sigmoid"}))]
    ['input', 'const', 'const', 'neg', 'exp', 'add', 'div']
    """
    spelled = {word: row for row in GATES.values() if row.textbook for word in (row.name, *row.spellings)}
    for name in sorted(names - {"all"}):
        if name not in spelled and name not in LIBRARY:
            known = [*LIBRARY, *(row.name for row in GATES.values() if row.textbook)]
            raise GradvizError(
                f"{name!r} cannot be expanded",
                expected="all, none, or some of " + ", ".join(known),
                hint=did_you_mean(name, known),
            )
    wanted = set(spelled.values()) if "all" in names else {spelled[name] for name in names if name in spelled}
    if not wanted & set(graph.gates):
        return graph
    draft = Draft(graph.text)
    place: list[int] = []
    for i, row in enumerate(graph.gates):
        operands = [place[j] for j in graph.operands(i)]
        span = graph.spans[i] if graph.spans else None
        own = graph.given[i]
        if row is INPUT:
            place.append(draft.input(own, graph.data[i], span=span))
        elif row is CONST:
            place.append(draft.const(graph.data[i] or 0.0, own or "", span=span))
        elif row in wanted:
            place.append(_written_out(draft, row, operands, wanted))
            if own is not None:
                draft.rename(place[-1], own)
        else:
            place.append(draft.gate(row, operands, name=own, span=span))
    for call in graph.calls:
        first = min(call.inside)
        start = place[first - 1] + 1 if first else 0
        draft.call(call.function, [place[j] for j in call.arguments], place[call.output], start)
    return draft.graph(place[graph.output])


class _Target:
    """Builds a textbook form into a draft, expanding the gates in it that are wanted too."""

    def __init__(self, draft: Draft, wanted: set[Gate]) -> None:
        self.draft, self.wanted = draft, wanted

    def const(self, value: float, text: str, span: Span | None) -> int:
        return self.draft.const(value, text)

    def gate(self, name: str, operands: Sequence[int], span: Span | None) -> int:
        row = GATES[name]
        if row in self.wanted:
            return _written_out(self.draft, row, operands, self.wanted)
        return self.draft.gate(row, operands)

    def call(self, function: str, arguments: Sequence[int], output: int, first: int) -> None:
        self.draft.call(function, arguments, output, first)


def _written_out(draft: Draft, row: Gate, operands: Sequence[int], wanted: set[Gate]) -> int:
    assert row.textbook is not None
    tree = parse(row.textbook, origin=f"textbook form of {row.name}").statements[-1].expression
    known: dict[str, Any] = dict(zip("abc", operands, strict=False))
    elaborator: Elaborator[int] = Elaborator(_Target(draft, wanted - {row}), Bindings(known), None)
    built = elaborator.build(tree)
    assert isinstance(built, int)
    return built

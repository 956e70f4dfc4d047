"""All questions of one graph, in the order of the two passes."""

from __future__ import annotations

from collections.abc import Iterator

from gradviz.gates import Pattern
from gradviz.graph import LibraryCall
from gradviz.misconceptions.diagnosis import Asked
from gradviz.misconceptions.wrong_passes import consumers
from gradviz.numerals import Numerals
from gradviz.passes import Trace
from gradviz.step.questions import Question


def walk(trace: Trace, numerals: Numerals, folded: tuple[LibraryCall, ...] = ()) -> Iterator[Question]:
    """All that can be predicted, in the order of the two passes.

    The value of every gate; then, gate by gate from the output back, the local derivative where it is not simply
    ±1, the contribution, and at a fork the sum. What is inside a folded library function is not asked.

    >>> from gradviz import graph
    >>> [q.subject for q in walk(graph("f = x*y + x").trace(x=3, y=4), Numerals())][1:]  # doctest: +ELLIPSIS
    ['the value of f', 'what f hands back to v1', 'what f hands back to x', 'the local derivative ∂v1/∂x', ...]
    """
    graph = trace.graph
    inside = {i for call in folded for i in call.inside}
    hidden = inside - {call.output for call in folded}
    for i in range(graph.output + 1):
        if graph.operands(i) and graph.reaches[i] and i not in hidden and not graph.constant[i]:
            yield from _fair(trace, Asked("value", i), numerals, folded)
    arrived: dict[int, int] = {}
    for event in trace.events:
        node, operand = event.node, event.operand
        arrived[operand] = arrived.get(operand, 0) + 1
        if graph.constant[operand]:
            continue
        if node not in inside:
            varies = graph.gates[node].pattern not in (Pattern.DISTRIBUTES, Pattern.COPIES)
            if varies:
                yield from _fair(trace, Asked("local", node, event.slot), numerals, folded)
            if not (varies and node == graph.output):  # the upstream gradient is 1: it would be the same number
                yield from _fair(trace, Asked("contribution", node, event.slot), numerals, folded)
        several = len(consumers(graph, operand)) > 1 or node in inside
        if several and operand not in inside and arrived[operand] == len(consumers(graph, operand)):
            yield from _fair(trace, Asked("gradient", operand), numerals, folded)


def _fair(trace: Trace, asked: Asked, numerals: Numerals, folded: tuple[LibraryCall, ...]) -> Iterator[Question]:
    question = Question(trace, asked, numerals, folded=folded)
    if question.marking.fair:
        yield question

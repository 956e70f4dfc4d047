"""From Values to flat lists and back: without recursion, however deep the graph."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from gradviz.gates import CONST, Gate
from gradviz.graph import Graph, LibraryCall, Tape
from gradviz.value import Call, Value, make

_flattening = threading.Lock()  # the scratch index of a Value serves one flattening at a time
_indices = 0  # every flattening counts on from here: an index below its first one is left over from before


def flatten(outputs: Sequence[Value]) -> tuple[list[Value], Tape]:
    """The outputs and all they were computed from, operands before users, and their Tape; without recursion."""
    with _flattening:
        order, operands = _in_order(outputs)
        for value in order:
            value._index = -1  # an int each that nobody needs any more
    gates = [value.gate for value in order]
    offsets = array("i", [0])
    offsets.extend(
        accumulate(
            [0 if v._first is None else 1 if v._second is None else 2 + len(v._more) for v in order],
        )
    )
    return order, Tape(gates, operands, offsets)


def _in_order(outputs: Sequence[Value]) -> tuple[list[Value], array[int]]:
    """The nodes, and the places of their operands, one node after the other."""
    global _indices
    first = index = _indices
    order: list[Value] = []
    operands = array("i")
    reached, slot = order.append, operands.append
    stack: list[Any] = list(reversed(outputs))
    pop, push = stack.pop, stack.append
    try:
        while stack:
            value = pop()
            if value is None:  # a marker: what lay on top of it is done, so the node below it is ready
                value = pop()
                slot(value._first._index - first)
                if value._second is not None:
                    slot(value._second._index - first)
                    for operand in value._more:
                        slot(operand._index - first)
            elif value._index >= first:
                continue
            elif (right := value._second) is not None and not value._more:  # two: nearly all, so written out
                left = value._first
                i, j = left._index, right._index
                if i < first or j < first:
                    push(value)
                    push(None)
                    if j < first:
                        push(right)
                    if i < first:
                        push(left)
                    continue
                slot(i - first)
                slot(j - first)
            elif value._first is not None:
                push(value)
                push(None)
                stack.extend(value.operands[::-1])
                continue
            value._index = index
            index += 1
            reached(value)
    finally:
        _indices = index + 1
    return order, operands


def snapshot(values: Sequence[Value]) -> Graph:
    """The Graph of some Values and their ancestors; the last is the output."""
    order, tape = flatten(values)
    index = {id(value): i for i, value in enumerate(order)} if any(v.call for v in order) else {}
    given = tuple(_plain(v._data) if v.gate is CONST else v.name for v in order)
    data = tuple(None if v.operands else v._data for v in order)
    calls = []
    for i, value in enumerate(order):
        if value.call is not None:
            arguments = tuple(index[id(a)] for a in value.call.arguments if id(a) in index)
            calls.append(LibraryCall(value.call.function, arguments, i, _between(tape, i, arguments)))
    last = len(order) - 1
    while order[last] is not values[-1]:
        last -= 1
    return Graph(tape, given, data, last, tuple(calls))


def _between(tape: Tape, output: int, arguments: tuple[int, ...]) -> frozenset[int]:
    """The nodes from the arguments (exclusive) to the output (inclusive)."""
    inside = {output}
    stack = [output]
    stop = set(arguments)
    while stack:
        for j in tape.of(stack.pop()):
            if j not in stop and j not in inside:
                inside.add(j)
                stack.append(j)
    return frozenset(inside)


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e16 else repr(number)


# --- pickle and deepcopy, without recursion -----------------------------------------------------------


def pickled(value: Value) -> tuple[Any, ...]:
    """How a Value is pickled: leaves by themselves, an inner node with the flat lists behind it.

    Leaves keep their identity in what is pickled together (a model's parameters); inner nodes do not.
    """
    if not value.operands:
        return _leaf, (value.gate, value._data, value.grad, value.name)
    order, tape = flatten([value])
    leaves = [v for v in order if not v.operands]
    inner = [(v._data, v.grad, v.name) for v in order if v.operands]
    calls = []
    place = {id(v): i for i, v in enumerate(order)}
    for i, v in enumerate(order):
        if v.call is not None:
            calls.append((i, v.call.function, [place[id(a)] for a in v.call.arguments if id(a) in place]))
    return _tree, (tape.gates, tape.operands, tape.offsets, leaves, inner, calls)


def _leaf(row: Gate, data: float, grad: float, name: str | None) -> Value:
    value = make(row, (), data)
    value.grad, value.name = grad, name
    return value


def _tree(
    gates: list[Gate],
    operands: array[int],
    offsets: array[int],
    leaves: list[Value],
    inner: list[tuple[float, float, str | None]],
    calls: list[tuple[int, str, list[int]]],
) -> Value:
    tape = Tape(gates, operands, offsets)
    left, right = iter(leaves), iter(inner)
    order: list[Value] = []
    for i, row in enumerate(gates):
        ids = tape.of(i)
        if not ids:
            order.append(next(left))
            continue
        data, grad, name = next(right)
        value = make(row, tuple(order[j] for j in ids), data)
        value.grad, value.name = grad, name
        order.append(value)
    for i, function, arguments in calls:
        order[i].call = Call(function, tuple(order[j] for j in arguments))
    return order[-1]

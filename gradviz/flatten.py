"""From Values to flat lists and back: without recursion, however deep the graph."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from typing import Any

from gradviz.gates import CONST, Gate
from gradviz.graph import Graph, LibraryCall, Tape
from gradviz.value import Call, Value, make

_flattening = threading.Lock()  # the scratch index of a Value serves one flattening at a time


def ancestors(outputs: Sequence[Value]) -> list[Value]:
    """The outputs and all they were computed from, operands before users, without recursion.

    Afterwards ``value._index`` is each one's place in the list: use it under the same lock.
    """
    order: list[Value] = []
    done = 0
    stack = list(reversed(outputs))
    while stack:
        value = stack[-1]
        i = value._index
        if 0 <= i < done and order[i] is value:
            stack.pop()
            continue
        waiting = len(stack)
        for operand in reversed(value.operands):
            j = operand._index
            if not (0 <= j < done and order[j] is operand):
                stack.append(operand)
        if len(stack) == waiting:
            stack.pop()
            value._index = done
            order.append(value)
            done += 1
    return order


def flatten(outputs: Sequence[Value]) -> tuple[list[Value], Tape]:
    """The ancestors of some Values and their Tape."""
    with _flattening:
        order = ancestors(outputs)
        gates = [value.gate for value in order]
        operands = array("q", [operand._index for value in order for operand in value.operands])
        offsets = array("q", [0])
        push = offsets.append
        end = 0
        for value in order:
            end += len(value.operands)
            push(end)
    return order, Tape(gates, operands, offsets)


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
    return Graph(tape, given, data, index.get(id(values[-1]), values[-1]._index), tuple(calls))


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

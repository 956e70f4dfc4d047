"""From Values to flat lists and back: without recursion, however deep the graph."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from gradviz.gates import CONST, Gate
from gradviz.graph import NONE, Graph, LibraryCall, Tape
from gradviz.value import Call, Value, make

_flattening = threading.Lock()  # the scratch index of a Value serves one flattening at a time


def flatten(outputs: Sequence[Value]) -> tuple[list[Value], Tape]:
    """The outputs and all they were computed from, operands before users, and their Tape; without recursion."""
    order: list[Value] = []
    with _flattening:
        try:
            first, second, more = _in_order(outputs, order)
        finally:
            for value in order:
                value._index = None
    return order, Tape([value.gate for value in order], first, second, more)


def _in_order(outputs: Sequence[Value], order: list[Value]) -> tuple[list[int], list[int], dict[int, tuple[int, ...]]]:
    """Puts the nodes into ``order`` and gives the places of their operands, slot by slot.

    A walk downwards, first operands first. A node waits on the stack for one operand at a time and is looked at again
    when that is done, which is cheaper than to remember how far it was; only long operand lists remember it.
    """
    first: list[int] = []
    second: list[int] = []
    more: dict[int, tuple[int, ...]] = {}
    reached, put_first, put_second = order.append, first.append, second.append
    unread: dict[Value, Iterator[Value]] = {}
    index = 0
    waiting: list[Value] = []
    push, pop = waiting.append, waiting.pop
    for value in outputs:
        if value._index is not None:
            continue
        while True:
            left = value._first
            if left is not None:
                i = left._index
                if i is None:
                    push(value)
                    value = left
                    continue
                right = value._second
                if right is None:
                    put_second(NONE)
                else:
                    j = right._index
                    if j is None:
                        push(value)
                        value = right
                        continue
                    put_second(j)
                put_first(i)
            else:
                if (many := value._second) is not None:
                    rest = unread.setdefault(value, iter(many))
                    operand = next((operand for operand in rest if operand._index is None), None)
                    if operand is not None:
                        push(value)
                        value = operand
                        continue
                    more[index] = tuple([operand._index for operand in many])
                put_first(NONE)
                put_second(NONE)
            value._index = index
            index += 1
            reached(value)
            if not waiting:
                break
            value = pop()
    return first, second, more


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
    return _tree, (tape, leaves, inner, calls)


def _leaf(row: Gate, data: float, grad: float, name: str | None) -> Value:
    value = make(row, (), data)
    value.grad, value.name = grad, name
    return value


def _tree(
    tape: Tape,
    leaves: list[Value],
    inner: list[tuple[float, float, str | None]],
    calls: list[tuple[int, str, list[int]]],
) -> Value:
    left, right = iter(leaves), iter(inner)
    order: list[Value] = []
    for i, row in enumerate(tape.gates):
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

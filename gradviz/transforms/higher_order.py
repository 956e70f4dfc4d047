"""Derivatives of derivatives of Python functions: the Hessian, and gradients of functions that take gradients.

Both build the gradient as gates first (``calculus.py``) and then differentiate those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradviz.bridges.calls import Traced, handed, input_of, leaves, names_of
from gradviz.calculus.adjoints import Calculus
from gradviz.flatten import flatten
from gradviz.gates import CONST, INPUT
from gradviz.graph import Graph
from gradviz.passes import BLOCKS, FLOATS, Arithmetic, backward, forward
from gradviz.value import Value, apply, constant


def holds_values(data: Any) -> bool:
    """Whether an argument is, or has in it, a Value: then somebody differentiates through us."""
    if isinstance(data, Value):
        return True
    if isinstance(data, (list, tuple)):
        return any(map(holds_values, data))
    return getattr(getattr(data, "dtype", None), "kind", "") == "O" and any(isinstance(v, Value) for v in data.flat)


def second(inputs: Sequence[Value], output: Value, points: Sequence[Any] | None = None) -> list[list[Any]]:
    """All second derivatives of the output, a row for every input; at ``points`` (an array for every input) of them.

    >>> x, y = Value(2.0), Value(3.0)
    >>> second([x, y], x * x * y)
    [[6.0, 4.0], [4.0, 0.0]]
    """
    order, _ = flatten([*inputs, output])
    graph = Graph.of(*inputs, output)
    place = {id(value): i for i, value in enumerate(order)}
    mine = [place[id(value)] for value in inputs]
    symbols = Calculus(graph)
    first = symbols.adjoints(place[id(output)], mine)
    slopes = [first.get(i, symbols.const(0)) for i in mine]
    gradient, ids = symbols.graph(slopes)
    values: list[Any] = list(gradient.data)
    kind: Arithmetic = FLOATS
    seed: Any = 1.0
    if points is not None:
        import numpy as np

        kind, seed = BLOCKS, np.ones(np.broadcast_shapes(*map(np.shape, points)))
        values = [None if data is None else np.asarray(data) for data in values]
        for i, at in zip(mine, points, strict=True):
            values[ids[i]] = at
    rows = []
    with _quiet(kind):
        forward(gradient.tape, values, kind)
        for slope in slopes:
            grads = backward(gradient.tape, values, ids[slope], None, kind, None, seed)
            rows.append([grads[ids[i]] * seed if points is not None else grads[ids[i]] for i in mine])
    return rows


def _quiet(kind: Arithmetic) -> Any:
    from contextlib import nullcontext

    if kind is FLOATS:
        return nullcontext()
    import numpy as np

    return np.errstate(all="ignore")


def in_gates(
    f: Callable[[Sequence[Any]], Value], names_from: Callable[..., Any], args: Sequence[Any], slots: Sequence[int]
) -> tuple[Value, list[Any]]:
    """Value and gradients of ``f`` as Values computed from the Values in ``args``."""
    names = names_of(names_from, slots)
    given = {slot: _together(args[slot]) for slot in slots}
    inputs = {slot: _fresh(name, given[slot]) for slot, name in zip(slots, names, strict=True)}
    output = f([handed(inputs[i]) if i in inputs else data for i, data in enumerate(args)])
    mine = leaves(inputs)
    outer = dict(zip(map(id, mine), leaves(given), strict=True))
    order, _ = flatten([*mine, output])
    place = {id(value): i for i, value in enumerate(order)}
    symbols = Calculus(Graph.of(*mine, output))
    found = symbols.adjoints(place[id(output)], [place[id(v)] for v in mine])
    slopes = {id(v): found.get(place[id(v)], symbols.const(0)) for v in mine}
    wanted = [place[id(output)], *slopes.values()]
    gradient, ids = symbols.graph(wanted)
    known = {ids[i]: outer.get(id(value), value) for i, value in enumerate(order) if value.gate is INPUT}
    values = _again(gradient, known)
    results = [_like(entries, {key: values[ids[i]] for key, i in slopes.items()}) for entries in inputs.values()]
    return values[ids[place[id(output)]]], results


def _again(graph: Graph, known: Mapping[int, Value]) -> list[Value]:
    """The gates of a graph once more, on these Values for its inputs."""
    values: list[Value] = []
    for i, row in enumerate(graph.gates):
        if row is INPUT:
            values.append(known[i])
        elif row is CONST:
            values.append(constant(graph.data[i]))
        else:
            values.append(apply(row, *[values[j] for j in graph.operands(i)]))
    return values


def _together(data: Any) -> Any:
    """An argument as one Value or one array of Values; plain numbers in it become constants."""
    if isinstance(data, Value):
        return data
    from gradviz.bridges.array_gates import lift
    from gradviz.bridges.arrays import Array

    entries = lift(data)
    return entries.view(Array) if entries.ndim else entries.item()


def _fresh(name: str, data: Any) -> Any:
    if isinstance(data, Value):
        return Value(data.data, label=name)
    return input_of(name, [v.data for v in data.flat]).reshape(data.shape)


def _like(entries: Any, slopes: Mapping[int, Value]) -> Any:
    if isinstance(entries, Value):
        return slopes[id(entries)]
    from gradviz.bridges.arrays import array

    return array([slopes[id(v)] for v in entries.flat]).reshape(entries.shape)


def blocks_of_rows(rows: list[list[Any]], call: Traced) -> list[list[Any]]:
    """The rows for single numbers put together for whole arguments: an ndarray of shape a + b for arguments of
    shapes a and b, a float for two numbers."""
    shapes = [getattr(entries, "shape", ()) for entries in call.inputs.values()]
    sizes = [len(leaves({0: entries})) for entries in call.inputs.values()]
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    if not any(shapes):
        return rows
    import numpy as np

    table = np.array(rows, dtype=float)
    return [
        [
            part.reshape(a + b) if a + b else float(part.item())
            for b, j, m in zip(shapes, starts, sizes, strict=True)
            for part in [table[i : i + n, j : j + m]]
        ]
        for a, i, n in zip(shapes, starts, sizes, strict=True)
    ]

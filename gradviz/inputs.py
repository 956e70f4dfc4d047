"""Numbers for the inputs of a graph, by name: scalars, vectors, arrays of points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import INPUT
from gradviz.graph import Graph, listed
from gradviz.value import number


def assign(graph: Graph, given: Mapping[str, Any]) -> tuple[list[Any], bool]:
    """The start of a forward pass: every leaf's number, None elsewhere; and whether there are arrays.

    Raises:
        GradvizError: an unknown or computed name, a wrong shape, no number, or an input left without one.
    """
    values: list[Any] = list(graph.data)
    arrays = False
    for name, data in given.items():
        for node, entry in _entries(graph, name, data):
            if hasattr(entry, "__len__") and not isinstance(entry, (str, bytes)) and getattr(entry, "ndim", 1) != 0:
                arrays = True
                values[node] = _points(name, entry)
            else:
                values[node] = number(entry)
    missing = [graph.names[i] for i, row in enumerate(graph.gates) if row is INPUT and values[i] is None]
    if missing:
        some = ", ".join(f"{name}=…" for name in missing[:12])
        raise GradvizError(
            f"no number for {listed(missing)}", expected="a number for every input", hint=f"trace({some})"
        )
    if arrays:
        values = _as_arrays(values)
    return values, arrays


def _entries(graph: Graph, name: str, data: Any) -> list[tuple[int, Any]]:
    """The nodes a name stands for, with the number (or points) of each."""
    node = graph._ids.get(name)
    if node is not None:
        if graph.gates[node] is not INPUT:
            raise GradvizError(
                f"{name} is computed, it takes no number",
                expected="one of the inputs " + listed(graph.inputs),
                hint=f'graph.with_output("{name}") looks at it as the output',
            )
        return [(node, data)]
    indices = {n: at for n in graph._ids if n.startswith(f"{name}[") and (at := _index(n[len(name) :]))}
    entries = {n: i for n in indices if graph.gates[i := graph._ids[n]] is INPUT}
    if entries:
        _check_shape(name, list(indices.values()), data)
        return [(i, _entry(name, label, indices[label], data)) for label, i in entries.items()]
    raise GradvizError(
        f"there is no input called {name!r}",
        expected="one of " + listed(graph.inputs),
        hint=did_you_mean(name, list(graph.inputs)),
    )


def _index(label: str) -> tuple[int, ...] | None:
    """``[1,0]`` as numbers; None for what is no index."""
    parts = label[1:-1].split(",")
    return tuple(map(int, parts)) if label.endswith("]") and all(p.isdecimal() for p in parts) else None


def _check_shape(name: str, indices: list[tuple[int, ...]], data: Any) -> None:
    """More numbers than entries are a mistake too; ``_entry`` finds the missing ones."""
    shape = [max(level) + 1 for level in zip(*indices, strict=False)]
    for length in shape:
        if not hasattr(data, "__len__") or isinstance(data, (str, bytes, Mapping)) or len(data) != length:
            raise GradvizError(
                f"the numbers for {name} do not have its shape, {' × '.join(map(str, shape))}: {data!r:.60}",
                expected=f"nested lists in the shape of {name}",
            )
        data = data[0]


def _entry(name: str, label: str, at: tuple[int, ...], data: Any) -> Any:
    """``W[1,0]`` out of nested lists."""
    for index in at:
        try:
            data = data[index]
        except (TypeError, IndexError, KeyError):
            raise GradvizError(
                f"the numbers for {name} have no entry {label}",
                expected=f"nested lists in the shape of {name}",
            ) from None
    return data


def _points(name: str, entry: Any) -> Any:
    import numpy as np

    try:
        points = np.asarray(entry)
        if points.dtype.kind not in "biuf":  # texts and complex numbers would be turned into floats without a word
            raise ValueError
    except (TypeError, ValueError):
        raise GradvizError(
            f"{name} got something that is no array of real numbers: {entry!r:.60}",
            expected="numbers, all lists of a level equally long",
        ) from None
    return points.astype(float)


def _as_arrays(values: list[Any]) -> list[Any]:
    """All leaves as NumPy numbers, so that IEEE rules hold for each; their shapes must fit together."""
    import numpy as np

    arrays = [None if v is None else np.asarray(v, dtype=float) for v in values]
    shapes = [a.shape for a in arrays if a is not None]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise GradvizError(
            "the arrays of points do not fit together: shapes " + ", ".join(str(s) for s in sorted(set(shapes))),
            expected="shapes that NumPy can broadcast",
        ) from None
    return arrays

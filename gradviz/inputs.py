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
            if hasattr(entry, "__len__") and not isinstance(entry, (str, bytes)):
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
    entries = {n: i for n, i in graph._ids.items() if n.startswith(f"{name}[") and graph.gates[i] is INPUT}
    if entries:
        return [(i, _entry(name, label, data)) for label, i in entries.items()]
    raise GradvizError(
        f"there is no input called {name!r}",
        expected="one of " + listed(graph.inputs),
        hint=did_you_mean(name, list(graph.inputs)),
    )


def _entry(name: str, label: str, data: Any) -> Any:
    """``W[1,0]`` out of nested lists."""
    for index in label[len(name) + 1 : -1].split(","):
        try:
            data = data[int(index)]
        except (TypeError, IndexError, KeyError):
            raise GradvizError(
                f"the numbers for {name} have no entry {label}", expected=f"nested lists in the shape of {name}"
            ) from None
    return data


def _points(name: str, entry: Any) -> Any:
    import numpy as np

    try:
        points = np.asarray(entry, dtype=float)
    except (TypeError, ValueError):
        raise GradvizError(f"{name} got something that is no array of real numbers: {entry!r:.60}") from None
    return points


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



"""Graph.compile: the program that ``gradviz code`` prints, run again and again.

Up to a few thousand nodes the printed Python runs for one point and the printed NumPy for arrays of points, in
blocks that stay in the processor's cache; its variables share places in memory (``slots``). Longer programs would
take Python itself long to compile: there the two loops of ``passes`` do the same work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from gradviz.code import generate
from gradviz.graph import Graph
from gradviz.inputs import assign
from gradviz.plain import number

#: Beyond this many nodes the loops of ``passes`` run instead of a program.
MOST_NODES = 5_000
_MOST_POINTS = 2_048  # in a block: enough that NumPy's own overhead does not count
_LEAST_POINTS = 512
_CACHE = 32 << 20  # bytes that the values and gradients of one block may take

Number = Any  # a float, or a NumPy array of points
Program = Callable[..., tuple[Number, dict[str, Number]]]


class Compiled:
    """A graph made ready to be evaluated at many points: the value and all gradients.

    Args:
        graph: the graph; its numbers are the defaults.

    Arrays stand for many points at once: they are broadcast against each other, and the value and each gradient
    have the shape they have together; ``gradient[i]`` is the gradient at point ``i``, nothing is summed up.

    >>> import gradviz
    >>> c = gradviz.graph("q = x + y; f = q * z", x=-2, y=5, z=-4).compile()
    >>> c(), c.value(z=2)
    ((-12.0, {'x': -4.0, 'y': -4.0, 'z': 3.0}), 6.0)
    >>> value, gradients = c(x=[1.0, 2.0, 3.0])
    >>> value.tolist(), gradients["z"].tolist()
    ([-24.0, -28.0, -32.0], [6.0, 7.0, 8.0])
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._plain = frozenset(graph.inputs)
        self._defaults = None if graph.missing else self._leaves({})[0]

    def value(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Number:
        """The value of the output.

        Args:
            values: numbers or arrays of points by name, where a name is no Python identifier.
            **named: numbers or arrays of points by name; what is not named keeps its number.

        Raises:
            GradvizError: an unknown or computed name, an input without a number, something that is no number.
        """
        return self.value_and_grad(values, **named)[0]

    def value_and_grad(
        self, values: Mapping[str, Any] | None = None, /, **named: Any
    ) -> tuple[Number, dict[str, Number]]:
        """The value of the output and its gradient for every input, by name in the order of the inputs.

        Arguments and errors as for ``value``.
        """
        given = {**values, **named} if values else named
        if self._defaults is not None and self._plain.issuperset(given):
            fast = dict(self._defaults)
            for name, data in given.items():
                if data.__class__ is not float and data.__class__ is not int:
                    break
                fast[name] = number(data)
            else:
                return self._one(*fast.values())
        leaves, blocks = self._leaves(given)
        if blocks:
            return self._many(leaves)
        return self._one(*leaves.values())

    __call__ = value_and_grad

    @cached_property
    def source(self) -> str:
        """The Python program that runs for one point: what ``gradviz code --target python`` prints."""
        return generate(self.graph, "python")

    @cached_property
    def numpy_source(self) -> str:
        """The NumPy program that runs for arrays of points: what ``gradviz code --target numpy`` prints."""
        return generate(self.graph, "numpy")

    def __repr__(self) -> str:
        graph = self.graph
        return f"<compiled {graph.names[graph.output]}: {len(graph)} nodes, {len(self._plain)} inputs>"

    def _leaves(self, given: Mapping[str, Any]) -> tuple[dict[str, Number], bool]:
        """The number of every input, in order; and whether there are arrays."""
        values, blocks = assign(self.graph, given)
        return {name: values[self.graph.id(name)] for name in self.graph.inputs}, blocks

    @cached_property
    def _one(self) -> Program:
        return self._program(self.source) if len(self.graph) <= MOST_NODES else self._loops

    def _program(self, source: str) -> Program:
        """The function of a printed program."""
        import ast

        from gradviz.code.flat import function_name
        from gradviz.code.slots import reuse

        names: dict[str, Any] = {"__name__": "gradviz.compiled"}
        function = function_name(source)
        tree = reuse(ast.parse(source), function)
        exec(compile(tree, f"<gradviz code of {self.graph.names[self.graph.output]!r}>", "exec"), names)
        program: Program = names[function]
        return program

    @cached_property
    def _block(self) -> Program:
        return self._program(self.numpy_source) if len(self.graph) <= MOST_NODES else self._loops

    def _loops(self, *numbers: Number) -> tuple[Number, dict[str, Number]]:
        """The same by the loops of the trace."""
        trace = self.graph.trace(dict(zip(self.graph.inputs, numbers, strict=True)))
        grads, graph = trace.gradients, self.graph
        assert grads is not None
        return trace.output, {name: grads[graph.id(name)] for name in graph.inputs}

    def _many(self, leaves: Mapping[str, Any]) -> tuple[Number, dict[str, Number]]:
        """Block after block of the points of all inputs together."""
        import numpy as np

        shape = np.broadcast_shapes(*(np.shape(leaf) for leaf in leaves.values()))
        flat = [leaf if np.ndim(leaf) == 0 else np.broadcast_to(leaf, shape).reshape(-1) for leaf in leaves.values()]
        points = int(np.prod(shape, dtype=int))
        value = np.empty(points)
        grads = np.empty((len(flat), points))
        step = max(_LEAST_POINTS, min(_MOST_POINTS, _CACHE // (16 * max(1, len(self.graph)))))
        for start in range(0, points, step):
            part = slice(start, min(points, start + step))
            out, gradients = self._block(*(leaf if leaf.ndim == 0 else leaf[part] for leaf in flat))
            value[part] = out
            for row, gradient in zip(grads, gradients.values(), strict=True):
                row[part] = gradient
        return value.reshape(shape), {n: g.reshape(shape) for n, g in zip(leaves, grads, strict=True)}
